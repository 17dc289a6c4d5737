"""Encoding of cursors as opaque text, which a keyed hash protects (F2.1-06)."""

from __future__ import annotations

import base64
import binascii
import json
from hashlib import blake2b
from typing import Any, NamedTuple

from fakedropbox._base.chance import Chance
from fakedropbox._files.listing import Listing, MountedPart, OrderPath
from fakedropbox._files.search import Position, Query

TOP = "team space"
"""The kind of cursor of a listing of the top of a team space (P8-18)."""

_PREFIX = "AAF"
_SIZE = 150  # bytes; makes a cursor as long as those recorded from Dropbox
_SEAL = 12
_DEFAULTS = [Listing._field_defaults.get(name, ...) for name in Listing._fields]
"""The defaults of a listing's fields, `...` for a field that has none."""


class SearchCursor(NamedTuple):
    """The state of a search in one branch of the history of namespaces.

    ``journals`` are the lengths of the journals when the search began, by namespace: first that of
    the caller's own files.
    """

    branch: int
    journals: list[tuple[int, int]]
    query: Query
    after: Position
    limit: int


def write_search_cursor(chance: Chance, cursor: SearchCursor) -> str:
    """Return the cursor of a search as text: short, and with base64's padding."""
    return seal_cursor(chance, ["search", *cursor])


def read_search_cursor(chance: Chance, text: str) -> SearchCursor | None:
    """Return the state in a search cursor of this service; None for any other text."""
    found = open_cursor(chance, text)
    if found is None or found[0] != "search":
        return None
    _, branch, journals, query, after, limit = found
    return SearchCursor(branch, journals, Query(*query), tuple(after), limit)


class LinksCursor(NamedTuple):
    """The state of a list of shared links: the number of the last one that was returned.

    ``owner`` is the id of the account, ``base`` the number of the folder that it sees as the root.
    """

    owner: str
    base: int
    after: int


def write_links_cursor(chance: Chance, cursor: LinksCursor) -> str:
    """Return the cursor of a list of shared links as text."""
    return seal_cursor(chance, ["links", *cursor])


def read_links_cursor(chance: Chance, text: str) -> LinksCursor | None:
    """Return the state in a cursor of shared links of this service; None for any other text."""
    found = open_cursor(chance, text)
    return None if found is None or found[0] != "links" else LinksCursor(*found[1:])


def seal_cursor(chance: Chance, fields: list[Any]) -> str:
    """Return a cursor that contains these JSON values; the first is the kind of cursor."""
    body = json.dumps(fields, separators=(",", ":")).encode()
    return base64.b64encode(_seal(chance, body) + body).decode()


def open_cursor(chance: Chance, text: str) -> list[Any] | None:
    """Return the values in a cursor that `seal_cursor` made for this service; None otherwise."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    seal, body = raw[:_SEAL], raw[_SEAL:]
    # The last character of base64 may have unused bits: only the returned form is accepted.
    if seal != _seal(chance, body) or base64.b64encode(raw).decode() != text:
        return None
    fields: list[Any] = json.loads(body)
    return fields


def write_cursor(chance: Chance, namespace_id: int, branch: int, listing: Listing) -> str:
    """Return a new cursor for a listing in one branch of a namespace's history.

    No two cursors are equal, even if nothing has changed.
    """
    fields = list(listing)
    while fields[-1] == _DEFAULTS[len(fields) - 1]:
        fields.pop()
    body = json.dumps([namespace_id, branch, *fields], separators=(",", ":")).encode()
    nonce = chance.nonce("cursor")
    padding = b" " * (_SIZE - len(body) - len(nonce) - _SEAL)
    sealed = nonce + _seal(chance, nonce + body + padding) + body + padding
    return _text_of(sealed)


def read_cursor(chance: Chance, text: str) -> tuple[int, int, Listing] | None:
    """Return the namespace, branch and listing of a cursor; None for any other text."""
    try:
        sealed = text[len(_PREFIX) :]
        padded = sealed + "=" * (-len(sealed) % 4)
        raw = base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    nonce, seal, body = raw[:16], raw[16 : 16 + _SEAL], raw[16 + _SEAL :]
    if seal != _seal(chance, nonce + body) or _text_of(raw) != text:
        return None
    namespace_id, branch, *fields = json.loads(body)
    listing = Listing(*fields)
    return (
        namespace_id,
        branch,
        listing._replace(
            stopped=_stopped(listing.stopped),
            flags=tuple(listing.flags),
            templates=tuple(listing.templates),
            within=tuple(listing.within),
            mounted=tuple(MountedPart(*part[:-1], _stopped(part[-1])) for part in listing.mounted),
        ),
    )


def _stopped(found: Any) -> OrderPath | None:
    return None if found is None else tuple(map(tuple, found))


def _text_of(sealed: bytes) -> str:
    return _PREFIX + base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def _seal(chance: Chance, body: bytes) -> bytes:
    return blake2b(
        body, key=f"{chance.life}/{chance.seed}".encode()[:64], digest_size=_SEAL
    ).digest()
