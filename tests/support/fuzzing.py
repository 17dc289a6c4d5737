"""Random requests, made from the types of the SDK and partly damaged.

All randomness comes from one `random.Random`, which may be the one of Hypothesis.
"""

import base64
import json
import string
from urllib.parse import quote, urlsplit

from requests import PreparedRequest
from requests.structures import CaseInsensitiveDict
from stone.backends.python_rsrc import stone_base
from stone.backends.python_rsrc import stone_validators as bv

from fakedropbox._api.registry import IMPLEMENTED
from fakedropbox._facts import hosts

NAMES = ["a", "A", "é", "e\u0301", "b.txt", "Σς", "İ", "🙂", "x" * 255, "x" * 256, "..", "."]
NAMES += [
    " ",
    "a ",
    "\x7f",
    "\0",
    "a\\b",
    "desktop.ini",
    "~$a",
    "\ud800",
    "a\nb",
    "",
    "%2e",
    "null",
]
PATHS = ["", "/", "/a", "/A/b.txt", "/é", "/a/", "//", "a", "ns:1/a", "ns:", "id:", "rev:012345678"]
TIMES = ["2026-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z"]
JUNK = [None, True, False, 0, -1, 1.5, 2**63, 1e308, "", "x", [], {}, [[]], {".tag": "other"}]
JUNK += [{".tag": None}, {".tag": "add"}, "\ud800", "x" * 1001, ["a"] * 1001, {"": ""}]
TYPES = ["application/json", "application/json; charset=utf-8", "application/octet-stream"]
TYPES += ["text/plain; charset=dropbox-cors-hack", "text/plain", "", "multipart/form-data"]
RANGES = ["bytes=0-", "bytes=0-0", "bytes=5-2", "bytes=-1", "bytes=-0", "bytes=99999-", "bytes=a-b"]
RANGES += [f"bytes=0-{'9' * 5000}", f"bytes={'9' * 5000}-", f"bytes=-{'9' * 5000}", "bytes=\xb2-"]
RANGES += ["bytes=", "items=0-1", "bytes=0-1,2-3", "bytes=0-99999999999999999999"]
ROOTS = ['{".tag": "home"}', '{".tag": "root", "root": "1"}', "{", "[]", '{".tag": 1}', "\x80"]
HEADERS = {
    "Accept": ["", "text/html", "*/*;q=0", "x" * 5000],
    "Accept-Encoding": ["identity;q=0", "gzip, br", "\xff"],
    "Content-Encoding": ["gzip", "identity", "x"],
    "Cookie": ["t=1", "=;;=", "x" * 20_000],
    "Dropbox-API-Select-Admin": ["dbmid:AAA", ""],
    "Dropbox-API-Select-User": ["dbmid:AAA", ""],
    "Expect": ["200-ok", ""],
    "If-Modified-Since": ["yesterday", "Thu, 01 Jan 1970 00:00:00 GMT"],
    "If-None-Match": ['"0123"', "*", "W/", '"' * 999],
    "Origin": ["null", "https://example.com", "\xe9"],
    "User-Agent": ["", "\x7f", "x" * 9000],
    "X-Forwarded-Host": ["example.com"],
    "X-HTTP-Method-Override": ["DELETE"],
}
"""Headers that no route needs, with odd values."""

UNKNOWN = {
    "id": "id:AAAAAAAAAAAAAAAAAAAAAA",
    "rev": "0123456789abc",
    "cursor": "AAAAAAAAAAA",
    "session_id": "pid_upload_session:AAAA",
    "async_job_id": "dbjid:AAAA",
    "copy_reference": "AAAAAAAAAAAAAAAAAAAAAA",
    "account_id": "dbid:" + 35 * "A",
    "path_lower": "/a",
    "url": "https://www.dropbox.com/scl/fi/abcdefghijklmnopqrstu/a?rlkey=x&dl=0",
}
"""The fields of replies that later requests may use, each with a value that is not known."""


FILES = {"/a": b"1", "/b.txt": b"text", "/é/a": b"", "/é/b.txt": bytes(range(256)), "/Σς/🙂": b"2"}
"""Files to begin with."""


OF_ACCOUNTS = sorted(name for name, each in IMPLEMENTED.items() if "team" not in each.fact.auth)
"""The routes that the token of an account may call, and those without a token."""


def keeps_bytes(name):
    """Return whether a route keeps the data of a refused commit, in a session (F4-09, F4.1-05)."""
    return name.removeprefix("files/").startswith(("upload", "upload_session/", "alpha/upload"))


OF_TEAMS = sorted(name for name, each in IMPLEMENTED.items() if "team" in each.fact.auth)
"""The routes that only the token of a team may call."""


class Pools:
    """Identifiers from earlier replies, for later requests.

    ``more`` are further fields, each with a value that is not known.
    """

    def __init__(self, rng, more=None):
        self.rng = rng
        self.unknown = {**UNKNOWN, **(more or {})}
        self.known = {name: [] for name in self.unknown}

    def learn(self, value):
        """Remember the identifiers that a reply contains, for later requests."""
        if isinstance(value, list):
            for one in value[:5]:
                self.learn(one)
        elif isinstance(value, dict):
            for name, one in value.items():
                if name in self.known and isinstance(one, str):
                    self.known[name].append(one)
                    del self.known[name][:-20]
                elif name == "session_ids":
                    self.known["session_id"] += one[-20:]
                else:
                    self.learn(one)

    def one_of(self, name):
        """Return a known identifier of this kind, or rarely an unknown one."""
        known = self.known[name]
        return self.rng.choice(known) if known and self.rng.random() < 0.9 else self.unknown[name]

    def path(self):
        """Return a path, an id or a revision, often of an existing entry."""
        rng, kind = self.rng, self.rng.random()
        if kind < 0.4:
            return "/" + "/".join(rng.choice(NAMES[:8]) for _ in range(rng.randint(1, 3)))
        if kind < 0.6:
            return self.one_of("path_lower")
        if kind < 0.7:
            return self.one_of("id")
        if kind < 0.75:
            return "rev:" + self.one_of("rev")
        if kind < 0.85:
            return "/" + "/".join(rng.choice(NAMES) for _ in range(rng.randint(1, 4)))
        return rng.choice(PATHS)


def _text(field, validator, pools):
    if "path" in field or field == "entries":
        return pools.path()
    for name in pools.unknown:
        if field == name or (field.endswith(f"_{name}") and name != "id"):
            return pools.one_of(name)
    rng = pools.rng
    if field == "content_hash":
        return "".join(rng.choice("0123456789abcdef") for _ in range(64))
    if rng.random() < 0.3:
        return pools.path()
    longest = min(validator.max_length or 20, 20)
    length = rng.randint(validator.min_length or 0, max(longest, validator.min_length or 0))
    return "".join(rng.choice(string.ascii_letters + ":/_-é") for _ in range(length))


def _integer(field, validator, pools):
    low, high = validator.minimum, validator.maximum
    if field == "num_sessions":
        high = 3  # a thousand at once make every later comparison of the state slow
    inside = [min(high, max(low, value)) for value in (0, 1, 5)]
    return pools.rng.choice([low, high, *inside])


def _list(field, validator, pools):
    most = min(validator.max_items or 3, 3)
    length = pools.rng.randint(min(validator.min_items or 0, most), most)
    return [json_of(validator.item_validator, pools, field) for _ in range(length)]


def _nullable(field, validator, pools):
    return json_of(validator.validator, pools, field) if pools.rng.random() < 0.7 else None


def _struct(_field, validator, pools):
    given = {}
    for name, inner in validator.definition._all_fields_:
        attribute = getattr(validator.definition, name)
        optional = attribute.nullable or attribute.default is not stone_base.NO_DEFAULT
        if not optional or pools.rng.random() < 0.4:
            given[name] = json_of(inner, pools, name)
    return given


def _union(field, validator, pools):
    definition = validator.definition
    tag = pools.rng.choice(sorted(definition._tagmap.keys() - {definition._catch_all}))
    member = definition._tagmap[tag]
    if isinstance(member, bv.Void):
        return tag if pools.rng.random() < 0.3 else {".tag": tag}
    inner = json_of(member, pools, field)
    if isinstance(member, bv.Struct):
        return {".tag": tag, **(inner or {})}
    return {".tag": tag, tag: inner}


MAKERS = [
    (bv.Nullable, _nullable),
    (bv.Void, lambda *_: None),
    (bv.String, _text),
    (bv.Boolean, lambda _field, _validator, pools: pools.rng.random() < 0.5),
    (bv.Integer, _integer),
    (bv.Real, lambda _field, _validator, pools: pools.rng.choice([0.0, 1.5, -1e9])),
    (bv.Timestamp, lambda _field, _validator, pools: pools.rng.choice(TIMES)),
    (bv.Bytes, lambda *_: "AAAA"),
    (bv.List, _list),
    (bv.Map, lambda _field, validator, pools: {"a": json_of(validator.value_validator, pools)}),
    (bv.Struct, _struct),
    (bv.Union, _union),
]


def json_of(validator, pools, field=""):
    """Return a JSON value that a validator of the SDK accepts, as far as types are concerned."""
    make = next(make for kind, make in MAKERS if isinstance(validator, kind))
    return make(field, validator, pools)


def _damaged(value, rng):
    """Return a copy of a JSON value with one mistake in it."""
    if isinstance(value, dict) and value and rng.random() < 0.8:
        name = rng.choice(sorted(value))
        kind = rng.random()
        if kind < 0.1:
            return {key: one for key, one in value.items() if key != name}
        if kind < 0.2:
            return {**value, rng.choice(["root", ".tag", "", name.upper()]): rng.choice(JUNK)}
        return {**value, name: _damaged(value[name], rng)}
    if isinstance(value, list) and value and rng.random() < 0.8:
        where = rng.randrange(len(value))
        return [*value[:where], _damaged(value[where], rng), *value[where + 1 :]]
    if isinstance(value, str) and rng.random() < 0.3:
        return value + rng.choice(["\0", "/", " ", "\n", "x" * 2000])
    return rng.choice(JUNK)


def _bytes(rng, most):
    return rng.randbytes(rng.choice([0, 1, 7, most]))


def _garbled(text, rng):
    """Return random bytes, or JSON that is cut, broken or of another kind."""
    kind = rng.random()
    if kind < 0.3:
        return _bytes(rng, 200)
    if kind < 0.6:
        return text[: rng.randrange(len(text) + 1)].encode("utf-8", "surrogatepass")
    if kind < 0.7:
        return b"[" * 100_000
    return rng.choice([b"", b"null", b"NaN", b"1e999", b"\xff\xfe", b'"\\ud800"', b"{}", b"[]"])


def request(pools, login, names=OF_ACCOUNTS):
    """Return one of some routes and a request for it; most requests are nearly valid."""
    rng = pools.rng
    name = rng.choice(names)
    if name == "auth/token/revoke" and rng.random() < 0.95:
        name = "files/list_folder"  # without a token, later requests are all refused
    route = IMPLEMENTED[name]
    argument = json_of(route.sdk.arg_type, pools)
    if rng.random() < 0.25:
        argument = _damaged(argument, rng)
    prepared = PreparedRequest()
    prepared.method, prepared.body = "POST", b""
    prepared.url = f"https://{hosts.OF_ROUTES[route.fact.host]}/2/{name}"
    prepared.headers = CaseInsensitiveDict({"Authorization": f"Bearer {login.access_token}"})
    if route.fact.auth == ("app",):
        both = f"{login.app_key}:{login.app_secret}".encode()
        prepared.headers["Authorization"] = f"Basic {base64.b64encode(both).decode()}"
    if route.fact.auth == ("noauth",):
        prepared.headers.pop("Authorization")
    _put_argument(prepared, route.fact.style, json.dumps(argument), rng)
    while rng.random() > 0.85:
        _odd_headers(prepared.headers, rng, login)
    if rng.random() < 0.06:
        _misdirect(prepared, rng)
    return name, prepared


def _put_argument(prepared, style, text, rng):
    garbled = rng.random() < 0.05
    if style == "rpc":
        prepared.headers["Content-Type"] = "application/json"
        prepared.body = _garbled(text, rng) if garbled else text.encode()
        return
    if style == "upload":
        prepared.headers["Content-Type"] = "application/octet-stream"
        prepared.body = _bytes(rng, 3000)
    elif rng.random() < 0.3:
        prepared.method = "GET"
    if garbled:
        prepared.headers["Dropbox-API-Arg"] = _garbled(text, rng).decode("latin-1")
    elif rng.random() < 0.05:
        prepared.url += f"?arg={quote(text)}"
    else:
        prepared.headers["Dropbox-API-Arg"] = text


def _misdirect(prepared, rng):
    """Change the host, the path or the method to a wrong one."""
    url, kind = urlsplit(prepared.url), rng.randrange(3)
    if kind == 0:
        host = rng.choice([*hosts.OF_ROUTES.values(), hosts.WWW, *hosts.OLD_NAMES])
        prepared.url = url._replace(netloc=host).geturl()
    elif kind == 1:
        paths = [
            url.path + "/",
            url.path.upper(),
            "/2/files/nothing",
            "/2/",
            "/2//",
            "/2/a%00b",
            "/1/a",
        ]
        prepared.url = url._replace(path=rng.choice(paths)).geturl()
    else:
        prepared.method = rng.choice(["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "patch"])


def _odd_headers(headers, rng, login):
    kind = rng.randrange(7)
    if kind == 0:
        key = f"{login.app_key}:{login.app_secret}"
        headers["Authorization"] = rng.choice(
            ["", "Bearer", "Bearer ", "Bearer x", f"Bearer sl.{'x' * 130}", "Basic", "Basic x", key]
        )
    elif kind == 1:
        headers.pop("Authorization", None)
    elif kind == 2:
        headers["Content-Type"] = rng.choice(TYPES)
    elif kind == 3:
        headers["Range"] = rng.choice(RANGES)
    elif kind == 4:
        headers["Dropbox-API-Path-Root"] = rng.choice(ROOTS)
    elif kind == 5:
        name = rng.choice(sorted(HEADERS))
        headers[name] = rng.choice(HEADERS[name])
    else:
        name = rng.choice(["If-None-Match", "If-Range", "X-\xe9", "Dropbox-API-Arg", "Host"])
        headers[name] = _bytes(rng, 100).decode("latin-1")
