"""The logs of teams: the events that members and their apps have caused (P9-01)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from fakedropbox._base.kept import Key, Values
from fakedropbox._base.undo import UndoLog


class Event(NamedTuple):
    """One event in the log of a team.

    ``micros`` is the time, ``category`` and ``kind`` are tags of the SDK's unions. ``people`` are
    the ids of the accounts that took part, that of the actor first. ``text`` is the whole event as
    JSON.
    """

    team_id: str
    micros: int
    category: str
    kind: str
    people: tuple[str, ...]
    text: str


class TeamLog:
    """The events of all teams, the oldest first."""

    parts = ("team event",)

    def __init__(self, undo: UndoLog) -> None:
        self._undo = undo
        self._events: list[Event] = []

    def add(self, event: Event) -> None:
        """Add an event, which has just happened."""
        self._events.append(event)
        self._undo.change(("team event", len(self._events) - 1), self._events.pop)

    def of(self, team_id: str, after: int) -> Iterator[tuple[int, Event]]:
        """Yield the events of a team with numbers above ``after``, each after its number.

        The numbers begin with 1 and count the events of all teams.
        """
        for number in range(after, len(self._events)):
            event = self._events[number]
            if event.team_id == team_id:
                yield number + 1, event

    # Records

    def keys(self) -> Iterator[Key]:
        """Yield the keys of all records."""
        return (("team event", number) for number in range(len(self._events)))

    def record(self, key: Key) -> Values | None:
        """Return an event."""
        number = key[1]
        return tuple(self._events[number]) if number < len(self._events) else None

    def load(self, _part: str, rows: Iterable[tuple[Key, Values]]) -> None:
        """Add the events."""
        self._events.extend(Event(*values) for _, values in sorted(rows))
