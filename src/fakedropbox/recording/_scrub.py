"""Placeholders for the secrets and personal data in a recording."""

from __future__ import annotations

import functools
import json
import re
from bisect import insort
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from fakedropbox._facts import hosts

# The form of a placeholder, by kind; the number in it counts the placeholders of that kind.
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
    "link": hosts.SITE + "/referrals/{:010}?src=app9-1",
    "email": "user{}@test.com",
    "name": "Name {}",
    "uid": "{:08}",
    "team": "dbtid:{:035}",
    "group": "g:{:032}",
    "template": "ptid:{:022}",
    "content": "AAAA{:08}",  # of a file; Base64, as thumbnails are
    "secret": "SECRET_{}",
}
# Kinds whose values, once known, are replaced everywhere, even inside the text of an error.
_REPLACED_EVERYWHERE = frozenset({"secret", "cursor", "session", "job", "reference", "link"})
_SHORT = 16  # a secret of fewer characters may be part of another word by chance
# The kind of the values of a field, wherever the field occurs.
_FIELDS: dict[str, str] = {
    **dict.fromkeys(["rev", "parent_rev", "before_rev", "update"], "rev"),
    **dict.fromkeys(["cursor"], "cursor"),
    **dict.fromkeys(["session_id", "session_ids", "upload_session_id"], "session"),
    **dict.fromkeys(["async_job_id"], "job"),
    **dict.fromkeys(["copy_reference"], "reference"),
    **dict.fromkeys(
        (
            "link",
            "url",
            "preview_url",
            "referral_link",
            "profile_photo_url",
            "path_link",
            "photo_url",
            "picture",
            "short_url",
            "upsell_url",
        ),
        "link",
    ),
    **dict.fromkeys(["email"], "email"),
    **dict.fromkeys(
        (
            "given_name",
            "surname",
            "familiar_name",
            "family_name",
            "display_name",
            "abbreviated_name",
            "initials",
            "lockholder_name",
            "owner_display_names",
            "group_name",
            "team_name",
        ),
        "name",
    ),
    "group_id": "group",
    **dict.fromkeys(["thumbnail", "highlight_str"], "content"),
    **dict.fromkeys(
        (
            "root_namespace_id",
            "home_namespace_id",
            "namespace_id",
            "root",
            "shared_folder_id",
            "parent_shared_folder_id",
        ),
        "namespace",
    ),
    "uid": "uid",
    **dict.fromkeys(
        (
            "access_token",
            "refresh_token",
            "id_token",
            "client_id",
            "client_secret",
            "code",
            "code_verifier",
            "code_challenge",
            "redirect_uri",
            "state",
            "oauth1_token",
            "oauth1_token_secret",
            "oauth2_token",
            "query_token",
            "password",
            "link_password",
            "login_hint",
            "nonce",
            "rlkey",
            "custom_message",
            "group_external_id",
        ),
        "secret",
    ),
}
# Fields with an object whose `name` is the name of a team, not of a file.
_TEAMS = frozenset({"team", "owner_team", "team_info"})
_COORDINATES = frozenset({"latitude", "longitude"})
# Paths that are the same for all users; any other path is that of a user's link.
_ENDPOINT = re.compile(r"/(?:[12]|oauth2|apitu?l)/")
# The path of a temporary link, which is a secret: it works without a token.
_TEMPORARY = re.compile(r"/apitu?l/1/([\w-]+)")
# Values that are recognized by their form anywhere in a text; the group is replaced.
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("account", re.compile(r"(dbid:[\w-]+)")),
    ("member", re.compile(r"(dbmid:[\w-]+)")),
    ("team", re.compile(r"(dbtid:[\w-]+)")),
    ("template", re.compile(r"(ptid:[\w/-]+)")),
    ("job", re.compile(r"(dbjid:[\w-]+)")),
    ("session", re.compile(r"(pid_upload_session:[\w-]+)")),
    ("id", re.compile(r"(?<![\w])(id:[\w-]{22})")),
    ("rev", re.compile(r"(?:\brev:|W/\")([0-9a-f]{9,})")),
    ("namespace", re.compile(r"\bns:([0-9]+)")),
    ("email", re.compile(r"([\w.+-]+@[\w-]+(?:\.[\w-]+)+)")),
    ("temporary", _TEMPORARY),
    (
        "link",
        re.compile(
            r"(https?://(?:[\w-]+\.)*dropbox(?:usercontent)?\.com/"
            r"(?:cd|l|request|s|scl|sh|t)/[^\s\"'<>]+)"
        ),
    ),
    ("secret", re.compile(r"(?:Bearer|Basic) +([\w.=+/~-]+)")),
    ("secret", re.compile(r"\b(sl\.[\w.-]{40,})")),
)
_SCHEMES = frozenset({"bearer", "basic"})


class Scrubber:
    """A scrubber of texts, which replaces equal values by equal placeholders.

    >>> scrubber = Scrubber()
    >>> scrubber.json('{"account_id": "dbid:AAH4f99T0taONIb", "email": "ada@lab.org"}')
    '{"account_id": "dbid:00000000000000000000000000000000001", "email": "user1@test.com"}'
    >>> scrubber.text("Bearer sl.abc")
    'Bearer SECRET_1'
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}
        self._placeholders: set[str] = set()
        self._counts = dict.fromkeys(_FORMS, 0)
        # Values to replace everywhere; the longest first, as one may contain another.
        self._everywhere: list[tuple[str, str]] = []

    def _placeholder(self, kind: str, value: str) -> str:
        if value in self._placeholders or not value:
            return value
        found = self._known.get((kind, value))
        if found is None:
            self._counts[kind] += 1
            found = self._known[kind, value] = _FORMS[kind].format(self._counts[kind])
            self._placeholders.add(found)
            if kind in _REPLACED_EVERYWHERE:
                insort(self._everywhere, (value, found), key=lambda pair: -len(pair[0]))
        return found

    def text(self, text: str) -> str:
        """Return a text with all known values, and all values of a known form, replaced."""
        for value, placeholder in self._everywhere:
            if value not in text:
                continue
            if len(value) < _SHORT:
                text = re.sub(rf"(?<![\w-]){re.escape(value)}(?![\w-])", placeholder, text)
            else:
                text = text.replace(value, placeholder)
        for kind, pattern in _PATTERNS:
            text = pattern.sub(functools.partial(self._replace, kind), text)
        return text

    def _replace(self, kind: str, match: re.Match[str]) -> str:
        start, end = (place - match.start() for place in match.span(1))
        return match[0][:start] + self._placeholder(kind, match[1]) + match[0][end:]

    def json(self, text: str) -> str:
        """Return a scrubbed JSON text in the same style; other texts are scrubbed by `text`."""
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

    def hides(self, text: str) -> bool:
        """Return whether a text, of JSON or not, contains anything to be replaced."""
        try:
            value = json.loads(text)
        except ValueError:
            return self.text(text) != text
        return bool(self._value("", value) != value)

    def _value(self, field: str, value: Any) -> Any:
        if isinstance(value, dict):
            names = {"name": "team_name"} if field in _TEAMS else {}
            return {
                name: self._value(names.get(name) or name, below) for name, below in value.items()
            }
        if isinstance(value, list):
            return [self._value(field, below) for below in value]
        if isinstance(value, str):
            kind = _FIELDS.get(field)
            if kind is None or _TEMPORARY.search(value):
                return self.text(value)
            return self._placeholder(kind, value)
        return 0.0 if field in _COORDINATES else value

    def form(self, text: str) -> str:
        """Return the scrubbed fields of a form, such as a token request, or of a URL's query.

        A query may hold ``arg`` and ``authorization``, which are otherwise headers.
        """
        return urlencode([(name, self._parameter(name, value)) for name, value in parse_qsl(text)])

    def _parameter(self, name: str, value: str) -> str:
        if name == "arg":
            return self.json(value)
        if name == "authorization":
            return self.authorization(value)
        return str(self._value(name, value))

    def authorization(self, text: str) -> str:
        """Return a scrubbed ``Authorization`` header; everything but its scheme is secret.

        >>> Scrubber().authorization("OAuth abc")
        'OAuth SECRET_1'
        """
        scheme, _, token = text.strip().partition(" ")
        if token:
            return f"{scheme} {self._placeholder('secret', token.strip())}"
        return scheme if scheme.lower() in _SCHEMES else self._placeholder("secret", scheme)

    def place(self, host: str, path: str, query: str) -> tuple[str, str, str]:
        """Return the scrubbed host, path and query; a link to a user's files is replaced whole."""
        if _ENDPOINT.match(path):
            return host, self.text(path), self.form(query)
        url = f"https://{host}{path}" + f"?{query}" * bool(query)
        link = urlsplit(self._placeholder("link", url))
        return link.netloc, link.path, link.query
