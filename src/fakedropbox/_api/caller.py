"""The account that makes a call."""

from __future__ import annotations

from fakedropbox._identity.accounts import Account
from fakedropbox.calls import Call


def account_of(call: Call) -> Account:
    """Return the caller's account; the gate admits no call of most routes without one."""
    assert call.grant is not None
    return call.grant.account
