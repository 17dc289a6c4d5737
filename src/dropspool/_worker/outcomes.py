"""The outcome of one run of a job, and the run itself, which raises nothing."""

from __future__ import annotations

import contextlib
import os
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any, NamedTuple

from dropspool._worker.messages import message_for_user
from dropspool._worker.returns import WrongReturn, checked_results
from dropspool.schemas import ExperimentDict

Executor = Callable[[dict[str, Any]], Sequence[ExperimentDict]]
Report = Callable[[str], None]

_TRACE = 20_000
"""The number of characters of a traceback that are logged."""


class Finished(NamedTuple):
    """A run that returned outcomes of experiments, as data that JSON can represent."""

    results: list[dict[str, Any]]


class Failed(NamedTuple):
    """A run without valid outcomes: texts for the user, and for the log a traceback, if any."""

    message: str
    detail: str = "The job cannot be run."
    may_be_repeated: bool = True
    trace: str = ""


Outcome = Finished | Failed

_report: ContextVar[Report | None] = ContextVar("report", default=None)


def attempt(executor: Executor, job: dict[str, Any], report: Report) -> Outcome:
    """Run a job once. Whatever its executor raises ends this run only."""
    before = _report.set(report)
    try:
        with _forks_end():
            return Finished(checked_results(executor(job)))
    except WrongReturn as error:
        return Failed(str(error), "The executor returned a wrong result.", may_be_repeated=False)
    except BaseException as error:  # noqa: BLE001 -- an executor may call `sys.exit`, too
        # A lone surrogate cannot be written to a log file.
        trace = traceback.format_exc()[-_TRACE:].encode(errors="backslashreplace").decode()
        return Failed(message_for_user(error), trace=trace)
    finally:
        _report.reset(before)


@contextlib.contextmanager
def _forks_end() -> Iterator[None]:
    """End a forked process that leaves the block, since it would go on as a second worker."""
    process, code = os.getpid(), 0
    try:
        yield
    except BaseException as error:
        found = error.code if isinstance(error, SystemExit) else 1
        code = found if isinstance(found, int) else int(found is not None)
        raise
    finally:
        if os.getpid() != process:
            os._exit(code)


def report_progress(done: float | None = None, message: str = "") -> None:
    """Show the progress of the job that is being run in its status.

    An executor calls it as often as it likes, in the thread in which it was called; the worker
    stores the latest report every few seconds. Outside of a worker it has no effect.

    Args:
        done: the part of the job that is done, from 0 to 1; None if that is not known.
        message: a text for the user of the job.

    Raises:
        ValueError: ``done`` is not between 0 and 1, or there is neither of the two.
    """
    if done is not None and not 0 <= done <= 1:
        raise ValueError(f"done: expected a number from 0 to 1, got {done!r}")
    part = "" if done is None else f"{100 * done:.0f} %"
    text = ": ".join(filter(None, [part, message]))
    if not text:
        raise ValueError("report_progress: expected `done` or `message`, got neither")
    report = _report.get()
    if report is not None:
        report(text)
