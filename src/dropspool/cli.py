"""The command `dropspool`."""

from __future__ import annotations

import importlib
import logging
import os
import select
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from dotenv import dotenv_values
from pydantic import ValidationError

from dropspool.clock import Clock, SystemClock
from dropspool.errors import BrokenFile

if TYPE_CHECKING:
    from dropspool.providers.base import StorageProvider
    from dropspool.worker import Executor

_VARIABLES = {
    "app_key": "DROPBOX_APP_KEY",
    "app_secret": "DROPBOX_APP_SECRET",
    "refresh_token": "DROPBOX_REFRESH_TOKEN",
}

_local = click.option(
    "--local", metavar="DIR", help="Keep the files in this folder, in place of a Dropbox."
)


@click.group()
@click.version_option(package_name="fakedropbox", prog_name="dropspool")
def main() -> None:
    """A job queue for remote backends, kept in a Dropbox or in a folder."""


@main.command()
@_local
def demo(local: str | None) -> None:
    """Run a few jobs on a Dropbox in memory or in a folder, and show what happened."""
    # A production worker starts from this module, too, and must not load the fake Dropbox.
    from dropspool.demo import render, run_demo

    try:
        report = run_demo(local)
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(render(report))


@main.command(hidden=True)
@click.option("--full", is_flag=True, expose_value=False)
def kill_matrix() -> None:
    """Name the command that replaces this one; the next version removes it."""
    raise click.UsageError(
        "the kill matrix is a command of the project's test tree now:"
        " run `python -m tests.support.kill_matrix` in a checkout"
    )


@main.command()
def crash_points() -> None:
    """Make each change of each queue operation fail in every way, and count the violations."""
    from dropspool.testing import DropboxSubject, FolderSubject
    from dropspool.testing.crashes import in_a_folder, on_dropbox, table

    click.echo(table(on_dropbox(DropboxSubject()), in_a_folder(FolderSubject())))


@main.command()
@click.option(
    "--backend",
    "backends",
    multiple=True,
    required=True,
    metavar="NAME=MODULE:CALLABLE",
    help="A backend and the callable that runs its jobs; may be given more than once.",
)
@_local
@click.option(
    "--dropbox",
    "in_dropbox",
    is_flag=True,
    help=f"Keep the files in the Dropbox of {', '.join(_VARIABLES.values())}, which are"
    " environment variables or entries of a file .env.",
)
def worker(backends: tuple[str, ...], local: str | None, in_dropbox: bool) -> None:
    """Run the jobs of backends until interrupted."""
    from dropspool.worker import run

    if (local is not None) == in_dropbox:
        raise click.UsageError("expected either --local or --dropbox")
    executors = dict(map(_executor, backends))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    stop = _Stop()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop.request)
    try:
        provider = _provider(local, stop)
        run(provider, executors, clock=stop, stop=stop.is_requested)
    except (OSError, ValueError, BrokenFile) as error:
        raise click.ClickException(str(error)) from error


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


def _provider(local: str | None, clock: Clock) -> StorageProvider:
    from dropspool import (
        DropboxLoginInformation,
        DropboxProviderExtended,
        LocalLoginInformation,
        LocalProvider,
    )

    if local is not None:
        return LocalProvider(LocalLoginInformation(base_path=local), clock=clock)
    variables = {**dotenv_values(".env"), **os.environ}
    try:
        login = DropboxLoginInformation.model_validate(
            {field: variables.get(name) for field, name in _VARIABLES.items()}
        )
    except ValidationError as error:
        missing = [_VARIABLES[str(problem["loc"][0])] for problem in error.errors()]
        raise click.ClickException(
            f"expected in the environment or in .env: {', '.join(missing)}"
        ) from None
    return DropboxProviderExtended(login, "dropbox", clock=clock)
