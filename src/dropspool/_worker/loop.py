"""The loop of a worker: jobs of all its backends in turn, and a wait when there are none."""

from __future__ import annotations

import contextlib
import math
import random
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial

from dropspool._worker.backends import LONG_AGO, Backend, Job
from dropspool._worker.events import Teller
from dropspool._worker.executions import Execution, runner_of
from dropspool._worker.lease import Lease
from dropspool._worker.runners import NotReady, Occupied
from dropspool._worker.storage import Patience, may_pass
from dropspool._worker.waiting import Waiting
from dropspool._worker.work import Work
from dropspool.clock import Clock
from dropspool.errors import BrokenFile, MissingScope, TokenRefused
from dropspool.providers.base import StorageProvider

_REST = timedelta(seconds=30)
"""The time for which a backend is left alone that could not be served."""

_LAST_WAIT = 60.0
"""The seconds for which a worker that is to end waits for the return of an executor."""

_SLICE = 0.2
"""The longest time in seconds that passes before such a worker notices a request to stop."""

_UPKEEP = timedelta(seconds=60)
"""The least time between two requests of an idle worker that look after a backend."""


class Worker:
    """A worker that runs the jobs of several backends, one job of each backend in turn."""

    def __init__(
        self,
        provider: StorageProvider,
        executions: Mapping[str, Execution],
        *,
        clock: Clock,
        poll: float,
        max_idle: float,
        stop: Callable[[], bool],
        chance: random.Random,
        teller: Teller,
    ) -> None:
        self._provider = provider
        self._backends = [
            Backend(name, execution, runner_of(execution)) for name, execution in executions.items()
        ]
        self._names = frozenset(executions)
        self._clock = clock
        self._max_idle = max_idle
        self._stop = stop
        self._teller = teller
        self._patience = Patience(clock, stop, chance)
        self._waiting = Waiting(provider, self._names, clock, poll, stop, chance)
        self._work = Work(provider, clock, self._patience, teller)
        self._lease = timedelta(seconds=provider.lease_seconds)
        self._looked_after_at = clock.now()
        self._has_served = False

    def rounds(self) -> Iterator[str]:
        """Run jobs until the worker has to stop, and yield the id of each job when it has ended."""
        names = ", ".join(backend.name for backend in self._backends)
        self._teller.tell("started", names)
        try:
            yield from self._rounds()
        except OSError as error:
            if not (may_pass(error) and self._stop()):
                raise
            # The worker has to stop, and the storage does not answer.
        finally:
            for backend in self._backends:
                for job in backend.retries:
                    self._work.give_back(backend, job)
                backend.runner.close()
            self._teller.tell("stopped", names)

    def _rounds(self) -> Iterator[str]:
        to_look_at = self._names
        idle = 0.0
        while not self._stop():
            found = False
            for backend in self._backends:
                job = self._next_job(backend, look=backend.name in to_look_at)
                if job is not None:
                    found = True
                    if self._work.run(backend, job):
                        yield job.job_id
            if found:
                to_look_at, idle = self._names, 0.0
            elif idle >= self._max_idle and not any(
                each.retries for each in self._backends if each.occupied_by is None
            ):
                occupied = [each for each in self._backends if self._is_held_up(each)]
                if not occupied:
                    return
                self._wait_for_return(occupied)
                to_look_at = self._names
            else:
                start = self._clock.now()
                # After `max_idle` seconds, the worker stays only for jobs that are to be run again;
                # it still takes new ones then.
                left = self._max_idle - idle
                to_look_at = self._wait(left if left > 0 else math.inf)
                idle += max(0.0, (self._clock.now() - start).total_seconds())

    def _next_job(self, backend: Backend, *, look: bool) -> Job | None:
        """Return a job to run now: one that has failed before, or the next one in the queue."""
        if self._stop() or backend.rests(self._clock.now()):
            return None
        with self._unless_unavailable(backend):
            backend.runner.prepare()
            retry = backend.due_retry(self._clock.now())
            if retry is not None or not look:
                return retry
            job_id = self._patience.insist(partial(self._take, backend))
            if job_id != "None":
                return Job(job_id, Lease(self._provider, self._teller, backend.name, job_id))
        return None

    def _take(self, backend: Backend) -> str:
        """Take the next job of a backend and return its id, or the string ``None``."""
        if self._is_due(backend.configured_at, self._lease):
            backend.version = self._provider.get_config(backend.name).version
            backend.configured_at = self._clock.now()
        if self._is_due(backend.recovered_at, self._lease):
            self._recover(backend)
        backend.seen_at = self._clock.now()
        try:
            return self._provider.get_next_job_in_queue(backend.name).job_id
        except OSError:
            # A job may have been taken despite the error, so the next call recovers it first.
            backend.recovered_at = LONG_AGO
            raise

    def _recover(self, backend: Backend) -> bool:
        """Repair the jobs of workers that died; return whether there were any.

        Their jobs can be recovered only when their leases have ended, so one recovery at the start
        is not enough.
        """
        actions = self._provider.recover(backend.name)
        backend.recovered_at = backend.seen_at = self._clock.now()
        for action in actions:
            self._teller.tell("recovered", backend.name, detail=action)
        return bool(actions)

    def _wait(self, seconds: float) -> frozenset[str]:
        """Wait for jobs and return the backends to look at."""
        moments = [moment for backend in self._backends for moment in backend.moments()]
        if moments:
            seconds = min(seconds, (min(moments) - self._clock.now()).total_seconds())
        resting = [backend for backend in self._backends if backend.rests_until is not None]
        to_look_at = self._waiting.wait(seconds)
        now = self._clock.now()
        to_look_at |= {backend.name for backend in resting if not backend.rests(now)}
        if not self._waiting.polls and self._is_due(self._looked_after_at, _UPKEEP):
            to_look_at |= self._look_after_one()
        return to_look_at

    def _is_held_up(self, backend: Backend) -> bool:
        """Return whether jobs of a backend wait for its executor to return."""
        if backend.occupied_by is None:
            return False
        waiting = partial(self._provider.waiting_jobs, backend.name)
        return bool(backend.retries or self._patience.insist(waiting))

    def _wait_for_return(self, occupied: list[Backend]) -> None:
        """Wait until one of the executors has returned, or the worker has to stop.

        In real time, which the executors need.

        Raises:
            ChildProcessError: none of them has returned within `_LAST_WAIT`.
        """
        end = time.monotonic() + _LAST_WAIT
        while not self._stop():
            for backend in occupied:
                assert backend.occupied_by is not None  # by the choice of the backends
                backend.occupied_by.join(_SLICE)
                if not backend.occupied_by.is_alive():
                    backend.rests_until = None
                    return
            if time.monotonic() >= end:
                names = ", ".join(backend.name for backend in occupied)
                raise ChildProcessError(
                    f"{names}: its executor has not returned from an earlier job in"
                    f" {_LAST_WAIT:g} more seconds; jobs still wait for it"
                )

    def _look_after_one(self) -> frozenset[str]:
        """Recover a backend's jobs, or set its `last_queue_check`; return it if any were recovered.

        Only one backend has its turn, so that the number of requests of an idle worker does not
        grow with the number of its backends.
        """
        self._looked_after_at = self._clock.now()
        awake = [each for each in self._backends if not each.rests(self._looked_after_at)]
        if awake:
            backend = min(awake, key=lambda each: each.seen_at)
            with self._unless_unavailable(backend):
                if not self._is_due(backend.recovered_at, self._lease):
                    self._patience.insist(partial(self._provider.timestamp_queue, backend.name))
                    backend.seen_at = self._looked_after_at
                elif self._patience.insist(partial(self._recover, backend)):
                    return frozenset({backend.name})
        return frozenset()

    @contextlib.contextmanager
    def _unless_unavailable(self, backend: Backend) -> Iterator[None]:
        """Leave a backend alone for a while when an error in the block concerns it alone.

        Raise the error if no backend could be served at the start of the worker.
        """
        try:
            yield
        except (TokenRefused, MissingScope):
            raise  # nothing can be done for any backend
        except (OSError, BrokenFile) as error:
            if may_pass(error) and not isinstance(error, NotReady):
                raise
            if not backend.is_unavailable:
                self._teller.tell("unavailable", backend.name, detail=str(error))
            backend.is_unavailable = True
            backend.rests_until = self._clock.now() + _REST
            backend.occupied_by = error.thread if isinstance(error, Occupied) else None
            if not self._has_served and all(each.is_unavailable for each in self._backends):
                raise
        else:
            if backend.is_unavailable:
                self._teller.tell("available", backend.name)
            backend.is_unavailable = False
            backend.occupied_by = None
            self._has_served = True

    def _is_due(self, moment: datetime, period: timedelta) -> bool:
        # A clock may have been set back.
        return abs(self._clock.now() - moment) >= period
