"""One HTTP exchange with the double."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from fakedropbox._api import missing
from fakedropbox._facts import ROUTES
from fakedropbox._files.blobs import Blob
from fakedropbox._web import OAUTH_PAGE, Asked, LinkPage, page_of, token
from fakedropbox._wire import decode, encode
from fakedropbox.errors import NotImplementedInFake, Refusal
from fakedropbox.gate import Gate

API_HOSTS = {
    "api": "api.dropboxapi.com",
    "content": "content.dropboxapi.com",
    "notify": "notify.dropboxapi.com",
}
"""The hosts of the API by the names that the route table uses (F1.1-01 to F1.1-03)."""

TOKEN_HOSTS = ("api.dropboxapi.com", "api.dropbox.com", "www.dropbox.com")  # §2.2


class HttpRequest(NamedTuple):
    """What arrived. ``headers`` finds names in any case; ``body`` is complete."""

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class HttpReply(NamedTuple):
    """What goes back; a download's body is the blob itself."""

    status: int
    headers: dict[str, str]
    body: bytes | Blob


def answer(gate: Gate, request: HttpRequest) -> HttpReply:
    """Answer one request as the service would.

    Raises:
        ConnectionBroken: a planned fault broke the connection.
        NotImplementedInFake: the route or page is not there.
    """
    if request.path.startswith("/2/"):
        return _route(gate, request)
    if request.path == f"/{OAUTH_PAGE}" and request.method == "POST":
        return _token(gate, request)
    link = page_of(f"https://{request.host}{request.path}")
    if link is not None and request.method in link[0].methods:
        return _link(gate, *link, request)
    raise NotImplementedInFake(
        f"{request.method} https://{request.host}{request.path} is not implemented in fakedropbox"
    )


def _route(gate: Gate, request: HttpRequest) -> HttpReply:
    name = request.path[3:]
    fact = ROUTES.get(name)
    world = gate.world
    try:
        if fact is None or API_HOSTS[fact.host] != request.host:
            gate.refuse(name, decode.unknown_route(request.path))
        if request.method != "POST" and not (request.method == "GET" and fact.style == "download"):
            gate.refuse(name, decode.wrong_method(fact, request.method))  # F1.1-06
        query = decode.query_of(request.query)
        if "select_user" in query:
            raise missing(name, "select_user")
        credentials = decode.credentials(request.headers, query)
        reply = gate.call(
            name,
            credentials,
            lambda: decode.argument(
                fact,
                request.method,
                request.headers,
                query,
                request.body,
                compact=world.personality.wire == "compact",
            ),
            request.body if fact.style == "upload" else None,
            request.headers,
        )
    except Refusal as refusal:
        return HttpReply(*encode.refusal(name, refusal, world))
    return HttpReply(*encode.reply(fact, reply, world))


def _link(gate: Gate, page: LinkPage, name: str, request: HttpRequest) -> HttpReply:
    try:
        found = page.answer(gate, Asked(name, request.headers, request.body))
    except Refusal as refusal:
        return HttpReply(*encode.refusal(page.name, refusal, gate.world))
    return HttpReply(*encode.link_reply(found, gate.world, head=request.method == "HEAD"))


def _token(gate: Gate, request: HttpRequest) -> HttpReply:
    try:
        form = decode.token_form(request.headers, request.query, request.body)
        return HttpReply(*encode.token_reply(token(gate, form), gate.world))
    except Refusal as refusal:
        return HttpReply(*encode.refusal(OAUTH_PAGE, refusal, gate.world))
