"""Stand-ins for what is nobody's business in a recording."""

from __future__ import annotations

import functools
import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode

# What a stand-in looks like, by kind: `{:0n}` is how many of the kind there were before.
_FORMS: dict[str, str] = {
    "id": "id:{:022}",
    "rev": "{:013x}00000000",
    "cursor": "AAA{:0192}",
    "account": "dbid:{:035}",
    "member": "dbmid:{:035}",
    "namespace": "{}",
    "session": "pid_upload_session:{:038}",
    "job": "dbjid:{:086}",
    "reference": "{:022}",
    "temporary": "AA{:0181}",
    "link": "https://www.dropbox.com/referrals/{:010}?src=app9-1",
    "email": "user{}@test.com",
    "name": "Name {}",
    "uid": "{:08}",
    "secret": "SECRET_{}",
}
# The fields whose values are of a kind, wherever they stand.
_FIELDS: dict[str, str] = {
    **dict.fromkeys(["rev", "parent_rev", "before_rev", "update"], "rev"),
    **dict.fromkeys(["cursor"], "cursor"),
    **dict.fromkeys(["session_id", "upload_session_id"], "session"),
    **dict.fromkeys(["async_job_id"], "job"),
    **dict.fromkeys(["copy_reference"], "reference"),
    **dict.fromkeys(
        ["link", "url", "preview_url", "referral_link", "profile_photo_url", "path_link"], "link"
    ),
    **dict.fromkeys(["email"], "email"),
    **dict.fromkeys(
        ["given_name", "surname", "familiar_name", "display_name", "abbreviated_name"], "name"
    ),
    **dict.fromkeys(
        (
            *("root_namespace_id", "home_namespace_id", "namespace_id", "root"),
            *("shared_folder_id", "parent_shared_folder_id"),
        ),
        "namespace",
    ),
    "uid": "uid",
    **dict.fromkeys(
        (
            *("access_token", "refresh_token", "id_token", "client_id", "client_secret", "code"),
            *("code_verifier", "code_challenge", "redirect_uri", "state", "oauth1_token"),
            *("oauth1_token_secret", "query_token", "password", "link_password"),
        ),
        "secret",
    ),
}
# Where a temporary link leads: whoever knows it needs no token.
_TEMPORARY = re.compile(r"/apitu?l/1/([\w-]+)")
# What is known by its form, wherever in a text it stands; the group is replaced.
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("account", re.compile(r"(dbid:[\w-]+)")),
    ("member", re.compile(r"(dbmid:[\w-]+)")),
    ("job", re.compile(r"(dbjid:[\w-]+)")),
    ("session", re.compile(r"(pid_upload_session:[\w-]+)")),
    ("id", re.compile(r"(?<![\w])(id:[\w-]{22})")),
    ("rev", re.compile(r"(?:\brev:|W/\")([0-9a-f]{9,})")),
    ("namespace", re.compile(r"\bns:([0-9]+)")),
    ("email", re.compile(r"([\w.+-]+@[\w-]+(?:\.[\w-]+)+)")),
    ("temporary", _TEMPORARY),
    ("secret", re.compile(r"(?:Bearer|Basic) +([\w.=+/-]+)")),
)


class Scrubber:
    """Puts stand-ins into texts; the same value gets the same one.

    >>> scrubber = Scrubber()
    >>> scrubber.json('{"account_id": "dbid:AAH4f99T0taONIb", "email": "ada@lab.org"}')
    '{"account_id": "dbid:00000000000000000000000000000000001", "email": "user1@test.com"}'
    >>> scrubber.text("Bearer sl.abc")
    'Bearer SECRET_1'
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}
        self._stand_ins: set[str] = set()
        self._counts = dict.fromkeys(_FORMS, 0)

    def _stand_in(self, kind: str, value: str) -> str:
        if value in self._stand_ins or not value:
            return value
        found = self._known.get((kind, value))
        if found is None:
            self._counts[kind] += 1
            found = self._known[kind, value] = _FORMS[kind].format(self._counts[kind])
            self._stand_ins.add(found)
        return found

    def text(self, text: str) -> str:
        """A text with all in it replaced that is known, or known by its form."""
        for (kind, value), stand_in in self._known.items():
            if kind in {"secret", "cursor", "session", "job", "reference"}:
                text = text.replace(value, stand_in)
        for kind, pattern in _PATTERNS:
            text = pattern.sub(functools.partial(self._replace, kind), text)
        return text

    def _replace(self, kind: str, match: re.Match[str]) -> str:
        start, end = (place - match.start() for place in match.span(1))
        return match[0][:start] + self._stand_in(kind, match[1]) + match[0][end:]

    def json(self, text: str) -> str:
        """A JSON text, written in the same style; any other text as `text` does it."""
        try:
            value = json.loads(text)
        except ValueError:
            return self.text(text)
        spaced = text == json.dumps(value) or text == json.dumps(value, ensure_ascii=False)
        scrubbed = json.dumps(
            self._value("", value),
            ensure_ascii=text.isascii(),
            separators=None if spaced else (",", ":"),
        )
        return scrubbed + "\n" * text.endswith("\n")

    def _value(self, field: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._value(name, below) for name, below in value.items()}
        if isinstance(value, list):
            return [self._value(field, below) for below in value]
        if isinstance(value, str):
            kind = _FIELDS.get(field)
            if kind is None or _TEMPORARY.search(value):
                return self.text(value)
            return self._stand_in(kind, value)
        return value

    def form(self, text: str) -> str:
        """A form's fields, as a token request has them."""
        fields = [(name, self._value(name, value)) for name, value in parse_qsl(text)]
        return urlencode(fields)
