"""The protection of the control interface against web pages of other sites."""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from fakedropbox.server.names import name_in
from fakedropbox.server.served import Served


class OwnSite:
    """Middleware that refuses requests which a browser sends for a page of another site.

    A request needs a ``Host`` of the server's own, so that another name that leads to this
    machine (DNS rebinding) is of no use. An ``Origin`` must be the server's own, or one that
    the server allows; only such a page can read the responses.
    """

    def __init__(self, app: ASGIApp, server: Served, allowed: Collection[str]) -> None:
        self._app = app
        self._server = server
        self._allowed = allowed
        self._shared = CORSMiddleware(
            app, allow_origins=tuple(allowed), allow_methods=["GET", "POST"], allow_headers=["*"]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with status 421 or 403."""
        headers = Headers(scope=scope)
        host, origin = headers.get("Host", ""), headers.get("Origin")
        if name_in(host) not in self._server.hosts:
            text = (
                f"fakedropbox: Host: expected a name of this server, got {host!r}; see --hostname\n"
            )
            await PlainTextResponse(text, 421)(scope, receive, send)
        elif origin in self._allowed:
            await self._shared(scope, receive, send)
        elif origin not in (None, f"{scope['scheme']}://{host}") or _is_embedded(headers):
            text = (
                "fakedropbox: expected no request of a page of another site, got one with the "
                f"Origin {origin!r}; see --allow-origin\n"
            )
            await PlainTextResponse(text, 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _is_embedded(headers: Headers) -> bool:
    """Return whether a page of another site makes the request, but not by navigating to its URL.

    Pages of other servers on this machine count as pages of another site, because browsers send
    the cookies of this server to all servers of the machine.
    """
    is_foreign = headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")
    return is_foreign and headers.get("Sec-Fetch-Mode") != "navigate"
