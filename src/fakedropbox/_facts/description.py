"""A readable description of a fact, for `fakedropbox fact`."""

from __future__ import annotations

import textwrap
from difflib import SequenceMatcher
from itertools import takewhile

from fakedropbox._facts.evidence import (
    MEANINGS,
    Citations,
    citations,
    evidence,
    open_facts,
    sources,
)


def nearest(fact: str) -> list[str]:
    """Return the known ids that are most similar to an unknown one."""

    def likeness(known: str) -> tuple[int, float]:
        alike = takewhile(lambda pair: pair[0] == pair[1], zip(known, fact, strict=False))
        return len(list(alike)), SequenceMatcher(None, known, fact).ratio()

    return sorted(evidence(), key=likeness, reverse=True)[:3]


def description(fact: str) -> str:
    """Return the description of a fact, in several lines."""
    known = evidence()[fact]
    cited = citations().get(fact, Citations())
    parts = [
        f"{known.fact}  {known.section}",
        f"  {known.statement}",
        f"status: {MEANINGS[known.status]}",
        _listed("sources", [_source(code) for code in known.sources]),
        _listed("pinned by", [f"tests/{name}" for name in cited.tests]),
        _listed("cited by", [f"fakedropbox/{name}" for name in cited.code]),
    ]
    if reason := open_facts().get(fact):
        parts.append(f"open: {reason}")
    return "\n".join(parts)


def _source(code: str) -> str:
    source = sources()[code]
    return f"{code}: {source.title}" + (f"\n  {source.link}" if source.link else "")


def _listed(title: str, lines: list[str]) -> str:
    if not lines:
        return f"{title}: nothing"
    return "\n".join([f"{title}:", *(textwrap.indent(line, "  ") for line in lines)])
