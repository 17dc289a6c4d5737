"""The way in which a worker runs the jobs of one backend."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from dropspool._worker.outcomes import Executor
from dropspool._worker.processes import OwnProcess
from dropspool._worker.runners import OtherThread, OwnThread, Runner

_LONGEST_BACKOFF = 3600.0


@dataclass(frozen=True)
class Execution:
    """The function that runs the jobs of a backend, and what to do when it fails.

    - ``executor``: the function; it gets the content of a job and returns the outcomes of its
      experiments
    - ``timeout``: the seconds that one run of a job may take; None for any time. A run that takes
      longer has failed. Its thread cannot be ended, so without ``subprocess`` the backend gets no
      other job until the function has returned. A worker that is to end waits for that, too, if
      there are such jobs, but for at most a minute; then it raises `ChildProcessError`.
    - ``retries``: the number of further runs of a job whose run has failed; a run with an invalid
      return value is not repeated, because the next value would be invalid, too
    - ``backoff``: the seconds before the first further run, doubled for each next one, up to an
      hour. Other jobs run meanwhile.
    - ``subprocess``: True to run the function in a process of its own, which may crash and is
      killed after the time-out; another process must be able to import the function by its name

    Raises:
        ValueError: an argument has a value that makes no sense.
    """

    executor: Executor
    timeout: float | None = None
    retries: int = 0
    backoff: float = 10.0
    subprocess: bool = False

    def __post_init__(self) -> None:
        if not callable(self.executor):
            raise TypeError(f"executor: expected a function, got {self.executor!r}")
        if self.timeout is not None and not 0 < self.timeout < math.inf:
            raise ValueError(f"timeout: expected seconds above 0 or None, got {self.timeout!r}")
        if self.retries < 0:
            raise ValueError(f"retries: expected 0 or more, got {self.retries!r}")
        if not 0 <= self.backoff < math.inf:
            raise ValueError(f"backoff: expected a number of seconds, got {self.backoff!r}")


def runner_of(execution: Execution) -> Runner:
    """Return the object that runs the function of an execution."""
    if execution.subprocess:
        timeout = math.inf if execution.timeout is None else execution.timeout
        return OwnProcess(execution.executor, timeout)
    if execution.timeout is not None:
        return OtherThread(execution.executor, execution.timeout)
    return OwnThread(execution.executor)


def pause_after(execution: Execution, runs: int) -> float:
    """Return the seconds until the next run of a job that has failed in ``runs`` runs."""
    doubled = min(runs - 1, 32)  # a larger power could be too large for a float
    return min(execution.backoff * 2.0**doubled, _LONGEST_BACKOFF)


def checked_executions(executors: Mapping[str, Executor | Execution]) -> dict[str, Execution]:
    """Return how to run the jobs of each backend; a plain function has no further options."""
    if not executors:
        raise ValueError(f"executors: expected at least one, got {executors!r}")
    return {
        name: given if isinstance(given, Execution) else Execution(given)
        for name, given in executors.items()
    }
