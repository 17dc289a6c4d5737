"""The entry to the page: an address that works once, and then a cookie of that browser alone."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from hmac import compare_digest
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fakedropbox._facts.hosts import CONTROL
from fakedropbox.server.page.rendering import rendered
from fakedropbox.server.page.shown import Shown
from fakedropbox.server.served import Served
from fakedropbox.server.services import HostedService

_KEY = "key"

Respond = Callable[[Shown, Request], Awaitable[Response]]
"""A function that responds to a request of a browser, with the service that the browser sees."""

Endpoint = Callable[[Request], Awaitable[Response]]
"""A function that responds to a request of anybody."""


class Entry:
    """The access of browsers to the page of one server.

    An address from `new_address` lets one browser in, which then has a cookie that scripts
    cannot read and that no other site can make the browser send. Each browser has a cookie of
    its own, by which the server knows the service that this browser sees.
    """

    def __init__(self, server: Served) -> None:
        self._server = server
        self._once: dict[str, HostedService[Any] | None] = {}
        self._shown: dict[str, Shown] = {}

    def new_address(self, origin: str, only: HostedService[Any] | None = None) -> str:
        """Return an address of the page that works once.

        The browser that uses it may see all services of the server, or ``only`` this one.
        """
        key = secrets.token_urlsafe(32)
        self._once[key] = only
        return f"{origin}{CONTROL}/?{_KEY}={key}"

    def guarded(self, respond: Respond) -> Endpoint:
        """Return a function for browsers with a cookie or an unused address; it refuses others."""

        async def endpoint(request: Request) -> Response:
            key = request.query_params.get(_KEY, "")
            if key in self._once:
                new = Shown(self._server, self._once.pop(key))
                if not new.is_over:
                    return self._admitted(request, new)
            shown = self._of(request)
            return rendered("closed.html", 403) if shown is None else await respond(shown, request)

        return endpoint

    def changing(self, respond: Respond) -> Endpoint:
        """Return a function like that of `guarded`, for the requests of forms.

        A browser says with each of them from which site the form was sent: only those of the page
        itself are carried out.
        """
        guarded = self.guarded(respond)

        async def endpoint(request: Request) -> Response:
            own = f"{request.url.scheme}://{request.headers.get('Host', '')}"
            if request.headers.get("Origin") != own:
                return rendered("closed.html", 403)
            return await guarded(request)

        return endpoint

    def _admitted(self, request: Request, shown: Shown) -> Response:
        """Return the response that gives a browser its cookie and leads it to the page."""
        cookie = secrets.token_urlsafe(32)
        self._shown[cookie] = shown
        entered = RedirectResponse(f"{CONTROL}/", 303, {"Referrer-Policy": "no-referrer"})
        entered.set_cookie(
            _name(request),
            cookie,
            path=CONTROL,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return entered

    def _of(self, request: Request) -> Shown | None:
        """Return the `Shown` of a browser; None without a valid cookie or after a deletion."""
        given, found = request.cookies.get(_name(request), "").encode(), None
        for cookie, shown in self._shown.items():
            if compare_digest(given, cookie.encode()):
                found = shown
        return None if found is None or found.is_over else found


def _name(request: Request) -> str:
    """Return the name of the cookie, with the port: a browser sends it to all ports of a host."""
    _, port = request.scope["server"]
    return f"fakedropbox-{port}"
