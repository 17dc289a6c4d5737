"""Unplanned faults, which happen at random, as the personality's ``…_one_in`` fields say."""

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
from fakedropbox.personality import Personality, fails_at_random

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
    """A plan in which calls without a planned fault may fail too, at random."""

    @property
    def waiting(self) -> bool:
        """Always True, since any call may fail."""
        return True

    def _apply_unplanned(self, call: Call, call_next: Next) -> Any:
        """Draw at random whether a call fails and with which fault, and answer it."""
        fault = _drawn(call)
        if fault is None:
            return call_next(call)
        if call.record is not None:
            call.record.fault = fault
        return fault.apply(call, call_next)


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
    """Return whether a call has a cursor whose first listing is complete."""
    known = read_cursor(call.world.chance, call.arg.cursor) if _RESET.matches(call) else None
    return known is not None and known[2].stopped is None


def _of_one_entry(call: Call) -> Fault:
    """Return a `too_many_write_operations` fault for the path of a random entry of a batch."""
    entries = list(entries_of(call))
    if not entries:
        return _CONTENDED
    entry = entries[call.world.chance.below("entry", len(entries))]
    named = getattr(entry, "commit", entry)
    path = named if isinstance(named, str) else getattr(named, "path", None) or named.from_path
    return replace(_CONTENDED, path=escape(path))  # a name may contain ``*``, ``?`` or ``[``


def plan_for(personality: Personality) -> FaultPlan:
    """Return an empty plan, which also draws unplanned faults if the personality has any."""
    return UnplannedFaults() if fails_at_random(personality) else FaultPlan()
