"""The URLs of shared links (S1-03 to S1-13)."""

from __future__ import annotations

import re
from functools import lru_cache

from fakedropbox._base.chance import Chance
from fakedropbox._facts import hosts
from fakedropbox._files.nodes import File, Node

_SITE = re.escape(hosts.WWW.removeprefix("www."))
_FORM = re.compile(
    rf"https?://(?:www\.)?{_SITE}(?P<path>/(?:s|sh|scl)/[^\x00-\x20?#]+)"
    r"(?:\?(?P<query>[^\x00-\x20#]*))?(?:#[^\x00-\x20]*)?",
    re.IGNORECASE | re.ASCII,  # without ASCII, U+017F would be an s
)
_KEY = re.compile(r"(?:^|&)rlkey=([^&]*)")
_LONGEST = 2000
"""A longer URL is not a link's: the name of a file, which is part of it, has 255 characters."""
_REPLACED = re.compile(r"[^A-Za-z0-9._-]+")


def new_url(chance: Chance, node: Node) -> str:
    """Return the URL of a new link to a file (S1-03) or a folder (S1-06)."""
    item, secret = chance.word("shared link", 21), chance.word("shared link key", 25)
    if isinstance(node, File):
        path = f"fi/{item}/{_slug(node.name)}"
    else:
        path = f"fo/{item}/A{chance.token('shared folder link', 17)[:22]}"
    return f"{hosts.SITE}/scl/{path}?rlkey={secret}&dl=0"


def _slug(name: str) -> str:
    """Return a file's name as the URL of its link shows it (S1-04)."""
    stem, dot, extension = name.rpartition(".") if "." in name[1:] else (name, "", "")
    return _REPLACED.sub("-", stem).strip("-") + _REPLACED.sub("-", dot + extension)


def key_of(url: str) -> str | None:
    """Return the part of a URL by which a link is found: its path and ``rlkey`` (S1-11).

    Return None for a URL that does not have the form of a link.
    """
    return _key_of(url) if len(url) <= _LONGEST else None


@lru_cache(maxsize=1024)
def _key_of(url: str) -> str | None:
    found = _FORM.fullmatch(url)
    if found is None:
        return None
    secret = _KEY.search(found["query"] or "")
    return f"{found['path']}?{'' if secret is None else secret[1]}"
