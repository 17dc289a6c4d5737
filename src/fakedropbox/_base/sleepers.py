"""The tasks of an event loop that sleep on a clock, concurrently as they do in real time."""

from __future__ import annotations

import threading
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Protocol

from fakedropbox._base import at_work

if TYPE_CHECKING:  # most programs that import this need no event loop
    import asyncio

_SECOND = 1_000_000
_TURNS = 50
"""The number of turns of the loop that other tasks get to reach a sleep of their own.

A loop does not tell if any of its tasks could continue. A task rarely needs more turns between two
sleeps, as long as it does not wait for a thread or a connection.
"""


class VirtualClock(Protocol):
    """The part of a `Clock` that virtual time uses."""

    @property
    def micros(self) -> int:
        """Microseconds since 1970."""

    def sleep(self, seconds: float) -> None:
        """Let ``seconds`` pass."""


class Sleepers:
    """The sleeping tasks of one event loop, which wake in the order of their times."""

    def __init__(self, clock: VirtualClock, loop: asyncio.AbstractEventLoop) -> None:
        self._clock = clock
        self._loop = loop
        self._asleep: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self._turns = 0
        self._is_counting = False
        self._awaited: set[at_work.Work] = set()
        self._timer: threading.Timer | None = None
        self._is_over = threading.Event()

    async def sleep(self, seconds: float) -> None:
        """Sleep on the clock, while other tasks of the loop continue or sleep, too."""
        future = self._loop.create_future()
        wakes = self._clock.micros + round(seconds * _SECOND)
        heappush(self._asleep, (wakes, next(self._numbers), future))
        self._count()
        await future

    def _count(self) -> None:
        self._turns = _TURNS
        if not self._is_counting:
            self._is_counting = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        while self._asleep and self._asleep[0][2].done():  # cancelled or failed
            heappop(self._asleep)
        self._is_counting = bool(self._asleep)
        if not self._asleep:
            self._end_wait()
            return
        if self._turns == 0 and self._waits_for_threads():
            self._is_counting = False
            return
        if self._turns == 0:
            self._turns = _TURNS
            try:
                self._wake_first()
            except BaseException:  # the loop may run again, such as to cancel its tasks
                self._loop.call_soon(self._turn)
                raise
        self._turns -= 1
        self._loop.call_soon(self._turn)

    def _waits_for_threads(self) -> bool:
        """Return whether threads are at work, so that no time may pass until they call `_hear`."""
        at_work.listen(self._hear)
        busy = at_work.at_work_for(self._loop)
        if not busy or self._asleep[0][0] <= self._clock.micros:
            self._end_wait()
            return False
        if busy == self._awaited and self._timer is not None:
            if not self._is_over.is_set():
                return True
            for work in busy:
                work.lose_patience()
            self._end_wait()
            return False
        self._begin_wait(busy)
        return True

    def _begin_wait(self, busy: set[at_work.Work]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._awaited = busy
        self._is_over = threading.Event()
        # Not a timer of the loop: a test may have frozen the loop's time.
        longest = max(each.patience for each in busy)
        self._timer = threading.Timer(longest, self._hear, [self._is_over])
        self._timer.daemon = True
        self._timer.start()

    def _end_wait(self) -> None:
        at_work.unlisten(self._hear)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _hear(self, is_over: threading.Event | None = None) -> None:
        """Count the loop's turns again; called in any thread when work or a wait for it ends."""
        if is_over is not None:
            is_over.set()
        try:
            self._loop.call_soon_threadsafe(self._count)
        except RuntimeError:  # the loop was closed meanwhile
            self._end_wait()

    def _wake_first(self) -> None:
        """Let time pass until the first sleep ends, and wake all tasks that sleep until then.

        An error of the clock is raised where the task sleeps, or, if the task was cancelled
        meanwhile, given to the exception handler of the loop.
        """
        until, _, first = self._asleep[0]
        try:
            self._clock.sleep(max(0, until - self._clock.micros) / _SECOND)
            # More time may have passed, such as by the sleep of another thread.
            until = max(until, self._clock.micros)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # such as that of `pytest.fail`
            if first.done():
                raise
            first.set_exception(_raisable(error))
            return
        while self._asleep and self._asleep[0][0] <= until:
            _, _, future = heappop(self._asleep)
            if not future.done():
                future.set_result(None)


def _raisable(error: BaseException) -> BaseException:
    """Return the error; for a `StopIteration`, which a future refuses, a `RuntimeError`."""
    if not isinstance(error, StopIteration):
        return error
    raisable = RuntimeError(
        f"clock: its sleep raised {error!r}, as a mock does after the last value of its side_effect"
    )
    raisable.__cause__ = error
    return raisable
