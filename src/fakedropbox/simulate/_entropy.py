"""A replacement for the system's random bytes that is the same in each run."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import shake_128
from typing import Any


class Entropy:
    """A source for `os.urandom`, and so for `secrets` and `uuid`: a sequence for each worker.

    Each worker has its own lane; draws in one lane do not change what another lane gets. Threads
    that were running before the simulation began still draw from the system. The module `random`
    gets the same seed at the beginning of each run, and has one sequence for all lanes.
    """

    def __init__(self) -> None:
        self.lane = ""
        self._drawn: dict[str, int] = {}
        self._real = os.urandom
        self._others: frozenset[threading.Thread] = frozenset()

    def begin(self) -> None:
        """Begin a run, in which the draws are the same as in the previous one."""
        self.lane = ""
        self._drawn.clear()
        random.seed(0)

    def urandom(self, size: int) -> bytes:
        """Return ``size`` bytes, in place of `os.urandom`."""
        if threading.current_thread() in self._others:
            return self._real(size)
        turn = self._drawn.get(self.lane, 0)
        self._drawn[self.lane] = turn + 1
        return shake_128(f"{self.lane}/{turn}".encode()).digest(size)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Replace `os.urandom`, for the whole process."""
        self._real = os.urandom
        self._others = frozenset(threading.enumerate()) - {threading.current_thread()}
        # `random` has imported `os.urandom` under its own name, and `secrets` uses `random`.
        places: list[tuple[Any, str, Any]] = [
            (os, "urandom", os.urandom),
            (random, "_urandom", getattr(random, "_urandom")),  # noqa: B009 -- it has no type
        ]
        before = random.getstate()
        for module, name, _ in places:
            setattr(module, name, self.urandom)
        try:
            yield
        finally:
            for module, name, real in places:
                setattr(module, name, real)
            random.setstate(before)
