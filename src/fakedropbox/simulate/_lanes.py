"""Separate ids, revisions and random draws for each worker, which do not depend on the order.

A service numbers ids and revisions in one sequence. Two uploads to different paths would
then get different results in each order, and the simulation could not skip either order. Here
the numbers are shown as if each worker, in its own lane, had a sequence of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fakedropbox.calls import World
from fakedropbox.simulate._entropy import Entropy

_EACH = 1 << 40  # the number of ids, or revisions, in one lane
_KIND = 1 << 60  # the number of names of one kind; above all numbers that are not in a lane
_IDS, _REVS = _KIND, 2 * _KIND  # the first name of each kind, so that no id has a revision's name


class LanedNames:
    """Names for numbers, which contain the lane and the number's position in that lane."""

    def __init__(self, first: int) -> None:
        self.lane: int | None = None
        self._first = first
        self._shown: dict[int, int] = {}
        self._meant: dict[int, int] = {}
        self._given: dict[int, int] = {}

    def clear(self) -> None:
        """Forget all numbers."""
        self._shown.clear()
        self._meant.clear()
        self._given.clear()

    def given(self, number: int) -> None:
        """Add a new number to the current lane, if there is one."""
        if self.lane is None:
            return
        turn = self._given.get(self.lane, 0)
        self._given[self.lane] = turn + 1
        name = self._first + self.lane * _EACH + turn
        self._shown[number] = name
        self._meant[name] = number

    def shown(self, number: int) -> int:
        """Return the name of a number, or the number itself if it is not in a lane."""
        return self._shown.get(number, number)

    def meant(self, shown: int) -> int:
        """Return the number with that name, or the name itself if it is not in a lane."""
        return self._meant.get(shown, shown)


def lane_of(name: int) -> int | None:
    """Return the lane that a name is in, or None if it is not in a lane."""
    return None if name < _KIND else name % _KIND // _EACH


class Lanes:
    """The ids, revisions and random draws of a world, separate for each worker."""

    def __init__(self, world: World, entropy: Entropy) -> None:
        self.ids = LanedNames(_IDS)
        self.revs = LanedNames(_REVS)
        self._numbering = world.files.numbering
        self._chance = world.chance
        self._entropy = entropy

    def begin(self) -> None:
        """Begin a run, in which numbers and draws are the same as in the previous one."""
        self.ids.clear()
        self.revs.clear()
        self._entropy.begin()
        self.enter(None)

    def enter(self, lane: int | None) -> None:
        """Switch to the lane of a worker, or to none."""
        self.ids.lane = self.revs.lane = lane
        self._chance.lane = self._entropy.lane = "" if lane is None else f"{lane}/"

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Make the service show lane names instead of the numbers that its stores keep."""
        numbering = self._numbering
        plain = numbering.ids, numbering.revs
        numbering.ids, numbering.revs = self.ids, self.revs
        try:
            yield
        finally:
            self.enter(None)
            numbering.ids, numbering.revs = plain
