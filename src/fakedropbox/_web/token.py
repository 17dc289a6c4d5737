"""The token endpoint, `POST /oauth2/token` (O2.2-01 to -10, O2.2-51 to -56)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from fakedropbox._facts import hosts, messages
from fakedropbox._facts.limits import ACCESS_TOKEN_SECONDS
from fakedropbox._identity.credentials import Credentials
from fakedropbox._web.registry import Asked, page
from fakedropbox.calls import Call
from fakedropbox.errors import TokenRefused


class TokenReply(NamedTuple):
    """A new access token; ``expires_in`` is in seconds. Fields that are None are left out."""

    uid: str | None
    access_token: str
    expires_in: int | None
    token_type: str
    scope: str | None
    refresh_token: str | None
    account_id: str | None
    team_id: str | None = None


@page(
    "POST",
    "/oauth2/token",
    "/1/oauth2/token",
    hosts=hosts.OF_TOKENS,
    shows=("grant_type", "scope"),
    touches="session",
)
def token(call: Call, asked: Asked) -> TokenReply:
    """Return the tokens for a code, or a new access token for a refresh token."""
    grant = _GRANTS.get(asked.fields.get("grant_type", ""))
    if grant is None:
        raise TokenRefused(messages.BAD_GRANT, fact="O2.2-08")
    return grant(call, _form(asked))


def _form(asked: Asked) -> Mapping[str, str]:
    """Return the form's fields, including an app key and secret sent by Basic authentication.

    Raises:
        TokenRefused: the app's key was sent in both ways, or the header is malformed.
    """
    credentials = Credentials.parse(asked.headers.get("Authorization", ""))
    if credentials.scheme != "Basic":
        return asked.fields
    if "client_id" in asked.fields:
        raise TokenRefused("invalid_request", 'unknown field "client_id"', fact="O2.2-52")
    both = credentials.key_and_secret()
    if both is None:
        raise TokenRefused(messages.BAD_CLIENT, fact="O2.2-06")
    return {**asked.fields, "client_id": both[0], "client_secret": both[1]}


def _refresh(call: Call, form: Mapping[str, str]) -> TokenReply:
    text = call.world.tokens.refresh(call.world.apps, form)
    return TokenReply(None, text, ACCESS_TOKEN_SECONDS, "bearer", None, None, None)


def _redeem(call: Call, form: Mapping[str, str]) -> TokenReply:
    found = call.world.tokens.redeem(call.world.apps, form)
    link = found.link
    return TokenReply(
        uid=link.account.uid,
        access_token=found.access_token,
        expires_in=ACCESS_TOKEN_SECONDS if found.expires else None,
        token_type="bearer",  # noqa: S106 -- a kind of token
        scope=" ".join(sorted(link.scopes)),
        refresh_token=link.refresh_token if found.offline else None,
        account_id=link.account.account_id if link.team is None else None,
        team_id=None if link.team is None else link.team.team_id,  # P4-14
    )


_GRANTS = {"refresh_token": _refresh, "authorization_code": _redeem}
