"""The interface of `Server` that the other modules of this package use."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from fakedropbox._core.service import Service
from fakedropbox._wire import HttpReply, HttpRequest
from fakedropbox.server.services import HostedService, Services
from fakedropbox.server.snapshots import Snapshots
from fakedropbox.server.tls import Certificates


class Served(Protocol):
    """A running server; see `Server` for its attributes."""

    control_token: str
    stopping: asyncio.Event
    hosts: Collection[str]
    certificates: Certificates
    proxy_address: tuple[str, int]
    """The host and the port of the proxy, as its clients know them."""

    @property
    def service(self) -> Service:
        """The service that the server currently serves."""

    @property
    def url(self) -> str:
        """The URL that serves the requests for all of Dropbox's hosts."""

    @property
    def proxy_url(self) -> str:
        """The URL of the server's proxy."""

    @property
    def ca_file(self) -> Path:
        """The file with the certificate that clients have to trust, as PEM."""

    @property
    def snapshots(self) -> Snapshots:
        """The snapshots of the first service."""

    @property
    def services(self) -> Services[Any]:
        """The further services of the server."""

    def answer(self, request: HttpRequest, service: Service | None = None) -> HttpReply:
        """Return the response of a service to a request to Dropbox."""

    def operate(
        self, name: str, arguments: Mapping[str, Any], hosted: HostedService[Any] | None = None
    ) -> Any:
        """Carry out one operation of the control interface."""

    def changing(self) -> AbstractContextManager[None]:
        """Return a context whose changes of the service are kept in the state file, if any."""
