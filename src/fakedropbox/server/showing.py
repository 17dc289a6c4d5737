"""The server of the page of a service in this process, which runs until the process ends."""

from __future__ import annotations

import atexit
from typing import TypeVar

from fakedropbox._core.service import Service
from fakedropbox.server.running import Server, Settings

AnyService = TypeVar("AnyService", bound=Service)

_SETTINGS = Settings(has_page=True, delivers=False)
"""The settings of a server that only shows a service, and does not change it."""


def showing(service: AnyService, before: Server[AnyService] | None) -> Server[AnyService]:
    """Return a running server for the page of a service: the one from ``before``, or a new one."""
    if before is not None and before.is_running:
        return before
    server = Server(service, settings=_SETTINGS).start()
    atexit.register(_stop, server)
    return server


def _stop(server: Server[AnyService]) -> None:
    if server.is_running:
        server.stop()
