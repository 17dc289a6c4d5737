"""The wait of an idle worker: one longpoll for all its backends, or pauses of ``poll`` seconds."""

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
        self._named: frozenset[str] = frozenset()
        self.polls = False

    def wait(self, seconds: float) -> frozenset[str]:
        """Wait until jobs may have come, and return the backends to look at.

        Return none of them if a longpoll has no answer after about ``seconds``, or when the worker
        has to stop: the longpoll goes on, and the next wait continues it. If the storage has no
        longpoll, or it fails, return all backends after a pause.
        """
        seconds = max(0.0, min(seconds, _LONGPOLL))
        if self.polls:
            self._clock.sleep(min(self._poll, seconds))
            return self._backends
        if self._longpoll is None:
            self._longpoll = _in_a_thread(
                partial(self._provider.wait_for_jobs, self._backends, seconds)
            )
        until = self._clock.now() + timedelta(seconds=seconds)
        while not wait([self._longpoll], timeout=_SLICE).done:
            if self._stop() or self._clock.now() >= until:
                return frozenset()
        longpoll, self._longpoll = self._longpoll, None
        try:
            answer = longpoll.result()
            if answer is None:
                self.polls = True
                return self.wait(seconds)
            # A listing may lag behind the answer, so each answer makes the worker look twice.
            again = filter(self._provider.waiting_jobs, self._named - answer)
            to_look_at = answer.union(again)
        except OSError as error:
            # After any error all backends are looked at: a job is found later, but not missed.
            self._pauses.after(error)
            return self._backends
        self._pauses = Pauses(self._clock, self._chance)
        self._named = answer
        return to_look_at


def _in_a_thread(ask: Callable[[], Answer]) -> Future[Answer]:
    """Make a request in a thread and return its future; a stopping worker does not wait for it."""
    future: Future[Answer] = Future()

    def run() -> None:
        try:
            future.set_result(ask())
        except BaseException as error:  # noqa: BLE001 -- raised where the result is read
            future.set_exception(error)

    threading.Thread(target=run, name="wait for jobs", daemon=True).start()
    return future
