"""The service: one Dropbox with its accounts, apps and files, and all ways to reach it.

- `FakeDropboxService`: one Dropbox in memory
- `Snapshot`: a state of one service that can be restored
"""

from __future__ import annotations

import inspect
from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING, Any

from fakedropbox._base.checks import expect
from fakedropbox._base.public import names_arguments, refusing
from fakedropbox._base.real_files import real_files
from fakedropbox._core.service import Service, Snapshot
from fakedropbox._doors.adapter import ServiceSession
from fakedropbox._identity.accounts import Account, Team
from fakedropbox.client import FakeDropbox, FakeDropboxTeam, credentials_of
from fakedropbox.login import Login

if TYPE_CHECKING:
    from fakedropbox.server.running import Server

__all__ = ["FakeDropboxService", "Snapshot"]

if not TYPE_CHECKING:  # type checkers would accept any name of the module
    __getattr__ = refusing(__name__)


class FakeDropboxService(Service):
    """One Dropbox in memory: its accounts, apps and files, and the ways to reach it.

    - Reach it: `client` and `team_client` (without a network), `activate` (every SDK client in the
      process), `session` (one SDK client), `serve` (HTTPS, for other processes).
    - Look at it: `files`, `files_of`, `read`, `tree`, `calls`, `show` (a page in the browser).
    - Prepare it: `seed_files`, `share_folder`, `web`, `set_quota`, `faults`, `stub`, `clock`.
    - Act as a stranger: `upload_to_request`.
    - Log in: `login`, `logins`, `accounts`, `teams`, `apps`, `authorize`.
    - Go back: `scratch`, `snapshot` and `restore`, `reset`.
    - Notify: `webhooks`.

    Args:
        seed: the seed of all generated values (ids, tokens, cursors, jitter); the same seed
            gives the same values. Or a seed of your own, with which the service begins and to which
            ``reset(to="seed")`` returns: the path of a TOML or JSON file, a function that takes the
            service, or its dotted name.
        personality: the behaviour where that of the real service is not certain, or the name of a
            preset, such as ``"documented"``; `Personality.recorded` unless given.
        clock: a `ManualClock` set to 2026-01-01 unless given.
        scopes: the scopes of the default login's token; all scopes unless given.
        app_folder: the name of the default app's folder, which makes it an app-folder app.
        plan: the plan of the default account: ``basic``, ``pro`` or ``business``, which decides
            on the settings of shared links; see `Accounts.create`.
        redirect_uris: addresses to which the authorize page may send the default app's
            codes; addresses on this machine need not be listed.
        auto_approve: if True, the authorize page grants the default app access without asking.
        login: credentials that the default login accepts; empty ones are generated.
        files: the initial files, content by path; a path that ends in a slash is a folder.
        max_calls: the number of calls whose records are kept, the last ones; None for all. The
            number of calls is exact in any case.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an unknown scope or preset, a redirect URI that is neither https nor on this
            machine, a name or path that Dropbox refuses, or a seed that is not there or not valid.

    >>> from fakedropbox import FakeDropboxService
    >>> service = FakeDropboxService(files={"/a.txt": b"hello"})
    >>> service.client().files_get_metadata("/a.txt").size
    5
    """

    _shared_session: ServiceSession | None = None
    _page: Server[FakeDropboxService] | None = None

    @property
    def shared_session(self) -> ServiceSession:
        """The session of all direct clients: the SDK needs one, but nothing is sent with it.

        No `cached_property`: before Python 3.12 it has a lock, which a fork may leave locked.
        """
        if self._shared_session is None:
            self._shared_session = ServiceSession(self)
        return self._shared_session

    def client(
        self, login: Login | None = None, *, account: Account | None = None, **options: Any
    ) -> FakeDropbox:
        """Return a new client: a `dropbox.Dropbox` without a network.

        All clients of one service see the same Dropbox.

        Args:
            login: the login that the client uses; the default login unless given.
            account: the account that the client uses, through a new login of the default app
                with the scopes of the service.
            **options: arguments of `dropbox.Dropbox`, such as ``max_retries_on_error``.

        Raises:
            ValueError: both ``login`` and ``account`` are given, or the account is of another
                service.
        """
        expect("login", login, Login, type(None))
        expect("account", account, Account, type(None))
        if account is not None:
            if login is not None:
                raise ValueError("login, account: expected one of them, got both")
            login = self.logins.create(account, scopes=self.scopes)
        credentials = credentials_of(self, login or self.login)
        return FakeDropbox(service=self, **{**credentials, **options})

    def team_client(
        self, team: Team | None = None, *, login: Login | None = None, **options: Any
    ) -> FakeDropboxTeam:
        """Return a new client for a team: a `dropbox.DropboxTeam` without a network.

        Args:
            team: the first team unless given; the client uses a new login of the default app with
                the scopes of the service.
            login: the login that the client uses in place of a new one.
            **options: arguments of `dropbox.DropboxTeam`, such as ``max_retries_on_error``.

        Raises:
            ValueError: both ``team`` and ``login`` are given, the team is of another service or
                has no administrator, or the service has no team.

        >>> from fakedropbox import FakeDropboxService
        >>> service = FakeDropboxService()
        >>> team = service.teams.create("Acme", members=["ada@example.com", "bob@example.com"])
        >>> ada, bob = service.teams.members(team)
        >>> dbx = service.team_client(team).as_user(bob.team_member_id)
        >>> dbx.files_upload(b"1", "/a.txt").name
        'a.txt'
        >>> service.files_of(bob.account)
        {'/a.txt': b'1'}
        """
        expect("team", team, Team, type(None))
        expect("login", login, Login, type(None))
        if login is not None and team is not None:
            raise ValueError("team, login: expected one of them, got both")
        if login is None:
            login = self.logins.create(team=team or self.teams.default, scopes=self.scopes)
        return FakeDropboxTeam(service=self, **{**credentials_of(self, login), **options})

    def session(self) -> ServiceSession:
        """Return a `requests.Session` for ``dropbox.Dropbox(…, session=…)`` that uses this service.

        It changes nothing else in the process, so the SDK's own pauses take real time;
        under `activate` they do not.

        >>> import dropbox
        >>> from fakedropbox import FakeDropboxService
        >>> service = FakeDropboxService(files={"/a.txt": b"1"})
        >>> dbx = dropbox.Dropbox(service.login.access_token, session=service.session())
        >>> dbx.files_get_metadata("/a.txt").size
        1
        """
        return ServiceSession(self)

    @names_arguments("activate")
    def activate(
        self, *, block_children: bool = False
    ) -> AbstractContextManager[FakeDropboxService]:
        """Make every SDK client in the process talk to this service while in the context.

        This includes clients that were built before, also during the activation of another
        service with the same login, such as that of the test before: a client with a refresh token
        then fetches a new access token. Activations nest; the innermost one is used. The context
        gives the service. The SDK's pauses take no real time, and attempts of other HTTP libraries
        to reach Dropbox raise `NotThroughFake`.

        Args:
            block_children: True to keep the SDK in processes that are started meanwhile from
                reaching Dropbox. It changes the SDK's variables in `os.environ`, such as
                ``DROPBOX_API_HOST``, so it works for a process that gets this environment.

        >>> import dropbox
        >>> from fakedropbox import FakeDropboxService
        >>> with FakeDropboxService(files={"/a.txt": b"1"}).activate() as service:
        ...     dbx = dropbox.Dropbox(service.login.access_token)
        ...     dbx.files_get_metadata("/a.txt").size
        1
        """
        # Imported late: it loads all modules that the guard watches, such as `asyncio`.
        from fakedropbox._doors.activation import activated

        return activated(self, block_children=block_children)

    @names_arguments("serve")
    def serve(
        self, *, host: str = "127.0.0.1", port: int = 0, allow_remote: bool = False
    ) -> Server[FakeDropboxService]:
        """Serve this service over HTTPS on this machine while in the context.

        The context gives the `Server`, with ``url``, ``ca_file`` and ``environ``. This needs
        the extra ``server`` (``pip install 'fakedropbox[server]'``).

        Args:
            host: the address to listen at; a loopback address unless ``allow_remote`` is True.
            port: the port to listen at; 0 for any free port.
            allow_remote: True to allow an address that other machines can reach. Their users
                can do everything that the tokens allow.

        Raises:
            ImportError: the extra is not installed.
            ValueError: ``host`` is not a loopback address, and ``allow_remote`` is False; or
                ``port`` is not between 0 and 65535.
            OSError: the address is already in use, or not one of this machine.
        """
        with real_files():  # pyfakefs would later unload what is first imported while it is active
            from fakedropbox.server.running import Server

        return Server(self, host=host, port=port, allow_remote=allow_remote)

    @names_arguments("show")
    def show(self, *, browser: bool = True) -> str:
        """Show this service on a page in the browser, and return the address of the page.

        The page is served on this machine until the process ends, also while a debugger has
        stopped the program. From now on the service keeps the headers and answers of its last
        calls, so call it early to see them. The address lets one browser in; each call returns a
        new one. This needs the extra ``server`` (``pip install 'fakedropbox[server]'``).

        Args:
            browser: False to open no browser.

        Raises:
            ImportError: the extra is not installed.
            TypeError: ``browser`` is not a bool.
        """
        expect("browser", browser, bool)
        with real_files():  # as in `serve`
            import webbrowser

            from fakedropbox.server.showing import showing

            self._page = showing(self, self._page)
            address = self._page.page_address()
            if browser:
                webbrowser.open(address)
        return address


@cache
def options() -> frozenset[str]:
    """Return the names of the arguments of `FakeDropboxService`."""
    return frozenset(inspect.signature(FakeDropboxService).parameters)
