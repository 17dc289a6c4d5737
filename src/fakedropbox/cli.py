"""The command `fakedropbox`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from fakedropbox.server.running import Server

_NO_SUCH_COMMAND = 127
_KILLED = 128
_REMOTE = """\
Remote clients are allowed: every machine that reaches this one can use the service, and
whoever knows the seed knows its tokens."""


@click.group()
@click.version_option(package_name="fakedropbox")
def main() -> None:
    """A faithful Dropbox in memory."""


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Everything, each fact too, as JSON.")
def coverage(as_json: bool) -> None:
    """Show which routes of the Dropbox API are faked, which are not, and how it is known."""
    from fakedropbox.coverage import report, table

    click.echo(json.dumps(report(), indent=2) if as_json else table())


@main.command()
@click.argument("facts", nargs=-1, required=True, metavar="ID...")
def fact(facts: tuple[str, ...]) -> None:
    """Show facts about the real service: what is known, from where, and who relies on it.

    ID is that of a fact, as comments and docstrings cite it, such as F4-02.
    """
    from fakedropbox._facts.description import description, nearest
    from fakedropbox._facts.evidence import evidence

    found = [name.upper() for name in facts]
    for name in found:
        if name not in evidence():
            hint = ", ".join(nearest(name))
            raise click.BadParameter(f"there is no fact {name}; the nearest: {hint}")
    click.echo("\n\n".join(description(name) for name in found))


@main.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("exchanges.jsonl"),
    show_default=True,
    help="The file, to which is added.",
)
@click.option("--cassette", default="recording", show_default=True, help="What it is called.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def record(output: Path, cassette: str, command: tuple[str, ...]) -> None:
    """Run COMMAND, a program in Python, and record what it and Dropbox say to each other.

    COMMAND is anything that starts Python: `python app.py`, `python -m app`, `pytest`, a
    script with a shebang line; what it starts in turn is recorded, too. fakedropbox has to be
    installed where it runs; with `python -I`, `-E` or `-S` nothing is seen. Tokens, keys, ids,
    people's names and contents are replaced; paths and names of files are not.
    """
    from fakedropbox.recording._run import run

    try:
        status = run(command, output, cassette)
    except (FileNotFoundError, RuntimeError) as error:
        raise click.ClickException(str(error)) from None
    sys.exit(status)


def _served(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a server."""
    path = click.Path(path_type=Path)
    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    for option in (
        click.option("--state", type=path, help="Keep the service in this file between runs."),
        click.option("--files", type=folder, help="Begin with a copy of this directory."),
        click.option("--scopes", help="What the token may do, separated by blanks."),
        click.option(
            "--auto-approve",
            is_flag=True,
            default=None,
            help="Let the app in on the authorize page without asking anybody.",
        ),
        click.option(
            "--redirect-uri",
            multiple=True,
            metavar="URI",
            help="Where the authorize page may send the app's codes, beside this machine's own "
            "addresses (repeatable).",
        ),
        click.option("--app-folder", help="Be an app-folder app, with a folder of this name."),
        click.option(
            "--personality",
            multiple=True,
            metavar="NAME|FIELD=VALUE",
            help="A preset of Personality, or one of its fields (repeatable).",
        ),
        click.option("--seed", type=int, help="What ids and tokens follow from."),
    ):
        command = option(command)
    return command


@main.command()
@_served
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=0, help="The port to listen at; a free one unless given.")
@click.option(
    "--env-file",
    type=click.Path(path_type=Path),
    help="Write the variables that lead clients here to this file, once they can come: lines "
    "for a shell, or JSON if its name ends in .json. It holds the tokens, and goes at the end.",
)
@click.option(
    "--allow-remote",
    is_flag=True,
    help="Allow an address that other machines can reach. They can use all of the service.",
)
def serve(**options: Any) -> None:
    """Serve one Dropbox over HTTPS until it is interrupted."""
    stopped = threading.Event()
    with _launched(**options) as server:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        if options["allow_remote"]:
            click.echo(_REMOTE, err=True)
        click.echo(f"url: {server.url}")
        click.echo(f"proxy: {server.proxy_url}")
        click.echo(f"certificate: {server.ca_file}")
        click.echo(f"control token: {server.control_token}")
        sys.stdout.flush()
        stopped.wait()


@main.command(context_settings={"ignore_unknown_options": True})
@_served
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run(command: tuple[str, ...], **options: Any) -> None:
    """Run COMMAND with a Dropbox of its own in its environment, and return its exit code.

    Write it after two dashes: fakedropbox run -- pytest tests
    """
    with _launched(**options) as server:
        code = _run(command, {**os.environ, **server.environ})
    sys.exit(code)


def _run(command: tuple[str, ...], environ: dict[str, str]) -> int:
    try:
        process = subprocess.Popen(command, env=environ)  # noqa: S603 -- what the user asked for
    except OSError as error:
        click.echo(f"Error: {command[0]}: {error.strerror}", err=True)
        return _NO_SUCH_COMMAND
    # The terminal interrupts both; only the command decides what that means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    code = process.wait()
    return _KILLED - code if code < 0 else code


@contextmanager
def _launched(**options: Any) -> Iterator[Server[Any]]:
    try:
        from fakedropbox.server.launch import Options, launched
    except ImportError as error:
        raise click.ClickException(str(error)) from error
    from fakedropbox.service import FakeDropboxService

    try:
        with launched(Options(**options), FakeDropboxService) as server:
            yield server
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
