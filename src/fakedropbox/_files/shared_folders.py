"""Shared folders: their policies, members and invitations (S8-20, S11-06, S11-16).

A shared folder is a namespace with a tree of its own, which every member may mount among his own
files. The module `mounting` has the operations that change trees.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from fakedropbox._base.kept import Key, Values
from fakedropbox._base.undo import UndoLog
from fakedropbox._files.memberships import (
    LEVELS,
    Membership,
    Memberships,
    People,
    SharedItem,
    higher,
)
from fakedropbox._files.nodes import Folder
from fakedropbox._files.tree import Mount, Tree
from fakedropbox.errors import RouteError

_WRITERS = ("editor", "owner")
_FIRST_ID = 3_091_964_256


class Policy(NamedTuple):
    """The policies of a shared folder, as tags of the SDK's unions (S8-20).

    ``member`` is ``team`` if only people of the owner's team may be members.
    """

    acl_update: str = "editors"
    shared_link: str = "anyone"
    viewer_info: str = "enabled"
    member: str = "anyone"


class SharedFolder(SharedItem):
    """A shared folder: the tree of its content, with members and invitations.

    The owner is one of the members. ``preview_url`` never changes (S9-08). ``is_team_folder`` is
    False for a folder that is shared in a team folder, although a team owns it, too. ``writers``
    are the accounts that wrote files last, by the numbers of the files.
    """

    __slots__ = ("id", "is_team_folder", "owner", "policy", "preview_url", "tree", "writers")

    def __init__(self, tree: Tree, policy: Policy, preview_url: str) -> None:
        super().__init__()
        self.tree = tree
        self.writers = tree.tables.writers.by_number
        self.id = str(tree.namespace_id)
        self.owner = tree.owner
        self.policy = policy
        self.preview_url = preview_url
        self.is_team_folder = False

    @property
    def record_key(self) -> Key:
        """The key of the shared folder's record."""
        return "shared folder", self.id

    @property
    def folder(self) -> Folder:
        """The root of the content; it keeps its name, unless a team folder is renamed."""
        return self.tree.root

    def mounted_in(self, home: Tree) -> Mount | None:
        """Return the mount of the folder among the files of an account, or None."""
        return home.mounts.get(self.tree.root_path)


class Access(NamedTuple):
    """The access of an account, whose own files are in ``home``, to a shared folder.

    ``prefix`` are the `path_lower` and `path_display` of the folder as the account sees them: all
    paths in the folder begin with them. They are empty if the account sees the folder as its root.
    ``is_read_only`` is True if the account may not write in the folder. ``is_over`` is True if the
    folder is not shared any more, and the account sees only old revisions in it.
    """

    shared: SharedFolder
    home: Tree
    prefix: tuple[str, str]
    is_read_only: bool
    is_over: bool = False

    def check_write(self) -> None:
        """Check that the account may write in the folder.

        Raises:
            RouteError: ``no_write_permission``.
        """
        if self.is_read_only:
            raise RouteError("no_write_permission", fact="S13-14")


class SharedFolders(Memberships[SharedFolder]):
    """All shared folders of the service, by id and by person.

    ``groups_of`` returns the ids of the groups that an account is in; ``is_closed`` tells whether
    a team folder cannot be reached.
    """

    parts = ("shared folder", "ended share", "last shared folder")
    last_key = ("last shared folder",)

    def __init__(self, undo: UndoLog) -> None:
        super().__init__(undo)
        self._by_id: dict[str, SharedFolder] = {}
        self._by_tree: dict[Tree, SharedFolder] = {}
        self._ended: dict[str, list[Access]] = {}
        self._last_id = _FIRST_ID - 1
        self.groups_of: Callable[[str], Collection[str]] = lambda _account_id: ()
        self.is_closed: Callable[[str], bool] = lambda _id: False

    def __iter__(self) -> Iterator[SharedFolder]:
        return iter(self._by_id.values())

    def get(self, id_: str) -> SharedFolder | None:
        """Return the shared folder with an id, or None."""
        return self._by_id.get(id_)

    def with_tree(self, tree: Tree) -> SharedFolder:
        """Return the folder whose content is or was in a tree."""
        return self._by_tree[tree]

    def ended(self, account_id: str) -> list[Access]:
        """Return an account's access to each folder that it owned until it unshared the folder."""
        return self._ended.get(account_id, [])

    def parent_of(self, shared: SharedFolder) -> SharedFolder | None:
        """Return the team folder that a shared folder is in, or None (P8-20)."""
        around = shared.tree.around
        return None if around is None else self.with_tree(around)

    def inside(self, shared: SharedFolder) -> list[SharedFolder]:
        """Return the shared folders in a team folder; none for any other folder."""
        if not shared.is_team_folder:
            return []
        return [self.with_tree(mount.target) for mount in shared.tree.mounts.values()]

    def is_shut(self, shared: SharedFolder) -> bool:
        """Return whether nobody reaches a folder: a closed team folder, or one in it."""
        top = shared if shared.is_team_folder else self.parent_of(shared)
        return top is not None and self.is_closed(top.id)

    def is_tree_shut(self, tree: Tree) -> bool:
        """Return whether nobody reaches what is in a tree, as `is_shut` does for a folder.

        A folder that was in a team folder when that was deleted for ever stays shut.
        """
        shared = self._by_tree.get(tree)
        return shared is not None and self.is_shut(shared)

    def level(self, shared: SharedFolder, account_id: str) -> str | None:
        """Return the level of an account's access, its own or that of a group; None without any.

        In a team folder it is at least that of the access to the team folder (P8-20).
        """
        if not shared.is_team_folder and shared.tree.around is None:
            return self._own_level(shared, account_id)
        if self.is_shut(shared):
            return None
        levels = [self._own_level(shared, account_id), self.inherited(shared, account_id)]
        return max((each for each in levels if each), key=LEVELS.index, default=None)

    def inherited(self, shared: SharedFolder, account_id: str) -> str | None:
        """Return the level of the access to the team folder that a folder is in, or None."""
        parent = self.parent_of(shared)
        return None if parent is None else self.level(parent, account_id)

    def _own_level(self, shared: SharedFolder, account_id: str) -> str | None:
        member = shared.members.get(account_id)
        if not shared.groups:
            return None if member is None else member.level
        by_group = (shared.groups.get(group_id) for group_id in self.groups_of(account_id))
        return higher(member, *by_group)

    def has_by_group(self, shared: SharedFolder, account_id: str) -> bool:
        """Return whether an account has access by a group."""
        return bool(shared.groups) and any(
            group_id in shared.groups for group_id in self.groups_of(account_id)
        )

    def membership(self, shared: SharedFolder, account_id: str, email: str) -> Membership | None:
        """Return the membership of an account, its invitation by e-mail (S10-15), or None.

        It has the highest level that the account has by itself, by a group (S11-43), or by the team
        folder around it (P8-20).
        """
        own = shared.membership(account_id, email)
        level = self.level(shared, account_id)
        if level is None:
            return None if shared.is_team_folder or self.is_shut(shared) else own
        if own is not None and own.level == level:
            return own
        if own is not None and account_id in shared.members:
            return own._replace(level=level)
        found = (shared.groups.get(group_id) for group_id in self.groups_of(account_id))
        by_group = next((each for each in found if each is not None and each.level == level), None)
        parent = self.parent_of(shared)
        if by_group is not None or parent is None:
            return by_group
        return self.membership(parent, account_id, email)

    def of(self, account_id: str, email: str) -> list[SharedFolder]:
        """Return the folders that an account, or a group of it, is a member of or invited to.

        With a team folder they include the folders that are shared in it.
        """
        found = super().of(account_id, email)
        for group_id in self.groups_of(account_id):
            found += self._of.get(group_id, {}).values()
        found += [each for shared in found for each in self.inside(shared)]
        return list(dict.fromkeys(found))

    def everybody(
        self, shared: SharedFolder, after: int = -1
    ) -> Iterator[tuple[str, Membership, bool]]:
        """Yield the people of a folder with numbers above ``after``, the oldest first.

        True is beside those of the team folder that it is in. Of somebody who is in both, the
        higher level is yielded once.
        """
        parent = self.parent_of(shared)
        if parent is None:
            return ((person, each, False) for person, each in shared.people(after))
        own = (_with_inherited(parent, *each) for each in shared.people(after))
        around = (
            (person, each, True)
            for person, each in parent.people(after)
            if person not in shared.of_kind(person)
        )
        return heapq.merge(own, around, key=lambda each: each[1].number)

    def access(self, shared: SharedFolder, home: Tree, prefix: tuple[str, str]) -> Access:
        """Return the present access of the account whose own files are in ``home``."""
        is_read_only = self.level(shared, home.owner) not in _WRITERS
        return Access(shared, home, prefix, is_read_only)

    def next_id(self) -> int:
        """Return the id of the next shared folder: no two ever have the same (S8-25)."""
        self._undo.change(self.last_key, setattr, self, "_last_id", self._last_id)
        self._last_id += 1
        return self._last_id

    def add(
        self,
        tree: Tree,
        policy: Policy,
        preview_url: str,
        now: int,
        *,
        is_team_folder: bool = False,
    ) -> SharedFolder:
        """Add a folder whose content is in ``tree``, with the tree's owner as the only member.

        The owner of a team folder is the team.
        """
        shared = SharedFolder(tree, policy, preview_url)
        shared.is_team_folder = is_team_folder
        self._by_id[shared.id] = self._by_tree[tree] = shared
        self._undo.change(shared.record_key, self._by_id.pop, shared.id)
        self._undo.change(shared.record_key, self._by_tree.pop, tree)
        self.add_member(shared, shared.owner, "owner", now)
        return shared

    def end(self, shared: SharedFolder, owner: Access) -> None:
        """End the sharing of a folder, which nobody has mounted any more.

        The owner, whose access is given, keeps the revisions that files had in the folder (S13-08).
        """
        self.forget(shared)
        known = self._ended.setdefault(owner.home.owner, [])
        self._undo.change(("ended share", owner.home.owner, len(known)), known.pop)
        known.append(owner._replace(is_over=True))

    def forget(self, shared: SharedFolder) -> None:
        """Remove a folder with its people."""
        for person, _ in list(shared.people()):
            self.remove(shared, person)
        self._undo.change(shared.record_key, setattr, self, "_by_id", self._by_id)
        self._by_id = {id_: each for id_, each in self._by_id.items() if each is not shared}

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

    # Records

    def keys(self) -> Iterator[Key]:
        """Yield the keys of all records."""
        for shared in self._by_tree.values():
            yield shared.record_key
        for account_id, ended in self._ended.items():
            for index in range(len(ended)):
                yield "ended share", account_id, index
        yield self.last_key

    def record(self, key: Key) -> Values | None:
        """Return the record with a key; None if there is none.

        It is a shared folder, the access of an owner to a folder that is not shared any more, or
        the last folder id and membership number.
        """
        part, *rest = key
        if key == self.last_key:
            return self._last_id, self._last
        if part == "ended share":
            account_id, index = rest
            ended = self._ended.get(account_id, [])
            if index >= len(ended):
                return None
            shared, home, prefix, is_read_only, _ = ended[index]
            return shared, home, prefix, is_read_only
        known = self._by_id.get(rest[0])
        found = known or next((each for each in self._by_tree.values() if each.id == rest[0]), None)
        if found is None:
            return None
        main = found.tree, found.policy, found.preview_url, found.owner, found.is_team_folder
        return (*main, known is not None, *found.record_of_people())

    def load(self, part: str, rows: Iterable[tuple[Key, Values]]) -> None:
        """Restore records of one part.

        They are shared folders, the access of owners to folders that are not shared any more, or
        the last folder id and membership number.
        """
        for (_, *rest), values in rows:
            if part == "ended share":
                self._ended.setdefault(rest[0], []).append(Access(*values)._replace(is_over=True))
            elif part == "shared folder":
                self._load_folder(*values)
            else:
                self._last_id, self._last = values

    def _load_folder(
        self,
        tree: Tree,
        policy: Policy,
        preview_url: str,
        owner: str,
        is_team_folder: bool,
        is_shared: bool,
        *people: People,
    ) -> None:
        shared = self._by_tree[tree] = SharedFolder(tree, policy, preview_url)
        shared.owner, shared.is_team_folder = owner, is_team_folder
        if is_shared:
            self._by_id[shared.id] = shared
        self._load_people(shared, *people)


def _with_inherited(
    parent: SharedFolder, person: str, own: Membership
) -> tuple[str, Membership, bool]:
    """Return a person with the higher level of a folder and its parent; True if both have them."""
    other = parent.of_kind(person).get(person)
    return person, own._replace(level=higher(own, other) or own.level), other is not None
