"""A depth-first search through the schedules of some workers, which can skip equivalent ones."""

from __future__ import annotations

from collections.abc import Iterator

from fakedropbox.calls import Call
from fakedropbox.simulate._causes import likely_causes
from fakedropbox.simulate._engine import Engine, Run, Worker
from fakedropbox.simulate._footprints import NOTHING, Footprint, Relation, Tracker
from fakedropbox.simulate._prefixes import Checkpoint, Played, Prefix
from fakedropbox.simulate._schedules import Choice, Moment
from fakedropbox.simulate._states import States
from fakedropbox.simulate.errors import NotDeterministic


class _Point:
    """A point of the current schedule at which a choice was made, and the choices still to try.

    ``leaves`` is the number of schedules found so far that go through this point.
    """

    __slots__ = (
        *("about", "asleep", "checkpoint", "choice", "footprint", "leaves", "left", "played"),
        *("received", "state"),
    )

    def __init__(self, about: list[str], choices: list[Choice], state: bytes) -> None:
        self.about = about
        self.left = choices[::-1]
        self.choice = self.left.pop()
        self.state = state
        self.leaves = 0
        # The choices that need not be made here, with their footprints (the sleep set), and the
        # footprint of `choice`.
        self.asleep: dict[Choice, Footprint] = {}
        self.footprint = NOTHING
        # What is needed to go on from here without making the calls before this point again.
        self.checkpoint: Checkpoint | None = None
        self.played: Played | None = None
        self.received: list[bytes] = []


class Explorer:
    """A search through all schedules of an engine's workers, with one run for each schedule.

    ``given_up`` is the number of runs that were cut short, ``schedules`` the number of
    schedules that are covered. ``unsound`` means that the search may have skipped schedules
    that it should not have skipped.
    """

    def __init__(self, engine: Engine) -> None:
        self.given_up = 0
        self.schedules = 0
        self.unsound = False
        self._engine = engine
        self._stack: list[_Point] = []
        self._depth = 0
        self._last: tuple[Worker, Call] | None = None
        engine.keeps_prefixes = True

    def runs(self) -> Iterator[Run]:
        """Yield all runs that reach the end of their schedules."""
        while not self.unsound:
            run = self._next_run()
            if run is None:
                self.given_up += 1
            else:
                self._finish_step()
                self.count(1)
                yield run
            if not self._turn_back():
                return

    def _next_run(self) -> Run | None:
        """Run the next schedule, from the last point on if that is possible."""
        prefix = self._prefix() if self._engine.keeps_prefixes else None
        if prefix is not None:
            self._depth = len(prefix.played)
            self.begin(self._stack[-1])
            run = self._engine.run_on(self, prefix)
            if self._engine.keeps_prefixes:
                return run
        self._depth = 0
        self.begin(None)
        return self._engine.run(self)

    def _prefix(self) -> Prefix | None:
        if not self._stack or self._stack[-1].checkpoint is None:
            return None
        known = [point.played for point in self._stack[:-1]]
        made = [each for each in known if each is not None]
        return Prefix(made, self._stack[-1].checkpoint) if len(made) == len(known) else None

    def choose(self, moment: Moment) -> Choice | None:
        """Return the next step of the schedule; None if no choice here needs to be tried."""
        self._finish_step()
        about = [worker.about for worker in moment.workers]
        if self._depth < len(self._stack):
            point = self._stack[self._depth]
            if point.about != about:
                raise NotDeterministic(_difference(self._depth, point.about, about))
        else:
            new = self.new_point(about, moment)
            if new is None:
                return None
            point = new
            self._stack.append(point)
        # If the run has gone on from the checkpoint of this point, the checkpoint is made again.
        point.checkpoint = self._engine.checkpoint() if point.left else None
        self._depth += 1
        worker = moment.workers[point.choice.worker]
        assert isinstance(worker, Worker)
        assert worker.call is not None
        self._last = worker, worker.call
        self.before(worker.call)
        return point.choice

    def count(self, leaves: int) -> None:
        """Add to the number of schedules that go through the last point of the current schedule."""
        if self._stack:
            self._stack[-1].leaves += leaves
        else:
            self.schedules += leaves

    def _finish_step(self) -> None:
        if self._last is not None:
            self._stack[self._depth - 1].played = self._engine.played
            self.after(*self._last)
            self._last = None

    def _turn_back(self) -> bool:
        """Go back to the last point with a choice still to try; return False if there is none."""
        while self._stack:
            point = self._stack[-1]
            point.asleep[point.choice] = point.footprint
            if point.left:
                point.choice = point.left.pop()
                return True
            self._stack.pop()
            self.leave(point)
            self.count(point.leaves)
        return False

    # Hooks for the subclasses, which skip schedules

    def begin(self, point: _Point | None) -> None:
        """Begin a run at a point, or at the beginning."""

    def new_point(self, about: list[str], moment: Moment) -> _Point | None:
        """Return a new point of the schedule; None if no choice there needs to be tried."""
        return _Point(about, list(moment.choices), b"")

    def before(self, call: Call) -> None:
        """Observe the call of a step before it is made."""

    def after(self, worker: Worker, call: Call) -> None:
        """Observe the call of a step after it was made."""

    def leave(self, point: _Point) -> None:
        """Observe a point at which all choices have been tried."""


class Reducing(Explorer):
    """A search that skips schedules which differ only in the order of independent calls.

    It uses sleep sets (Godefroid, "Partial-Order Methods for the Verification of Concurrent
    Systems", 1996): a choice that has been tried at a point need not be tried again after
    other steps from that point, as long as it is independent of those steps.
    """

    def __init__(self, engine: Engine, relation: Relation) -> None:
        super().__init__(engine)
        self._relation = relation
        self._tracker = Tracker(engine.service, engine.lanes, relation)

    def new_point(self, about: list[str], moment: Moment) -> _Point | None:
        """Return a new point without the choices in its sleep set; None if no choice is left."""
        asleep = self._still_asleep(moment) if self._stack else {}
        choices = [choice for choice in moment.choices if choice not in asleep]
        if not choices:
            return None
        point = _Point(about, choices, b"")
        point.asleep = asleep
        return point

    def before(self, call: Call) -> None:
        """Begin to record the footprint of a step that is made for the first time."""
        if self._depth == len(self._stack):
            self._tracker.begin(call)

    def after(self, worker: Worker, call: Call) -> None:  # noqa: ARG002 -- the base's signature
        """Keep the footprint of a step that was made for the first time."""
        if self._depth == len(self._stack):
            self._stack[-1].footprint = self._tracker.end(worker.made)
            self.unsound = self._relation.grown

    def _still_asleep(self, moment: Moment) -> dict[Choice, Footprint]:
        """Return the sleep set of a new point, from the choices tried at the point above it."""
        above = self._stack[-1]
        there = set(moment.choices)
        return {
            choice: footprint
            for choice, footprint in above.asleep.items()
            if choice in there
            and choice.worker != above.choice.worker
            and not self._relation.depend(footprint, above.footprint)
        }


class Merging(Explorer):
    """A search that ends a run in a state that an earlier run has reached.

    The schedules that would go on from that state are still counted.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._states = States(engine)
        self._leaves: dict[bytes, int] = {}

    def begin(self, point: _Point | None) -> None:
        """Begin a run at a point, or at the beginning."""
        self._states.begin(None if point is None else point.received)

    def new_point(self, about: list[str], moment: Moment) -> _Point | None:
        """Return a new point; None if an earlier run has reached its state."""
        state = self._states.now(moment.faults_left)
        if state in self._leaves:
            self.count(self._leaves[state])
            return None
        point = _Point(about, list(moment.choices), state)
        point.received = self._states.received()
        return point

    def after(self, worker: Worker, call: Call) -> None:
        """Record the response that the worker received."""
        self._states.step(worker, call)
        self.unsound = self._states.unsure

    def leave(self, point: _Point) -> None:
        """Keep the number of schedules that go on from the point's state."""
        self._leaves[point.state] = point.leaves


def _difference(depth: int, first: list[str], later: list[str]) -> str:
    worker = next(n for n, pair in enumerate(zip(first, later, strict=True)) if len({*pair}) > 1)
    return (
        f"worker {worker}: after the same {depth} steps it was about to make "
        f"{first[worker]} in one run, and {later[worker]} in another. "
        f"{likely_causes(first[worker], later[worker])}"
    )
