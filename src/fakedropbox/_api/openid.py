"""OpenID Connect: `openid/userinfo`."""

from __future__ import annotations

from typing import Any

from dropbox import openid

from fakedropbox._api.registry import route
from fakedropbox._facts import hosts
from fakedropbox.calls import Call


@route(openid.userinfo)
def userinfo(call: Call, _arg: Any) -> Any:
    """Who the caller is, as far as the token's scopes go (O2.3-05).

    Without the scope `openid`, which the route asks for, there is no answer at all; its own
    error, `incorrect_openid_scopes`, does not come up.
    """
    assert call.grant is not None
    account, scopes = call.grant.account, call.grant.scopes
    claims: dict[str, Any] = {"iss": hosts.SITE, "sub": account.account_id}
    if "profile" in scopes:
        claims |= {"family_name": account.surname, "given_name": account.given_name}
    if "email" in scopes:
        claims |= {"email": account.email, "email_verified": True}
    return openid.UserInfoResult(**claims)
