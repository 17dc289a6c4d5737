"""Stand-ins for values: they have the form of a value and reveal nothing else about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from stone.backends.python_rsrc import stone_validators as bv

from fakedropbox._facts import hosts
from fakedropbox._files.blobs import content_hash

_NAME_DIGITS = 12
STAND_IN = re.compile(
    rf"(?:text|user)_[0-9a-f]{{{_NAME_DIGITS}}}(?:@example\.com)?"
    rf"|https://[0-9a-f]{{{_NAME_DIGITS}}}\.example/"
)
"""The form of the stand-in of a text, an e-mail address or a URL of another host."""

_NUMBER_BYTES = 6  # the bytes at the start of a stand-in's content that hold its number
_FIRST_DAY = datetime(2000, 1, 1)  # noqa: DTZ001 -- Dropbox's times have no zone
_SECONDS = 315_360_000  # in ten years

# The prefixes of ids, each with the number of characters after it (F2.1-01, F2.1-05, O0-11).
# In the id of a job, `AA` stands between the prefix and these characters.
_PREFIXED = {
    "id": 22,
    "dbid": 35,
    "dbmid": 35,
    "dbtid": 35,
    "dbjid": 86,
    "g": 32,
    "pid_dbhid": 32,
    "pid_dbtmr": 32,
    "pid_upload_session": 38,
    "ptid": 22,
}
_TEMPORARY = 238, "AA"  # the width and the beginning of the secret of a temporary link
# Other generated values, each with the width of its stand-in and the text that begins it.
_TOKENS: tuple[tuple[str, int, str], ...] = (
    (r"AA[A-Z][\w-]{150,}", 195, "AAA"),  # a cursor (F2.1-06)
    (r"AA[\w-]{150,}", *_TEMPORARY),
    (r"[\w-]{22}", 22, ""),  # a copy reference, or an older session or job (F2.1-07)
    # Base64, such as a thumbnail or the cursor of a search
    (r"(?=.{20})(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}[A-Za-z0-9+/=]=)?", 24, ""),
)
_REV_PATTERN = "[0-9a-f]+"
_REV_WIDTH = 21  # F2.1-02

# Components of the paths of Dropbox's own links that are the same for everybody.
_LINK_WORDS = frozenset(
    {
        *("0", "1", "apitl", "apitul", "cd", "fi", "file", "fo", "get", "h", "home", "l", "paper"),
        *("preview", "referrals", "request", "s", "scl", "sh", "t"),
    }
)
_LINK_FIELDS = frozenset({"dl", "e", "oref", "raw", "rlkey", "src", "st"})
_SWITCHES = frozenset({"0", "1"})


class StandIns:
    """A source of stand-ins, in which equal values have equal stand-ins.

    A stand-in is computed from the value and a secret key, not from a counter, so that processes
    that write to the same file use the same stand-ins. Without the key nobody can find out the
    value, not even by trying all possible ones.

    >>> stand_ins = StandIns(b"key")
    >>> stand_ins.text("Ada"), stand_ins.text("ada@lab.org")
    ('text_757bf73485d6', 'user_c28470083338@example.com')
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        empty = content_hash(b"").hex()
        self._numbers = {empty: 0}
        self._hashes = {empty: empty}
        self._taken: set[tuple[int, int]] = set()
        forms: list[tuple[str, Callable[[str], str]]] = [
            *((f"{each}:.+", partial(self._prefixed, each)) for each in _PREFIXED),
            (r"[0-9a-f]{64}", self._hash),
            (r"[0-9]+", lambda value: str(self.number(value))),
            (r"[0-9a-f]{9,}", self.rev),
            (r"[^\s@]+@[^\s@]+\.[A-Za-z]{2,15}", self._email),
            (r"(?i:https?://).*", self.url),
            *((form, partial(self._opaque, width, begin)) for form, width, begin in _TOKENS),
        ]
        self._forms = [(re.compile(form, re.DOTALL), stand_in) for form, stand_in in forms]

    def _digest(self, value: str) -> str:
        data = value.encode("utf-8", "surrogatepass")
        return blake2b(data, key=self._key, digest_size=32).hexdigest()

    def _token(self, value: str, width: int) -> str:
        return self._digest(value).ljust(width, "0")[:width]

    def name(self, kind: str, value: str) -> str:
        """Return a word that consists of a kind and digits."""
        return f"{kind}_{self._token(value, _NAME_DIGITS)}"

    # Texts and numbers

    def text(self, value: str, validator: Any = None) -> str:
        """Return the stand-in of a text, which ``validator`` accepts if it accepts the text.

        If none that it accepts is found, the stand-in has the form of the text alone.
        """
        if not value:
            return value
        if validator is None or not accepts(validator, value):
            return self._of_form(value)
        for candidate in self._candidates(value, validator):
            if accepts(validator, candidate):
                return candidate
        return self._of_form(value)

    def _candidates(self, value: str, validator: bv.String) -> Iterator[str]:
        yield self.rev(value) if validator.pattern == _REV_PATTERN else self._of_form(value)
        least, most = validator.min_length or 1, validator.max_length or _NAME_DIGITS
        yield self._token(value, max(least, min(most, _NAME_DIGITS)))
        for prefix in _PREFIXED:
            yield self._prefixed(prefix, value)
        yield self._email(value)

    def _of_form(self, value: str) -> str:
        for form, stand_in in self._forms:
            if form.fullmatch(value):
                return stand_in(value)
        return self.name("text", value)

    def _opaque(self, width: int, begin: str, value: str) -> str:
        return begin + self._token(value, width - len(begin))

    def _hash(self, value: str) -> str:
        return self._hashes.get(value) or self._digest(value)

    def _prefixed(self, prefix: str, value: str) -> str:
        begin = f"{prefix}:AA" if prefix == "dbjid" else f"{prefix}:"
        return begin + self._token(value, _PREFIXED[prefix])

    def _email(self, value: str) -> str:
        return f"{self.name('user', value)}@example.com"

    def rev(self, value: str) -> str:
        """Return the stand-in of a revision."""
        return self._token(value, _REV_WIDTH)

    def number(self, value: object) -> int:
        """Return a number of fifteen digits, as the stand-in of a whole number or of its digits."""
        return 10**14 + int(self._digest(str(value)), 16) % (9 * 10**14)

    def moment(self, value: str, form: str) -> str:
        """Return the stand-in of a time."""
        seconds = int(self._digest(value), 16) % _SECONDS
        return (_FIRST_DAY + timedelta(seconds=seconds)).strftime(form)

    # Contents of files

    def content(self, data: bytes) -> dict[str, int] | str:
        """Return the stand-in of the content of a file: its size, and a number.

        It stands for content of that size that begins with the number, in little-endian order,
        and goes on with zeros. Different contents have different numbers. From now on, the
        hash of the content has the hash of its stand-in as stand-in.
        """
        if not data:
            return ""
        real = content_hash(data).hex()
        if real not in self._numbers:
            width = min(len(data), _NUMBER_BYTES)
            number = int(self._digest(real), 16) % 256**width
            while (len(data), number) in self._taken:
                number = (number + 1) % 256**width
            self._taken.add((len(data), number))
            stand_in = number.to_bytes(width, "little").ljust(len(data), b"\0")
            self._numbers[real] = number
            self._hashes[real] = content_hash(stand_in).hex()
        return {"bytes": len(data), "number": self._numbers[real]}

    # Addresses

    def url(self, value: str) -> str:
        """Return the stand-in of a URL: a link of Dropbox piece by piece, any other as a whole."""
        with suppress(ValueError):  # `urlsplit` raises it
            url = urlsplit(value)
            if hosts.is_dropbox(url.hostname or ""):
                host, path = self.host(url.hostname or ""), self.link_path(url.path)
                return urlunsplit((url.scheme, host, path, self.link_query(url.query), ""))
        return f"https://{self._token(value, _NAME_DIGITS)}.example/"

    def host(self, host: str) -> str:
        """Return one of Dropbox's hosts, or a stand-in for it if it is not known to everybody."""
        if host in hosts.ALL or host in hosts.OF_TOKENS:
            return host
        domain = next((each for each in hosts.DOMAINS if host.endswith(f".{each}")), hosts.API)
        return f"{self._token(host, _NAME_DIGITS)}.{domain}"

    def link_path(self, path: str) -> str:
        """Return the path of a link with stand-ins for the components that are its own."""
        parts = path.split("/")
        own = partial(self._opaque, *_TEMPORARY) if "apitl" in parts else self.text
        return "/".join(part if not part or part in _LINK_WORDS else own(part) for part in parts)

    def link_query(self, query: str) -> str:
        """Return the query of a link with stand-ins for names and values that are not public."""
        return urlencode(
            [
                (
                    name if name in _LINK_FIELDS else self.name("key", name),
                    value if name in _LINK_FIELDS and value in _SWITCHES else self.text(value),
                )
                for name, value in parse_qsl(query, keep_blank_values=True)
            ]
        )


def accepts(validator: Any, value: object) -> bool:
    """Return whether a value is one of a type of Stone."""
    try:
        validator.validate(value)
    except bv.ValidationError:
        return False
    return True
