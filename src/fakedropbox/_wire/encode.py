"""Encoding of replies and refusals as HTTP responses (F1.2-01 to -05, F1.3-01 to -07)."""

from __future__ import annotations

import json
import mimetypes
import re
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import quote

from dropbox import auth, common
from stone.backends.python_rsrc.stone_serializers import json_compat_obj_encode

from fakedropbox import errors
from fakedropbox._api.refusals import error_object, path_root_error
from fakedropbox._api.registry import SDK_ROUTES
from fakedropbox._facts import ROUTES, WIRE_HABITS, RouteFact, messages
from fakedropbox._files.blobs import Blob
from fakedropbox._web import (
    Html,
    Json,
    LinkContent,
    Redirect,
    TokenReply,
    error_page,
    link_page,
    links,
)
from fakedropbox._web import token as token_page
from fakedropbox._wire import compact
from fakedropbox._wire.results import to_json
from fakedropbox.calls import Reply, World

Parts = tuple[int, dict[str, str], bytes | Blob]

JSON = "application/json"
CORRUPT = '{"corrupt'
TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"
_ALL = {
    "Server": "envoy",
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "X-Dropbox-Response-Origin": "far_remote",
    "Vary": "Accept-Encoding",
}
_SUCCESS = {**_ALL, "X-Frame-Options": "SAMEORIGIN", "X-Server-Response-Time": "42"}
_BROWSER = {  # no `form-action`: browsers would apply it to the redirect after the form, too
    **_SUCCESS,
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
}
_LINK_STATUSES = {
    "content_type": 400,
    "unknown": 404,
    "upload_failed": 409,
    "consumed": 410,
    "expired": 410,
}
_UPLOAD_LINK_STATUSES = {**_LINK_STATUSES, "unknown": 409}
_PAGE_STATUSES = {
    "invalid": 400,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "gone": 410,
}
_UNPRINTABLE = re.compile(r"[^ !#-\[\]-~]")  # to be escaped in a file's name
_IN_A_URL = "".join(map(chr, range(0x21, 0x7F)))
_SHOWN_AS_TEXT = ("text/html", "text/csv")  # S1-31
_ERROR = {**_ALL, "Content-Security-Policy": "sandbox allow-forms allow-scripts"}


def _parts(
    world: World, status: int, content_type: str, body: bytes, base: dict[str, str]
) -> Parts:
    headers = {
        **base,
        "Content-Type": content_type,
        "Content-Length": str(len(body)),
        "X-Dropbox-Request-Id": world.chance.request_id(),
    }
    return status, headers, body


def reply(fact: RouteFact, found: Reply, world: World) -> Parts:
    """Encode a route's success: the result is in the body, or for a download in a header."""
    name = fact.wire_name
    validator = SDK_ROUTES[name].result_type
    if is_compact(name, world):
        text = compact.dumps(json_compat_obj_encode(validator, found.result))
        text += "\n" if (name, "line_break") in WIRE_HABITS else ""
    else:
        text = to_json(validator, found.result)
    if found.content is None:
        also = WIRE_HABITS.get((name, "header"))
        more = {} if also is None else dict([also.split(": ")])
        return _parts(world, 200, JSON, text.encode(), {**_SUCCESS, **more})
    size = str(found.content.size)
    headers = {  # F5-01
        **_SUCCESS,
        "Content-Type": "application/octet-stream",
        "Content-Length": size,
        "Original-Content-Length": size,
        "Dropbox-API-Result": text,
        "X-Robots-Tag": "noindex, nofollow, noimageindex",
        "X-Dropbox-Request-Id": world.chance.request_id(),
    }
    if (name, "no_ranges") not in WIRE_HABITS:
        headers["Accept-Ranges"] = "bytes"
    if (name, "etag") in WIRE_HABITS:
        headers["Etag"] = f'W/"{getattr(found.result, WIRE_HABITS[name, "etag"])}"'
    if found.part is not None:
        headers["Original-Content-Length"] = str(found.part[1])
    return _part_of(found, headers)


def _link_reply(found: Reply, world: World) -> Parts:
    """Encode a link's reply: a file with the content type of its name, or JSON."""
    if found.content is None:
        return _parts(world, 200, JSON, json.dumps(found.result).encode(), _SUCCESS)
    about = found.result
    headers = {
        **_SUCCESS,
        "Content-Type": _content_type(about.name),
        "Content-Length": str(found.content.size),
        "X-Robots-Tag": "noindex, nofollow, noimageindex",
        "X-Dropbox-Request-Id": world.chance.request_id(),
    }
    if about.rev is not None:
        headers |= {"Accept-Ranges": "bytes", "Etag": f'W/"{about.rev}"'}
    if isinstance(about, LinkContent):
        headers |= _of_shared_link(about, headers["Content-Type"])
    return _part_of(found, headers)


def _of_shared_link(about: LinkContent, content_type: str) -> dict[str, str]:
    """Return the headers with which a browser gets the content of a shared link (S1-31)."""
    shown = "text/plain" if content_type in _SHOWN_AS_TEXT else content_type
    types = {"attachment": "application/binary", "inline": shown, "zip": "application/zip"}
    disposition = "inline" if about.way == "inline" else "attachment"
    name, encoded = _UNPRINTABLE.sub("_", about.name), quote(about.name, safe="")
    return {
        "Content-Type": types[about.way],
        "Content-Disposition": f"{disposition}; filename=\"{name}\"; filename*=UTF-8''{encoded}",
        "Content-Security-Policy": "sandbox",
        "Referrer-Policy": "no-referrer",
    }


@cache
def _types() -> mimetypes.MimeTypes:
    """Return Python's built-in content types, independent of this machine's settings."""
    return mimetypes.MimeTypes()


def _content_type(name: str) -> str:
    return _types().guess_type(name)[0] or "application/octet-stream"


def _part_of(found: Reply, headers: dict[str, str]) -> Parts:
    """Encode a download: the whole file, or the range that was requested."""
    assert found.content is not None
    if found.part is None:
        return 200, headers, found.content
    start, whole = found.part
    headers["Content-Range"] = f"bytes {start}-{start + found.content.size - 1}/{whole}"
    return 206, headers, found.content


def page_reply(found: TokenReply | Html | Json | Redirect | Reply, world: World) -> Parts:
    """Encode a page's success, according to the type of its result."""
    return _PAGE_REPLIES[type(found)](found, world)


def _token(found: TokenReply, world: World) -> Parts:
    """Encode new tokens, with the recorded content type ``text/javascript`` (O0-03)."""
    body = {name: value for name, value in found._asdict().items() if value is not None}
    return _parts(world, 200, "text/javascript", json.dumps(body).encode(), _SUCCESS)


def _html(found: Html, world: World) -> Parts:
    return _with_cookie(found.cookie, _parts(world, 200, HTML, found.text.encode(), _BROWSER))


def _json(found: Json, world: World) -> Parts:
    body = json.dumps(found.body).encode()
    return _with_cookie(found.cookie, _parts(world, 200, JSON, body, _BROWSER))


def _redirect(found: Redirect, world: World) -> Parts:
    status, headers, body = _parts(world, 302, TEXT, b"", _BROWSER)
    headers["Location"] = quote(found.location, safe=_IN_A_URL)
    return _with_cookie(found.cookie, (status, headers, body))


def _with_cookie(cookie: str | None, parts: Parts) -> Parts:
    if cookie is not None:
        parts[1]["Set-Cookie"] = cookie
    return parts


_PAGE_REPLIES: dict[type, Callable[[Any, World], Parts]] = {
    Html: _html,
    Json: _json,
    Redirect: _redirect,
    Reply: _link_reply,
    TokenReply: _token,
}


def refusal(name: str, refused: errors.Refusal, world: World) -> Parts:
    """Encode a refusal.

    Raises:
        ConnectionBroken: the refusal is a broken connection, which has no HTTP response.
    """
    write = _REFUSALS.get(type(refused))
    if write is None:
        raise refused
    return write(name, refused, world)


def is_compact(name: str, world: World) -> bool:
    """Return whether a route's JSON is in the compact style."""
    return world.personality.wire == "compact" or (name, "compact") in WIRE_HABITS


def _error_json(
    name: str, world: World, summary: str, error: Any, user_message: tuple[str, str] | None = None
) -> bytes:
    more = {}
    if user_message is not None:  # S8-19
        more["user_message"] = dict(zip(("locale", "text"), user_message, strict=True))
    if is_compact(name, world):
        return compact.dumps({"error_summary": f"{summary}/", "error": error, **more}).encode()
    dots = world.chance.summary_dots()
    body = {"error_summary": f"{summary}/{dots}", "error": error, **more}  # F1.6-01
    return json.dumps(body).encode()


def _route_error(name: str, refused: errors.RouteError, world: World) -> Parts:
    declared = SDK_ROUTES[name].error_type
    error = json_compat_obj_encode(declared, error_object(declared, refused))
    _name_unknown_tag(error, refused.tags)
    body = _error_json(name, world, refused.tags, error, refused.user_message)
    return _parts(world, 409, JSON, body, _ERROR)


def _name_unknown_tag(error: Any, tags: str) -> None:
    """Put the tag that the SDK lacks into an encoded error, as the real service sends it.

    The SDK that encodes it has the catch-all tag there, which no SDK accepts in an answer. Every
    SDK that lacks the tag decodes it to its catch-all.
    """
    place: Any = error
    for tag in tags.split("/"):
        if not isinstance(place, dict):
            return
        if place[".tag"] != tag:
            place[".tag"] = tag
            return
        inner = (value for value in place.values() if isinstance(value, dict) and ".tag" in value)
        place = next(inner, None)


def _bad_input(_name: str, refused: errors.BadInput, world: World) -> Parts:
    return _parts(world, 400, TEXT, refused.message.encode("utf-8", "backslashreplace"), _ERROR)


def _version_retired(_name: str, _refused: errors.VersionRetired, world: World) -> Parts:
    body = json.dumps({"error": messages.VERSION_1}).encode()
    return _parts(world, 400, JSON, body, _ERROR)


def _auth(name: str, refused: errors.AuthRefused, world: World) -> Parts:
    error = {".tag": refused.tag}
    if refused.required_scope is not None:
        error["required_scope"] = refused.required_scope
    body = _error_json(name, world, refused.tag, error)
    status, headers, body_ = _parts(world, 401, JSON, body, _ERROR)
    headers["WWW-Authenticate"] = 'Bearer realm="Dropbox-API"'  # F1.2-04
    return status, headers, body_


def _access(name: str, refused: errors.AccessDenied, world: World) -> Parts:
    declared = auth.AccessError_validator
    error = json_compat_obj_encode(
        declared, error_object(declared, errors.RouteError(refused.tags))
    )
    return _parts(world, 403, JSON, _error_json(name, world, refused.tags, error), _ERROR)


def _path_root(name: str, refused: errors.PathRootRefused, world: World) -> Parts:
    error = json_compat_obj_encode(common.PathRootError_validator, path_root_error(refused))
    return _parts(world, 422, JSON, _error_json(name, world, refused.tag, error), _ERROR)


def _throttled(name: str, refused: errors.Throttled, world: World) -> Parts:
    if name == link_page.show.name:
        return _error_page(429, messages.TOO_MUCH_TRAFFIC, world)  # S1-26
    error: dict[str, Any] = {"reason": {".tag": refused.reason}}
    if refused.retry_after != 1:  # the default is left out (F1.5-06)
        error["retry_after"] = refused.retry_after
    status, headers, body = _parts(
        world, 429, JSON, _error_json(name, world, refused.reason, error), _ERROR
    )
    headers["Retry-After"] = str(refused.retry_after)
    return status, headers, body


def _not_modified(_name: str, refused: errors.NotModified, world: World) -> Parts:
    status, headers, body = _parts(world, 304, TEXT, b"", _SUCCESS)
    del headers["Content-Type"], headers["Content-Length"]
    headers["Etag"] = f'W/"{refused.rev}"'  # F5-02
    return status, headers, body


def _range_refused(_name: str, refused: errors.RangeRefused, world: World) -> Parts:
    status, headers, body = _parts(world, 416, TEXT, b"", _ERROR)
    headers["Content-Range"] = f"bytes */{refused.size}"
    return status, headers, body


def _server_fault(name: str, refused: errors.ServerFault, world: World) -> Parts:
    if name == token_page.name and not refused.body:
        body = json.dumps({"error": messages.OAUTH_PAGE_FAILED}).encode()
        return _parts(world, refused.status, JSON, body, _ERROR)
    return _parts(world, refused.status, TEXT, refused.body.encode(), _ERROR)  # F1.5-08


def _link_refused(name: str, refused: errors.LinkRefused, world: World) -> Parts:
    statuses = _UPLOAD_LINK_STATUSES if name == links.bring.name else _LINK_STATUSES
    status = statuses[refused.reason]
    return _parts(world, status, TEXT, refused.message.encode(), _ERROR)


def _token_refused(_name: str, refused: errors.TokenRefused, world: World) -> Parts:
    body = {"error": refused.error}
    if refused.description is not None:
        body["error_description"] = refused.description
    return _parts(world, 400, JSON, json.dumps(body).encode(), _ERROR)


def _page_refused(_name: str, refused: errors.PageRefused, world: World) -> Parts:
    return _error_page(_PAGE_STATUSES[refused.reason], refused.message, world)


def _error_page(code: int, text: str, world: World) -> Parts:
    status, headers, body = _parts(world, code, HTML, error_page(code, text).text.encode(), _ERROR)
    if code == _PAGE_STATUSES["method_not_allowed"]:
        headers["Allow"] = "GET, HEAD"
    return status, headers, body


def _authorize_refused(_name: str, refused: errors.AuthorizeRefused, world: World) -> Parts:
    if refused.location is not None:
        return _redirect(Redirect(refused.location), world)
    return _error_page(400, f"{refused.error}: {refused.description}", world)


def _corrupt(name: str, _refused: errors.ReplyCorrupt, world: World) -> Parts:
    status, headers, body = _parts(world, 200, JSON, CORRUPT.encode(), _SUCCESS)
    if name in ROUTES and ROUTES[name].style == "download":
        headers["Dropbox-API-Result"] = CORRUPT
    return status, headers, body


_REFUSALS: dict[type[errors.Refusal], Callable[[str, Any, World], Parts]] = {
    errors.RouteError: _route_error,
    errors.BadInput: _bad_input,
    errors.VersionRetired: _version_retired,
    errors.AuthRefused: _auth,
    errors.AccessDenied: _access,
    errors.PathRootRefused: _path_root,
    errors.Throttled: _throttled,
    errors.NotModified: _not_modified,
    errors.RangeRefused: _range_refused,
    errors.ServerFault: _server_fault,
    errors.ReplyCorrupt: _corrupt,
    errors.TokenRefused: _token_refused,
    errors.LinkRefused: _link_refused,
    errors.PageRefused: _page_refused,
    errors.AuthorizeRefused: _authorize_refused,
}
"""The encoder of each type of refusal."""
