"""One HTTP exchange with the double: a request and its response."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from fakedropbox._api.refusals import unknown_route
from fakedropbox._core.gate import Gate
from fakedropbox._facts import ROUTES, hosts, messages
from fakedropbox._files.blobs import Blob, Content, Spool
from fakedropbox._web import Asked, Page, page_at, shown
from fakedropbox._wire import decode, encode
from fakedropbox.calls import Door, Wire
from fakedropbox.errors import BadInput, NotImplementedInFake, Refusal, VersionRetired

NOT_FAKED = "X-FakeDropbox-Not-Implemented"
"""The header by which a server marks the response to a request for what is not faked."""

_ICON = "/favicon.ico"
"""The path of the icon that browsers request on their own: the test made no such request."""


class HttpRequest(NamedTuple):
    """An HTTP request with its complete body; ``headers`` ignores the case of names.

    ``host`` is None if the request was sent to a server that replaces all of Dropbox's hosts.
    A body that came to a server in pieces may be a `Spool`.
    """

    method: str
    host: str | None
    path: str
    query: str
    headers: Mapping[str, str]
    body: Content
    wire: Wire | None = None


class HttpReply(NamedTuple):
    """An HTTP response; a download's body is the blob itself."""

    status: int
    headers: dict[str, str]
    body: bytes | Blob


def answer(gate: Gate, request: HttpRequest) -> HttpReply:
    """Answer one request as the service would.

    Raises:
        ConnectionBroken: a planned fault broke the connection.
        NotImplementedInFake: the double does not have the route or page, or that part of it.
    """
    exchanges = gate.exchanges
    if exchanges is None:
        return _answered(gate, request)
    reply: HttpReply = exchanges.over_http(request.headers, partial(_answered, gate, request))
    return reply


def _answered(gate: Gate, request: HttpRequest) -> HttpReply:
    """Answer a request by its route or page."""
    if request.host is not None:
        request = request._replace(host=hosts.served_as(request.host) or request.host)
    if request.path.startswith("/2/"):
        return _route(gate, request)
    if _is_of_version_1(request):
        return _refuse_version_1(gate, request)
    page, link = page_at(request.method, request.path)
    if page is not None and request.host in (None, *page.hosts):
        return _page(gate, page, link, request)
    if request.path == _ICON and request.method in ("GET", "HEAD"):
        return HttpReply(404, {"Content-Type": "text/plain"}, b"")
    raise NotImplementedInFake(
        f"{request.method} https://{request.host or hosts.WWW}{shown(request.path)} "
        "is not implemented in fakedropbox"
    )


def host_at(method: str, path: str) -> str:
    """Return the host of Dropbox that serves a path, for a server that stands for all hosts."""
    if path.startswith("/2/"):
        fact = ROUTES.get(path[3:])
        return hosts.API if fact is None else hosts.OF_ROUTES[fact.host]
    page, _ = page_at(method, path)
    return hosts.WWW if page is None else page.hosts[0]


def _door(request: HttpRequest) -> Door:
    """Return the door by which a request came: only a request to a server has a ``wire``."""
    return "sdk" if request.wire is None else "https"


def _route(gate: Gate, request: HttpRequest) -> HttpReply:
    name = request.path[3:]
    fact = ROUTES.get(name)
    world, door = gate.world, _door(request)
    try:
        if fact is None or request.host not in (None, hosts.OF_ROUTES[fact.host]):
            gate.refuse(name, unknown_route(name), door)
        if request.method != "POST" and not (request.method == "GET" and fact.style == "download"):
            gate.refuse(name, decode.wrong_method(fact, request.method), door)
        query = decode.query_of(request.query)
        credentials = decode.credentials(request.headers, query)
        reply = gate.call(
            name,
            credentials,
            lambda: decode.argument(fact, request.headers, query, request.body, world.personality),
            request.body if fact.style == "upload" else None,
            decode.with_selected_user(request.headers, query),
            request.wire,
            door,
        )
    except Refusal as refusal:
        return HttpReply(*encode.refusal(name, refusal, world))
    return HttpReply(*encode.reply(fact, reply, world))


def _is_of_version_1(request: HttpRequest) -> bool:
    """Return whether a request is one to version 1 of the API, except its OAuth 2 (F1.4-22)."""
    is_of_the_api = request.host in (None, *hosts.OF_ROUTES.values())
    return is_of_the_api and request.path.startswith("/1/") and request.path[3:10] != "oauth2/"


def _refuse_version_1(gate: Gate, request: HttpRequest) -> HttpReply:
    name = request.path[1:]
    try:
        gate.refuse(name, VersionRetired(fact="F1.4-22"), _door(request))
    except Refusal as refusal:
        return HttpReply(*encode.refusal(name, refusal, gate.world))


def _page(gate: Gate, page: Page, link: str, request: HttpRequest) -> HttpReply:
    world = gate.world
    try:
        form = b"" if link else request.body
        if isinstance(form, Spool):
            gate.refuse(page.name, BadInput(messages.TOO_LARGE), _door(request))
        asked = Asked(
            decode.fields_of(request.query, form),
            request.headers,
            link,
            request.body,
            request.host,
            request.path,
            request.query,
        )
        reply = HttpReply(*encode.page_reply(gate.page(page, asked, _door(request)), world))
    except Refusal as refusal:
        reply = HttpReply(*encode.refusal(page.name, refusal, world))
    return reply._replace(body=b"") if request.method == "HEAD" else reply
