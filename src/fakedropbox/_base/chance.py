"""Chance: one seed, from which every random value of the service is derived.

A value depends on the seed, the purpose and the number of values drawn for that purpose
before: one more token does not change the next cursor, and the whole state is a few
counters, which a snapshot copies.
"""

from __future__ import annotations

import base64
import string
from collections.abc import Iterable
from hashlib import blake2b, shake_128
from operator import itemgetter
from typing import TypeVar

from fakedropbox._base.forks import Guard

T = TypeVar("T")
Bytes = bytes  # in `Chance`, `bytes` is a method

_ONCE = ("access", "refresh")
_LETTERS = (string.ascii_lowercase + string.digits).encode()
_WORD = bytes(_LETTERS[byte % len(_LETTERS)] for byte in range(256))
"""The letter or digit for each byte."""


class Chance:
    """A source of random values that are repeatable from ``seed``.

    ``life`` is the number of times that the service has been reset. It changes only values that
    must differ from those before a reset, such as a cursor's seal. ``lane`` names the
    worker that draws: values drawn in one lane do not change the values of another lane, except
    those of `one_in`.
    """

    def __init__(self, seed: int, life: int = 0) -> None:
        if not isinstance(seed, int):
            raise TypeError(f"seed: expected an int, got {seed!r}")
        self.seed = seed
        self.life = life
        self.lane = ""
        self._drawn: dict[str, int] = {}
        self._guard = Guard("chance")

    def bytes(self, purpose: str, size: int) -> bytes:
        """Return ``size`` random bytes."""
        return shake_128(self._next(purpose)).digest(size)

    def _next(self, purpose: str) -> Bytes:
        """Return the input of a hash that makes a random value; it differs each time."""
        purpose = self.lane + purpose
        with self._guard.lock:
            turn = self._drawn.get(purpose, 0)
            self._drawn[purpose] = turn + 1
        return f"{self.seed}/{purpose}/{turn}".encode()

    def token(self, purpose: str, size: int = 32) -> str:
        """Return URL-safe text of ``size`` random bytes."""
        return base64.urlsafe_b64encode(self.bytes(purpose, size)).decode().rstrip("=")

    def word(self, purpose: str, size: int) -> str:
        """Return ``size`` random characters, small letters and digits."""
        return self.bytes(purpose, size).translate(_WORD).decode()

    def random(self, purpose: str) -> float:
        """Return a float from [0, 1), as `random.random` does."""
        return (int.from_bytes(self.bytes(purpose, 7), "big") >> 3) / (1 << 53)

    def below(self, purpose: str, end: int) -> int:
        """Return an integer from 0 up to, but not including, ``end``."""
        return int.from_bytes(self.bytes(purpose, 8), "big") % end

    def shuffled(self, purpose: str, items: Iterable[T]) -> list[T]:
        """Return the items in a random order."""
        keyed = [(self.bytes(purpose, 8), item) for item in items]
        return [item for _, item in sorted(keyed, key=itemgetter(0))]

    def one_in(self, purpose: str, calls: int) -> bool:
        """Return True exactly once in each ``calls`` calls, at a random position."""
        with self._guard.lock:
            turn = self._drawn.get(purpose, 0)
            self._drawn[purpose] = turn + 1
        window, place = divmod(turn, calls)
        drawn = shake_128(f"{self.seed}/{purpose}/in {window}".encode()).digest(8)
        return int.from_bytes(drawn, "big") % calls == place

    def nonce(self, purpose: str) -> Bytes:
        """Return 16 bytes that differ each time, for request ids and cursors.

        They cost a sixth of those of `bytes`.
        """
        return blake2b(self._next(purpose), digest_size=16).digest()

    def request_id(self) -> str:
        """Return a request id: 32 lower-case hexadecimal digits (F1.2-03)."""
        return self.nonce("request").hex()

    def summary_dots(self) -> str:
        """Return the tail of an `error_summary`: zero to three dots (F10-03)."""
        return "." * (self.bytes("dots", 1)[0] & 3)

    def state(self) -> dict[str, int]:
        """Return the state from which `resume` continues."""
        return self._drawn.copy()

    def go_on_after(self, earlier: Chance) -> None:
        """Skip all access and refresh tokens that `earlier` has issued."""
        for purpose in _ONCE:
            given = earlier._drawn.get(purpose, 0)
            self._drawn[purpose] = max(self._drawn.get(purpose, 0), given)

    def resume(self, state: dict[str, int]) -> None:
        """Continue from ``state``, but never generate an access or refresh token twice."""
        kept = {purpose: turn for purpose, turn in self._drawn.items() if purpose in _ONCE}
        self._drawn = state | kept
