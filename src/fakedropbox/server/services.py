"""The further services of a server, so that several test workers share one process.

A worker gets a service of its own, with its own tokens, clock, faults and record of calls.
"""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any, Generic, TypeVar

from fakedropbox._core.service import Service
from fakedropbox._wire import HttpRequest
from fakedropbox.login import Login
from fakedropbox.server.choice import Marks
from fakedropbox.server.snapshots import Snapshots
from fakedropbox.server.token_file import new_token

AnyService = TypeVar("AnyService", bound=Service)

_SEED_BITS = 128
"""The size of a random seed, which nobody can guess: the tokens are derived from it."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, eq=False)
class HostedService(Generic[AnyService]):
    """A further service of a server, which `Services.create` makes.

    - ``name``: the name
    - ``service``: the service
    - ``control_token``: the token of the control interface that controls this service only
    - ``snapshots``: the snapshots that the control interface has taken
    """

    name: str
    service: AnyService
    control_token: str = field(repr=False)
    snapshots: Snapshots = field(repr=False)
    _environ_of: Callable[[Login, str], dict[str, str]] = field(repr=False)

    @property
    def environ(self) -> dict[str, str]:
        """The environment variables that make clients use this service; see `Server.environ`."""
        return self._environ_of(self.service.login, self.control_token)


class Services(Generic[AnyService]):
    """The further services of a server: an iterable of `HostedService`.

    A request goes to the service that has issued its access token, its app key, or the cursor or
    link in it. A request without any of these goes to the first service, `Server.service`.

    ``first`` returns the first service, whose class the others have. ``environ_of`` returns the
    variables for a login and a control token. ``prepare`` is called with each new service. If
    ``is_kept``, a state file keeps the first service, and there are no others. ``has_inventories``
    is passed on to `Snapshots`.
    """

    def __init__(
        self,
        first: Callable[[], AnyService],
        environ_of: Callable[[Login, str], dict[str, str]],
        prepare: Callable[[HostedService[AnyService]], object],
        *,
        is_kept: bool,
        has_inventories: bool,
    ) -> None:
        self._first = first
        self._environ_of = environ_of
        self._prepare = prepare
        self._is_kept = is_kept
        self._has_inventories = has_inventories
        self._by_name: dict[str, HostedService[AnyService]] = {}
        self._last = 0
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[HostedService[AnyService]]:
        return iter(list(self._by_name.values()))

    def __len__(self) -> int:
        return len(self._by_name)

    def create(
        self,
        name: str | None = None,
        *,
        seed: int | None = None,
        personality: str = "recorded",
        plan: str = "basic",
        scopes: Iterable[str] | None = None,
        app_folder: str | None = None,
        redirect_uris: Iterable[str] = (),
        auto_approve: bool = False,
    ) -> HostedService[AnyService]:
        """Create a service with a clock like that of the first one, and return it.

        Args:
            name: the name, of ASCII letters, digits, ``.``, ``_`` and ``-``; generated unless
                given.
            seed: the seed of all generated values; random unless given. Two services of one
                server cannot have the same, as their tokens would be equal.
            personality: the name of a preset.
            plan: the plan of the default account.
            scopes: the scopes of the default login's token; all scopes unless given.
            app_folder: the name of the default app's folder.
            redirect_uris: addresses to which the authorize page may send the default app's codes.
            auto_approve: if True, the authorize page grants the default app access without asking.

        Raises:
            ValueError: the name or the seed is taken, a state file keeps the first service, or an
                argument is invalid.
        """
        if self._is_kept:
            raise ValueError(
                "services: expected a server without a state file, which keeps one service only; "
                "start another server without --state"
            )
        first = self._first()
        service = type(first)(
            secrets.randbits(_SEED_BITS) if seed is None else seed,
            personality,
            clock=type(first.clock)(),
            scopes=scopes,
            app_folder=app_folder,
            plan=plan,
            redirect_uris=redirect_uris,
            auto_approve=auto_approve,
        )
        with self._lock:
            name = self._free_name() if name is None else self._checked(name)
            token = Marks(token=service.login.access_token)
            if any(token.are_of(each.gate.world) for each in self._all()):
                raise ValueError(
                    f"seed: expected one that no other service of this server has, got {seed!r}"
                )
            snapshots = Snapshots(has_inventories=self._has_inventories)
            made = HostedService(name, service, new_token(), snapshots, self._environ_of)
            self._prepare(made)
            self._by_name[name] = made
        return made

    def _free_name(self) -> str:
        while True:
            self._last += 1
            name = f"service-{self._last}"
            if name not in self._by_name:
                return name

    def _checked(self, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError(
                "name: expected at most 64 ASCII letters, digits, '.', '_' and '-', beginning with "
                f"a letter or a digit, got {name!r}"
            )
        if name in self._by_name:
            raise ValueError(f"name: expected one that no other service has, got {name!r}")
        return name

    def get(self, name: str) -> HostedService[AnyService]:
        """Return the service with a name.

        Raises:
            ValueError: there is none.
        """
        found = self._by_name.get(name)
        if found is None:
            known = ", ".join(self._by_name) or "none has been created"
            raise ValueError(f"name: expected the name of a service ({known}), got {name!r}")
        return found

    def seed(self, name: str, files: Mapping[str, bytes], **options: Any) -> None:
        """Put files into an account of a service; ``options`` are those of `Service.seed_files`.

        Raises:
            ValueError: there is no such service, or it refuses the files.
        """
        self.get(name).service.seed_files(files, **options)

    def reset(self, name: str) -> None:
        """Reset a service to its initial state.

        Raises:
            ValueError: there is no such service.
        """
        self.get(name).service.reset()

    def delete(self, name: str) -> None:
        """Delete a service; its tokens are no longer known.

        Raises:
            ValueError: there is no such service.
        """
        with self._lock:
            del self._by_name[self.get(name).name]

    def clear(self) -> None:
        """Delete all further services."""
        with self._lock:
            self._by_name.clear()
            self._last = 0

    def by_control_token(self, token: str) -> HostedService[AnyService] | None:
        """Return the further service that a control token controls, or None."""
        given, found = token.encode(), None
        for each in self:
            if compare_digest(given, each.control_token.encode()):
                found = each
        return found

    def of(self, request: HttpRequest) -> AnyService:
        """Return the service to which a request to Dropbox goes."""
        first = self._first()
        if not self._by_name:
            return first
        marks = Marks.of(request)
        return next((each for each in self._all() if marks.are_of(each.gate.world)), first)

    def _all(self) -> list[AnyService]:
        return [self._first(), *(each.service for each in self)]
