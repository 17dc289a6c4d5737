"""Who is in a service: the part of `FakeDropboxService` that makes accounts, apps and links."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cached_property

from fakedropbox._checks import expect
from fakedropbox._facts import PUBLIC_SCOPES
from fakedropbox._identity.codes import access_request
from fakedropbox._identity.people import Account, Accounts, App, Apps, checked_scopes
from fakedropbox._web import Webhooks
from fakedropbox._world import create_account
from fakedropbox.clock import EPOCH, Clock
from fakedropbox.gate import Gate, make_ready
from fakedropbox.login import Login


class People:
    """What a service says and does about people."""

    gate: Gate
    clock: Clock

    @property
    def accounts(self) -> Accounts:
        """All accounts; the first is the default one."""
        return self.gate.world.accounts

    @property
    def apps(self) -> Apps:
        """All apps; the first is the default one."""
        return self.gate.world.apps

    @cached_property
    def webhooks(self) -> Webhooks:
        """The webhooks of all apps; `Webhooks.deliver` sends what is due."""
        return Webhooks(self.gate)

    def create_account(
        self, email: str, given_name: str = "Other", surname: str = "User"
    ) -> Account:
        """A further account, with an empty Dropbox of its own.

        Raises:
            ValueError: `email` is taken or is no address.
        """
        names = {"email": email, "given_name": given_name, "surname": surname}
        for name, value in names.items():
            expect(name, value, str)
        with self.gate.lock:
            return create_account(self.gate.world, email, given_name, surname)

    def link(
        self,
        account: Account | None = None,
        app: App | None = None,
        scopes: Iterable[str] = PUBLIC_SCOPES,
        wanted: Login | None = None,
    ) -> Login:
        """Let an app into an account, as its owner would on Dropbox's page.

        Args:
            account: the default one unless given.
            app: the default one unless given.
            scopes: what the app may do; never more than it was enabled for.
            wanted: tokens to be accepted, in place of made-up ones. A wanted access token
                never expires.
        """
        expect("wanted", wanted, Login, type(None))
        account, app = self._known(account, app)
        with self.gate.lock:
            world = self.gate.world
            wanted, granted = wanted or Login(), checked_scopes(scopes)
            world.tokens.check_new(wanted.refresh_token)
            link = world.tokens.link(
                account,
                app,
                granted,
                wanted.refresh_token or None,
                pkce=bool(wanted.refresh_token and not wanted.app_secret),
                since=make_ready(world, account, app),
            )
            access = world.tokens.issue(
                link, token=wanted.access_token or None, expires=not wanted.access_token
            )
        return Login(
            app_key=app.key,
            app_secret=app.secret,
            refresh_token=link.refresh_token,
            access_token=access,
            account_email=account.email,
        )

    def authorize(
        self,
        app: App | None = None,
        account: Account | None = None,
        scopes: Iterable[str] | None = None,
        *,
        redirect_uri: str | None = None,
        code_challenge: str | None = None,
        code_challenge_method: str | None = None,
        token_access_type: str | None = None,
    ) -> str:
        """Let an app in, as the account's owner would on Dropbox's page; gives back the code.

        Args:
            app: the default one unless given.
            account: the default one unless given.
            scopes: what the app asks for; unless given, all that it was enabled for, but
                for OpenID's.
            redirect_uri: to be repeated with the code.
            code_challenge: PKCE's, which makes the app's secret unnecessary.
            code_challenge_method: ``S256``, or ``plain``, which is RFC 7636's default.
            token_access_type: ``offline`` for a refresh token, ``legacy`` for an access
                token without an end, ``online``, which is the default, for neither.

        Raises:
            ValueError: one of them is not among what there is.
        """
        account, app = self._known(account, app)
        request = access_request(
            app,
            scopes,
            redirect_uri=redirect_uri,
            code_challenge=code_challenge,
            code_challenge_method=code_challenge_method,
            token_access_type=token_access_type,
        )
        with self.gate.lock:
            world = self.gate.world
            return world.tokens.approve(account, request, make_ready(world, account, app))

    def set_quota(self, account: Account, allocated: int) -> None:
        """Give an account room for so many bytes; what it has above that, it keeps."""
        expect("account", account, Account)
        expect("allocated", allocated, int)
        if allocated < 0:
            raise ValueError(f"allocated: expected a number of bytes, got {allocated!r}")
        self._known(account, None)
        with self.gate.lock:
            files = self.gate.world.files
            files.set_capacity(files.trees[account.namespace_id], allocated)

    def expiry_of(self, access_token: str) -> datetime | None:
        """When an access token ends, as the SDK counts it: naive, UTC; None for never."""
        grant = self.gate.world.tokens.grant(access_token)
        if grant is None or grant.expires is None:
            return None
        return EPOCH.replace(tzinfo=None) + timedelta(microseconds=grant.expires)

    def _known(self, account: Account | None, app: App | None) -> tuple[Account, App]:
        """Both, the default ones for None.

        Raises:
            TypeError, ValueError: they are not of this service.
        """
        expect("account", account, Account, type(None))
        expect("app", app, App, type(None))
        world = self.gate.world
        account, app = account or world.accounts.default, app or world.apps.default
        if account not in world.accounts or app not in world.apps:
            raise ValueError("account, app: expected those of this very service")
        return account, app
