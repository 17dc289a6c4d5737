"""Time-outs of connections: for the head of a request, and for a client that sends nothing."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class TimeOuts(NamedTuple):
    """The seconds after which a connection is closed.

    ``header`` is for the whole head of a request, from the connection or from the first byte of a
    further request. ``idle`` is for the next request of a connection, and for the next part of a
    body.
    """

    header: float
    idle: float


TIME_OUTS = TimeOuts(header=30, idle=60)


class TimedProtocol(H11Protocol):
    """The protocol of a connection that is closed when its client keeps the server waiting.

    Uvicorn itself closes a connection only when no further request arrives.
    """

    def __init__(self, time_outs: TimeOuts, **options: Any) -> None:
        super().__init__(**options)
        self._time_outs = time_outs
        self._waiting: asyncio.TimerHandle | None = None
        self._in_head = False

    def connection_made(self, transport: Any) -> None:
        """Start to wait for the first request."""
        super().connection_made(transport)
        self._wait(in_head=True)

    def data_received(self, data: bytes) -> None:
        """Pass data on, and wait for the rest of the request if it is not complete."""
        super().data_received(data)
        self._wait_for_the_rest()

    def on_response_complete(self) -> None:
        """Wait for the rest of the next request if a part of it has already arrived."""
        super().on_response_complete()
        self._wait_for_the_rest()

    def _wait_for_the_rest(self) -> None:
        state = self.conn.their_state
        if state is h11.IDLE and self.conn.trailing_data[0]:
            self._wait(in_head=True)
        elif state is h11.SEND_BODY:
            self._wait(in_head=False)
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self, *, in_head: bool) -> None:
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
