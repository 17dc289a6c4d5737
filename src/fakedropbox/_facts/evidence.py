"""The facts about the real service: their statements, the evidence, and what relies on them.

Only reports need them, so each table is read when it is first used.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from fakedropbox._facts import rows

STATUSES = {"seen": "seen", "doc": "documented", "inferred": "inferred"}
"""The kinds of evidence, from the strongest to the weakest, with the word shown to readers."""

MEANINGS = {
    "seen": "seen on the real service, or reported by those who tested it or run it",
    "doc": "documented by Dropbox: its specification, a guide, or an official SDK",
    "inferred": "inferred: a guess, and what depends on it may change",
}
"""The kinds of evidence, each explained in one sentence."""


class Evidence(NamedTuple):
    """One fact about the real service, the kind of its evidence, and the codes of its sources."""

    fact: str
    section: str
    status: str
    sources: tuple[str, ...]
    statement: str


class Source(NamedTuple):
    """A source of facts; ``link`` is empty if the source is not public."""

    code: str
    title: str
    link: str


class Citations(NamedTuple):
    """The files of tests that pin a fact, and the modules of this package that cite it."""

    tests: tuple[str, ...] = ()
    code: tuple[str, ...] = ()


@cache
def evidence() -> dict[str, Evidence]:
    """Return every fact by its id, such as ``F4-02``."""
    return {
        row["fact"]: Evidence(
            fact=row["fact"],
            section=row["section"],
            status=row["status"],
            sources=tuple(row["sources"].split()),
            statement=row["statement"],
        )
        for row in rows("evidence.csv")
    }


@cache
def sources() -> dict[str, Source]:
    """Return every source by its code."""
    return {row["code"]: Source(**row) for row in rows("sources.csv")}


@cache
def citations() -> dict[str, Citations]:
    """Return the tests and modules that pin or cite each fact, from the generated table."""
    return {
        row["fact"]: Citations(tuple(row["tests"].split()), tuple(row["code"].split()))
        for row in rows("citations.csv")
    }


@cache
def open_facts() -> dict[str, str]:
    """Return the facts that the double does not follow, or that nothing relies on, with reasons."""
    return {row["fact"]: row["reason"] for row in rows("open_facts.csv")}
