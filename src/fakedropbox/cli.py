"""The command `fakedropbox`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click


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
    from fakedropbox._recorded_run import run

    try:
        status = run(command, output, cassette)
    except (FileNotFoundError, RuntimeError) as error:
        raise click.ClickException(str(error)) from None
    sys.exit(status)
