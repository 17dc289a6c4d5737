"""The comparison of a response with the recorded one: the differences, and the tolerances."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from fakedropbox._facts import rows
from fakedropbox._facts.hosts import is_dropbox
from fakedropbox.recording._exchanges import Exchange, Reply
from fakedropbox.recording._stand_ins import STAND_IN
from fakedropbox.recording._times import are_near
from fakedropbox.recording._values import SECRET_FIELDS


class ResponseDifference(NamedTuple):
    """A difference between a response and the recorded one.

    ``place`` is its place in the response, such as ``status``, ``headers.etag`` or
    ``body.entries[2].name``, and ``text`` is a sentence about the two values. It shows no
    secrets and no contents of files.
    """

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


_SHARED_LINK = "shared link"
_LINK_KEY = "rlkey"  # the query field that is a part of a shared link (S1-03)


class _Opaque(NamedTuple):
    """A kind of value that the service generates, and a regular expression for it."""

    kind: str
    form: str


_OPAQUE = {
    "id": _Opaque("id", r"id:[\w-]{22}"),  # F2.1-01
    "rev": _Opaque("rev", r"[0-9a-f]{9,}"),  # F2.1-02
    "cursor": _Opaque("cursor", r"AA[A-Z][\w-]{149,347}"),  # F2.1-06; a shared link's has 344
    "search_cursor": _Opaque("cursor", r"[A-Za-z0-9+/]{20,}={0,2}"),  # F2.1-06
    "account_id": _Opaque("account", r"dbid:[\w-]{35}"),  # O0-11
    "root_namespace_id": _Opaque("namespace", r"[0-9]+"),
    "home_namespace_id": _Opaque("namespace", r"[0-9]+"),
    "referral_link": _Opaque("link", r"https://www\.dropbox\.com/referrals/\w+\?src=app9-\d+"),
    "link": _Opaque("link", r"https://dl\.dropboxusercontent\.com/apitl/1/AA[\w-]{236}"),
    "access_token": _Opaque("token", r"[\w.-]+"),
    "uid": _Opaque("uid", r"[0-9]+"),
    "template_id": _Opaque("template", r"ptid:[\w-]{22}"),  # O0-11
    "session_id": _Opaque("session", r"(pid_upload_session:)?[\w-]{22,51}"),  # F2.1-05
    "upload_session_id": _Opaque("session", r"pid_upload_session:[\w-]{38,51}"),  # F2.1-05
    "async_job_id": _Opaque("job", r"dbjid:[\w-]{88}|[\w-]{22}"),  # O0-11, F2.1-01
    "url": _Opaque(  # S1-03, S1-06, S1-09
        _SHARED_LINK,
        r"https://www\.dropbox\.com/(scl/f[io]/[a-z0-9]{21}|sh?/[a-z0-9]{15})/[^/?]+"
        r"\?(rlkey=[a-z0-9]{25}&)?dl=0",
    ),
    "preview_url": _Opaque(  # S9-07, S14-23
        "preview",
        r"https://www\.dropbox\.com/scl/(fo/[a-z0-9]{21}/(h|[\w-]{25})|fi/[a-z0-9]{21}/[^/?]+)\?dl=0",
    ),
    "shared_folder_id": _Opaque("shared folder", r"[0-9]{10,11}"),  # S8-24
    "parent_shared_folder_id": _Opaque("shared folder", r"[0-9]{10,11}"),
    "modified_by": _Opaque("account", r"dbid:[\w-]{35}"),  # S13-04
    "folder_id": _Opaque("id", r"id:[\w-]{22}"),  # S9-09
    "team_id": _Opaque("team", r"dbtid:[\w-]{35}"),  # O0-11
    "member_id": _Opaque("member", r"dbmid:[\w-]{35}"),  # O0-11
    "team_member_id": _Opaque("member", r"dbmid:[\w-]{35}"),  # P6-15
    "file_request_id": _Opaque("file request", r"[0-9A-Za-z]{20}"),  # P1-04
    "file_request_url": _Opaque(  # P1-03
        "page of a file request", r"https://www\.dropbox\.com/request/[0-9A-Za-z]{20}"
    ),
    "file_request_cursor": _Opaque("cursor", r"[\w+/=-]+"),  # no form is known
    "team_cursor": _Opaque("cursor", r"[\w+/=-]+"),  # no form is known
    "profile_photo_url": _Opaque(  # P2-02
        "photo",
        r"https://dl-web\.dropbox\.com/account_photo/get/dbaphid%3A[\w-]{35}"
        r"\?vers=[0-9]+&size=128x128",
    ),
    "copy_reference": _Opaque("reference", r"[\w-]{22}|[\w-]{27}"),  # F2.1-07
}
_SUMMARY = re.compile(r"(.*/)\.{0,3}")  # the dots are random (F10-03)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_VALUE_OF_PATH = re.compile(r"((?:rev:)?)([^/]*)(.*)", re.DOTALL)
_TIMES = ("client_modified", "server_modified")
_ETAG = re.compile(r'W/"(.*)"')
_BAD_INPUT = 400
_ARCHIVE = "application/zip"
_LENGTHS = ("content-length", "original-content-length")
JSON_TYPES = ("application/json", "text/javascript")
_FILE_REQUESTS = "/2/file_requests/"
_TEAMS = ("/2/team/", "/2/team_log/")
_ANY_ORDER = ("/oauth2/token",)
"""The paths of responses whose keys came in several orders."""

_OF_THE_ACCOUNT: Mapping[str, tuple[str, ...]] = {
    "users/get_space_usage": ("body.used", "body.allocation.allocated"),
    "users/get_current_account": ("body.country", "body.locale", "body.name.abbreviated_name"),
}
"""The places of a route's response that show the settings of the recorded account."""

Places = Mapping[str, frozenset[str]]
"""Places of responses, by the name of the exchange."""

_NONE: Places = {}


class AddedField(NamedTuple):
    """A field that the API did not have at the time of older recordings.

    In older recordings it is missing in objects that have all the fields of ``beside``.
    ``last_without`` is the last day on which it was seen to be missing, ``first_with`` the first
    day on which it was seen; None if no recording has it.
    """

    field: str
    beside: frozenset[str]
    last_without: str
    first_with: str | None


@cache
def added_fields() -> tuple[AddedField, ...]:
    """Return the fields that were added, from the table of facts."""
    return tuple(
        AddedField(
            row["field"],
            frozenset(row["beside"].split()),
            row["last_without"],
            row["first_with"] or None,
        )
        for row in rows("added_fields.csv")
    )


class Before(NamedTuple):
    """A test for hashes and times of files that existed before the recording began.

    The recording does not contain what these files were made of. ``hashes`` are the hashes of all
    content that it does contain, and ``times`` the times in its requests. ``began`` is the time of
    the first exchange, in Dropbox's format.
    """

    hashes: frozenset[str]
    times: frozenset[str]
    began: str

    def has(self, field: str, value: Any) -> bool:
        """Return whether a recorded value can be that of a file from before the recording."""
        if field == "content_hash":
            return value not in self.hashes
        return field in _TIMES and value < self.began and value not in self.times

    def is_near(self, recorded: Any, got: Any) -> bool:
        """Return whether two times that no request contains differ by at most two seconds."""
        return self.times.isdisjoint((recorded, got)) and are_near(recorded, got)


class Tolerances(NamedTuple):
    """Tolerances of one recording, in addition to those for all recordings.

    ``edited`` are the places that were changed after the recording; they are not compared.
    ``only_alike`` are places where only the type of the value is compared. If ``before`` is given,
    this also holds for hashes and times of files from before the recording.
    """

    edited: Places = _NONE
    only_alike: Places = _NONE
    before: Before | None = None


NO_TOLERANCES = Tolerances()


class Bindings:
    """A one-to-one mapping from recorded ids and other generated values to those of the service.

    Values that are equal in the recording must be equal in the responses of the service, and
    different ones must be different.
    """

    def __init__(self) -> None:
        self._ours: dict[tuple[str, str], str] = {}
        self._recorded: dict[tuple[str, str], str] = {}
        self._stand_ins: dict[tuple[str, Any], Any] = {}
        self._all: dict[str, str] = {}
        self._shared_links: dict[str, str] = {}

    def bind(self, kind: str, recorded: str, ours: str) -> bool:
        """Map ``recorded`` to ``ours``; return False if either already has another counterpart."""
        known = self._ours.get((kind, recorded)), self._recorded.get((kind, ours))
        if known == (None, None):
            self._ours[kind, recorded] = ours
            self._recorded[kind, ours] = recorded
            self._all[recorded] = ours
            if kind == _SHARED_LINK:
                self._shared_links[_split(recorded)[0]] = _split(ours)[0]
            return True
        return known == (ours, recorded)

    def follow(self, recorded: str, ours: str) -> None:
        """Map the address of a redirect: requests to ``recorded`` are to be sent to ``ours``."""
        self._all[recorded] = ours

    def stand_in(self, field: str, recorded: Any, ours: Any) -> None:
        """Expect ``ours`` where a field has the value ``recorded``."""
        self._stand_ins[field, recorded] = ours

    def expected(self, field: str, recorded: Any) -> Any:
        """Return the expected value of a field that is not generated; it may repeat an id."""
        return self._stand_ins.get((field, recorded), self._ours.get(("id", recorded), recorded))

    def ours(self, kind: str, recorded: str) -> str:
        """Return the value of the service for a recorded one."""
        return self._ours.get((kind, recorded), recorded)

    def ours_in(self, text: str) -> str:
        """Return a recorded JSON text with the values of the service in place of the recorded ones.

        A value may be a whole string, or the beginning of a path: ``id:…/a`` or ``rev:…``.
        """
        return _STRING.sub(self._ours_at, text)

    def _ours_at(self, string: re.Match[str]) -> str:
        whole = string[1]
        found = self.ours_of_url(whole)
        if found != whole:
            return f'"{found}"'
        prefix, value, below = _VALUE_OF_PATH.fullmatch(whole).groups()  # type: ignore[union-attr]  # it matches any text
        return f'"{prefix}{self._all.get(value, value)}{below}"'

    def ours_of_url(self, url: str) -> str:
        """Return the URL of the service for a recorded one.

        The fields of a shared link that choose what its page shows, such as ``dl=1``, stay.
        """
        if url in self._all:
            return self._all[url]
        own, switches = _split(url)
        if own not in self._shared_links:
            return url
        return _joined(self._shared_links[own], switches)


def _split(url: str) -> tuple[str, list[tuple[str, str]]]:
    """Return a shared link without the query fields that are not a part of it, and these fields."""
    place, _, query = url.partition("?")
    fields = parse_qsl(query, keep_blank_values=True)
    own = [field for field in fields if field[0] == _LINK_KEY]
    return _joined(place, own), [field for field in fields if field not in own]


def _joined(url: str, fields: list[tuple[str, str]]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(fields)}" if fields else url


def differences(
    exchange: Exchange, got: Reply, bindings: Bindings, tolerances: Tolerances = NO_TOLERANCES
) -> list[ResponseDifference]:
    """Return the differences between a response and the recorded one."""
    comparison = _Comparison(exchange, got, bindings, tolerances)
    comparison.compare()
    return comparison.found


def _style(value: Any, text: str) -> str | None:
    """Return the style of a JSON text: `classic` as by json.dumps (O0-01), or `compact`."""
    if text == json.dumps(value):
        return "classic"
    compact = json.dumps(value, separators=(",", ":"), sort_keys=True)
    return "compact" if text in (compact, f"{compact}\n") else None


class _Comparison:
    def __init__(
        self, exchange: Exchange, got: Reply, bindings: Bindings, tolerances: Tolerances
    ) -> None:
        self._exchange = exchange
        self._recorded = exchange.reply
        self._got = got
        self._bindings = bindings
        day = f"{exchange.date:%Y-%m-%d}"
        self._added_later = [
            added for added in added_fields() if added.first_with is None or day < added.first_with
        ]
        self._any_order = exchange.path in _ANY_ORDER
        self._only_alike = {
            *_OF_THE_ACCOUNT.get(exchange.route, ()),
            *tolerances.only_alike.get(exchange.name, ()),
        }
        self._edited = tolerances.edited.get(exchange.name, frozenset())
        self._before = tolerances.before
        self.found: list[ResponseDifference] = []

    def _differs(self, place: str, recorded: Any, got: Any) -> None:
        self._note(place, f"recorded {recorded!r}, got {got!r}")

    def _note(self, place: str, text: str) -> None:
        if place not in self._edited:
            self.found.append(ResponseDifference(place, text))

    def compare(self) -> None:
        recorded, got = self._recorded, self._got
        if recorded.status != got.status:
            self._differs("status", recorded.status, got.status)
        for name, value in recorded.headers.items():
            self._header(f"headers.{name}", name, value, got.headers.get(name))
        bodies = bytes(recorded.body), bytes(got.body)
        if recorded.headers.get("content-type") in JSON_TYPES:
            self._json("body", *(body.decode("utf-8", "replace") for body in bodies))
        elif bodies[0] != bodies[1]:
            self._content(*bodies)

    def _content(self, recorded: bytes, got: bytes) -> None:
        """Note the difference of two bodies that are not JSON: texts of errors, or contents."""
        if self._recorded.status == _BAD_INPUT == self._got.status:
            self._differs("body", *(text.decode("utf-8", "replace") for text in (recorded, got)))
        elif len(recorded) != len(got):
            self._note("body", f"recorded {len(recorded)} bytes, got {len(got)}")
        # A recording has only a stand-in of an archive.
        elif self._recorded.headers.get("content-type") != _ARCHIVE:
            at = next(
                n for n, pair in enumerate(zip(recorded, got, strict=True)) if len({*pair}) > 1
            )
            self._note("body", f"got other bytes from position {at} of {len(got)} on")

    def _header(self, place: str, name: str, recorded: str, got: str | None) -> None:
        if got is None:
            self._differs(place, recorded, got)
        elif name in _LENGTHS:  # expect the length of the body of the double
            length = len(bytes(self._got.body))
            if got != str(length):
                self._differs(place, length, got)
        elif name == "dropbox-api-result":
            self._json(place, recorded, got)
        elif name == "location":
            self._location(place, recorded, urljoin(self._got.url, got))
        elif name == "etag":
            self._etag(place, _ETAG.fullmatch(recorded), _ETAG.fullmatch(got))
        elif got != recorded:
            self._differs(place, recorded, got)

    def _location(self, place: str, recorded: str, got: str) -> None:
        """Map the address of a redirect; note a difference if only one of two leads to Dropbox."""
        self._bindings.follow(recorded, got.partition("#")[0])
        sites = [
            "Dropbox" if _leads_to_dropbox(each) else "another site" for each in (recorded, got)
        ]
        if sites[0] != sites[1]:
            self._note(place, "recorded an address at {}, got one at {}".format(*sites))

    def _etag(self, place: str, recorded: Any, got: Any) -> None:
        if recorded is None or got is None:
            self._differs(place, recorded, got)
        else:
            self._opaque(place, "rev", recorded[1], got[1])

    def _json(self, place: str, recorded: str, got: str) -> None:
        try:
            self._decoded(place, recorded, got)
        except RecursionError:
            self._note(place, "recorded JSON that is nested too deeply to be compared")

    def _decoded(self, place: str, recorded: str, got: str) -> None:
        values = []
        for source, text in (("recorded", recorded), ("got", got)):
            try:
                values.append(json.loads(text))
            except ValueError:
                self._note(place, f"{source} {len(text)} characters that are not JSON")
                return
        # A text in neither style must be the same.
        styles = _style(values[0], recorded), _style(values[1], got)
        if (styles[0] or recorded) != (styles[1] or got):
            self._note(place, "recorded JSON in the style {}, got {}".format(*styles))
        self._value(place, "", *values)

    def _value(self, place: str, field: str, recorded: Any, got: Any) -> None:
        if type(recorded) is not type(got):
            self._field_differs(place, field, recorded, got)
        elif isinstance(recorded, dict):
            self._object(place, recorded, got)
        elif isinstance(recorded, list):
            if len(recorded) != len(got):
                self._differs(place, f"{len(recorded)} items", f"{len(got)} items")
            for index, pair in enumerate(zip(recorded, got, strict=False)):
                self._value(f"{place}[{index}]", field, *pair)
        elif field in _OPAQUE:
            self._opaque(place, field, recorded, got)
        elif field == "error_summary":
            self._summary(place, recorded, got)
        else:
            expected = self._bindings.expected(field, recorded)
            is_alike = place in self._only_alike or _is_stand_in(recorded)
            if self._before is not None:
                is_alike = is_alike or self._before.has(field, recorded)
                is_alike = is_alike or self._before.is_near(recorded, got)
            if expected != got and not is_alike:
                self._field_differs(place, field, expected, got)

    def _field_differs(self, place: str, field: str, recorded: Any, got: Any) -> None:
        """Note that two values differ, without showing them if they are secrets."""
        if field in SECRET_FIELDS:
            types = type(recorded).__name__, type(got).__name__
            self._note(place, "recorded another {}, got {}; they are not shown".format(*types))
        else:
            self._differs(place, recorded, got)

    def _object(self, place: str, recorded: dict[str, Any], got: dict[str, Any]) -> None:
        added = {
            added.field
            for added in self._added_later
            if added.field not in recorded and recorded.keys() >= added.beside
        }
        keys = [key for key in got if key not in added]
        same = sorted(keys) == sorted(recorded) if self._any_order else keys == list(recorded)
        if not same:
            self._differs(place, list(recorded), keys)
        for key, value in recorded.items():
            if key in got:
                self._value(f"{place}.{key}", self._field(place, key), value, got[key])

    def _field(self, place: str, key: str) -> str:
        """Return the name in `_OPAQUE` of a key, which may depend on its place."""
        path = self._exchange.path
        if path.startswith(_FILE_REQUESTS) and key in ("id", "url", "cursor"):
            return f"file_request_{key}"
        if path.startswith(_TEAMS) and key == "cursor":
            return "team_cursor"
        if key == "cursor" and "/search" in path:
            return "search_cursor"
        return "team_id" if key == "id" and place.endswith((".team_info", ".owner_team")) else key

    def _opaque(self, place: str, field: str, recorded: str, got: str) -> None:
        kind, form = _OPAQUE[field]
        for source, value in (("recorded", recorded), ("got", got)):
            if not re.fullmatch(form, value) and not STAND_IN.search(value):
                self._note(place, f"{source} {_shown(field, value)}, which is not a valid {field}")
        if not self._bindings.bind(kind, recorded, got):
            shown = _shown(field, got), _shown(field, recorded)
            self._note(
                place, "got {} for {}, but one of them has another counterpart".format(*shown)
            )

    def _summary(self, place: str, recorded: str, got: str) -> None:
        chains = [found and found[1] for found in map(_SUMMARY.fullmatch, (recorded, got))]
        if None in chains or chains[0] != chains[1]:
            self._differs(place, recorded, got)


def _leads_to_dropbox(url: str) -> bool:
    try:
        return is_dropbox(urlsplit(url).hostname or "")
    except ValueError:  # it is not a URL
        return False


def _shown(field: str, value: str) -> str:
    return f"a value of {len(value)} characters" if field in SECRET_FIELDS else repr(value)


def _is_stand_in(recorded: object) -> bool:
    """Return whether a recorded value is the stand-in of a text, which shows only its type."""
    return isinstance(recorded, str) and STAND_IN.fullmatch(recorded) is not None
