"""Chance: one seed, from which all that the service makes up is derived.

What is drawn depends on the seed, the purpose and how often that purpose was
drawn before: one more token does not change the next cursor, and the whole
state is a few counters, which a snapshot copies.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterable
from hashlib import shake_128
from operator import itemgetter
from typing import TypeVar

T = TypeVar("T")

_ONCE = ("access", "refresh")


class Chance:
    """Everything random, repeatable from ``seed``.

    ``life`` counts how often the service has begun anew. It changes only what must not be
    taken for an earlier life's, such as a cursor's seal. ``lane`` is who draws: what one
    lane draws does not change what another gets.
    """

    def __init__(self, seed: int, life: int = 0) -> None:
        if not isinstance(seed, int):
            raise TypeError(f"seed: expected an int, got {seed!r}")
        self.seed = seed
        self.life = life
        self.lane = ""
        self._drawn: dict[str, int] = {}
        self._lock = threading.Lock()

    def bytes(self, purpose: str, size: int) -> bytes:
        """``size`` random bytes."""
        purpose = self.lane + purpose
        with self._lock:
            turn = self._drawn.get(purpose, 0)
            self._drawn[purpose] = turn + 1
        return shake_128(f"{self.seed}/{purpose}/{turn}".encode()).digest(size)

    def token(self, purpose: str, size: int = 32) -> str:
        """URL-safe text of ``size`` random bytes."""
        return base64.urlsafe_b64encode(self.bytes(purpose, size)).decode().rstrip("=")

    def random(self, purpose: str) -> float:
        """A number from [0, 1), as `random.random` gives it."""
        return (int.from_bytes(self.bytes(purpose, 7), "big") >> 3) / (1 << 53)

    def below(self, purpose: str, end: int) -> int:
        """A whole number from 0 up to, but not including, ``end``."""
        return int.from_bytes(self.bytes(purpose, 8), "big") % end

    def shuffled(self, purpose: str, items: Iterable[T]) -> list[T]:
        """The items in another order."""
        keyed = [(self.bytes(purpose, 8), item) for item in items]
        return [item for _, item in sorted(keyed, key=itemgetter(0))]

    def one_in(self, purpose: str, calls: int) -> bool:
        """Whether it happens this time: once in each ``calls`` times, nobody knows which."""
        with self._lock:
            turn = self._drawn.get(purpose, 0)
            self._drawn[purpose] = turn + 1
        window, place = divmod(turn, calls)
        drawn = shake_128(f"{self.seed}/{purpose}/in {window}".encode()).digest(8)
        return int.from_bytes(drawn, "big") % calls == place

    def request_id(self) -> str:
        """32 lower-case hexadecimal digits (F1.2-03)."""
        return self.bytes("request", 16).hex()

    def summary_dots(self) -> str:
        """The tail of an `error_summary`: no to three dots (F10-03)."""
        return "." * (self.bytes("dots", 1)[0] & 3)

    def state(self) -> dict[str, int]:
        """What `resume` needs to go on from here."""
        return self._drawn.copy()

    def go_on_after(self, earlier: Chance) -> None:
        """Give out no token that `earlier` has given out."""
        for purpose in _ONCE:
            given = earlier._drawn.get(purpose, 0)
            self._drawn[purpose] = max(self._drawn.get(purpose, 0), given)

    def resume(self, state: dict[str, int]) -> None:
        """Go on from where `state` was taken; a token is never given out twice."""
        kept = {purpose: turn for purpose, turn in self._drawn.items() if purpose in _ONCE}
        self._drawn = state | kept
