"""The panel of people: accounts, apps, tokens and teams, and forms that make new ones."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from fakedropbox._identity.accounts import PLANS
from fakedropbox._page.people import people_of
from fakedropbox.login import Login
from fakedropbox.server.page.panel import Arguments, Form, Panel


class People(Panel):
    """The panel of people."""

    name = "people"

    def values(self, query: Mapping[str, str]) -> dict[str, Any]:  # noqa: ARG002 -- the base's signature
        """Return the accounts, the apps without their secrets, the masked tokens and the teams."""
        return {"people": people_of(self.shown.service), "plans": PLANS, "lines": _lines}

    @property
    def actions(self) -> Mapping[str, Arguments]:
        """The operations that the forms carry out, with the readers of their arguments."""
        return {
            "logins/create": _login,
            "accounts/create": _account,
            "apps/create": _app,
            "teams/create": _team,
        }


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
