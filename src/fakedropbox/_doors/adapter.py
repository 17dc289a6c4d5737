"""A `requests` transport adapter that leads to a service, and a session that uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http.client import responses as REASONS  # noqa: N812 -- a constant
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from dropbox import session as sdk_session
from requests.adapters import BaseAdapter
from requests.exceptions import InvalidHeader, InvalidURL
from requests.structures import CaseInsensitiveDict

from fakedropbox._core.service import Service
from fakedropbox._doors.replacements import bound
from fakedropbox._doors.responses import FakeResponse, broken
from fakedropbox._facts import hosts
from fakedropbox._wire import HttpRequest, answer, host_at
from fakedropbox.errors import ConnectionBroken, NotImplementedInFake, NotThroughFake

UNSENDABLE = (InvalidHeader, InvalidURL, NotThroughFake, UnicodeError)
"""The errors of a `ServiceSession` about a request that it cannot send."""

own_adapter = requests.Session.get_adapter
"""The function by which `requests` chooses among the adapters of a session."""

_GET_ADAPTER = "get_adapter"
_STANDS_FOR = {hosts.UNREACHABLE[name]: host for name, host in hosts.OF_VARIABLES.items()}


def host_of(url: str | None, method: str | None = "GET") -> str | None:
    """Return the API's own name of a URL's host, or None if the host is not one of Dropbox's.

    The SDK takes other names for its hosts from the environment (O0-12), such as those that an
    activation in the parent process has set there, or the address of a server, which stands for
    all hosts. For a server, the host is the one that has the path and the method.
    """
    address = urlsplit(url or "")
    name = address.hostname or ""
    found = {host for other, host in _other_names() if other in (name, address.netloc.lower())}
    if not found:
        return hosts.name_of(name) if hosts.is_dropbox(name) else None
    if address.path.startswith(f"{hosts.CONTROL}/"):
        return None
    return found.pop() if len(found) == 1 else host_at(method or "GET", str(address.path))


def _other_names() -> Iterator[tuple[str, str]]:
    """Yield pairs: another name of a host, with its port if it has one, and the API's own name."""
    yield from _STANDS_FOR.items()
    yield sdk_session.API_HOST, hosts.API
    yield sdk_session.API_CONTENT_HOST, hosts.CONTENT
    yield sdk_session.API_NOTIFICATION_HOST, hosts.NOTIFY
    yield sdk_session.WEB_HOST, hosts.WWW


def exchange(service: Service, request: requests.PreparedRequest, host: str) -> requests.Response:
    """Answer one request to one of Dropbox's hosts from a service.

    Raises:
        requests.RequestException: a planned fault broke the connection.
        NotImplementedInFake: the route or page is not faked.
    """
    url = urlsplit(request.url or "")
    arrived = HttpRequest(
        method=request.method or "GET",
        host=host,
        path=unquote(str(url.path)),
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
    """Return the headers as text; `requests` also allows bytes.

    Raises:
        UnicodeEncodeError: a text cannot be sent; `http.client` raises the same.
    """
    for value in request.headers.values():
        if isinstance(value, str):
            value.encode("latin-1")
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
    """A transport adapter that leads to one service."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self._service = service

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        host = host_of(request.url, request.method)
        if host is None:
            where = (request.url or "").partition("?")[0]
            raise NotThroughFake(
                f"{where}: expected one of Dropbox's hosts, as this session leads to a "
                "FakeDropboxService only"
            )
        return exchange(self._service, request, host)

    def close(self) -> None:
        """Do nothing, as nothing is open."""


class AdapterChoice:
    """A replacement for `requests.Session.get_adapter` that mocks of sessions do not hide.

    It is a data descriptor, because requests-mock sets its own method in each session that sends
    something. ``choose`` takes the session and the URL. Only if it returns None is the method of
    the session called, or ``others``, the method of the class.
    """

    def __init__(
        self, choose: Callable[[requests.Session, str], BaseAdapter | None], others: Any
    ) -> None:
        self._choose = choose
        self._others = others

    def __get__(self, session: requests.Session | None, _: object = None) -> Any:
        return self._others if session is None else partial(self._get_adapter, session)

    def _get_adapter(self, session: requests.Session, url: str) -> BaseAdapter:
        chosen = self._choose(session, url)
        if chosen is None:
            get_adapter = vars(session).get(_GET_ADAPTER) or bound(self._others, session)
            chosen = get_adapter(url=url)
        return chosen

    def __set__(self, session: requests.Session, value: object) -> None:
        vars(session)[_GET_ADAPTER] = value

    def __delete__(self, session: requests.Session) -> None:
        if _GET_ADAPTER not in vars(session):
            raise AttributeError(_GET_ADAPTER)
        del vars(session)[_GET_ADAPTER]


def _of_dropbox(session: requests.Session, url: str) -> BaseAdapter | None:
    return None if host_of(url) is None else own_adapter(session, url)


class ServiceSession(requests.Session):
    """A `requests.Session` that leads to one service and nowhere else."""

    get_adapter = AdapterChoice(_of_dropbox, own_adapter)

    def __init__(self, service: Service) -> None:
        super().__init__()
        self.service = service
        self.trust_env = False  # ignore proxies and a .netrc file
        self.mount("https://", _ServiceAdapter(service))
        self.mount("http://", _ServiceAdapter(service))
