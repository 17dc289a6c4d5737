"""The door under the unmodified SDK: a session of its own, or every session of the process.

The seam is one name, `requests.adapters.HTTPAdapter.send`. It catches clients built
before, sessions passed in, the OAuth helpers and plain `requests`. While a service is
active, all other ways to Dropbox's hosts are closed, and the SDK's time and chance are
the service's.
"""

from __future__ import annotations

import functools
import inspect
import os
import random
import socket
import threading
import time
import unittest
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from http.client import responses as REASONS  # noqa: N812 -- a constant
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import dropbox
import requests
from dropbox import session as sdk_session
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.structures import CaseInsensitiveDict

from fakedropbox._replacements import DirectOs, Replacements
from fakedropbox._responses import FakeResponse, broken
from fakedropbox._wire import HttpRequest, answer
from fakedropbox._wire.exchange import API_HOSTS
from fakedropbox.errors import ConnectionBroken, NotImplementedInFake, NotThroughFake

if TYPE_CHECKING:
    from fakedropbox.service import FakeDropboxService

_DOMAINS = ("dropboxapi.com", "dropbox.com", "dropboxusercontent.com")
_CLOCKED_MODULES = ("dropbox_client", "file_transfer", "oauth")  # the SDK's floor lacks one


def is_dropbox(host: str) -> bool:
    """Whether a host is one of Dropbox's."""
    return any(host == domain or host.endswith(f".{domain}") for domain in _DOMAINS)


def canonical_host(host: str) -> str | None:
    """The API's name of a host; the SDK can be told others by its environment (O0-12)."""
    configured = {
        sdk_session.API_HOST: API_HOSTS["api"],
        sdk_session.API_CONTENT_HOST: API_HOSTS["content"],
        sdk_session.API_NOTIFICATION_HOST: API_HOSTS["notify"],
        sdk_session.WEB_HOST: API_HOSTS["www"],
    }
    return configured.get(host) or (host if is_dropbox(host) else None)


def _exchange(
    service: FakeDropboxService, request: requests.PreparedRequest, host: str
) -> requests.Response:
    url = urlsplit(request.url or "")
    arrived = HttpRequest(
        method=request.method or "GET",
        host=host,
        path=str(url.path),
        query=str(url.query),
        headers=_headers_of(request),
        body=_body_of(request),
    )
    try:
        status, headers, body = answer(service.gate, arrived)
    except ConnectionBroken as refused:
        raise broken(refused, request) from None
    except NotImplementedInFake as missing:
        service.calls.missing[str(missing)] += 1
        raise
    reason = REASONS.get(status, "")
    return FakeResponse(status, reason, lambda: headers, body, request.url or "", request)


def _headers_of(request: requests.PreparedRequest) -> Mapping[str, str]:
    """The headers as text; `requests` takes bytes, too."""
    if any(isinstance(value, bytes) for value in request.headers.values()):
        return CaseInsensitiveDict(
            {
                name: value.decode("latin-1") if isinstance(value, bytes) else value
                for name, value in request.headers.items()
            }
        )
    return request.headers


def _body_of(request: requests.PreparedRequest) -> bytes:
    body: Any = request.body
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    if hasattr(body, "read"):
        return bytes(body.read())
    return b"".join(body)


class _ServiceAdapter(BaseAdapter):
    """A transport adapter that ends in one service."""

    def __init__(self, service: FakeDropboxService) -> None:
        super().__init__()
        self._service = service

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        host = canonical_host(urlsplit(request.url or "").hostname or "")
        if host is None:
            where = (request.url or "").partition("?")[0]
            raise NotThroughFake(f"{where}: this session leads to a FakeDropboxService only")
        return _exchange(self._service, request, host)

    def close(self) -> None:
        """Nothing is open."""


class ServiceSession(requests.Session):
    """A `requests.Session` that leads to one service and nowhere else."""

    def __init__(self, service: FakeDropboxService) -> None:
        super().__init__()
        self.service = service
        self.trust_env = False  # neither proxies nor a .netrc have a say
        self.mount("https://", _ServiceAdapter(service))
        self.mount("http://", _ServiceAdapter(service))


# Activation

_active: list[FakeDropboxService] = []
_switch = threading.Lock()
_replaced = Replacements()


def _innermost() -> FakeDropboxService | None:
    """The service that counts: looked up once, as another thread may end its activation."""
    return next(iter(_active[-1:]), None)


class _Time:
    """The `time` module of the SDK while a service is active."""

    def sleep(self, seconds: float) -> None:
        service = _innermost()
        if service is not None:
            service.clock.sleep(seconds)
        else:  # a thread that goes on after the end
            time.sleep(seconds)

    def time(self) -> float:
        service = _innermost()
        return time.time() if service is None else service.clock.time()

    monotonic = time

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


class _Random:
    """The `random` module of the SDK while a service is active."""

    def random(self) -> float:
        service = _innermost()
        if service is None:
            return random.random()  # noqa: S311 -- as the SDK
        return service.gate.world.chance.random("sdk")

    def __getattr__(self, name: str) -> Any:
        return getattr(random, name)


class _AnyDatetime(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)


class _Datetime(datetime, metaclass=_AnyDatetime):
    """The `datetime` of the SDK while a service is active."""

    @classmethod
    def utcnow(cls) -> datetime:  # type: ignore[override]  # a plain one, as the SDK expects
        service = _innermost()
        if service is None:
            return datetime.now(timezone.utc).replace(tzinfo=None)
        return service.clock.utcnow()


_SHIMS = {"time": _Time(), "random": _Random(), "datetime": _Datetime}


def _caught(real_send: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
    @functools.wraps(real_send)
    def send(
        adapter: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        host = canonical_host(urlsplit(request.url or "").hostname or "")
        service = _innermost()
        if host is None or service is None:
            return real_send(adapter, request, *args, **kwargs)
        return _exchange(service, request, host)

    return send


def _refuse_dropbox(host: Any) -> None:
    """Keep a library that is not answered here from reaching Dropbox.

    Raises:
        NotThroughFake: ``host`` is Dropbox's, and a service is active.
    """
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if _active and isinstance(name, str) and is_dropbox(name.lower().rstrip(".")):
        raise NotThroughFake(
            f"{name}: a fakedropbox service is active, which answers the Dropbox SDK and "
            "requests; this library went past both. Nothing was sent."
        )


def _guarded_look_up(real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real)
    def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        _refuse_dropbox(host)
        return real(host, *args, **kwargs)

    return look_up


def _guarded_connect(real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real)
    def connect(self: socket.socket, address: Any) -> Any:
        if isinstance(address, tuple) and address:
            _refuse_dropbox(address[0])
        return real(self, address)

    return connect


def _install() -> None:
    _replaced.wrap(HTTPAdapter, "send", _caught)
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        _replaced.wrap(socket, name, _guarded_look_up)
    for name in ("connect", "connect_ex"):
        _replaced.wrap(socket.socket, name, _guarded_connect)
    _replaced.replace(urllib.request, "os", DirectOs(vars(urllib.request)["os"], _DOMAINS))
    for module_name in _CLOCKED_MODULES:
        module = getattr(dropbox, module_name, None)
        for name, shim in _SHIMS.items():
            if hasattr(module, name):
                _replaced.replace(module, name, shim)


def _begin_forked() -> None:
    """Let a forked process activate, though a thread that is not in it was about to."""
    global _switch  # noqa: PLW0603 -- nobody is left to release it
    _switch = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_forked)


@contextmanager
def activated(service: FakeDropboxService) -> Iterator[FakeDropboxService]:
    """Make every SDK client of the process talk to ``service``; the innermost one counts.

    Raises:
        RuntimeError: at the end, when another activation that began later is still on.
    """
    with _switch:
        if not _active:
            _install()
        _active.append(service)
    try:
        yield service
    finally:
        with _switch:
            last = len(_active) - 1 - _active[::-1].index(service)
            in_order = last == len(_active) - 1
            del _active[last]
            if not _active:
                _replaced.undo()
        if not in_order:
            raise RuntimeError("activate(): a service was deactivated before one activated later")


_SERVICE = "dropbox_service"


class _Mock:
    """`mock_dropbox` with its options: a context manager and a decorator."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        self._entered: list[Any] = []

    def __enter__(self) -> FakeDropboxService:
        entered = self._session()
        self._entered.append(entered)
        return entered.__enter__()

    def __exit__(self, *error: object) -> None:
        self._entered.pop().__exit__(*error)

    @contextmanager
    def _session(self) -> Iterator[FakeDropboxService]:
        from fakedropbox.service import FakeDropboxService

        service = FakeDropboxService(**self._options)
        with activated(service):
            yield service
        service.faults.verify()

    def __call__(self, target: Any) -> Any:
        if isinstance(target, type):
            return self._mock_class(target)
        if not callable(target):
            raise TypeError(f"mock_dropbox: expected a function or a class, got {target!r}")
        if inspect.isgeneratorfunction(target) or inspect.isasyncgenfunction(target):
            raise TypeError(
                f"mock_dropbox: expected a function that returns, got the generator {target!r}; "
                "inside it, use `with mock_dropbox() as service:`"
            )
        given = inspect.signature(target)
        wanted = _SERVICE in given.parameters
        shown = given.replace(
            parameters=[p for name, p in given.parameters.items() if name != _SERVICE]
        )

        def bind(args: Any, kwargs: Any, service: FakeDropboxService) -> inspect.BoundArguments:
            """Put the service into its place among the arguments."""
            arguments = shown.bind(*args, **kwargs).arguments
            if wanted:
                arguments[_SERVICE] = service
            in_order = {name: arguments[name] for name in given.parameters if name in arguments}
            return inspect.BoundArguments(given, in_order)

        if inspect.iscoroutinefunction(target):

            @functools.wraps(target)
            async def mocked(*args: Any, **kwargs: Any) -> Any:
                with self._session() as service:
                    bound = bind(args, kwargs, service)
                    return await target(*bound.args, **bound.kwargs)

        else:

            @functools.wraps(target)
            def mocked(*args: Any, **kwargs: Any) -> Any:
                with self._session() as service:
                    bound = bind(args, kwargs, service)
                    return target(*bound.args, **bound.kwargs)

        mocked.__signature__ = shown  # type: ignore[attr-defined]
        return mocked

    def _mock_class(self, target: type) -> type:
        if not issubclass(target, unittest.TestCase):
            raise TypeError(f"mock_dropbox: expected a unittest.TestCase, got {target!r}")
        plain_set_up = target.setUp

        @functools.wraps(plain_set_up)
        def set_up(test: Any) -> None:
            session = self._session()
            setattr(test, _SERVICE, session.__enter__())
            test.addCleanup(session.__exit__, None, None, None)
            plain_set_up(test)

        target.setUp = set_up  # type: ignore[assignment, method-assign]
        return target


def mock_dropbox(target: Any = None, /, **options: Any) -> Any:
    """Run a test against a new `FakeDropboxService`, which every SDK client then talks to.

    As ``@mock_dropbox`` or ``@mock_dropbox(seed=7)`` on functions, async functions and
    `unittest.TestCase` classes; as ``with mock_dropbox() as service:``. The options are
    those of `FakeDropboxService`. A function that has a parameter ``dropbox_service`` gets
    the service, a test case has it as an attribute of that name. A planned fault that
    never happened fails the test.

    Raises:
        TypeError: a class that is no `unittest.TestCase`.
        UnfiredFault: at the end, a planned fault never happened.
    """
    mock = _Mock(options)
    return mock if target is None else mock(target)
