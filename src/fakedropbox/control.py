"""Controlling a server from another process: what a test does to a service beside calling it."""

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
    """A running server's control interface, below ``/_fake/``.

    Args:
        url: the server's; ``FAKEDROPBOX_URL`` of the environment unless given.
        token: what the server printed when it began; ``FAKEDROPBOX_CONTROL_TOKEN`` unless
            given.
        ca_file: the server's certificate; ``FAKEDROPBOX_CA_FILE`` unless given.

    Every method raises `ValueError` for what the service refuses, with its reason, and
    `PermissionError` for a wrong token.
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
                raise ValueError(f"{argument}: expected one, here or as {name}")
            found[argument] = str(value)
        self._url = found["url"].rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False  # neither a proxy nor another bundle has a say
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
        """Go back to the very beginning; see `FakeDropboxService.reset`."""
        self._ask("reset")

    def snapshot(self) -> int:
        """The present state, to come back to with `restore`."""
        number: int = self._ask("snapshot")
        return number

    def restore(self, snapshot: int) -> None:
        """Go back to a snapshot; see `FakeDropboxService.restore`."""
        self._ask("restore", snapshot=snapshot)

    def plan(self, *faults: Fault) -> None:
        """Plan faults, such as ``faults.rate_limit("files/upload")``; all of them or none."""
        for fault in faults:
            expect("faults", fault, Fault)
        self._ask("faults/plan", faults=[fault_to_json(fault) for fault in faults])

    def faults(self) -> list[tuple[Fault, int]]:
        """The faults that are planned, each with how many times it is still to happen."""
        found = self._ask("faults/list")
        return [(fault_from_json(each["fault"]), each["left"]) for each in found]

    def clear_faults(self) -> None:
        """Forget all faults."""
        self._ask("faults/clear")

    def now(self) -> datetime:
        """The service's time, in UTC."""
        return datetime.fromisoformat(self._ask("clock/now"))

    def advance(self, seconds: float) -> datetime:
        """Let time go by on the service's clock, and tell it."""
        return datetime.fromisoformat(self._ask("clock/advance", seconds=seconds))

    def calls(self) -> list[dict[str, Any]]:
        """What was asked, in order: ``route``, ``arg`` as JSON or None, and ``outcome``."""
        found: list[dict[str, Any]] = self._ask("calls")
        return found

    def tree(self) -> str:
        """The default account's files and folders as indented text."""
        text: str = self._ask("tree")
        return text

    def files(self) -> dict[str, bytes]:
        """The default account's files: content by `path_display`."""
        return {path: base64.b64decode(text) for path, text in self._ask("files").items()}

    def seed_files(self, files: Mapping[str, bytes]) -> None:
        """Put files into the default account; see `FakeDropboxService.seed_files`."""
        encoded = {path: base64.b64encode(content).decode() for path, content in files.items()}
        self._ask("seed_files", files=encoded)

    def create_account(
        self, email: str, given_name: str = "Other", surname: str = "User"
    ) -> dict[str, str]:
        """A further account: its ``account_id`` and ``email``."""
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
        """A further app: its ``key`` and ``secret``; see `Apps.create`."""
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
        """Let an app, by its key, into an account, by its e-mail; the default ones for None."""
        given = {} if scopes is None else {"scopes": list(scopes)}
        return Login(**self._ask("link", account=account, app=app, **given))

    def add_webhook(self, url: str, app: str | None = None, *, allow_remote: bool = False) -> None:
        """Register a webhook for an app, by its key; see `Webhooks.add`. The server delivers."""
        self._ask("webhooks/add", url=url, app=app, allow_remote=allow_remote)

    def remove_webhook(self, url: str, app: str | None = None) -> None:
        """End a webhook."""
        self._ask("webhooks/remove", url=url, app=app)

    def __repr__(self) -> str:
        return f"<Control of {self._url}>"


def fault_to_json(fault: Fault) -> dict[str, Any]:
    """A fault as plain values: ``kind`` and its arguments."""
    arguments = {field.name: getattr(fault, field.name) for field in fields(fault)}
    return {"kind": type(fault).__name__, **arguments}


def fault_from_json(value: Mapping[str, Any]) -> Fault:
    """The fault that `fault_to_json` wrote.

    Raises:
        TypeError, ValueError: there is no such kind, or not with these arguments.
    """
    expect("faults", value, Mapping)
    arguments = dict(value)
    kind = KINDS.get(arguments.pop("kind", ""))
    if kind is None:
        raise ValueError(f"kind: expected one of {', '.join(KINDS)}, got {value.get('kind')!r}")
    return kind(**arguments)
