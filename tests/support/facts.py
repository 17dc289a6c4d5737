"""The facts as the tests and the code use them: which are pinned, cited, or open, and why."""

import ast
import json
import re
from collections import defaultdict
from typing import NamedTuple

from tests.support.project import ROOT

from fakedropbox._facts.evidence import evidence, open_facts

TESTS = ROOT / "tests"
PACKAGE = ROOT / "src/fakedropbox"
# One fact, such as F4-02, or several in a row: F4-02 to -06.
CITATION = re.compile(r"\b([FOPS]\d+(?:\.\d+)?-)(\d+)\b(?: to -(\d+))?")
# The sections whose seen facts are tested: all about files; of the others those on the wire
# format, on tokens, accounts, errors and webhooks.
TESTED_SECTIONS = re.compile(r"(F\d+|O[02357])[.-]")


class Tally(NamedTuple):
    """The seen facts of the tested sections: pinned, open, both at once, or neither."""

    pinned: set
    open: set
    both: set
    neither: set


def pinned():
    """The files of tests by the fact that an `evidence` mark or a reproduced recording names."""
    found = defaultdict(set)
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "evidence":
                for arg in node.args:
                    if isinstance(arg, ast.Constant):
                        found[arg.value].add(path.relative_to(TESTS).as_posix())
    scenes = json.loads((TESTS / "conformance/data/scenarios.json").read_text("utf-8"))
    for scenario in scenes["scenarios"].values():
        for facts in scenario["reproduces"].values():
            for fact in facts:
                found[fact].add("conformance/test_recordings.py")
    return found


def citations(text):
    """The ids of the facts that a text names, one by one."""
    for section, first, last in CITATION.findall(text):
        for number in range(int(first), int(last or first) + 1):
            yield f"{section}{number:02}"


def place(fact):
    """Where a fact stands among the others: F before O, then by numbers."""
    section, number = fact.split("-")
    return fact[0], [int(part) for part in section[1:].split(".")], int(number)


def cited(paths, root):
    """The files by the fact that they name, with their paths below ``root``."""
    found = defaultdict(set)
    for path in paths:
        for fact in citations(path.read_text("utf-8")):
            found[fact].add(path.relative_to(root).as_posix())
    return found


def cited_by_the_package():
    """The modules of the package by the fact that they cite."""
    return cited(PACKAGE.rglob("*.py"), PACKAGE)


def tally():
    """How the seen facts stand."""
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
    """One line with the counts."""
    total = len(found.pinned | found.open | found.neither)
    return f"seen facts: {len(found.pinned)} pinned + {len(found.open)} open = {total}"
