"""The loop beside the hardware: take a job, run it, write back what came of it.

An executor is a function from a job's content to the outcomes of its experiments. What
it raises ends the job in an error, of which the user is told; what the storage raises
for a while is waited out.
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
"""How often a lease is renewed while it lasts, so that two attempts may fail."""

# What stands in quotes and has a slash or backslash in it, and then any other such word.
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
    """Run the jobs of several backends, one of each in turn.

    Args:
        provider: where the jobs are.
        executors: what runs the jobs of each backend, by its display name.
        clock: what pauses are made with.
        poll: seconds between looks at queues that were all empty.
        max_idle: seconds of such waiting after which to return; never if None.
        stop: asked between jobs whether to return.
        chance: draws the lengths of the pauses after failures of the storage.

    Raises:
        OSError: the storage refuses for good: a backend without configuration, a login
            that is not accepted, a missing permission, a full disk.
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
    """The same, step by step: gives the id of each job when it has ended."""
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
                    return  # told to stop while the storage was away
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
        """Ask the storage until it answers, however long that takes, or until told to stop."""
        longest = _FIRST_PAUSE
        while True:
            try:
                return ask()
            except (ConnectionLost, StorageError) as error:
                if self._stop():
                    raise
                # Many workers lost the same connection; they need not all come back at once.
                pause = self._chance.uniform(longest / 2, longest)
                logger.warning("%s; next attempt in %.1f s", error, pause)
            self._clock.sleep(pause)
            longest = min(2 * longest, _LONGEST_PAUSE)

    def _take(self, backend: str) -> str | None:
        last = self._recovered.get(backend)
        now = self._clock.now()
        lease = timedelta(seconds=self._provider.lease_seconds)
        # A worker that died is missed only when its lease ends, so once is not enough.
        if last is None or abs(now - last) >= lease:
            self._versions[backend] = self._provider.get_config(backend).version
            for action in self._provider.recover(backend):
                logger.info("recovery: %s", action)
            self._recovered[backend] = now
        try:
            job_id = self._provider.get_next_job_in_queue(backend).job_id
        except OSError:
            # It may have been taken all the same.
            self._recovered.pop(backend)
            raise
        return None if job_id == "None" else job_id

    def _work(self, backend: str, job_id: str, executor: Executor) -> bool:
        """Run a job and end it; False if it was gone meanwhile."""
        start = self._clock.now()
        try:
            with self._renewed(backend, job_id):
                job = self._insist(lambda: self._provider.get_job_content(RUNNING_JOBS, job_id))
                result, status = self._outcome(backend, job_id, job, executor)
            self._insist(lambda: self._provider.update_in_database(result, status, job_id, backend))
            end = status.status
        except BrokenFile:
            end = "ERROR"  # the provider has put it away
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
            # Not by attribute, which would not be checked.
            done = ResultDict.model_validate({**result.model_dump(), "results": executor(job)})
            encode("results", done.model_dump())
        except Exception as error:
            # Whatever it is, it concerns this job and not the next.
            logger.warning("%s: the executor failed", job_id, exc_info=True)
            failed = {"status": "ERROR", "detail": "The job cannot be run."}
            return (
                result.model_copy(update={"status": "ERROR", "success": False}),
                status.model_copy(update={**failed, "error_message": _told(error)}),
            )
        return done, status

    @contextlib.contextmanager
    def _renewed(self, backend: str, job_id: str) -> Iterator[None]:
        """Renew the lease of a job until the end of the block."""
        ended = threading.Event()

        def renew() -> None:
            # The lease goes by the real time of the storage, and so does this pause.
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


def _told(error: Exception) -> str:
    """What a user is told of an error: where files are on this machine is not theirs to know."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"{type(error).__name__}: {_PATHS.sub('…', text)}"
