"""Requests to a storage that may not answer for a while."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from dropspool.clock import Clock
from dropspool.errors import PERMANENT

ResultT = TypeVar("ResultT")

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_FINAL = (*PERMANENT, PermissionError, FileNotFoundError, FileExistsError)

logger = logging.getLogger("dropspool.worker")


def may_pass(error: BaseException) -> bool:
    """Return whether the request that raised this error may succeed if it is repeated."""
    return isinstance(error, OSError) and not isinstance(error, _FINAL)


class Pauses:
    """The pauses after consecutive failures: random, and longer each time, up to a minute.

    Many workers may have lost the same connection: a random pause keeps them from all coming
    back at once.
    """

    def __init__(self, clock: Clock, chance: random.Random) -> None:
        self._clock = clock
        self._chance = chance
        self._longest = _FIRST_PAUSE

    def after(self, error: Exception) -> None:
        """Log a failure and wait."""
        pause = self._chance.uniform(self._longest / 2, self._longest)
        logger.warning("%s; next attempt in %.1f s", error, pause)
        self._clock.sleep(pause)
        self._longest = min(2 * self._longest, _LONGEST_PAUSE)


class Patience:
    """The repetition of requests that got no answer."""

    def __init__(self, clock: Clock, stop: Callable[[], bool], chance: random.Random) -> None:
        self._clock = clock
        self._stop = stop
        self._chance = chance

    def insist(self, ask: Callable[[], ResultT], *, after_stop: float = 0) -> ResultT:
        """Repeat a request until it is answered.

        When the worker has to stop, raise the error after ``after_stop`` more seconds; raise
        an error that cannot pass at once.
        """
        pauses = Pauses(self._clock, self._chance)
        last_moment: datetime | None = None
        while True:
            try:
                return ask()
            except OSError as error:
                if not may_pass(error):
                    raise
                if self._stop():
                    now = self._clock.now()
                    last_moment = last_moment or now + timedelta(seconds=after_stop)
                    if now >= last_moment:
                        raise
                failure = error
            pauses.after(failure)
