"""The facts about Dropbox: those that tests pin, those that modules cite, and the open ones."""

import ast
import json
import re
from collections import defaultdict
from functools import cache
from typing import NamedTuple

from tests.support.project import ROOT

from fakedropbox._facts.evidence import evidence, open_facts

TESTS = ROOT / "tests"
PACKAGE = ROOT / "src/fakedropbox"
# One fact, such as F4-02, or several in a row: F4-02 to -06.
CITATION = re.compile(r"\b([FOPS]\d+(?:\.\d+)?-)(\d+)\b(?: to -(\d+))?")
# Facts of these sections must be tested if their status is `seen`: those about files (F), people
# (P) and sharing (S), and of the others (O) those about the wire format, OAuth, accounts, errors
# and webhooks.
TESTED_SECTIONS = re.compile(r"(F\d+|O[02357]|[PS]\d+)[.-]")


class Tally(NamedTuple):
    """The facts by state: pinned by a test, listed as open, both, or neither.

    All but ``both`` have only facts with the status `seen` in TESTED_SECTIONS.
    """

    pinned: set
    open: set
    both: set
    neither: set


@cache  # parsing all tests takes a second
def _marked():
    """Return each fact that an `evidence` mark names, with the file of the mark."""
    return [
        (arg.value, path.relative_to(TESTS).as_posix())
        for path in TESTS.rglob("test_*.py")
        if "evidence" in (text := path.read_text("utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "evidence"
        for arg in node.args
        if isinstance(arg, ast.Constant)
    ]


def pinned():
    """Return the test files for each fact named by an `evidence` mark or a reproduced recording."""
    found = defaultdict(set)
    for fact, file in _marked():
        found[fact].add(file)
    scenes = json.loads((TESTS / "conformance/data/scenarios.json").read_text("utf-8"))
    for scenario in scenes["scenarios"].values():
        for facts in scenario["reproduces"].values():
            for fact in facts:
                found[fact].add("conformance/test_recordings.py")
    return found


def citations(text):
    """Yield the ids of the facts that a text cites."""
    for section, first, last in CITATION.findall(text):
        for number in range(int(first), int(last or first) + 1):
            yield f"{section}{number:02}"


def place(fact):
    """Return the sort key of a fact: its letter, then its numbers."""
    section, number = fact.split("-")
    return fact[0], [int(part) for part in section[1:].split(".")], int(number)


def cited(paths, root):
    """Return the files that cite each fact, with their paths below ``root``."""
    found = defaultdict(set)
    for path in paths:
        for fact in citations(path.read_text("utf-8")):
            found[fact].add(path.relative_to(root).as_posix())
    return found


def cited_by_the_package():
    """Return the modules of the package that cite each fact."""
    return cited(PACKAGE.rglob("*.py"), PACKAGE)


def tally():
    """Group the facts that must be tested by their state; ``both`` may have others, too."""
    seen = {
        fact.fact
        for fact in evidence().values()
        if fact.status == "seen" and TESTED_SECTIONS.match(fact.fact)
    }
    tested, left = pinned().keys(), open_facts().keys()
    return Tally(
        pinned=seen & tested,
        open=seen & left,
        both=tested & left,
        neither=seen - tested - left,
    )


def summary(found):
    """Return one line with the numbers of facts."""
    total = len(found.pinned | found.open | found.neither)
    return f"seen facts: {len(found.pinned)} pinned + {len(found.open)} open = {total}"
