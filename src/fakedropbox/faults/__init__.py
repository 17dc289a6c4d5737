"""Faults as values: the failures that can be planned for a service.

A fault wraps the route: it can act before it, instead of it, or after it has committed. This
is necessary for faults such as "the change was made and the reply was lost". A fault is
written as a call, such as ``lost_reply("files/upload")``, and its `repr` is that call, so that
a printed plan can be planned again.
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
