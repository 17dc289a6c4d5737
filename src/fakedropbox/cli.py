"""The command line program `fakedropbox`."""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fakedropbox import __version__

if TYPE_CHECKING:
    from fakedropbox.server.running import Server

_OPTIONS = {"redirect_uris": "redirect_uri"}
"""The names of options that differ from the arguments of `FakeDropboxService`, by argument."""

_SECONDS = click.FloatRange(min=0, min_open=True)
_NO_SUCH_COMMAND = 127
_KILLED = 128
_REMOTE = """\
Remote clients are allowed: every machine that can reach this one can use the service, and
anyone who knows the seed knows its tokens."""

_NOT_KEPT = """\
The state file does not keep what only this process has: snapshots, stubs, the `web`, and faults
with a function (`when`)."""


@click.group()
@click.version_option(__version__, prog_name="fakedropbox")
def main() -> None:
    """A faithful Dropbox in memory."""
    _escape_what_cannot_be_encoded()


def _escape_what_cannot_be_encoded() -> None:
    """Let the output show a character that its encoding does not have as an escape sequence."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print everything, with each fact, as JSON.")
def coverage(as_json: bool) -> None:
    """Show which routes of the Dropbox API are faked, which are not, and the evidence."""
    from fakedropbox.coverage import report, table

    click.echo(json.dumps(report(), indent=2) if as_json else table())


@main.command()
@click.argument("facts", nargs=-1, required=True, metavar="ID...")
def fact(facts: tuple[str, ...]) -> None:
    """Show facts about the real service, their sources, and the tests and code that use them.

    ID is the id of a fact, as comments and docstrings cite it, such as F4-02.
    """
    from fakedropbox._facts.description import description, nearest
    from fakedropbox._facts.evidence import evidence

    found = dict.fromkeys(name.strip().upper() for name in facts)
    for name in found:
        if name not in evidence():
            hint = ", ".join(nearest(name))
            raise click.BadParameter(f"there is no fact {name}; the nearest ones: {hint}")
    click.echo("\n\n".join(description(name) for name in found))


@main.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("exchanges.jsonl"),
    show_default=True,
    help="The file to which the recording is appended. Only you can read it.",
)
@click.option(
    "--cassette", default="recording", show_default=True, help="The name of the recording."
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def record(output: Path, cassette: str, command: tuple[str, ...]) -> None:
    """Run COMMAND, a Python program, and record all requests to Dropbox and their responses.

    COMMAND is anything that starts Python: `python app.py`, `python -m app`, `pytest`, a
    script with a shebang line. Python programs that it starts are recorded, too. fakedropbox
    has to be installed in the environment of the program; with `python -I`, `-E` or `-S`
    nothing is recorded.

    Of each exchange, only paths and names of files, tags, counts and sizes, times of calls
    and files, and known texts of errors are kept. Everything else is replaced: tokens, keys,
    ids, texts, people's names, the data of files. A secret in the path or name of a file is
    not found, so use an account for tests.
    """
    from fakedropbox.recording._run import run

    try:
        status = run(command, output, cassette)
    except (OSError, RuntimeError, ValueError) as error:
        raise click.ClickException(_with_option(error, {"output"})) from None
    sys.exit(status)


@main.command()
@click.option(
    "--files",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Begin with a copy of this directory: the files that the account had before.",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.argument("recording", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def replay(recording: Path, files: Path | None, as_json: bool) -> None:
    """Send the requests of RECORDING to a fake Dropbox, and show where its responses differ.

    RECORDING is a file of `fakedropbox record`, or a HAR file, as browsers and mitmproxy write
    it. It is not changed, no network is used, and secrets are not shown.

    The exit code is 0 if all responses are the same, 1 if one differs or a route is not faked, and
    2 if the recording cannot be read.
    """
    from fakedropbox.recording import replay as replayed

    try:
        report = replayed(recording, files=files)
    except (OSError, ValueError) as error:
        raise click.UsageError(str(error)) from None
    click.echo(json.dumps(report.to_json(), indent=2) if as_json else str(report))
    sys.exit(not report.is_same)


def _served(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a server to a command."""
    path = click.Path(path_type=Path)
    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    for option in (
        click.option(
            "--sync",
            is_flag=True,
            help="With --state: wait after each change until the disk has it, so that nothing is "
            "lost if the power fails. Without it nothing is lost if the program is killed.",
        ),
        click.option(
            "--keep-calls",
            type=click.IntRange(min=0),
            default=0,
            metavar="N",
            help="With --state: keep the last N calls, too.",
        ),
        click.option("--state", type=path, help="Keep the service in this file between runs."),
        click.option("--files", type=folder, help="Begin with a copy of this directory."),
        click.option("--scopes", help="The scopes of the token, separated by blanks."),
        click.option(
            "--auto-approve",
            is_flag=True,
            default=None,
            help="Approve the app on the authorize page without asking the user.",
        ),
        click.option(
            "--redirect-uri",
            multiple=True,
            metavar="URI",
            help="An address to which the authorize page may send the app's codes, in addition "
            "to those of this machine (repeatable).",
        ),
        click.option(
            "--app-folder", help="Use an app with access to an app folder of this name only."
        ),
        click.option(
            "--plan",
            help="The plan of the account: basic (the default), pro or business. It decides on the "
            "settings of shared links.",
        ),
        click.option(
            "--personality",
            multiple=True,
            metavar="NAME|FIELD=VALUE",
            help="A preset of Personality, or a value for one of its fields (repeatable).",
        ),
        click.option(
            "--max-calls",
            type=click.IntRange(min=1),
            help="How many of the last calls are kept for Control.calls; 10,000 by default.",
        ),
        click.option(
            "--seed",
            type=int,
            help="The seed from which ids and tokens are derived; by default a random one, so that "
            "nobody can guess the tokens.",
        ),
        click.option(
            "--log",
            is_flag=True,
            help="Write one line about each call to the standard error output.",
        ),
        click.option(
            "--seed-file",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="Begin with the accounts, apps, files, links and planned faults of this TOML or "
            'JSON file. Control.reset(to="seed") comes back to them.',
        ),
    ):
        command = option(command)
    return command


@main.command()
@_served
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option(
    "--port",
    default=0,
    type=click.IntRange(0, 65535),
    help="The port to listen at; by default, any free one.",
)
@click.option(
    "--env-file",
    type=click.Path(path_type=Path),
    help="Write the environment variables that make clients use this server to this file, as "
    "soon as it accepts connections: lines for a shell, or JSON if the name ends in .json. It must "
    "be a new file, an empty one, or one of an earlier run, and is not empty as soon as it is "
    "complete. The file contains the tokens; it is removed at the end, or emptied if it was there.",
)
@click.option(
    "--allow-remote",
    is_flag=True,
    help="Allow an address that other machines can reach. They can use the whole service.",
)
@click.option(
    "--hostname",
    multiple=True,
    metavar="NAME",
    help="A further name or address of this server, for its certificate (repeatable). The URL, the "
    "proxy and the environment variables have the first one, such as the name of a container.",
)
@click.option(
    "--ca-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the authority of the certificate in this directory, so that clients which trust its "
    "ca.pem still do after a restart. Only you can read its key.",
)
@click.option(
    "--control-token-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Read the control token from this file; if there is none, write a new token to it.",
)
@click.option(
    "--allow-origin",
    multiple=True,
    metavar="ORIGIN",
    help="Let pages of this origin, such as http://localhost:3000, use the control interface in a "
    "browser (repeatable).",
)
@click.option(
    "--max-body",
    type=click.IntRange(min=1),
    metavar="BYTES",
    help="Refuse a request with a greater body with status 413. By default, only a control request "
    "is refused, above 128 MiB.",
)
@click.option(
    "--header-timeout",
    type=_SECONDS,
    default=30,
    show_default=True,
    help="The seconds that a client has to send the head of a request.",
)
@click.option(
    "--idle-timeout",
    type=_SECONDS,
    default=60,
    show_default=True,
    help="The seconds after which a connection is closed on which the client sends nothing.",
)
@click.option(
    "--ready-fd",
    type=click.IntRange(min=3),
    metavar="NUMBER",
    help="Write the URL and a newline to this open file descriptor, and close it, as soon as the "
    "server accepts connections.",
)
def serve(ready_fd: int | None, **options: Any) -> None:
    """Serve a fake Dropbox over HTTPS until interrupted.

    It prints its addresses and the file with the environment variables for clients, which has the
    tokens. GET /_fake/health responds without a token.
    """
    if ready_fd is not None:
        _check_descriptor(ready_fd)
    stopped = threading.Event()
    # The first process of a container ignores a signal for which it has no handler.
    signal.signal(signal.SIGTERM, _end)
    with _launched(**options, has_page=True) as server:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        if options["allow_remote"]:
            click.echo(_REMOTE, err=True)
        click.echo(f"url: {server.url}")
        click.echo(f"proxy: {server.proxy_url}")
        click.echo(f"certificate: {server.ca_file}")
        click.echo(f"page: {server.page_address()}")
        click.echo(f"environment: {options['env_file'] or server.keep_environ()}")
        if options["state"] is not None:
            click.echo(_NOT_KEPT, err=True)
            if not options["keep_calls"]:
                click.echo("It does not keep the record of calls: see --keep-calls.", err=True)
        sys.stdout.flush()
        if ready_fd is not None:
            with open(ready_fd, "w") as ready:  # noqa: PTH123 -- it opens a file descriptor
                ready.write(f"{server.url}\n")
        stopped.wait()


def _end(number: int, _frame: object) -> None:
    """Handle a signal that is to end the program while it starts."""
    sys.exit(_KILLED + number)


def _check_descriptor(number: int) -> None:
    try:
        os.fstat(number)
    except OSError:
        raise click.BadParameter(
            f"expected the number of an open file descriptor, got {number}",
            param_hint="--ready-fd",
        ) from None


_OF_SERVER = click.option(
    "--env-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file of serve --env-file; by default, the environment variables name the server.",
)


@main.command()
@_OF_SERVER
@click.option(
    "--timeout", type=_SECONDS, default=30, show_default=True, help="The longest time to wait."
)
def wait(env_file: Path | None, timeout: float) -> None:
    """Wait until a server accepts requests, and print its URL.

    In a script, between `fakedropbox serve --env-file FILE &` and `. FILE`. The exit code is 1 if
    there is no server in time.
    """
    from fakedropbox._base.control_session import wait_for_server

    try:
        click.echo(wait_for_server(env_file, timeout))
    except TimeoutError as error:
        raise click.ClickException(str(error)) from error


@main.command("show")
@_OF_SERVER
@click.option("--browser/--no-browser", default=True, help="Open it, or only print its address.")
@click.option(
    "--remote",
    is_flag=True,
    help="Show it at the URL of the server, over HTTPS, for a browser on another machine.",
)
def show_page(env_file: Path | None, browser: bool, remote: bool) -> None:
    """Show a running server on a page in the browser, and print the address of the page.

    The address works once, in one browser: each run prints a new one.
    """
    from fakedropbox._base.control_session import session_of

    try:
        with session_of(env_file) as session:
            address = session.ask("show", remote=remote)
    except (OSError, ValueError) as error:  # a RequestException is an OSError
        raise click.ClickException(str(error)) from error
    click.echo(address)
    if browser:
        webbrowser.open(address)


@main.command()
@click.option("--browser/--no-browser", default=True, help="Open it, or only print its address.")
@click.argument("dump", type=click.Path(exists=True, path_type=Path))
def view(dump: Path, browser: bool) -> None:
    """Open the page about a failed test in the browser, and print its address.

    DUMP is the directory of `pytest --fake-dropbox-dump` or of FAKEDROPBOX_DUMP, or one of the HTML
    files in it. If several tests have failed, a list of them is written to the directory.
    """
    from fakedropbox._page.html_files import page_in

    try:
        page = page_in("DUMP", dump)
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    address = page.absolute().as_uri()
    click.echo(address)
    if browser:
        webbrowser.open(address)


@main.group()
def state() -> None:
    """Show a state file of `fakedropbox serve`, or move it to another version or machine."""


_STATE_FILE = click.argument("file", type=click.Path(path_type=Path))


@state.command()
@_STATE_FILE
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def show(file: Path, as_json: bool) -> None:
    """Show what is in the state file FILE, without secrets."""
    with _refusals():
        from fakedropbox.server.transfer import description

        found = description(file)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        items = value if isinstance(value, list) else [value]
        for item in items:
            pairs = item.items() if isinstance(item, dict) else ()
            text = ", ".join(f"{key} {each}" for key, each in pairs) if pairs else item
            click.echo(f"{name.replace('_', ' ')}: {text}")


@state.command()
@_STATE_FILE
@click.argument("folder", type=click.Path(path_type=Path))
def export(file: Path, folder: Path) -> None:
    """Write the service in the state file FILE to FOLDER, for another version or machine.

    FOLDER gets a seed file with the accounts, apps, files, links and planned faults, and their
    contents. Earlier revisions, deleted entries, ids and tokens are not in it.
    """
    with _refusals():
        from fakedropbox.server.transfer import export as exported

        for missing in exported(file, folder):
            click.echo(f"not exported: {missing}", err=True)


@state.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@_STATE_FILE
def import_(folder: Path, file: Path) -> None:
    """Make the new state file FILE from FOLDER, which `fakedropbox state export` has written."""
    with _refusals():
        from fakedropbox.server.transfer import import_from

        import_from(folder, file)


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn errors about a state file into those of a command.

    Raises:
        ClickException: the file or the folder cannot be used, or an extra is not installed.
    """
    try:
        yield
    except (ImportError, OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error


@main.command(context_settings={"ignore_unknown_options": True})
@_served
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run(command: tuple[str, ...], **options: Any) -> None:
    """Run COMMAND with a fake Dropbox, and return its exit code.

    The environment variables of COMMAND lead its Dropbox clients to the fake one. Write the
    command after two dashes: fakedropbox run -- pytest tests
    """
    with _launched(**options) as server:
        code = _run(command, {**os.environ, **server.environ})
    sys.exit(code)


def _run(command: tuple[str, ...], environ: dict[str, str]) -> int:
    try:
        process = subprocess.Popen(command, env=environ)  # noqa: S603 -- the user's own command
    except OSError as error:
        from fakedropbox._base.programs import why_not_started

        click.echo(f"Error: {why_not_started(command[0], error)}", err=True)
        return _NO_SUCH_COMMAND
    # The terminal sends the interrupt to both processes; the command alone reacts to it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    code = process.wait()
    return _KILLED - code if code < 0 else code


@contextmanager
def _launched(**options: Any) -> Iterator[Server[Any]]:
    # Python collects garbage once more at its end, which takes half a second and frees nothing
    # that the end of the process does not: a supervisor that has sent SIGTERM would wait for it.
    atexit.register(gc.freeze)
    try:
        from fakedropbox.server.launch import Options, launched
    except ImportError as error:
        raise click.ClickException(str(error)) from error
    from fakedropbox.service import FakeDropboxService

    log = partial(click.echo, err=True) if options.pop("log") else None
    try:
        with launched(Options(**options, log=log), FakeDropboxService) as server:
            yield server
    except (OSError, ValueError) as error:
        raise click.ClickException(_with_option(error, options)) from error


def _with_option(error: Exception, options: Collection[str]) -> str:
    """Return an error's text with the option of a command in place of a function's argument."""
    text = getattr(error, "strerror", None) or str(error)
    argument, colon, rest = text.partition(":")
    option = _OPTIONS.get(argument, argument)
    if option not in options:
        return text
    return f"--{option.replace('_', '-')}{colon}{rest}".replace(
        "(allow_remote)", "(--allow-remote)"
    )
