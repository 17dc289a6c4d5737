"""The control interface below ``/_fake/``, by which a test in another process controls a service.

Each operation is a POST request with its arguments as a JSON object, and returns JSON.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from stone.backends.python_rsrc.stone_serializers import json_compat_obj_encode

from fakedropbox._api.registry import IMPLEMENTED
from fakedropbox._base.checks import expect
from fakedropbox._core.service import Service, Snapshot
from fakedropbox._facts import PUBLIC_SCOPES
from fakedropbox._identity.accounts import Account
from fakedropbox._identity.apps import App
from fakedropbox.calls import CallRecord
from fakedropbox.control import fault_from_json, fault_to_json
from fakedropbox.errors import SnapshotInvalid
from fakedropbox.server.served import Served


def control_routes(server: Served) -> list[BaseRoute]:
    """Return the routes of a server's control interface."""
    return [Route("/{operation:path}", _Endpoint(server).serve, methods=["POST"])]


class _Endpoint:
    """The endpoint of the control interface, which requires the server's token."""

    def __init__(self, server: Served) -> None:
        self._server = server

    async def serve(self, request: Request) -> Response:
        """Respond to one request; without the token, with status 401."""
        shown = request.headers.get("Authorization", "").encode("latin-1")
        if not hmac.compare_digest(shown, f"Bearer {self._server.control_token}".encode()):
            return PlainTextResponse("the control token is missing or wrong\n", 401)
        name = request.path_params["operation"]
        name = _OLD_NAMES.get(name, name)
        if name not in _OPERATIONS:
            known = ", ".join(_OPERATIONS)
            return PlainTextResponse(f"{name}: expected one of {known}\n", 404)
        try:
            arguments = json.loads(await request.body() or b"{}")
            expect("body", arguments, dict)
            found = await anyio.to_thread.run_sync(self._server.operate, name, arguments)
        except (TypeError, ValueError, RecursionError) as error:
            return PlainTextResponse(f"{name}: {error}\n", 400)
        except OSError as error:  # the state file cannot be written, so nothing was done
            return PlainTextResponse(f"{name}: {error}\n", 500)
        return JSONResponse(found)


class Operations:
    """The operations of the control interface, and the snapshots that they have taken."""

    def __init__(self) -> None:
        self._snapshots: dict[int, Snapshot] = {}

    @staticmethod
    def changes(name: str) -> bool:
        """Return whether an operation changes the state of a service."""
        return name in _CHANGES

    def run(self, service: Service, name: str, arguments: Mapping[str, Any]) -> Any:
        """Carry out one operation.

        Raises:
            TypeError, ValueError: the arguments are wrong.
        """
        if name == "webhooks/add":  # no lock: the receiver may call the service
            return _OPERATIONS[name](self, service, **arguments)
        with service.gate.lock:
            return _OPERATIONS[name](self, service, **arguments)

    def snapshot(self, service: Service) -> int:
        """Take a snapshot, and return its number."""
        number = len(self._snapshots) + 1
        self._snapshots[number] = service.snapshot()
        return number

    def restore(self, service: Service, *, snapshot: int) -> None:
        """Restore the snapshot with this number."""
        if snapshot not in self._snapshots:
            raise SnapshotInvalid(
                f"snapshot: expected the number of a snapshot of this server, got {snapshot!r}"
            )
        service.restore(self._snapshots[snapshot])


def _reset(_: Operations, service: Service) -> None:
    service.reset()


def _add_faults(_: Operations, service: Service, *, faults: list[Any]) -> None:
    expect("faults", faults, list)
    service.faults.script([fault_from_json(fault) for fault in faults])


def _list_faults(_: Operations, service: Service) -> list[dict[str, Any]]:
    return [
        {"fault": fault_to_json(fault), "left": left} for fault, left in service.faults.planned()
    ]


def _clear_faults(_: Operations, service: Service) -> None:
    service.faults.clear()


def _now(_: Operations, service: Service) -> str:
    return service.clock.now().isoformat()


def _advance(operations: Operations, service: Service, *, seconds: float) -> str:
    service.clock.advance(seconds)
    return _now(operations, service)


def _calls(_: Operations, service: Service) -> list[dict[str, Any]]:
    return [
        {"route": call.route, "arg": _arg(call), "outcome": call.outcome} for call in service.calls
    ]


def _arg(call: CallRecord) -> Any:
    route = IMPLEMENTED.get(call.route)
    if route is None or call.arg is None:
        return call.arg
    return json_compat_obj_encode(route.sdk.arg_type, call.arg)


def _tree(_: Operations, service: Service, *, account: str | None = None) -> str:
    return service.tree(account=_account(service, account))


def _files(_: Operations, service: Service, *, account: str | None = None) -> dict[str, str]:
    owner = _account(service, account) or service.accounts.default
    files = service.files_of(owner)
    return {path: base64.b64encode(data).decode() for path, data in files.items()}


def _seed_files(
    _: Operations,
    service: Service,
    *,
    files: dict[str, str],
    folders: list[str] | tuple[str, ...] = (),
    account: str | None = None,
) -> None:
    expect("files", files, dict)
    contents = {}
    for path, text in files.items():
        expect("files", text, str)
        try:
            contents[path] = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise ValueError(f"files: expected base64 at {path!r}") from None
    service.seed_files(contents, folders=folders, account=_account(service, account))


def _create_account(
    _: Operations,
    service: Service,
    *,
    email: str,
    name: str = "Other User",
    plan: str = "basic",
    email_verified: bool = True,
    given_name: str | None = None,
    surname: str = "User",
) -> dict[str, str]:
    """Create an account; clients in other languages may still send two names until 0.3."""
    if given_name is not None:
        expect("given_name", given_name, str)
        expect("surname", surname, str)
        name = f"{given_name} {surname}"
    account = service.accounts.create(email, name, plan, email_verified=email_verified)
    return {"account_id": account.account_id, "email": account.email}


def _create_app(
    _: Operations,
    service: Service,
    *,
    name: str = "app",
    folder: str | None = None,
    scopes: list[str] | tuple[str, ...] = PUBLIC_SCOPES,
    redirect_uris: list[str] | tuple[str, ...] = (),
    auto_approve: bool = False,
) -> dict[str, str]:
    expect("name", name, str)
    app = service.apps.create(
        name,
        folder=folder,
        scopes=scopes,
        redirect_uris=redirect_uris,
        auto_approve=auto_approve,
    )
    return {"key": app.key, "secret": app.secret}


def _create_login(
    _: Operations,
    service: Service,
    *,
    account: str | None = None,
    app: str | None = None,
    scopes: list[str] | tuple[str, ...] = PUBLIC_SCOPES,
) -> dict[str, str]:
    login = service.logins.create(_account(service, account), _app(service, app), scopes)
    return {name: getattr(login, name) for name in login.__slots__}


def _add_webhook(
    _: Operations,
    service: Service,
    *,
    url: str,
    app: str | None = None,
    allow_remote: bool = False,
) -> None:
    service.webhooks.add(url, _app(service, app), allow_remote=allow_remote)


def _remove_webhook(_: Operations, service: Service, *, url: str, app: str | None = None) -> None:
    expect("url", url, str)
    service.webhooks.remove(url, _app(service, app))


def _account(service: Service, email: str | None) -> Account | None:
    """Return the account with an e-mail address; None, the default account, for None."""
    expect("account", email, str, type(None))
    account = None if email is None else service.accounts.by_email(email)
    if email is not None and account is None:
        raise ValueError(f"account: expected the e-mail address of an account, got {email!r}")
    return account


def _app(service: Service, key: str | None) -> App | None:
    """Return the app with a key, or None, which means the default app, if ``key`` is None."""
    expect("app", key, str, type(None))
    app = None if key is None else service.apps.by_key(key)
    if key is not None and app is None:
        raise ValueError(f"app: expected the key of an app, got {key!r}")
    return app


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "reset": _reset,
    "snapshot": Operations.snapshot,
    "restore": Operations.restore,
    "faults/add": _add_faults,
    "faults/list": _list_faults,
    "faults/clear": _clear_faults,
    "clock/now": _now,
    "clock/advance": _advance,
    "calls": _calls,
    "tree": _tree,
    "files": _files,
    "seed_files": _seed_files,
    "accounts/create": _create_account,
    "apps/create": _create_app,
    "logins/create": _create_login,
    "webhooks/add": _add_webhook,
    "webhooks/remove": _remove_webhook,
}
_OLD_NAMES = {"faults/plan": "faults/add", "link": "logins/create"}
"""The old names of operations, which clients in other languages may still use until 0.3."""

_CHANGES = {
    "reset",
    "snapshot",
    "restore",
    "clock/advance",
    "seed_files",
    "accounts/create",
    "apps/create",
    "logins/create",
}
