"""The replacement of everything in an exchange that may be a secret or personal data.

A value is kept only where the SDK's type of its field, or a table, says that it reveals nothing
private. Everything else is replaced by a stand-in of the same form.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fakedropbox.recording._sdk_types import RouteTypes, route_types
from fakedropbox.recording._stand_ins import StandIns
from fakedropbox.recording._texts import ErrorTexts
from fakedropbox.recording._values import PAGE, PAGE_FIELDS, Envelope, Values, is_summary

_ROUTES = "/2/"
_PAGES = frozenset({"/oauth2/authorize", "/oauth2/token", "/1/oauth2/authorize", "/1/oauth2/token"})
_UPLOADS = "/apitul/"
_PAGE, _LINK, _UPLOAD_LINK = "page", "link", "upload link"  # styles of URLs that are not routes
_CONTENTS = frozenset({"download", _LINK})  # styles whose results are contents of files
_FIRST_ERROR = _BAD_INPUT = 400
_REASONS = {status.value: status.phrase for status in HTTPStatus}
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_SCHEMES = frozenset({"basic", "bearer", "oauth"})
_BASIC = "Basic"

# The parameters of a call's URL besides `arg` and `authorization` (F1.1-08, O0-10), each with the
# values that are the same for everybody.
_PARAMETERS: Mapping[str, frozenset[str]] = {
    "reject_cors_preflight": frozenset({"false", "true"}),
    "select_admin": frozenset(),
    "select_user": frozenset(),
}
# The forms of headers' values that contain nothing private.
_HEADERS: Mapping[str, re.Pattern[str]] = {
    name: re.compile(form)
    for name, form in {
        "accept-ranges": r"bytes|none",
        "cache-control": r"(?:(?:no-cache|no-store|must-revalidate|private|max-age=\d+)(?:, )?)+",
        "content-length": r"\d+",
        "content-range": r"bytes (?:\d+-\d+|\*)/(?:\d+|\*)",
        "original-content-length": r"\d+",
        "retry-after": r"\d{1,9}",
        "www-authenticate": r'Bearer realm="Dropbox-API"',  # F1.2-04
        "x-content-type-options": r"nosniff",
    }.items()
}
_ETAG = re.compile(r'((?:W/)?")([^"]*)(")')
_MEDIA_TYPES = frozenset(mimetypes.MimeTypes().types_map[True].values()) | {
    "application/binary",  # of the contents of shared links
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    # Sent by the OAuth pages; `mimetypes` in Python 3.11 knows it only as application/javascript.
    "text/javascript",
}
_CHARSETS = frozenset({"ascii", "dropbox-cors-hack", "iso-8859-1", "us-ascii", "utf-8"})


def types_at(path: str) -> RouteTypes:
    """Return the types of what is at the path of a URL: a route, a page of OAuth, or a link."""
    if path.startswith(_ROUTES):
        return route_types(path.removeprefix(_ROUTES)) or RouteTypes("rpc")
    if path in _PAGES:
        return RouteTypes(_PAGE)
    return RouteTypes(_UPLOAD_LINK if path.startswith(_UPLOADS) else _LINK)


class Scrubber:
    """A scrubber of the parts of exchanges, which replaces equal values by equal stand-ins.

    Args:
        key: the key from which stand-ins are computed.

    >>> types = types_at("/2/files/get_metadata")
    >>> Scrubber(b"key").sent(types, b'{"path": "/a.txt", "secret": "sl.abc"}')
    '{"path": "/a.txt", "key_746cd7f607cd": "text_ec91b0caebd3"}'
    """

    def __init__(self, key: bytes) -> None:
        self._stand_ins = StandIns(key)
        self._texts = ErrorTexts(self._stand_ins)
        self._values = Values(self._stand_ins, self._texts)

    # Bodies

    def sent(self, types: RouteTypes, data: bytes) -> Any:
        """Return the scrubbed body of a request."""
        scrubbed = None
        if types.style == "rpc":
            scrubbed = self._values.json(_decoded(data), types.argument)
        elif types.style == _PAGE:
            text = _decoded(data)
            scrubbed = self._values.json(text, PAGE)
            scrubbed = self._form(text) if scrubbed is None else scrubbed
        return self._stand_ins.content(data) if scrubbed is None else scrubbed

    def got(self, types: RouteTypes, status: int, data: bytes) -> Any:
        """Return the scrubbed body of a response."""
        if status < _FIRST_ERROR and types.style in _CONTENTS:
            return self._stand_ins.content(data)
        text = _decoded(data)
        if types.style in (_PAGE, _UPLOAD_LINK):
            scrubbed = self._values.json(text, PAGE)
        elif status >= _FIRST_ERROR:
            scrubbed = self._values.json(text, Envelope(types.error_at(status)))
        else:
            scrubbed = self._values.json(text, types.result)
        if scrubbed is None and status == _BAD_INPUT:
            scrubbed = self._texts.scrubbed(text)
        return self._stand_ins.content(data) if scrubbed is None else scrubbed

    def _form(self, text: str) -> str:
        """Return the scrubbed fields of the form of a page, or of its query."""
        return urlencode(
            [
                (
                    name if name in PAGE_FIELDS else self._stand_ins.name("key", name),
                    self._values.page_field(name, value),
                )
                for name, value in _fields(text)
            ]
        )

    # URLs

    def place(self, host: str, path: str, query: str, types: RouteTypes) -> tuple[str, str, str]:
        """Return the scrubbed host, path and query of a request."""
        host = self._stand_ins.host(host)
        if types.style == _PAGE:
            return host, path, self._form(query)
        if types.style in (_LINK, _UPLOAD_LINK):
            return host, self._stand_ins.link_path(path), self._stand_ins.link_query(query)
        name = path.removeprefix(_ROUTES)
        shown = self._stand_ins.name("route", name) if route_types(name) is None else name
        parameters = [self._parameter(*field, types.argument) for field in _fields(query)]
        return host, _ROUTES + shown, urlencode(parameters)

    def _parameter(self, name: str, value: str, argument: Any) -> tuple[str, str]:
        """Return a scrubbed parameter of a call's URL, which may replace a header of the call."""
        if name == "arg":
            return name, self.header_json(value, argument)
        if name == "authorization":
            return name, self._authorization(value)
        public = _PARAMETERS.get(name)
        if public is None:
            return self._stand_ins.name("key", name), self._stand_ins.text(value)
        return name, value if value in public else self._stand_ins.text(value)

    def _authorization(self, text: str) -> str:
        """Return credentials with a stand-in for everything but their scheme."""
        scheme, space, token = text.partition(" ")
        if scheme.lower() not in _SCHEMES:
            return self._stand_ins.text(text)
        return f"{scheme}{space}{self._stand_ins.text(token)}"

    def login(self, authorization: str) -> str:
        """Return the stand-in of an access token: each login of a recording has a different one."""
        scheme, _, token = authorization.partition(" ")
        return self._stand_ins.text(token) if scheme.lower() == "bearer" else ""

    def authorization(self, given: str) -> str:
        """Return ``Basic`` for an app's key and secret, which are not kept; otherwise nothing."""
        return _BASIC if given.partition(" ")[0].lower() == _BASIC.lower() else ""

    # Headers

    def header(self, name: str, value: str, result: Any) -> str:
        """Return a scrubbed header of a response."""
        if name == "content-type":
            return self.content_type(value)
        if name == "dropbox-api-result":
            return self.header_json(value, result)
        if name == "etag" and (match := _ETAG.fullmatch(value)):
            return f"{match[1]}{self._stand_ins.rev(match[2])}{match[3]}"
        if name == "location":
            return self._stand_ins.url(value)
        known = _HEADERS.get(name)
        return value if known and known.fullmatch(value) else self._stand_ins.name("text", value)

    def header_json(self, text: str, type_: Any) -> str:
        """Return the scrubbed JSON of a header, or a stand-in if it is not JSON."""
        scrubbed = self._values.json(text, type_)
        return self._stand_ins.name("text", text) * bool(text) if scrubbed is None else scrubbed

    def content_type(self, value: str) -> str:
        """Return a content type with stand-ins for parameters, and for types that are not known."""
        kind, semicolon, parameters = value.partition(";")
        if kind.strip().lower() not in _MEDIA_TYPES:
            return self._stand_ins.name("text", value) * bool(value)
        if not semicolon or parameters.strip().lower().removeprefix("charset=") in _CHARSETS:
            return value
        return f"{kind}; {self._stand_ins.name('text', parameters)}"

    def reason(self, status: int, text: str) -> str:
        """Return the usual reason of a status line, or an error summary (F1.2-06), or no text."""
        return text if text == _REASONS.get(status) or is_summary(text) else ""

    def method(self, text: str) -> str:
        """Return a method of HTTP, or a stand-in if it is not one of the usual ones."""
        return text if text in _METHODS else self._stand_ins.name("METHOD", text)


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _fields(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text, keep_blank_values=True, errors="backslashreplace")
