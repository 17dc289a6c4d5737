"""Shared folders: their policies, members and invitations (S8-20, S11-06, S11-16).

The content of a shared folder is still in the tree of its owner, and only the owner has it among
his files. What would need another account's access to that tree raises `NotImplementedInFake`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sortedcontainers import SortedDict

from fakedropbox._base.undo import UndoLog
from fakedropbox._files.nodes import Folder, Node, SharedRoot
from fakedropbox._files.tree import Tree
from fakedropbox.errors import NotImplementedInFake

LEVELS = ("viewer_no_comment", "viewer", "editor", "owner")
"""The levels of access of members, the lowest first."""

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
    """A shared folder: a folder in the tree of its owner, with members and invitations.

    ``members`` are accounts by their ids, the owner among them; ``invitees`` are e-mail addresses
    in lower case that were invited and have not accepted yet; both are *people*, and ``order`` has
    the account id or the address of each by its number. ``last`` is the highest number so far.
    ``preview_url`` never changes (S9-08).
    """

    __slots__ = (
        "folder",
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

    def __init__(
        self,
        id_: str,
        tree: Tree,
        folder: Folder,
        owner: str,
        policy: Policy,
        preview_url: str,
    ) -> None:
        self.id = id_
        self.tree = tree
        self.folder = folder
        self.owner = owner
        self.policy = policy
        self.preview_url = preview_url
        self.members: dict[str, Membership] = {}
        self.invitees: dict[str, Membership] = {}
        self.order: SortedDict[int, str] = SortedDict()
        self.last = -1

    def membership(self, account_id: str, email: str) -> Membership | None:
        """Return the membership of an account, or its invitation by e-mail (S10-15); or None."""
        return self.members.get(account_id) or self.invitees.get(email.lower())

    def people(self, after: int = -1) -> Iterator[tuple[str, Membership]]:
        """Yield the members and invitations from the number ``after`` on, the oldest first."""
        for number in self.order.irange(after, inclusive=(False, True)):
            person = self.order[number]
            yield person, self.members.get(person) or self.invitees[person]


class SharedFolders:
    """All shared folders of the service, by id and by person."""

    def __init__(self, undo: UndoLog) -> None:
        self._undo = undo
        self._by_id: dict[str, SharedFolder] = {}
        self._of: dict[str, dict[str, SharedFolder]] = {}

    def __iter__(self) -> Iterator[SharedFolder]:
        return iter(self._by_id.values())

    def get(self, id_: str) -> SharedFolder | None:
        """Return the shared folder with an id, or None."""
        return self._by_id.get(id_)

    def of(self, account_id: str, email: str) -> list[SharedFolder]:
        """Return the folders that an account is a member of or is invited to, in no order."""
        own, invited = self._of.get(account_id, {}), self._of.get(email.lower(), {})
        return list({**own, **invited}.values())

    def add(
        self, tree: Tree, folder: Folder, owner: str, policy: Policy, preview_url: str, now: int
    ) -> SharedFolder:
        """Share a folder that is not shared yet, with its owner as the only member."""
        id_ = str(_FIRST_ID + len(self._by_id))
        shared = SharedFolder(id_, tree, folder, owner, policy, preview_url)
        self._by_id[id_] = shared
        self._undo.note(self._by_id.pop, id_)
        tree.shared.set(folder, SharedRoot(id_, owner))
        self._link(tree, id_, folder)
        self._add(shared, shared.members, owner, "owner", now)
        return shared

    def add_member(
        self, shared: SharedFolder, account_id: str, tree: Tree, level: str, now: int
    ) -> None:
        """Add an account, whose files are in ``tree``; a member can only gain access (S11-17)."""
        self._raise(shared, shared.members, account_id, level, now)
        if shared.id not in tree.namespaces:
            self._link(tree, shared.id, None)

    def invite(self, shared: SharedFolder, email: str, level: str, now: int) -> None:
        """Invite an e-mail address; a second invitation can only give more access (S11-17)."""
        self._raise(shared, shared.invitees, email.lower(), level, now)

    def accept(self, shared: SharedFolder, email: str, account_id: str, tree: Tree) -> None:
        """Make the account that an address was invited for a member, if there is an invitation."""
        invitation = shared.invitees.get(email.lower())
        if invitation is not None:
            self.withdraw(shared, email)
            self.add_member(shared, account_id, tree, invitation.level, invitation.invited)

    def withdraw(self, shared: SharedFolder, email: str) -> None:
        """Remove an invitation."""
        self._remove(shared, shared.invitees, email.lower())

    def remove_member(self, shared: SharedFolder, account_id: str, tree: Tree) -> None:
        """Remove an account, whose files are in ``tree`` and which has not mounted the folder."""
        self._remove(shared, shared.members, account_id)
        self._undo.note(tree.namespaces.__setitem__, shared.id, tree.namespaces.pop(shared.id))

    def set_level(self, shared: SharedFolder, person: str, level: str) -> None:
        """Set the level of a member, by account id, or of an invitation, by address."""
        people = shared.members if person in shared.members else shared.invitees
        self._put(people, person, people[person]._replace(level=level))

    def set_policy(self, shared: SharedFolder, policy: Policy) -> None:
        """Replace the policies of a folder."""
        self._undo.note(setattr, shared, "policy", shared.policy)
        shared.policy = policy

    def transfer(self, shared: SharedFolder, account_id: str) -> None:
        """Make a member the owner; the former owner becomes an editor (S12-22)."""
        self.set_level(shared, shared.owner, "editor")
        self.set_level(shared, account_id, "owner")
        self._undo.note(setattr, shared, "owner", shared.owner)
        shared.owner = account_id

    def _raise(
        self, shared: SharedFolder, people: dict[str, Membership], person: str, level: str, now: int
    ) -> None:
        known = people.get(person)
        if known is None:
            self._add(shared, people, person, level, now)
        elif LEVELS.index(level) > LEVELS.index(known.level):
            self._put(people, person, known._replace(level=level))

    def _add(
        self, shared: SharedFolder, people: dict[str, Membership], person: str, level: str, now: int
    ) -> None:
        self._undo.note(setattr, shared, "last", shared.last)
        shared.last += 1
        self._enter(shared, people, person, Membership(level, now, shared.last))
        self._undo.note(self._leave, shared, people, person)

    def _remove(self, shared: SharedFolder, people: dict[str, Membership], person: str) -> None:
        member = self._leave(shared, people, person)
        self._undo.note(self._enter, shared, people, person, member)

    def _put(self, people: dict[str, Membership], person: str, member: Membership) -> None:
        self._undo.note(people.__setitem__, person, people[person])
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

    def _link(self, tree: Tree, id_: str, folder: Folder | None) -> None:
        tree.namespaces[id_] = folder
        self._undo.note(tree.namespaces.pop, id_)


def shared_above(tree: Tree, node: Node | None) -> SharedRoot | None:
    """Return the shared folder that a node is in, or that it is; None if there is none."""
    while node is not None:
        root = tree.shared.get(node)
        if root is not None:
            return root
        node = node.parent
    return None


def has_shared_below(tree: Tree, node: Node) -> bool:
    """Return whether there is a shared folder below a node; the node itself does not count."""
    for folder in tree.namespaces.values():
        above = None if folder is None else folder.parent
        while above is not None:
            if above is node:
                return True
            above = above.parent
    return False


def refuse_border(tree: Tree, node: Node, target: Folder | None = None) -> None:
    """Refuse to delete a shared folder, or to move something over the border of one.

    ``target`` is the nearest existing folder above the place that the node is to be moved to.

    Raises:
        NotImplementedInFake: it is one of these.
    """
    is_border = has_shared_below(tree, node) or tree.shared.get(node) is not None
    if target is not None:
        is_border |= shared_above(tree, node) != shared_above(tree, target)
    if is_border:
        at = tree.paths(node)[1]
        what = "deletion" if target is None else "move"
        raise NotImplementedInFake(
            f"the {what} of {at!r}, which would change what a shared folder contains or where it "
            f"is, is not implemented in fakedropbox"
        )
