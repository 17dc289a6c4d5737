"""A report of the routes that are faked, and of the evidence for their behaviour.

It compares the faked routes with the table of all routes, and the facts about the real service
with the tests that cite them; no number in it is written by hand.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TypedDict

import dropbox

from fakedropbox._api.registry import IMPLEMENTED
from fakedropbox._facts import ROUTES, UNFAKED, rows
from fakedropbox._facts.evidence import STATUSES, Citations, Evidence, citations, evidence

HEADER = """\
| namespace | routes faked | facts pinned by a test: {statuses} | which |
|---|--:|---|---|
"""
HTTP = "http"
"""The area of the facts about HTTP, tokens and errors, which concern every namespace."""


class Pinned(TypedDict):
    """The number of facts of one status, such as ``seen``, and of those that a test cites."""

    facts: int
    pinned: int


class Namespace(TypedDict):
    """The coverage of one namespace; routes are given by their names on the wire.

    ``reasons`` are the known reasons why routes are missing, by a pattern for their names.
    """

    routes: int
    implemented: list[str]
    missing: list[str]
    reasons: dict[str, str]
    evidence: dict[str, Pinned]


class Fact(TypedDict):
    """One fact about the real service: its evidence, its tests, and the code that cites it."""

    fact: str
    area: str
    statement: str
    status: str
    sources: list[str]
    tests: list[str]
    code: list[str]


class Report(TypedDict):
    """The output of `fakedropbox coverage --json`."""

    sdk: str
    namespaces: dict[str, Namespace]
    http: dict[str, Pinned]
    facts: list[Fact]


def report() -> Report:
    """Return the coverage of all namespaces, and all facts."""
    facts = [_fact(fact) for fact in evidence().values()]
    return Report(
        sdk=dropbox.__version__,
        namespaces={
            name: _namespace(name, facts)
            for name in sorted({fact.namespace for fact in ROUTES.values()})
        },
        http=_evidence(HTTP, facts),
        facts=facts,
    )


def table() -> str:
    """Return Markdown: a table of the faked routes, and why the others are not faked."""
    whole = report()
    lines = []
    for name, namespace in whole["namespaces"].items():
        works = namespace["implemented"]
        which = ", ".join(f"`{route.removeprefix(f'{name}/')}`" for route in works) or "none yet"
        faked = f"{len(works)} of {namespace['routes']}"
        lines.append(f"| {name} | {faked} | {_shown(namespace['evidence'])} | {which} |")
    lines.append(f"| *of all* | | {_shown(whole['http'])} | HTTP, errors, permissions, webhooks |")
    lines.append("\nNot faked, with the reason:\n")
    lines += [f"- `{routes}`: {reason}" for routes, reason in UNFAKED.items()]
    return HEADER.format(statuses=", ".join(STATUSES.values())) + "\n".join(lines)


def _fact(fact: Evidence) -> Fact:
    cited = citations().get(fact.fact, Citations())
    return Fact(
        fact=fact.fact,
        area=_area(fact),
        statement=fact.statement,
        status=fact.status,
        sources=list(fact.sources),
        tests=list(cited.tests),
        code=list(cited.code),
    )


def _namespace(name: str, facts: list[Fact]) -> Namespace:
    routes = sorted(route for route, fact in ROUTES.items() if fact.namespace == name)
    return Namespace(
        routes=len(routes),
        implemented=[route for route in routes if route in IMPLEMENTED],
        missing=[route for route in routes if route not in IMPLEMENTED],
        reasons={
            pattern: reason
            for pattern, reason in UNFAKED.items()
            if pattern.partition("/")[0] == name
        },
        evidence=_evidence(name, facts),
    )


def _evidence(area: str, facts: list[Fact]) -> dict[str, Pinned]:
    known = Counter(fact["status"] for fact in facts if fact["area"] == area)
    pinned = Counter(fact["status"] for fact in facts if fact["area"] == area and fact["tests"])
    return {status: Pinned(facts=known[status], pinned=pinned[status]) for status in STATUSES}


def _shown(evidence: dict[str, Pinned]) -> str:
    return ", ".join(f"{one['pinned']} of {one['facts']}" for one in evidence.values())


@cache
def _areas() -> dict[str, str]:
    return {row["facts"]: row["area"] for row in rows("areas.csv")}


def _area(fact: Evidence) -> str:
    """Return the area of a fact: that of the longest prefix of its id that has an area."""
    areas = _areas()
    return next(
        areas[fact.fact[:end]] for end in range(len(fact.fact), 0, -1) if fact.fact[:end] in areas
    )
