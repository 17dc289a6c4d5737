"""The token endpoint, `POST /oauth2/token` (§2.2 of the OAuth facts)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from fakedropbox._facts import messages
from fakedropbox._facts.limits import ACCESS_TOKEN_SECONDS
from fakedropbox.calls import Call
from fakedropbox.errors import TokenRefused
from fakedropbox.gate import Gate

OAUTH_PAGE = "oauth2/token"


class TokenReply(NamedTuple):
    """A new access token; ``expires_in`` is in seconds. What is None is left out."""

    uid: str | None
    access_token: str
    expires_in: int | None
    token_type: str
    scope: str | None
    refresh_token: str | None
    account_id: str | None


def token(gate: Gate, form: Mapping[str, str]) -> TokenReply:
    """Answer a request for a token; ``form`` is the body's, or the query's.

    Raises:
        Refusal: `TokenRefused`, or what a planned fault says.
    """
    shown = {name: form[name] for name in ("grant_type", "scope") if name in form}

    def answer(call: Call) -> TokenReply:
        grant = _GRANTS.get(form.get("grant_type", ""))
        if grant is None:
            raise TokenRefused(messages.BAD_GRANT)
        return grant(call, form)

    return gate.page(OAUTH_PAGE, shown, answer)


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
        account_id=link.account.account_id,
    )


_GRANTS = {"refresh_token": _refresh, "authorization_code": _redeem}
