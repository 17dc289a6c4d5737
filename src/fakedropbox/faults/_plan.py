"""The plan of the faults that happen to one service."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Concatenate, NoReturn, ParamSpec

from fakedropbox._base.checks import expect
from fakedropbox._base.forks import Guard
from fakedropbox.calls import Call
from fakedropbox.errors import UnfiredFault
from fakedropbox.faults import _kinds as kinds
from fakedropbox.faults._base import Fault, Next
from fakedropbox.faults._when import when

Params = ParamSpec("Params")


def _planned(
    kind: Callable[Params, Fault],
) -> Callable[Concatenate[Planner, Params], Fault]:
    def plan(planner: Planner, /, *args: Params.args, **kwargs: Params.kwargs) -> Fault:
        return planner.add(kind(*args, **kwargs))

    update_wrapper(plan, kind)
    # Tools that follow `__wrapped__` would show the signature of `kind`, which has no `self`.
    del plan.__wrapped__  # type: ignore[attr-defined]
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    given = inspect.signature(kind)
    plan.__signature__ = given.replace(  # type: ignore[attr-defined]
        parameters=[own, *given.parameters.values()], return_annotation="Fault"
    )
    return plan


def _check_happened(planned: Iterable[tuple[Fault, int]]) -> None:
    __tracebackhide__ = True
    never, too_rarely = [], []
    for fault, left in planned:
        times = fault.spot[1]
        if left == times and not fault.optional:
            never.append(repr(fault))
        elif left and fault.at_most is None and not fault.optional:
            too_rarely.append(f"{fault!r} ({times - left} of {times} times)")
    texts = []
    if never:
        texts.append(f"planned, but never happened: {', '.join(never)}")
    if too_rarely:
        texts.append(
            f"planned, but happened too rarely: {', '.join(too_rarely)}; "
            "with at_most in place of times, once is enough"
        )
    if texts:
        raise UnfiredFault("; ".join(texts))


class _Entry:
    """A planned fault, how often it is still to happen, and how many calls it skips before."""

    __slots__ = ("fault", "left", "skips")

    def __init__(self, fault: Fault, left: int, skips: int) -> None:
        self.fault = fault
        self.left = left
        self.skips = skips


State = list[tuple[Fault, int, int]]
"""The state of a plan: each fault, how often it is still to happen, and how many calls it skips."""


class Planner(ABC):
    """The base class of `FaultPlan` and `RemoteFaults`, with the methods that plan faults.

    Each kind of fault in `fakedropbox.faults` is a method, which plans the fault and returns it;
    `when` is one of `FaultPlan` only. Its arguments are those of the fault.
    """

    if not TYPE_CHECKING:  # type checkers would accept any name as a kind of fault

        def __getattr__(self, name: str) -> NoReturn:
            known = ", ".join(each for each in kinds.KINDS if hasattr(type(self), each))
            raise AttributeError(f"faults: there is no {name!r}; the kinds of faults are {known}")

    @abstractmethod
    def add(self, fault: Fault) -> Fault:
        """Plan a fault and return it.

        Raises:
            TypeError: it is not a fault.
        """

    @abstractmethod
    def script(self, faults: Iterable[Fault]) -> None:
        """Plan all faults of a list, or none if one of them is not a fault.

        Raises:
            TypeError: one of them is not a fault.
        """

    @abstractmethod
    def remove(self, fault: Fault) -> None:
        """Remove a planned fault, wherever it stands in the plan.

        Of several equal ones, the last one that is still to happen is removed.

        Raises:
            TypeError: it is not a fault.
            ValueError: it is not planned.
        """

    @abstractmethod
    def clear(self) -> None:
        """Remove all planned faults."""

    @abstractmethod
    def planned(self) -> list[tuple[Fault, int]]:
        """Return the planned faults, each with the number of times it is still to happen."""

    @property
    def waiting(self) -> bool:
        """True if any fault is still to happen."""
        return any(self.left())

    def left(self) -> list[int]:
        """Return the number of times that each planned fault is still to happen, in order."""
        return [left for _, left in self.planned()]

    def verify(self) -> None:
        """Check that each planned fault has happened as often as planned.

        Raises:
            UnfiredFault: some have not; the message names them.
        """
        __tracebackhide__ = True
        _check_happened(self.planned())

    rate_limit = _planned(kinds.rate_limit)
    route_error = _planned(kinds.route_error)
    too_many_write_operations = _planned(kinds.too_many_write_operations)
    reset_cursor = _planned(kinds.reset_cursor)
    insufficient_space = _planned(kinds.insufficient_space)
    server_error = _planned(kinds.server_error)
    lost_reply = _planned(kinds.lost_reply)
    corrupt_reply = _planned(kinds.corrupt_reply)
    connection_refused = _planned(kinds.connection_refused)
    expired_token = _planned(kinds.expired_token)
    revoked_token = _planned(kinds.revoked_token)
    missing_scope = _planned(kinds.missing_scope)
    slow = _planned(kinds.slow)
    truncated_body = _planned(kinds.truncated_body)
    slow_body = _planned(kinds.slow_body)
    stalled_reply = _planned(kinds.stalled_reply)


class FaultPlan(Planner):
    """The faults that are to happen to one service, in the order of planning.

    The first fault that matches a call, has skipped as many calls as it has to, and has happened
    fewer than ``times`` times, happens to it; after `slow` and `slow_body`, another one may, too.
    The plan's `repr` is a list that `script` accepts, unless it contains `when`.

    >>> from fakedropbox import FakeDropboxService
    >>> plan = FakeDropboxService().faults
    >>> plan.rate_limit("files/upload", times=2, retry_after=15)
    rate_limit('files/upload', times=2, retry_after=15)
    >>> plan.planned()
    [(rate_limit('files/upload', times=2, retry_after=15), 2)]
    """

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._guard = Guard("faults")

    when = _planned(when)

    @property
    def waiting(self) -> bool:
        """True if any fault is still to happen."""
        return bool(self._entries) and any(entry.left for entry in self._entries)

    def add(self, fault: Fault) -> Fault:
        """Plan a fault and return it."""
        expect("fault", fault, Fault)
        with self._guard.lock:
            self._entries.append(_Entry(fault, fault.spot[1], fault.skip))
        return fault

    def script(self, faults: Iterable[Fault]) -> None:
        """Plan all faults of a list, or none if one of them is not a fault."""
        expect("faults", faults, Iterable)
        checked = list(faults)
        for fault in checked:
            expect("faults", fault, Fault)
        for fault in checked:
            self.add(fault)

    def verify(self, besides: Collection[Fault] = ()) -> None:
        """Check that each planned fault has happened as planned, except those in ``besides``.

        Raises:
            UnfiredFault: some have not; the message names them.
        """
        __tracebackhide__ = True
        known = set(map(id, besides))
        _check_happened(each for each in self.planned() if id(each[0]) not in known)

    def apply(self, call: Call, call_next: Next, first: int = 0) -> Any:
        """Let the first matching fault happen to a call; without one, call the route."""
        index = self._take(call, first)
        if index is None:
            return self._apply_unplanned(call, call_next)
        fault = self._entries[index].fault
        if call.record is not None:
            call.record.fault = fault
        if fault.passes_on:
            return fault.apply(call, lambda call: self.apply(call, call_next, index + 1))
        return fault.apply(call, call_next)

    def _apply_unplanned(self, call: Call, call_next: Next) -> Any:
        """Answer a call that no planned fault happens to: continue to the route."""
        return call_next(call)

    def _take(self, call: Call, first: int) -> int | None:
        with self._guard.lock:
            for index in range(first, len(self._entries)):
                entry = self._entries[index]
                if entry.left and entry.fault.matches(call):
                    if not entry.skips:
                        entry.left -= 1
                        return index
                    entry.skips -= 1
        return None

    def remove(self, fault: Fault) -> None:
        """Remove a planned fault: of several equal ones, the last one that is still to happen."""
        expect("fault", fault, Fault)
        with self._guard.lock:
            equal = [entry for entry in self._entries if entry.fault == fault]
            if not equal:
                raise ValueError(f"fault: expected one that is planned, got {fault!r}")
            last = next((entry for entry in reversed(equal) if entry.left), equal[-1])
            self._entries = [entry for entry in self._entries if entry is not last]

    def clear(self) -> None:
        """Remove all planned faults."""
        with self._guard.lock:
            self._entries.clear()

    def planned(self) -> list[tuple[Fault, int]]:
        """Return the planned faults, each with the number of times it is still to happen."""
        with self._guard.lock:
            return [(entry.fault, entry.left) for entry in self._entries]

    def state(self) -> State:
        """Return the current state, for `resume`."""
        with self._guard.lock:
            return [(entry.fault, entry.left, entry.skips) for entry in self._entries]

    def resume(self, state: State) -> None:
        """Go back to a state that `state` returned."""
        with self._guard.lock:
            self._entries = [_Entry(*each) for each in state]

    def __repr__(self) -> str:
        return repr([entry.fault for entry in self._entries])
