"""Credentials: `auth/token/revoke`, and `check`, which only confirms that they are valid."""

from __future__ import annotations

from typing import Any

from dropbox import auth, check

from fakedropbox._api.registry import route
from fakedropbox.calls import Call


@route(auth.token_revoke)
def revoke(call: Call, _arg: None) -> None:
    """Revoke the token's link, with its refresh token and all its access tokens (O2.3-01)."""
    assert call.grant is not None
    call.world.tokens.revoke(call.grant.link)


@route(check.user)
@route(check.app)
def echo(_call: Call, arg: Any) -> Any:
    """Return the argument's `query` unchanged (O2.3-03)."""
    return check.EchoResult(arg.query)
