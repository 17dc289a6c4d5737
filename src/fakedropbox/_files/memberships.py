"""Members and invitations of shared files and folders (S11-16, S11-17, S14-02)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Generic, NamedTuple, TypeVar

from sortedcontainers import SortedDict

from fakedropbox._base.kept import Key
from fakedropbox._base.undo import UndoLog

LEVELS = ("viewer_no_comment", "viewer", "editor", "owner")
"""The levels of access of members, the lowest first."""


class Membership(NamedTuple):
    """The access of a member: the level, the time of the invitation in seconds, and a number.

    The numbers order all members and invitations by the time when they were added.
    """

    level: str
    invited: int
    number: int


People = tuple[tuple[str, Membership], ...]
"""Members or invitations, each with the account id or the address, as records have them."""


class SharedItem:
    """A shared file or folder with its members and invitations.

    ``members`` are accounts by their ids; ``invitees`` are e-mail addresses in lower case that were
    invited and have not accepted yet; ``groups`` are groups of teams by their ids. All of them are
    *people*, and ``order`` has the account id, the address or the group id of each by its number.
    """

    __slots__ = ("groups", "invitees", "members", "order")

    def __init__(self) -> None:
        self.members: dict[str, Membership] = {}
        self.invitees: dict[str, Membership] = {}
        self.groups: dict[str, Membership] = {}
        self.order: SortedDict[int, str] = SortedDict()

    @property
    def record_key(self) -> Key:
        """The key of the record that has the people of the item."""
        raise NotImplementedError(f"{type(self).__name__} has to say where its record is")

    def record_of_people(self) -> tuple[People, People, People]:
        """Return the members, the invitations and the groups for the record of the item."""
        return (
            tuple(self.members.items()),
            tuple(self.invitees.items()),
            tuple(self.groups.items()),
        )

    def of_kind(self, person: str) -> dict[str, Membership]:
        """Return the collection that has the person: the members, the groups or the invitations."""
        if person in self.members:
            return self.members
        return self.groups if person in self.groups else self.invitees

    def membership(self, account_id: str, email: str) -> Membership | None:
        """Return the membership of an account, or its invitation by e-mail (S10-15); or None."""
        return self.members.get(account_id) or self.invitees.get(email.lower())

    def people(self, after: int = -1) -> Iterator[tuple[str, Membership]]:
        """Yield all people with numbers above ``after``, the oldest first."""
        for number in self.order.irange(after, inclusive=(False, True)):
            person = self.order[number]
            yield person, self.of_kind(person)[person]


def higher(*memberships: Membership | None) -> str | None:
    """Return the highest level of some memberships; None if there is none."""
    levels = [each.level for each in memberships if each is not None]
    return max(levels, key=LEVELS.index, default=None)


Item = TypeVar("Item", bound=SharedItem)


class Memberships(Generic[Item]):
    """The members and invitations of all shared items of one kind, by item and by person.

    ``last_key`` is the key of the record that has the number of the latest membership.
    """

    last_key: ClassVar[Key]

    def __init__(self, undo: UndoLog) -> None:
        self._undo = undo
        self._of: dict[str, dict[int, Item]] = {}
        self._last = -1

    def of(self, account_id: str, email: str) -> list[Item]:
        """Return the items that an account is a member of or is invited to, in any order."""
        own, invited = self._of.get(account_id, {}), self._of.get(email.lower(), {})
        return list(dict.fromkeys((*own.values(), *invited.values())))

    def add_member(self, item: Item, account_id: str, level: str, now: int) -> None:
        """Add an account; the level of a member is only ever raised (S11-17)."""
        self._raise(item, item.members, account_id, level, now)

    def invite(self, item: Item, email: str, level: str, now: int) -> None:
        """Invite an address; the level of an invitation is only ever raised (S11-17)."""
        self._raise(item, item.invitees, email.lower(), level, now)

    def add_group(self, item: Item, group_id: str, level: str, now: int) -> None:
        """Add a group; the level of a group is only ever raised, as that of a member is."""
        self._raise(item, item.groups, group_id, level, now)

    def accept(self, item: Item, email: str, account_id: str) -> None:
        """Make an account a member if its address has an invitation."""
        invitation = item.invitees.get(email.lower())
        if invitation is not None:
            self.withdraw(item, email)
            self.add_member(item, account_id, invitation.level, invitation.invited)

    def join(self, item: Item, account_id: str, email: str, level: str, now: int) -> None:
        """Make an account a member, after accepting its invitation if it has one (S11-40)."""
        self.accept(item, email, account_id)
        self.add_member(item, account_id, level, now)

    def withdraw(self, item: Item, email: str) -> None:
        """Remove an invitation."""
        self._remove(item, item.invitees, email.lower())

    def remove_member(self, item: Item, account_id: str) -> None:
        """Remove a member, who may still have a mount of the item."""
        self._remove(item, item.members, account_id)

    def remove(self, item: Item, person: str) -> None:
        """Remove a member or a group, by id, or an invitation, by address."""
        self._remove(item, item.of_kind(person), person)

    def forget_group(self, group_id: str) -> None:
        """Remove a group, which is deleted, from all items."""
        for item in list(dict.fromkeys(self._of.get(group_id, {}).values())):
            self.remove(item, group_id)

    def set_level(self, item: Item, person: str, level: str) -> None:
        """Set the level of a member or a group, by id, or of an invitation, by address."""
        people = item.of_kind(person)
        self._put(item, people, person, people[person]._replace(level=level))

    def _raise(
        self, item: Item, people: dict[str, Membership], person: str, level: str, now: int
    ) -> None:
        known = people.get(person)
        if known is None:
            self._add(item, people, person, level, now)
        elif LEVELS.index(level) > LEVELS.index(known.level):
            self._put(item, people, person, known._replace(level=level))

    def _add(
        self, item: Item, people: dict[str, Membership], person: str, level: str, now: int
    ) -> None:
        self._undo.change(self.last_key, setattr, self, "_last", self._last)
        self._last += 1
        self._enter(item, people, person, Membership(level, now, self._last))
        self._undo.change(item.record_key, self._leave, item, people, person)

    def _remove(self, item: Item, people: dict[str, Membership], person: str) -> None:
        member = self._leave(item, people, person)
        self._undo.change(item.record_key, self._enter, item, people, person, member)

    def _put(
        self, item: Item, people: dict[str, Membership], person: str, member: Membership
    ) -> None:
        self._undo.change(item.record_key, people.__setitem__, person, people[person])
        people[person] = member

    def _enter(
        self, item: Item, people: dict[str, Membership], person: str, member: Membership
    ) -> None:
        people[person] = member
        item.order[member.number] = person
        self._of.setdefault(person, {})[member.number] = item

    def _leave(self, item: Item, people: dict[str, Membership], person: str) -> Membership:
        member = people.pop(person)
        del item.order[member.number], self._of[person][member.number]
        return member

    def _load_people(self, item: Item, members: People, invitees: People, groups: People) -> None:
        """Add the people of an item from its record."""
        kinds = (item.members, members), (item.invitees, invitees), (item.groups, groups)
        for people, given in kinds:
            for person, member in given:
                self._enter(item, people, person, member)
