"""A long search, split over many processes or machines, with the same outcome as in one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import reduce
from multiprocessing import get_context
from typing import Any, Protocol, TypeVar

from fakedropbox._base.checks import expect


class _Report(Protocol):
    def __add__(self, other: Any, /) -> Any: ...


Report = TypeVar("Report", bound=_Report)


def campaign(
    task: Callable[[range], Report],
    seeds: range,
    *,
    executor: Executor | None = None,
    chunk: int = 500,
) -> Report:
    """Run a task for many seeds, in chunks that may run in parallel, and add up the reports.

    The split of the seeds depends on ``chunk`` alone, and the reports are added in the order
    of the seeds, so the outcome is the same with any executor.

    Args:
        task: a function of a range of seeds; it returns a report that can be added to others,
            such as that of `interleavings`. It is pickled to be sent to other processes,
            so it must be a function at the top level of a module.
        seeds: at least one.
        executor: any `concurrent.futures.Executor`, such as Dask's ``client.get_executor()``;
            by default, one process for each processor.
        chunk: the number of seeds in each call of the task.

    Returns:
        The sum of all reports.

    Raises:
        Exception: the error of the first task that failed, in the order of the seeds; tasks
            that have not started yet are cancelled.
        ValueError: there are no seeds, or ``chunk`` is below 1.
    """
    expect("seeds", seeds, range)
    expect("executor", executor, Executor, type(None))
    expect("chunk", chunk, int)
    if not seeds:
        raise ValueError(f"seeds: expected at least one, got {seeds!r}")
    if chunk < 1:
        raise ValueError(f"chunk: expected at least 1, got {chunk!r}")
    parts = [seeds[start : start + chunk] for start in range(0, len(seeds), chunk)]
    with _executor(executor) as chosen:
        futures: list[Future[Report]] = [chosen.submit(task, part) for part in parts]
        try:
            return reduce(lambda one, other: one + other, [each.result() for each in futures])
        finally:
            for future in futures:
                future.cancel()


@contextmanager
def _executor(given: Executor | None) -> Iterator[Executor]:
    if given is not None:
        yield given
        return
    # Not "fork": a forked process gets copies of locks that another thread may hold.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as made:
        yield made
