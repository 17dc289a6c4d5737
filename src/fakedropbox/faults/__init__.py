"""What can go wrong, as values.

A fault stands around the route: it can act before it, instead of it, or after it has
committed. Only so can "it was applied and the reply was lost" be said. Each is written
as the call that plans it, and its `repr` is that call, so that what a plan prints can be
planned again.
"""

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
    server_error,
    slow,
    slow_body,
    stalled_reply,
    too_many_write_operations,
    truncated_body,
)
from fakedropbox.faults._plan import FaultPlan
from fakedropbox.faults._unplanned import plan_for

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
    "server_error",
    "slow",
    "slow_body",
    "stalled_reply",
    "too_many_write_operations",
    "truncated_body",
]
