"""The functions that event loops run in executors, which count as work."""

from __future__ import annotations

from asyncio import Future
from asyncio.base_events import BaseEventLoop
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from functools import partial
from typing import Any

from fakedropbox._base.at_work import Work, submitted_to, tell

_PROCESS_POOL = ("concurrent.futures.process", "ProcessPoolExecutor")
"""Named, as an import would load `multiprocessing`, which only a program with such a pool needs."""


@contextmanager
def watched() -> Iterator[None]:
    """Note the functions that loops run in executors while in the context, each until its end."""
    real: Any = BaseEventLoop.run_in_executor

    def run_in_executor(
        loop: BaseEventLoop, executor: Executor | None, function: Callable[..., Any], *args: Any
    ) -> Future[Any]:
        work = Work()
        # A process pool would have to pickle the work.
        kinds = type(executor).__mro__
        if not any((kind.__module__, kind.__name__) == _PROCESS_POOL for kind in kinds):
            function = partial(work.run, function)
        future: Future[Any] = real(loop, executor, function, *args)
        works = submitted_to(loop)
        works.add(work)

        def end(_: object) -> None:
            works.discard(work)
            tell()

        future.add_done_callback(end)
        return future

    # mypy expects methods not to be replaced, and generic ones to stay generic.
    BaseEventLoop.run_in_executor = run_in_executor  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        BaseEventLoop.run_in_executor = real  # type: ignore[method-assign]
