"""The randomness of the operating system, while it has to be the same in each run."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import shake_128
from typing import Any


class Entropy:
    """What `os.urandom`, and with it `secrets` and `uuid`, gives to each of several lanes.

    One lane's draws do not change another's, and threads that were there before draw from
    the system. The module `random` begins each run alike, for all together.
    """

    def __init__(self) -> None:
        self.lane = ""
        self._drawn: dict[str, int] = {}
        self._real = os.urandom
        self._others: frozenset[threading.Thread] = frozenset()

    def begin(self) -> None:
        """Begin a run: everything is drawn as in the one before."""
        self.lane = ""
        self._drawn.clear()
        random.seed(0)

    def urandom(self, size: int) -> bytes:
        """``size`` bytes, in place of `os.urandom`."""
        if threading.current_thread() in self._others:
            return self._real(size)
        turn = self._drawn.get(self.lane, 0)
        self._drawn[self.lane] = turn + 1
        return shake_128(f"{self.lane}/{turn}".encode()).digest(size)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Stand in the place of the operating system, for the whole process."""
        self._real = os.urandom
        self._others = frozenset(threading.enumerate()) - {threading.current_thread()}
        # `random` has a name of its own for it, on which `secrets` stands.
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
