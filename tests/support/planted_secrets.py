"""Exchanges with planted secrets, and a search for them in a recording."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus, unquote_plus

import requests

from fakedropbox.recording import HEADERS

API = "https://api.dropboxapi.com/2/"
CONTENT = "https://content.dropboxapi.com/2/"
WWW = "https://www.dropbox.com/"
TOKENS = "https://api.dropboxapi.com/oauth2/token"

TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
CORS = "text/plain; charset=dropbox-cors-hack"
FORM = "application/x-www-form-urlencoded"


class Made(NamedTuple):
    """An invented exchange: the request, and the status, type, headers and body of the answer."""

    url: str
    sent: Any = b""
    headers: dict[str, str] = {}  # noqa: RUF012 -- never changed
    answer: Any = None
    status: int = 200
    content_type: str = "application/json"
    answered: dict[str, str] = {}  # noqa: RUF012 -- never changed
    reason: str = ""
    method: str = "POST"

    def happen(self, recorder: Any) -> None:
        """Let a recorder record this exchange."""
        sent = self.sent if isinstance(self.sent, (bytes, str)) else json.dumps(self.sent)
        request = requests.Request(self.method, self.url, headers=self.headers, data=sent)
        response = requests.Response()
        response.status_code, response.reason = self.status, self.reason
        response.headers["Content-Type"] = self.content_type
        response.headers.update(self.answered)
        answer = (
            json.dumps(self.answer) if not isinstance(self.answer, (bytes, str)) else self.answer
        )
        response._content = answer.encode() if isinstance(answer, str) else answer
        recorder.record(request.prepare(), response)


def encoded(secret: str) -> set[str]:
    """Return the forms in which a secret might stand in a text, in lower case."""
    data = secret.encode("utf-8", "surrogatepass")
    forms = {secret, secret[::-1], data.hex(), json.dumps(secret)[1:-1]}
    forms |= {quote(data), quote(data, safe=""), quote_plus(data)}
    for shift in range(3):  # where the secret begins within the groups of Base64
        code = base64.b64encode(b"x" * shift + data).decode()
        inner = code[(shift * 8 + 5) // 6 : (shift * 8 + len(data) * 8) // 6]
        forms |= {inner, inner.replace("+", "-").replace("/", "_")}
    return {form.lower() for form in forms}


def readings(text: str) -> Iterator[str]:
    """Yield a text, and the texts in it after URL escapes and JSON are decoded."""
    yield text
    plain = unquote_plus(text)
    if plain != text:
        yield from readings(plain)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    yield from _within(value)


def _within(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, below in value.items():
            yield from readings(name)
            yield from _within(below)
    elif isinstance(value, list):
        for below in value:
            yield from _within(below)
    elif isinstance(value, str):
        yield from readings(value)
    else:
        yield str(value)


def shown(secret: str, recording: str) -> bool:
    """Return whether a secret is in the text of a recording, in any form."""
    forms = encoded(secret)
    found = {reading.lower() for line in recording.splitlines() for reading in readings(line)}
    return any(form in reading for form in forms for reading in found)


def jwt(secret: str) -> str:
    """Return a token that has the secret as a name in its payload, like an `id_token`."""
    parts = (json.dumps({"alg": "none"}), json.dumps({"name": secret}), "")
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)


def exchanges_with(secret: str, number: int) -> dict[str, Made]:  # noqa: PLR0915 -- a table
    """Return exchanges with a secret, or the secret number, by the place in which they have it."""
    b64 = base64.b64encode(secret.encode()).decode()
    s, n = secret, number
    host = "".join(each for each in secret if each.isascii() and each.isalnum())
    file: dict[str, Any] = {
        ".tag": "file",
        "name": "a.txt",
        "path_lower": "/a.txt",
        "id": "id:aaaaaaaaaaaaaaaaaaaaaa",
        "rev": "0123456789abcdef0",
    }
    metadata, upload = f"{API}files/get_metadata", f"{CONTENT}files/upload"
    download, search = f"{CONTENT}files/download", f"{API}files/search_v2"
    links, link = f"{API}sharing/create_shared_link_with_settings", f"{WWW}scl/fi/{s}/a.txt"
    account, oauth = f"{API}users/get_current_account", f"{WWW}oauth2/authorize"
    arg = {"Dropbox-API-Arg": '{"path": "/a.txt"}'}
    bad = 'Error in call to API function "files/get_metadata": request body: '
    made: dict[str, Made] = {}

    # Keys and values of JSON
    made["unknown key"] = Made(metadata, {"path": "/a", s: 1})
    made["key of an unknown key"] = Made(metadata, {"path": "/a", "x": {s: {s: None}}})
    made["key of an answer"] = Made(metadata, answer={**file, s: True})
    made["value of an unknown key"] = Made(metadata, {"path": "/a", "note": s})
    made["value in a list"] = Made(metadata, {"path": "/a", "notes": [[s], {"x": [s]}]})
    made["JSON in a string"] = Made(metadata, {"path": json.dumps({"password": s})})
    made["JSON twice in a string"] = Made(metadata, answer={"x": json.dumps(json.dumps([s]))})
    made["broken JSON"] = Made(metadata, f'{{"path": "/a", "password": "{s}"')
    made["broken JSON answer"] = Made(metadata, answer=f'{{"name": "{s}", ')
    made["JSON lines"] = Made(metadata, f'{{"a": "{s}"}}\n{{"b": "{s}"}}\n')
    made["JSON with a byte order mark"] = Made(metadata, f'\ufeff{{"password": "{s}"}}')
    made["bare JSON string"] = Made(metadata, json.dumps(s))
    made["bare JSON number"] = Made(metadata, str(n))
    made["duplicate key"] = Made(metadata, f'{{"path": "{s}", "path": "/a"}}')
    made["object in place of a text"] = Made(metadata, {"path": {"password": s}})
    made["tag"] = Made(upload, headers={"Dropbox-API-Arg": json.dumps({"mode": {".tag": s}})})
    made["tag as a text"] = Made(upload, headers={"Dropbox-API-Arg": json.dumps({"mode": s})})
    made["time"] = Made(metadata, answer={**file, "server_modified": s})
    made["revision"] = Made(metadata, answer={**file, "rev": s})
    made["path without a slash"] = Made(metadata, {"path": s})
    made["id in a path"] = Made(metadata, {"path": f"id:{s}/a.txt"})
    made["name that is in no path"] = Made(metadata, answer={**file, "name": s})

    # Fields of routes
    made["numeric id"] = Made(account, answer={"account_id": n, "uid": n})
    made["numeric password"] = Made(links, {"path": "/a", "settings": {"link_password": n}})
    made["password of digits"] = Made(links, {"path": "/a", "settings": {"link_password": str(n)}})
    made["password"] = Made(links, {"path": "/a", "settings": {"link_password": s}})
    made["cased password"] = Made(links, {"path": "/a", "settings": {"Link_Password": s}})
    made["link"] = Made(links, answer={".tag": "file", "url": link, "name": "a.txt"})
    made["link with credentials"] = Made(f"{API}files/save_url", {"url": f"https://u:{s}@x.org/"})
    made["link with a signature"] = Made(f"{API}files/save_url", {"url": f"http://x.org/?sig={s}"})
    made["link to a host"] = Made(f"{API}files/save_url", {"url": f"https://{s}.x.org/"})
    made["link with a fragment"] = Made(f"{API}files/save_url", {"url": f"{WWW}s/a#{s}"})
    made["property"] = Made(
        metadata,
        answer={
            **file,
            "property_groups": [
                {"template_id": f"ptid:{s}", "fields": [{"name": s, "value": s}]},
            ],
        },
    )
    made["template"] = Made(
        f"{API}file_properties/templates/add_for_user",
        {"name": s, "description": s, "fields": [{"name": s, "description": s, "type": "string"}]},
    )
    made["tag of a file"] = Made(f"{API}files/tags/add", {"path": "/a", "tag_text": s})
    made["search"] = Made(search, {"query": s})
    made["highlight"] = Made(
        search, answer={"matches": [{"highlight_spans": [{"highlight_str": s}]}], "has_more": False}
    )
    made["name of a person"] = Made(account, answer={"name": {"display_name": s, "surname": s}})
    made["email"] = Made(account, answer={"email": f"{s}@example.org"})
    made["country and language"] = Made(account, answer={"country": s, "locale": s})
    made["team"] = Made(account, answer={"team": {"id": f"dbtid:{s}", "name": s}})
    made["photo"] = Made(account, answer={"profile_photo_url": f"https://example.org/{s}"})
    made["message to a member"] = Made(
        f"{API}sharing/add_folder_member", {"shared_folder_id": s, "custom_message": s}
    )
    made["thumbnail"] = Made(
        f"{CONTENT}files/get_thumbnail_batch",
        answer={"entries": [{".tag": "success", "metadata": file, "thumbnail": b64 * 4}]},
    )
    made["symbolic link"] = Made(metadata, answer={**file, "symlink_info": {"target": s}})
    made["unknown route"] = Made(f"{API}files/{s}")
    made["route of another version"] = Made(f"https://api.dropboxapi.com/1/{s}")
    made["number of a range"] = Made(
        download, headers=arg, answer="x", answered={"Content-Range": f"bytes 0-3/10{s}"}
    )
    made["answer of an unknown route"] = Made(f"{API}x/y", {"a": s, "b": n}, answer={"password": s})

    # Errors
    made["message for the user"] = Made(
        metadata,
        answer={"error_summary": "x/", "error": {}, "user_message": {"text": s, "locale": "en"}},
        status=409,
    )
    made["summary"] = Made(
        metadata, answer={"error_summary": f"path/{s}/..", "error": s}, status=409
    )
    made["payload of an error"] = Made(
        metadata,
        answer={"error": {".tag": "path", "path": {".tag": "malformed_path", "malformed_path": s}}},
        status=409,
    )
    made["error of a token"] = Made(
        metadata, answer={"error": {".tag": "missing_scope", "required_scope": s}}, status=401
    )
    made["400 that quotes"] = Made(
        metadata,
        answer=f"{bad}path: '{s}' did not match pattern 'x'",
        status=400,
        content_type=TEXT,
    )
    made["400 that quotes Base64"] = Made(
        metadata, answer=f"{bad}unknown field '{b64}'", status=400, content_type=TEXT
    )
    made["400 that quotes percents"] = Made(
        metadata, answer=f"{bad}unknown field '{quote(s)}'", status=400, content_type=TEXT
    )
    made["400 of an unknown form"] = Made(
        metadata, answer=f"{bad}the key {s} is odd", status=400, content_type=TEXT
    )
    made["400 about a token"] = Made(
        metadata,
        answer='Invalid authorization value in HTTP header "Authorization": "Bearer '
        f'{s}".  Expecting "Bearer <oauth2-access-token>".',
        status=400,
        content_type=TEXT,
    )
    made["400 about a body"] = Made(
        download,
        sent=s,
        answer=f'The request body is supposed to be empty, but it isn\'t; got "{s}"',
        status=400,
        content_type=TEXT,
    )
    made["page of a server"] = Made(
        metadata, answer=f"<p>{s}</p>", status=500, content_type="text/html"
    )
    made["text of a throttle"] = Made(metadata, answer=s, status=429, content_type=TEXT)
    made["reason"] = Made(metadata, answer="{}", reason=s)

    # Contents
    for content_type in (TEXT, "application/json", BYTES, "text/csv"):
        made[f"download as {content_type}"] = Made(
            download, headers=arg, answer=s.encode(), content_type=content_type
        )
    made["download of JSON"] = Made(download, headers=arg, answer={**file, "path_lower": f"/{s}"})
    made["part of a download"] = Made(download, headers=arg, answer=s, status=206)
    for content_type in (BYTES, CORS, TEXT, "application/json", FORM):
        made[f"upload as {content_type}"] = Made(
            upload, s, {**arg, "Content-Type": content_type}, answer=file
        )
    made["upload of JSON"] = Made(upload, {"path": s}, {**arg, "Content-Type": CORS}, answer=file)
    made["short upload"] = Made(upload, f"pw={s[:24]}", {**arg, "Content-Type": BYTES})
    made["multipart"] = Made(
        upload,
        f'--{s}\r\nContent-Disposition: form-data; name="{s}"\r\n\r\n{s}\r\n--{s}--',
        {"Content-Type": f"multipart/form-data; boundary={s}"},
    )
    made["RPC as a form"] = Made(metadata, f"PassWord={quote(s)}", {"Content-Type": FORM.upper()})
    made["RPC with the CORS type"] = Made(metadata, {"path": "/a", "x": s}, {"Content-Type": CORS})

    # Headers and URLs
    made["token"] = Made(metadata, headers={"Authorization": f"Bearer {s}"}, answer=f"got {s}")
    made["Basic"] = Made(TOKENS, headers={"Authorization": f"Basic {b64}"}, answer={"x": b64})
    made["any header"] = Made(metadata, headers={"X-Api-Key": s, "Cookie": s, "User-Agent": s})
    made["selected user"] = Made(metadata, headers={"Dropbox-API-Select-User": f"dbmid:{s}"})
    made["path root"] = Made(
        metadata, headers={"Dropbox-API-Path-Root": json.dumps({".tag": "root", "root": s})}
    )
    made["broken path root"] = Made(metadata, headers={"Dropbox-API-Path-Root": s})
    made["broken argument"] = Made(download, headers={"Dropbox-API-Arg": f'{{"path": {s}'})
    made["type of a request"] = Made(metadata, headers={"Content-Type": f"application/{s}"})
    made["parameter of a type"] = Made(metadata, headers={"Content-Type": f"text/plain; x={s}"})
    for name in (*HEADERS, "set-cookie", "location", "date", "x-dropbox-request-id"):
        made[f"answered {name}"] = Made(
            metadata, answer="{}", answered={name: f'Bearer realm="{s}"'}
        )
    made["argument in the URL"] = Made(
        f"{download}?arg={quote(json.dumps({'x': s}))}", method="GET"
    )
    made["authorization in the URL"] = Made(f"{download}?authorization=Bearer%20{quote(s)}")
    made["bare authorization"] = Made(f"{download}?authorization={quote(s)}")
    made["any parameter"] = Made(f"{download}?{quote(s)}={quote(s)}&select_user={quote(s)}")
    made["credentials in the URL"] = Made(
        f"https://user:{quote(quote(s), safe='')}@api.dropboxapi.com/2/check/user"
    )
    made["fetched link"] = Made(f"{link}?rlkey={quote(s)}&dl=0&{quote(s)}", method="GET", answer=s)
    made["fetched host"] = Made(f"https://{host}.dl.dropboxusercontent.com/cd/0/get/x/file")
    made["temporary link"] = Made(f"https://dl.dropboxusercontent.com/apitl/1/{quote(s)}", answer=s)
    made["method"] = Made(metadata, method=s.upper())

    # OAuth
    made["form"] = Made(
        TOKENS,
        f"grant_type=refresh_token&Refresh_Token={quote(s)}&client_secret={quote(s)}&{quote(s)}=1",
        {"Content-Type": FORM.title()},
    )
    made["form without fields"] = Made(TOKENS, s, {"Content-Type": FORM})
    made["odd grant"] = Made(
        TOKENS, f"grant_type={quote(s)}&scope={quote(s)}&token_type={quote(s)}"
    )
    made["form of JSON"] = Made(TOKENS, {"code": s, "x": {"y": s}, "uid": n})
    made["tokens"] = Made(
        TOKENS,
        answer={
            "access_token": f"sl.{s}",
            "refresh_token": s,
            "id_token": jwt(s),
            "uid": n,
            "account_id": f"dbid:{s}",
            "scope": f"files.content.read {s}",
        },
        content_type="text/javascript",
    )
    made["refused token"] = Made(
        TOKENS, answer={"error": s, "error_description": f"{s} is bad"}, status=400
    )
    made["authorize page"] = Made(
        f"{oauth}?state={quote(s)}&redirect_uri=https://{s}.org/?{s}&login_hint={quote(s)}",
        method="GET",
        answer=f"<title>{s}</title>",
        content_type="text/html",
    )
    return made
