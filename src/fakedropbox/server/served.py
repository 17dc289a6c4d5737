"""What the parts of a server know of the whole."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Protocol

from fakedropbox._core.service import Service
from fakedropbox._wire import HttpReply, HttpRequest
from fakedropbox.server.tls import Certificates


class Served(Protocol):
    """A server that runs; `Server` has the words for it."""

    control_token: str
    stopping: asyncio.Event
    hosts: Collection[str]
    certificates: Certificates
    proxy_address: tuple[str, int]

    @property
    def service(self) -> Service:
        """The service that it answers from at the moment."""

    @property
    def url(self) -> str:
        """Where it answers this machine for all of Dropbox's hosts."""

    @property
    def proxy_url(self) -> str:
        """Where its proxy answers."""

    @property
    def ca_file(self) -> Path:
        """The certificate that clients have to trust, as PEM."""

    def answer(self, request: HttpRequest) -> HttpReply:
        """Answer one of Dropbox's requests."""

    def operate(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Carry out one operation of the control interface."""
