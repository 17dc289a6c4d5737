"""Logins: apps that are linked to accounts, and their tokens."""

from __future__ import annotations

from collections.abc import Iterable

from fakedropbox._api.app_folders import make_ready
from fakedropbox._base.checks import expect
from fakedropbox._base.public import names_arguments
from fakedropbox._core.gate import Gate
from fakedropbox._core.world import known
from fakedropbox._identity.accounts import Account
from fakedropbox._identity.apps import App, checked_scopes
from fakedropbox.login import Login


class Logins:
    """A factory of logins for a service: `create` returns a new one."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    @names_arguments("logins.create")
    def create(
        self,
        account: Account | None = None,
        app: App | None = None,
        scopes: Iterable[str] | None = None,
        login: Login | None = None,
    ) -> Login:
        """Link an app to an account, as its owner would on Dropbox's page, and return the login.

        Args:
            account: the default account unless given.
            app: the default app unless given.
            scopes: the scopes to grant, such as ``files.content.read``; all scopes unless
                given. Only those that the app is enabled for are granted.
            login: tokens to accept in place of generated ones. Such an access token never
                expires.

        Raises:
            ValueError: the account or the app is of another service, a scope is unknown, or the
                refresh token belongs to another login.
        """
        expect("login", login, Login, type(None))
        account, app = known(self._gate.world, account, app)
        with self._gate.lock:
            world = self._gate.world
            wanted, granted = login or Login(), checked_scopes(scopes)
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
