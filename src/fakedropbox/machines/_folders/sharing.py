"""The routes of shared folders in the model (S8 to S12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fakedropbox.machines._entries import Entry, Refused, refuse
from fakedropbox.machines._folders.namespaces import Namespaces, Place
from fakedropbox.machines._folders.people import (
    GIVEN,
    RANKS,
    Member,
    People,
    Person,
    Policy,
    SharedFolder,
)
from fakedropbox.machines._names import fold, renamed
from fakedropbox.machines._tree import Tree

UNKNOWN_ID = "dbid:" + "A" * 35
"""An id that no account has."""

Asked = dict[str, str]
"""The policies that a call asks for, by their names; also ``member`` for `member_policy`."""


class Sharing:
    """The effects of the routes of shared folders.

    Attributes:
        same_times: the revisions that sharing and unsharing gave to files, each with the one
            before it, because the times of the files stay (S13-06).
    """

    def __init__(self, people: People, namespaces: Namespaces) -> None:
        self.people = people
        self.namespaces = namespaces
        self.same_times: dict[int, int] = {}

    # Sharing

    def share(self, person: Person, path: str, asked: Asked, now: int) -> SharedFolder:
        """Share a folder, which is created if it does not exist (S8-02 to S8-22)."""
        if not person.is_verified:
            raise Refused("email_unverified")
        invalid = "bad_path/invalid_path"
        try:
            place = self.namespaces.place(person, path, "bad_path", invalid)
        except Refused:
            raise Refused(invalid) from None
        self._check_place(person, place)
        if asked.get("member") == "team":
            raise Refused("team_policy_disallows_member_policy")
        policy = _changed(Policy(), asked)
        top = place.there or place.tree.create(place.path)
        tree = Tree(self.people.numbers)
        self._bring(place.tree, top.key, tree, "")
        member = Member("owner", now)
        number = next(self.people.numbers)
        folder = SharedFolder(number, top, tree, person, policy, {person: member})
        self.people.folders.append(folder)
        return folder

    def _check_place(self, person: Person, place: Place) -> None:
        """Refuse a place at which no folder can be shared (S8-09 to S8-12)."""
        there = place.there
        is_file = there is not None and there.content is not None
        wrong = ["bad_path/is_file"] * is_file
        if place.folder is not None:
            refuse([*wrong, "bad_path/inside_shared_folder"])
        if there is None and place.tree.obstacles(place.path, "", of_file=False):
            wrong.append("bad_path/invalid_path")
        refuse(wrong)
        mounts = self.people.mounts(person, place.key)
        if place.key in mounts:
            raise Refused("bad_path/already_shared")
        if mounts:
            raise Refused("bad_path/contains_shared_folder")

    def unshare(self, person: Person, number: int, *, leave_a_copy: bool) -> SharedFolder:
        """End the sharing of a folder, which stays with its owner (S12-15 to S12-20)."""
        folder = self._owned(person, number)
        for member in [each for each in folder.members if each is not person]:
            self._leave(member, folder, leave_a_copy=leave_a_copy)
        mount = folder.mount(person) or self._put_mount(person, folder)
        self._bring(folder.tree, "", person.home, mount.key)
        person.former.append((mount.key, folder.tree))
        self.people.folders.remove(folder)
        self.people.ended.append(number)
        return folder

    def _bring(self, source: Tree, top: str, tree: Tree, prefix: str) -> None:
        """Move what is in a folder into another namespace, where files get new revisions.

        The ids stay (S13-06, S13-07).
        """
        source.changes += 1
        for key, old in source.listed(top, recursive=True).items():
            if key == top:
                continue
            entry = source.live.pop(key)
            rev = 0 if entry.content is None else next(self.people.numbers)
            self.same_times[rev] = old.rev
            tree.put(replace(entry, key=prefix + key.removeprefix(top), rev=rev))

    # Policies and owners

    def change_policy(self, person: Person, number: int, asked: Asked) -> SharedFolder:
        """Change policies; those that are not given stay (S12-24, S12-25)."""
        folder = self._owned(person, number)
        if "member" in asked:
            raise Refused("not_on_team")
        folder.policy = _changed(folder.policy, asked)
        return folder

    def transfer(self, person: Person, number: int, account_id: str) -> None:
        """Make another member the owner; the former owner becomes an editor (S12-22, S12-23)."""
        folder = self._owned(person, number)
        heir = self.people.by_id(account_id)
        if heir is None:
            raise Refused("invalid_dropbox_id")
        if heir is person:
            raise Refused("no_permission")  # S12-27
        if heir not in folder.members:
            raise Refused("new_owner_not_a_member")
        wrong = ["new_owner_email_unverified"] * (not heir.is_verified)
        refuse(wrong + ["new_owner_unmounted"] * (folder.mount(heir) is None))
        folder.members[person] = folder.members[person]._replace(level="editor")
        folder.members[heir] = folder.members[heir]._replace(level="owner")
        folder.owner = heir

    def _owned(self, person: Person, number: int) -> SharedFolder:
        folder = self.people.folder(person, number)
        if folder.owner is not person:
            raise Refused("no_permission")
        return folder

    # Mounts

    def mount(self, person: Person, number: int) -> SharedFolder:
        """Mount a folder, which accepts an invitation (S12-01 to S12-03)."""
        folder = self.people.folder(person, number)
        if folder.mount(person) is not None:
            raise Refused("already_mounted")
        if person not in folder.members:
            folder.members[person] = folder.invited.pop(person.email)
        self._put_mount(person, folder)
        return folder

    def _put_mount(self, person: Person, folder: SharedFolder) -> Entry:
        """Mount a folder among an account's own files, under a free name (S12-02, S12-11)."""
        path = f"/{folder.root.name}"
        if fold(path) in person.home.live:
            path = renamed(path, "folder", person.home.live)
        folder.turns[person] += 1
        name = path.removeprefix("/")
        return person.home.put(replace(folder.root, key=fold(path), name=name))

    def unmount(self, person: Person, number: int) -> None:
        """Unmount a folder; the membership stays (S12-06, S12-07)."""
        folder = self.people.folder(person, number)
        mount = folder.mount(person)
        if mount is None:
            raise Refused("access_error/unmounted")
        self._remove_mount(person, mount)

    def _remove_mount(self, person: Person, mount: Entry) -> None:
        person.home.changes += 1
        del person.home.live[mount.key]  # without a deleted entry (S13-27)

    def relinquish(self, person: Person, number: int, *, leave_a_copy: bool) -> None:
        """End a membership, or refuse an invitation (S12-12 to S12-14)."""
        folder = self.people.folder(person, number)
        if folder.owner is person:
            raise Refused("folder_owner")
        if person in folder.members:
            self._leave(person, folder, leave_a_copy=leave_a_copy)
        else:
            del folder.invited[person.email]

    def _leave(self, person: Person, folder: SharedFolder, *, leave_a_copy: bool) -> None:
        """Remove a member, who may keep a copy of a folder that was mounted (S11-34)."""
        mount = folder.mount(person)
        if mount is not None:
            self._remove_mount(person, mount)
            if leave_a_copy:
                path = mount.key.rpartition("/")[0] + f"/{mount.name}"
                top = replace(folder.root, key="")
                entries = [top, *folder.tree.live.values()]
                self.namespaces.put_copies(person, entries, top, person.home, path)
        del folder.members[person]

    # Members

    def _managed(self, person: Person, number: int) -> SharedFolder:
        folder = self.people.folder(person, number)
        if not folder.manages(person):
            raise Refused("no_permission")
        return folder

    def add(
        self, person: Person, number: int, added: Sequence[tuple[str, str | None]], now: int
    ) -> None:
        """Add accounts by id or address, or invite addresses: all or none (S11-12 to S11-24).

        ``added`` has the selector and the level of each.
        """
        folder = self._managed(person, number)
        if not person.is_verified:
            raise Refused("email_unverified")
        members, invited = dict(folder.members), dict(folder.invited)
        for selector, level in added:
            _add(self.people, members, invited, selector, Member(level or "viewer", now))
        folder.members, folder.invited = members, invited

    def update(self, person: Person, number: int, selector: str, level: str) -> None:
        """Change the level of a member or an invitation (S11-25 to S11-27)."""
        folder = self._managed(person, number)
        if "@" in selector:
            raise Refused("member_error/invalid_dropbox_id")
        target = self._person(folder, selector)
        if level not in GIVEN or target in (person, folder.owner, person.email):
            raise Refused("no_permission")
        if isinstance(target, Person):
            folder.members[target] = folder.members[target]._replace(level=level)
        else:
            folder.invited[target] = folder.invited[target]._replace(level=level)

    def remove(self, person: Person, number: int, selector: str, *, leave_a_copy: bool) -> None:
        """Remove a member or an invitation (S11-28 to S11-34)."""
        folder = self._managed(person, number)
        target = self._person(folder, selector)
        if target is folder.owner:
            raise Refused("folder_owner")
        if target in (person, person.email):
            raise Refused("no_permission")
        if isinstance(target, Person):
            self._leave(target, folder, leave_a_copy=leave_a_copy)
        else:
            del folder.invited[target]

    def _person(self, folder: SharedFolder, selector: str) -> Person | str:
        """Return the member, or the address of the invitation, that a selector stands for."""
        is_address = "@" in selector
        account = self.people.by_address(selector) if is_address else self.people.by_id(selector)
        if account is None and not is_address:
            raise Refused("member_error/invalid_dropbox_id")
        if account in folder.members:
            assert account is not None
            return account
        address = selector.lower() if account is None else account.email
        if address not in folder.invited:
            raise Refused("member_error/not_a_member")
        return address


def _changed(policy: Policy, asked: Asked) -> Policy:
    """Return policies, with the requested ones in place of the old (S8-16, S12-25)."""
    if asked.get("shared_link") in ("team", "members"):
        raise Refused("disallowed_shared_link_policy")
    return policy._replace(**{name: tag for name, tag in asked.items() if name != "member"})


def _add(
    people: People,
    members: dict[Person, Member],
    invited: dict[str, Member],
    selector: str,
    new: Member,
) -> None:
    """Add an account or invite an address (S11-14, S11-16, S11-17, S11-35, S11-40)."""
    is_address = "@" in selector
    account = people.by_address(selector) if is_address else people.by_id(selector)
    if account is None and not is_address:
        raise Refused("bad_member/invalid_dropbox_id")
    if account is not None and not is_address and not account.is_verified:
        raise Refused("bad_member/unverified_dropbox_id")
    if new.level not in GIVEN:
        raise Refused("no_permission")
    if account is not None and account not in members and account.is_verified:
        pending = invited.pop(account.email, None)
        members[account] = new if pending is None else _higher(pending, new)
    elif account is not None and account in members:
        members[account] = _higher(members[account], new)
    else:
        address = selector.lower()
        invited[address] = _higher(invited[address], new) if address in invited else new


def _higher(known: Member, new: Member) -> Member:
    """Return a membership with the higher one of two levels, and the earlier time."""
    return known if RANKS[known.level] >= RANKS[new.level] else known._replace(level=new.level)
