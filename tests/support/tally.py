"""The sum that a run of the recorded exchanges ends with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.support.recordings import EXCHANGES, STEPS_OF_UNBUILT_ROUTES

PROPERTY = "conformance"
"""The name under which a test reports what became of its exchange."""


def summary(passed: Iterable[Any]) -> list[str]:
    """The lines for the end of a run, from the reports of its tests that passed.

    A report carries its properties from an xdist worker too, which a count kept in the
    module would not do. No line, if no recorded exchange was replayed.
    """
    counted = {"reproduced": set(), "excepted": set()}
    for report in passed:
        outcome = dict(getattr(report, "user_properties", ())).get(PROPERTY)
        if outcome is not None:
            counted[outcome].add(report.nodeid)
    reproduced, excepted = map(len, counted.values())
    if not reproduced + excepted:
        return []
    built = [e for name, e in EXCHANGES.items() if name not in STEPS_OF_UNBUILT_ROUTES]
    sign = "=" if reproduced + excepted == len(built) else "of"
    total = f"{len(built)} recorded exchanges of the built routes"
    others = f"beside them {len(STEPS_OF_UNBUILT_ROUTES)} steps of routes that are not built"
    return [
        f"conformance: {reproduced} reproduced + {excepted} excepted {sign} {total}",
        f"  ({others})",
    ]
