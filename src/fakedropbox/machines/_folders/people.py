"""The accounts and the shared folders of the model, each with a tree of its own (S8, S11, S12).

A shared folder is a tree that each member may mount among its own files. There, the mount is an
entry with the id of the folder; the content of the folder is in the folder's tree only.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from fakedropbox.machines._entries import Entry, Refused
from fakedropbox.machines._names import is_in
from fakedropbox.machines._tree import Tree

RANKS = {"viewer_no_comment": 0, "viewer": 1, "editor": 2, "owner": 3}
"""The levels of access that a member can have, the lowest first."""

GIVEN = ("viewer_no_comment", "viewer", "editor")
"""The levels that a member can be given (S11-14)."""


class Member(NamedTuple):
    """A member or an invitation: the level, and the time of the invitation in seconds."""

    level: str
    since: int


class Policy(NamedTuple):
    """The policies of a shared folder (S8-20)."""

    acl_update: str = "editors"
    shared_link: str = "anyone"
    viewer_info: str = "enabled"


@dataclass(eq=False)
class Person:
    """An account: what is known about it, and the tree of its own files.

    Attributes:
        name: the name of its client in the program.
        places: the keys at which it has had mounts so far.
        former: the trees of the folders that it owned until they were unshared, with the paths
            that they had then; it keeps their revisions (S13-08).
    """

    name: str
    account_id: str
    email: str
    display_name: str
    is_verified: bool
    home: Tree
    places: set[str] = field(default_factory=set)
    former: list[tuple[str, Tree]] = field(default_factory=list)


@dataclass(eq=False)
class SharedFolder:
    """A shared folder: its content, its owner, its members and its invitations by address.

    Attributes:
        number: the number that is paired with its id.
        root: the folder as it was when it was shared.
        turns: the number of times that each account has mounted it, or moved its mount.
    """

    number: int
    root: Entry
    tree: Tree
    owner: Person
    policy: Policy
    members: dict[Person, Member]
    invited: dict[str, Member] = field(default_factory=dict)
    turns: Counter[Person] = field(default_factory=Counter)

    def membership(self, person: Person) -> Member | None:
        """Return the membership of an account, or the invitation of its address (S10-15)."""
        return self.members.get(person) or self.invited.get(person.email)

    def is_read_only(self, person: Person) -> bool:
        """Return whether an account may not write in the folder (S13-14)."""
        return self.members[person].level not in ("editor", "owner")

    def manages(self, person: Person) -> bool:
        """Return whether an account may change the members (S11-23)."""
        member = self.membership(person)
        level = "" if member is None else member.level
        return level == "owner" or (level == "editor" and self.policy.acl_update == "editors")

    def mount(self, person: Person) -> Entry | None:
        """Return the mount among an account's own files, or None."""
        return next((each for each in person.home.live.values() if each.id == self.root.id), None)


class People:
    """All accounts and shared folders, and who wrote which file last.

    Attributes:
        writers: the account that last wrote each file, by its id (S13-04).
        ended: the numbers of the folders that are not shared any more.
    """

    def __init__(self, people: list[Person]) -> None:
        self.all = people
        self.numbers = people[0].home.numbers
        self.folders: list[SharedFolder] = []
        self.ended: list[int] = []
        self.writers: dict[int, Person] = {}

    def folder(self, person: Person, number: int, tag: str = "access_error/") -> SharedFolder:
        """Return a folder that an account is a member of or is invited to."""
        for folder in self.folders:
            if folder.number == number:
                if folder.membership(person) is None:
                    raise Refused(f"{tag}not_a_member")
                return folder
        raise Refused(f"{tag}invalid_id")

    def of(self, person: Person) -> list[SharedFolder]:
        """Return the folders that an account is a member of or is invited to."""
        return [each for each in self.folders if each.membership(person) is not None]

    def mounts(self, person: Person, top: str = "") -> dict[str, SharedFolder]:
        """Return the folders that an account has mounted below a path or at it, by key."""
        found = {}
        for folder in self.folders:
            mount = folder.mount(person)
            if mount is not None and is_in(mount.key, top):
                found[mount.key] = folder
        return found

    def by_address(self, email: str) -> Person | None:
        """Return the account that has an address."""
        return next((each for each in self.all if each.email == email.lower()), None)

    def by_id(self, account_id: str) -> Person | None:
        """Return the account that has an id."""
        return next((each for each in self.all if each.account_id == account_id), None)

    def is_alive(self, number: int) -> bool:
        """Return whether an existing file or folder of any account has the id ``number``."""
        trees = [each.home for each in self.all] + [each.tree for each in self.folders]
        return any(old.id == number for tree in trees for old in tree.live.values())
