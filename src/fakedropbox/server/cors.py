"""Requests from web pages in a browser (F1.1-08, F1.2-05)."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_EXPOSED = ("Accept-Ranges", "Content-Range", "ETag", "Dropbox-API-Result")


class Cors(CORSMiddleware):
    """Middleware that lets any page make requests, and read the headers that Dropbox exposes.

    A preflight request with ``reject_cors_preflight=true`` in its URL is refused, so that only
    requests that need no preflight succeed. Only browsers send an ``Origin``; requests without
    it pass unchanged.
    """

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            app,
            allow_origins=["*"],
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
            expose_headers=_EXPOSED,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a preflight request, or pass the request on to the application."""
        is_plain = all(name != b"origin" for name, _ in scope["headers"])
        if is_plain and scope["method"] != "OPTIONS":
            await self.app(scope, receive, send)
            return
        query = parse_qs(scope["query_string"].decode("latin-1"))
        if scope["method"] == "OPTIONS" and query.get("reject_cors_preflight") == ["true"]:
            await PlainTextResponse("CORS preflight rejected", 403)(scope, receive, send)
            return
        await super().__call__(scope, receive, send)
