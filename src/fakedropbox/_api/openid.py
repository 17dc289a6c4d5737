"""OpenID Connect: `openid/userinfo`."""

from __future__ import annotations

from typing import Any

from dropbox import openid

from fakedropbox._api.registry import route
from fakedropbox._facts import hosts
from fakedropbox.calls import Call


@route(openid.userinfo)
def userinfo(call: Call, _arg: Any) -> Any:
    """Return the caller's identity, as far as the token's scopes allow (O2.3-05).

    A token without the scope `openid` is refused before the route is called, so that the
    route's own error, `incorrect_openid_scopes`, never occurs.
    """
    assert call.grant is not None
    account, scopes = call.grant.account, call.grant.scopes
    claims: dict[str, Any] = {"iss": hosts.SITE, "sub": account.account_id}
    if "profile" in scopes:
        claims |= {"family_name": account.surname, "given_name": account.given_name}
    if "email" in scopes:
        claims |= {"email": account.email, "email_verified": account.email_verified}
    return openid.UserInfoResult(**claims)
