"""Activation, which makes every SDK client of the process talk to one service.

One function is replaced for that: `requests.adapters.HTTPAdapter.send`. This covers clients
that were built before, sessions passed to them, the OAuth helpers and plain `requests`. While
a service is active, all other connections to Dropbox's hosts are refused, and the SDK takes
its time and its random numbers from the service.
"""

from __future__ import annotations

import functools
import os
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

import dropbox
import requests
from requests.adapters import HTTPAdapter

from fakedropbox._core.service import Service
from fakedropbox._doors.active import active, innermost
from fakedropbox._doors.adapter import canonical_host, exchange, is_dropbox
from fakedropbox._doors.replacements import DirectOs, Replacements
from fakedropbox._doors.sdk_modules import STAND_INS
from fakedropbox._facts import hosts
from fakedropbox.errors import NotThroughFake

AnyService = TypeVar("AnyService", bound=Service)

# SDK modules that use `time`, `random` or `datetime`; the oldest SDK lacks `file_transfer`.
_CLOCKED_MODULES = ("dropbox_client", "file_transfer", "oauth")
_switch = threading.Lock()
_replaced = Replacements()


def _caught(real_send: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
    @functools.wraps(real_send)
    def send(
        adapter: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        host = canonical_host(urlsplit(request.url or "").hostname or "")
        service = innermost()
        if host is None or service is None:
            return real_send(adapter, request, *args, **kwargs)
        return exchange(service, request, host)

    return send


def _refuse_dropbox(host: Any) -> None:
    """Keep a library that does not use `requests` from reaching Dropbox.

    Raises:
        NotThroughFake: ``host`` is one of Dropbox's, and a service is active.
    """
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if active and isinstance(name, str) and is_dropbox(name.lower().rstrip(".")):
        raise NotThroughFake(
            f"{name}: a fakedropbox service is active, which answers the Dropbox SDK and "
            "requests; this library uses neither. Nothing was sent."
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
    _replaced.replace(urllib.request, "os", DirectOs(vars(urllib.request)["os"], hosts.DOMAINS))
    for module_name in _CLOCKED_MODULES:
        module = getattr(dropbox, module_name, None)
        for name, shim in STAND_INS.items():
            if hasattr(module, name):
                _replaced.replace(module, name, shim)


def _begin_forked() -> None:
    """Replace the lock in a forked process, since a thread of the parent may hold it."""
    global _switch  # noqa: PLW0603 -- the thread that could release it is not in this process
    _switch = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_forked)


@contextmanager
def activated(service: AnyService) -> Iterator[AnyService]:
    """Make ``service`` the innermost active service, which every SDK client of the process uses.

    Raises:
        RuntimeError: at the end, if an activation that began later has not ended yet.
    """
    with _switch:
        if not active:
            _install()
        active.append(service)
    try:
        yield service
    finally:
        with _switch:
            last = len(active) - 1 - active[::-1].index(service)
            in_order = last == len(active) - 1
            del active[last]
            if not active:
                _replaced.undo()
        if not in_order:
            raise RuntimeError(
                "activate(): a service was deactivated before one that was activated later; "
                "end the activations in reverse order"
            )
