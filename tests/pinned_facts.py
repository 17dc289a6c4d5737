"""Which facts a test pins, and which seen ones are open, with the reason.

``python tests/pinned_facts.py`` prints the counts and every seen fact that is neither;
with ``--write`` it writes the table of pinned facts, which `fakedropbox coverage` shows.
"""

import ast
import csv
import json
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from fakedropbox._facts import EVIDENCE

TESTS = Path(__file__).parent
TABLE = TESTS.parent / "src/fakedropbox/_facts/pinned.csv"
# All facts about files; §0, 2, 3, 5, 7 of the others.
SECTIONS = re.compile(r"(F\d+|O[02357])[.-]")


class Tally(NamedTuple):
    """The seen facts of these sections: pinned, open, both at once, neither; and odd rows."""

    pinned: set
    open: set
    both: set
    neither: set
    unknown: set


def marked():
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


def table():
    """The table of pinned facts, as the package carries it."""
    rows = marked()
    lines = [f"{fact},{' '.join(sorted(rows[fact]))}\n" for fact in EVIDENCE if fact in rows]
    return "fact,tests\n" + "".join(lines)


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
    tested, left = seen & marked().keys(), set(reasons())
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


def main(arguments=()):
    if "--write" in arguments:
        TABLE.write_text(table(), encoding="utf-8")
    found = tally()
    print(summary(found))
    for fact in sorted(found.neither):
        print(f"  neither pinned nor listed as open: {fact}")
    return 1 if found.neither | found.both | found.unknown else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
