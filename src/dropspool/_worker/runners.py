"""The ways to run an executor: in the worker's own thread, in another thread, in a process.

Only the first cannot be left before the executor returns. So an executor with a time-out runs
in a thread of its own. If it does not return in time, it is left behind, and its backend gets no
further job until it has returned: two runs at once could disturb the same hardware. An executor
in a process (see `processes`) is killed.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from dropspool._worker.lease import Lease
from dropspool._worker.outcomes import Executor, Failed, Outcome, attempt
from dropspool._worker.signals import signals_raise

_SLICE = 0.2
"""The longest time in seconds that passes before a lost lease is noticed."""


class NotReady(ChildProcessError):
    """An executor that cannot run a job now; the message says why."""


class Occupied(NotReady):
    """An executor that has not returned from an earlier job yet; its thread ends when it does."""

    def __init__(self, thread: threading.Thread) -> None:
        super().__init__("its executor has not returned from an earlier job yet")
        self.thread = thread


class Runner(Protocol):
    """The executor of one backend, and the way to run it."""

    def prepare(self) -> None:
        """Raise `NotReady` if no job can be run now."""

    def run(self, job: dict[str, Any], lease: Lease) -> Outcome | None:
        """Run a job once and return the outcome; None if the lease was lost meanwhile."""

    def close(self) -> None:
        """End the processes that were started for this executor, if there are any."""


class OwnThread:
    """An executor in the worker's own thread."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def prepare(self) -> None:
        """Do nothing: the executor can always run."""

    def run(self, job: dict[str, Any], lease: Lease) -> Outcome | None:
        """Run a job once and return the outcome, even if the lease was lost."""
        with signals_raise():
            return attempt(self._executor, job, lease.report)

    def close(self) -> None:
        """Do nothing: the executor has returned."""


class OtherThread:
    """An executor in a thread, left behind after ``timeout`` seconds or when the lease is lost."""

    def __init__(self, executor: Executor, timeout: float) -> None:
        self._executor = executor
        self._timeout = timeout
        self._thread: threading.Thread | None = None

    def prepare(self) -> None:
        """Raise `Occupied` while the executor has not returned from an earlier job."""
        if self._thread is not None and self._thread.is_alive():
            raise Occupied(self._thread)

    def run(self, job: dict[str, Any], lease: Lease) -> Outcome | None:
        """Run a job once and return the outcome; None if the lease was lost meanwhile."""
        outcomes: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        thread = threading.Thread(
            target=lambda: outcomes.put(attempt(self._executor, job, lease.report)),
            name="executor",
            daemon=True,
        )
        self._thread = thread
        thread.start()

        def outcome_within(seconds: float) -> Outcome | None:
            try:
                outcome = outcomes.get(timeout=seconds)
            except queue.Empty:
                return None
            thread.join()
            return outcome

        return awaited(outcome_within, self._timeout, lease)

    def close(self) -> None:
        """Do nothing: a thread cannot be ended; it ends with the process at the latest."""


def awaited(
    outcome_within: Callable[[float], Outcome | None], timeout: float, lease: Lease
) -> Outcome | None:
    """Return an outcome as soon as there is one, and a failure after ``timeout`` seconds.

    Return None if the lease is lost before. ``outcome_within`` waits for at most the given seconds.
    """
    end = time.monotonic() + timeout
    while True:
        left = end - time.monotonic()
        outcome = outcome_within(max(0.0, min(left, _SLICE)))
        if outcome is not None or lease.is_lost:
            return outcome
        if left <= 0:
            return Failed(
                f"TimeoutError: it was not ended within {timeout:g} seconds",
                "The job took too long.",
            )
