"""The real time, also while a test has frozen or replaced that of the process."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

monotonic: Callable[[], float] = (
    partial(time.clock_gettime, time.CLOCK_MONOTONIC)
    if hasattr(time, "clock_gettime")
    else time.monotonic
)
"""Return the seconds of a clock that never goes back and that nothing freezes.

freezegun replaces `time.monotonic`, and so does `Clock.patch`, but neither replaces
`time.clock_gettime` (which Windows lacks). A wait that is measured in frozen time never ends.
"""

sleep: Callable[[float], None] = time.sleep
"""Wait for real seconds; `Clock.patch` replaces `time.sleep`, but not this."""
