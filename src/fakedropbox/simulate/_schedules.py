"""Schedules: for each step, the worker that makes its next call, and the fault, if any."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from fakedropbox._base.checks import expect
from fakedropbox._base.deprecation import renamed
from fakedropbox._base.extras import missing_extra
from fakedropbox.simulate.call_faults import CALL_FAULTS, FaultName
from fakedropbox.simulate.errors import ScheduleMismatch

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_FAULT_EVERY = 8
"""One in this number of random steps has a fault, if faults are allowed."""


class Choice(NamedTuple):
    """A worker, by its number from 0, and the fault of its next call, if any."""

    worker: int
    fault: FaultName | None = None


class Step(NamedTuple):
    """A choice that was made, and the call to which it led.

    ``call`` is the last part of the route's name. None, as in a step written by hand, fits any
    call.
    """

    worker: int
    call: str | None = None
    fault: FaultName | None = None

    @property
    @renamed("Step.mishap", "Step.fault")
    def mishap(self) -> FaultName | None:
        """The old name of ``fault``."""
        return self.fault

    def __str__(self) -> str:
        return " ".join(str(part) for part in self if part is not None)


class Schedule(tuple[Step, ...]):
    """Steps in order; ``str()`` returns a short text, which `interleavings` accepts.

    >>> Schedule.parse("0 upload, 1 upload lost_reply, 0 move_v2")[1]
    Step(worker=1, call='upload', fault='lost_reply')
    >>> print(Schedule.parse([0, 1, 0]))
    0, 1, 0
    """

    __slots__ = ()

    @classmethod
    def parse(cls, text: str | Iterable[int | str | Step]) -> Schedule:
        """Read a schedule from its text, or from steps and numbers of workers.

        The empty text is that of a schedule without steps: no worker made a call.

        Raises:
            ValueError: the text is not a schedule; the message has the first wrong step.
        """
        expect("schedule", text, str, Iterable)
        parts = text.split(",") if text and isinstance(text, str) else text
        return cls(part if isinstance(part, Step) else _step(str(part)) for part in parts)

    def __str__(self) -> str:
        return ", ".join(map(str, self))

    def __repr__(self) -> str:
        return f"Schedule.parse({str(self)!r})"


def _step(text: str) -> Step:
    worker, *rest = text.split() or [""]
    fault = cast("FaultName", rest.pop()) if rest and rest[-1] in CALL_FAULTS else None
    if not worker.isdecimal() or len(rest) > 1:
        raise ValueError(
            "schedule: expected steps such as '0', '1 upload' or '0 move_v2 lost_reply', "
            f"got {text.strip()!r}"
        )
    return Step(int(worker), rest[0] if rest else None, fault)


class Actor(Protocol):
    """The part of a worker that a guide uses."""

    @property
    def about(self) -> str:
        """The worker's next call, or its state, as one line."""


class Moment(NamedTuple):
    """A point at which a guide has to choose.

    ``last`` is the worker of the previous step; ``faults_left`` is the number of faults that are
    still allowed.
    """

    choices: Sequence[Choice]
    workers: Sequence[Actor]
    last: int
    faults_left: int


class Guide(Protocol):
    """An object that chooses the steps of one run."""

    def choose(self, moment: Moment) -> Choice | None:
        """Return the next choice, or None to end the run early."""


class Replay:
    """A guide that follows a schedule."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._position = 0

    def choose(self, moment: Moment) -> Choice:
        """Return the choice of the next step of the schedule.

        Raises:
            ScheduleMismatch: no steps are left, or the worker cannot make this step's call.
        """
        if self._position == len(self._schedule):
            raise ScheduleMismatch(
                f"schedule: it ends after {self._position} steps, before all workers have ended: "
                f"{_seen(moment)}"
            )
        step = self._schedule[self._position]
        self._position += 1
        choice = Choice(step.worker, step.fault)
        fits = choice in moment.choices
        if fits and step.call is not None:
            route = moment.workers[step.worker].about.partition(" ")[0]
            fits = route.rpartition("/")[2] == step.call
        if not fits:
            raise ScheduleMismatch(
                f"schedule: step {self._position} ({step}) does not fit: {_seen(moment)}"
            )
        return choice

    def finish(self) -> None:
        """Check that all steps have been used.

        Raises:
            ScheduleMismatch: a step has not been used.
        """
        if self._position < len(self._schedule):
            step = self._schedule[self._position]
            raise ScheduleMismatch(
                f"schedule: step {self._position + 1} ({step}) does not fit: all workers have ended"
            )


def _seen(moment: Moment) -> str:
    workers = enumerate(moment.workers)
    return "; ".join(f"worker {number}: {worker.about}" for number, worker in workers)


class AtRandom:
    """A guide that chooses at random, from a seed."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 -- it must be repeatable, not secret

    def choose(self, moment: Moment) -> Choice:
        """Choose a worker, each with the same probability, or sometimes one with a fault."""
        faults = [choice for choice in moment.choices if choice.fault is not None]
        if not faults:
            return self._chance.choice(moment.choices)
        if self._chance.randrange(_FAULT_EVERY) == 0:
            return self._chance.choice(faults)
        return self._chance.choice([choice for choice in moment.choices if choice.fault is None])


class Picks(tuple[int, ...]):
    """A schedule as Hypothesis draws it: for each step, the index of one of the choices.

    0 is the worker of the previous step, and after the end of the list every step is 0. A
    shorter list with smaller numbers therefore has fewer switches between workers.
    """

    __slots__ = ()

    def guide(self) -> PickGuide:
        """Return a guide that makes these choices."""
        return PickGuide(self)

    def __repr__(self) -> str:
        return f"Picks({list(self)!r})"


class PickGuide:
    """A guide that makes the choices of some picks."""

    def __init__(self, picks: Picks) -> None:
        self._left = iter(picks)

    def choose(self, moment: Moment) -> Choice:
        """Return the choice with the index of the next pick."""
        ordered = sorted(
            moment.choices, key=lambda c: (c.fault is not None, c.worker != moment.last)
        )
        return ordered[next(self._left, 0) % len(ordered)]


def schedules(max_steps: int = 50) -> SearchStrategy[Picks]:
    """Generate schedules for any workers; pass one to `interleavings` as ``schedule``.

    They shrink towards fewer switches between workers, and fewer faults.

    Args:
        max_steps: the number of steps for which choices are drawn; after them each worker
            runs until it ends.

    Raises:
        ImportError: the extra ``testing`` is not installed.
        ValueError: ``max_steps`` is below 1.
    """
    try:
        from hypothesis import strategies as st
    except ImportError as missing:
        raise missing_extra("schedules", missing, "testing") from missing
    expect("max_steps", max_steps, int)
    if max_steps < 1:
        raise ValueError(f"max_steps: expected at least 1, got {max_steps!r}")
    return st.lists(st.integers(0, 15), max_size=max_steps).map(Picks)
