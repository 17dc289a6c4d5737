"""The `time`, `random` and `datetime` of the SDK while a service is active."""

from __future__ import annotations

import random
import time
from datetime import datetime, timezone
from typing import Any

from fakedropbox._doors.active import innermost


class _Time:
    """The `time` module of the SDK while a service is active."""

    def sleep(self, seconds: float) -> None:
        service = innermost()
        if service is not None:
            service.clock.sleep(seconds)
        else:  # a thread that goes on after the end
            time.sleep(seconds)

    def time(self) -> float:
        service = innermost()
        return time.time() if service is None else service.clock.time()

    monotonic = time

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


class _Random:
    """The `random` module of the SDK while a service is active."""

    def random(self) -> float:
        service = innermost()
        if service is None:
            return random.random()  # noqa: S311 -- as the SDK
        return service.gate.world.chance.random("sdk")

    def __getattr__(self, name: str) -> Any:
        return getattr(random, name)


class _AnyDatetime(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)


class _Datetime(datetime, metaclass=_AnyDatetime):
    """The `datetime` of the SDK while a service is active."""

    @classmethod
    def utcnow(cls) -> datetime:  # type: ignore[override]  # a plain one, as the SDK expects
        service = innermost()
        if service is None:
            return datetime.now(timezone.utc).replace(tzinfo=None)
        return service.clock.utcnow()


STAND_INS = {"time": _Time(), "random": _Random(), "datetime": _Datetime}
"""By the names that the SDK's modules import them under."""
