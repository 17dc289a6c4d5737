"""Remote control of a running server: what a test does to a service besides calling its API.

- `Control`: a client of a server's control interface
- `RemoteFaults`: the planned faults, as `Control.faults`
- `RemoteClock`: the clock, as `Control.clock`
- `RemoteAccounts`: the accounts, as `Control.accounts`
- `RemoteTeams`: the teams, as `Control.teams`
- `RemoteApps`: the apps, as `Control.apps`
- `RemoteLogins`: the creation of logins, as `Control.logins`
- `RemoteWebhooks`: the webhooks, as `Control.webhooks`
- `RemoteServices`: the further services of the server, as `Control.services`
- `fault_to_json`: a function that returns a fault as plain values
- `fault_from_json`: a function that returns the fault that such values describe
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from fakedropbox._api.stub_answers import answer_to_json, expect_unfaked
from fakedropbox._base.checks import expect
from fakedropbox._base.contents import Contents
from fakedropbox._base.control_session import CA_FILE, CONTROL_TOKEN, URL, ControlSession
from fakedropbox._base.deprecation import renamed
from fakedropbox._base.public import names_arguments, refusing
from fakedropbox.faults import KINDS, Fault
from fakedropbox.faults._plan import Planner
from fakedropbox.login import Login

__all__ = [
    "Control",
    "RemoteAccounts",
    "RemoteApps",
    "RemoteClock",
    "RemoteFaults",
    "RemoteLogins",
    "RemoteServices",
    "RemoteTeams",
    "RemoteWebhooks",
    "fault_from_json",
    "fault_to_json",
]

if not TYPE_CHECKING:  # type checkers would accept any name of the module
    __getattr__ = refusing(__name__)

Ask = Callable[..., Any]
"""A function that sends an operation with its arguments to the server and returns the answer."""


class RemoteFaults(Planner):
    """The faults that are to happen in the service of a server.

    The methods that plan faults are those of `FaultPlan`, such as ``rate_limit("files/upload")``,
    except `when`.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def add(self, fault: Fault) -> Fault:
        """Plan a fault and return it.

        Raises:
            TypeError: it is not a fault.
        """
        expect("fault", fault, Fault)
        self._ask("faults/add", fault=fault_to_json(fault))
        return fault

    def script(self, faults: Iterable[Fault]) -> None:
        """Plan all faults of a list, or none if one of them is not a fault.

        Raises:
            TypeError: one of them is not a fault.
        """
        expect("faults", faults, Iterable)
        checked = list(faults)
        for fault in checked:
            expect("faults", fault, Fault)
        self._ask("faults/script", faults=[fault_to_json(fault) for fault in checked])

    def remove(self, fault: Fault) -> None:
        """Remove a planned fault: of several equal ones, the last one that is still to happen.

        Raises:
            TypeError: it is not a fault.
            ValueError: it is not planned.
        """
        expect("fault", fault, Fault)
        self._ask("faults/remove", fault=fault_to_json(fault))

    def clear(self) -> None:
        """Remove all planned faults."""
        self._ask("faults/clear")

    def planned(self) -> list[tuple[Fault, int]]:
        """Return the planned faults, each with the number of times it is still to happen."""
        found = self._ask("faults/planned")
        return [(fault_from_json(each["fault"]), each["left"]) for each in found]

    @renamed("Control.faults()", "Control.faults.planned()")
    def __call__(self) -> list[tuple[Fault, int]]:
        """Return the planned faults: the old form of `planned`."""
        return self.planned()


class RemoteClock:
    """The clock of the service of a server."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def now(self) -> datetime:
        """Return the current time, in UTC."""
        return datetime.fromisoformat(self._ask("clock/now"))

    def advance(self, seconds: float) -> datetime:
        """Advance by ``seconds`` and return the new time, in UTC.

        Raises:
            ValueError: ``seconds`` is negative or not finite, or the clock cannot be advanced.
        """
        return datetime.fromisoformat(self._ask("clock/advance", seconds=seconds))


class RemoteAccounts:
    """The accounts of the service of a server; the first one is the default one.

    An iterable of dicts with the keys ``account_id``, ``email`` and ``plan``.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def __iter__(self) -> Iterator[dict[str, str]]:
        return iter(self._ask("accounts"))

    @names_arguments("accounts.create")
    def create(
        self,
        email: str,
        name: str = "Other User",
        plan: str = "basic",
        *,
        email_verified: bool = True,
    ) -> dict[str, str]:
        """Create an account and return its ``account_id``, ``email`` and ``plan``.

        See `Accounts.create`.

        Raises:
            ValueError: ``email`` is already taken or is not an e-mail address, ``name`` is empty,
                or there is no such plan.
        """
        found: dict[str, str] = self._ask(
            "accounts/create", email=email, name=name, plan=plan, email_verified=email_verified
        )
        return found


class RemoteTeams:
    """The teams of the service of a server."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    @names_arguments("teams.create")
    def create(
        self,
        name: str = "Team",
        members: Iterable[str | tuple[str, str]] = (),
        *,
        licenses: int = 100,
        team_space: bool = True,
        file_requests: bool = True,
    ) -> dict[str, str]:
        """Create a team and return its ``team_id`` and ``name``; see `Teams.create`.

        Raises:
            TypeError: ``members`` is not a collection.
            ValueError: the service refuses an argument.
        """
        expect("members", members, Iterable)
        if isinstance(members, str):
            raise TypeError(f"members: expected a collection of addresses, got {members!r}")
        found: dict[str, str] = self._ask(
            "teams/create",
            name=name,
            members=list(members),
            licenses=licenses,
            team_space=team_space,
            file_requests=file_requests,
        )
        return found

    @names_arguments("teams.members")
    def members(self, team: str | None = None) -> list[dict[str, str]]:
        """Return the ``team_member_id``, ``email``, ``role`` and ``state`` of each member.

        Args:
            team: the id of the team; the first one if None.

        Raises:
            ValueError: there is no such team.
        """
        found: list[dict[str, str]] = self._ask("teams/members", team=team)
        return found

    @names_arguments("teams.accept")
    def accept(self, email: str) -> dict[str, str]:
        """Accept an invitation to a team, and return the new account as `RemoteAccounts` does.

        Raises:
            ValueError: the address has no invitation.
        """
        found: dict[str, str] = self._ask("teams/accept", email=email)
        return found


class RemoteApps:
    """The apps of the service of a server."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    @names_arguments("apps.create")
    def create(
        self,
        name: str = "app",
        *,
        folder: str | None = None,
        scopes: Iterable[str] | None = None,
        redirect_uris: Iterable[str] = (),
        auto_approve: bool = False,
    ) -> dict[str, str]:
        """Create an app and return its ``key`` and ``secret``; see `Apps.create`.

        Raises:
            ValueError: the service refuses an argument, such as an unknown scope.
        """
        given: dict[str, Any] = {} if scopes is None else {"scopes": list(scopes)}
        given |= {"redirect_uris": list(redirect_uris), "auto_approve": auto_approve}
        found: dict[str, str] = self._ask("apps/create", name=name, folder=folder, **given)
        return found


class RemoteLogins:
    """The creation of logins in the service of a server."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    @names_arguments("logins.create")
    def create(
        self,
        account: str | None = None,
        app: str | None = None,
        scopes: Iterable[str] | None = None,
        *,
        team: str | None = None,
    ) -> Login:
        """Link an app to an account or a team and return the login; see `Logins.create`.

        Args:
            account: the account's e-mail address; the default account if None, or for a team its
                first administrator.
            app: the app's key; the default app if None.
            scopes: the scopes to grant; all that the app is enabled for if None.
            team: the id of the team to link the app to, in place of an account.

        Raises:
            ValueError: there is no such account, app, scope or team.
        """
        given: dict[str, Any] = {} if scopes is None else {"scopes": list(scopes)}
        return Login(**self._ask("logins/create", account=account, app=app, team=team, **given))


class RemoteWebhooks:
    """The webhooks of the apps of a server; the server delivers their notices."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def add(self, url: str, app: str | None = None, *, allow_remote: bool = False) -> None:
        """Register a webhook for an app, given by its key; see `Webhooks.add`.

        Raises:
            ValueError: the URL is not accepted, or there is no such app.
        """
        self._ask("webhooks/add", url=url, app=app, allow_remote=allow_remote)

    def remove(self, url: str, app: str | None = None) -> None:
        """Remove a webhook of an app.

        Raises:
            ValueError: the app has no webhook at ``url``.
        """
        self._ask("webhooks/remove", url=url, app=app)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Iterate over the webhooks, each a dict.

        The keys are ``url``, without its query, ``app`` (the key), ``failed_attempts``,
        ``retry_at`` (the time at which a notice is sent again, or None) and ``lost``.
        """
        return iter(self._ask("webhooks"))

    def deliver(self, *, now: bool = False) -> int:
        """Send every notice that is due, and return the number of those that were accepted.

        The server does so by itself. ``now`` is True to send failed notices again at once.
        """
        number: int = self._ask("webhooks/deliver", now=now)
        return number

    @property
    def deliveries(self) -> list[dict[str, Any]]:
        """The last attempts to send a notice, each a dict; see `Webhooks.deliveries`.

        The keys are ``time``, ``app`` (the key), ``url``, without its query, ``accounts`` (their
        e-mail addresses) and ``status``, which is 0 if there was no response.
        """
        found: list[dict[str, Any]] = self._ask("webhooks/deliveries")
        return found


class RemoteServices:
    """The further services of a server, for test workers that share it.

    An iterable of dicts with the keys ``name`` and ``app_key``.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def __iter__(self) -> Iterator[dict[str, str]]:
        return iter(self._ask("services"))

    @names_arguments("services.create")
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
    ) -> dict[str, Any]:
        """Create a service of its own for one worker, and return what the worker needs.

        The keys are ``name``, ``control_token``, the token with which a `Control` controls this
        service only, ``login``, a dict with the fields of `Login`, and ``environ``, the environment
        variables that make clients use the service.

        Args:
            name: the name; generated unless given.
            seed: the seed of all generated values; random unless given. Two services of one
                server cannot have the same.
            personality: the name of a preset.
            plan: the plan of the default account.
            scopes: the scopes of the default login's token; all scopes unless given.
            app_folder: the name of the default app's folder.
            redirect_uris: addresses to which the authorize page may send the default app's codes.
            auto_approve: if True, the authorize page grants the default app access without asking.

        Raises:
            ValueError: the name or the seed is taken, the server has a state file, or an argument
                is invalid.
        """
        given: dict[str, Any] = {} if scopes is None else {"scopes": list(scopes)}
        found: dict[str, Any] = self._ask(
            "services/create",
            name=name,
            seed=seed,
            personality=personality,
            plan=plan,
            app_folder=app_folder,
            redirect_uris=list(redirect_uris),
            auto_approve=auto_approve,
            **given,
        )
        return found

    def seed(
        self,
        name: str,
        files: Mapping[str, bytes],
        *,
        folders: Iterable[str] = (),
        client_modified: datetime | Mapping[str, datetime] | None = None,
        account: str | None = None,
    ) -> None:
        """Put files into an account of a service; see `Control.seed_files`.

        Raises:
            ValueError: there is no such service, or it refuses the files.
        """
        arguments = _seeds(files, folders, client_modified, account)
        self._ask("services/seed", name=name, **arguments)

    def reset(self, name: str) -> None:
        """Reset a service to its initial state.

        Raises:
            ValueError: there is no such service.
        """
        self._ask("services/reset", name=name)

    def delete(self, name: str) -> None:
        """Delete a service; its tokens are no longer known.

        Raises:
            ValueError: there is no such service.
        """
        self._ask("services/delete", name=name)


class Control:
    """A client of a running server's control interface, below ``/_fake/``.

    With it a test controls a service that runs in another process: ``faults``, ``clock``,
    ``accounts``, ``teams``, ``apps``, ``logins`` and ``webhooks`` have methods of the same names as
    those of `FakeDropboxService`. As a context it is closed at the end.

    Args:
        url: the server's URL; the environment variable ``FAKEDROPBOX_URL`` unless given.
        token: the control token of the server, which is in its environment file; the environment
            variable ``FAKEDROPBOX_CONTROL_TOKEN`` unless given.
        ca_file: the path of the server's CA certificate; the environment variable
            ``FAKEDROPBOX_CA_FILE`` unless given.

    Every method raises `ValueError`, with the service's reason, if the service refuses it,
    `PermissionError` if the token or the name of the server is wrong, and
    `requests.RequestException` if the server cannot be reached.
    """

    def __init__(
        self, url: str | None = None, token: str | None = None, ca_file: str | Path | None = None
    ) -> None:
        given = {"url": url, "token": token, "ca_file": ca_file}
        names = {"url": URL, "token": CONTROL_TOKEN, "ca_file": CA_FILE}
        found: dict[str, str] = {}
        for argument, name in names.items():
            value = given[argument] or os.environ.get(name)
            if not value:  # with an empty `ca_file`, requests would trust any server
                raise ValueError(
                    f"{argument}: expected a value, as this argument or in the environment "
                    f"variable {name}; found neither"
                )
            found[argument] = str(value)
        self._session = ControlSession(found["url"], found["token"], found["ca_file"])
        self._ask = self._session.ask
        self._faults = RemoteFaults(self._ask)
        self._clock = RemoteClock(self._ask)
        self._accounts = RemoteAccounts(self._ask)
        self._teams = RemoteTeams(self._ask)
        self._apps = RemoteApps(self._ask)
        self._logins = RemoteLogins(self._ask)
        self._webhooks = RemoteWebhooks(self._ask)
        self._services = RemoteServices(self._ask)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections to the server; a later call opens a new one.

        The server and its service stay as they are.
        """
        self._session.close()

    @property
    def faults(self) -> RemoteFaults:
        """The plan of the faults that are to happen, as `FakeDropboxService.faults`."""
        return self._faults

    @property
    def clock(self) -> RemoteClock:
        """The clock of the service: `RemoteClock.now` and `RemoteClock.advance`."""
        return self._clock

    @property
    def accounts(self) -> RemoteAccounts:
        """The accounts: `RemoteAccounts.create` makes another one."""
        return self._accounts

    @property
    def teams(self) -> RemoteTeams:
        """The teams: `RemoteTeams.create` makes one."""
        return self._teams

    @property
    def apps(self) -> RemoteApps:
        """The apps: `RemoteApps.create` makes another one."""
        return self._apps

    @property
    def login(self) -> Login:
        """The default login, as `FakeDropboxService.login`."""
        return Login(**self._ask("login"))

    @property
    def logins(self) -> RemoteLogins:
        """The creation of logins: `RemoteLogins.create` links an app to an account."""
        return self._logins

    @property
    def webhooks(self) -> RemoteWebhooks:
        """The webhooks: `RemoteWebhooks.add` registers one, and the server sends the notices."""
        return self._webhooks

    @property
    def services(self) -> RemoteServices:
        """The further services of the server: `RemoteServices.create` makes one for a worker.

        They need the control token of the server itself.
        """
        return self._services

    def share_folder(
        self,
        path: str,
        *,
        account: str | None = None,
        members: Iterable[str | tuple[str, str]] = (),
        mount: bool = True,
    ) -> str:
        """Share a folder with other accounts, and return its id.

        Accounts are given by their e-mail addresses; see `FakeDropboxService.share_folder`.

        Raises:
            ValueError: the service refuses it, or there is no such account.
            TypeError: ``members`` is not a collection.
        """
        expect("members", members, Iterable)
        if isinstance(members, str):
            raise TypeError(f"members: expected a collection of addresses, got {members!r}")
        folder: str = self._ask(
            "share_folder", path=path, account=account, members=list(members), mount=mount
        )
        return folder

    def upload_to_request(
        self, request: str, files: Mapping[str, bytes], *, sender: str = "Some Body"
    ) -> list[str]:
        """Upload to a file request as a stranger, and return the paths of the new files.

        See `FakeDropboxService.upload_to_request`.

        Raises:
            ValueError: the service refuses it.
        """
        paths: list[str] = self._ask(
            "upload_to_request", request=request, files=_encoded(files), sender=sender
        )
        return paths

    def stub(self, route: str, result: Any) -> None:
        """Answer the calls of a route that is not faked, until `reset`.

        See `FakeDropboxService.stub`. A state file does not keep it.

        Args:
            route: the name of the route on the wire, such as ``riviera/get_text_async``.
            result: an object of the type that the SDK returns, or None if it returns none. The
                result of a download is a tuple of the object and the content.

        Raises:
            TypeError: the result is not one of the route's, in the types of the SDK, or it is a
                function, which only the process that has made the service can call.
            ValueError: there is no such route, or it is faked.
        """
        expect_unfaked(route)
        if callable(result):
            raise TypeError(
                "result: expected an object of the SDK's types, which can be sent to the server, "
                f"got the function {result!r}; make the service in a program of your own, with "
                "service.stub and service.serve"
            )
        plain, content = answer_to_json(route, result)
        encoded = base64.b64encode(content).decode()
        self._ask("stub", route=route, result=plain, content=encoded)

    def reset(self, to: Literal["beginning", "seed"] = "beginning") -> None:
        """Reset the service to its initial state, or to its seed; see `FakeDropboxService.reset`.

        Raises:
            ValueError: ``to`` is ``seed``, but the server has no seed file.
        """
        self._ask("reset", to=to)

    def snapshot(self) -> int:
        """Take a snapshot of the current state and return its number, for `restore`."""
        number: int = self._ask("snapshot")
        return number

    def restore(self, snapshot: int) -> None:
        """Go back to a snapshot; see `FakeDropboxService.restore`."""
        self._ask("restore", snapshot=snapshot)

    def calls(self, last: int | None = None, query: str = "") -> list[dict[str, Any]]:
        """Return the recorded calls in order, each a dict.

        The keys are the attributes of `CallRecord`, with values of JSON: ``arg`` is the argument
        as JSON, ``account`` an e-mail address, ``fault`` the text that plans the fault.

        Args:
            last: the number of calls to look at, the last ones; all unless given.
            query: the terms that the returned calls match, such as
                ``route:files/upload outcome:error account:ada path:/a fault:``.

        Raises:
            ValueError: the service does not keep so many calls, or the query is wrong.
        """
        found: list[dict[str, Any]] = self._ask("calls", last=last, query=query)
        return found

    def show(self, *, browser: bool = True, remote: bool = False) -> str:
        """Show the service on a page in the browser, and return the address of the page.

        The address lets one browser in; each call returns a new one. The page shows all services of
        the server, or with the control token of a further service only that one. See
        `FakeDropboxService.show`.

        Args:
            browser: False to open no browser.
            remote: True for an address below the server's URL, over HTTPS, for a browser on another
                machine. By default the address is for one on the machine of the server.

        Raises:
            ValueError: the server has no page; `fakedropbox serve` has one.
        """
        expect("browser", browser, bool)
        address: str = self._ask("show", remote=remote)
        if browser:
            import webbrowser

            webbrowser.open(address)
        return address

    def tree(self, account: str | None = None) -> str:
        """Return the files and folders of an account as indented text.

        Args:
            account: the account's e-mail address; the default account if None.

        Raises:
            ValueError: there is no such account.
        """
        text: str = self._ask("tree", account=account)
        return text

    def files(self, account: str | None = None) -> dict[str, bytes]:
        """Return an account's files: content by `path_display`, as a copy that refuses changes.

        Args:
            account: the account's e-mail address; the default account if None.

        Raises:
            ValueError: there is no such account.
        """
        found = self._ask("files", account=account)
        return Contents((path, base64.b64decode(text)) for path, text in found.items())

    def seed_files(
        self,
        files: Mapping[str, bytes],
        *,
        folders: Iterable[str] = (),
        client_modified: datetime | Mapping[str, datetime] | None = None,
        account: str | None = None,
    ) -> None:
        """Put files into an account, given by its e-mail address; by default the default one.

        See `FakeDropboxService.seed_files`.
        """
        self._ask("seed_files", **_seeds(files, folders, client_modified, account))

    # Old names

    @renamed("Control.plan", "Control.faults.add")
    def plan(self, *faults: Fault) -> None:
        """Plan faults: the old name of `RemoteFaults.add` and `RemoteFaults.script`."""
        self.faults.script(faults)

    @renamed("Control.clear_faults", "Control.faults.clear")
    def clear_faults(self) -> None:
        """Remove all planned faults: the old name of `RemoteFaults.clear`."""
        self.faults.clear()

    @renamed("Control.now", "Control.clock.now")
    def now(self) -> datetime:
        """Return the current time: the old name of `RemoteClock.now`."""
        return self.clock.now()

    @renamed("Control.advance", "Control.clock.advance")
    def advance(self, seconds: float) -> datetime:
        """Advance the clock: the old name of `RemoteClock.advance`."""
        return self.clock.advance(seconds)

    @renamed("Control.create_account", "Control.accounts.create")
    def create_account(
        self, email: str, given_name: str = "Other", surname: str = "User"
    ) -> dict[str, str]:
        """Create an account: the old name of `RemoteAccounts.create`."""
        return self.accounts.create(email, f"{given_name} {surname}")

    @renamed("Control.create_app", "Control.apps.create")
    def create_app(self, name: str = "app", **options: Any) -> dict[str, str]:
        """Create an app: the old name of `RemoteApps.create`."""
        return self.apps.create(name, **options)

    @renamed("Control.link", "Control.logins.create")
    def link(
        self,
        account: str | None = None,
        app: str | None = None,
        scopes: Iterable[str] | None = None,
    ) -> Login:
        """Link an app to an account: the old name of `RemoteLogins.create`."""
        return self.logins.create(account, app, scopes)

    @renamed("Control.add_webhook", "Control.webhooks.add")
    def add_webhook(self, url: str, app: str | None = None, *, allow_remote: bool = False) -> None:
        """Register a webhook: the old name of `RemoteWebhooks.add`."""
        self.webhooks.add(url, app, allow_remote=allow_remote)

    @renamed("Control.remove_webhook", "Control.webhooks.remove")
    def remove_webhook(self, url: str, app: str | None = None) -> None:
        """Remove a webhook: the old name of `RemoteWebhooks.remove`."""
        self.webhooks.remove(url, app)

    def __repr__(self) -> str:
        return f"<Control of {self._session.url}>"


def fault_to_json(fault: Fault) -> dict[str, Any]:
    """Return a fault as plain values: its ``kind`` and its arguments.

    Raises:
        TypeError: its kind is one of your own, or `when`: only this process has its functions.
    """
    expect("fault", fault, Fault)
    if KINDS.get(type(fault).__name__) is not type(fault):
        raise TypeError(f"fault: expected one of the kinds {', '.join(KINDS)}, got {fault!r}")
    arguments = {field.name: getattr(fault, field.name) for field in fields(fault)}
    return {"kind": type(fault).__name__, **arguments}


def fault_from_json(value: Mapping[str, Any]) -> Fault:
    """Return the fault that `fault_to_json` described.

    Raises:
        TypeError, ValueError: there is no such kind, or it does not take these arguments.
    """
    expect("fault", value, Mapping)
    arguments = dict(value)
    name = arguments.pop("kind", None)
    expect("kind", name, str)
    kind = KINDS.get(name)
    if kind is None:
        raise ValueError(f"kind: expected one of {', '.join(KINDS)}, got {name!r}")
    known = {field.name: field.default is MISSING for field in fields(kind)}
    for argument in arguments.keys() - known.keys():
        raise TypeError(f"{argument!r}: expected one of {', '.join(known)} for {name}")
    for argument, is_required in known.items():
        if is_required and argument not in arguments:
            raise TypeError(f"{argument}: expected a value for {name}, got none")
    return kind(**arguments)


def _encoded(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: base64.b64encode(content).decode() for name, content in files.items()}


def _seeds(
    files: Mapping[str, bytes],
    folders: Iterable[str],
    client_modified: datetime | Mapping[str, datetime] | None,
    account: str | None,
) -> dict[str, Any]:
    """Return the arguments of `Control.seed_files` as JSON."""
    times: Any = client_modified
    if isinstance(times, Mapping):
        times = {path: moment.isoformat() for path, moment in times.items()}
    elif times is not None:
        times = times.isoformat()
    return {
        "files": _encoded(files),
        "folders": list(folders),
        "client_modified": times,
        "account": account,
    }
