"""The HTTP protocol of a connection, with the parser httptools, which is written in C."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from fakedropbox._wire import HttpReply
from fakedropbox.server.at_once import BEGUN, SMALL_BYTES, Begun, Finish
from fakedropbox.server.time_outs import Part, TimedConnection


class Protocol(TimedConnection, HttpToolsProtocol):
    """A protocol with time-outs, and with the checks of h11 that the parser does not make.

    It would accept a head of any size, and one without a ``Host``. A small request for which
    ``begin`` gives a function is answered by it; all others become tasks of uvicorn.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._finish: Finish | None = None
        self._body = b""
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
        # It may have arrived together with a call that was answered on the short way.
        self._unset_keepalive_if_required()

    def on_headers_complete(self) -> None:
        """Note that a head has ended.

        Raises:
            ValueError: it has no ``Host``; uvicorn responds as to other malformed requests.
        """
        self._part, self._body = "body", b""
        headers, version = dict(self.headers), self.parser.get_http_version()
        if b"host" not in headers and version != "1.0":
            raise ValueError("Host: expected in each request of HTTP/1.1, got none")
        if self._begin is not None and version == "1.1" and self._may_be_short(headers):
            self._finish = self._begin(self.url.decode("ascii"), self.headers)
        if self._finish is None:
            super().on_headers_complete()

    def _may_be_short(self, headers: dict[bytes, bytes]) -> bool:
        """Return whether a request is like most: small, and alone on a connection that stays."""
        return (
            self.url.startswith(b"/2/")
            and self.parser.get_method() == b"POST"
            and headers.keys().isdisjoint((b"expect", b"transfer-encoding", b"upgrade"))
            and int(headers.get(b"content-length", b"0")) <= SMALL_BYTES
            and self.parser.should_keep_alive()
            and not self._is_busy
            and not self.flow.write_paused  # a task waits until the client reads
            and not self.transport.is_closing()
        )

    def on_body(self, body: bytes) -> None:
        """Keep a part of a small body, or pass it on."""
        if self._finish is None:
            super().on_body(body)
        else:
            self._body += body

    def on_message_complete(self) -> None:
        """Note that a body has ended, and answer a small request."""
        self._part = None
        if self._finish is not None:
            found = self._finish(self._body)
            if isinstance(found, HttpReply):
                self._finish = None
                self._respond(found)
                return
            self._make_task(found)
        super().on_message_complete()

    def _respond(self, reply: HttpReply) -> None:
        """Send a response in one piece, with the same head as uvicorn's."""
        assert isinstance(reply.body, bytes)
        always = [b"%b: %b\r\n" % each for each in self.server_state.default_headers]
        own = zip(map(str.lower, reply.headers), reply.headers.values(), strict=True)
        lines = "\r\n".join(map(": ".join, own)).encode("latin-1")
        head = STATUS_LINE[reply.status], *always, lines, b"\r\n\r\n"
        self._together.send(b"".join((*head, reply.body)))
        self.on_response_complete()

    def begin_task(self) -> None:
        """Make a task of a request whose body is incomplete, as those of others are."""
        if self._finish is not None:
            self._make_task()

    def _make_task(self, begun: Begun | None = None) -> None:
        self._finish = None
        self.scope["state"][BEGUN] = begun
        super().on_headers_complete()
        super().on_body(self._body)

    @property
    def _is_busy(self) -> bool:
        """True while the response to an earlier request is incomplete."""
        return self.cycle is not None and not self.cycle.response_complete

    def missing(self) -> Part | None:
        """Return the part of a request of which the rest is missing; None if there is none.

        The head of a further request can arrive before the response to the one before it is
        complete: its time begins only then.
        """
        return None if self._part == "head" and self._is_busy else self._part
