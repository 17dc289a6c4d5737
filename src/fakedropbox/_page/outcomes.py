"""The outcome of a call that has not ended, and the distinction of failures from successes."""

from __future__ import annotations

from fakedropbox.calls import CallRecord

UNDER_WAY = "under way"


def is_error(record: CallRecord) -> bool:
    """Return whether a call has failed."""
    return record.outcome not in ("ok", UNDER_WAY)
