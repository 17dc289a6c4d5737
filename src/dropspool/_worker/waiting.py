"""The wait of an idle worker: one longpoll for all its backends, or a look every few seconds.

When a job comes, all idle workers of a queue wake up. So that they do not all run for it, a
worker that has woken up in vain waits for a random time before it looks the next times, until
it finds a job again: most of the others then see that the job has been taken.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future, wait
from datetime import timedelta
from functools import partial

from dropspool._worker.storage import Pauses
from dropspool.clock import Clock
from dropspool.providers.base import StorageProvider

_LONGPOLL = 90.0
"""The seconds for which one longpoll waits, if no job comes."""

_SLICE = 0.2
"""The longest time in seconds that passes before a request to stop is noticed."""

_LONGEST_COURTESY = 4.0

Answer = frozenset[str] | None


class Waiting:
    """The waits of one worker for jobs of its backends."""

    def __init__(
        self,
        provider: StorageProvider,
        backends: Collection[str],
        clock: Clock,
        poll: float,
        stop: Callable[[], bool],
        chance: random.Random,
    ) -> None:
        self._provider = provider
        self._backends = frozenset(backends)
        self._clock = clock
        self._poll = poll
        self._stop = stop
        self._chance = chance
        self._pauses = Pauses(clock, chance)
        self._longpoll: Future[Answer] | None = None
        # The first answer names all backends, which is no wake-up in vain.
        self._in_vain = -1
        self._again: frozenset[str] = frozenset()
        self.polls = False

    def jobs_found(self) -> None:
        """Take note that the backends which the last wait returned did have a job."""
        self._in_vain = 0
        self._again = frozenset()

    def wait(self, seconds: float) -> frozenset[str]:
        """Wait until jobs may have come, and return the backends to look at.

        Return none of them after about ``seconds``, or as soon as the worker shall stop. A
        longpoll that has not been answered by then goes on, and the next wait continues it.
        """
        if self.polls:
            self._clock.sleep(self._poll)
            return self._backends
        if self._longpoll is None:
            self._longpoll = _in_a_thread(
                partial(self._provider.wait_for_jobs, self._backends, _LONGPOLL)
            )
        until = self._clock.now() + timedelta(seconds=min(seconds, _LONGPOLL))
        while not wait([self._longpoll], timeout=_SLICE).done:
            if self._stop() or self._clock.now() >= until:
                return frozenset()
        longpoll, self._longpoll = self._longpoll, None
        try:
            answer = longpoll.result()
            if answer is None:
                self.polls = True
                return self.wait(seconds)
            to_look_at = self._after_wake_up(answer)
        except OSError as error:
            # Whatever the reason, jobs are taken nevertheless, but found later.
            self._pauses.after(error)
            return self._backends
        self._pauses = Pauses(self._clock, self._chance)
        return to_look_at

    def _after_wake_up(self, named: frozenset[str]) -> frozenset[str]:
        # A listing may lag behind the wake-up: what had no job is looked at once more.
        to_look_at = named | self._again
        self._again = named
        if to_look_at and self._in_vain > 0:
            longest = min(2.0 ** (self._in_vain - 1), _LONGEST_COURTESY)
            self._clock.sleep(self._chance.uniform(0, longest))
            to_look_at = frozenset(filter(self._provider.waiting_jobs, to_look_at))
        if named:
            self._in_vain += 1
        return to_look_at


def _in_a_thread(ask: Callable[[], Answer]) -> Future[Answer]:
    """Return the future answer to a request, which a worker that stops leaves behind."""
    future: Future[Answer] = Future()

    def run() -> None:
        try:
            future.set_result(ask())
        except BaseException as error:  # noqa: BLE001 -- raised where the result is read
            future.set_exception(error)

    threading.Thread(target=run, name="wait for jobs", daemon=True).start()
    return future
