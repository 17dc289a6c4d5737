"""The wait for the end of a job."""

from __future__ import annotations

import math
from datetime import timedelta

from dropspool.clock import SYSTEM_CLOCK, Clock
from dropspool.operations._jobs import ENDS, is_missing, job_details
from dropspool.providers._file_provider import FileProvider
from dropspool.schemas import ResultDict


def wait_for_result(
    provider: FileProvider,
    job_id: str,
    *,
    timeout: float = math.inf,
    poll: float = 1,
    clock: Clock = SYSTEM_CLOCK,
) -> ResultDict:
    """Wait until a job has ended, and return its result.

    A job that ended in an error has a result without experiments, whose ``success`` is False;
    its status tells why.

    Args:
        provider: the storage of the job.
        job_id: the id of the job.
        timeout: seconds after which to stop waiting.
        poll: seconds between two looks at the status.
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
    end = None if timeout == math.inf else clock.now() + timedelta(seconds=timeout)
    job = job_details(provider, job_id).job  # so that a job that does not exist is told at once
    while True:
        status = provider.get_status(job.backend, job.user, job_id)
        if status.status in ENDS and not is_missing(status):
            return provider.get_result(job.backend, job.user, job_id)
        left = math.inf if end is None else (end - clock.now()).total_seconds()
        if left <= 0:
            raise TimeoutError(f"{job_id}: expected its end within {timeout:g} seconds")
        clock.sleep(min(poll, left))
