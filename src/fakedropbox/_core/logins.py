"""Logins: apps that are linked to accounts, and their tokens."""

from __future__ import annotations

from collections.abc import Iterable

from fakedropbox._api.app_folders import make_ready
from fakedropbox._base.checks import expect
from fakedropbox._base.public import names_arguments
from fakedropbox._core.gate import Gate
from fakedropbox._core.world import known
from fakedropbox._identity.accounts import Account, Team
from fakedropbox._identity.apps import App, checked_scopes
from fakedropbox.calls import World
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
        *,
        team: Team | None = None,
    ) -> Login:
        """Link an app to an account, as its owner would on Dropbox's page, and return the login.

        Or link it to a team, as an administrator would. The login of a team is for
        `dropbox.DropboxTeam`.

        Args:
            account: the default account unless given; for a team, the administrator who links
                the app, the first one unless given.
            app: the default app unless given.
            scopes: the scopes to grant, such as ``files.content.read``; all scopes unless
                given. Only those that the app is enabled for are granted.
            login: tokens to accept in place of generated ones. Such an access token never
                expires.
            team: the team to link the app to, in place of an account.

        Raises:
            ValueError: the account, the app or the team is of another service, a scope is unknown,
                the refresh token belongs to another login, the account is not an administrator
                of the team, or a team is to be linked to an app that has only its folder.
        """
        expect("login", login, Login, type(None))
        expect("team", team, Team, type(None))
        if team is not None:
            account = linking_admin(self._gate.world, team, account)
        account, app = known(self._gate.world, account, app)
        refuse_folder_of_app(team, app)
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
                team=team,
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


def refuse_folder_of_app(team: Team | None, app: App) -> None:
    """Refuse to link an app-folder app to a team.

    Raises:
        ValueError: a team is given, and the app is one.
    """
    if team is not None and app.folder is not None:
        raise ValueError(f"app: expected one with full access for a team, got {app!r}")


def linking_admin(world: World, team: Team, account: Account | None) -> Account:
    """Return the account of the administrator who links an app to a team (P4-16).

    Raises:
        TypeError, ValueError: there is no such administrator.
    """
    expect("account", account, Account, type(None))
    world.teams.check_known(team)
    admins = [member.account for member in world.teams.admins(team) if member.account is not None]
    if account is None and not admins:
        raise ValueError(
            f"team: expected one with an active member whose role is team_admin, got {team!r}"
        )
    if account is not None and account not in admins:
        raise ValueError(f"account: expected an administrator of the team, got {account!r}")
    return account or admins[0]
