"""Helpers for tests of the worker: executors, a clock, and a loop until the queue is empty."""

import os
import random
import time
from pathlib import Path

from dropspool import ExperimentDict
from dropspool.worker import jobs


def execute(job):
    """Return a result with the job as its header, or raise the error that the job contains."""
    if "error" in job:
        raise job["error"] if isinstance(job["error"], BaseException) else ValueError(job["error"])
    return [ExperimentDict(header=job, shots=1, success=True, data={"memory": ["0"]})]


def work(storage, provider, executors=None, **options):
    """Run the worker loop until the queue is empty; return the ids of the ended jobs."""
    options = {"clock": storage.clock, "max_idle": 0, "chance": random.Random(0), **options}  # noqa: S311
    return [*jobs(provider, executors or {"fermions": execute}, **options)]


def raising(error):
    """Return an executor that raises an error."""

    def fail(_):
        raise error

    return fail


def in_turn(*executors):
    """Return an executor that runs each job by the next of these executors."""
    left = iter(executors)

    def run_next(job):
        return next(left)(job)

    return run_next


class RecordingClock:
    """A clock that records the seconds of each sleep."""

    def __init__(self, clock, pauses):
        self.now = clock.now
        self._sleep, self._pauses = clock.sleep, pauses

    def sleep(self, seconds):
        self._pauses.append(seconds)
        self._sleep(seconds)


def has_ended(pid):
    """Return whether a process ends within a few seconds."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True  # a zombie: it has ended, and nobody has read its exit code
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False
