"""The HTTP protocol of a connection, with the parser httptools, which is written in C."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from fakedropbox.server.time_outs import Part, TimedConnection


class Protocol(TimedConnection, HttpToolsProtocol):
    """A protocol with time-outs, and with the checks of h11 that the parser does not make.

    It would accept a head of any size, and one without a ``Host``.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._part: Part | None = None
        self._head_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Pass data on, and respond with an error if the head of the request is too large."""
        super().data_received(data)
        if self._part != "head":
            return
        self._head_bytes += len(data)
        most = self.config.h11_max_incomplete_event_size  # the parser h11 has this limit, too
        if most is not None and self._head_bytes > most and not self.transport.is_closing():
            self.send_400_response("Invalid HTTP request received.")

    def on_message_begin(self) -> None:
        """Note that a head has begun."""
        super().on_message_begin()
        self._part, self._head_bytes = "head", 0

    def on_headers_complete(self) -> None:
        """Note that a head has ended.

        Raises:
            ValueError: it has no ``Host``; uvicorn responds as to other malformed requests.
        """
        self._part = "body"
        is_named = any(name == b"host" for name, _ in self.headers)
        if not is_named and self.parser.get_http_version() != "1.0":
            raise ValueError("Host: expected in each request of HTTP/1.1, got none")
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that a body has ended."""
        self._part = None
        super().on_message_complete()

    def missing(self) -> Part | None:
        """Return the part of a request of which the rest is missing; None if there is none.

        The head of a further request can arrive before the response to the one before it is
        complete: its time begins only then.
        """
        is_busy = self.cycle is not None and not self.cycle.response_complete
        return None if self._part == "head" and is_busy else self._part
