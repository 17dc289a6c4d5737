"""The time a provider goes by: stamps, job ids, and the pauses between attempts."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Protocol


class Clock(Protocol):
    """What a provider needs to know of time. Tests pass one that does not wait."""

    def now(self) -> datetime:
        """The time as an aware UTC `datetime`."""

    def sleep(self, seconds: float) -> None:
        """Return when ``seconds`` have gone by."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The time as an aware UTC `datetime`."""
        return datetime.now(timezone.utc)

    def sleep(self, seconds: float) -> None:
        """Wait ``seconds`` of real time."""
        time.sleep(seconds)


SYSTEM_CLOCK = SystemClock()
