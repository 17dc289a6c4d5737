"""The entry to the page: an address that works once, and then a cookie."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from hmac import compare_digest

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fakedropbox._facts.hosts import CONTROL
from fakedropbox.server.page.rendering import rendered

_KEY = "key"

Respond = Callable[[Request], Awaitable[Response]]
"""A function that responds to a request."""


class Entry:
    """The access of browsers to the page of one server.

    An address from `new_address` lets one browser in, which then has a cookie that scripts
    cannot read and that no other site can make the browser send.
    """

    def __init__(self) -> None:
        self._once: set[str] = set()
        self._cookie = secrets.token_urlsafe(32)

    def new_address(self, origin: str) -> str:
        """Return an address of the page that works once."""
        key = secrets.token_urlsafe(32)
        self._once.add(key)
        return f"{origin}{CONTROL}/?{_KEY}={key}"

    def admit(self, request: Request) -> Response | None:
        """Return None for a browser that has the cookie, otherwise the response to it."""
        known = request.cookies.get(_name(request), "").encode()
        given = request.query_params.get(_KEY, "")
        if given not in self._once:
            is_in = compare_digest(known, self._cookie.encode())
            return None if is_in else rendered("closed.html", 403)
        self._once.discard(given)
        entered = RedirectResponse(f"{CONTROL}/", 303, {"Referrer-Policy": "no-referrer"})
        entered.set_cookie(
            _name(request),
            self._cookie,
            path=CONTROL,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return entered

    def guarded(self, respond: Respond) -> Respond:
        """Return a function that responds to browsers with the cookie, and refuses others."""

        async def endpoint(request: Request) -> Response:
            return self.admit(request) or await respond(request)

        return endpoint

    def changing(self, respond: Respond) -> Respond:
        """Return a function like that of `guarded`, for the requests of forms.

        A browser says with each of them from which site the form was sent: only those of the page
        itself are carried out.
        """

        async def endpoint(request: Request) -> Response:
            own = f"{request.url.scheme}://{request.headers.get('Host', '')}"
            if request.headers.get("Origin") != own:
                return rendered("closed.html", 403)
            return self.admit(request) or await respond(request)

        return endpoint


def _name(request: Request) -> str:
    """Return the name of the cookie; a browser sends it to all ports of a host."""
    _, port = request.scope["server"]
    return f"fakedropbox-{port}"
