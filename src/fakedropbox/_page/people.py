"""The people of a service as the page shows them: accounts, apps, tokens and teams, no secrets."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from fakedropbox._core.service import Service
from fakedropbox._facts import PUBLIC_SCOPES
from fakedropbox._identity.accounts import Account, Team
from fakedropbox._identity.apps import App
from fakedropbox._identity.teams import Member
from fakedropbox._identity.tokens import Grant
from fakedropbox.clock import EPOCH

_SHOWN_CHARACTERS = 4
_MOST_ROWS = 200


class Token(NamedTuple):
    """An access token, of which only the end is shown."""

    masked: str
    account: str
    app: str
    scopes: list[str]
    has_all: bool
    expires: str
    is_expired: bool


class People(NamedTuple):
    """The accounts, apps and teams of a service, its last access tokens and the number of all."""

    accounts: list[Account]
    apps: list[App]
    tokens: list[Token]
    number_of_tokens: int
    teams: list[tuple[Team, list[Member]]]
    number_of_scopes: int = len(PUBLIC_SCOPES)


def people_of(service: Service) -> People:
    """Return the people of a service."""
    with service.gate.lock:
        tokens = service.gate.world.tokens.valid()
        return People(
            list(service.accounts),
            list(service.apps),
            [_token(service, *each) for each in tokens[-_MOST_ROWS:]],
            len(tokens),
            [(team, service.teams.members(team)) for team in service.teams],
        )


def _token(service: Service, text: str, grant: Grant) -> Token:
    tokens = service.gate.world.tokens
    end = tokens.end_of(grant)
    expires = "never" if end is None else f"{EPOCH + timedelta(microseconds=end):%Y-%m-%d %H:%M:%S}"
    return Token(
        f"…{text[-_SHOWN_CHARACTERS:]}",
        grant.team.name if grant.team else grant.account.email,
        grant.app.name,
        sorted(grant.scopes),
        len(grant.scopes) == len(PUBLIC_SCOPES),
        expires,
        tokens.is_expired(grant),
    )
