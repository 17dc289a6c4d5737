"""The worker loop beside the hardware: take a job, run it, write back its result.

An executor is a function from a job's content to the outcomes of its experiments. An
exception of the executor ends the job with the status `ERROR`, and the user can read the
message. After a temporary failure of the storage the worker waits and tries again.
"""

from __future__ import annotations

import contextlib
import logging
import math
import random
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from dropspool.clock import SYSTEM_CLOCK, Clock
from dropspool.errors import BrokenFile, ConnectionLost, StorageError
from dropspool.layout import RUNNING_JOBS
from dropspool.providers._json import encode
from dropspool.providers.base import StorageProvider
from dropspool.schemas import ExperimentDict, ResultDict, StatusMsgDict

ResultT = TypeVar("ResultT")
Executor = Callable[[dict[str, Any]], Sequence[ExperimentDict]]

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_RENEWALS = 3
"""The number of renewals within the duration of a lease, so that two of them may fail."""

# A quoted text that contains a slash or a backslash, or any other word that does.
_PATHS = re.compile(r"""(['"])[^'"]*[/\\][^'"]*\1|\S*[/\\]\S*""")

logger = logging.getLogger(__name__)


def run(
    provider: StorageProvider,
    executors: Mapping[str, Executor],
    *,
    clock: Clock = SYSTEM_CLOCK,
    poll: float = 1,
    max_idle: float | None = None,
    stop: Callable[[], bool] = lambda: False,
    chance: random.Random | None = None,
) -> None:
    """Run the jobs of several backends, one job of each backend in turn.

    Args:
        provider: the storage of the jobs.
        executors: the function that runs the jobs of each backend, by its display name.
        clock: the clock for the pauses, for the time between recoveries, and for the log.
        poll: seconds to wait before the next look when all queues were empty.
        max_idle: seconds of such waiting after which to return; None to wait forever.
        stop: called between jobs; the worker returns when it returns True.
        chance: the random generator for the pauses after failures of the storage.

    Raises:
        OSError: a failure of the storage that is not temporary: a backend without a
            configuration, a login that is not accepted, a missing permission, a full disk.
        BrokenFile: a configuration cannot be read.
    """
    ended = jobs(
        provider,
        executors,
        clock=clock,
        poll=poll,
        max_idle=max_idle,
        stop=stop,
        chance=chance,
    )
    deque(ended, maxlen=0)


def jobs(
    provider: StorageProvider,
    executors: Mapping[str, Executor],
    *,
    clock: Clock = SYSTEM_CLOCK,
    poll: float = 1,
    max_idle: float | None = None,
    stop: Callable[[], bool] = lambda: False,
    chance: random.Random | None = None,
) -> Iterator[str]:
    """Run jobs as `run` does, and yield the id of each job when it has ended."""
    if not executors:
        raise ValueError(f"executors: expected at least one, got {executors!r}")
    if not 0 < poll < math.inf:
        raise ValueError(f"poll: expected a number of seconds above 0, got {poll!r}")
    if max_idle is not None and not max_idle >= 0:
        raise ValueError(f"max_idle: expected a number of seconds or None, got {max_idle!r}")
    worker = _Worker(provider, clock, stop, chance or random.Random())  # noqa: S311 -- no secret
    return worker.rounds(executors, poll, math.inf if max_idle is None else max_idle)


class _Worker:
    def __init__(
        self,
        provider: StorageProvider,
        clock: Clock,
        stop: Callable[[], bool],
        chance: random.Random,
    ) -> None:
        self._provider = provider
        self._clock = clock
        self._stop = stop
        self._chance = chance
        self._recovered: dict[str, datetime] = {}
        self._versions: dict[str, str] = {}

    def rounds(
        self, executors: Mapping[str, Executor], poll: float, max_idle: float
    ) -> Iterator[str]:
        idle = 0.0
        while not self._stop():
            found = False
            for backend, executor in executors.items():
                if self._stop():
                    return
                try:
                    job_id = self._insist(partial(self._take, backend))
                except (ConnectionLost, StorageError):
                    return  # asked to stop while the storage did not answer
                if job_id is not None:
                    found = True
                    if self._work(backend, job_id, executor):
                        yield job_id
            if found:
                idle = 0.0
            elif idle >= max_idle:
                return
            else:
                self._clock.sleep(poll)
                idle += poll

    def _insist(self, ask: Callable[[], ResultT]) -> ResultT:
        """Repeat a request until the storage answers or the worker is asked to stop."""
        longest = _FIRST_PAUSE
        while True:
            try:
                return ask()
            except (ConnectionLost, StorageError) as error:
                if self._stop():
                    raise
                # Many workers may have lost the same connection: a random pause keeps them
                # from all coming back at once.
                pause = self._chance.uniform(longest / 2, longest)
                logger.warning("%s; next attempt in %.1f s", error, pause)
            self._clock.sleep(pause)
            longest = min(2 * longest, _LONGEST_PAUSE)

    def _take(self, backend: str) -> str | None:
        last = self._recovered.get(backend)
        now = self._clock.now()
        lease = timedelta(seconds=self._provider.lease_seconds)
        # The job of a worker that died can be recovered only when its lease has ended, so one
        # recovery at the start is not enough.
        if last is None or abs(now - last) >= lease:
            self._versions[backend] = self._provider.get_config(backend).version
            for action in self._provider.recover(backend):
                logger.info("recovery: %s", action)
            self._recovered[backend] = now
        try:
            job_id = self._provider.get_next_job_in_queue(backend).job_id
        except OSError:
            # A job may have been taken despite the error, so the next call recovers it first.
            self._recovered.pop(backend)
            raise
        return None if job_id == "None" else job_id

    def _work(self, backend: str, job_id: str, executor: Executor) -> bool:
        """Run a job and end it; return False if its file disappeared meanwhile."""
        start = self._clock.now()
        try:
            with self._renewed(backend, job_id):
                job = self._insist(lambda: self._provider.get_job_content(RUNNING_JOBS, job_id))
                result, status = self._outcome(backend, job_id, job, executor)
            self._insist(lambda: self._provider.update_in_database(result, status, job_id, backend))
            end = status.status
        except BrokenFile:
            end = "ERROR"  # the provider has already ended the job
        except FileNotFoundError as error:
            logger.warning("%s: gone while it was run: %s", job_id, error)
            return False
        seconds = (self._clock.now() - start).total_seconds()
        logger.info("%s: %s in %.1f s", job_id, end, seconds)
        return True

    def _outcome(
        self, backend: str, job_id: str, job: dict[str, Any], executor: Executor
    ) -> tuple[ResultDict, StatusMsgDict]:
        result = ResultDict(
            display_name=backend,
            backend_version=self._versions[backend],
            job_id=job_id,
            status="DONE",
        )
        status = StatusMsgDict(
            job_id=job_id, status="DONE", detail="The job was run.", error_message="None"
        )
        try:
            # Validated as a whole: pydantic does not check an assignment to an attribute.
            done = ResultDict.model_validate({**result.model_dump(), "results": executor(job)})
            encode("results", done.model_dump())
        except Exception as error:
            # Any error of the executor ends this job only; the worker goes on with the next.
            logger.warning("%s: the executor failed", job_id, exc_info=True)
            failed = {"status": "ERROR", "detail": "The job cannot be run."}
            return (
                result.model_copy(update={"status": "ERROR", "success": False}),
                status.model_copy(update={**failed, "error_message": _message_for_user(error)}),
            )
        return done, status

    @contextlib.contextmanager
    def _renewed(self, backend: str, job_id: str) -> Iterator[None]:
        """Renew the lease of a job regularly until the end of the block."""
        ended = threading.Event()

        def renew() -> None:
            # The storage measures the lease in real time, so this pause is in real time, too.
            while not ended.wait(self._provider.lease_seconds / _RENEWALS):
                try:
                    if not self._provider.renew(job_id, backend):
                        logger.warning("%s: the lease had run out", job_id)
                        return
                except OSError as error:
                    logger.warning("%s: the lease was not renewed: %s", job_id, error)

        thread = threading.Thread(target=renew, name=f"lease of {job_id}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def _message_for_user(error: Exception) -> str:
    """Return the message of an error without file paths, which are private to this machine."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"{type(error).__name__}: {_PATHS.sub('…', text)}"
