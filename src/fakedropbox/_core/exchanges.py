"""The headers and answers of the last calls of a service that somebody looks at.

A service does not keep any until `Gate.keep_exchanges` is called, so that a service that nobody
looks at does nothing for it. Secrets are replaced before anything is kept.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from stone.backends.python_rsrc.stone_serializers import json_compat_obj_encode

from fakedropbox._api.refusals import error_object
from fakedropbox._api.registry import SDK_ROUTES
from fakedropbox._base.forks import Guard
from fakedropbox._core.shown_json import short_text, shown
from fakedropbox.calls import CallRecord, Reply
from fakedropbox.errors import RouteError

MOST = 1000
"""The number of calls whose headers and answers are kept, the last ones."""

Headers = tuple[tuple[str, str], ...]

_HARMLESS = frozenset(
    (
        *("accept", "accept-encoding", "accept-language", "accept-ranges", "allow"),
        *("cache-control", "connection", "content-encoding", "content-length", "content-range"),
        *("content-security-policy", "content-type", "date", "dropbox-api-path-root"),
        *("dropbox-api-select-admin", "dropbox-api-select-user", "etag", "host", "if-none-match"),
        *("keep-alive", "original-content-length", "range", "retry-after", "server"),
        *("transfer-encoding", "user-agent", "vary", "www-authenticate", "x-content-type-options"),
        *("x-dropbox-request-id", "x-dropbox-response-origin", "x-frame-options", "x-robots-tag"),
        "x-server-response-time",
    )
)
"""The headers whose values are shown; those of others may be secrets, and are replaced."""

_SCHEME = re.compile(r"(Bearer|Basic) ")
_RESULT = "Dropbox-API-Result"
_HIDDEN = "…"
_JSON = ("application/json", "text/javascript")  # the second is that of tokens (O0-03)


class Exchange:
    """The headers and the answer of one call, without secrets.

    ``sent`` and ``received`` are the headers of the request and of the response, and ``status`` is
    that of the response; they are empty and None for a call without HTTP, and if there was no
    response. ``answer`` is the answer as text, shortened; it never has the content of a file.
    """

    __slots__ = ("answer", "received", "sent", "status")

    def __init__(self, sent: Headers = ()) -> None:
        self.sent = sent
        self.received: Headers = ()
        self.status: int | None = None
        self.answer = ""


class Exchanges:
    """The exchanges of the last ``most`` calls of one service."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._by_record: dict[CallRecord, Exchange] = {}
        self._guard = Guard()
        self._here = threading.local()

    def of(self, record: CallRecord) -> Exchange | None:
        """Return the headers and the answer of a call, if they are still kept."""
        return self._by_record.get(record)

    def observed(self, call_next: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Wrap the observer around the chain of a gate."""

        def observe(request: Any) -> Any:
            record: CallRecord = request.record
            over_http = getattr(self._here, "sent", None)
            exchange = Exchange(over_http or ())
            self._add(record, exchange)
            if over_http is not None:  # a call that a fault makes meanwhile is not this one
                self._here.sent, self._here.exchange = None, exchange
                return call_next(request)
            try:
                reply = call_next(request)
            except RouteError as error:
                exchange.answer = _error(record.route, error)
                raise
            except Exception as error:
                exchange.answer = short_text(str(error))
                raise
            exchange.answer = _result(record.route, reply)
            return reply

        return observe

    def _add(self, record: CallRecord, exchange: Exchange) -> None:
        with self._guard.lock:
            self._by_record[record] = exchange
            if len(self._by_record) > self._most:
                del self._by_record[next(iter(self._by_record))]

    @contextmanager
    def over_http(
        self, headers: Mapping[str, str]
    ) -> Iterator[Callable[[int, Mapping[str, str], Any], None]]:
        """Keep the headers of the call that this thread makes in the context.

        The context gives a function that keeps the response: its status, headers and body.
        """
        self._here.sent, self._here.exchange = scrubbed(headers), None

        def received(status: int, headers: Mapping[str, str], body: Any) -> None:
            exchange: Exchange | None = self._here.exchange
            if exchange is not None:
                exchange.status, exchange.received = status, scrubbed(headers)
                exchange.answer = _body(headers, body)

        try:
            yield received
        finally:
            self._here.sent = self._here.exchange = None


def scrubbed(headers: Mapping[str, str]) -> Headers:
    """Return headers as people may see them: of an unknown one only its name, without its value."""
    return tuple((name, _value(name.lower(), value)) for name, value in headers.items())


def _value(name: str, value: str) -> str:
    if name in _HARMLESS:
        return short_text(value, 500)
    scheme = _SCHEME.match(value) if name == "authorization" else None
    return _HIDDEN if scheme is None else f"{scheme[1]} {_HIDDEN}"


def _body(headers: Mapping[str, str], body: Any) -> str:
    """Return the body of a response as text; the result of a download is in a header."""
    if _RESULT in headers:
        return _json(headers[_RESULT])
    kind = headers.get("Content-Type", "").partition(";")[0]
    if not isinstance(body, bytes) or kind not in (*_JSON, "text/plain"):
        return ""  # a page has links and forms with secrets, and is no answer to a program
    text = body.decode("utf-8", "replace")
    return _json(text) if kind in _JSON else short_text(text)


def _json(text: str) -> str:
    try:
        return shown(json.loads(text))
    except ValueError:  # a planned fault made it so
        return short_text(text)


def _error(route: str, error: RouteError) -> str:
    declared = SDK_ROUTES[route].error_type
    found = json_compat_obj_encode(declared, error_object(declared, error))
    return shown({"error_summary": error.tags, "error": found})


def _result(route: str, reply: Any) -> str:
    """Return the result of a route; that of a page is for browsers."""
    if route not in SDK_ROUTES or not isinstance(reply, Reply):
        return ""
    return shown(json_compat_obj_encode(SDK_ROUTES[route].result_type, reply.result))
