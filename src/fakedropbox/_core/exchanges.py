"""The headers and answers of the last calls of a service, for its page and for failure reports.

A service keeps none until `Gate.keep_exchanges` is called, so a service without a page does no
extra work. They are shown without secrets.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from stone.backends.python_rsrc.stone_serializers import json_compat_obj_encode

from fakedropbox._api.refusals import error_object
from fakedropbox._api.registry import SDK_ROUTES
from fakedropbox._base.forks import Guard
from fakedropbox._core.shown_json import error_without_secrets, short_text, shown
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
_HEADER = 500
_SMALL_BYTES = 16 * 1024
"""The size up to which the body of a response is kept as it was."""

_JSON = ("application/json", "text/javascript")  # the second is that of tokens (O0-03)


class Exchange:
    """The headers and the answer of one call, for people: without secrets.

    Headers and small bodies are kept unchanged; secrets are removed when they are read.
    """

    __slots__ = ("_answer", "_received", "_route", "_sent", "status")

    def __init__(self, route: str, sent: Headers = ()) -> None:
        self._route = route
        self._sent = sent
        self._received: Headers = ()
        self.status: int | None = None
        """The status of the response; None for a call without HTTP, or without a response."""
        self._answer: Callable[[], str] = str

    @property
    def sent(self) -> Headers:
        """The headers of the request; none for a call without HTTP."""
        return scrubbed(self._sent)

    @property
    def received(self) -> Headers:
        """The headers of the response; none for a call without HTTP, or without a response."""
        return scrubbed(self._received)

    @property
    def answer(self) -> str:
        """The answer as text, shortened; it never has the content of a file."""
        return self._answer()

    def answered(self, answer: Callable[[], str]) -> None:
        """Keep the function that returns the answer as text."""
        self._answer = answer

    def responded(self, status: int, headers: Mapping[str, str], body: Any) -> None:
        """Keep a response over HTTP."""
        self.status, self._received = status, tuple(headers.items())
        if not isinstance(body, bytes):
            body = b""  # the content of a file is never shown, and must not be kept here
        text = partial(_body, self._route, self._received, body)
        self._answer = text if len(body) <= _SMALL_BYTES else partial(str, text())


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
        """Return a chain that lets ``call_next`` answer each request, and keeps the exchange."""

        def observe(request: Any) -> Any:
            record: CallRecord = request.record
            over_http = getattr(self._here, "sent", None)
            exchange = Exchange(record.route, over_http or ())
            self._add(record, exchange)
            if over_http is not None:
                # Cleared first: calls that are made while this one runs must not get its headers.
                self._here.sent, self._here.exchange = None, exchange
                return call_next(request)
            try:
                reply = call_next(request)
            except RouteError as error:
                exchange.answered(partial(shown, _error(record.route, error), record.route))
                raise
            except Exception as error:
                exchange.answered(partial(_text, str(error), record.route))
                raise
            if isinstance(reply, Reply):  # not that of a page, which has tokens or is for browsers
                exchange.answered(partial(shown, _result(record.route, reply), record.route))
            return reply

        return observe

    def _add(self, record: CallRecord, exchange: Exchange) -> None:
        with self._guard.lock:
            self._by_record[record] = exchange
            if len(self._by_record) > self._most:
                del self._by_record[next(iter(self._by_record))]

    def over_http(self, headers: Mapping[str, str], answer: Callable[[], Any]) -> Any:
        """Keep the headers of the call that ``answer`` makes in this thread, and its response."""
        here = self._here
        here.sent, here.exchange = tuple(headers.items()), None
        try:
            reply = answer()
            if here.exchange is not None:
                here.exchange.responded(reply.status, reply.headers, reply.body)
            return reply
        finally:
            here.sent = here.exchange = None


def scrubbed(headers: Headers) -> Headers:
    """Return headers as people may see them: without the values of those that may be secret."""
    return tuple((name, _value(name.lower(), value)) for name, value in headers)


def _value(name: str, value: str) -> str:
    if name in _HARMLESS:
        return short_text(value, _HEADER)
    scheme = _SCHEME.match(value) if name == "authorization" else None
    return _HIDDEN if scheme is None else f"{scheme[1]} {_HIDDEN}"


def _body(route: str, headers: Headers, body: bytes) -> str:
    """Return the body of a response as text; the result of a download is in a header."""
    named = dict(headers)
    if _RESULT in named:
        return _json(named[_RESULT], route)
    kind = named.get("Content-Type", "").partition(";")[0]
    if kind not in (*_JSON, "text/plain"):
        return ""  # a page, whose links and forms have secrets, or the content of a file
    text = body.decode("utf-8", "replace")
    return _json(text, route) if kind in _JSON else _text(text, route)


def _text(text: str, route: str) -> str:
    return short_text(error_without_secrets(text, route))


def _json(text: str, route: str) -> str:
    try:
        return shown(json.loads(text), route)
    except ValueError:  # a planned fault has cut or replaced it, or it is the content of a file
        return short_text(text)


def _error(route: str, error: RouteError) -> Any:
    declared = SDK_ROUTES[route].error_type
    found = json_compat_obj_encode(declared, error_object(declared, error))
    return {"error_summary": error.tags, "error": found}


def _result(route: str, reply: Reply) -> Any:
    return json_compat_obj_encode(SDK_ROUTES[route].result_type, reply.result)
