"""Paper docs, stored as HTML, and their import and export formats."""

from __future__ import annotations

import re

from fakedropbox._base.extras import optional
from fakedropbox._facts.limits import PAPER_IMAGE_BYTES
from fakedropbox._files.nodes import File
from fakedropbox._files.tree import Tree
from fakedropbox.errors import RouteError

_DATA_URI = re.compile(r"data:image/[^;,\"']*;base64,([A-Za-z0-9+/=\s]*)")


def is_paper(key: str) -> bool:
    """Return whether a name, in its comparison form, is that of a Paper doc."""
    return key.endswith(".paper")


def revision_of(tree: Tree, file: File) -> int:
    """Return the latest revision of a doc; an uploaded or copied doc starts with revision 1."""
    return tree.paper_revisions.get(file) or 1


def imported(content: bytes, form: str) -> str:
    """Return content as HTML; ``form`` is one of `ImportFormat`'s tags.

    Raises:
        RouteError: with the tags of a `PaperContentError`.
        NotImplementedInFake: it is Markdown, and the library for that is not installed.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise RouteError("content_malformed") from None
    if form == "markdown":
        html: str = optional("markdown_it", "paper").MarkdownIt("commonmark").render(text)
        return html
    if form == "plain_text":
        from html import escape  # late, as few programs write docs

        return "".join(f"<p>{escape(line)}</p>\n" for line in text.splitlines())
    if any(_bytes(data) > PAPER_IMAGE_BYTES for data in _DATA_URI.findall(text)):
        raise RouteError("image_size_exceeded")
    return text if text.endswith("\n") or not text else f"{text}\n"


def _bytes(base64: str) -> int:
    return len("".join(base64.split()).rstrip("=")) * 3 // 4


def exported(html: str, form: str) -> bytes:
    """Return a doc in the requested format.

    Raises:
        NotImplementedInFake: it is Markdown, and the library for that is not installed.
    """
    if form == "markdown":
        convert = optional("markdownify", "paper").markdownify
        text = convert(html, heading_style="ATX", bullets="-").strip()
        return f"{text}\n".encode() if text else b""
    if form == "html":
        return html.encode()
    from fakedropbox._files.paper_text import plain_text  # late, as few programs export docs

    return plain_text(html).encode()
