"""Clocks: every timestamp in a response is read from a `Clock`, and every sleep calls one.

The default clock stands still until something sleeps on it or advances it, so
no test waits and each run sees the same times.

- `Clock`: the base class of all clocks
- `ManualClock`: a clock that advances only when a program advances it; the default of a service
- `SystemClock`: the machine's clock
- `RunningClock`: the machine's clock, which can be moved ahead
- `SkippingClock`: the machine's clock, except that a sleep takes no time
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta, timezone
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

from fakedropbox._base import virtual_time
from fakedropbox._base.checks import expect
from fakedropbox._base.forks import Guard
from fakedropbox._base.public import refusing
from fakedropbox._base.time_travel import travelled

__all__ = ["Clock", "ManualClock", "RunningClock", "SkippingClock", "SystemClock"]

if not TYPE_CHECKING:  # type checkers would accept any name of the module
    __getattr__ = refusing(__name__)

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
NAIVE_EPOCH = EPOCH.replace(tzinfo=None)
SECOND = 1_000_000
"""One second in microseconds, the unit of clocks and revisions."""

_MICROSECOND = timedelta(microseconds=1)
LAST_YEAR = 9900
"""The year at which a clock stops, since Python's dates end in 9999 and answers look ahead."""

_AN_INSTANT = 1e-6  # above 0, so that the interpreter switches to another thread


class Clock(ABC):
    """The clock of the service and of everything that sleeps on it."""

    @property
    @abstractmethod
    def micros(self) -> int:
        """Whole microseconds since 1970-01-01T00:00:00Z."""

    @property
    def seconds(self) -> int:
        """Whole seconds since 1970-01-01T00:00:00Z."""
        return self.micros // SECOND

    @property
    def age(self) -> int:
        """The time that makes tokens expire, in microseconds: `micros` minus jumps to frozen times.

        So tokens of a service that was made before a test froze the time stay valid.
        """
        return self.micros

    @abstractmethod
    def sleep(self, seconds: float) -> None:
        """Let ``seconds`` pass.

        Raises:
            ValueError: a negative or non-finite number of seconds.
        """

    def advance(self, seconds: float) -> None:
        """Move the clock forward by ``seconds`` without waiting, if it can be moved.

        Raises:
            ValueError: it cannot be moved, or a negative or non-finite number of seconds.
        """
        raise ValueError(
            f"clock: a {type(self).__name__} cannot be advanced by {seconds!r} seconds; "
            "use a ManualClock"
        )

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Release the lock of ``condition``, which the caller holds, so that others may notify it.

        If none of them does, let ``seconds`` pass.
        """
        if not condition.wait(_AN_INSTANT):
            self.sleep(seconds)

    def now(self) -> datetime:
        """Return the time as an aware UTC `datetime`."""
        return EPOCH + timedelta(microseconds=self.micros)

    def utcnow(self) -> datetime:
        """Return the time as a naive UTC `datetime`, as the SDK uses it."""
        return NAIVE_EPOCH + timedelta(microseconds=self.micros)

    def time(self) -> float:
        """Return the time in seconds since 1970, as `time.time` does."""
        return self.micros / SECOND

    def patch(self, *modules: ModuleType | str) -> AbstractContextManager[None]:
        """Make modules see this clock: their calls of `time.sleep` and `asyncio.sleep` sleep on it.

        Calls of `time.time`, `time.monotonic`, `time.perf_counter` and the like return its time.
        The patch begins with this call. It ends with the context, with `unpatch`, at the end of
        the test of pytest in which it began, whatever the service, or at the end of the
        `mock_dropbox` in which it began, if that has this clock. One that begins in a fixture for
        several tests ends with the fixture.

        Args:
            modules: modules, or their names; a package includes its modules. Without any, all
                modules except those of Python itself, of pytest and of other tools.

        Raises:
            ValueError: there is no module of this name, it is one of this package, or `time` or
                `asyncio` itself; or a sleep on this clock takes real time.
            TypeError: an argument is neither a module nor a name.
        """
        return virtual_time.begin(self, modules)

    def unpatch(self) -> None:
        """End all patches of this clock."""
        virtual_time.end_all_of(self)


class _State(NamedTuple):
    """A state of a `ManualClock`."""

    micros: int
    follows: bool
    followed: int | None
    jumped: int


_START = datetime(2026, 1, 1, tzinfo=timezone.utc)


class ManualClock(Clock):
    """A clock that changes only when `sleep`, `advance` or `set` is called.

    ``sleeper``, if set, receives the seconds of each sleep; the clock does not advance.

    While freezegun or time-machine is active, a clock that was given no time, neither by ``start``
    nor by `set`, starts from their time and follows it; what is slept or advanced is added to it.

    Args:
        start: the time at which it starts, with a time zone; 2026-01-01 in UTC unless given.
    """

    def __init__(self, start: datetime = _START) -> None:
        self.sleeper: Callable[[float], None] | None = None
        self._guard = Guard("clock")
        self._micros = _micros_of(start)
        self._follows = start is _START
        self._followed: int | None = None
        self._jumped = 0

    @property
    def micros(self) -> int:
        """Whole microseconds since 1970-01-01T00:00:00Z."""
        if self._follows and travelled() != self._followed:
            self._follow()
        return self._micros

    @property
    def age(self) -> int:
        """The time that makes tokens expire, in microseconds, as in the base class."""
        if self._follows and travelled() != self._followed:
            self._follow()
        return self._micros - self._jumped

    def _follow(self) -> None:
        """Jump to the time of freezegun or time-machine when it begins, then move as it moves.

        The clock stands still after its end.
        """
        with self._guard.lock:
            before, self._followed = self._followed, travelled()
            if before is None or self._followed is None:
                virtual_time.reinstate()
            if self._followed is None:
                return
            if before is None:
                self._jumped += self._followed - self._micros
                before = self._micros
            self._micros += self._followed - before

    def sleep(self, seconds: float) -> None:
        """Advance by ``seconds`` without waiting, unless there is a ``sleeper``.

        Raises:
            ValueError: a negative or non-finite number of seconds.
        """
        step = _checked(seconds)
        if self.sleeper is None:
            with self._guard.lock:
                self._micros = min(self.micros + step, max(self._micros, _LAST))
        else:
            self.sleeper(step / SECOND)

    def advance(self, seconds: float) -> None:
        """Move the clock forward by ``seconds``.

        Raises:
            ValueError: a negative or non-finite number of seconds, or one that leads beyond the
                year 9900.
        """
        step = _checked(seconds)
        with self._guard.lock:
            self._micros = _in_calendar(self.micros + step, seconds)

    def set(self, moment: datetime) -> None:
        """Set the clock to ``moment`` (aware), forwards or backwards.

        It no longer follows freezegun or time-machine.

        Raises:
            ValueError: ``moment`` has no time zone, or is beyond the year 9900.
        """
        micros = _micros_of(moment)
        with self._guard.lock:
            self._micros = micros
            self._follows = False

    def state(self) -> _State:
        """Return the present state, for `resume`."""
        return _State(self.micros, self._follows, self._followed, self._jumped)

    def resume(self, state: _State) -> None:
        """Go back to a state; if the clock followed freezegun or time-machine, it does so again."""
        with self._guard.lock:
            self._micros, self._follows, self._followed, self._jumped = state


class SystemClock(Clock):
    """The machine's clock; sleeping on it takes real time."""

    @property
    def micros(self) -> int:
        """Whole microseconds since 1970-01-01T00:00:00Z."""
        return time.time_ns() // 1_000

    def sleep(self, seconds: float) -> None:
        """Wait ``seconds`` of real time.

        Raises:
            ValueError: a negative or non-finite number of seconds.
        """
        time.sleep(_checked(seconds) / SECOND)

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Wait until ``condition`` is notified, at most ``seconds`` of real time."""
        condition.wait(seconds)

    def patch(self, *modules: ModuleType | str) -> AbstractContextManager[None]:
        """Raise an error, because a sleep on this clock takes real time.

        Raises:
            ValueError: always.
        """
        raise ValueError(
            f"patch: a sleep on a {type(self).__name__} takes real time, got {modules!r}; "
            "use a ManualClock"
        )


class RunningClock(SystemClock):
    """The machine's clock, which can be moved ahead."""

    def __init__(self) -> None:
        self._guard = Guard("clock")
        self.skipped = 0

    @property
    def micros(self) -> int:
        """Whole microseconds since 1970-01-01T00:00:00Z, including all time that was skipped."""
        return super().micros + self.skipped

    def advance(self, seconds: float) -> None:
        """Jump ahead by ``seconds``.

        Raises:
            ValueError: a negative or non-finite number of seconds, or one that leads beyond the
                year 9900.
        """
        step = _checked(seconds)
        with self._guard.lock:
            _in_calendar(self.micros + step, seconds)
            self.skipped += step


class SkippingClock(RunningClock):
    """The machine's clock, except that a sleep takes no time: the clock jumps ahead."""

    def sleep(self, seconds: float) -> None:
        """Jump ahead by ``seconds`` without waiting.

        Raises:
            ValueError: a negative or non-finite number of seconds, or one that leads beyond the
                year 9900.
        """
        self.advance(seconds)

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Release the lock of ``condition``; jump ahead by ``seconds`` unless it is notified."""
        Clock.wait(self, condition, seconds)

    def patch(self, *modules: ModuleType | str) -> AbstractContextManager[None]:
        """Make modules see this clock, as `Clock.patch` does."""
        return Clock.patch(self, *modules)


def _micros_of(moment: datetime) -> int:
    expect("moment", moment, datetime)
    if moment.tzinfo is None:
        raise ValueError(f"moment: expected an aware datetime, got {moment!r}")
    micros = (moment - EPOCH) // _MICROSECOND
    if micros > _LAST:
        raise ValueError(f"moment: expected a time up to the year {LAST_YEAR}, got {moment!r}")
    return micros


_LAST = (datetime(LAST_YEAR, 1, 1, tzinfo=timezone.utc) - EPOCH) // _MICROSECOND


def _in_calendar(micros: int, seconds: float) -> int:
    if micros > _LAST:
        raise ValueError(
            f"seconds: expected a number that leads to the year {LAST_YEAR} at most, "
            f"got {seconds!r}"
        )
    return micros


def _checked(seconds: float) -> int:
    expect("seconds", seconds, int, float)
    try:
        micros = round(seconds * SECOND)
    except (OverflowError, ValueError):
        micros = -1
    if micros < 0:
        raise ValueError(f"seconds: expected a finite number not below 0, got {seconds!r}")
    return micros
