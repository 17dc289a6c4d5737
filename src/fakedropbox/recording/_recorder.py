"""The recorder, which wraps `requests.Session.send`."""

from __future__ import annotations

import functools
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from fakedropbox._doors.adapter import canonical_host
from fakedropbox._doors.replacements import Replacements
from fakedropbox.clock import Clock, SystemClock
from fakedropbox.recording._scrub import Scrubber

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

_SAMPLE = 32


class Recorder:
    """A recorder that appends each exchange to a file, as one line, when it happens.

    Args:
        path: the file to which exchanges are appended.
        cassette: the name of the recording.
        clock: the clock for a response without a date.
    """

    def __init__(self, path: Path, cassette: str, clock: Clock) -> None:
        self._path = path
        self._name = self._cassette = cassette
        self._scrubber = Scrubber()
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
            row = self._row(host, request, response)
            self._step += 1
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{json.dumps(row)}\n")

    def _row(
        self, host: str, request: requests.PreparedRequest, response: requests.Response
    ) -> dict[str, Any]:
        url, scrub = urlsplit(request.url or ""), self._scrubber
        headers = {name.lower(): _decoded(value) for name, value in request.headers.items()}
        # The result is not recorded, but the scrubber then replaces this token everywhere.
        scrub.authorization(headers.get("authorization", ""))
        answered = {name.lower(): value for name, value in response.headers.items()}
        host, path, query = scrub.place(host, str(url.path), str(url.query))
        row: dict[str, Any] = {
            "cassette": self._cassette,
            "step": self._step,
            "method": request.method,
            "host": host,
            "path": path,
            "query": query,
            "api_arg": scrub.json(headers.get("dropbox-api-arg", "")),
            "dropbox_api_path_root": scrub.json(headers.get("dropbox-api-path-root", "")),
            "content_type": headers.get("content-type", ""),
            "body": self._body(_sent(request), headers.get("content-type", "")),
            "response": {
                "status": response.status_code,
                "reason": scrub.text(response.reason or ""),
                "headers": {
                    name: scrub.json(answered[name]) for name in HEADERS if name in answered
                },
                "body": self._body(response.content, answered.get("content-type", "")),
            },
            "date": answered.get("date") or self._now(),
        }
        optional = ("query", "api_arg", "dropbox_api_path_root", "body")
        return {name: value for name, value in row.items() if value or name not in optional}

    def _body(self, body: bytes, content_type: str) -> Any:
        kind = content_type.partition(";")[0]
        text = body.decode("utf-8", "replace")
        if kind == "application/x-www-form-urlencoded":
            return self._scrubber.form(text)
        if kind in {"application/json", "text/javascript", "text/plain"}:
            return self._scrubber.json(text)
        is_sample = len(body) <= _SAMPLE and text.isascii() and text.isprintable()
        return text if is_sample and not self._scrubber.hides(text) else {"bytes": len(body)}

    def _now(self) -> str:
        return format_datetime(self._clock.now(), usegmt=True)


def _decoded(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _sent(request: requests.PreparedRequest) -> bytes:
    body: Any = request.body
    if isinstance(body, str):
        return body.encode()
    return bytes(body) if isinstance(body, (bytes, bytearray)) else b""


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
    recorder = Recorder(Path(path), cassette, clock or SystemClock())
    with _switch:
        if not _recorders:
            # Above the adapters, so that the responses of a fake adapter are recorded, too.
            _replaced.wrap(requests.Session, "send", _recorded)
        _recorders.append(recorder)
    return functools.partial(_end, recorder)


_recorders: list[Recorder] = []
_switch = threading.Lock()
_replaced = Replacements()


def _recorded(real: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
    @functools.wraps(real)
    def send(
        session: requests.Session, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        response = real(session, request, **options)
        for recorder in tuple(_recorders):
            recorder.record(request, response)
        return response

    return send


def _end(recorder: Recorder) -> None:
    with _switch:
        _recorders.remove(recorder)
        if not _recorders:
            _replaced.undo()


def _begin_forked() -> None:
    global _switch  # noqa: PLW0603 -- the thread that would release it does not exist
    _switch = threading.Lock()
    for recorder in _recorders:
        recorder.begin_forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_forked)
