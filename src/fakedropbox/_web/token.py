"""The token endpoint, `POST /oauth2/token` (§2.2 of the OAuth facts)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from fakedropbox._facts import messages
from fakedropbox._facts.limits import ACCESS_TOKEN_SECONDS
from fakedropbox.calls import Call
from fakedropbox.errors import NotImplementedInFake, TokenRefused
from fakedropbox.gate import Gate

OAUTH_PAGE = "oauth2/token"
_UNBUILT_GRANTS = ("authorization_code",)


class TokenReply(NamedTuple):
    """A new short-lived access token; ``expires_in`` is in seconds."""

    access_token: str
    token_type: str
    expires_in: int


def token(gate: Gate, form: Mapping[str, str]) -> TokenReply:
    """Answer a request for a token; ``form`` is the body's, or the query's.

    Raises:
        Refusal: `TokenRefused`, or what a planned fault says.
        NotImplementedInFake: a grant that the double does not have.
    """
    shown = {name: form[name] for name in ("grant_type", "scope") if name in form}

    def answer(call: Call) -> TokenReply:
        world = call.world
        grant_type = form.get("grant_type", "")
        if grant_type in _UNBUILT_GRANTS:
            raise NotImplementedInFake(
                f"{OAUTH_PAGE}: grant_type {grant_type!r} is not implemented yet"
            )
        if grant_type != "refresh_token":
            raise TokenRefused(messages.BAD_GRANT)
        text = world.tokens.refresh(world.apps, form)
        return TokenReply(text, "bearer", ACCESS_TOKEN_SECONDS)

    return gate.page(OAUTH_PAGE, shown, answer)
