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
from dataclasses import asdict, dataclass, is_dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Protocol

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
)

from fakedropbox._api.stub_answers import answer_from_json, expect_unfaked
from fakedropbox._core.service import Service
from fakedropbox._facts import PUBLIC_SCOPES
from fakedropbox._identity.accounts import Account, Team
from fakedropbox._identity.apps import App
from fakedropbox._page.arguments import argument_of
from fakedropbox._page.webhooks import DeliveryShown, WebhookShown, deliveries, registered
from fakedropbox.calls import CallRecord
from fakedropbox.control import fault_from_json, fault_to_json
from fakedropbox.faults import Fault
from fakedropbox.login import Login
from fakedropbox.server.call_query import matching
from fakedropbox.server.services import HostedService, Services
from fakedropbox.server.snapshots import Snapshots


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
    """Parse an ISO 8601 time, or an object that maps paths to such times; None stays None.

    Raises:
        ValueError: it is none of these.
    """
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
    """Return a list for each member: the e-mail address, and the role if one is given.

    Raises:
        ValueError: it is neither a member nor a list of members, or a text is not Unicode.
    """
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
    except TypeError as error:  # pydantic does not collect a `TypeError`
        raise ValueError(str(error)) from error


Text = Annotated[str, AfterValidator(_is_unicode)]
A_FAULT = {"type": "object", "$comment": "a fault"}
"""The mark of a fault in a schema; the description of the interface has the kinds in its place."""

_NULL = {"type": "null"}
_TEXT = {"type": "string"}
_TIME = {"type": "string", "format": "date-time"}
_MEMBER = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": 2}]}
Content = Annotated[
    bytes,
    PlainValidator(_base64),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]
Moments = Annotated[
    Any,
    PlainValidator(_moments),
    WithJsonSchema({"anyOf": [_TIME, {"type": "object", "additionalProperties": _TIME}, _NULL]}),
]
Members = Annotated[
    list[list[str]],
    PlainValidator(_members),
    WithJsonSchema({"type": "array", "items": _MEMBER}),
]
PlannedFault = Annotated[Fault, PlainValidator(_fault), WithJsonSchema(A_FAULT)]


@dataclass(frozen=True)
class LeftFault:
    """A planned fault, and the number of times that it is still to happen."""

    fault: Annotated[dict[str, Any], WithJsonSchema(A_FAULT)]
    left: int


@dataclass(frozen=True)
class AccountShown:
    """An account in a result."""

    account_id: str
    email: str
    plan: str


@dataclass(frozen=True)
class TeamShown:
    """A team in a result."""

    team_id: str
    name: str


@dataclass(frozen=True)
class MemberShown:
    """A member of a team in a result."""

    team_member_id: str
    email: str
    role: str
    state: str


@dataclass(frozen=True)
class AppShown:
    """The key and the secret of an app."""

    key: str
    secret: str


@dataclass(frozen=True)
class ServiceShown:
    """A further service of a server, and the key of its default app."""

    name: str
    app_key: str


@dataclass(frozen=True)
class ServiceCreated:
    """A new service of a server.

    ``control_token`` is a token of the control interface that controls this service only,
    ``environ`` are the environment variables that make clients use it.
    """

    name: str
    control_token: str
    login: Login
    environ: dict[str, str]


@dataclass(frozen=True)
class CallShown:
    """A recorded call, with the attributes of `CallRecord`.

    ``account`` is an e-mail address, ``fault`` the text that plans the fault.
    """

    number: int
    time: str
    route: str
    arg: Any
    outcome: str
    account: str | None
    app: str | None
    door: str
    size: int | None
    fault: str | None
    fact: str | None
    stub: bool


class NewAddress(Protocol):
    """A function that returns an address of the page which works once."""

    def __call__(self, *, remote: bool) -> str:
        """Return an address on this machine, or a ``remote`` one."""


class Controlled(NamedTuple):
    """The service that an operation concerns, its snapshots, the further services, and the page.

    ``show`` returns an address of the page that shows this service.
    """

    service: Service
    snapshots: Snapshots
    services: Services[Any]
    show: NewAddress


class Operation(BaseModel, ABC):
    """One operation with its arguments; the base class of all of them.

    ``locks`` is False if the service must answer others meanwhile. ``is_of_the_server`` is True if
    it concerns the server, not one service.
    """

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, arbitrary_types_allowed=True
    )

    locks: ClassVar[bool] = True
    is_of_the_server: ClassVar[bool] = False

    @abstractmethod
    def run(self, on: Controlled) -> Any:
        """Carry out the operation, and return its result: values of JSON and dataclasses.

        Raises:
            TypeError, ValueError: the service refuses it.
        """


class Reset(Operation):
    """Reset the service to its initial state, or to its seed."""

    to: Literal["beginning", "seed"] = "beginning"

    def run(self, on: Controlled) -> None:
        try:
            on.service.reset(self.to)
        except (TypeError, ValueError, OSError):
            raise
        except Exception as error:  # a seed of the user's own may raise anything
            raise ValueError(
                f"to: the seed raised {error!r}; the service is as it was before"
            ) from error


class TakeSnapshot(Operation):
    """Take a snapshot, and return its number."""

    def run(self, on: Controlled) -> int:
        return on.snapshots.add(on.service)


class RestoreSnapshot(Operation):
    """Restore the snapshot with a number."""

    snapshot: int

    def run(self, on: Controlled) -> None:
        on.service.restore(on.snapshots.get(self.snapshot))


class AddFault(Operation):
    """Plan a fault."""

    fault: PlannedFault

    def run(self, on: Controlled) -> None:
        on.service.faults.add(self.fault)


class ScriptFaults(Operation):
    """Plan faults, all or none."""

    faults: list[PlannedFault]

    def run(self, on: Controlled) -> None:
        on.service.faults.script(self.faults)


class RemoveFault(Operation):
    """Remove a planned fault: of several equal ones, the last one that is still to happen."""

    fault: PlannedFault

    def run(self, on: Controlled) -> None:
        on.service.faults.remove(self.fault)


class ListFaults(Operation):
    """Return the planned faults."""

    def run(self, on: Controlled) -> list[LeftFault]:
        planned = on.service.faults.planned()
        return [LeftFault(fault_to_json(fault), left) for fault, left in planned]


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
    """Return the recorded calls, or only the last ones, or those among them that match a query.

    The query language is that of the page, such as ``route:files/upload outcome:error``.
    """

    last: int | None = Field(default=None, ge=0)
    query: Text = ""

    def run(self, on: Controlled) -> list[CallShown]:
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
        return [_shown(call) for call in matching(found, self.query)]


class ShowPage(Operation):
    """Return a new address of the page that shows the service; it works once, in one browser.

    With ``remote`` it is below the URL of the server, over HTTPS, for a browser on another machine.
    """

    locks = False
    remote: bool = False

    def run(self, on: Controlled) -> str:
        return on.show(remote=self.remote)


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


class UploadToRequest(Operation):
    """Upload files to a file request, and return their paths."""

    request: Text
    files: dict[Text, Content]
    sender: Text = "Some Body"

    def run(self, on: Controlled) -> list[str]:
        return on.service.upload_to_request(self.request, self.files, sender=self.sender)


class CreateAccount(Operation):
    """Create an account; clients in other languages may still send two names until 0.3."""

    email: Text
    name: Text = "Other User"
    plan: Text = "basic"
    email_verified: bool = True
    given_name: Text | None = None
    surname: Text = "User"

    def run(self, on: Controlled) -> AccountShown:
        name = self.name if self.given_name is None else f"{self.given_name} {self.surname}"
        account = on.service.accounts.create(
            self.email, name, self.plan, email_verified=self.email_verified
        )
        return _described(account)


class ListAccounts(Operation):
    """Return all accounts; the first one is the default one."""

    def run(self, on: Controlled) -> list[AccountShown]:
        return [_described(account) for account in on.service.accounts]


class CreateTeam(Operation):
    """Create a team; a member is a list of an e-mail address and, optionally, a role."""

    name: Text = "Team"
    members: Members = []
    licenses: int = 100
    team_space: bool = True
    file_requests: bool = True

    def run(self, on: Controlled) -> TeamShown:
        members: list[Any] = [tuple(each) if len(each) > 1 else each[0] for each in self.members]
        team = on.service.teams.create(
            self.name,
            members,
            licenses=self.licenses,
            team_space=self.team_space,
            file_requests=self.file_requests,
        )
        return TeamShown(team.team_id, team.name)


class ListMembers(Operation):
    """Return the members of a team, given by its id; the first team if it is None."""

    team: Text | None = None

    def run(self, on: Controlled) -> list[MemberShown]:
        team = _team(on.service, self.team) or on.service.teams.default
        return [
            MemberShown(each.team_member_id, each.email, each.role, each.state)
            for each in on.service.teams.members(team)
        ]


class AcceptInvitation(Operation):
    """Accept the invitation to a team that an e-mail address has, and return the new account."""

    email: Text

    def run(self, on: Controlled) -> AccountShown:
        return _described(on.service.teams.accept(self.email))


class CreateApp(Operation):
    """Create an app."""

    name: Text = "app"
    folder: Text | None = None
    scopes: list[Text] = list(PUBLIC_SCOPES)
    redirect_uris: list[Text] = []
    auto_approve: bool = False

    def run(self, on: Controlled) -> AppShown:
        app = on.service.apps.create(**dict(self))
        return AppShown(app.key, app.secret)


class CreateLogin(Operation):
    """Link an app, given by its key, to an account, given by its e-mail address.

    Or link it to a team, given by its id, through the account of an administrator.
    """

    account: Text | None = None
    app: Text | None = None
    scopes: list[Text] = list(PUBLIC_SCOPES)
    team: Text | None = None

    def run(self, on: Controlled) -> Login:
        return on.service.logins.create(
            _account(on.service, self.account),
            _app(on.service, self.app),
            self.scopes,
            team=_team(on.service, self.team),
        )


class ShowLogin(Operation):
    """Return the default login."""

    def run(self, on: Controlled) -> Login:
        return on.service.login


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


class ListWebhooks(Operation):
    """Return all webhooks."""

    def run(self, on: Controlled) -> list[WebhookShown]:
        return registered(on.service)


class DeliverNotices(Operation):
    """Send every notice of a webhook that is due, and return the number of accepted ones.

    The server does so by itself; ``now`` is True to send failed notices again at once.
    """

    locks = False  # the receivers may call the service
    now: bool = False

    def run(self, on: Controlled) -> int:
        return on.service.webhooks.deliver(now=self.now)


class ListDeliveries(Operation):
    """Return the last attempts to send a notice to a webhook."""

    def run(self, on: Controlled) -> list[DeliveryShown]:
        return deliveries(on.service)


class ListServices(Operation):
    """Return the further services of the server."""

    locks = False
    is_of_the_server = True

    def run(self, on: Controlled) -> list[ServiceShown]:
        return [ServiceShown(each.name, each.service.login.app_key) for each in on.services]


class CreateService(Operation):
    """Create a further service, for one test worker; return its login and its control token.

    The environment has the variables that make clients use it.
    """

    locks = False
    is_of_the_server = True
    name: Text | None = None
    seed: int | None = None
    personality: Text = "recorded"
    plan: Text = "basic"
    scopes: list[Text] = list(PUBLIC_SCOPES)
    app_folder: Text | None = None
    redirect_uris: list[Text] = []
    auto_approve: bool = False

    def run(self, on: Controlled) -> ServiceCreated:
        made: HostedService[Any] = on.services.create(**dict(self))
        return ServiceCreated(made.name, made.control_token, made.service.login, made.environ)


class SeedService(SeedFiles):
    """Put files and folders into an account of a further service, all or none."""

    locks = False
    is_of_the_server = True
    name: Text

    def run(self, on: Controlled) -> None:
        service = on.services.get(self.name).service
        on.services.seed(
            self.name,
            self.files,
            folders=self.folders,
            client_modified=self.client_modified,
            account=_account(service, self.account),
        )


class ResetService(Operation):
    """Reset a further service to its initial state."""

    locks = False
    is_of_the_server = True
    name: Text

    def run(self, on: Controlled) -> None:
        on.services.reset(self.name)


class DeleteService(Operation):
    """Delete a further service; its tokens are no longer known."""

    locks = False
    is_of_the_server = True
    name: Text

    def run(self, on: Controlled) -> None:
        on.services.delete(self.name)


def _described(account: Account) -> AccountShown:
    return AccountShown(account.account_id, account.email, account.plan)


def _shown(call: CallRecord) -> CallShown:
    return CallShown(
        number=call.number,
        time=call.time.isoformat(),
        route=call.route,
        arg=argument_of(call),
        outcome=call.outcome,
        account=None if call.account is None else call.account.email,
        app=call.app,
        door=call.door,
        size=call.size,
        fault=None if call.fault is None else repr(call.fault),
        fact=call.fact,
        stub=call.stub,
    )


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


def _team(service: Service, team_id: str | None) -> Team | None:
    """Return the team with an id; None if the id is None."""
    if team_id is None:
        return None
    team = next((each for each in service.teams if each.team_id == team_id), None)
    if team is None:
        raise ValueError(f"team: expected the id of a team, got {team_id!r}")
    return team


def _app(service: Service, key: str | None) -> App | None:
    """Return the app with a key; None, for the default one, if the key is None."""
    app = None if key is None else service.apps.by_key(key)
    if key is not None and app is None:
        raise ValueError(f"app: expected the key of an app, got {key!r}")
    return app


def result_to_json(result: Any) -> Any:
    """Return the result of an operation as values of JSON."""
    if isinstance(result, list):
        return [result_to_json(each) for each in result]
    return asdict(result) if is_dataclass(result) and not isinstance(result, type) else result


OPERATIONS: dict[str, type[Operation]] = {
    "reset": Reset,
    "snapshot": TakeSnapshot,
    "restore": RestoreSnapshot,
    "faults/add": AddFault,
    "faults/script": ScriptFaults,
    "faults/remove": RemoveFault,
    "faults/planned": ListFaults,
    "faults/clear": ClearFaults,
    "stub": StubRoute,
    "clock/now": ReadClock,
    "clock/advance": AdvanceClock,
    "calls": ListCalls,
    "show": ShowPage,
    "tree": ShowTree,
    "files": ReadFiles,
    "seed_files": SeedFiles,
    "share_folder": ShareFolder,
    "upload_to_request": UploadToRequest,
    "accounts": ListAccounts,
    "accounts/create": CreateAccount,
    "teams/create": CreateTeam,
    "teams/members": ListMembers,
    "teams/accept": AcceptInvitation,
    "apps/create": CreateApp,
    "login": ShowLogin,
    "logins/create": CreateLogin,
    "webhooks": ListWebhooks,
    "webhooks/add": AddWebhook,
    "webhooks/remove": RemoveWebhook,
    "webhooks/deliver": DeliverNotices,
    "webhooks/deliveries": ListDeliveries,
    "services": ListServices,
    "services/create": CreateService,
    "services/seed": SeedService,
    "services/reset": ResetService,
    "services/delete": DeleteService,
}


class WrongArguments(ValueError):
    """Arguments of an operation are wrong; ``by_field`` has the reason for each of them."""

    def __init__(self, by_field: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {text}" for field, text in by_field.items()))
        self.by_field = by_field


def operation_of(name: str, arguments: Mapping[str, Any]) -> Operation:
    """Return an operation with its arguments, all of them validated.

    Raises:
        WrongArguments: an argument is wrong; the message names each one, its value and what was
            expected.
    """
    kind = OPERATIONS[name]
    try:
        return kind.model_validate(arguments)
    except ValidationError as error:
        raise WrongArguments(_reasons(kind, error)) from None


def _reasons(kind: type[Operation], error: ValidationError) -> dict[str, str]:
    """Return a text about each wrong argument, in the style of the fake's other error messages."""
    found: dict[str, str] = {}
    for each in error.errors(include_url=False):
        field, *within = map(str, each["loc"] or ("body",))
        place = f" at {'/'.join(within)!r}" if within else ""
        if each["type"] == "extra_forbidden":
            field, reason = (
                repr(field),
                f"expected {', '.join(kind.model_fields) or 'no arguments'}",
            )
        elif each["type"] == "missing":
            reason = "expected a value, got none"
        else:
            text = each["msg"].removeprefix("Value error, ")
            text = re.sub("^Input should be(?! an? | ')", "expected a number", text)
            text = text.replace("Input should be", "expected")
            got = "" if ", got " in text else f", got {reprlib.repr(each['input'])}"
            reason = f"{text}{place}{got}"
        found[field] = f"{found[field]}; {reason}" if field in found else reason
    return found


def carry_out(on: Controlled, operation: Operation) -> Any:
    """Carry out one operation, and return its result.

    Raises:
        TypeError, ValueError: the service refuses it.
    """
    if not operation.locks:
        return operation.run(on)
    with on.service.gate.lock:
        return operation.run(on)
