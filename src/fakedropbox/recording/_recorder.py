"""The recorder, which wraps `requests.Session.send`."""

from __future__ import annotations

import functools
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from fakedropbox._doors.adapter import host_of
from fakedropbox._doors.replacements import Replacements, SharedReplacements
from fakedropbox.clock import Clock, SystemClock
from fakedropbox.recording._output import Output
from fakedropbox.recording._rows import Seen, date_of, row_of
from fakedropbox.recording._scrub import Scrubber

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
        """Go on in a forked process, with another lock and cassette, and steps counted from 0."""
        self._lock = threading.Lock()
        self._step = 0
        self._cassette = f"{self._name}, process {os.getpid()}"

    def record(self, request: requests.PreparedRequest, response: requests.Response) -> None:
        """Append an exchange if it is with Dropbox; this reads the content of the response."""
        host = host_of(request.url, request.method)
        if host is None:
            return
        response.content  # noqa: B018 -- waits for the network, before the lock is taken
        with self._lock:
            seen = self._seen(host, request, response)
            self._output.append(row_of(seen, self._scrubber, self._cassette, self._step))
            self._step += 1

    def _seen(
        self, host: str, request: requests.PreparedRequest, response: requests.Response
    ) -> Seen:
        url = urlsplit(request.url or "")
        answered = {name.lower(): value for name, value in response.headers.items()}
        if "location" in answered:
            answered["location"] = _target(request.url or "", answered["location"])
        return Seen(
            method=request.method or "",
            host=host,
            path=str(url.path),
            query=str(url.query),
            headers={name.lower(): _decoded(value) for name, value in request.headers.items()},
            sent=_sent(request),
            status=response.status_code,
            reason=response.reason or "",
            answered=answered,
            got=response.content or b"",
            date=date_of(answered.get("date", ""), self._clock.now()),
        )


def _target(url: str, location: str) -> str:
    """Return the address to which a response redirects, with the host that is recorded for it."""
    try:
        target = urlsplit(urljoin(url, location))
        host = host_of(target.geturl())
    except ValueError:
        return location
    named = target if host is None else target._replace(scheme="https", netloc=host)
    return named.geturl()


def _sent(request: requests.PreparedRequest) -> bytes | int:
    """Return the body of a request, or the size of a stream, which has been read."""
    body: Any = request.body or b""
    data = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    if isinstance(data, (bytes, bytearray)):
        return bytes(data)
    length = request.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else 0


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
            return real(session, request, **options)  # a redirect: the outer call records it
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
