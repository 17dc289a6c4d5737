"""The output of the commands: tables for people, JSON for programs.

Names and messages in a queue come from strangers. A control character among them, which
could change what a terminal shows, is shown as its escape sequence.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import click
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

STYLES = {"queued": "cyan", "running": "yellow", "done": "green", "error": "red"}
"""The colour of each state of a job."""

_WIDE = 400
"""The width of the output where it is not shown on a terminal: nothing is folded."""

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def print_json(value: Any) -> None:
    """Print a value as JSON; times are in the form of ISO 8601."""
    click.echo(json.dumps(value, indent=2, default=datetime.isoformat))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; the first column is not folded."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=number == 0, overflow="fold")
    for row in rows:
        table.add_row(*map(cell, row))
    print_rich(table)


def print_pairs(pairs: Iterable[tuple[str, Any]]) -> None:
    """Print names and values, one pair per line; values that are not known are left out."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in pairs:
        if value not in (None, ""):
            grid.add_row(name, cell(value))
    print_rich(grid)


def print_rich(content: RenderableType) -> None:
    """Print content of `rich`, without colours and folds if the output is not a terminal."""
    out = sys.stdout
    console = Console(file=out, width=None if out.isatty() else _WIDE, highlight=False)
    with console.capture() as rendered:
        console.print(content)
    # `rich` fills each line with spaces, up to the width of the table.
    click.echo("\n".join(map(str.rstrip, rendered.get().splitlines())))


def cell(value: Any) -> Text:
    """Return a value as text: a state in its colour, a time of UTC without its fraction."""
    if isinstance(value, datetime):
        value = value.strftime("%Y-%m-%d %H:%M:%SZ")
    text = printable("" if value is None else str(value))
    return Text(text, style=STYLES.get(text, ""))


def printable(text: str) -> str:
    """Return a text with control characters as escape sequences; line ends are kept."""
    return "".join(
        each if each.isprintable() or each == "\n" else repr(each)[1:-1] for each in text
    )
