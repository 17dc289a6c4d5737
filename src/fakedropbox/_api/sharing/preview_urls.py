"""The URLs that show a file to those who may read it anyway (S14-23, S14-30).

A URL contains the number of the file, disguised. So no URL has to be stored, and reading the
metadata of a file changes nothing.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from urllib.parse import quote

from fakedropbox._api.sharing.file_people import People
from fakedropbox._api.sharing.urls import key_of
from fakedropbox._facts import hosts
from fakedropbox._files.nodes import File
from fakedropbox._files.shared_links import LinkSettings, SharedLink
from fakedropbox._files.tree import exists
from fakedropbox.calls import World

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_SEAL, _NUMBER = 12, 9
"""The lengths of the seal and of the number, together the 21 of the key in a URL (S14-23)."""
_NUMBERS = len(_DIGITS) ** _NUMBER
_FORM = re.compile(rf"/scl/fi/([0-9a-z]{{{_SEAL + _NUMBER}}})/.+\?", re.DOTALL)
"""The key of a link to a file that has no ``rlkey``."""


def preview_url(world: World, file: File) -> str:
    """Return the URL of a file; the name in it is the present one (S14-30)."""
    shown = world.files.numbering.shown_id(file.number)
    seal = _seal(world, shown)
    number = _word((shown + _mask(world, seal)) % _NUMBERS, _NUMBER)
    return f"{hosts.SITE}/scl/fi/{seal}{number}/{quote(file.name, safe='')}?dl=0"


def preview_at(world: World, key: str) -> SharedLink | None:
    """Return the preview of an existing file by the key of its URL, for any reader, or None.

    It is a link that gives nobody access (S14-30).
    """
    form = _FORM.fullmatch(key)
    if form is None:
        return None
    seal, number = form[1][:_SEAL], form[1][_SEAL:]
    shown = (int(number, 36) - _mask(world, seal)) % _NUMBERS
    is_ours = seal == _seal(world, shown)
    return preview_of(world, world.files.numbering.meant_id(shown)) if is_ours else None


def preview_of(world: World, number: int) -> SharedLink | None:
    """Return the preview of the existing file with a number, for any reader, or None."""
    file = file_numbered(world, number)
    if file is None:
        return None
    owner, url = People.of(world, file).owner, preview_url(world, file)
    return SharedLink(url, key_of(url), file, owner, LinkSettings("no_one"), -1 - number)


def file_numbered(world: World, number: int) -> File | None:
    """Return the existing file with a number, in any account, or None."""
    nodes = world.files.nodes
    node = nodes[number] if number < len(nodes) else None  # a restore may remove nodes
    return node if isinstance(node, File) and exists(node) else None


def _seal(world: World, number: int) -> str:
    return _word(_digest(world, f"{number}"), _SEAL)


def _mask(world: World, seal: str) -> int:
    mask: int = _digest(world, seal) % _NUMBERS
    return mask


def _digest(world: World, text: str) -> int:
    digest = blake2b(f"{world.chance.seed}/preview/{text}".encode(), digest_size=16).digest()
    return int.from_bytes(digest, "big")


def _word(number: int, size: int) -> str:
    word = ""
    for _ in range(size):
        number, digit = divmod(number, len(_DIGITS))
        word = _DIGITS[digit] + word
    return word
