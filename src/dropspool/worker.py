"""The worker beside the hardware: take a job, run it, write back its result.

An executor is a function from a job's content to the outcomes of its experiments. Whatever it
raises ends the run. The job is run again as often as its `Execution` allows, and then ends with the
status `ERROR` and a message for its user. After a temporary failure of the storage the worker waits
and tries again.

- `run`: run the jobs of several backends
- `jobs`: run the jobs as `run` does, as an iterator over their ids
- `Executor`: the type of an executor
- `Execution`: an executor with a time-out, with retries, or in a process of its own
- `report_progress`: a function by which an executor reports its progress
- `Stop`: the signals that stop a worker, after its job or at once
- `Event`: an event in the life of a worker, for a log or a terminal
- `Metrics`: counts of these events
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from dropspool._names import refusing
from dropspool._worker.events import Event, Metrics, Teller
from dropspool._worker.executions import Execution, checked_executions
from dropspool._worker.loop import Worker
from dropspool._worker.outcomes import Executor, report_progress
from dropspool._worker.signals import Stop
from dropspool.clock import SYSTEM_CLOCK, Clock
from dropspool.providers.base import StorageProvider

__all__ = [
    "Event",
    "Execution",
    "Executor",
    "Metrics",
    "Stop",
    "jobs",
    "report_progress",
    "run",
]

if not TYPE_CHECKING:  # type checkers would accept any name of the module
    __getattr__ = refusing(__name__)


def run(
    provider: StorageProvider,
    executors: Mapping[str, Executor | Execution],
    *,
    clock: Clock = SYSTEM_CLOCK,
    poll: float = 1,
    max_idle: float | None = None,
    stop: Callable[[], bool] = lambda: False,
    chance: random.Random | None = None,
    on_event: Callable[[Event], object] | None = None,
    metrics: Metrics | None = None,
) -> None:
    """Run the jobs of several backends, one job of each backend in turn.

    Args:
        provider: the storage of the jobs.
        executors: for each backend, by its display name, the function that runs its jobs, or an
            `Execution`.
        clock: the clock for the pauses, for the time between recoveries, and for the log.
        poll: seconds to wait before the next look when all queues were empty, if the storage
            cannot tell when a job comes. A Dropbox can.
        max_idle: seconds of such waiting after which to return; None to wait forever. With 0
            the worker returns when all jobs that wait have been run, except those of a backend
            that cannot be served, such as one without a configuration.
        stop: called between jobs, and a few times a second during a wait; the worker returns
            when it returns True. The result of its last job is stored even if the storage
            does not answer for a while, up to the duration of a lease.
        chance: the random generator for the pauses after failures of the storage.
        on_event: called for each event, in the thread in which it happens.
        metrics: the counts of the events, which the worker updates.

    Raises:
        OSError: a failure of the storage that is not temporary: a login that is not accepted, a
            missing permission; at the start, no backend with a configuration.
        BrokenFile: at the start, no configuration could be read.
        ChildProcessError: at the start, no executor could be loaded in its process; or, after
            ``max_idle`` seconds, jobs still wait for an executor that exceeded the ``timeout`` of
            its `Execution`, and that has not returned within another minute.
        KeyboardInterrupt: the user has stopped the worker at once; its job waits again.
    """
    ended = jobs(
        provider,
        executors,
        clock=clock,
        poll=poll,
        max_idle=max_idle,
        stop=stop,
        chance=chance,
        on_event=on_event,
        metrics=metrics,
    )
    deque(ended, maxlen=0)


def jobs(
    provider: StorageProvider,
    executors: Mapping[str, Executor | Execution],
    *,
    clock: Clock = SYSTEM_CLOCK,
    poll: float = 1,
    max_idle: float | None = None,
    stop: Callable[[], bool] = lambda: False,
    chance: random.Random | None = None,
    on_event: Callable[[Event], object] | None = None,
    metrics: Metrics | None = None,
) -> Iterator[str]:
    """Run jobs as `run` does, and yield the id of each job when it has ended."""
    executions = checked_executions(executors)
    if not 0 < poll < math.inf:
        raise ValueError(f"poll: expected a number of seconds above 0, got {poll!r}")
    if max_idle is not None and not max_idle >= 0:
        raise ValueError(f"max_idle: expected a number of seconds or None, got {max_idle!r}")
    worker = Worker(
        provider,
        executions,
        clock=clock,
        poll=poll,
        max_idle=math.inf if max_idle is None else max_idle,
        stop=stop,
        chance=chance or random.Random(),  # noqa: S311 -- no secret
        teller=Teller(clock, metrics, on_event),
    )
    return worker.rounds()
