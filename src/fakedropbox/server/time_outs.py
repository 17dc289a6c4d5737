"""Connections with time-outs: for the head of a request, and for a client that sends nothing."""

from __future__ import annotations

import asyncio
from typing import Any, Literal, NamedTuple

from fakedropbox.server.at_once import Begin
from fakedropbox.server.together import Together


class TimeOuts(NamedTuple):
    """The seconds after which a connection is closed.

    ``header`` is for the whole head of a request, from the connection or from the first byte of a
    further request. ``idle`` is for the next request of a connection, and for the next part of a
    body.
    """

    header: float
    idle: float


TIME_OUTS = TimeOuts(header=30, idle=60)

Part = Literal["head", "body"]
"""A part of a request."""


class TimedConnection:
    """A mixin for a protocol of uvicorn that closes a connection whose client keeps it waiting.

    Uvicorn itself closes a connection only when no further request arrives. The protocol says in
    `missing` which part of a request it waits for. The application gets the transport, so that it
    can break the connection, as some faults do. There is no access log. ``begin`` is the short way
    of small requests, for a protocol that has it.
    """

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport

    def __init__(self, time_outs: TimeOuts, begin: Begin | None, **options: Any) -> None:
        super().__init__(**options)
        self._time_outs = time_outs
        self._begin = begin
        self._waiting: asyncio.TimerHandle | None = None
        self._in_head = False

    def missing(self) -> Part | None:
        """Return the part of a request of which the rest is missing; None if there is none."""
        raise NotImplementedError

    def begin_task(self) -> None:
        """Make a task of a request that is not one yet, as it is still arriving."""

    def connection_made(self, transport: Any) -> None:
        """Start to wait for the first request."""
        self._together = Together(transport, self.loop)
        super().connection_made(self._together)  # type: ignore[misc]  # the protocol has it
        self.access_log = False  # a URL in it may contain a token
        self.app_state = {"transport": self._together}
        self._wait("head")

    def data_received(self, data: bytes) -> None:
        """Pass data on, and wait for what is then missing."""
        super().data_received(data)  # type: ignore[misc]  # the protocol has it
        self._wait_for_the_rest()

    def on_response_complete(self) -> None:
        """Wait for the rest of the next request if a part of it has already arrived."""
        super().on_response_complete()  # type: ignore[misc]  # the protocol has it
        self._wait_for_the_rest()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)  # type: ignore[misc]  # the protocol has it

    def _wait_for_the_rest(self) -> None:
        part = self.missing()
        if part is None:
            self._stop_waiting()
        else:
            self._wait(part)

    def _wait(self, part: Part) -> None:
        in_head = part == "head"
        if in_head and self._in_head:
            return  # further bytes of a head do not extend the time
        self._stop_waiting()
        self._in_head = in_head
        seconds = self._time_outs.header if in_head else self._time_outs.idle
        self._waiting = self.loop.call_later(seconds, self.transport.close)

    def _stop_waiting(self) -> None:
        self._in_head = False
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
