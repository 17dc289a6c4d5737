"""The planned faults of a service as the page shows them, and why one has not happened yet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from fakedropbox._core.service import Service
from fakedropbox.calls import CallRecord, all_paths
from fakedropbox.control import fault_to_json
from fakedropbox.faults import KINDS, Fault, when

_MOST_NAMES = 3


class Planned(NamedTuple):
    """A planned fault, how often it has happened and is still to happen, and why it has not.

    ``json`` describes it, and is empty for a fault with a function, or of a kind of your own.
    """

    text: str
    happened: int
    left: int
    reason: str
    json: str


class Happened(NamedTuple):
    """A call to which a fault happened."""

    number: int
    fault: str
    route: str


class FaultsShown(NamedTuple):
    """The planned faults of a service, and the calls to which one has happened, the last first."""

    planned: list[Planned]
    happened: list[Happened]


def faults_of(service: Service, calls: Sequence[CallRecord]) -> FaultsShown:
    """Return the planned faults of a service, and those of its ``calls`` to which one happened."""
    return FaultsShown(
        [_planned(fault, left, calls) for fault, left in service.faults.planned()],
        [
            Happened(call.number, f"{call.fault!r}", call.route)
            for call in reversed(calls)
            if call.fault is not None
        ],
    )


def purpose_of(kind: type[Fault]) -> str:
    """Return what a kind of fault does, with code between backticks; empty for a foreign kind."""
    is_ours = kind.__name__ in KINDS and KINDS[kind.__name__] is kind
    return (kind.__doc__ or "").partition("\n")[0].replace("``", "`") if is_ours else ""


def _planned(fault: Fault, left: int, calls: Sequence[CallRecord]) -> Planned:
    try:
        text = json.dumps(fault_to_json(fault))
    except TypeError:
        text = ""
    return Planned(f"{fault!r}", fault.spot[1] - left, left, _reason(fault, left, calls), text)


def _reason(fault: Fault, left: int, calls: Sequence[CallRecord]) -> str:
    """Return why a fault has not happened to any of the calls; empty if it has."""
    route, most = fault.spot
    if left < most:
        return ""
    asked = [call for call in calls if fault.concerns_route(call.route)]
    if not asked:
        called = dict.fromkeys(call.route for call in calls)
        return f"No call of {route} was made{_named('; the routes called are', called)}."
    near = [call for call in asked if _concerns(fault, call)]
    if not near:
        paths = dict.fromkeys(path for call in asked for path in all_paths(call.arg))
        return f"No call of {route} had such a path{_named('; their paths are', paths)}."
    if fault.skip >= len(near):
        made = "1 was" if len(near) == 1 else f"{len(near)} were"
        return f"It lets {fault.skip} such calls pass, and only {made} made."
    unmet = "Its condition was false, such" if isinstance(fault, when) else "Such"
    return f"{unmet} calls were made before it was planned, or another fault happened to them."


def _concerns(fault: Fault, call: CallRecord) -> bool:
    return fault.path is None or any(map(fault.concerns, all_paths(call.arg)))


def _named(words: str, names: dict[str, None]) -> str:
    shown = list(names)[:_MOST_NAMES]
    more = " and others" if len(names) > len(shown) else ""
    return f"{words} {', '.join(shown)}{more}" if shown else ""
