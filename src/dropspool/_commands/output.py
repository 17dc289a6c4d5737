"""The output of the commands: tables for people, JSON for programs.

Names and messages in a queue come from strangers. A control character among them, which
could change what a terminal shows, is shown as its escape sequence.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from io import TextIOWrapper
from typing import Any

import click
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

STYLES = {"queued": "cyan", "running": "yellow", "done": "green", "error": "red"}
"""The colour of each state of a job."""

_WIDE = 400
"""The width of the output where it is not shown on a terminal: only longer lines are folded."""

_LONG = 200
"""The number of rows from which on a table is a long one: `rich` takes a millisecond for a row."""

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def escape_what_cannot_be_encoded() -> None:
    """Let the output show a character that its encoding does not have as an escape sequence."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def print_json(value: Any) -> None:
    """Print a value as JSON; times are in the form of ISO 8601."""
    click.echo(json.dumps(value, indent=2, default=datetime.isoformat))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; the first column is never wrapped, and in a long table no column is."""
    rows = list(rows)
    if len(rows) >= _LONG:
        click.echo("\n".join(_lines(columns, rows)))
        return
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
    """Print an object of `rich`; if the output is not a terminal, without colours, `_WIDE` wide."""
    # `rich` fills each line with spaces, up to the width of the table.
    click.echo("\n".join(map(str.rstrip, _rendered(content).splitlines())))


def _rendered(content: RenderableType) -> str:
    out = sys.stdout
    console = Console(file=out, width=None if out.isatty() else _WIDE, highlight=False)
    with console.capture() as rendered:
        console.print(content)
    return rendered.get()


def _lines(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    """Yield the lines of a long table, which look like those of `rich` on a wide terminal."""
    texts = [[shown(value).replace("\n", "\\n") for value in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(columns, *texts, strict=True)]
    header = {name: _rendered(Text(name, style="bold")).rstrip() for name in columns}
    states = {name: _rendered(Text(name, style=style)).rstrip() for name, style in STYLES.items()}
    for styled, row in ((header, columns), *((states, row) for row in texts)):
        yield "  ".join(
            styled.get(text, text) + " " * (width - cell_len(text))
            for text, width in zip(row, widths, strict=True)
        ).rstrip()


def cell(value: Any) -> Text:
    """Return a value as text with a style: a state has its colour."""
    text = shown(value)
    return Text(text, style=STYLES.get(text, ""))


def shown(value: Any) -> str:
    """Return a value as text; a time is shown in whole seconds of UTC."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%SZ")
    return "" if value is None else printable(str(value))


def printable(text: str) -> str:
    """Return a text with control characters as escape sequences; line ends are kept."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each == "\n" else repr(each)[1:-1] for each in text
    )
