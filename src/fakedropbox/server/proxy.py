"""A CONNECT proxy that connects Dropbox's host names to the server, and refuses all others.

It redirects clients that have no option for another host, without any change to them.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from fakedropbox._doors.guard import own_tunnel
from fakedropbox._facts import hosts

_HEAD_BYTES = 64 * 1024
_PIECE_BYTES = 64 * 1024
_TARGETS = ", ".join(sorted(f"{host}:443" for host in (*hosts.ALL, hosts.BELOW_DOWNLOAD)))


class Proxy:
    """A proxy that connects its clients to the server, whose host and port are given."""

    def __init__(self, server: tuple[str, int], header_seconds: float) -> None:
        self._server = server
        self._header_seconds = header_seconds
        self._relays: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client, and relay data in both directions if it asks for a Dropbox host."""
        task = asyncio.current_task()
        assert task is not None
        self._relays.add(task)
        try:
            with suppress(ConnectionError, asyncio.CancelledError):
                await self._serve(reader, writer)
        finally:
            self._relays.discard(task)
            writer.close()

    async def close(self) -> None:
        """End all relayed connections."""
        for relay in self._relays:
            relay.cancel()
        await asyncio.gather(*self._relays, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(self._header_seconds):
                head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, TimeoutError):
            return
        except asyncio.LimitOverrunError:
            await _refuse(
                writer, "431 Request Header Fields Too Large", "the request's head is too large"
            )
            return
        method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
        target, _, version = rest.rpartition(" ")
        if not version.startswith("HTTP/1."):
            await _refuse(writer, "400 Bad Request", "expected an HTTP/1.1 request")
        elif method != "CONNECT":
            await _refuse(writer, "405 Method Not Allowed", f"expected CONNECT, got {method}")
        elif not _is_allowed(target.lower()):
            await _refuse(writer, "403 Forbidden", f"{target}: only {_TARGETS} can be reached")
        else:
            with own_tunnel(target.partition(":")[0]):
                await self._relay(reader, writer)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, to_there = await asyncio.open_connection(*self._server)
        try:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(_pass_on(reader, to_there), _pass_on(there, writer))
        finally:
            to_there.close()


def _is_allowed(target: str) -> bool:
    host, _, port = target.rpartition(":")
    return port == "443" and hosts.served_as(host) is not None


async def start_proxy(
    host: str, port: int, server: tuple[str, int], header_seconds: float
) -> tuple[asyncio.Server, Proxy]:
    """Start a proxy at ``host`` and ``port`` that connects its clients to ``server``.

    A client has ``header_seconds`` to send the head of its request.
    """
    proxy = Proxy(server, header_seconds)
    return await asyncio.start_server(proxy.serve, host, port, limit=_HEAD_BYTES), proxy


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(_PIECE_BYTES):
            writer.write(piece)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:  # also ENOTCONN, of a client that left: it is not a ConnectionError
        writer.transport.abort()  # a reset on one side becomes a reset on the other side


async def _refuse(writer: asyncio.StreamWriter, status: str, reason: str) -> None:
    body = f"fakedropbox: {reason}\n".encode("latin-1", "replace")
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
    writer.write(head.encode() + b"Connection: close\r\n\r\n" + body)
    await writer.drain()
