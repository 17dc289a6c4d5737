"""The ASGI application that responds as Dropbox does, for all of Dropbox's hosts."""

from __future__ import annotations

import asyncio
import logging
import math
import socket
import struct
from collections.abc import Callable, Iterable
from functools import partial
from typing import NoReturn, TypeVar

import anyio.to_thread
from anyio import CapacityLimiter
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fakedropbox._api.registry import IMPLEMENTED
from fakedropbox._core.service import Service
from fakedropbox._facts import hosts
from fakedropbox._facts.limits import UPLOAD_BYTES
from fakedropbox._files.blobs import SPILL_BYTES, Blob, Content, Spool
from fakedropbox._wire import NOT_FAKED, HttpReply, HttpRequest
from fakedropbox.calls import Wire
from fakedropbox.errors import ConnectionBroken, NotImplementedInFake, ReplyLost
from fakedropbox.server.at_once import BEGUN, Begun, Finish
from fakedropbox.server.bodies import is_control
from fakedropbox.server.headers import Headers
from fakedropbox.server.names import name_in
from fakedropbox.server.served import Served

_PIECE_BYTES = 256 * 1024
_IN_THE_LOOP_BYTES = 1024 * 1024
"""The greatest size of a body that is handled in the event loop; hashing more would block it."""

_SLOW_PIECES = 10
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, with a timeout of 0, so that close() resets

_LOG = logging.getLogger("fakedropbox.server")

Result = TypeVar("Result")


class Front:
    """The application of a whole server: the control interface below its path, Dropbox elsewhere.

    Starlette's own routes and middleware, which the control interface has, would double the time of
    a request to Dropbox.
    """

    def __init__(self, control: ASGIApp, dropbox: ASGIApp) -> None:
        self._control = control
        self._dropbox = dropbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request."""
        await (self._control if is_control(scope) else self._dropbox)(scope, receive, send)


class Dropbox:
    """The application for Dropbox's hosts; it looks up its server's services at each request."""

    def __init__(self, server: Served) -> None:
        self._server = server
        self._as_many_as_wait = CapacityLimiter(math.inf)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request."""
        begun: Begun | None = scope["state"].get(BEGUN)
        if begun is not None:
            await self._answer(begun, scope, receive, send)
            return
        headers = Headers(scope["headers"])
        try:
            host = self._host(headers)
        except ValueError as error:
            await PlainTextResponse(f"fakedropbox: {error}\n", 421)(scope, receive, send)
            return
        try:
            arrived = HttpRequest(
                method=scope["method"],
                host=host,
                path=scope["path"],
                query=scope["query_string"].decode("latin-1"),
                headers=headers,
                body=await _body(receive),
                wire=Wire(),
            )
        except ClientDisconnect:
            return
        service = self._server.services.of(arrived)
        answer = partial(self._server.answer, arrived, service)
        await self._answer(Begun(arrived, service, answer), scope, receive, send)

    def begin(self, path: str, raw: Iterable[tuple[bytes, bytes]]) -> Finish | None:
        """Return the function that answers a call of a route at once, in the event loop.

        It is None for every other request, for a call that waits, and for one that is refused for
        its ``Host`` or comes from a web page, to whose response `Cors` adds headers.
        """
        route = IMPLEMENTED.get(path[3:])
        headers = Headers(raw)
        if route is None or route.waits or "Origin" in headers:
            return None
        try:
            return partial(self._finish, path, self._host(headers), headers)
        except ValueError:
            return None

    def _finish(
        self, path: str, host: str | None, headers: Headers, body: bytes
    ) -> HttpReply | Begun | None:
        wire = Wire()
        arrived = HttpRequest("POST", host, path, "", headers, body, wire)
        try:
            service = self._server.services.of(arrived)
        except Exception:  # noqa: BLE001 -- the usual way finds it again, and raises it
            return None
        if service.faults.waiting:
            return None
        try:
            reply = self._server.answer(arrived, service)
        except BaseException as error:  # noqa: BLE001 -- it is raised again in the usual way
            return Begun(arrived, service, partial(_raise, error))
        is_disturbed = wire.cut or wire.seconds or wire.stalled is not None
        if is_disturbed or "Content-Length" not in reply.headers:
            return Begun(arrived, service, lambda: reply)
        return _with_bytes(reply) or Begun(arrived, service, lambda: reply)

    def _host(self, headers: Headers) -> str | None:
        """Return the Dropbox host of a request; None for the server's own, which stands for all.

        Raises:
            ValueError: the host is neither Dropbox's nor this server's.
        """
        asked = headers.get("Host", "")
        name = name_in(asked)
        if hosts.served_as(name) is not None:
            return name
        if name in self._server.hosts:
            return None
        raise ValueError(f"Host: expected Dropbox's or this server's, got {asked!r}")

    async def _answer(self, begun: Begun, scope: Scope, receive: Receive, send: Send) -> None:
        arrived, service, answer = begun
        wire = arrived.wire
        assert wire is not None
        try:
            reply = await self._run(service, arrived, answer)
        except ConnectionBroken:
            await _reset(scope, receive)
            return
        except NotImplementedInFake as missing:
            service.calls.missing[str(missing)] += 1
            _LOG.warning("%s", missing)
            # The SDK repeats a call for ten seconds and more after any 5xx.
            status = 400 if arrived.path.startswith("/2/") else 501
            await PlainTextResponse(f"{missing}\n", status, {NOT_FAKED: "1"})(scope, receive, send)
            return
        except OSError as error:  # such as a state file that cannot be written: nothing was done
            await PlainTextResponse(f"fakedropbox: {error}\n", 500)(scope, receive, send)
            return
        if wire.stalled is not None:
            await anyio.to_thread.run_sync(service.clock.sleep, wire.stalled)
            await _reset(scope, receive)
            return
        size = len(reply.body) if isinstance(reply.body, bytes) else reply.body.size
        if wire.cut and not size:
            await _reset(scope, receive)
            return
        await send(_head(reply))
        if wire.cut:
            await _send_body(reply.body, size // 2, send, cut=True)
            await _end(scope["state"]["transport"].close, receive)
            return
        pause = partial(service.clock.sleep, wire.seconds / _SLOW_PIECES) if wire.seconds else None
        await _send_body(reply.body, size, send, pause)

    async def _run(
        self, service: Service, arrived: HttpRequest, work: Callable[[], Result]
    ) -> Result:
        """Do quick work in the event loop, and work that may wait or take long in a thread."""
        route = IMPLEMENTED.get(arrived.path[3:])
        if route is not None and route.waits:
            return await self._wait(work)
        if service.faults.waiting or len(arrived.body) > _IN_THE_LOOP_BYTES:
            return await anyio.to_thread.run_sync(work)
        return work()

    async def _wait(self, work: Callable[[], Result]) -> Result:
        """Run work that waits for a change, in a thread, which is abandoned if the server stops.

        Raises:
            ReplyLost: the server stops.
        """
        waiting = asyncio.ensure_future(
            anyio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._as_many_as_wait)
        )
        stopping = asyncio.ensure_future(self._server.stopping.wait())
        await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if waiting.done():
            return waiting.result()
        waiting.cancel()
        raise ReplyLost


def _with_bytes(reply: HttpReply) -> HttpReply | None:
    """Return a reply with its body as bytes; None if it is large or cannot be read."""
    body = reply.body
    if isinstance(body, bytes):
        return reply
    if body.size > _PIECE_BYTES:
        return None
    try:
        return reply._replace(body=body.read())
    except OSError:
        return None


def _raise(error: BaseException) -> NoReturn:
    raise error


async def _body(receive: Receive) -> Content:
    """Return the body; data after the size limit of an upload is read, but not kept.

    Raises:
        ClientDisconnect: the client has left before its end.
    """
    spool: Spool | None = None
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        piece: bytes = message.get("body", b"")
        is_last = not message.get("more_body", False)
        if spool is None:
            if is_last and len(piece) <= SPILL_BYTES:
                return piece
            spool = Spool()
        if len(spool) <= UPLOAD_BYTES:
            spool.append(piece)
        if is_last:
            return spool.content()


def _head(reply: HttpReply) -> Message:
    headers = [
        (name.lower().encode("ascii"), value.encode("latin-1"))
        for name, value in reply.headers.items()
    ]
    return {"type": "http.response.start", "status": reply.status, "headers": headers}


async def _send_body(
    body: bytes | Blob,
    size: int,
    send: Send,
    pause: Callable[[], None] | None = None,
    *,
    cut: bool = False,
) -> None:
    """Send the first ``size`` bytes of a body, with a ``pause`` before each piece, if any.

    They are the end of the response unless it is ``cut``.
    """
    step = _PIECE_BYTES if pause is None else max(size // _SLOW_PIECES, 1)
    for start in range(0, size or 1, step):
        stop = min(start + step, size)
        if isinstance(body, bytes):
            piece = body[start:stop]
        elif body.size > SPILL_BYTES:
            piece = await anyio.to_thread.run_sync(body.read, start, stop)
        else:
            piece = body.read(start, stop)
        if pause is not None:
            await anyio.to_thread.run_sync(pause)
        more = cut or stop < size
        await send({"type": "http.response.body", "body": piece, "more_body": more})


async def _reset(scope: Scope, receive: Receive) -> None:
    """Close the connection with a TCP reset."""
    transport: asyncio.Transport = scope["state"]["transport"]
    raw = transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    await _end(transport.abort, receive)


async def _end(close: Callable[[], None], receive: Receive) -> None:
    close()
    while (await receive())["type"] != "http.disconnect":
        pass
