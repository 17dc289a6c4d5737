"""Shared folders: their policies, members and invitations (S8-20, S11-06, S11-16).

The content of a shared folder is still in the tree of its owner, and only the owner has it among
his files. What would need another account's access to that tree raises `NotImplementedInFake`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

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
    in lower case that no account had when they were invited. ``preview_url`` never changes
    (S9-08).
    """

    __slots__ = ("folder", "id", "invitees", "members", "owner", "policy", "preview_url", "tree")

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

    def membership(self, account_id: str, email: str) -> Membership | None:
        """Return the membership of an account, or its invitation by e-mail (S10-15); or None."""
        return self.members.get(account_id) or self.invitees.get(email.lower())


class SharedFolders:
    """All shared folders of the service, by id."""

    def __init__(self, undo: UndoLog) -> None:
        self._undo = undo
        self._by_id: dict[str, SharedFolder] = {}

    def __iter__(self) -> Iterator[SharedFolder]:
        return iter(self._by_id.values())

    def get(self, id_: str) -> SharedFolder | None:
        """Return the shared folder with an id, or None."""
        return self._by_id.get(id_)

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
        self._put(shared.members, owner, Membership("owner", now, 0))
        return shared

    def add_member(
        self, shared: SharedFolder, account_id: str, tree: Tree, level: str, now: int
    ) -> None:
        """Add an account, whose files are in ``tree``; a member can only gain access (S11-17)."""
        self._raise(shared, shared.members, account_id, level, now)
        if shared.id not in tree.namespaces:
            self._link(tree, shared.id, None)

    def invite(self, shared: SharedFolder, email: str, level: str, now: int) -> None:
        """Add an e-mail address of no account; a second invitation can only give more access."""
        self._raise(shared, shared.invitees, email.lower(), level, now)

    def _raise(
        self, shared: SharedFolder, people: dict[str, Membership], key: str, level: str, now: int
    ) -> None:
        known = people.get(key)
        if known is None:
            present = (*shared.members.values(), *shared.invitees.values())
            number = max(each.number for each in present) + 1
            self._put(people, key, Membership(level, now, number))
        elif LEVELS.index(level) > LEVELS.index(known.level):
            self._put(people, key, known._replace(level=level))

    def _put(self, people: dict[str, Membership], key: str, member: Membership) -> None:
        known = people.get(key)
        if known is None:
            self._undo.note(people.pop, key)
        else:
            self._undo.note(people.__setitem__, key, known)
        people[key] = member

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
