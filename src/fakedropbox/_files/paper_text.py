"""The text of a Paper doc."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = re.compile(r"address|blockquote|br|div|h[1-6]|hr|li|ol|p|pre|table|tr|ul")


def plain_text(html: str) -> str:
    """Return the text of a doc, one line for each of its blocks."""
    reader = _Text()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).split("\n"))
    return "".join(f"{line}\n" for line in lines if line)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def handle_data(self, data: str) -> None:
        self.pieces.append(data.replace("\n", " "))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 -- the parser's signature
        if _BLOCKS.fullmatch(tag):
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if _BLOCKS.fullmatch(tag):
            self.pieces.append("\n")
