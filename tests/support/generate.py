"""All tables of the package that follow from the code and the tests.

``python -m tests.support.generate`` writes them anew.
"""

import sys
from typing import NamedTuple

from tests.support import facts

from fakedropbox._facts.evidence import evidence

COMMAND = "python -m tests.support.generate"


class Table(NamedTuple):
    """A generated table: where it stands, and the function that says what it should hold."""

    name: str
    text: object

    @property
    def path(self):
        return facts.TABLES / self.name

    def stale(self):
        return not self.path.exists() or self.path.read_text("utf-8") != self.text()


def citations():
    """Fact by fact, the tests that pin it and the modules that cite it."""
    pinned, cited = facts.pinned(), facts.cited_by_the_package()
    lines = [
        f"{fact},{' '.join(sorted(pinned[fact]))},{' '.join(sorted(cited[fact]))}\n"
        for fact in evidence()
        if fact in pinned or fact in cited
    ]
    return "fact,tests,code\n" + "".join(lines)


def modules():
    """The modules of the packages that register their routes and pages."""
    found = sorted(
        ".".join(path.relative_to(facts.PACKAGE.parent).with_suffix("").parts)
        for package in ("_api", "_web")
        for path in (facts.PACKAGE / package).rglob("*.py")
        if path.name != "__init__.py"
    )
    return "\n".join(["module", *found, ""])


TABLES = [Table("citations.csv", citations), Table("modules.csv", modules)]


def main():
    """Write every table that is stale, and say which."""
    for table in TABLES:
        if table.stale():
            table.path.write_text(table.text(), encoding="utf-8", newline="\n")
            print(f"written: {table.name}")
    print(facts.summary(facts.tally()))


if __name__ == "__main__":
    sys.exit(main())
