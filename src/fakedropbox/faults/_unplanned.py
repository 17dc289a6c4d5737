"""The faults that nobody planned: a personality lets them happen, as often as it says."""

from __future__ import annotations

from dataclasses import replace
from glob import escape
from typing import Any

from fakedropbox._facts import ROUTES
from fakedropbox._files.cursors import read_cursor
from fakedropbox.calls import Call
from fakedropbox.faults import _kinds as faults
from fakedropbox.faults._base import Fault, Next, entries_of
from fakedropbox.faults._plan import FaultPlan
from fakedropbox.personality import Personality

_RESET = faults.reset_cursor("files/list_folder/*")
_CONTENDED = faults.too_many_write_operations("*", answer="write_error")
_FAILURES = (
    faults.server_error("*", 500),
    faults.server_error("*", 503),
    faults.rate_limit("*"),
    faults.too_many_write_operations("*"),
    _CONTENDED,
)


class UnplannedFaults(FaultPlan):
    """A plan whose other calls, those that meet no planned fault, may fail too."""

    @property
    def waiting(self) -> bool:
        """Any call may be the one."""
        return True

    def _otherwise(self, call: Call, call_next: Next) -> Any:
        """Draw whether a call fails, and how."""
        fault = _drawn(call)
        return call_next(call) if fault is None else fault.apply(call, call_next)


def _drawn(call: Call) -> Fault | None:
    chance, personality = call.world.chance, call.world.personality
    one_in = personality.reset_one_in
    if one_in and _is_listed(call) and chance.one_in("reset", one_in):
        return _RESET
    one_in = personality.fail_one_in
    if one_in and call.name in ROUTES and chance.one_in(f"fail/{call.name}", one_in):
        fitting = [fault for fault in _FAILURES if fault.matches(call)]
        drawn = fitting[chance.below("failure", len(fitting))]
        return _of_one_entry(call) if drawn is _CONTENDED and entries_of(call) else drawn
    return None


def _is_listed(call: Call) -> bool:
    """Whether a call has a cursor whose first listing is done."""
    known = read_cursor(call.world.chance, call.arg.cursor) if _RESET.matches(call) else None
    return known is not None and known[2].stopped is None


def _of_one_entry(call: Call) -> Fault:
    """Contention that only one entry of a batch meets, and others with its path."""
    entries = list(entries_of(call))
    if not entries:
        return _CONTENDED
    entry = entries[call.world.chance.below("entry", len(entries))]
    named = getattr(entry, "commit", entry)
    path = named if isinstance(named, str) else getattr(named, "path", None) or named.from_path
    return replace(_CONTENDED, path=escape(path))  # a name may look like a pattern


def plan_for(personality: Personality) -> FaultPlan:
    """An empty plan; with ``recorded`` nothing happens that is not planned."""
    happens = personality.reset_one_in or personality.fail_one_in
    return UnplannedFaults() if happens else FaultPlan()
