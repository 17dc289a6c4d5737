"""Replacements for the SDK's `time`, `random` and `datetime` while a service is active."""

from __future__ import annotations

import random
import time
from datetime import datetime, timezone
from typing import Any

from fakedropbox._doors.active import innermost


class _Time:
    """The SDK's `time` module while a service is active."""

    def sleep(self, seconds: float) -> None:
        service = innermost()
        if service is not None:
            service.clock.sleep(seconds)
        else:  # a thread that continues after the activation has ended
            time.sleep(seconds)

    def time(self) -> float:
        service = innermost()
        return time.time() if service is None else service.clock.time()

    monotonic = time

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


class _Random:
    """The SDK's `random` module while a service is active."""

    def random(self) -> float:
        service = innermost()
        if service is None:
            return random.random()  # noqa: S311 -- as in the SDK
        return service.gate.world.chance.random("sdk")

    def __getattr__(self, name: str) -> Any:
        return getattr(random, name)


class _AnyDatetime(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)


class _Datetime(datetime, metaclass=_AnyDatetime):
    """The SDK's `datetime` class while a service is active."""

    @classmethod
    def utcnow(cls) -> datetime:  # type: ignore[override]  # a plain one, as the SDK expects
        service = innermost()
        if service is None:
            return datetime.now(timezone.utc).replace(tzinfo=None)
        return service.clock.utcnow()


STAND_INS = {"time": _Time(), "random": _Random(), "datetime": _Datetime}
"""The replacements, by the names under which the SDK's modules import the originals."""
