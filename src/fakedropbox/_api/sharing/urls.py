"""The URLs of shared links (S1-03 to S1-13)."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple
from urllib.parse import quote, unquote

from fakedropbox._base.chance import Chance
from fakedropbox._facts import hosts
from fakedropbox._files.nodes import File, Node
from fakedropbox._files.paths import lower

_FORM = re.compile(
    rf"https?://(?:www\.)?{re.escape(hosts.BARE)}(?P<path>/(?:s|sh|scl)/[^\x00-\x20?#]+)"
    r"(?:\?(?P<query>[^\x00-\x20#]*))?(?:#[^\x00-\x20]*)?",
    re.IGNORECASE | re.ASCII,  # without re.ASCII, U+017F would match s
)
_KEY = re.compile(r"(?:^|&)rlkey=([^&]*)")
_FOLDER = re.compile(r"(/(?:scl/fo|sh)/[^/]+)/([^/]+)(/.*)?", re.DOTALL)
_LONGEST = 4000
"""The greatest length of a link's URL, of which a file name of up to 255 characters is a part."""
_LONGEST_INSIDE = 100_000
"""The greatest length of the URL of an item in a linked folder, with the item's whole path."""
_REPLACED = re.compile(r"[^A-Za-z0-9._-]+")


class LinkAddress(NamedTuple):
    """The parts of a link's URL that identify the link and the item (S1-11).

    The link is found by ``key``. The URL of a linked folder has a ``token``, too; that of an item
    in the folder has another one, and the item's ``path`` (S1-08).
    """

    key: str
    token: str = ""
    path: str = ""


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


def address_of(url: str) -> LinkAddress | None:
    """Return the address in a URL; None if it is too long or does not have the form of a link."""
    return _address_of(url) if len(url) <= _LONGEST else None


@lru_cache(maxsize=1024)
def _address_of(url: str) -> LinkAddress | None:
    found = _FORM.fullmatch(url)
    return None if found is None else address_at(unquote(found["path"]), found["query"] or "")


def address_at(path: str, query: str) -> LinkAddress:
    """Return the address in the decoded path and the query of a URL."""
    if len(path) + len(query) > _LONGEST_INSIDE:
        return LinkAddress("")
    found = _KEY.search(query)
    secret = "" if found is None else found[1]
    folder = _FOLDER.fullmatch(path)
    if folder is None:
        return LinkAddress(f"{path}?{secret}")
    link, token, inside = folder.groups()
    return LinkAddress(f"{link}?{secret}", token, (inside or "").rstrip("/"))


def key_of(url: str) -> str:
    """Return the key of a link by its own URL."""
    address = address_of(url)
    assert address is not None
    return address.key


def leads_to(address: LinkAddress, url: str) -> bool:
    """Return whether an address is that of a link, or of a path in its folder (S1-08)."""
    if not address.path:
        return address == address_of(url)
    key = key_of(url)
    return address.key == key and address.token == _token_inside(key, address.path)


def url_inside(url: str, path: str) -> str:
    """Return the URL of a path in a linked folder (S1-08); an empty path is the folder itself."""
    if not path:
        return url
    above, _, query = url.partition("?")
    return f"{above.rpartition('/')[0]}/{_token_inside(key_of(url), path)}{quote(path)}?{query}"


def _token_inside(key: str, path: str) -> str:
    digest = blake2b(
        f"{key}{lower(path)}".encode("utf-8", "surrogatepass"), digest_size=17
    ).digest()
    return f"A{urlsafe_b64encode(digest).decode()[:22]}"
