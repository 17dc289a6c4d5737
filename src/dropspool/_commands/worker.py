"""The command that runs the jobs of backends."""

from __future__ import annotations

import importlib
import logging
import os
import select
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dropspool._commands.options import examples
from dropspool._commands.storage import Provider, on_storage
from dropspool.clock import SystemClock
from dropspool.providers.base import StorageProvider

if TYPE_CHECKING:
    from dropspool.worker import Executor

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
) -> None:
    """Run the jobs of backends until interrupted.

    CALLABLE gets the content of a job and returns the outcomes of its experiments. After an
    interrupt or SIGTERM, the worker ends its job first.
    """
    from dropspool.worker import run

    executors = dict(map(_executor, backends))
    logging.basicConfig(level=log_level.upper(), format="%(asctime)s %(message)s")
    stop = _Stop()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop.request)
    provider = opening(clock=stop, lease_seconds=lease, worker_id=worker_id, max_attempts=attempts)
    run(
        provider,
        executors,
        clock=stop,
        poll=poll,
        max_idle=0 if once else None,
        stop=stop.is_requested,
    )


class _Stop(SystemClock):
    """A clock whose pauses end at once when a signal asks the worker to stop."""

    def __init__(self) -> None:
        self._read_end, self._write_end = os.pipe()
        self._requested = False

    def request(self, *_: Any) -> None:
        self._requested = True
        os.write(self._write_end, b"!")

    def is_requested(self) -> bool:
        return self._requested

    def sleep(self, seconds: float) -> None:
        select.select([self._read_end], [], [], seconds)


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
