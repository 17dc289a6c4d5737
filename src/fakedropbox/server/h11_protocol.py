"""The HTTP protocol of a connection, with the parser h11, which is always installed."""

from __future__ import annotations

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from fakedropbox.server.time_outs import Part, TimedConnection


class Protocol(TimedConnection, H11Protocol):
    """A protocol with time-outs; each request becomes a task of uvicorn."""

    def missing(self) -> Part | None:
        """Return the part of a request of which the rest is missing; None if there is none."""
        state = self.conn.their_state
        if state is h11.IDLE and self.conn.trailing_data[0]:
            return "head"
        return "body" if state is h11.SEND_BODY else None
