"""The filling of a service with the content of a seed file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from dropbox import sharing

from fakedropbox._core.gate import Gate
from fakedropbox._core.logins import Logins
from fakedropbox._core.seed_file import Files, SeededLink, in_utc, read_seed_file
from fakedropbox._identity.accounts import Account, Accounts
from fakedropbox._identity.apps import Apps
from fakedropbox._identity.credentials import Credentials
from fakedropbox.errors import Refusal
from fakedropbox.faults import FaultPlan

_CREATE_LINK = "sharing/create_shared_link_with_settings"


class Fillable(Protocol):
    """The part of a service that a seed file fills; a protocol, as `Service` imports the seeds."""

    gate: Gate

    @property
    def accounts(self) -> Accounts:
        """All accounts."""

    @property
    def apps(self) -> Apps:
        """All apps."""

    @property
    def logins(self) -> Logins:
        """The factory of logins."""

    @property
    def faults(self) -> FaultPlan:
        """The planned faults."""

    def seed_files(
        self,
        files: Mapping[str, bytes],
        *,
        client_modified: Mapping[str, datetime] | None = None,
        account: Account | None = None,
    ) -> None:
        """Put files into an account."""


class Filling:
    """The function that fills a service with the content of a seed file, which is read once.

    ``chance`` is the seed of generated values that the file names, or None.

    Raises:
        ValueError: the file, or one that it names, cannot be read or is not valid.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._content = content = read_seed_file(path)
        self.chance = content.chance
        self._files = self._read("files", content.files)
        self._of_accounts = [
            self._read(f"accounts[{number}].files", each.files)
            for number, each in enumerate(content.accounts)
        ]

    def _read(self, place: str, files: Files) -> dict[str, bytes]:
        found = {}
        for path, file in files.items():
            with self._naming(f"{place}.{path}"):
                found[path] = file.read(self._path.parent)
        return found

    @contextmanager
    def _naming(self, place: str) -> Iterator[None]:
        """Name the file and the place in an error.

        Raises:
            ValueError: the context has raised an error about a value, or a refusal of Dropbox.
        """
        try:
            yield
        except (TypeError, ValueError, Refusal) as error:
            raise ValueError(f"seed: {self._path}: {place}: {error}") from error

    def __call__(self, service: Fillable) -> None:
        content = self._content
        self._put("files", service, content.files, self._files, service.accounts.default)
        for number, (each, data) in enumerate(
            zip(content.accounts, self._of_accounts, strict=True)
        ):
            place = f"accounts[{number}]"
            with self._naming(place):
                account = service.accounts.create(
                    each.email, each.name, each.plan, email_verified=each.email_verified
                )
            self._put(f"{place}.files", service, each.files, data, account)
        for number, app in enumerate(content.apps):
            with self._naming(f"apps[{number}]"):
                service.apps.create(**dict(app))
        for number, link in enumerate(content.links):
            with self._naming(f"links[{number}]"):
                _share(service, link)
        service.faults.script(content.faults)

    def _put(
        self, place: str, service: Fillable, files: Files, data: dict[str, bytes], account: Account
    ) -> None:
        times = {path: file.client_modified for path, file in files.items() if file.client_modified}
        with self._naming(place):
            service.seed_files(data, client_modified=times, account=account)


def _share(service: Fillable, link: SeededLink) -> None:
    """Create a shared link, as a client of the default app does."""
    account = None if link.account is None else service.accounts.by_email(link.account)
    if link.account is not None and account is None:
        raise ValueError(
            f"account: expected the e-mail address of an account, got {link.account!r}"
        )
    settings: dict[str, Any] = {
        "audience": link.audience and sharing.LinkAudience(link.audience),
        "access": link.access and sharing.RequestedLinkAccessLevel(link.access),
        "link_password": link.password,
        "expires": link.expires and in_utc(link.expires),
        "allow_download": link.allow_download,
    }
    given = {name: value for name, value in settings.items() if value is not None}
    arg = sharing.CreateSharedLinkWithSettingsArg(
        link.path, sharing.SharedLinkSettings(**given) if given else None
    )
    credentials = Credentials("Bearer", service.logins.create(account).access_token)
    service.gate.call(_CREATE_LINK, credentials, lambda: arg)
