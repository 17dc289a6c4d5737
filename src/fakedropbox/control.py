"""Remote control of a running server: what a test does to a service besides calling its API."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from fakedropbox._base.checks import expect
from fakedropbox.faults import KINDS, Fault
from fakedropbox.login import Login


class Control:
    """A client of a running server's control interface, below ``/_fake/``.

    Args:
        url: the server's URL; the environment variable ``FAKEDROPBOX_URL`` unless given.
        token: the control token that the server printed at its start; the environment
            variable ``FAKEDROPBOX_CONTROL_TOKEN`` unless given.
        ca_file: the path of the server's CA certificate; the environment variable
            ``FAKEDROPBOX_CA_FILE`` unless given.

    Every method raises `ValueError`, with the service's reason, if the service refuses it,
    and `PermissionError` if the token is wrong.
    """

    def __init__(
        self, url: str | None = None, token: str | None = None, ca_file: str | Path | None = None
    ) -> None:
        given = {"url": url, "token": token, "ca_file": ca_file}
        names = {
            "url": "FAKEDROPBOX_URL",
            "token": "FAKEDROPBOX_CONTROL_TOKEN",
            "ca_file": "FAKEDROPBOX_CA_FILE",
        }
        found: dict[str, str] = {}
        for argument, name in names.items():
            value = given[argument] or os.environ.get(name)
            if value is None:
                raise ValueError(
                    f"{argument}: expected a value, as this argument or in the environment "
                    f"variable {name}; found neither"
                )
            found[argument] = str(value)
        self._url = found["url"].rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False  # ignore proxies and CA bundles of the environment
        self._session.verify = found["ca_file"]
        self._session.headers["Authorization"] = f"Bearer {found['token']}"

    def _ask(self, operation: str, **arguments: Any) -> Any:
        reply = self._session.post(f"{self._url}/_fake/{operation}", json=arguments, timeout=60)
        if reply.status_code == requests.codes.bad_request:
            raise ValueError(reply.text.strip())
        if reply.status_code == requests.codes.unauthorized:
            raise PermissionError(reply.text.strip())
        reply.raise_for_status()
        return reply.json()

    def reset(self) -> None:
        """Reset the service to its initial state; see `FakeDropboxService.reset`."""
        self._ask("reset")

    def snapshot(self) -> int:
        """Take a snapshot of the current state and return its number, for `restore`."""
        number: int = self._ask("snapshot")
        return number

    def restore(self, snapshot: int) -> None:
        """Go back to a snapshot; see `FakeDropboxService.restore`."""
        self._ask("restore", snapshot=snapshot)

    def plan(self, *faults: Fault) -> None:
        """Plan faults, such as ``faults.rate_limit("files/upload")``: all of them or none."""
        for fault in faults:
            expect("faults", fault, Fault)
        self._ask("faults/plan", faults=[fault_to_json(fault) for fault in faults])

    def faults(self) -> list[tuple[Fault, int]]:
        """Return the planned faults, each with the number of times it is still to happen."""
        found = self._ask("faults/list")
        return [(fault_from_json(each["fault"]), each["left"]) for each in found]

    def clear_faults(self) -> None:
        """Remove all planned faults."""
        self._ask("faults/clear")

    def now(self) -> datetime:
        """Return the time of the service's clock, in UTC."""
        return datetime.fromisoformat(self._ask("clock/now"))

    def advance(self, seconds: float) -> datetime:
        """Advance the service's clock by ``seconds`` and return its new time, in UTC."""
        return datetime.fromisoformat(self._ask("clock/advance", seconds=seconds))

    def calls(self) -> list[dict[str, Any]]:
        """Return the recorded calls in order: ``route``, ``arg`` (JSON or None), ``outcome``."""
        found: list[dict[str, Any]] = self._ask("calls")
        return found

    def tree(self) -> str:
        """Return the default account's files and folders as indented text."""
        text: str = self._ask("tree")
        return text

    def files(self) -> dict[str, bytes]:
        """Return the default account's files: content by `path_display`."""
        return {path: base64.b64decode(text) for path, text in self._ask("files").items()}

    def seed_files(self, files: Mapping[str, bytes]) -> None:
        """Put files into the default account; see `FakeDropboxService.seed_files`."""
        encoded = {path: base64.b64encode(content).decode() for path, content in files.items()}
        self._ask("seed_files", files=encoded)

    def create_account(
        self, email: str, given_name: str = "Other", surname: str = "User"
    ) -> dict[str, str]:
        """Create another account and return its ``account_id`` and ``email``."""
        found: dict[str, str] = self._ask(
            "accounts/create", email=email, given_name=given_name, surname=surname
        )
        return found

    def create_app(
        self,
        name: str = "app",
        *,
        folder: str | None = None,
        scopes: Iterable[str] | None = None,
        redirect_uris: Iterable[str] = (),
        auto_approve: bool = False,
    ) -> dict[str, str]:
        """Create another app and return its ``key`` and ``secret``; see `Apps.create`."""
        given: dict[str, Any] = {} if scopes is None else {"scopes": list(scopes)}
        given |= {"redirect_uris": list(redirect_uris), "auto_approve": auto_approve}
        found: dict[str, str] = self._ask("apps/create", name=name, folder=folder, **given)
        return found

    def link(
        self,
        account: str | None = None,
        app: str | None = None,
        scopes: Iterable[str] | None = None,
    ) -> Login:
        """Link an app to an account and return the login.

        Args:
            account: the account's e-mail address; the default account if None.
            app: the app's key; the default app if None.
            scopes: the scopes to grant; all that the app is enabled for if None.
        """
        given = {} if scopes is None else {"scopes": list(scopes)}
        return Login(**self._ask("link", account=account, app=app, **given))

    def add_webhook(self, url: str, app: str | None = None, *, allow_remote: bool = False) -> None:
        """Register a webhook for an app, given by its key; the server delivers its notices.

        See `Webhooks.add`.
        """
        self._ask("webhooks/add", url=url, app=app, allow_remote=allow_remote)

    def remove_webhook(self, url: str, app: str | None = None) -> None:
        """Remove a webhook."""
        self._ask("webhooks/remove", url=url, app=app)

    def __repr__(self) -> str:
        return f"<Control of {self._url}>"


def fault_to_json(fault: Fault) -> dict[str, Any]:
    """Return a fault as plain values: its ``kind`` and its arguments."""
    arguments = {field.name: getattr(fault, field.name) for field in fields(fault)}
    return {"kind": type(fault).__name__, **arguments}


def fault_from_json(value: Mapping[str, Any]) -> Fault:
    """Return the fault that `fault_to_json` described.

    Raises:
        TypeError, ValueError: there is no such kind, or it does not take these arguments.
    """
    expect("faults", value, Mapping)
    arguments = dict(value)
    kind = KINDS.get(arguments.pop("kind", ""))
    if kind is None:
        raise ValueError(f"kind: expected one of {', '.join(KINDS)}, got {value.get('kind')!r}")
    return kind(**arguments)
