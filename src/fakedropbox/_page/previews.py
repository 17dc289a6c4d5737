"""The beginning of a file as a page can show it, and the difference of two texts.

A file is shown as text, as an image that browsers know, or in hexadecimal; never as HTML.
"""

from __future__ import annotations

import codecs
from difflib import unified_diff
from itertools import islice
from typing import Literal, NamedTuple

from fakedropbox._files.blobs import Blob
from fakedropbox._page.templates import visible

Form = Literal["text", "image", "hexadecimal", "nothing"]

_TEXT_BYTES = 64 * 1024
_HEX_BYTES = 1024
_LINE_BYTES = 16
_MOST_LINES = 400
_IMAGES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
"""The media types of images by their first bytes; not SVG, which may have scripts in it."""

_RIFF, _WEBP = b"RIFF", b"WEBP"


class Preview(NamedTuple):
    """The beginning of a file as it is shown.

    ``form`` is its form. ``text`` is the text or hexadecimal dump, which is empty for an image or
    an empty file. ``is_whole`` is True if nothing of the file is left out.
    """

    form: Form
    text: str
    is_whole: bool


class Line(NamedTuple):
    """A line of a difference; its ``kind`` is added, removed, same, or place for a line number."""

    kind: Literal["added", "removed", "same", "place"]
    text: str


_KINDS: dict[str, Literal["added", "removed", "same", "place"]] = {
    "+": "added",
    "-": "removed",
    " ": "same",
    "@": "place",
}


def preview_of(blob: Blob) -> Preview:
    """Return the beginning of a file in the form that fits its content."""
    if not blob.size:
        return Preview("nothing", "", is_whole=True)
    if image_type(blob) is not None:
        return Preview("image", "", is_whole=True)
    text = _text_of(blob)
    if text is not None:
        return Preview("text", visible(text.replace("\r\n", "\n")), blob.size <= _TEXT_BYTES)
    return Preview("hexadecimal", _hexadecimal(blob), blob.size <= _HEX_BYTES)


def image_type(blob: Blob) -> str | None:
    """Return the media type of an image that browsers show; None for any other file."""
    head = blob.read(0, min(blob.size, _LINE_BYTES))
    if head.startswith(_RIFF) and head[8:12] == _WEBP:
        return "image/webp"
    return next((kind for mark, kind in _IMAGES.items() if head.startswith(mark)), None)


def difference(old: Blob, new: Blob) -> list[Line] | str:
    """Return the lines in which two texts differ, or a sentence if that cannot be shown."""
    if old.digest == new.digest:
        return "Both revisions have the same content."
    before, after = _text_of(old), _text_of(new)
    if before is None or after is None:
        return f"At least one revision is not a text: {old.size:,} and {new.size:,} bytes."
    lines = unified_diff(before.split("\n"), after.split("\n"), lineterm="")
    # The first two lines of the difference are the names of the files.
    shown = [
        Line(_KINDS[line[0]], visible(line if line[0] == "@" else line[1:]))
        for line in islice(lines, 2, _MOST_LINES + 2)
    ]
    if not shown:
        return f"The first {_TEXT_BYTES:,} bytes of both revisions are the same."
    if next(lines, None) is not None:
        shown.append(Line("place", f"Only the first {_MOST_LINES} lines are shown."))
    return shown


def _text_of(blob: Blob) -> str | None:
    """Return the beginning of a file as text; None if it is not text."""
    data = blob.read(0, min(blob.size, _TEXT_BYTES))
    if b"\0" in data:
        return None
    try:
        # A character at the end may be cut.
        return codecs.getincrementaldecoder("utf-8")().decode(data, len(data) == blob.size)
    except UnicodeDecodeError:
        return None


def _hexadecimal(blob: Blob) -> str:
    data = blob.read(0, min(blob.size, _HEX_BYTES))
    pieces = (data[at : at + _LINE_BYTES] for at in range(0, len(data), _LINE_BYTES))
    return "\n".join(
        f"{number * _LINE_BYTES:06x}  {piece.hex(' '):{_LINE_BYTES * 3}} {_ascii(piece)}"
        for number, piece in enumerate(pieces)
    )


def _ascii(data: bytes) -> str:
    return "".join(
        chr(each) if chr(each).isascii() and chr(each).isprintable() else "." for each in data
    )
