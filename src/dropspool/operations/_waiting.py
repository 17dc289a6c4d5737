"""The wait for the end of a job."""

from __future__ import annotations

import logging
import math
from typing import Protocol, runtime_checkable

from dropspool import layout
from dropspool.clock import SYSTEM_CLOCK, Clock
from dropspool.errors import ConnectionLost, StorageError
from dropspool.operations._jobs import ENDS, check_exists, is_missing, known
from dropspool.providers._file_provider import FileProvider
from dropspool.providers._files import Files
from dropspool.schemas import ResultDict

_SHORTEST_WATCH, _LONGEST_WATCH = 30, 60
"""The limits, in seconds, of one request that waits for a change: the minimum of Dropbox, and the
longest delay after a missed change."""

logger = logging.getLogger(__name__)


class _Watch(Protocol):
    def wait(self, timeout: float) -> set[str] | None:
        """Wait for changes and return their paths; an empty set after ``timeout`` seconds."""


@runtime_checkable
class _Watched(Protocol):
    """A storage in which one request can wait for changes, such as Dropbox."""

    def watch(self, folder: str) -> _Watch:
        """Return an object that waits for changes below a folder."""


def wait_for_result(
    provider: FileProvider,
    job_id: str,
    *,
    timeout: float = math.inf,
    poll: float = 1,
    clock: Clock = SYSTEM_CLOCK,
) -> ResultDict:
    """Wait until a job has ended, and return its result.

    A job that ended in an error has a result without experiments, whose ``success`` is False; its
    status has the reason. On Dropbox, one request waits for up to a minute and ends as soon as the
    status changes; in a folder, the status is read every ``poll`` seconds.

    Args:
        provider: the storage of the job.
        job_id: the id of the job.
        timeout: seconds after which to stop waiting; Dropbox may answer 90 seconds later.
        poll: seconds between two looks at the status in a folder, and everywhere in the last half
            minute before the time-out.
        clock: the clock for the time-out and the pauses.

    Raises:
        TimeoutError: the job has not ended in time.
        FileNotFoundError: there is no such job.
        ValueError: ``job_id`` does not have the form of a job id, or a number is out of range.
    """
    if not timeout >= 0:
        raise ValueError(f"timeout: expected a number of seconds, 0 or more, got {timeout!r}")
    if not 0 < poll < math.inf:
        raise ValueError(f"poll: expected a number of seconds above 0, got {poll!r}")
    start = clock.now()
    job = known(job_id)
    check_exists(provider.files, job)
    watch = _watch(provider.files, job)
    while True:
        status = provider.get_status(job.display_name, job.username, job_id)
        if status.status in ENDS and not is_missing(status):
            return provider.get_result(job.display_name, job.username, job_id)
        # `get_status` may return the last status of a job that was deleted meanwhile.
        check_exists(provider.files, job)
        left = timeout - (clock.now() - start).total_seconds()
        if left <= 0:
            found = "it has no status" if is_missing(status) else f"its status is {status.status}"
            raise TimeoutError(
                f"{job_id}: expected its end within {timeout:g} seconds, but {found}"
            )
        if watch is not None and left >= _SHORTEST_WATCH:
            try:
                if watch.wait(min(left, _LONGEST_WATCH)) != set():
                    continue
                # The empty set may come early: after deletions, or with a virtual clock.
            except (ConnectionLost, StorageError) as error:
                logger.warning("%s; next look in %g s", error, poll)
        clock.sleep(min(poll, left))


def _watch(files: Files, job: layout.Job) -> _Watch | None:
    """Return a watch over the statuses of a user, or None if the storage cannot be watched."""
    return files.watch(job.status.rpartition("/")[0]) if isinstance(files, _Watched) else None
