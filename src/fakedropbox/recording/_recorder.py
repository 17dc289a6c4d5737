"""The recorder, which wraps `requests.Session.send`."""

from __future__ import annotations

import functools
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timezone
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from fakedropbox._doors.adapter import canonical_host
from fakedropbox._doors.replacements import Replacements, SharedReplacements
from fakedropbox.clock import Clock, SystemClock
from fakedropbox.recording._output import Output
from fakedropbox.recording._scrub import Scrubber, types_at
from fakedropbox.recording._sdk_types import PATH_ROOT, RouteTypes

HEADERS = (
    "accept-ranges",
    "cache-control",
    "content-length",
    "content-range",
    "content-type",
    "dropbox-api-result",
    "etag",
    "original-content-length",
    "retry-after",
    "www-authenticate",
    "x-content-type-options",
)
"""The headers of responses that are kept."""

_KEY = secrets.token_bytes(32)
"""The key of the stand-ins of this process, and of those that are forked from it."""


class Recorder:
    """A recorder that appends each exchange to a file, as one line, when it happens.

    Args:
        path: the file to which exchanges are appended. It is created for its owner only.
        cassette: the name of the recording.
        clock: the clock for a response without a date.
        key: a secret of at most 64 bytes, from which stand-ins are computed: with the same key,
            equal values get the same stand-in. By default, all recordings of a process have one.

    Raises:
        ValueError: ``path`` is a file that is not a recording.
        PermissionError: others than the owner of ``path`` can read it.
    """

    def __init__(
        self, path: Path, cassette: str, clock: Clock, *, key: bytes | None = None
    ) -> None:
        self._output = Output(path)
        self._name = self._cassette = cassette
        self._scrubber = Scrubber(_KEY if key is None else key)
        self._clock = clock
        self._step = 0
        self._lock = threading.Lock()

    def begin_forked(self) -> None:
        """Go on in a forked process, with another lock and with steps counted from 0."""
        self._lock = threading.Lock()
        self._step = 0
        self._cassette = f"{self._name}, process {os.getpid()}"

    def record(self, request: requests.PreparedRequest, response: requests.Response) -> None:
        """Append an exchange if it is with Dropbox; this reads the content of the response."""
        host = canonical_host(urlsplit(request.url or "").hostname or "")
        if host is None:
            return
        response.content  # noqa: B018 -- waits for the network, before the lock is taken
        with self._lock:
            self._output.append(self._row(host, request, response))
            self._step += 1

    def _row(
        self, host: str, request: requests.PreparedRequest, response: requests.Response
    ) -> dict[str, Any]:
        url, scrub = urlsplit(request.url or ""), self._scrubber
        headers = {name.lower(): _decoded(value) for name, value in request.headers.items()}
        answered = {name.lower(): value for name, value in response.headers.items()}
        types = types_at(str(url.path))
        # Contents first: the stand-in of a content decides on that of its hash.
        sent = self._sent(types, request)
        got = scrub.got(types, response.status_code, response.content or b"")
        host, path, query = scrub.place(host, str(url.path), str(url.query), types)
        row: dict[str, Any] = {
            "cassette": self._cassette,
            "step": self._step,
            "method": scrub.method(request.method or ""),
            "host": host,
            "path": path,
            "query": query,
            "api_arg": scrub.header_json(headers.get("dropbox-api-arg", ""), types.argument),
            "dropbox_api_path_root": scrub.header_json(
                headers.get("dropbox-api-path-root", ""), PATH_ROOT
            ),
            "content_type": scrub.content_type(headers.get("content-type", "")),
            "body": sent,
            "response": {
                "status": response.status_code,
                "reason": scrub.reason(response.status_code, response.reason or ""),
                "headers": {
                    name: scrub.header(name, answered[name], types.result)
                    for name in HEADERS
                    if name in answered
                },
                "body": got,
            },
            "date": self._date(answered.get("date", "")),
        }
        optional = ("query", "api_arg", "dropbox_api_path_root", "body")
        return {name: value for name, value in row.items() if value or name not in optional}

    def _sent(self, types: RouteTypes, request: requests.PreparedRequest) -> Any:
        body: Any = request.body or b""
        data = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
        if isinstance(data, (bytes, bytearray)):
            return self._scrubber.sent(types, bytes(data))
        length = request.headers.get("Content-Length", "")  # of a stream, which has been read
        return {"bytes": int(length)} if length.isdecimal() else ""

    def _date(self, text: str) -> str:
        """Return the time of a ``Date`` header in its usual form, or that of the clock."""
        date = self._clock.now()
        with suppress(ValueError, OverflowError):
            found = parsedate_to_datetime(text)
            date = (
                found.astimezone(timezone.utc)
                if found.tzinfo
                else found.replace(tzinfo=timezone.utc)
            )
        return format_datetime(date, usegmt=True)


def _decoded(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


@contextmanager
def recording(path: str | Path, cassette: str, clock: Clock | None = None) -> Iterator[None]:
    """Record every exchange with Dropbox that the SDK, or `requests`, has in this process.

    Args:
        path: the file to which exchanges are appended.
        cassette: the name of the recording.
        clock: the clock for a response without a date; by default the system's clock.
    """
    undo = start(path, cassette, clock)
    try:
        yield
    finally:
        undo()


def start(path: str | Path, cassette: str, clock: Clock | None = None) -> Callable[[], None]:
    """Begin to record, and return a function that ends it."""
    return begin(Recorder(Path(path), cassette, clock or SystemClock()))


def begin(recorder: Recorder) -> Callable[[], None]:
    """Begin to record with a recorder, and return a function that ends it."""
    _replaced.add(recorder)
    return functools.partial(_replaced.remove, recorder)


def _wrap(replaced: Replacements) -> None:
    # Above the adapters, so that the responses of a fake adapter are recorded, too.
    replaced.wrap(requests.Session, "send", _recorded)


_recorders: list[Recorder] = []
_replaced = SharedReplacements(_recorders, _wrap)
_sending = threading.local()


def _recorded(real: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
    @functools.wraps(real)
    def send(
        session: requests.Session, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        around = getattr(_sending, "session", None)
        if around is session and options.get("allow_redirects") is False:
            return real(session, request, **options)  # `requests` follows a redirect
        _sending.session = session
        try:
            response = real(session, request, **options)
        finally:
            _sending.session = around
        exchanges = [*response.history, response]
        for number, each in enumerate(exchanges):
            for recorder in tuple(_recorders):
                recorder.record(each.request if number else request, each)
        return response

    return send


def _begin_forked() -> None:
    for recorder in _recorders:
        recorder.begin_forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_forked)
