"""Temporary links: names under which, for some hours, anybody can fetch or bring a content."""

from __future__ import annotations

from typing import Any

from fakedropbox._base.undo import UndoLog
from fakedropbox.clock import SECOND, Clock
from fakedropbox.errors import LinkRefused


class Link:
    """What a link stands for, until when (in microseconds), and whether it has been used up."""

    __slots__ = ("ends", "kind", "stands_for", "used")

    def __init__(self, kind: str, stands_for: Any, ends: int) -> None:
        self.kind = kind
        self.stands_for = stands_for
        self.ends = ends
        self.used = False


class TemporaryLinks:
    """All temporary links of the service, by their secret names."""

    def __init__(self, clock: Clock, undo: UndoLog) -> None:
        self._clock = clock
        self._undo = undo
        self._by_name: dict[str, Link] = {}

    def add(self, name: str, kind: str, stands_for: Any, seconds: float) -> None:
        """Let `name` stand for something, for so long; ``kind`` is the page that knows it."""
        ends = self._clock.micros + round(seconds * SECOND)
        self._by_name[name] = Link(kind, stands_for, ends)
        self._undo.note(self._by_name.pop, name)

    def at(self, name: str, kind: str) -> Link:
        """The link of a name.

        Raises:
            LinkRefused: there is none, or it is over.
        """
        link = self._by_name.get(name)
        if link is None or link.kind != kind:
            raise LinkRefused("unknown", "This link does not exist.")
        if link.used:
            raise LinkRefused("consumed", "Temporary upload link has been recently consumed.")
        if link.ends <= self._clock.micros:
            raise LinkRefused("expired", "This link has expired.")
        return link

    def use_up(self, link: Link) -> None:
        """Let a link be of no use any more."""
        link.used = True
        self._undo.note(setattr, link, "used", False)
