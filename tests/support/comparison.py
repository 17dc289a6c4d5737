"""The comparison of a response of the double with the recorded one."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from tests.support.recordings import TOLERANCES, Exchange, Reply


class Difference(NamedTuple):
    """A difference: its place in the response, such as ``body.entries[2].name``, and a text."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


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
    "async_job_id": _Opaque("job", r"dbjid:[\w-]{88}|[\w-]{22}"),  # F2.1-05, F2.1-01
    "url": _Opaque(  # S1-03, S1-06, S1-09
        "shared link",
        r"https://www\.dropbox\.com/(scl/f[io]/[a-z0-9]{21}|sh?/[a-z0-9]{15})/[^/?]+"
        r"\?(rlkey=[a-z0-9]{25}&)?dl=0",
    ),
    "preview_url": _Opaque(  # S9-07
        "preview", r"https://www\.dropbox\.com/scl/fo/[a-z0-9]{21}/(h|[\w-]{25})\?dl=0"
    ),
    "shared_folder_id": _Opaque("shared folder", r"[0-9]{10,11}"),  # S8-24
    "parent_shared_folder_id": _Opaque("shared folder", r"[0-9]{10,11}"),
    "modified_by": _Opaque("account", r"dbid:[\w-]{35}"),  # S13-04
    "folder_id": _Opaque("id", r"id:[\w-]{22}"),  # S9-09
    "team_id": _Opaque("team", r"dbtid:[\w-]{35}"),  # O0-11
    "member_id": _Opaque("member", r"dbmid:[\w-]{35}"),  # O0-11
    "copy_reference": _Opaque("reference", r"[\w-]{22}|[\w-]{27}"),  # F2.1-07
}
_SUMMARY = re.compile(r"(.*/)\.{0,3}")  # the dots are random (F10-03)
_ETAG = re.compile(r'W/"(.*)"')
_LENGTHS = ("content-length", "original-content-length")
JSON_TYPES = ("application/json", "text/javascript")


class Bindings:
    """A one-to-one mapping from recorded ids, revisions and cursors to those of the double.

    Values that are equal in the recording must be equal in the responses of the double, and
    different ones must be different.
    """

    def __init__(self) -> None:
        self._ours: dict[tuple[str, str], str] = {}
        self._recorded: dict[tuple[str, str], str] = {}
        self._stand_ins: dict[tuple[str, Any], Any] = {}

    def bind(self, kind: str, recorded: str, ours: str) -> bool:
        """Map ``recorded`` to ``ours``; return False if either already has another counterpart."""
        known = self._ours.get((kind, recorded)), self._recorded.get((kind, ours))
        if known == (None, None):
            self._ours[kind, recorded] = ours
            self._recorded[kind, ours] = recorded
            return True
        return known == (ours, recorded)

    def stand_in(self, field: str, recorded: Any, ours: Any) -> None:
        """Expect ``ours`` where a field has the value ``recorded``."""
        self._stand_ins[field, recorded] = ours

    def expected(self, field: str, recorded: Any) -> Any:
        """Return the expected value of a field that is not a generated value."""
        return self._stand_ins.get((field, recorded), recorded)

    def ours(self, kind: str, recorded: str) -> str:
        """Return the value of the double for a recorded one."""
        return self._ours.get((kind, recorded), recorded)

    def ours_in(self, text: str) -> str:
        """Return a recorded text with the values of the double in place of the recorded ones."""
        for (_, recorded), ours in self._ours.items():
            text = text.replace(f'"{recorded}"', f'"{ours}"')
        return text


def differences(exchange: Exchange, got: Reply, bindings: Bindings) -> list[Difference]:
    """Return the differences between a response and the recorded one."""
    comparison = _Comparison(exchange, got, bindings)
    comparison.compare()
    return comparison.found


def _style(value: Any, text: str) -> str | None:
    """Return the style of a JSON text: `classic` as by json.dumps (O0-01), or `compact`."""
    if text == json.dumps(value):
        return "classic"
    compact = json.dumps(value, separators=(",", ":"), sort_keys=True)
    return "compact" if text in (compact, f"{compact}\n") else None


def _places(tolerance: str, exchange: Exchange) -> set[str]:
    """Return the places of an exchange to which a tolerance applies."""
    return {
        place
        for each in TOLERANCES[tolerance]
        if each["exchange"] == exchange.name
        for place in each["places"]
    }


class _Comparison:
    def __init__(self, exchange: Exchange, got: Reply, bindings: Bindings) -> None:
        self._exchange = exchange
        self._recorded = exchange.reply
        self._got = got
        self._bindings = bindings
        day = f"{exchange.date:%Y-%m-%d}"
        self._added_later = [
            added
            for added in TOLERANCES["added_later"]
            if added["first_with"] is None or day < added["first_with"]
        ]
        self._any_order = exchange.path in [each["path"] for each in TOLERANCES["order_varies"]]
        self._only_alike = _places("only_alike", exchange)
        self._edited = _places("edited", exchange)
        self.found: list[Difference] = []

    def _differs(self, place: str, recorded: Any, got: Any) -> None:
        if place not in self._edited:
            self.found.append(Difference(place, f"recorded {recorded!r}, got {got!r}"))

    def compare(self) -> None:
        recorded, got = self._recorded, self._got
        if recorded.status != got.status:
            self._differs("status", recorded.status, got.status)
        for name, value in recorded.headers.items():
            self._header(f"headers.{name}", name, value, got.headers.get(name))
        if recorded.headers["content-type"] in JSON_TYPES:
            self._json("body", recorded.body.decode(), got.body.decode())
        elif recorded.body != got.body:
            self._differs("body", recorded.body, got.body)

    def _header(self, place: str, name: str, recorded: str, got: str | None) -> None:
        if got is None:
            self._differs(place, recorded, got)
        elif name in _LENGTHS:  # expect the length of the body of the double
            if got != str(len(self._got.body)):
                self._differs(place, len(self._got.body), got)
        elif name == "dropbox-api-result":
            self._json(place, recorded, got)
        elif name == "etag":
            self._etag(place, _ETAG.fullmatch(recorded), _ETAG.fullmatch(got))
        elif got != recorded:
            self._differs(place, recorded, got)

    def _etag(self, place: str, recorded: Any, got: Any) -> None:
        if recorded is None or got is None:
            self._differs(place, recorded, got)
        else:
            self._opaque(place, "rev", recorded[1], got[1])

    def _json(self, place: str, recorded: str, got: str) -> None:
        values = []
        for source, text in (("recorded", recorded), ("got", got)):
            try:
                values.append(json.loads(text))
            except ValueError:
                self.found.append(Difference(place, f"{source} {text!r}, which is not JSON"))
                return
        # A text in neither style must be the same.
        if (_style(values[0], recorded) or recorded) != (_style(values[1], got) or got):
            self._differs(place, recorded, f"{got!r}, in another style")
        self._value(place, "", *values)

    def _value(self, place: str, field: str, recorded: Any, got: Any) -> None:
        if type(recorded) is not type(got):
            self._differs(place, recorded, got)
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
        elif self._bindings.expected(field, recorded) != got and place not in self._only_alike:
            self._differs(place, self._bindings.expected(field, recorded), got)

    def _object(self, place: str, recorded: dict[str, Any], got: dict[str, Any]) -> None:
        added = {
            added["field"]
            for added in self._added_later
            if added["field"] not in recorded and recorded.keys() >= set(added["beside"])
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
        if key == "cursor" and "/search" in self._exchange.path:
            return "search_cursor"
        return "team_id" if key == "id" and place.endswith((".team_info", ".owner_team")) else key

    def _opaque(self, place: str, field: str, recorded: str, got: str) -> None:
        kind, form = _OPAQUE[field]
        for source, value in (("recorded", recorded), ("got", got)):
            if not re.fullmatch(form, value):
                self.found.append(
                    Difference(place, f"{source} {value!r}, which is not a valid {field}")
                )
        if not self._bindings.bind(kind, recorded, got):
            self.found.append(
                Difference(
                    place,
                    f"got {got!r} for {recorded!r}, but one of them has another counterpart",
                )
            )

    def _summary(self, place: str, recorded: str, got: str) -> None:
        chains = [_SUMMARY.fullmatch(text) for text in (recorded, got)]
        if None in chains or chains[0][1] != chains[1][1]:
            self._differs(place, recorded, got)
