"""Which seen facts a test pins, and which are open, with the reason.

``python tests/pinned_facts.py`` prints the counts and every fact that is neither.
"""

import ast
import csv
import json
import re
import sys
from pathlib import Path
from typing import NamedTuple

from fakedropbox._facts import EVIDENCE

TESTS = Path(__file__).parent
# §1, 2, 3, 4, 6, 7 of the facts about files; §0, 2, 3, 5 of the others.
SECTIONS = re.compile(r"(F[123467]|O[0235])[.-]")


class Tally(NamedTuple):
    """The seen facts of these sections: pinned, open, both at once, neither; and odd rows."""

    pinned: set
    open: set
    both: set
    neither: set
    unknown: set


def marked():
    """Every fact that is named by an `evidence` mark or by a reproduced recording."""
    found = set()
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "evidence":
                found |= {arg.value for arg in node.args if isinstance(arg, ast.Constant)}
    scenes = json.loads((TESTS / "conformance/data/scenarios.json").read_text("utf-8"))
    for scenario in scenes["scenarios"].values():
        for facts in scenario["reproduces"].values():
            found.update(facts)
    return found


def reasons():
    """The open facts, each with its reason."""
    with (TESTS / "open_facts.csv").open(encoding="utf-8", newline="") as file:
        return {row["id"]: row["reason"] for row in csv.DictReader(file)}


def tally():
    """How the seen facts stand."""
    seen = {
        fact.fact
        for fact in EVIDENCE.values()
        if fact.status == "seen" and SECTIONS.match(fact.fact)
    }
    tested, left = marked() & seen, set(reasons())
    return Tally(
        pinned=tested,
        open=left & seen,
        both=tested & left,
        neither=seen - tested - left,
        unknown=left - seen,
    )


def summary(found):
    """One line with the counts."""
    total = len(found.pinned | found.open | found.neither)
    return f"seen facts: {len(found.pinned)} pinned + {len(found.open)} open = {total}"


def main():
    found = tally()
    print(summary(found))
    for fact in sorted(found.neither):
        print(f"  neither pinned nor listed as open: {fact}")
    return 1 if found.neither | found.both | found.unknown else 0


if __name__ == "__main__":
    sys.exit(main())
