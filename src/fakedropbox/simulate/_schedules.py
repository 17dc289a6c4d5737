"""Schedules: which worker makes its next call, step by step, and what befalls it there."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from fakedropbox._base.checks import expect
from fakedropbox.simulate.errors import ScheduleMismatch
from fakedropbox.simulate.mishaps import MISHAPS, Mishap

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_MISHAP_EVERY = 8
"""Of so many steps at random, one has a mishap, if any may."""


class Choice(NamedTuple):
    """A worker, by its number from 0, and what befalls its next call, if anything."""

    worker: int
    mishap: Mishap | None = None


class Step(NamedTuple):
    """A choice that was made, and the call that it led to, by the last part of its route.

    ``call`` is None in a step written by hand, which fits any call.
    """

    worker: int
    call: str | None = None
    mishap: Mishap | None = None

    def __str__(self) -> str:
        return " ".join(str(part) for part in self if part is not None)


class Schedule(tuple[Step, ...]):
    """Steps in order. As text it is a short list, which `interleavings` takes again.

    >>> Schedule.parse("0 upload, 1 upload lost_reply, 0 move_v2")[1]
    Step(worker=1, call='upload', mishap='lost_reply')
    >>> print(Schedule.parse([0, 1, 0]))
    0, 1, 0
    """

    __slots__ = ()

    @classmethod
    def parse(cls, text: str | Iterable[int | str | Step]) -> Schedule:
        """Read a schedule from its text, or from steps and numbers of workers.

        Raises:
            ValueError: it is none; the message has the first step that is wrong.
        """
        expect("schedule", text, str, Iterable)
        parts = text.split(",") if isinstance(text, str) else text
        return cls(part if isinstance(part, Step) else _step(str(part)) for part in parts)

    def __str__(self) -> str:
        return ", ".join(map(str, self))

    def __repr__(self) -> str:
        return f"Schedule.parse({str(self)!r})"


def _step(text: str) -> Step:
    worker, *rest = text.split() or [""]
    mishap = cast("Mishap", rest.pop()) if rest and rest[-1] in MISHAPS else None
    if not worker.isdecimal() or len(rest) > 1:
        raise ValueError(
            "schedule: expected steps such as '0', '1 upload' or '0 move_v2 lost_reply', "
            f"got {text.strip()!r}"
        )
    return Step(int(worker), rest[0] if rest else None, mishap)


class Actor(Protocol):
    """A worker as those see it who choose."""

    @property
    def about(self) -> str:
        """What it is about to do, as one line."""


class Moment(NamedTuple):
    """A point at which a choice is due.

    ``last`` is the worker of the step before, ``mishaps`` how many are left to come.
    """

    choices: Sequence[Choice]
    workers: Sequence[Actor]
    last: int
    mishaps: int


class Guide(Protocol):
    """Who chooses the steps of one run."""

    def choose(self, moment: Moment) -> Choice | None:
        """The next choice; None to give the run up."""


class Replay:
    """The steps of a schedule, as long as they fit."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._position = 0

    def choose(self, moment: Moment) -> Choice:
        """The next step of the schedule.

        Raises:
            ScheduleMismatch: it does not fit.
        """
        if self._position == len(self._schedule):
            raise ScheduleMismatch(
                f"schedule: it ends after {self._position} steps, when {_seen(moment)}"
            )
        step = self._schedule[self._position]
        self._position += 1
        choice = Choice(step.worker, step.mishap)
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
        """Check that no step is left over.

        Raises:
            ScheduleMismatch: one is.
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
    """A schedule drawn from a seed."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 -- to be repeated, not to be secret

    def choose(self, moment: Moment) -> Choice:
        """Any worker, as likely as another; a mishap now and then."""
        plain = [choice for choice in moment.choices if choice.mishap is None]
        mishaps = [choice for choice in moment.choices if choice.mishap is not None]
        if mishaps and self._chance.randrange(_MISHAP_EVERY) == 0:
            return self._chance.choice(mishaps)
        return self._chance.choice(plain)


class Picks(tuple[int, ...]):
    """A schedule as Hypothesis draws it: at each step, which of the choices there are.

    0 stands for the worker of the step before, and so does everything after the end: the
    shorter the list and the smaller its numbers, the fewer the switches.
    """

    __slots__ = ()

    def guide(self) -> PickGuide:
        """Who makes these choices."""
        return PickGuide(self)

    def __repr__(self) -> str:
        return f"Picks({list(self)!r})"


class PickGuide:
    """The choices of some picks."""

    def __init__(self, picks: Picks) -> None:
        self._left = iter(picks)

    def choose(self, moment: Moment) -> Choice:
        """The choice that the next pick stands for."""
        ordered = sorted(
            moment.choices, key=lambda c: (c.mishap is not None, c.worker != moment.last)
        )
        return ordered[next(self._left, 0) % len(ordered)]


def schedules(max_steps: int = 50) -> SearchStrategy[Picks]:
    """Schedules for any workers, to be given to `interleavings` as ``schedule``.

    Args:
        max_steps: for so many steps choices are drawn; afterwards each worker goes on
            until it ends.

    Shrinks towards fewer switches between workers, and fewer mishaps.

    Raises:
        ValueError: ``max_steps`` is below 1.
    """
    from hypothesis import strategies as st

    expect("max_steps", max_steps, int)
    if max_steps < 1:
        raise ValueError(f"max_steps: expected at least 1, got {max_steps!r}")
    return st.lists(st.integers(0, 15), max_size=max_steps).map(Picks)
