"""Ids, revisions and chance by worker, so that who comes first cannot be read from them.

A service counts its ids and revisions through. Two uploads at different paths would then
give different answers in either order, and no order could be left out. Here each worker's
are shown as if it had counted alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fakedropbox.calls import World
from fakedropbox.simulate._entropy import Entropy

_EACH = 1 << 40  # so many ids or revisions has a lane
_FIRST = 1 << 60  # above all that are counted through


class LanedNames:
    """Names that tell which lane a number was given in, and how many it had by then."""

    def __init__(self) -> None:
        self.lane: int | None = None
        self._shown: dict[int, int] = {}
        self._meant: dict[int, int] = {}
        self._given: dict[int, int] = {}

    def clear(self) -> None:
        """Forget all numbers."""
        self._shown.clear()
        self._meant.clear()
        self._given.clear()

    def given(self, number: int) -> None:
        """Let a new number be one of the present lane's, if there is one."""
        if self.lane is None:
            return
        turn = self._given.get(self.lane, 0)
        self._given[self.lane] = turn + 1
        name = _FIRST + self.lane * _EACH + turn
        self._shown[number] = name
        self._meant[name] = number

    def shown(self, number: int) -> int:
        """Return what a number is shown as; itself if it belongs to no lane."""
        return self._shown.get(number, number)

    def meant(self, shown: int) -> int:
        """Return the number that is shown as that."""
        return self._meant.get(shown, shown)


def lane_of(name: int) -> int | None:
    """The lane of a number as it is shown."""
    return None if name < _FIRST else (name - _FIRST) // _EACH


class Lanes:
    """What each worker of a world draws and counts by itself."""

    def __init__(self, world: World, entropy: Entropy) -> None:
        self.ids = LanedNames()
        self.revs = LanedNames()
        self._numbering = world.files.numbering
        self._chance = world.chance
        self._entropy = entropy

    def begin(self) -> None:
        """Begin a run: everything is counted and drawn as in the one before."""
        self.ids.clear()
        self.revs.clear()
        self._entropy.begin()
        self.enter(None)

    def enter(self, lane: int | None) -> None:
        """Count and draw for one worker from here on, or for nobody."""
        self.ids.lane = self.revs.lane = lane
        self._chance.lane = self._entropy.lane = "" if lane is None else f"{lane}/"

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Stand between the stores and what is shown of them."""
        numbering = self._numbering
        plain = numbering.ids, numbering.revs
        numbering.ids, numbering.revs = self.ids, self.revs
        try:
            yield
        finally:
            self.enter(None)
            numbering.ids, numbering.revs = plain
