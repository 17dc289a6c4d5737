"""The account that is asked about: `get_current_account`."""

from __future__ import annotations

from typing import Any

from dropbox import common, users, users_common

from fakedropbox._api.registry import route
from fakedropbox.calls import Call


@route(users.get_current_account)
def get_current_account(call: Call, _arg: None) -> Any:
    """The caller's own account (§3 of the other facts)."""
    assert call.grant is not None
    account, app = call.grant.account, call.grant.app
    namespace = str(account.namespace_id)
    return users.FullAccount(
        account_id=account.account_id,
        name=users.Name(
            given_name=account.given_name,
            surname=account.surname,
            familiar_name=account.given_name,
            display_name=account.display_name,
            abbreviated_name=account.given_name[:1] + account.surname[:1],
        ),
        email=account.email,
        email_verified=True,
        disabled=False,
        country=account.country,
        locale=account.locale,
        referral_link=f"https://www.dropbox.com/referrals/{account.account_id[5:20]}"
        f"?src=app9-{app.app_id}",
        is_paired=False,
        account_type=users_common.AccountType(account.account_type),
        root_info=common.UserRootInfo(root_namespace_id=namespace, home_namespace_id=namespace),
    )
