"""The summary of the replayed exchanges at the end of a run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.support.recordings import EXCHANGES, FILES, STEPS_OF_UNBUILT_ROUTES

PROPERTY = "conformance"
"""The name of the report property with the outcome of an exchange."""


def summary(passed: Iterable[Any]) -> list[str]:
    """Return the lines for the end of a run, or none if no recorded exchange was replayed.

    The data is in the properties of the reports of passed tests, because xdist transfers
    these from its workers to the main process, but not variables of a module.
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
    total = f"{len(built)} recorded exchanges of the built routes, from {len(FILES)} files"
    others = f"beside them {len(STEPS_OF_UNBUILT_ROUTES)} steps of routes that are not built"
    return [
        f"conformance: {reproduced} reproduced + {excepted} excepted {sign} {total}",
        f"  ({others})",
    ]
