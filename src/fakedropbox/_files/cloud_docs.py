"""Files that can only be exported: Paper docs, Google documents, shortcuts (F5-03, F5-05)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Exports(NamedTuple):
    """The default format that a file is exported to, and all its formats.

    ``extensions`` are the extensions of exported files, by format.
    """

    default: str
    extensions: Mapping[str, str]


_PAPER = Exports("html", {"html": "html", "markdown": "md", "plain_text": "txt"})
_EXPORTS = {
    "paper": _PAPER,
    "papert": _PAPER,
    "web": Exports("url", {"url": "url"}),
    "gdoc": Exports("docx", {"docx": "docx"}),
    "gsheet": Exports("xlsx", {"xlsx": "xlsx"}),
    "gslides": Exports("pptx", {"pptx": "pptx"}),
}
"""Export formats by file extension; those of Paper docs and Google documents are guesses."""

TAILS = frozenset(f".{extension}"[-4:] for extension in _EXPORTS)
"""The last four characters of such files' names: a quick check that excludes most other files."""


def exports_of(key: str) -> Exports | None:
    """Return the export formats of a file; None for an ordinary file, which can be downloaded."""
    return _EXPORTS.get(key.rpartition(".")[2]) if "." in key else None
