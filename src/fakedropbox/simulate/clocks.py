"""A clock that is wrong, and may run fast or slow, as on one machine among several."""

from __future__ import annotations

import math

from fakedropbox._base.checks import expect
from fakedropbox.clock import SECOND, Clock


class SkewedClock(Clock):
    """A clock that starts ``skew`` seconds ahead of another and gains ``drift`` seconds per second.

    `sleep` sleeps on the other clock, until this clock has advanced by the given time.

    >>> from fakedropbox import ManualClock
    >>> true = ManualClock()
    >>> wrong = SkewedClock(true, skew=-2, drift=0.5)
    >>> wrong.sleep(3)
    >>> (wrong.now() - true.now()).total_seconds()
    -1.0

    Raises:
        ValueError: ``skew`` is not finite, or ``drift`` is not a finite number above -1.
    """

    def __init__(self, clock: Clock, *, skew: float = 0.0, drift: float = 0.0) -> None:
        expect("clock", clock, Clock)
        expect("skew", skew, int, float)
        expect("drift", drift, int, float)
        if not math.isfinite(skew):
            raise ValueError(f"skew: expected a finite number of seconds, got {skew!r}")
        if not -1 < drift < math.inf:
            raise ValueError(f"drift: expected a finite number above -1, got {drift!r}")
        self._clock = clock
        self._skew = round(skew * SECOND)
        self._drift = drift
        self._start = clock.micros

    @property
    def micros(self) -> int:
        """The whole microseconds since 1970-01-01T00:00:00Z, by this clock."""
        now = self._clock.micros
        return now + self._skew + round((now - self._start) * self._drift)

    def sleep(self, seconds: float) -> None:
        """Wait until this clock has advanced by ``seconds``.

        Raises:
            ValueError: ``seconds`` is negative or not finite.
        """
        self._clock.sleep(seconds / (1 + self._drift))
