"""Temporary links: secret names by which anybody can download or upload data for some hours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fakedropbox._base.kept import Key, Values
from fakedropbox._base.undo import UndoLog
from fakedropbox.clock import SECOND, Clock
from fakedropbox.errors import LinkRefused


class TemporaryLink:
    """A temporary link to ``stands_for``, which expires at ``ends``, in microseconds.

    ``name`` is the secret name by which it is found.

    ``kind`` is the page that serves it; ``used`` is True once its upload has succeeded.
    """

    __slots__ = ("ends", "kind", "name", "stands_for", "used")

    def __init__(self, name: str, kind: str, stands_for: Any, ends: int) -> None:
        self.name = name
        self.kind = kind
        self.stands_for = stands_for
        self.ends = ends
        self.used = False


class TemporaryLinks:
    """All temporary links of the service, by their secret names."""

    parts = ("temporary link",)

    def __init__(self, clock: Clock, undo: UndoLog) -> None:
        self._clock = clock
        self._undo = undo
        self._by_name: dict[str, TemporaryLink] = {}

    def add(self, name: str, kind: str, stands_for: Any, seconds: float) -> None:
        """Make `name` a link to a target for ``seconds``; ``kind`` is the page that serves it."""
        ends = self._clock.micros + round(seconds * SECOND)
        self._by_name[name] = TemporaryLink(name, kind, stands_for, ends)
        self._undo.change(("temporary link", name), self._by_name.pop, name)

    def at(self, name: str, kind: str) -> TemporaryLink:
        """Return the link of a name.

        Raises:
            LinkRefused: the link does not exist, was used up, or has expired.
        """
        link = self._by_name.get(name)
        if link is None or link.kind != kind:
            raise LinkRefused("unknown", "This link does not exist.")
        if link.used:
            raise LinkRefused("consumed", "Temporary upload link has been recently consumed.")
        if link.ends <= self._clock.micros:
            raise LinkRefused("expired", "This link has expired.")
        return link

    def use_up(self, link: TemporaryLink) -> None:
        """Mark a link as used up."""
        link.used = True
        self._undo.change(("temporary link", link.name), setattr, link, "used", False)

    def keys(self) -> Iterator[Key]:
        """Yield the keys of all records."""
        return (("temporary link", name) for name in self._by_name)

    def record(self, key: Key) -> Values | None:
        """Return a link."""
        link = self._by_name.get(key[1])
        return None if link is None else (link.kind, link.stands_for, link.ends, link.used)

    def load(self, _part: str, rows: Iterable[tuple[Key, Values]]) -> None:
        """Add links."""
        for (_, name), (*values, used) in rows:
            self._by_name[name] = link = TemporaryLink(name, *values)
            link.used = used
