"""Shared folders: their policies, members and invitations (S8-20, S11-06, S11-16).

A shared folder is a namespace with a tree of its own, which every member may mount among his own
files. The module `mounting` has the operations that change trees.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sortedcontainers import SortedDict

from fakedropbox._base.kept import Key, Values
from fakedropbox._base.undo import UndoLog
from fakedropbox._files.nodes import Folder
from fakedropbox._files.tree import Mount, Tree
from fakedropbox.errors import RouteError

LEVELS = ("viewer_no_comment", "viewer", "editor", "owner")
"""The levels of access of members, the lowest first."""

_WRITERS = ("editor", "owner")
_FIRST_ID = 3_091_964_256


class Policy(NamedTuple):
    """The policies of a shared folder, as tags of the SDK's unions (S8-20)."""

    acl_update: str = "editors"
    shared_link: str = "anyone"
    viewer_info: str = "enabled"


class Membership(NamedTuple):
    """The access of a member: the level, the time of the invitation in seconds, and a number.

    Numbers order the members and invitations of a folder by the time when they were added.
    """

    level: str
    invited: int
    number: int


class SharedFolder:
    """A shared folder: the tree of its content, with members and invitations.

    ``members`` are accounts by their ids, the owner among them; ``invitees`` are e-mail addresses
    in lower case that were invited and have not accepted yet; both are *people*, and ``order`` has
    the account id or the address of each by its number. ``last`` is the highest number so far.
    ``preview_url`` never changes (S9-08).
    """

    __slots__ = (
        "id",
        "invitees",
        "last",
        "members",
        "order",
        "owner",
        "policy",
        "preview_url",
        "tree",
    )

    def __init__(self, tree: Tree, policy: Policy, preview_url: str) -> None:
        self.tree = tree
        self.id = str(tree.namespace_id)
        self.owner = tree.owner
        self.policy = policy
        self.preview_url = preview_url
        self.members: dict[str, Membership] = {}
        self.invitees: dict[str, Membership] = {}
        self.order: SortedDict[int, str] = SortedDict()
        self.last = -1

    @property
    def record_key(self) -> Key:
        """The key of its record."""
        return "shared folder", self.id

    @property
    def folder(self) -> Folder:
        """The root of the content; it keeps the name that the folder had when it was shared."""
        return self.tree.root

    def membership(self, account_id: str, email: str) -> Membership | None:
        """Return the membership of an account, or its invitation by e-mail (S10-15); or None."""
        return self.members.get(account_id) or self.invitees.get(email.lower())

    def people(self, after: int = -1) -> Iterator[tuple[str, Membership]]:
        """Yield the members and invitations from the number ``after`` on, the oldest first."""
        for number in self.order.irange(after, inclusive=(False, True)):
            person = self.order[number]
            yield person, self.members.get(person) or self.invitees[person]

    def mounted_in(self, home: Tree) -> Mount | None:
        """Return the mount of the folder among the files of an account, or None."""
        return home.mounts.get(self.tree.root_path)


class Access(NamedTuple):
    """The access of an account, whose own files are in ``home``, to a shared folder.

    ``prefix`` are the `path_lower` and `path_display` of the folder as the account sees them: all
    paths in the folder begin with them. They are empty if the account sees the folder as its root.
    ``is_read_only`` is True if the account may not write in the folder.
    """

    shared: SharedFolder
    home: Tree
    prefix: tuple[str, str]
    is_read_only: bool

    @classmethod
    def of(cls, shared: SharedFolder, home: Tree, prefix: tuple[str, str]) -> Access:
        """Return the present access of an account."""
        member = shared.members.get(home.owner)
        is_read_only = member is None or member.level not in _WRITERS
        return cls(shared, home, prefix, is_read_only)

    def check_write(self) -> None:
        """Check that the account may write in the folder.

        Raises:
            RouteError: ``no_write_permission``.
        """
        if self.is_read_only:
            raise RouteError("no_write_permission", fact="S13-14")


class SharedFolders:
    """All shared folders of the service, by id and by person."""

    parts = ("shared folder", "ended share", "last shared folder")

    def __init__(self, undo: UndoLog) -> None:
        self._undo = undo
        self._by_id: dict[str, SharedFolder] = {}
        self._by_tree: dict[Tree, SharedFolder] = {}
        self._of: dict[str, dict[str, SharedFolder]] = {}
        self._ended: dict[str, list[Access]] = {}
        self._last_id = _FIRST_ID - 1

    def __iter__(self) -> Iterator[SharedFolder]:
        return iter(self._by_id.values())

    def get(self, id_: str) -> SharedFolder | None:
        """Return the shared folder with an id, or None."""
        return self._by_id.get(id_)

    def with_tree(self, tree: Tree) -> SharedFolder:
        """Return the folder whose content is or was in a tree."""
        return self._by_tree[tree]

    def of(self, account_id: str, email: str) -> list[SharedFolder]:
        """Return the folders that an account is a member of or is invited to, in no order."""
        own, invited = self._of.get(account_id, {}), self._of.get(email.lower(), {})
        return list({**own, **invited}.values())

    def ended(self, account_id: str) -> list[Access]:
        """Return the folders that an account owned until they were unshared, the oldest first."""
        return self._ended.get(account_id, [])

    def next_id(self) -> int:
        """Return the id of the next shared folder: no two ever have the same (S8-25)."""
        self._undo.change(("last shared folder",), setattr, self, "_last_id", self._last_id)
        self._last_id += 1
        return self._last_id

    def add(self, tree: Tree, policy: Policy, preview_url: str, now: int) -> SharedFolder:
        """Add a folder whose content is in ``tree``, with the tree's owner as the only member."""
        shared = SharedFolder(tree, policy, preview_url)
        self._by_id[shared.id] = self._by_tree[tree] = shared
        self._undo.change(shared.record_key, self._by_id.pop, shared.id)
        self._undo.change(shared.record_key, self._by_tree.pop, tree)
        self._add(shared, shared.members, shared.owner, "owner", now)
        return shared

    def end(self, shared: SharedFolder, owner: Access) -> None:
        """End the sharing of a folder, which nobody has mounted any more.

        The owner, whose access is given, keeps the revisions that files had in the folder (S13-08).
        """
        for person, _ in list(shared.people()):
            people = shared.members if person in shared.members else shared.invitees
            self._remove(shared, people, person)
        self._undo.change(shared.record_key, setattr, self, "_by_id", self._by_id)
        self._by_id = {id_: each for id_, each in self._by_id.items() if each is not shared}
        known = self._ended.setdefault(owner.home.owner, [])
        self._undo.change(("ended share", owner.home.owner, len(known)), known.pop)
        known.append(owner)

    def add_member(self, shared: SharedFolder, account_id: str, level: str, now: int) -> None:
        """Add an account; a member can only gain access (S11-17)."""
        self._raise(shared, shared.members, account_id, level, now)

    def invite(self, shared: SharedFolder, email: str, level: str, now: int) -> None:
        """Invite an e-mail address; a second invitation can only give more access (S11-17)."""
        self._raise(shared, shared.invitees, email.lower(), level, now)

    def accept(self, shared: SharedFolder, email: str, account_id: str) -> None:
        """Make the account that an address was invited for a member, if there is an invitation."""
        invitation = shared.invitees.get(email.lower())
        if invitation is not None:
            self.withdraw(shared, email)
            self.add_member(shared, account_id, invitation.level, invitation.invited)

    def withdraw(self, shared: SharedFolder, email: str) -> None:
        """Remove an invitation."""
        self._remove(shared, shared.invitees, email.lower())

    def remove_member(self, shared: SharedFolder, account_id: str) -> None:
        """Remove an account that has not mounted the folder."""
        self._remove(shared, shared.members, account_id)

    def set_level(self, shared: SharedFolder, person: str, level: str) -> None:
        """Set the level of a member, by account id, or of an invitation, by address."""
        people = shared.members if person in shared.members else shared.invitees
        self._put(shared, people, person, people[person]._replace(level=level))

    def set_policy(self, shared: SharedFolder, policy: Policy) -> None:
        """Replace the policies of a folder."""
        self._undo.change(shared.record_key, setattr, shared, "policy", shared.policy)
        shared.policy = policy

    def transfer(self, shared: SharedFolder, account_id: str) -> None:
        """Make a member the owner; the former owner becomes an editor (S12-22)."""
        self.set_level(shared, shared.owner, "editor")
        self.set_level(shared, account_id, "owner")
        self._undo.change(shared.record_key, setattr, shared, "owner", shared.owner)
        shared.owner = account_id

    def _raise(
        self, shared: SharedFolder, people: dict[str, Membership], person: str, level: str, now: int
    ) -> None:
        known = people.get(person)
        if known is None:
            self._add(shared, people, person, level, now)
        elif LEVELS.index(level) > LEVELS.index(known.level):
            self._put(shared, people, person, known._replace(level=level))

    def _add(
        self, shared: SharedFolder, people: dict[str, Membership], person: str, level: str, now: int
    ) -> None:
        self._undo.change(shared.record_key, setattr, shared, "last", shared.last)
        shared.last += 1
        self._enter(shared, people, person, Membership(level, now, shared.last))
        self._undo.change(shared.record_key, self._leave, shared, people, person)

    def _remove(self, shared: SharedFolder, people: dict[str, Membership], person: str) -> None:
        member = self._leave(shared, people, person)
        self._undo.change(shared.record_key, self._enter, shared, people, person, member)

    def _put(
        self,
        shared: SharedFolder,
        people: dict[str, Membership],
        person: str,
        member: Membership,
    ) -> None:
        self._undo.change(shared.record_key, people.__setitem__, person, people[person])
        people[person] = member

    def _enter(
        self, shared: SharedFolder, people: dict[str, Membership], person: str, member: Membership
    ) -> None:
        people[person] = member
        shared.order[member.number] = person
        self._of.setdefault(person, {})[shared.id] = shared

    def _leave(
        self, shared: SharedFolder, people: dict[str, Membership], person: str
    ) -> Membership:
        member = people.pop(person)
        del shared.order[member.number], self._of[person][shared.id]
        return member

    # Records

    def keys(self) -> Iterator[Key]:
        """Yield the keys of all records."""
        for shared in self._by_tree.values():
            yield shared.record_key
        for account_id, ended in self._ended.items():
            for index in range(len(ended)):
                yield "ended share", account_id, index
        yield ("last shared folder",)

    def record(self, key: Key) -> Values | None:
        """Return a shared folder, a former one of an account, or the id of the latest one."""
        part, *rest = key
        if part == "last shared folder":
            return (self._last_id,)
        if part == "ended share":
            account_id, index = rest
            ended = self._ended.get(account_id, [])
            if index >= len(ended):
                return None
            shared, home, prefix, is_read_only = ended[index]
            return shared.tree, home, prefix, is_read_only
        found = next((each for each in self._by_tree.values() if each.id == rest[0]), None)
        if found is None:
            return None
        people = tuple(tuple(each.items()) for each in (found.members, found.invitees))
        is_shared = found.id in self._by_id
        main = found.tree, found.policy, found.preview_url, found.owner
        return (*main, *people, found.last, is_shared)

    def load(self, part: str, rows: Iterable[tuple[Key, Values]]) -> None:
        """Add shared folders, former ones of accounts, or set the id of the latest one."""
        for (_, *rest), values in rows:
            if part == "last shared folder":
                (self._last_id,) = values
            elif part == "ended share":
                tree, *others = values
                self._ended.setdefault(rest[0], []).append(Access(self._by_tree[tree], *others))
            else:
                self._load(*values)

    def _load(
        self,
        tree: Tree,
        policy: Policy,
        preview_url: str,
        owner: str,
        members: tuple[tuple[str, Membership], ...],
        invitees: tuple[tuple[str, Membership], ...],
        last: int,
        is_shared: bool,
    ) -> None:
        shared = self._by_tree[tree] = SharedFolder(tree, policy, preview_url)
        shared.owner, shared.last = owner, last
        if is_shared:
            self._by_id[shared.id] = shared
        for people, given in ((shared.members, members), (shared.invitees, invitees)):
            for person, member in given:
                self._enter(shared, people, person, member)
