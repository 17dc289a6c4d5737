"""Times of calls: the least of many, because load on the machine only increases them."""

from __future__ import annotations

import time
from collections.abc import Callable


def seconds_of(call: Callable[[], object], times: int = 1) -> float:
    """Return the mean seconds of a call that is made a number of times."""
    start = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) / times


def fastest(call: Callable[[], object], rounds: int) -> float:
    """Return the least seconds of a call in some rounds."""
    return min(seconds_of(call) for _ in range(rounds))


def minima(calls: dict[str, tuple[Callable[[], object], int]], rounds: int) -> dict[str, float]:
    """Return the least microseconds of each call by name; a round makes a call a number of times.

    The rounds of all calls are interleaved, so that all of them see the same load.
    """
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, (call, times) in calls.items():
            best[name] = min(best[name], seconds_of(call, times) * 1e6)
    return best
