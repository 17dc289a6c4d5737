"""Faults as values: the failures that can be planned for a service.

A fault wraps the route: it can act before it, instead of it, or after it has committed. This
allows faults such as "the change was made and the reply was lost". A fault is
written as a call, such as ``lost_reply("files/upload")``, and its `repr` is that call, so that
a printed plan can be planned again.

>>> from fakedropbox import FakeDropboxService, faults
>>> service = FakeDropboxService()
>>> service.faults.lost_reply("files/upload", path="/a.txt")
lost_reply('files/upload', path='/a.txt')
>>> service.faults.add(faults.rate_limit("files/*", times=2, retry_after=15))
rate_limit('files/*', times=2, retry_after=15)

Before the call takes effect, or instead of it:

- `route_error`: 409 with an error of your choice from the route's own
- `rate_limit`: 429 `too_many_requests`, with a number of seconds to wait
- `too_many_write_operations`: contention with other writers
- `insufficient_space`: no space left in the account
- `reset_cursor`: 409 `reset` for a cursor
- `expired_token`: 401 for an access token that has expired
- `revoked_token`: 401 for an access token that was revoked
- `missing_scope`: 401 for a token without the scope that the route needs
- `connection_refused`: a connection that is refused

Before or after the call takes effect:

- `server_error`: a 5xx response
- `slow`: a delay

After the call took effect:

- `lost_reply`: a connection that breaks before the reply arrives
- `stalled_reply`: a reply that never comes
- `corrupt_reply`: a reply that is not valid JSON
- `truncated_body`: a connection that breaks in the middle of the reply's body
- `slow_body`: a reply whose body takes some time

With a condition of your own:

- `when`: another fault, which happens only to calls for which a function returns True

The other names:

- `Fault`: the base class of all faults
- `FaultPlan`: the faults that are to happen to one service, as `FakeDropboxService.faults`
- `KINDS`: all kinds of faults except `when`, by name
- `When`: the type of the argument ``when``: "before" or "after"
- `Next`: the type of ``call_next``, with which a fault of your own continues to the route
- `plan_for`: a function that returns the empty plan for a personality
"""

from typing import TYPE_CHECKING

from fakedropbox._base.public import names_fields, refusing
from fakedropbox.faults._base import Fault, Next
from fakedropbox.faults._kinds import (
    KINDS,
    When,
    connection_refused,
    corrupt_reply,
    expired_token,
    insufficient_space,
    lost_reply,
    missing_scope,
    rate_limit,
    reset_cursor,
    revoked_token,
    route_error,
    server_error,
    slow,
    slow_body,
    stalled_reply,
    too_many_write_operations,
    truncated_body,
)
from fakedropbox.faults._plan import FaultPlan
from fakedropbox.faults._unplanned import plan_for
from fakedropbox.faults._when import when

__all__ = [
    "KINDS",
    "Fault",
    "FaultPlan",
    "Next",
    "When",
    "connection_refused",
    "corrupt_reply",
    "expired_token",
    "insufficient_space",
    "lost_reply",
    "missing_scope",
    "plan_for",
    "rate_limit",
    "reset_cursor",
    "revoked_token",
    "route_error",
    "server_error",
    "slow",
    "slow_body",
    "stalled_reply",
    "too_many_write_operations",
    "truncated_body",
    "when",
]

if not TYPE_CHECKING:  # type checkers would accept any name of the module
    __getattr__ = refusing(__name__)

for _kind in KINDS.values():
    names_fields(_kind)
