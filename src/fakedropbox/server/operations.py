"""The operations of the control interface: the arguments of each, and what it does to a service.

Arguments come from other programs. They are validated as a whole before anything is done, so that
an operation with wrong arguments changes nothing.
"""

from __future__ import annotations

import base64
import binascii
import re
import reprlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, ValidationError
from stone.backends.python_rsrc.stone_serializers import json_compat_obj_encode

from fakedropbox._api.registry import SDK_ROUTES
from fakedropbox._api.stub_answers import answer_from_json, expect_unfaked
from fakedropbox._core.service import Service, Snapshot
from fakedropbox._facts import PUBLIC_SCOPES
from fakedropbox._identity.accounts import Account
from fakedropbox._identity.apps import App
from fakedropbox.calls import CallRecord
from fakedropbox.control import fault_from_json, fault_to_json
from fakedropbox.errors import SnapshotInvalid
from fakedropbox.faults import Fault


def _is_unicode(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("expected Unicode text") from None
    return text


def _base64(value: object) -> bytes:
    try:
        return base64.b64decode(value if isinstance(value, str) else "%", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("expected base64") from None


def _moments(value: object) -> datetime | dict[str, datetime] | None:
    """Return a time, or times by path."""
    if value is None:
        return None
    times: dict[str, Any] = value if isinstance(value, dict) else {"": value}
    try:
        found = {_is_unicode(path): datetime.fromisoformat(time) for path, time in times.items()}
    except (TypeError, ValueError):
        expected = "expected a time, such as 2026-01-01T00:00:00+00:00, or times by path"
        raise ValueError(expected) from None
    return found if isinstance(value, dict) else found[""]


def _members(value: object) -> list[list[str]]:
    """Return lists of an e-mail address, or of an address and a role."""
    given: list[Any] = value if isinstance(value, list) else [value]
    found = []
    for each in given:
        match [each] if isinstance(each, str) else each:
            case [str()] | [str(), str()] as texts:
                found.append([_is_unicode(text) for text in texts])
            case _:
                raise ValueError("expected e-mail addresses, or lists of an address and a role")
    return found


def _fault(value: Any) -> Fault:
    try:
        return fault_from_json(value)
    except TypeError as error:  # pydantic collects only `ValueError`
        raise ValueError(str(error)) from error


Text = Annotated[str, AfterValidator(_is_unicode)]
Content = Annotated[bytes, PlainValidator(_base64)]
Moments = Annotated[Any, PlainValidator(_moments)]
Members = Annotated[list[list[str]], PlainValidator(_members)]
PlannedFault = Annotated[Fault, PlainValidator(_fault)]


class Controlled(NamedTuple):
    """The service that an operation concerns, and the snapshots of it by their numbers."""

    service: Service
    snapshots: dict[int, Snapshot]


class Operation(BaseModel, ABC):
    """One operation with its arguments; the base class of all of them.

    ``locks`` is False if the service must answer others meanwhile.
    """

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, arbitrary_types_allowed=True
    )

    locks: ClassVar[bool] = True

    @abstractmethod
    def run(self, on: Controlled) -> Any:
        """Carry out the operation and return its result as JSON.

        Raises:
            TypeError, ValueError: the service refuses it.
        """


class Reset(Operation):
    """Reset the service to its initial state, or to its seed."""

    to: Literal["beginning", "seed"] = "beginning"

    def run(self, on: Controlled) -> None:
        on.service.reset(self.to)


class TakeSnapshot(Operation):
    """Take a snapshot, and return its number."""

    def run(self, on: Controlled) -> int:
        number = len(on.snapshots) + 1
        on.snapshots[number] = on.service.snapshot()
        return number


class RestoreSnapshot(Operation):
    """Restore the snapshot with a number."""

    snapshot: int

    def run(self, on: Controlled) -> None:
        if self.snapshot not in on.snapshots:
            raise SnapshotInvalid(
                f"snapshot: expected the number of a snapshot of this server, got {self.snapshot!r}"
            )
        on.service.restore(on.snapshots[self.snapshot])


class AddFaults(Operation):
    """Plan faults, all or none."""

    faults: list[PlannedFault]

    def run(self, on: Controlled) -> None:
        on.service.faults.script(self.faults)


class ListFaults(Operation):
    """Return the planned faults."""

    def run(self, on: Controlled) -> list[dict[str, Any]]:
        planned = on.service.faults.planned()
        return [{"fault": fault_to_json(fault), "left": left} for fault, left in planned]


class ClearFaults(Operation):
    """Remove all planned faults."""

    def run(self, on: Controlled) -> None:
        on.service.faults.clear()


class StubRoute(Operation):
    """Answer a route that is not faked with a result, as JSON, and the content of a download."""

    route: Text
    result: Any = None
    content: Content = b""

    def run(self, on: Controlled) -> None:
        expect_unfaked(self.route)
        on.service.stub(self.route, answer_from_json(self.route, self.result, self.content))


class ReadClock(Operation):
    """Return the time of the service."""

    def run(self, on: Controlled) -> str:
        return on.service.clock.now().isoformat()


class AdvanceClock(Operation):
    """Advance the clock, and return the new time."""

    seconds: float = Field(ge=0)

    def run(self, on: Controlled) -> str:
        on.service.clock.advance(self.seconds)
        return on.service.clock.now().isoformat()


class ListCalls(Operation):
    """Return the recorded calls, or only the last ones."""

    last: int | None = Field(default=None, ge=0)

    def run(self, on: Controlled) -> list[dict[str, Any]]:
        calls = on.service.calls
        first = 0 if self.last is None else max(0, len(calls) - self.last)
        try:
            found = calls[first:]
        except LookupError:
            kept = len(calls) - calls.dropped
            asked = "all of them" if self.last is None else repr(self.last)
            raise ValueError(
                f"last: expected at most {kept}, since the first {calls.dropped} calls are no "
                f"longer kept, got {asked}; use Control.calls(last={kept}), or start the server "
                "with a greater --max-calls"
            ) from None
        return [_shown(call) for call in found]


class ShowTree(Operation):
    """Return the files and folders of an account, given by its e-mail address, as text."""

    account: Text | None = None

    def run(self, on: Controlled) -> str:
        return on.service.tree(account=_account(on.service, self.account))


class ReadFiles(Operation):
    """Return the files of an account, given by its e-mail address."""

    account: Text | None = None

    def run(self, on: Controlled) -> dict[str, str]:
        owner = _account(on.service, self.account) or on.service.accounts.default
        files = on.service.files_of(owner)
        return {path: base64.b64encode(data).decode() for path, data in files.items()}


class SeedFiles(Operation):
    """Put files and folders into an account, given by its e-mail address, all or none."""

    files: dict[Text, Content]
    folders: list[Text] = []
    client_modified: Moments = None
    account: Text | None = None

    def run(self, on: Controlled) -> None:
        owner = _account(on.service, self.account)
        on.service.seed_files(
            self.files,
            folders=self.folders,
            client_modified=self.client_modified,
            account=owner,
        )


class ShareFolder(Operation):
    """Share a folder of an account with others, and return its id.

    Accounts are given by their e-mail addresses; a member may also be a list of its address and
    its role.
    """

    path: Text
    account: Text | None = None
    members: Members = []
    mount: bool = True

    def run(self, on: Controlled) -> str:
        return on.service.share_folder(
            self.path,
            account=_account(on.service, self.account),
            members=[_member(on.service, *member) for member in self.members],
            mount=self.mount,
        )


class CreateAccount(Operation):
    """Create an account; clients in other languages may still send two names until 0.3."""

    email: Text
    name: Text = "Other User"
    plan: Text = "basic"
    email_verified: bool = True
    given_name: Text | None = None
    surname: Text = "User"

    def run(self, on: Controlled) -> dict[str, str]:
        name = self.name if self.given_name is None else f"{self.given_name} {self.surname}"
        account = on.service.accounts.create(
            self.email, name, self.plan, email_verified=self.email_verified
        )
        return _described(account)


class ListAccounts(Operation):
    """Return all accounts; the first one is the default one."""

    def run(self, on: Controlled) -> list[dict[str, str]]:
        return [_described(account) for account in on.service.accounts]


class CreateApp(Operation):
    """Create an app."""

    name: Text = "app"
    folder: Text | None = None
    scopes: list[Text] = list(PUBLIC_SCOPES)
    redirect_uris: list[Text] = []
    auto_approve: bool = False

    def run(self, on: Controlled) -> dict[str, str]:
        app = on.service.apps.create(**dict(self))
        return {"key": app.key, "secret": app.secret}


class CreateLogin(Operation):
    """Link an app, given by its key, to an account, given by its e-mail address."""

    account: Text | None = None
    app: Text | None = None
    scopes: list[Text] = list(PUBLIC_SCOPES)

    def run(self, on: Controlled) -> dict[str, str]:
        owner = _account(on.service, self.account)
        login = on.service.logins.create(owner, _app(on.service, self.app), self.scopes)
        return {name: getattr(login, name) for name in login.__slots__}


class AddWebhook(Operation):
    """Register a webhook for an app, given by its key."""

    locks = False  # the receiver may call the service
    url: Text
    app: Text | None = None
    allow_remote: bool = False

    def run(self, on: Controlled) -> None:
        app = _app(on.service, self.app)
        on.service.webhooks.add(self.url, app, allow_remote=self.allow_remote)


class RemoveWebhook(Operation):
    """Remove a webhook of an app, given by its key."""

    url: Text
    app: Text | None = None

    def run(self, on: Controlled) -> None:
        on.service.webhooks.remove(self.url, _app(on.service, self.app))


def _described(account: Account) -> dict[str, str]:
    return {"account_id": account.account_id, "email": account.email, "plan": account.plan}


def _shown(call: CallRecord) -> dict[str, Any]:
    return {
        "number": call.number,
        "time": call.time.isoformat(),
        "route": call.route,
        "arg": _argument(call),
        "outcome": call.outcome,
        "account": None if call.account is None else call.account.email,
        "app": call.app,
        "door": call.door,
        "size": call.size,
        "fault": None if call.fault is None else repr(call.fault),
        "fact": call.fact,
        "stub": call.stub,
    }


def _argument(call: CallRecord) -> Any:
    route = SDK_ROUTES.get(call.route)
    if route is None or call.arg is None:
        return call.arg
    return json_compat_obj_encode(route.arg_type, call.arg)


def _account(service: Service, email: str | None) -> Account | None:
    """Return the account with an e-mail address; None, for the default one, if it is None."""
    return None if email is None else _known_account(service, "account", email)


def _member(service: Service, email: str, role: str | None = None) -> Any:
    """Return the account with an e-mail address, with its role if one is given."""
    account = _known_account(service, "members", email)
    return account if role is None else (account, role)


def _known_account(service: Service, argument: str, email: str) -> Account:
    account = service.accounts.by_email(email)
    if account is None:
        raise ValueError(f"{argument}: expected the e-mail address of an account, got {email!r}")
    return account


def _app(service: Service, key: str | None) -> App | None:
    """Return the app with a key; None, for the default one, if the key is None."""
    app = None if key is None else service.apps.by_key(key)
    if key is not None and app is None:
        raise ValueError(f"app: expected the key of an app, got {key!r}")
    return app


OPERATIONS: dict[str, type[Operation]] = {
    "reset": Reset,
    "snapshot": TakeSnapshot,
    "restore": RestoreSnapshot,
    "faults/add": AddFaults,
    "faults/list": ListFaults,
    "faults/clear": ClearFaults,
    "stub": StubRoute,
    "clock/now": ReadClock,
    "clock/advance": AdvanceClock,
    "calls": ListCalls,
    "tree": ShowTree,
    "files": ReadFiles,
    "seed_files": SeedFiles,
    "share_folder": ShareFolder,
    "accounts/create": CreateAccount,
    "accounts/list": ListAccounts,
    "apps/create": CreateApp,
    "logins/create": CreateLogin,
    "webhooks/add": AddWebhook,
    "webhooks/remove": RemoveWebhook,
}


def operation_of(name: str, arguments: Mapping[str, Any]) -> Operation:
    """Return an operation with its arguments, all of them validated.

    Raises:
        ValueError: an argument is wrong; the message names each one, its value and what was
            expected.
    """
    kind = OPERATIONS[name]
    try:
        return kind.model_validate(arguments)
    except ValidationError as error:
        raise ValueError("; ".join(_reasons(kind, error))) from None


def _reasons(kind: type[Operation], error: ValidationError) -> list[str]:
    """Return a text about each wrong argument, in the words of the other errors of the double."""
    found = []
    for each in error.errors(include_url=False):
        field, *within = map(str, each["loc"] or ("body",))
        place = f" at {'/'.join(within)!r}" if within else ""
        if each["type"] == "extra_forbidden":
            found.append(f"{field!r}: expected {', '.join(kind.model_fields) or 'no arguments'}")
        elif each["type"] == "missing":
            found.append(f"{field}: expected a value, got none")
        else:
            text = each["msg"].removeprefix("Value error, ")
            text = re.sub("^Input should be(?! an? | ')", "expected a number", text)
            text = text.replace("Input should be", "expected")
            got = "" if ", got " in text else f", got {reprlib.repr(each['input'])}"
            found.append(f"{field}: {text}{place}{got}")
    return found


class Operations:
    """The operations of one server, and the snapshots that they have taken."""

    def __init__(self) -> None:
        self._snapshots: dict[int, Snapshot] = {}

    def run(self, service: Service, operation: Operation) -> Any:
        """Carry out one operation.

        Raises:
            TypeError, ValueError: the service refuses it.
        """
        on = Controlled(service, self._snapshots)
        if not operation.locks:
            return operation.run(on)
        with service.gate.lock:
            return operation.run(on)
