"""The greatest size of a request's body."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fakedropbox._facts.hosts import CONTROL

_CONTROL_BYTES = 128 * 1024 * 1024
"""The size for control requests, which are read into memory as a whole."""


class LimitedBodies:
    """Middleware that refuses a request with a body that is too large, with status 413.

    Args:
        app: the application.
        max_body: the greatest number of bytes. If None, a request to Dropbox has no limit here,
            as Dropbox itself refuses what is too large, and a control request has 128 MiB.
    """

    def __init__(self, app: ASGIApp, max_body: int | None) -> None:
        self._app = app
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it as soon as too much is announced or received."""
        limit = self._max_body
        if limit is None and is_control(scope):
            limit = _CONTROL_BYTES
        if limit is None:
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("Content-Length", "0")
        if int(announced) > limit:  # the server has checked that it is a number
            await _refuse(limit, scope, receive, send)
            return
        left = limit

        async def limited() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise _TooLargeError
            return message

        try:
            await self._app(scope, limited, send)
        except _TooLargeError:
            await _refuse(limit, scope, receive, send)


class _TooLargeError(Exception):
    """A body has more bytes than the server accepts."""


def is_control(scope: Scope) -> bool:
    """Return whether a request is one to the control interface."""
    path: str = scope["path"]
    return path == CONTROL or path.startswith(f"{CONTROL}/")


async def _refuse(limit: int, scope: Scope, receive: Receive, send: Send) -> None:
    text = f"fakedropbox: body: expected at most {limit} bytes; see --max-body\n"
    await PlainTextResponse(text, 413)(scope, receive, send)
