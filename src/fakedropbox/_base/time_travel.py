"""The time to which freezegun or time-machine has set the process, if one of them is active."""

from __future__ import annotations

import sys
import time
from datetime import datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 -- freezegun has naive times
_MICROSECOND = timedelta(microseconds=1)


def travelled() -> int | None:
    """Return the time of freezegun or time-machine in microseconds since 1970, or None.

    None means that neither is active. This imports neither of them, and is fast, as each call of a
    service calls it several times.
    """
    modules = sys.modules
    try:
        if "freezegun.api" in modules:
            freezegun = modules["freezegun.api"]
            if freezegun.freeze_factories:
                return _frozen(freezegun, freezegun.freeze_factories[-1])
        if "time_machine" in modules and modules["time_machine"].escape_hatch.is_travelling():
            return time.time_ns() // 1_000
    except AttributeError:
        return None  # another thread is importing the library
    return None


def _frozen(freezegun: Any, factory: Any) -> int:
    """Return the time of freezegun's factory; its functions give some callers the real time."""
    ticks = isinstance(factory, freezegun.TickingDateTimeFactory)
    # A factory with steps moves on whenever it is called.
    moment: datetime = factory() if ticks else factory.time_to_freeze
    return (moment.replace(tzinfo=None) - _EPOCH) // _MICROSECOND
