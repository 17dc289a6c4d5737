"""The panel of people: accounts, apps, tokens and teams, and forms that make new ones."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from fakedropbox._core.service import Service
from fakedropbox._facts import PUBLIC_SCOPES
from fakedropbox._identity.accounts import PLANS
from fakedropbox._identity.tokens import Grant
from fakedropbox.clock import EPOCH
from fakedropbox.login import Login
from fakedropbox.server.page.panel import Arguments, Form, Panel

_SHOWN_CHARACTERS = 4
_MOST_ROWS = 200


class _Token(NamedTuple):
    """An access token, as the panel shows it."""

    masked: str
    account: str
    app: str
    scopes: list[str]
    has_all: bool
    expires: str
    is_expired: bool


class People(Panel):
    """The panel of people."""

    name = "people"

    def values(self, query: Mapping[str, str]) -> dict[str, Any]:  # noqa: ARG002 -- the base's signature
        """Return the accounts, the apps without their secrets, the masked tokens and the teams."""
        service = self.shown.service
        tokens = service.gate.world.tokens.valid()
        return {
            "accounts": list(service.accounts),
            "apps": list(service.apps),
            "tokens": [_token(service, *each) for each in tokens[-_MOST_ROWS:]],
            "number_of_tokens": len(tokens),
            "teams": [(team, service.teams.members(team)) for team in service.teams],
            "plans": PLANS,
            "number_of_scopes": len(PUBLIC_SCOPES),
            "lines": _lines,
        }

    @property
    def actions(self) -> Mapping[str, Arguments]:
        """The operations of the forms."""
        return {
            "logins/create": _login,
            "accounts/create": _account,
            "apps/create": _app,
            "teams/create": _team,
        }


def _token(service: Service, text: str, grant: Grant) -> _Token:
    tokens = service.gate.world.tokens
    end = tokens.end_of(grant)
    expires = "never" if end is None else f"{EPOCH + timedelta(microseconds=end):%Y-%m-%d %H:%M:%S}"
    return _Token(
        f"…{text[-_SHOWN_CHARACTERS:]}",
        grant.team.name if grant.team else grant.account.email,
        grant.app.name,
        sorted(grant.scopes),
        len(grant.scopes) == len(PUBLIC_SCOPES),
        expires,
        tokens.is_expired(grant),
    )


def _lines(login: Login) -> str:
    """Return a login as lines for a shell, which set the variables of an environment."""
    names = ("app_key", "app_secret", "refresh_token", "access_token")
    return "\n".join(
        f"export DROPBOX_{name.upper()}={shlex.quote(getattr(login, name))}" for name in names
    )


def _login(form: Form) -> dict[str, Any]:
    scopes = form.words("scopes")
    return {**form.given("account", "app", "team"), **({"scopes": scopes} if scopes else {})}


def _account(form: Form) -> dict[str, Any]:
    verified = {"email_verified": form.is_checked("email_verified")}
    return {**form.given("email", "name", "plan"), **verified}


def _app(form: Form) -> dict[str, Any]:
    scopes = form.words("scopes")
    more = {"scopes": scopes} if scopes else {}
    return {
        **form.given("name", "folder"),
        **more,
        "redirect_uris": form.words("redirect_uris"),
        "auto_approve": form.is_checked("auto_approve"),
    }


def _team(form: Form) -> dict[str, Any]:
    return {**form.given("name"), "members": form.words("members")}
