"""Separate ids, revisions and random draws for each worker, which do not depend on the order.

A service numbers ids and revisions in one sequence. Two uploads to different paths would
then get different results in each order, and the simulation could not skip either order. Here
each worker has a lane: a range of numbers for it alone. Callers see the numbers of the lanes in
place of the internal numbers, so each worker seems to have a sequence of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from fakedropbox.calls import World
from fakedropbox.simulate._entropy import Entropy

_EACH = 1 << 40  # the number of ids, or revisions, in one lane
_KIND = 1 << 60  # the size of the range for ids, or for revisions; above all numbers without a lane
_IDS, _REVS = _KIND, 2 * _KIND  # where the two ranges begin: no id equals a revision


_Numbers: TypeAlias = tuple[dict[int, int], dict[int, int], dict[int, int]]
LanesState: TypeAlias = tuple[_Numbers, _Numbers]
"""The numbers of all lanes at some time: those of ids and those of revisions."""


class LanedNumbers:
    """A mapping from internal numbers to shown ones, made of a lane and a position in it."""

    def __init__(self, first: int) -> None:
        self.lane: int | None = None
        self._first = first
        self._shown: dict[int, int] = {}
        self._meant: dict[int, int] = {}
        self._given: dict[int, int] = {}

    def clear(self) -> None:
        """Remove all numbers from the mapping."""
        self._shown.clear()
        self._meant.clear()
        self._given.clear()

    def state(self) -> _Numbers:
        """Return the state from which `resume` continues."""
        return self._shown.copy(), self._meant.copy(), self._given.copy()

    def resume(self, state: _Numbers) -> None:
        """Continue from a state, which may be used again later."""
        self._shown, self._meant, self._given = (each.copy() for each in state)

    def given(self, number: int) -> None:
        """Add a new number to the current lane, if there is one."""
        if self.lane is None:
            return
        turn = self._given.get(self.lane, 0)
        self._given[self.lane] = turn + 1
        shown = self._first + self.lane * _EACH + turn
        self._shown[number] = shown
        self._meant[shown] = number

    def shown(self, number: int) -> int:
        """Return the shown number for an internal one, which is the same if it is not in a lane."""
        return self._shown.get(number, number)

    def meant(self, shown: int) -> int:
        """Return the internal number for a shown one, which is the same if it is not in a lane."""
        return self._meant.get(shown, shown)


def lane_of(shown: int) -> int | None:
    """Return the lane of a shown number, which is its worker's number, or None without a lane."""
    return None if shown < _KIND else shown % _KIND // _EACH


class Lanes:
    """The ids, revisions and random draws of a world, separate for each worker."""

    def __init__(self, world: World, entropy: Entropy) -> None:
        self.ids = LanedNumbers(_IDS)
        self.revs = LanedNumbers(_REVS)
        self._numbering = world.files.numbering
        self._chance = world.chance
        self._entropy = entropy

    def begin(self) -> None:
        """Begin a run, in which numbers and draws are the same as in the previous one."""
        self.ids.clear()
        self.revs.clear()
        self._entropy.begin()
        self.enter(None)

    def state(self) -> LanesState:
        """Return the state of the ids and revisions, from which `resume` continues."""
        return self.ids.state(), self.revs.state()

    def resume(self, state: LanesState) -> None:
        """Continue with the ids and revisions of a state."""
        self.ids.resume(state[0])
        self.revs.resume(state[1])

    def enter(self, lane: int | None) -> None:
        """Switch to the lane of a worker, or to none."""
        self.ids.lane = self.revs.lane = lane
        self._chance.lane = self._entropy.lane = "" if lane is None else f"{lane}/"

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Make the service show the numbers of the lanes in place of its internal numbers."""
        numbering = self._numbering
        plain = numbering.ids, numbering.revs
        numbering.ids, numbering.revs = self.ids, self.revs
        try:
            yield
        finally:
            self.enter(None)
            numbering.ids, numbering.revs = plain
