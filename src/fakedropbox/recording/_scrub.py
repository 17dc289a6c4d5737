"""The replacement of everything in an exchange that may be a secret or personal data.

The rule is to deny: a value is kept only where the SDK's type of its field, or a table here, says
that it tells nothing. Everything else becomes a stand-in of the same form.
"""

from __future__ import annotations

import json
import math
import mimetypes
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from http.client import responses as REASONS  # noqa: N812 -- a constant
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from stone.backends.python_rsrc import stone_validators as bv

from fakedropbox._facts import PUBLIC_SCOPES
from fakedropbox.recording import _sdk_types as sdk
from fakedropbox.recording._stand_ins import StandIns
from fakedropbox.recording._texts import ErrorTexts

_FILE = re.compile(r"(?P<id>id:[^/]+)(?P<below>/.*)?", re.DOTALL)
_REV = re.compile(r"rev:(?P<rev>[0-9a-f]+)")
_NAMESPACE = re.compile(r"(?P<kind>ns:|nspath:)(?P<number>[0-9]+)(?P<below>[/:].*)?", re.DOTALL)
_SUMMARY = re.compile(r"([\w/]+)/\.{0,3}")
_SCHEMES = frozenset({"basic", "bearer", "oauth"})
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})

# The fields of OAuth and of temporary links, which the SDK has no types for: the values that are
# the same for everybody, or None for a secret or a number.
_TRUTH = frozenset({"false", "true"})
_SCOPES = frozenset(PUBLIC_SCOPES)
_OAUTH: Mapping[str, frozenset[str] | None] = {
    **dict.fromkeys(
        "access_token account_id client_id client_secret code code_challenge code_verifier "
        "content-hash id_token locale login_hint nonce redirect_uri refresh_token state team_id "
        "token uid".split()
    ),
    **dict.fromkeys(("disable_signup", "force_reapprove", "force_reauthentication"), _TRUTH),
    "code_challenge_method": frozenset({"S256", "plain"}),
    "error": frozenset(
        "access_denied invalid_client invalid_grant invalid_request invalid_scope "
        "unauthorized_client unsupported_grant_type v1_retired".split()
    ),
    "error_description": None,
    "expires_in": None,
    "grant_type": frozenset({"authorization_code", "refresh_token"}),
    "include_granted_scopes": frozenset({"team", "user"}),
    "require_role": frozenset({"personal", "work"}),
    "response_type": frozenset({"code", "token"}),
    "scope": _SCOPES,
    "token_access_type": frozenset({"legacy", "offline", "online"}),
    "token_type": frozenset({"bearer"}),
}
# The parameters of a call's URL besides `arg` and `authorization` (F1.1-08, O0-10).
_PARAMETERS: Mapping[str, frozenset[str]] = {
    "reject_cors_preflight": _TRUTH,
    "select_admin": frozenset(),
    "select_user": frozenset(),
}
# The values of headers that tell nothing.
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
    "application/x-www-form-urlencoded",
    "multipart/form-data",
}
_CHARSETS = frozenset({"ascii", "dropbox-cors-hack", "iso-8859-1", "us-ascii", "utf-8"})


_ROUTES = "/2/"
_PAGES = frozenset({"/oauth2/authorize", "/oauth2/token", "/1/oauth2/authorize", "/1/oauth2/token"})
_PAGE, _LINK, _UPLOAD_LINK = "page", "link", "upload link"  # styles of what is not a route
_FIRST_ERROR = 400
_BAD_INPUT = 400


class _Place(NamedTuple):
    """The type of a value, and the struct or union and the field that it was found in."""

    validator: Any = None
    owner: Any = None
    field: str = ""

    def of(self, validator: Any) -> _Place:
        """Return the same place with another type."""
        return self._replace(validator=validator)


_ANYWHERE = _Place()


class Scrubber:
    """A scrubber of the parts of exchanges, which replaces equal values by equal stand-ins.

    Args:
        key: the key from which stand-ins are computed.

    >>> scrubber = Scrubber(b"key")
    >>> from fakedropbox.recording._sdk_types import route_types
    >>> types = route_types("files/get_metadata")
    >>> scrubber.json('{"path": "/a.txt", "secret": "sl.abc"}', types.argument)
    '{"path": "/a.txt", "key_52f2bd1d6e4e": "text_37a0c5bd7c8b"}'
    """

    def __init__(self, key: bytes) -> None:
        self._stand_ins = StandIns(key)
        self._texts = ErrorTexts(self._stand_ins)
        self._names: set[str] = set()  # the components of all paths that were kept, in lower case
        self.content = self._stand_ins.content

    # JSON

    def json(self, text: str, validator: Any) -> str | None:
        """Return a scrubbed JSON text in the same style; None if the text is not JSON."""
        try:
            value = json.loads(text)
            spaced = text.strip() in (json.dumps(value), json.dumps(value, ensure_ascii=False))
            scrubbed = json.dumps(
                self._value(_Place(validator), value),
                ensure_ascii=text.isascii(),
                separators=None if spaced else (",", ":"),
            )
        except (ValueError, RecursionError):
            return None
        return scrubbed + "\n" * text.endswith("\n")

    def _value(self, place: _Place, value: Any) -> Any:
        place = place.of(sdk.bare(place.validator))
        if isinstance(value, dict):
            return self._object(place, value)
        if isinstance(value, list):
            items = getattr(place.validator, "item_validator", None)
            return [self._value(place.of(items), each) for each in value]
        if isinstance(value, str):
            return self._string(place, value)
        return self._number(place, value)

    def _object(self, place: _Place, value: dict[str, Any]) -> dict[str, Any]:
        fields = self._places(place.validator, value)
        # Paths first: names that are a part of a path are kept.
        order = sorted(value, key=lambda name: "path" not in name)
        scrubbed = {name: self._value(fields.get(name, _ANYWHERE), value[name]) for name in order}
        known = sdk.words().names | fields.keys()
        return {
            name if name in known else self._stand_ins.name("key", name): scrubbed[name]
            for name in value
        }

    def _places(self, validator: Any, value: dict[str, Any]) -> dict[str, _Place]:
        """Return the places of an object's values that have a type, by key."""
        tag = value.get(".tag")
        if isinstance(validator, _Envelope):
            return {
                "error": _Place(validator.error or _PAGE_JSON, None, "error"),
                "error_summary": _SUMMARY_PLACE,
            }
        if isinstance(validator, _PageJson):
            return {name: _Place(validator, None, name) for name in _OAUTH}
        found: dict[str, _Place] = {}
        if isinstance(validator, bv.StructTree) and isinstance(tag, str):
            validator = sdk.subtype(validator, tag)
        if isinstance(validator, bv.Union):
            owner = validator.definition
            # Before unions had `.tag`, their only key was the tag.
            tags = value.keys() if tag is None else {tag} if isinstance(tag, str) else ()
            for name in tags:
                below = sdk.payload(validator, name)
                if isinstance(below, bv.Struct) and not isinstance(below, bv.StructTree):
                    found |= self._places(below, {})
                found[name] = _Place(below, owner, name)
        elif isinstance(validator, bv.Struct):
            owner = validator.definition
            found = {
                name: _Place(below, owner, name) for name, below in sdk.fields_of(validator).items()
            }
        return {**found, ".tag": _TAG_PLACE}

    def _string(self, place: _Place, value: str) -> str:
        validator, field = place.validator, place.field
        if place == _TAG_PLACE or isinstance(validator, bv.Union):
            return value if value in sdk.words().names else self._stand_ins.name("tag", value)
        if place == _SUMMARY_PLACE:
            return value if is_summary(value) else self._stand_ins.text(value)
        if isinstance(validator, _PageJson):
            return self._page_field(field, value)
        if isinstance(validator, bv.Timestamp):
            return self._time(place, value)
        if not isinstance(validator, bv.String):
            return self._stand_ins.text(value)
        if value in sdk.PUBLIC_VALUES.get(field, ()):
            return value
        kind = sdk.kind_of(place.owner, field, validator)
        if kind == "path":
            return self.path(value)
        names = value.lower().split() if kind == "part of a name" else [value.lower()]
        if kind == "name" and value.lower() in self._names:
            return value
        if kind == "part of a name" and all(map(self._is_in_a_name, names)):
            return value
        return self._stand_ins.text(value, validator)

    def _is_in_a_name(self, word: str) -> bool:
        return any(word in name for name in self._names)

    def path(self, value: str) -> str:
        """Return a path as it is, but for the id, revision or namespace that it begins with."""
        if value.startswith("/"):
            self._names.update(value.lower().split("/"))
            return value
        if match := _FILE.fullmatch(value):
            return self._stand_ins.text(match["id"]) + (match["below"] or "")
        if match := _REV.fullmatch(value):
            return f"rev:{self._stand_ins.rev(match['rev'])}"
        if match := _NAMESPACE.fullmatch(value):
            number = self._stand_ins.number(match["number"])
            return f"{match['kind']}{number}{match['below'] or ''}"
        return self._stand_ins.text(value)

    def _time(self, place: _Place, value: str) -> str:
        form = place.validator.format
        with suppress(ValueError):
            datetime.strptime(value, form)  # noqa: DTZ007 -- only a check
            kept = sdk.kind_of(place.owner, place.field, place.validator) == "time"
            return value if kept else self._stand_ins.moment(value, form)
        return self._stand_ins.text(value)

    def _number(self, place: _Place, value: bool | float | None) -> Any:
        """Return a number if its type says that it counts or measures something."""
        if value is None or isinstance(value, bool) or _counts(place, value):
            return value
        return 0.0 if isinstance(value, float) else self._stand_ins.number(value)

    # Bodies

    def sent(self, types: sdk.RouteTypes, data: bytes) -> Any:
        """Return the scrubbed body of a request."""
        text, scrubbed = _decoded(data), None
        if types.style == "rpc":
            scrubbed = self.json(text, types.argument)
        elif types.style == _PAGE:
            scrubbed = self.json(text, _PAGE_JSON)
            scrubbed = self.form(text) if scrubbed is None else scrubbed
        return self.content(data) if scrubbed is None else scrubbed

    def got(self, types: sdk.RouteTypes, status: int, data: bytes) -> Any:
        """Return the scrubbed body of a response."""
        text, scrubbed = _decoded(data), None
        if types.style in (_PAGE, _UPLOAD_LINK):
            scrubbed = self.json(text, _PAGE_JSON)
        elif status >= _FIRST_ERROR:
            scrubbed = self.json(text, _Envelope(types.error_at(status)))
        elif types.style not in ("download", _LINK):
            scrubbed = self.json(text, types.result)
        if scrubbed is None and status == _BAD_INPUT and types.style != _LINK:
            scrubbed = self._texts.scrubbed(text)
        return self.content(data) if scrubbed is None else scrubbed

    # Forms

    def form(self, text: str) -> str:
        """Return the scrubbed fields of a form, or of the query of a page."""
        fields = parse_qsl(text, keep_blank_values=True, errors="backslashreplace")
        return urlencode(
            [
                (
                    name if name in _OAUTH else self._stand_ins.name("key", name),
                    self._page_field(name, value),
                )
                for name, value in fields
            ]
        )

    def _page_field(self, name: str, value: str) -> str:
        if name == "error_description":
            return self._texts.scrubbed(value)
        public = _OAUTH.get(name) or frozenset()
        shown = [
            each if each in public else self._stand_ins.text(each) for each in value.split(" ")
        ]
        return " ".join(shown) if name == "scope" or value in public else self._stand_ins.text(value)

    # URLs

    def place(
        self, host: str, path: str, query: str, types: sdk.RouteTypes
    ) -> tuple[str, str, str]:
        """Return the scrubbed host, path and query of a request."""
        host = self._stand_ins.host(host)
        if types.style == _PAGE:
            return host, path, self.form(query)
        if types.style in (_LINK, _UPLOAD_LINK):
            return host, self._stand_ins.link_path(path), self._stand_ins.link_query(query)
        name = path.removeprefix(_ROUTES)
        shown = name if sdk.route_types(name) else self._stand_ins.name("route", name)
        return host, _ROUTES + shown, self._parameters(query, types.argument)

    def _parameters(self, query: str, argument: Any) -> str:
        """Return the query of a call, which may hold what is a header in other calls."""
        fields = parse_qsl(query, keep_blank_values=True, errors="backslashreplace")
        return urlencode([self._parameter(name, value, argument) for name, value in fields])

    def _parameter(self, name: str, value: str, argument: Any) -> tuple[str, str]:
        if name == "arg":
            return name, self.header_json(value, argument)
        if name == "authorization":
            return name, self.authorization(value)
        public = _PARAMETERS.get(name)
        shown = value if value in (public or ()) else self._stand_ins.text(value)
        return self._stand_ins.name("key", name) if public is None else name, shown

    # Headers and texts

    def header_json(self, text: str, validator: Any) -> str:
        """Return the scrubbed JSON of a header, or a stand-in if it is not JSON."""
        scrubbed = self.json(text, validator)
        return self._stand_ins.name("text", text) * bool(text) if scrubbed is None else scrubbed

    def authorization(self, text: str) -> str:
        """Return a scrubbed ``Authorization`` header; everything but its scheme is secret."""
        scheme, space, token = text.partition(" ")
        if scheme.lower() not in _SCHEMES:
            return self._stand_ins.text(text)
        return f"{scheme}{space}{self._stand_ins.text(token)}"

    def header(self, name: str, value: str, result: Any) -> str:
        """Return a scrubbed header of a response."""
        if name == "content-type":
            return self.content_type(value)
        if name == "dropbox-api-result":
            return self.header_json(value, result)
        if (match := _ETAG.fullmatch(value)) and name == "etag":
            return f"{match[1]}{self._stand_ins.rev(match[2])}{match[3]}"
        known = _HEADERS.get(name)
        return value if known and known.fullmatch(value) else self._stand_ins.name("text", value)

    def content_type(self, value: str) -> str:
        """Return a content type with stand-ins for parameters, and for types that are not known."""
        if not value:
            return value
        kind, semicolon, parameters = value.partition(";")
        charset = parameters.strip().lower().removeprefix("charset=")
        if kind.strip().lower() not in _MEDIA_TYPES:
            return self._stand_ins.name("text", value)
        if charset in _CHARSETS:
            return value
        return kind + f"; {self._stand_ins.name('text', parameters)}" * bool(semicolon)

    def reason(self, status: int, text: str) -> str:
        """Return the reason of a status line, if it is the usual one or an error (F1.2-06)."""
        return text if text == REASONS.get(status) or is_summary(text) else ""

    def method(self, text: str) -> str:
        """Return a method of HTTP."""
        return text if text in _METHODS else self._stand_ins.name("METHOD", text)


class _Envelope(NamedTuple):
    """The type of the JSON of an error (F1.6-01)."""

    error: Any


class _PageJson:
    """The type of the JSON of the token endpoint, whose fields are those of its forms."""


_PAGE_JSON = _PageJson()
_TAG_PLACE = _Place(None, None, ".tag")
_SUMMARY_PLACE = _Place(None, None, "error_summary")


def types_at(path: str) -> sdk.RouteTypes:
    """Return the types of what is at the path of a URL: a route, a page of OAuth, or a link."""
    if path.startswith(_ROUTES):
        return sdk.route_types(path.removeprefix(_ROUTES)) or sdk.RouteTypes("rpc")
    if path in _PAGES:
        return sdk.RouteTypes(_PAGE)
    return sdk.RouteTypes(_UPLOAD_LINK if path.startswith("/apitul/") else _LINK)


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def is_summary(text: str) -> bool:
    """Return whether a text is the summary of an error, which has only tags (F1.6-01)."""
    match = _SUMMARY.fullmatch(text)
    return match is not None and sdk.words().names.issuperset(match[1].split("/"))


def _counts(place: _Place, value: float) -> bool:
    validator = place.validator
    if isinstance(validator, _PageJson):
        return place.field == "expires_in" and isinstance(value, int)
    if not isinstance(validator, (bv.Integer, bv.Real)):
        return False
    is_id = place.field.split("_")[-1] in {"id", "uid"}
    limits = validator.default_minimum, validator.default_maximum
    # A real number without limits may be a place on the earth.
    is_anything = isinstance(validator, bv.Real) and limits == (validator.minimum, validator.maximum)
    fits = isinstance(value, int) or (isinstance(validator, bv.Real) and math.isfinite(value))
    with suppress(bv.ValidationError):
        validator.validate(value)
        return fits and not is_id and not is_anything
    return False
