"""The base class of all faults: the calls that a fault can happen to, and its `repr`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import KW_ONLY, MISSING, dataclass, fields
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from fakedropbox._api.registry import IMPLEMENTED
from fakedropbox._base.checks import expect, expect_name
from fakedropbox._web import call_names
from fakedropbox.calls import Call, expect_path_pattern, has_path
from fakedropbox.errors import Refusal

Next = Callable[[Call], Any]


def commit(call: Call, call_next: Next) -> None:
    """Let a call take effect, and hide its answer, also a refusal: the caller does not get it."""
    with suppress(Refusal):
        call_next(call)


class _InEachKind:
    """The fields that each kind of fault declares itself, since their positions differ."""

    route: str
    times: int


@dataclass(frozen=True)
class Fault(_InEachKind, ABC):
    """One failure, which happens to the next calls that match it: the base class of all kinds.

    A fault is a value: its `repr` is the call that makes it. Each kind is a dataclass.

    Args:
        route: the name of a route or page on the wire (``files/upload``, ``oauth2/token``), or a
            pattern (``files/*``).
        times: the number of calls that it happens to; 1 unless given.
        at_most: the greatest number of calls that it happens to, given in place of ``times`` if
            fewer calls, but at least one, are enough.
        skip: the number of matching calls to which it does not happen, before it happens to
            the next ones; 0 unless given.
        path: a path, or a pattern such as ``/queue/*``, that one of the call's paths must match;
            any call matches unless it is given. Upper and lower case make no difference.
        optional: True if it need not happen at all. Otherwise `FaultPlan.verify` fails if it has
            happened fewer than ``times`` times or, if ``at_most`` is given, not once.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: there is no such route where this kind of fault can happen, no path of a call
            can match ``path``, ``times`` or ``at_most`` is below 1, both are given, or another
            argument is not one of its possible values.
    """

    _: KW_ONLY
    path: str | None = None
    optional: bool = False
    skip: int = 0
    at_most: int | None = None

    routes: ClassVar[Collection[str]] = call_names()
    """The names of the routes and pages where it can happen."""

    def __post_init__(self) -> None:
        expect("route", self.route, str)
        expect("times", self.times, int)
        expect("path", self.path, str, type(None))
        expect("optional", self.optional, bool)
        expect("skip", self.skip, int)
        expect("at_most", self.at_most, int, type(None))
        for name, number in (("times", self.times), ("at_most", self.at_most)):
            if number is not None and number < 1:
                raise ValueError(f"{name}: expected a whole number above 0, got {number!r}")
        if self.at_most is not None and self.times != 1:
            raise ValueError(
                f"times, at_most: expected one of them, got {self.times}, {self.at_most}"
            )
        if self.skip < 0:
            raise ValueError(f"skip: expected a whole number from 0, got {self.skip!r}")
        expect_name("route", self.route, self.routes)
        if self.path is not None:
            expect_path_pattern("path", self.path)
        self.check()

    @property
    def spot(self) -> tuple[str, int]:
        """The route, and the greatest number of calls that the fault happens to."""
        return self.route, self.at_most or self.times

    @property
    def passes_on(self) -> bool:
        """True if a second planned fault may happen to the same call."""
        return False

    def check(self) -> None:
        """Check the arguments that only this kind of fault has.

        Raises:
            TypeError, ValueError: an argument is invalid; the message names it.
        """

    def matches(self, call: Call) -> bool:
        """Return whether this fault can happen to a call."""
        if not self.concerns_route(call.name):
            return False
        return any(map(self.concerns, [call.arg, *entries_of(call)]))

    def concerns_route(self, name: str) -> bool:
        """Return whether the fault can happen to calls of a route or page."""
        return name in self.routes and fnmatchcase(name, self.spot[0])

    def concerns(self, asked: Any) -> bool:
        """Return whether a path of an argument, or of a batch's entry, matches the fault's path."""
        return self.path is None or has_path(asked, self.path)

    @abstractmethod
    def apply(self, call: Call, call_next: Next) -> Any:
        """Make the fault happen to a call; ``call_next`` continues to the route."""

    def __repr__(self) -> str:
        given = []
        for field in sorted(fields(self), key=lambda field: bool(field.kw_only)):
            value = getattr(self, field.name)
            if field.default is MISSING:
                given.append(repr(value))
            elif value != field.default:
                given.append(f"{field.name}={value!r}")
        return f"{type(self).__name__}({', '.join(given)})"


def entries_of(call: Call) -> Collection[Any]:
    """Return the entries of a batch; none for any other call."""
    route = IMPLEMENTED.get(call.name)
    field = "" if route is None else route.entries
    found: Collection[Any] = getattr(call.arg, field) if field else ()
    return found
