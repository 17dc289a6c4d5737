"""The guard, which keeps this process from reaching the real Dropbox.

While it is on, it refuses to look up the names of Dropbox's hosts, to connect to them, to use TLS
with them, and to ask a proxy for them. It watches a level below the libraries for HTTP, so it does
not disturb tools that answer in place of the network, such as VCR.py.
"""

from __future__ import annotations

import _socket
import _ssl
import functools
import importlib
import re
import socket
import ssl
import urllib.request
import warnings
from asyncio import selector_events
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from fakedropbox._doors.active import innermost
from fakedropbox._doors.replacements import DirectOs, Replacements, SharedReplacements, mocks
from fakedropbox._facts import hosts
from fakedropbox.errors import NotThroughFake

_ACTIVE = (
    "a fakedropbox service is active, which answers the Dropbox SDK and requests; this library "
    "uses neither. Let it use a server of the service: the fixture `dropbox_server`, or "
    "`service.serve()`"
)

# A request that asks a proxy for another host: HTTP (CONNECT, or a whole URL), SOCKS 5, SOCKS 4a.
_TO_PROXY = re.compile(
    rb"CONNECT ([^ :]+)(?::\d+)? HTTP/1"
    rb"|[A-Z]+ https?://(?:[^/ @]*@)?([^/ :?#]+)[^ ]* HTTP/1"
    rb"|\x05[\x01-\x03]\0\x03.(.+)..\Z"
    rb"|\x04[\x01\x02]..\0\0\0[^\0][^\0]*\0([^\0]+)\0",
    re.DOTALL,
)

_OWN_RESOLVERS = (
    ("pycares", "Channel", ("getaddrinfo", "gethostbyname", "query", "search")),  # used by aiodns
    ("uvloop", "Loop", ("getaddrinfo", "create_connection")),
)

_reasons: list[str | None] = []
_own_addresses: list[tuple[str, int]] = []
_tunnels: list[str] = []


def decision() -> str | None:
    """Return the reason given to the innermost active `refusing`.

    None if it permits the hosts, or if none is active.
    """
    return next(iter(_reasons[-1:]), None)


def refusing(reason: str | None) -> AbstractContextManager[None]:
    """Refuse Dropbox's hosts for a reason while in the context; None permits them.

    The innermost context decides. While a service is active, the hosts are refused anyway.
    """
    return _guard.used_by(reason)


def own_address(address: tuple[str, int]) -> AbstractContextManager[None]:
    """Permit requests for Dropbox's hosts that go to the address of a server or proxy of ours."""
    return _listed(_own_addresses, address)


def own_tunnel(host: str) -> AbstractContextManager[None]:
    """Permit TLS with a host of Dropbox while a proxy of ours relays a connection to it."""
    return _listed(_tunnels, hosts.name_of(host))


@contextmanager
def _listed(values: list[Any], value: object) -> Iterator[None]:
    values.append(value)
    try:
        yield
    finally:
        values.remove(value)


def _check(host: object) -> None:
    """Refuse a host if it is one of Dropbox's and the guard is on.

    Raises:
        NotThroughFake: it is refused.
    """
    reason = _ACTIVE if innermost() is not None else decision()
    if reason is not None and hosts.is_dropbox(host):
        raise NotThroughFake(f"{hosts.name_of(host)}: {reason}. Nothing was sent.")


def _check_addresses(args: Iterable[Any]) -> None:
    """Refuse arguments if one is the address of a host of Dropbox; addresses are tuples."""
    for value in args:
        if isinstance(value, tuple) and value:
            _check(value[0])


def _host_asked_for(data: Any) -> bytes | None:
    """Return the host that a request to a proxy names, or None if the data is something else."""
    try:
        found = _TO_PROXY.match(data)
    except TypeError:
        return None  # not bytes: the sender itself raises an error
    return None if found is None else next(filter(None, found.groups()))


def _check_sent(data: Any, sender: Any) -> None:
    """Refuse data that ask a proxy for a host of Dropbox, unless the proxy is ours."""
    host = _host_asked_for(data)
    if host is not None and _peer_of(sender) not in _own_addresses:
        _check(host)


def _peer_of(sender: Any) -> tuple[Any, ...]:
    """Return the address to which a socket, or a transport of asyncio, is connected."""
    is_socket = isinstance(sender, _SOCKET)
    address = sender.getpeername() if is_socket else sender.get_extra_info("peername")
    return tuple(address or ())[:2]


def _check_tls(connection: Any) -> None:
    """Refuse a TLS connection to a host of Dropbox, unless it leads to a server of ours."""
    name = connection.server_hostname
    if not name or hosts.name_of(name) in _tunnels:
        return
    if isinstance(connection, _SSL_SOCKET) and _peer_of(connection) in _own_addresses:
        return
    _check(name)


# The wrappers are cached, because the guard is turned on and off for each test.


@functools.cache
def _checked_address(real: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a method that takes an address: first check its host, which may be a name."""

    @functools.wraps(real)
    def use(self: socket.socket, *args: Any) -> Any:
        _check_addresses(args)
        return real(self, *args)

    return use


@functools.cache
def _checked_send(real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real)
    def send(self: Any, data: Any, *args: Any) -> Any:
        _check_sent(data, self)
        return real(self, data, *args)

    return send


@functools.cache
def _checked_send_pieces(real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real)
    def send(self: Any, pieces: Iterable[Any], *args: Any) -> Any:
        _check_addresses(args)
        pieces = list(pieces)
        _check_sent(b"".join(pieces), self)
        return real(self, pieces, *args)

    return send


@functools.cache
def _checked_tls_send(real: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a method that sends over TLS: check the host, also of connections already open."""

    @functools.wraps(real)
    def send(self: Any, data: Any, *args: Any) -> Any:
        _check_tls(self)
        if not self.server_side:
            # Unlike in `_check_sent`, the peer cannot be a proxy of ours, which does not use TLS.
            _check(_host_asked_for(data))
        return real(self, data, *args)

    return send


@functools.cache
def _checked_handshake(real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real)
    def do_handshake(self: ssl.SSLSocket, *args: Any) -> None:
        try:
            _check_tls(self)
        except NotThroughFake:
            self.close()  # Python does so from 3.12 on
            raise
        real(self, *args)

    return do_handshake


@functools.cache
def _checked_wrap_bio(real: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap the beginning of TLS in asyncio, which would not report an error of the handshake."""

    @functools.wraps(real)
    def wrap_bio(*args: Any, **kwargs: Any) -> Any:
        connection = real(*args, **kwargs)
        _check_tls(connection)
        return connection

    return wrap_bio


@functools.cache
def _checked_look_up(real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real)
    def look_up(*args: Any, **kwargs: Any) -> Any:
        for value in (*args, *kwargs.values()):
            _check(value)
        return real(*args, **kwargs)

    return look_up


def _resolvers() -> Iterator[tuple[type, str]]:
    """Return the methods of installed libraries that look up names without Python's `socket`."""
    for library, kind, names in _OWN_RESOLVERS:
        try:
            with warnings.catch_warnings(action="ignore"):
                found = getattr(importlib.import_module(library), kind)
        except ImportError:
            continue
        # Not every version of a library has all these methods.
        yield from ((found, name) for name in names if hasattr(found, name))


# Imported here and not when the guard begins: the file system may have been replaced by then, and
# a library that a test imports only later must be checked as well.
_LOOK_UP_METHODS = tuple(_resolvers())


def _class_of(module: str, base: Any) -> Any:
    """Return the class of Python's `socket` or `ssl` that extends a base.

    A suite or a tool that keeps tests off the network may have replaced its name in the module.
    """
    return next(kind for kind in base.__subclasses__() if kind.__module__ == module)


_SOCKET = _class_of("socket", _socket.socket)
_SSL_SOCKET = _class_of("ssl", _SOCKET)
_SSL_CONTEXT = _class_of("ssl", vars(_ssl)["_SSLContext"])
# The class has no public name, but its objects are the transports of asyncio's selector loops.
_TRANSPORT = vars(selector_events)["_SelectorSocketTransport"]

# `socket.getaddrinfo` calls `_socket.getaddrinfo`, so replacing the latter covers code that has
# imported the former earlier; the other functions of `socket` are not covered in such code. An
# audit hook would cover them, but it cannot be removed, and on Python 3.11 threads that start at
# the same time under coverage fail with it: `sys.settrace` calls the hook, which lets another
# thread run.
_CHECKS: tuple[tuple[Any, str, Callable[[Any], Any]], ...] = (
    (_socket, "getaddrinfo", _checked_look_up),
    (socket, "gethostbyname", _checked_look_up),
    (socket, "gethostbyname_ex", _checked_look_up),
    (socket, "gethostbyaddr", _checked_look_up),
    (_SOCKET, "connect", _checked_address),
    (_SOCKET, "connect_ex", _checked_address),
    (_SOCKET, "sendto", _checked_address),
    (_SOCKET, "send", _checked_send),
    (_SOCKET, "sendall", _checked_send),
    (_SOCKET, "sendmsg", _checked_send_pieces),
    (_TRANSPORT, "write", _checked_send),  # else asyncio only logs the error of the socket
    (_TRANSPORT, "writelines", _checked_send_pieces),
    (_SSL_CONTEXT, "wrap_bio", _checked_wrap_bio),
    (_SSL_SOCKET, "do_handshake", _checked_handshake),
    (_SSL_SOCKET, "send", _checked_tls_send),
    (_SSL_SOCKET, "write", _checked_tls_send),
    (ssl.SSLObject, "write", _checked_tls_send),
    *((kind, name, _checked_look_up) for kind, name in _LOOK_UP_METHODS),
)


def _install(replaced: Replacements) -> None:
    for kind, name, check in _CHECKS:
        # A mock of the suite sends nothing, and must not be called with `self`.
        if not isinstance(getattr(kind, name), mocks()):
            replaced.wrap(kind, name, check)
    replaced.replace(urllib.request, "os", DirectOs(vars(urllib.request)["os"], hosts.DOMAINS))


_guard = SharedReplacements(_reasons, _install)
