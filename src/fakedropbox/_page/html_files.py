"""The HTML files about failed tests: their names, our mark in them, and a list of them.

Loading this module is cheap: the templates are loaded when a test has failed.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import BinaryIO

from fakedropbox._base.own_files import own_file
from fakedropbox._page.used import file_name

PAGE = "index.html"
"""The name of the HTML file about a failed test, in the folder of the test."""

VARIABLE = "FAKEDROPBOX_DUMP"
"""The environment variable with the directory for the pages of tests that pytest does not run."""

_MARK = b"<!doctype html>\n<!-- Written by fakedropbox -->"


def bears_html_mark(file: BinaryIO) -> bool:
    """Return whether an HTML file begins with our mark."""
    return file.read(len(_MARK)) == _MARK


def directory_of_variable() -> Path | None:
    """Return the directory in the variable ``FAKEDROPBOX_DUMP``; None if it is not set."""
    value = os.environ.get(VARIABLE, "")
    return Path(value) if value else None


def write_page(argument: str, directory: Path, name: str, text: str) -> Path:
    """Write the page of a test into its folder, and return its path.

    Raises:
        ValueError: something else is there; the message begins with the ``argument``.
        OSError: it cannot be written.
    """
    folder = directory / file_name(name)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / PAGE
    _write(argument, path, text)
    return path


def page_in(argument: str, dump: Path) -> Path:
    """Return the page at a path, or a page for a directory: its only page, or a list of its pages.

    The list is written into the directory.

    Raises:
        ValueError, OSError: there is none, or the list cannot be written.
    """
    if dump.is_dir():
        return _page_of(argument, dump)
    if not _is_ours(dump):
        raise ValueError(f"{argument}: expected a page that fakedropbox wrote, got {dump}")
    return dump


def _page_of(argument: str, directory: Path) -> Path:
    from markupsafe import Markup

    from fakedropbox._page.templates import data_of, hash_of, rendered_text

    own = directory / PAGE
    pages = sorted(path for path in directory.glob(f"*/{PAGE}") if _is_ours(path))
    if not pages and own.is_file() and _is_ours(own):
        return own  # the folder of one test
    if not pages:
        raise ValueError(
            f"{argument}: expected a file or a directory that --fake-dropbox-dump or {VARIABLE} "
            f"wrote, got {directory}"
        )
    if len(pages) == 1:
        return pages[0]
    listed = [(f"{path.parent.name}/{PAGE}", title_of(path), _gist_of(path)) for path in pages]
    style = data_of("static/page.css").decode()
    text = rendered_text(
        "dumps.html",
        pages=sorted(listed, key=lambda page: _natural(page[1])),
        style=Markup(style),  # noqa: S704 -- it is our own file
        hash_of_style=hash_of(style),
    )
    _write(argument, own, text)
    return own


def title_of(path: Path) -> str:
    """Return the title of a page of ours, which is the name of the test."""
    return _between("<title>", "</title>", path)


def _gist_of(path: Path) -> str:
    """Return what a page of ours says about its failure in one line."""
    return _between('<meta name="description" content="', '">', path)


def _between(beginning: str, end: str, path: Path) -> str:
    from html import unescape

    head = path.read_text("utf-8")[:_HEAD].partition("<style>")[0]
    return unescape(head.partition(beginning)[2].partition(end)[0])


def _natural(text: str) -> list[tuple[int, str]]:
    """Return the key by which `test_2` is before `test_10`."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", text)]


_HEAD = 10_000


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return bears_html_mark(file)


def _write(argument: str, path: Path, text: str) -> None:
    with own_file(argument, path, bears_html_mark) as written:
        written.truncate()
        written.write(text.encode())
