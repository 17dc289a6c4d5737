"""The parts of a request by which a server finds the service that is meant."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from fakedropbox._api.file_requests.metadata import PATH as REQUEST_PATH
from fakedropbox._api.profile_photos import PATH as PHOTO_PATH
from fakedropbox._api.sharing.preview_urls import preview_at
from fakedropbox._api.sharing.urls import address_at
from fakedropbox._files.blobs import Content, piece_of
from fakedropbox._files.cursors import open_cursor, read_cursor
from fakedropbox._wire import HttpRequest, decode
from fakedropbox.calls import World

_LONGPOLL = "/2/files/list_folder/longpoll"
_FORM_BYTES = 64 * 1024
"""The greatest size of a form with a key or a ticket; a larger one is that of an upload."""

_TO_CURSOR = str.maketrans("-_", "+/")


@dataclass(frozen=True)
class Marks:
    """The parts of a request that show which service is meant.

    ``token`` is an access token, ``app_key`` an app's key, ``cursor`` that of a listing; if one of
    them is set, all other marks are empty. ``tickets`` are texts that only one service can have
    made. ``path`` and ``query`` are those of a page, whose address may be a link.
    """

    token: str = ""
    app_key: str = ""
    cursor: str = ""
    tickets: tuple[str, ...] = ()
    path: str = ""
    query: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> Marks:
        """Return the marks of a request."""
        query = decode.query_of(request.query)
        credentials = decode.credentials(request.headers, query)
        if credentials is not None and credentials.scheme == "Bearer":
            return cls(token=credentials.value)
        both = None if credentials is None else credentials.key_and_secret()
        if both is not None:
            return cls(app_key=both[0])
        if request.path == _LONGPOLL:
            return cls(cursor=_cursor_in(request.body))
        form = request.body if len(request.body) <= _FORM_BYTES else b""
        fields = decode.fields_of(request.query, piece_of(form, 0, len(form)))
        if fields.get("client_id"):
            return cls(app_key=fields["client_id"])
        page, query_of_page = request.path, request.query
        # A page that asks for a password or an account has the link to which it leads back.
        asked_for = fields.get("cont") or fields.get("url")
        if asked_for:
            with suppress(ValueError):  # it is not a URL
                there = urlsplit(asked_for)
                page, query_of_page = unquote(there.path), there.query
        tickets = (fields.get("content_id", ""), *page.split("/"))
        return cls(tickets=tuple(filter(None, tickets)), path=page, query=query_of_page)

    def are_of(self, world: World) -> bool:
        """Return whether a service has issued the token, key, cursor or link of these marks."""
        if self.token:
            return world.tokens.has_issued(self.token)
        if self.app_key:
            return world.apps.by_key(self.app_key) is not None
        if self.cursor:
            return read_cursor(world.chance, self.cursor) is not None
        return any(_is_ticket(world, text) for text in self.tickets) or self._leads_into(world)

    def _leads_into(self, world: World) -> bool:
        """Return whether the page is that of a link, a file request or a photo of a service."""
        if not self.path:
            return False
        files, last = world.files, self.path.rpartition("/")[2]
        if self.path.startswith(REQUEST_PATH):
            return files.file_requests.get(last) is not None
        if self.path.startswith(PHOTO_PATH):
            return world.photos.with_id(last) is not None
        if files.links.record(("temporary link", last)) is not None:
            return True
        key = address_at(self.path, self.query).key
        return preview_at(world, key) is not None or files.shared_links.at(key) is not None


def _cursor_in(body: Content) -> str:
    try:
        found = json.loads(piece_of(body, 0, min(len(body), _FORM_BYTES)))
    except (ValueError, RecursionError):
        return ""
    cursor = found.get("cursor") if isinstance(found, dict) else None
    return cursor if isinstance(cursor, str) else ""


def _is_ticket(world: World, text: str) -> bool:
    padded = text.translate(_TO_CURSOR) + "=" * (-len(text) % 4)
    return open_cursor(world.chance, padded) is not None
