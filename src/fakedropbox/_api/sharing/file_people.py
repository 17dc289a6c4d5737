"""The people who have access to a file, and the level of each.

A person whom a file was shared with has the higher one of two levels: that of the file, and that of
the shared folder that the file is in (S14-31).
"""

from __future__ import annotations

from typing import NamedTuple

from fakedropbox._files.memberships import Membership, higher
from fakedropbox._files.nodes import File, Node
from fakedropbox._files.shared_files import SharedFile
from fakedropbox._files.shared_folders import Policy, SharedFolder, SharedFolders
from fakedropbox._files.tree import exists, tree_of
from fakedropbox._identity.accounts import Account
from fakedropbox.calls import World


class People(NamedTuple):
    """Everybody who has access to a file.

    ``shared`` has the people that were added to the file itself, or is None; ``folder`` is the
    shared folder that the file is in, or None. ``folders`` are all shared folders.
    """

    file: File
    shared: SharedFile | None
    folder: SharedFolder | None
    folders: SharedFolders

    @classmethod
    def of(cls, world: World, file: File) -> People:
        """Return the people of a file."""
        folders = world.files.shared_folders
        folder = folders.get(str(tree_of(file).namespace_id))
        return cls(file, world.files.shared_files.get(file), folder, folders)

    @property
    def owner(self) -> str:
        """The id of the account or team that owns the file."""
        return tree_of(self.file).owner if self.folder is None else self.folder.owner

    @property
    def policy(self) -> Policy:
        """The policies of the shared folder, if any, with the file's own ``viewer_info``."""
        policy = Policy() if self.folder is None else self.folder.policy
        own = None if self.shared is None else self.shared.viewer_info
        return policy if own is None else policy._replace(viewer_info=own)

    def explicit(self, account_id: str, email: str) -> Membership | None:
        """Return the membership or invitation for the file itself."""
        return None if self.shared is None else self.shared.membership(account_id, email)

    def inherited(self, account_id: str, email: str) -> Membership | None:
        """Return the membership or invitation for the folder that the file is in.

        In place of the id of an account it may be that of a group.
        """
        if self.folder is None:
            return None
        parent = self.folders.parent_of(self.folder)
        around = None if parent is None else parent.groups.get(account_id)
        group = self.folder.groups.get(account_id) or around
        return group or self.folders.membership(self.folder, account_id, email)

    def level(self, account: Account) -> str | None:
        """Return the level of an account; None if it has no access (S14-31).

        Nobody has access to what is in an archived team folder (P8-13).
        """
        if self.folders.is_tree_shut(tree_of(self.file)):
            return None
        if account.account_id == self.owner:
            return "owner"
        who = names_of(account)
        return higher(self.explicit(*who), self.inherited(*who))


class Received(NamedTuple):
    """A file that an account was added to, with the membership and the level of its access."""

    people: People
    membership: Membership
    level: str


def received(world: World, account: Account) -> list[Received]:
    """Return the existing files that others share with an account, the earliest first (S14-24)."""
    who, found = names_of(account), []
    for shared in world.files.shared_files.of(*who):
        if not exists(shared.file):
            continue
        membership, people = shared.membership(*who), People.of(world, shared.file)
        level = people.level(account)
        assert membership is not None, "the files are found by it"
        if account.account_id != people.owner and level is not None:
            found.append(Received(people, membership, level))
    return sorted(found, key=lambda each: each.membership.number)


def names_of(account: Account) -> tuple[str, str]:
    """Return the account id, and the address, which is empty if it is not confirmed (S14-39)."""
    return account.account_id, account.email if account.email_verified else ""


def may_read(world: World, account: Account, node: Node) -> bool:
    """Return whether an account has access to a file or folder without any link (S5-31)."""
    if isinstance(node, File):
        return People.of(world, node).level(account) is not None
    tree = tree_of(node)
    folder = world.files.shared_folders.get(str(tree.namespace_id))
    if folder is None:
        return tree.owner == account.account_id
    return world.files.shared_folders.membership(folder, *names_of(account)) is not None
