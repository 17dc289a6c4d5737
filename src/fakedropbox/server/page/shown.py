"""The service that a browser sees: the first one of the server, or one that was chosen in it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from fakedropbox._core.service import Service
from fakedropbox.server.operations import OPERATIONS
from fakedropbox.server.served import Served
from fakedropbox.server.services import HostedService
from fakedropbox.server.snapshots import Snapshots


class Shown:
    """The service that one browser sees, and the operations on it.

    It is the first service of the server until another one is chosen, and again when that has been
    deleted. With ``only`` it is always that service, and the browser can use no other one.
    """

    def __init__(self, server: Served, only: HostedService[Any] | None = None) -> None:
        self._server = server
        self._only = only
        self._name = ""

    @property
    def is_over(self) -> bool:
        """True if the only service that may be seen has been deleted."""
        return self._only is not None and self._only not in list(self._server.services)

    @property
    def may_choose(self) -> bool:
        """True if another service of the server may be chosen."""
        return self._only is None

    @property
    def names(self) -> list[str]:
        """The names of the further services of the server that may be chosen."""
        return [each.name for each in self._server.services] if self.may_choose else []

    @property
    def name(self) -> str:
        """The name of the service; empty for the first one."""
        hosted = self._hosted
        return "" if hosted is None else hosted.name

    def choose(self, name: str) -> None:
        """Show the service with a name, or the first one if the name is empty.

        Raises:
            ValueError: there is no such service, or it may not be seen.
        """
        if not self.may_choose:
            raise ValueError(f"name: expected {self.name!r}, the only one to be seen, got {name!r}")
        if name:
            self._server.services.get(name)
        self._name = name

    @property
    def _hosted(self) -> HostedService[Any] | None:
        if self._only is not None:
            return self._only
        return next((each for each in self._server.services if each.name == self._name), None)

    @property
    def service(self) -> Service:
        """The service."""
        hosted = self._hosted
        return self._server.service if hosted is None else hosted.service

    @property
    def snapshots(self) -> Snapshots:
        """The snapshots of the service."""
        hosted = self._hosted
        return self._server.snapshots if hosted is None else hosted.snapshots

    @property
    def stopping(self) -> asyncio.Event:
        """The event that the server stops."""
        return self._server.stopping

    def changing(self) -> AbstractContextManager[None]:
        """Return a context whose changes of the service are kept in the state file, if any."""
        return self._server.changing() if self._hosted is None else nullcontext()

    def operate(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Carry out one operation of the control interface.

        Raises:
            TypeError, ValueError: the arguments are wrong, or the service refuses it.
            NotImplementedInFake: it needs a part of Dropbox that is not faked.
            OSError: the state file cannot be written; the operation is undone.
        """
        of_the_server = OPERATIONS[name].is_of_the_server
        if of_the_server and not self.may_choose:
            raise ValueError("expected the page of the server; this one is of one service only")
        return self._server.operate(name, arguments, None if of_the_server else self._hosted)
