"""The replacement of values in JSON and in forms, according to the types of their fields."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from stone.backends.python_rsrc import stone_validators as bv

from fakedropbox._facts import PUBLIC_SCOPES
from fakedropbox.recording import _sdk_types as sdk
from fakedropbox.recording._stand_ins import StandIns, accepts
from fakedropbox.recording._texts import ErrorTexts

_FILE = re.compile(r"(?P<id>id:[^/]+)(?P<below>/.*)?", re.DOTALL)
_REV = re.compile(r"rev:(?P<rev>[0-9a-f]+)")
_NAMESPACE = re.compile(r"(?P<kind>ns:|nspath:)(?P<number>[0-9]+)(?P<below>[/:].*)?", re.DOTALL)
_SUMMARY = re.compile(r"([\w/]+)/\.{0,3}")

_GREATEST = sys.float_info.max  # a whole number in JSON may be greater
_TRUTH = frozenset({"false", "true"})
_SECRET: frozenset[str] = frozenset()
PAGE_FIELDS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("access_token", "id_token", "refresh_token", "token"), _SECRET),
    **dict.fromkeys(("client_id", "client_secret", "nonce", "redirect_uri", "state"), _SECRET),
    **dict.fromkeys(("code", "code_challenge", "code_verifier"), _SECRET),
    **dict.fromkeys(("account_id", "locale", "login_hint", "team_id", "uid"), _SECRET),
    **dict.fromkeys(("disable_signup", "force_reapprove", "force_reauthentication"), _TRUTH),
    **dict.fromkeys(("content-hash", "error_description", "expires_in"), _SECRET),
    "code_challenge_method": frozenset({"S256", "plain"}),
    "error": frozenset(
        {
            *("access_denied", "invalid_client", "invalid_grant", "invalid_request"),
            *("invalid_scope", "unauthorized_client", "unsupported_grant_type", "v1_retired"),
        }
    ),
    "grant_type": frozenset({"authorization_code", "refresh_token"}),
    "include_granted_scopes": frozenset({"team", "user"}),
    "require_role": frozenset({"personal", "work"}),
    "response_type": frozenset({"code", "token"}),
    "scope": frozenset(PUBLIC_SCOPES),
    "token_access_type": frozenset({"legacy", "offline", "online"}),
    "token_type": frozenset({"bearer"}),
}
"""The fields of OAuth and of upload links, for which the SDK has no types.

Each has the values that are the same for everybody and are kept.
"""


SECRET_FIELDS = frozenset(
    {
        *("access_token", "refresh_token", "id_token", "token", "client_secret", "code"),
        *("code_verifier", "password", "link_password", "copy_reference", "secret"),
    }
)
"""The fields of arguments and results whose values are never shown."""


class Envelope(NamedTuple):
    """The type of the JSON of an error, with the type of its ``error`` (F1.6-01)."""

    error: Any


class _PageField:
    """Marks the value of a field that is in `PAGE_FIELDS`."""


class _Page:
    """Marks the JSON of a page, whose fields are those of `PAGE_FIELDS`."""


class _Tag:
    """Marks the value of a ``.tag`` field: the name of a union's member."""


class _Summary:
    """Marks the value of an ``error_summary`` field."""


PAGE = _Page()


class _Place(NamedTuple):
    """The type of a value, and the struct or union and the field that it was found in."""

    type: Any = None
    owner: Any = None
    field: str = ""

    def items(self) -> _Place:
        """Return the place of the items of a list."""
        return self._replace(type=getattr(self.type, "item_validator", None))


_ANYWHERE = _Place()
_TAG = _Place(_Tag())
_PAGE_PLACES = {name: _Place(_PageField(), field=name) for name in PAGE_FIELDS}


def is_summary(text: str) -> bool:
    """Return whether a text is the summary of an error, which has only tags (F1.6-01)."""
    match = _SUMMARY.fullmatch(text)
    return match is not None and sdk.words().names.issuperset(match[1].split("/"))


class Values:
    """A scrubber of values, which keeps those whose types say that they reveal nothing private.

    The name of a file, and a search for it, are kept if the name is a part of a path that was kept.
    """

    def __init__(self, stand_ins: StandIns, texts: ErrorTexts) -> None:
        self._stand_ins = stand_ins
        self._texts = texts
        self._names: set[str] = set()  # the components of the paths that were kept, in lower case
        self._kinds: dict[type, Callable[[_Place, str], str]] = {
            _PageField: lambda place, value: self.page_field(place.field, value),
            _Summary: lambda _, value: value if is_summary(value) else stand_ins.text(value),
            _Tag: self._tag,
            bv.String: self._string,
            bv.Timestamp: self._time,
            bv.Union: self._tag,
        }

    def json(self, text: str, type_: Any) -> str | None:
        """Return a scrubbed JSON text in the same style; None if the text is not JSON."""
        try:
            value = json.loads(text)
            spaced = text.strip() in (json.dumps(value), json.dumps(value, ensure_ascii=False))
            scrubbed = json.dumps(
                self._value(_Place(type_), value),
                ensure_ascii=text.isascii(),
                separators=None if spaced else (",", ":"),
            )
        except (ValueError, RecursionError):
            return None
        return scrubbed + "\n" * text.endswith("\n")

    def _value(self, place: _Place, value: Any) -> Any:
        place = place._replace(type=sdk.bare(place.type))
        if isinstance(value, dict):
            return self._object(place, value)
        if isinstance(value, list):
            return [self._value(place.items(), each) for each in value]
        if isinstance(value, str):
            scrub = self._kinds.get(type(place.type))
            return self._stand_ins.text(value) if scrub is None else scrub(place, value)
        if value is None or isinstance(value, bool) or _counts(place, value):
            return value
        return 0.0 if isinstance(value, float) else self._stand_ins.number(value)

    def _object(self, place: _Place, value: dict[str, Any]) -> dict[str, Any]:
        places = {".tag": _TAG, **dict(_places(place.type, value))}
        # Paths first: the name of a file or folder is left as it is only if it is a component of a
        # path that was kept before.
        order = sorted(value, key=lambda name: "path" not in name)
        scrubbed = {name: self._value(places.get(name, _ANYWHERE), value[name]) for name in order}
        known = sdk.words().names
        return {
            name if name in places or name in known else self._stand_ins.name("key", name): below
            for name, below in ((name, scrubbed[name]) for name in value)
        }

    # Texts

    def _tag(self, _: _Place, value: str) -> str:
        return value if value in sdk.words().names else self._stand_ins.name("tag", value)

    def _time(self, place: _Place, value: str) -> str:
        form = place.type.format
        try:
            datetime.strptime(value, form)  # noqa: DTZ007 -- only a check
        except ValueError:
            return self._stand_ins.text(value)
        kept = sdk.kind_of(place.owner, place.field, place.type) == "time"
        return value if kept else self._stand_ins.moment(value, form)

    def _string(self, place: _Place, value: str) -> str:
        kind = sdk.kind_of(place.owner, place.field, place.type)
        if kind == "path":
            return self.path(value)
        kept = (
            value in sdk.PUBLIC_VALUES.get(place.field, ())
            or (kind == "name" and value.lower() in self._names)
            or (kind == "part of a name" and all(map(self._is_in_a_name, value.lower().split())))
        )
        return value if kept else self._stand_ins.text(value, place.type)

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
            number = self._stand_ins.text(match["number"])
            return f"{match['kind']}{number}{match['below'] or ''}"
        return self._stand_ins.text(value)

    def page_field(self, name: str, value: str) -> str:
        """Return the scrubbed value of a field of a page's form or JSON."""
        if name == "error_description":
            return self._texts.scrubbed(value)
        public = PAGE_FIELDS.get(name, _SECRET)
        parts = value.split(" ") if name == "scope" else [value]
        return " ".join(each if each in public else self._stand_ins.text(each) for each in parts)


def _places(type_: Any, value: Mapping[str, Any]) -> Iterator[tuple[str, _Place]]:
    """Yield the places of an object's values that have a type, by key."""
    tag = value.get(".tag")
    if isinstance(type_, Envelope):
        yield "error_summary", _Place(_Summary())
        yield "error", _PAGE_PLACES["error"] if type_.error is None else _Place(type_.error)
    elif isinstance(type_, _Page):
        yield from _PAGE_PLACES.items()
    elif isinstance(type_, bv.Union):
        # Before unions had `.tag`, their only key was the tag.
        for name in value if tag is None else [tag] if isinstance(tag, str) else []:
            below = sdk.payload(type_, name)
            yield name, _Place(below, type_.definition, name)
            if type(below) is bv.Struct:  # its fields stand beside the tag (O0-05)
                yield from _places(below, {})
    elif isinstance(type_, bv.Struct):
        if isinstance(type_, bv.StructTree) and isinstance(tag, str):
            type_ = sdk.subtype(type_, tag)
        for name, below in sdk.fields_of(type_).items():
            yield name, _Place(below, type_.definition, name)


def _counts(place: _Place, value: float) -> bool:
    """Return whether a number counts or measures something, according to its type."""
    if isinstance(place.type, _PageField):
        return place.field == "expires_in" and isinstance(value, int)
    if place.field.rpartition("_")[2] in {"id", "uid"}:
        return False
    if isinstance(place.type, bv.Integer):
        return isinstance(value, int) and accepts(place.type, value)
    if not isinstance(place.type, bv.Real) or not -_GREATEST <= value <= _GREATEST:
        return False
    # A real number without both limits may be a geographic coordinate.
    limits = place.type.minimum, place.type.maximum
    default = place.type.default_minimum, place.type.default_maximum
    is_measure = all(own != usual for own, usual in zip(limits, default, strict=True))
    return is_measure and accepts(place.type, value)
