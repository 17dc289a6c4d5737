"""A transport that sends the head and the body of a response in one piece."""

from __future__ import annotations

import asyncio
from typing import Any

_MOST_HELD_BYTES = 64 * 1024
"""Larger data is passed on at once, so that its sender notices when the client reads slowly."""


class Together:
    """A transport of asyncio that joins the small data written in one turn of the event loop.

    Uvicorn writes the head of a response and its body one after the other. Over TLS each of them
    would be a record of its own, to be sent, received and decrypted.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []
        self.is_closing = transport.is_closing  # asked several times per request

    def write(self, data: bytes) -> None:
        """Send data after this turn of the event loop, or immediately if it is large."""
        if len(data) > _MOST_HELD_BYTES:
            self.send(data)
            return
        if not self._held:
            self._loop.call_soon(self._flush)
        self._held.append(data)

    def send(self, data: bytes) -> None:
        """Send data immediately, after what was written before."""
        self._flush()
        self._transport.write(data)

    def _flush(self) -> None:
        held, self._held = self._held, []
        if held and not self.is_closing():
            self._transport.write(b"".join(held))

    def close(self) -> None:
        """Send what was written, and close the connection."""
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        """Close the connection without sending what was written."""
        self._held = []
        self._transport.abort()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
