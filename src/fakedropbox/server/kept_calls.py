"""The last calls of a service in a state file, if its `Keeper` is told to keep calls."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from stone.backends.python_rsrc.stone_validators import ValidationError

from fakedropbox._base.kept import Key, Values
from fakedropbox._core.records import Records
from fakedropbox._page.outcomes import UNDER_WAY
from fakedropbox.calls import CallRecord, Calls, CallsState
from fakedropbox.clock import EPOCH
from fakedropbox.control import fault_from_json, fault_to_json

PART = "call"
_MICROSECOND = timedelta(microseconds=1)


class KeptCalls:
    """The last ``most`` calls of a service, as records.

    A call is written when it has ended. What cannot be written of it is left out: an argument that
    the SDK's types refuse, and a fault with a function.
    """

    def __init__(self, calls: Calls, most: int) -> None:
        self._calls = calls
        self._most = most
        self._seen = 0
        self._open: set[int] = set()

    def begin_again(self) -> None:
        """Forget which calls were written, as the file has been cleared."""
        self._seen, self._open = 0, set()

    def state(self) -> tuple[int, set[int]]:
        """Return the state from which `resume` continues."""
        return self._seen, self._open

    def resume(self, state: tuple[int, set[int]]) -> None:
        """Go back to a state that `state` returned, as what was yielded since is not written."""
        self._seen, self._open = state

    def changes(self, records: Records) -> Iterator[tuple[Key, tuple[str, bytes] | None]]:
        """Yield the records of the calls that have ended since the last time.

        The record of a call that is no longer kept is None.
        """
        total, seen = len(self._calls), self._seen
        if total < seen:  # the calls were cleared, or a snapshot was restored
            yield from (((PART, number), None) for number in range(total + 1, seen + 1))
            seen, self._open = total, set()
        first = max(self._calls.dropped, total - self._most) + 1
        gone = range(max(seen - self._most, 0) + 1, first)
        yield from (((PART, number), None) for number in gone)
        waiting = [*self._open, *range(seen + 1, total + 1)]
        self._seen, self._open = total, set()
        for number in waiting:
            if number < first:
                continue
            record = self._calls[number - 1]
            if record.outcome == UNDER_WAY:
                self._open.add(number)
            else:
                yield (PART, number), _written(record, records)

    def load(self, rows: Iterable[tuple[Key, Values]]) -> None:
        """Put the calls of an earlier process into the record of calls, which is empty."""
        loaded = [_loaded(key[1], *values) for key, values in rows]
        loaded.sort(key=lambda record: record.number)
        kept = deque(loaded, maxlen=self._calls.state().kept.maxlen)
        total = kept[-1].number if kept else 0
        # A call that never ended is not in the file, and the numbers have to be without gaps.
        while kept and kept[0].number <= total - len(kept):
            kept.popleft()
        self._calls.resume(CallsState(kept, total))
        self._seen = total


def _written(record: CallRecord, records: Records) -> tuple[str, bytes]:
    fault = None
    if record.fault is not None:
        try:
            fault = fault_to_json(record.fault)
        except TypeError:
            fault = None
    micros = (record.time - EPOCH) // _MICROSECOND
    who = record.account, record.app
    rest = record.outcome, record.size, fault, record.fact, record.stub
    try:
        return records.written((record.route, record.door, micros, record.arg, *who, *rest))
    except (TypeError, ValidationError):
        return records.written((record.route, record.door, micros, None, *who, *rest))


def _loaded(number: int, route: str, door: Any, micros: int, arg: Any, *rest: Any) -> CallRecord:
    record = CallRecord(number, route, door, micros)
    record.arg = arg
    record.account, record.app, record.outcome, record.size, fault, record.fact, stub = rest
    record.fault, record.stub = None if fault is None else fault_from_json(fault), stub
    return record
