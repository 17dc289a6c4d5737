"""The command that runs the jobs of backends."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dropspool._commands.exits import Exit
from dropspool._commands.options import examples
from dropspool._commands.output import printable
from dropspool._commands.storage import Provider, on_storage
from dropspool.providers.base import StorageProvider

if TYPE_CHECKING:
    from dropspool.worker import Event, Executor

_STDERR = 2
"""The number of the standard error stream."""

_LEVELS = click.Choice(["debug", "info", "warning", "error"])


@click.command(
    epilog=examples(
        "dropspool worker --backend fermions=lab:execute --local jobs",
        "dropspool worker --backend fermions=lab:execute --worker-id rack-1 --dropbox",
        "dropspool worker --backend a=lab:a --backend b=lab:b --once --local jobs",
    )
)
@click.option(
    "--backend",
    "backends",
    multiple=True,
    required=True,
    metavar="NAME=MODULE:CALLABLE",
    help="A backend and the callable that runs its jobs; may be given more than once.",
)
@click.option(
    "--lease",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    default=StorageProvider.lease_seconds,
    show_default=True,
    help="The time after which other workers take the jobs of a worker that died.",
)
@click.option(
    "--worker-id",
    metavar="NAME",
    help="The name of this worker in the claims of its jobs, the same after a restart. No two"
    " workers may share it. By default a new one.",
)
@click.option(
    "--attempts",
    type=click.IntRange(min=1),
    metavar="NUMBER",
    default=StorageProvider.max_attempts,
    show_default=True,
    help="The number of workers that may die with a job before it ends in an error.",
)
@click.option(
    "--poll",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    default=1.0,
    show_default=True,
    help="The time between two looks into empty queues.",
)
@click.option("--once", is_flag=True, help="End when no job waits.")
@click.option(
    "--job-timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="The time that one run of a job may take; then it has failed. By default any time.",
)
@click.option(
    "--retries",
    type=click.IntRange(min=0),
    metavar="NUMBER",
    default=0,
    show_default=True,
    help="The number of further runs of a job whose run has failed.",
)
@click.option(
    "--backoff",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    default=10.0,
    show_default=True,
    help="The time before the first further run; it doubles each time, up to an hour.",
)
@click.option(
    "--subprocess",
    is_flag=True,
    help="Run each callable in a process of its own, which may crash and can be killed.",
)
@click.option("--log-level", type=_LEVELS, default="info", show_default=True)
@on_storage()
def worker(
    opening: Callable[..., Provider],
    backends: tuple[str, ...],
    lease: float,
    worker_id: str | None,
    attempts: int,
    poll: float,
    once: bool,
    log_level: str,
    **execution: Any,
) -> None:
    """Run the jobs of backends until interrupted.

    CALLABLE gets the content of a job and returns the outcomes of its experiments. After an
    interrupt or SIGTERM, the worker ends its job first; after a second one, it gives the job back,
    and other workers can take it. It prints one line for each job.
    """
    from dropspool.worker import Execution, Stop, run

    execution["timeout"] = execution.pop("job_timeout")
    executors: dict[str, Execution] = {}
    for name, function in map(_executor, backends):
        if name in executors:
            raise click.BadParameter(f"--backend: expected each name once, got {name!r} twice")
        executors[name] = Execution(function, **execution)
    _log(log_level)
    provider = opening(lease_seconds=lease, worker_id=worker_id, max_attempts=attempts)
    current = _Current()
    try:
        with Stop(current.told) as stop:
            click.echo(f"serving {', '.join(backends)}; Ctrl-C ends after the job", err=True)
            run(
                provider,
                executors,
                clock=stop,
                poll=poll,
                max_idle=0 if once else None,
                stop=stop,
                on_event=current.note,
            )
    except KeyboardInterrupt:
        raise click.exceptions.Exit(Exit.ABORTED) from None


class _Current:
    """The job that the worker is running, to be named when a signal comes."""

    def __init__(self) -> None:
        self._job_id = ""

    def note(self, event: Event) -> None:
        """Remember the job when it is taken, and forget it when its run has ended."""
        if event.kind == "taken":
            self._job_id = event.job_id
        elif event.job_id == self._job_id and event.kind != "progress":
            self._job_id = ""

    def told(self, requests: int) -> None:
        """Print what happens after a signal; called in the signal handler."""
        if requests > 1 and not self._job_id:
            line = "aborting"
        elif requests > 1:
            line = f"aborting job {self._job_id}, which waits again"
        elif self._job_id:
            line = f"finishing job {self._job_id}, again to abort"
        else:
            line = "ending"
        # Not through `sys.stderr`: the signal may have interrupted a write to it, and the executor
        # may have replaced it. An executor that has closed the descriptor must not stop the worker.
        with contextlib.suppress(OSError):
            os.write(_STDERR, f"{printable(line)}\n".encode())


class _Indented(logging.Formatter):
    """A formatter that indents further lines, so that quoted text never looks like a message."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 -- logging's name
        """Return the line of a record; further lines of its message are indented."""
        record.message = printable(record.message).replace("\n", "\n    ")
        return super().formatMessage(record)


def _log(level: str) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_Indented("%(asctime)s %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler])


def _executor(backend: str) -> tuple[str, Executor]:
    name, _, place = backend.partition("=")
    module, _, attribute = place.partition(":")
    if not (name and module and attribute):
        raise click.BadParameter(f"expected NAME=MODULE:CALLABLE, got {backend!r}")
    # As with `python -m`: modules in the current folder can be imported.
    sys.path.insert(0, str(Path.cwd()))
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise click.BadParameter(f"{backend}: {error}") from error
    if not callable(found):
        raise click.BadParameter(f"{backend}: expected a callable, got {found!r}")
    return name, found
