"""All schedules of some workers, depth first, with those left out that change nothing.

What is left out follows from sleep sets (Godefroid, "Partial-Order Methods for the
Verification of Concurrent Systems", 1996): once a step has been tried at some point, it need
not be tried there again after steps that do not depend on it.
"""

from __future__ import annotations

from collections.abc import Iterator

from fakedropbox.simulate._engine import Engine, Run, Worker
from fakedropbox.simulate._footprints import Footprint, Relation, Tracker
from fakedropbox.simulate._schedules import Choice, Moment
from fakedropbox.simulate.errors import NotDeterministic


class _Point:
    """A point on the way at which a choice was made: what there was, and what has been tried.

    ``asleep`` are the choices that need not be made here, with the footprint of each.
    """

    __slots__ = ("about", "asleep", "choice", "choices", "footprint", "left")

    def __init__(
        self, about: list[str], choices: list[Choice], asleep: dict[Choice, Footprint]
    ) -> None:
        self.about = about
        self.choices = choices
        self.asleep = asleep
        self.left = [choice for choice in reversed(choices) if choice not in asleep]
        self.choice: Choice | None = None
        self.footprint: Footprint | None = None


class Explorer:
    """Goes through the schedules of an engine's workers, one a run.

    Without a relation nothing is left out.
    """

    def __init__(self, engine: Engine, relation: Relation | None) -> None:
        self.given_up = 0
        self._engine = engine
        self._relation = relation
        self._tracker = None
        if relation is not None:
            self._tracker = Tracker(engine.service, engine.lanes, relation)
        self._way: list[_Point] = []
        self._depth = 0
        self._open: _Point | None = None

    def runs(self) -> Iterator[Run]:
        """All runs that come to an end; `given_up` counts the others."""
        while True:
            self._depth = 0
            run = self._engine.run(self)
            self._close()
            if run is None:
                self.given_up += 1
            else:
                yield run
            if self._relation is not None and self._relation.grown:
                return
            if not self._turn_back():
                return

    def choose(self, moment: Moment) -> Choice | None:
        """The next step on the way; None if all that there is need not be tried."""
        self._close()
        about = [worker.about for worker in moment.workers]
        if self._depth < len(self._way):
            point = self._way[self._depth]
            if point.about != about:
                raise NotDeterministic(_difference(self._depth, point.about, about))
        else:
            point = _Point(about, list(moment.choices), self._still_asleep(moment))
            if not point.left:
                return None
            point.choice = point.left.pop()
            self._way.append(point)
        self._depth += 1
        choice = point.choice
        assert choice is not None
        if self._tracker is not None and point.footprint is None:
            worker = moment.workers[choice.worker]
            assert isinstance(worker, Worker)
            assert worker.call is not None
            self._tracker.begin(worker.call)
            self._open = point
        return choice

    def _close(self) -> None:
        """Take the footprint of the step that has just been made."""
        point = self._open
        if point is not None:
            assert self._tracker is not None
            assert point.choice is not None
            self._open = None
            worker, mishap = point.choice
            footprint = self._tracker.end(self._engine.workers[worker].made)
            if mishap is not None:  # others may have one less now
                footprint = footprint._replace(writes=footprint.writes | {"mishaps"})
            point.footprint = footprint

    def _still_asleep(self, moment: Moment) -> dict[Choice, Footprint]:
        """The choices that need not be made at a new point, by what was tried above."""
        if self._relation is None or not self._way:
            return {}
        above = self._way[-1]
        assert above.choice is not None
        assert above.footprint is not None
        there = set(moment.choices)
        return {
            choice: footprint
            for choice, footprint in above.asleep.items()
            if choice in there
            and choice.worker != above.choice.worker
            and not self._relation.depend(footprint, above.footprint)
        }

    def _turn_back(self) -> bool:
        """Go back to the last point where something is left to be tried; False if none is."""
        while self._way:
            point = self._way[-1]
            if self._relation is not None:
                assert point.choice is not None
                assert point.footprint is not None
                point.asleep[point.choice] = point.footprint
            if point.left:
                point.choice = point.left.pop()
                point.footprint = None
                return True
            self._way.pop()
        return False


def _difference(depth: int, first: list[str], later: list[str]) -> str:
    worker = next(n for n, pair in enumerate(zip(first, later, strict=True)) if len({*pair}) > 1)
    return (
        f"worker {worker}: after the same {depth} steps it was about to make "
        f"{first[worker]} in one run, and {later[worker]} in another"
    )
