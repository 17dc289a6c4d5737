"""All schedules of some workers, depth first: each of them, or those that stand for the others."""

from __future__ import annotations

from collections.abc import Iterator

from fakedropbox.calls import Call
from fakedropbox.simulate._engine import Engine, Run, Worker
from fakedropbox.simulate._footprints import NOTHING, Footprint, Relation, Tracker
from fakedropbox.simulate._schedules import Choice, Moment
from fakedropbox.simulate._states import States
from fakedropbox.simulate.errors import NotDeterministic


class _Point:
    """A point on the way at which a choice was made, and what is left to be tried there.

    ``leaves`` counts the schedules that have been seen to go through it.
    """

    __slots__ = ("about", "asleep", "choice", "footprint", "leaves", "left", "state")

    def __init__(self, about: list[str], choices: list[Choice], state: bytes) -> None:
        self.about = about
        self.left = choices[::-1]
        self.choice = self.left.pop()
        self.state = state
        self.leaves = 0
        # The choices that need not be made here, and what was seen of them, and of `choice`.
        self.asleep: dict[Choice, Footprint] = {}
        self.footprint = NOTHING


class Explorer:
    """Goes through the schedules of an engine's workers, one a run, and leaves none out.

    ``given_up`` counts the runs that were cut short, ``schedules`` all schedules that are
    accounted for. ``unsound`` says that something has been left out that should not have been.
    """

    def __init__(self, engine: Engine) -> None:
        self.given_up = 0
        self.schedules = 0
        self.unsound = False
        self._engine = engine
        self._way: list[_Point] = []
        self._depth = 0
        self._last: tuple[Worker, Call] | None = None

    def runs(self) -> Iterator[Run]:
        """All runs that come to an end."""
        while not self.unsound:
            self._depth = 0
            self.begin()
            run = self._engine.run(self)
            if run is None:
                self.given_up += 1
            else:
                self._finish_step()
                self.count(1)
                yield run
            if not self._turn_back():
                return

    def choose(self, moment: Moment) -> Choice | None:
        """The next step on the way; None if others stand for all that there is."""
        self._finish_step()
        about = [worker.about for worker in moment.workers]
        if self._depth < len(self._way):
            point = self._way[self._depth]
            if point.about != about:
                raise NotDeterministic(_difference(self._depth, point.about, about))
        else:
            new = self.new_point(about, moment)
            if new is None:
                return None
            point = new
            self._way.append(point)
        self._depth += 1
        worker = moment.workers[point.choice.worker]
        assert isinstance(worker, Worker)
        assert worker.call is not None
        self._last = worker, worker.call
        self.before(worker.call)
        return point.choice

    def count(self, leaves: int) -> None:
        """Account for schedules that go through the last point on the way."""
        if self._way:
            self._way[-1].leaves += leaves
        else:
            self.schedules += leaves

    def _finish_step(self) -> None:
        if self._last is not None:
            self.after(*self._last)
            self._last = None

    def _turn_back(self) -> bool:
        """Go back to the last point where something is left to be tried; False if none is."""
        while self._way:
            point = self._way[-1]
            point.asleep[point.choice] = point.footprint
            if point.left:
                point.choice = point.left.pop()
                return True
            self._way.pop()
            self.leave(point)
            self.count(point.leaves)
        return False

    # What those do that leave something out

    def begin(self) -> None:
        """Begin a run."""

    def new_point(self, about: list[str], moment: Moment) -> _Point | None:
        """A point where no run has been; None if others stand for it."""
        return _Point(about, list(moment.choices), b"")

    def before(self, call: Call) -> None:
        """Look at a step before it is made."""

    def after(self, worker: Worker, call: Call) -> None:
        """Look at a step that has been made."""

    def leave(self, point: _Point) -> None:
        """Look at a point at which everything has been tried."""


class Reducing(Explorer):
    """Leaves out what differs only in the order of calls that do not depend on each other.

    By sleep sets (Godefroid, "Partial-Order Methods for the Verification of Concurrent
    Systems", 1996): what has been tried at a point need not be tried there again after steps
    that it does not depend on.
    """

    def __init__(self, engine: Engine, relation: Relation) -> None:
        super().__init__(engine)
        self._relation = relation
        self._tracker = Tracker(engine.service, engine.lanes, relation)

    def new_point(self, about: list[str], moment: Moment) -> _Point | None:
        """A point where no run has been, without what need not be tried there."""
        asleep = self._still_asleep(moment) if self._way else {}
        choices = [choice for choice in moment.choices if choice not in asleep]
        if not choices:
            return None
        point = _Point(about, choices, b"")
        point.asleep = asleep
        return point

    def before(self, call: Call) -> None:
        """Begin the footprint of a step that is made for the first time."""
        if self._depth == len(self._way):
            self._tracker.begin(call)

    def after(self, worker: Worker, call: Call) -> None:  # noqa: ARG002 -- as its base
        """Take the footprint of a step that was made for the first time."""
        if self._depth == len(self._way):
            self._way[-1].footprint = self._tracker.end(worker.made)
            self.unsound = self._relation.grown

    def _still_asleep(self, moment: Moment) -> dict[Choice, Footprint]:
        """The choices that need not be made at a new point, by what was tried above."""
        above = self._way[-1]
        there = set(moment.choices)
        return {
            choice: footprint
            for choice, footprint in above.asleep.items()
            if choice in there
            and choice.worker != above.choice.worker
            and not self._relation.depend(footprint, above.footprint)
        }


class Merging(Explorer):
    """Does not go on from a state in which an earlier run has been; all schedules are counted."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._states = States(engine)
        self._leaves: dict[bytes, int] = {}

    def begin(self) -> None:
        """Begin a run."""
        self._states.begin()

    def new_point(self, about: list[str], moment: Moment) -> _Point | None:
        """A point in a state that is new."""
        state = self._states.now(moment.mishaps)
        if state in self._leaves:
            self.count(self._leaves[state])
            return None
        return _Point(about, list(moment.choices), state)

    def after(self, worker: Worker, call: Call) -> None:
        """Note what the worker was told."""
        self._states.step(worker, call)
        self.unsound = self._states.unsure

    def leave(self, point: _Point) -> None:
        """Keep how many schedules go on from its state."""
        self._leaves[point.state] = point.leaves


def _difference(depth: int, first: list[str], later: list[str]) -> str:
    worker = next(n for n, pair in enumerate(zip(first, later, strict=True)) if len({*pair}) > 1)
    return (
        f"worker {worker}: after the same {depth} steps it was about to make "
        f"{first[worker]} in one run, and {later[worker]} in another"
    )
