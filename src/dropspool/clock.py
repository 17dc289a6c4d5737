"""The clock of a provider, for the times that it writes or compares, and for its pauses."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Protocol


class Clock(Protocol):
    """The time functions that a provider needs. Tests pass a clock that does not wait."""

    def now(self) -> datetime:
        """Return the current time as an aware UTC `datetime`."""

    def sleep(self, seconds: float) -> None:
        """Wait until ``seconds`` have passed."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the current time as an aware UTC `datetime`."""
        return datetime.now(timezone.utc)

    def sleep(self, seconds: float) -> None:
        """Wait ``seconds`` of real time."""
        time.sleep(seconds)


SYSTEM_CLOCK = SystemClock()
