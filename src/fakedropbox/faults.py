"""What can go wrong, as values, and the plan that makes it happen.

A fault stands around the route: it can act before it, instead of it, or after it has
committed. Only so can "it was applied and the reply was lost" be said.
"""

from __future__ import annotations

import difflib
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import update_wrapper
from typing import Any, Concatenate, Literal, ParamSpec

from fakedropbox._checks import expect
from fakedropbox._facts import ROUTES
from fakedropbox._files.paths import lower
from fakedropbox.calls import Call
from fakedropbox.errors import ReplyLost, RouteError, ServerFault, Throttled, UnfiredFault

PAGES = ("oauth2/token",)

Next = Callable[[Call], Any]
Params = ParamSpec("Params")
_SERVER_ERRORS = range(500, 600)


@dataclass(frozen=True, kw_only=True)
class Fault(ABC):
    """One thing that goes wrong, ``times`` times.

    ``route`` is a name on the wire (``files/upload``, ``oauth2/token``) or a pattern
    (``files/*``), ``path`` a path or pattern that one of the call's paths has to match.
    A fault that is not ``optional`` must happen at least once before `FaultPlan.verify`.
    """

    route: str
    times: int = 1
    path: str | None = None
    optional: bool = False

    def __post_init__(self) -> None:
        expect("route", self.route, str)
        expect("path", self.path, str, type(None))
        expect("optional", self.optional, bool)
        expect("times", self.times, int)
        if self.times < 1:
            raise ValueError(f"times: expected a whole number above 0, got {self.times!r}")
        known = [*ROUTES, *PAGES]
        if not any(fnmatchcase(name, self.route) for name in known):
            near = difflib.get_close_matches(self.route, known, n=1, cutoff=0)
            raise ValueError(f"route: expected one such as {near[0]!r}, got {self.route!r}")

    def matches(self, call: Call) -> bool:
        """Whether this fault can happen to a call."""
        if not fnmatchcase(call.name, self.route):
            return False
        if self.path is None:
            return True
        paths = [getattr(call.arg, field, None) for field in ("path", "from_path", "to_path")]
        return any(fnmatchcase(lower(path), lower(self.path)) for path in paths if path is not None)

    @abstractmethod
    def apply(self, call: Call, call_next: Next) -> Any:
        """Happen to a call; ``call_next`` goes on to the route."""


@dataclass(frozen=True, kw_only=True)
class _RateLimit(Fault):
    retry_after: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        expect("retry_after", self.retry_after, int)
        if self.retry_after < 0:
            raise ValueError(f"retry_after: expected whole seconds, got {self.retry_after!r}")

    def apply(self, call: Call, call_next: Next) -> Any:  # noqa: ARG002 -- it never comes that far
        raise Throttled("too_many_requests", self.retry_after)


@dataclass(frozen=True, kw_only=True)
class _ServerError(Fault):
    status: int = 500
    when: Literal["before", "after"] = "before"

    def __post_init__(self) -> None:
        super().__post_init__()
        expect("status", self.status, int)
        if self.status not in _SERVER_ERRORS:
            raise ValueError(f"status: expected 500 to 599, got {self.status!r}")
        if self.when not in ("before", "after"):
            raise ValueError(f"when: expected 'before' or 'after', got {self.when!r}")

    def apply(self, call: Call, call_next: Next) -> Any:
        if self.when == "after":
            _commit(call, call_next)
        raise ServerFault(self.status)


@dataclass(frozen=True, kw_only=True)
class _LostReply(Fault):
    def apply(self, call: Call, call_next: Next) -> Any:
        _commit(call, call_next)
        raise ReplyLost


def _commit(call: Call, call_next: Next) -> None:
    try:
        call_next(call)
    except RouteError:
        return  # this reply is not seen either


def rate_limit(
    route: str,
    times: int = 1,
    retry_after: int = 1,
    *,
    path: str | None = None,
    optional: bool = False,
) -> Fault:
    """The call is refused with 429 `too_many_requests` and ``retry_after`` seconds (F1.5-07)."""
    return _RateLimit(
        route=route, times=times, retry_after=retry_after, path=path, optional=optional
    )


def server_error(
    route: str,
    status: int = 500,
    times: int = 1,
    when: Literal["before", "after"] = "before",
    *,
    path: str | None = None,
    optional: bool = False,
) -> Fault:
    """The service answers 5xx, before or ``after`` the call took effect (F1.5-08)."""
    return _ServerError(
        route=route, status=status, times=times, when=when, path=path, optional=optional
    )


def lost_reply(
    route: str, times: int = 1, *, path: str | None = None, optional: bool = False
) -> Fault:
    """The call takes effect and the connection breaks before the reply arrives (F9-07)."""
    return _LostReply(route=route, times=times, path=path, optional=optional)


def _planned(
    make: Callable[Params, Fault],
) -> Callable[Concatenate[FaultPlan, Params], Fault]:
    def plan(plan_: FaultPlan, /, *args: Params.args, **kwargs: Params.kwargs) -> Fault:
        return plan_.add(make(*args, **kwargs))

    return update_wrapper(plan, make)


class FaultPlan:
    """The faults that are to happen to one service, in the order of planning.

    Each call meets at most one: the first planned that matches it and has turns left.
    """

    def __init__(self) -> None:
        self._planned: list[Fault] = []
        self._left: list[int] = []
        self._lock = threading.Lock()

    @property
    def waiting(self) -> bool:
        """Whether any fault is still to happen."""
        return any(self._left)

    def add(self, fault: Fault) -> Fault:
        """Plan a fault."""
        expect("fault", fault, Fault)
        self._planned.append(fault)
        self._left.append(fault.times)
        return fault

    rate_limit = _planned(rate_limit)
    server_error = _planned(server_error)
    lost_reply = _planned(lost_reply)

    def apply(self, call: Call, call_next: Next) -> Any:
        """Let the first fault that matches happen to a call, or none."""
        fault = self._take(call)
        return call_next(call) if fault is None else fault.apply(call, call_next)

    def _take(self, call: Call) -> Fault | None:
        with self._lock:
            for index, fault in enumerate(self._planned):
                if self._left[index] and fault.matches(call):
                    self._left[index] -= 1
                    return fault
        return None

    def verify(self, besides: Collection[Fault] = ()) -> None:
        """Check that each planned fault happened, ``besides`` apart.

        Raises:
            UnfiredFault: it names those that never did.
        """
        known = set(map(id, besides))
        unfired = [
            fault
            for fault, left in zip(self._planned, self._left, strict=True)
            if left == fault.times and not fault.optional and id(fault) not in known
        ]
        if unfired:
            raise UnfiredFault(f"planned, but never happened: {', '.join(map(repr, unfired))}")

    def clear(self) -> None:
        """Forget all faults."""
        self._planned.clear()
        self._left.clear()

    def state(self) -> tuple[list[Fault], list[int]]:
        """What `resume` needs to go on from here."""
        return self._planned.copy(), self._left.copy()

    def resume(self, state: tuple[list[Fault], list[int]]) -> None:
        """Go on from where `state` was taken."""
        self._planned, self._left = state[0].copy(), state[1].copy()

    def __repr__(self) -> str:
        return repr(self._planned)
