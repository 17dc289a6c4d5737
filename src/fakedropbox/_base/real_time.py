"""The real time, also while a test has frozen or replaced that of the process."""

from __future__ import annotations

import time


def monotonic() -> float:
    """Return the seconds of a clock that never goes back and that nothing freezes.

    freezegun replaces `time.monotonic`, and `Clock.patch` does so too, but neither replaces
    `time.clock_gettime` (which Windows lacks). A wait that is measured in frozen time never ends.
    """
    if hasattr(time, "clock_gettime"):
        return time.clock_gettime(time.CLOCK_MONOTONIC)
    return time.monotonic()
