"""The numbers of a queue at one moment, for monitoring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dropspool.clock import SYSTEM_CLOCK, Clock
from dropspool.errors import ABOUT_ONE_FILE, BrokenFile
from dropspool.operations._jobs import STATES, Job, list_jobs
from dropspool.providers._file_provider import FileProvider


def snapshot(provider: FileProvider, *, clock: Clock = SYSTEM_CLOCK) -> dict[str, Any]:
    """Return the numbers of jobs of each backend, as a dict that JSON can represent.

    - ``time``: the time of the snapshot, in UTC
    - ``backends``: for each backend that is configured or has a job: ``operational`` and
      ``last_queue_check`` of its configuration, the numbers of jobs ``queued``, ``running``,
      ``done`` and ``error``, and ``oldest_queued_seconds``, the age of the job that has waited
      longest. A value that is not known is None.

    One request for each folder and configuration. The clock gives the time and the ages.
    """
    now = clock.now()
    jobs = list_jobs(provider)
    names = sorted({*provider.get_backends(), *(job.backend for job in jobs)})
    by_backend = {
        name: _backend(provider, name, [job for job in jobs if job.backend == name], now)
        for name in names
    }
    return {"time": now.isoformat(), "backends": by_backend}


def _backend(
    provider: FileProvider, name: str, jobs: list[Job], now: datetime
) -> Mapping[str, Any]:
    try:
        config = provider.get_config(name)
    except (FileNotFoundError, BrokenFile, *ABOUT_ONE_FILE):
        operational = checked = None
    else:
        operational, checked = config.operational, config.last_queue_check
    counts = Counter(job.state for job in jobs)
    waiting = [job.queued_at for job in jobs if job.state == "queued" and job.queued_at]
    return {
        "operational": operational,
        "last_queue_check": checked and checked.isoformat(),
        **{state: counts[state] for state in STATES},
        "oldest_queued_seconds": (now - min(waiting)).total_seconds() if waiting else None,
    }
