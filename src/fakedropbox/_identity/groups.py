"""Groups of members of teams."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from fakedropbox._base.chance import Chance
from fakedropbox._base.kept import Key, Values
from fakedropbox._base.undo import UndoLog
from fakedropbox._identity.accounts import Team
from fakedropbox.clock import Clock

_NOBODY: Mapping[str, str] = MappingProxyType({})


class Group(NamedTuple):
    """A group of members of a team.

    ``members`` has the access of each member, ``member`` or ``owner``, by ``team_member_id``.
    ``management`` is ``user_managed`` or ``company_managed``. ``created`` is in microseconds,
    ``number`` counts all groups so far.
    """

    group_id: str
    team: Team
    name: str
    management: str
    external_id: str | None
    created: int
    number: int
    members: Mapping[str, str] = _NOBODY


class Groups:
    """The groups of all teams, in the order of their creation."""

    parts = ("group", "deleted group")

    def __init__(self, clock: Clock, chance: Chance, undo: UndoLog) -> None:
        self._clock = clock
        self._chance = chance
        self._undo = undo
        self._by_id: dict[str, Group] = {}
        self._deleted: frozenset[str] = frozenset()

    def by_id(self, group_id: str) -> Group | None:
        """Return the group of any team with an id, or None."""
        return self._by_id.get(group_id)

    def was_deleted(self, group_id: str) -> bool:
        """Return whether an id is that of a group which was deleted."""
        return group_id in self._deleted

    def of(self, team: Team) -> list[Group]:
        """Return the groups of a team."""
        return [group for group in self._by_id.values() if group.team == team]

    def find(self, team: Team, field: str, value: str) -> Group | None:
        """Return the group of a team with a ``group_id``, ``name`` or ``external_id``, or None.

        The case of a name makes no difference.
        """
        for group in self.of(team):
            found = getattr(group, field)
            if found == value or (field == "name" and found.lower() == value.lower()):
                return group
        return None

    def with_member(self, team_member_id: str) -> list[Group]:
        """Return the groups that a member is in."""
        return [group for group in self._by_id.values() if team_member_id in group.members]

    def create(self, team: Team, name: str, **fields: Any) -> Group:
        """Create a group; the caller has checked the name."""
        group_id = f"g:{self._chance.bytes('group', 16).hex()}"  # P7-03
        number = len(self._by_id) + len(self._deleted) + 1
        group = Group(group_id, team, name, created=self._clock.micros, number=number, **fields)
        self._by_id[group_id] = group
        self._undo.change(("group", group_id), self._by_id.pop, group_id)
        return group

    def change(self, group: Group, **fields: Any) -> Group:
        """Replace fields of a group."""
        changed = group._replace(**fields)
        key = "group", group.group_id
        self._undo.change(key, self._by_id.__setitem__, group.group_id, group)
        self._by_id[group.group_id] = changed
        return changed

    def delete(self, group: Group) -> None:
        """Delete a group."""
        deleted = "deleted group", group.group_id
        self._undo.change(("group", group.group_id), setattr, self, "_by_id", self._by_id)
        self._undo.change(deleted, setattr, self, "_deleted", self._deleted)
        others = self._by_id.items()
        self._by_id = {id_: each for id_, each in others if id_ != group.group_id}
        self._deleted |= {group.group_id}

    def leave(self, team_member_id: str) -> None:
        """Remove a member from all groups."""
        for group in self.with_member(team_member_id):
            self.change(group, members=without(group.members, team_member_id))

    # Records

    def keys(self) -> Iterator[Key]:
        """Yield the keys of all records."""
        for group_id in self._by_id:
            yield "group", group_id
        for group_id in sorted(self._deleted):
            yield "deleted group", group_id

    def record(self, key: Key) -> Values | None:
        """Return a group, an empty tuple for the id of a deleted one, or None without a record."""
        part, group_id = key
        if part == "group":
            return self._by_id.get(group_id)
        return () if group_id in self._deleted else None

    def load(self, part: str, rows: Iterable[tuple[Key, Values]]) -> None:
        """Add groups, or the ids of deleted ones."""
        if part == "deleted group":
            self._deleted |= {group_id for (_, group_id), _ in rows}
        else:
            # Sorted, as a group that a restored snapshot brought back is the last one in the file.
            found = sorted((Group(*values) for _, values in rows), key=lambda each: each.number)
            self._by_id |= {group.group_id: group for group in found}


def without(members: Mapping[str, str], *team_member_ids: str) -> dict[str, str]:
    """Return the members of a group except those with the given ids."""
    return {id_: access for id_, access in members.items() if id_ not in team_member_ids}
