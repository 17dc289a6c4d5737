"""A transport adapter that ends in a service, and the session that carries it."""

from __future__ import annotations

from collections.abc import Mapping
from http.client import responses as REASONS  # noqa: N812 -- a constant
from typing import Any
from urllib.parse import urlsplit

import requests
from dropbox import session as sdk_session
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from fakedropbox._core.service import Service
from fakedropbox._doors.responses import FakeResponse, broken
from fakedropbox._facts import hosts
from fakedropbox._wire import HttpRequest, answer
from fakedropbox.errors import ConnectionBroken, NotImplementedInFake, NotThroughFake


def is_dropbox(host: str) -> bool:
    """Whether a host is one of Dropbox's."""
    return any(host == domain or host.endswith(f".{domain}") for domain in hosts.DOMAINS)


def canonical_host(host: str) -> str | None:
    """The API's name of a host; the SDK can be told others by its environment (O0-12)."""
    configured = {
        sdk_session.API_HOST: hosts.API,
        sdk_session.API_CONTENT_HOST: hosts.CONTENT,
        sdk_session.API_NOTIFICATION_HOST: hosts.NOTIFY,
        sdk_session.WEB_HOST: hosts.WWW,
    }
    return configured.get(host) or (host if is_dropbox(host) else None)


def exchange(service: Service, request: requests.PreparedRequest, host: str) -> requests.Response:
    """Answer one request to one of Dropbox's hosts from a service.

    Raises:
        requests.RequestException: a planned fault broke the connection.
        NotImplementedInFake: the route or page is not there.
    """
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

    def __init__(self, service: Service) -> None:
        super().__init__()
        self._service = service

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        host = canonical_host(urlsplit(request.url or "").hostname or "")
        if host is None:
            where = (request.url or "").partition("?")[0]
            raise NotThroughFake(f"{where}: this session leads to a FakeDropboxService only")
        return exchange(self._service, request, host)

    def close(self) -> None:
        """Nothing is open."""


class ServiceSession(requests.Session):
    """A `requests.Session` that leads to one service and nowhere else."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self.service = service
        self.trust_env = False  # neither proxies nor a .netrc have a say
        self.mount("https://", _ServiceAdapter(service))
        self.mount("http://", _ServiceAdapter(service))
