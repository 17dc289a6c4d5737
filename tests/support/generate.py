"""The files that are generated from the code and the tests.

The generated parts of the documents are written when the site is built; see ``docs/_ext``.

``python -m tests.support.generate`` rewrites the files that are stale.
"""

import json
from typing import NamedTuple

from tests.support import facts

from fakedropbox._facts import evidence

COMMAND = "python -m tests.support.generate"


class Generated(NamedTuple):
    """A generated file, and the function that returns its current text."""

    path: str
    text: object

    def stale(self, root=facts.ROOT):
        """Return whether the file is missing or differs from its current text."""
        file = root / self.path
        return not file.exists() or file.read_text("utf-8") != self.text()


def citations():
    """Return the table of facts, each with the tests that pin it and the modules that cite it."""
    pinned, cited = facts.pinned(), facts.cited_by_the_package()
    lines = [
        f"{fact},{' '.join(sorted(pinned[fact]))},{' '.join(sorted(cited[fact]))}\n"
        for fact in evidence.evidence()
        if fact in pinned or fact in cited
    ]
    return "fact,tests,code\n" + "".join(lines)


def modules():
    """Return the list of all modules to import, so that routes and pages are registered."""
    found = sorted(
        ".".join(path.relative_to(facts.PACKAGE.parent).with_suffix("").parts)
        for package in ("_api", "_web")
        for path in (facts.PACKAGE / package).rglob("*.py")
        if path.name != "__init__.py"
    )
    return "\n".join(["module", *found, ""])


def openapi():
    """Return the description of the control interface, as the package ships it."""
    from fakedropbox.server.openapi import openapi

    return json.dumps(openapi(), indent=1) + "\n"


FILES = [
    Generated("src/fakedropbox/_facts/citations.csv", citations),
    Generated("src/fakedropbox/_facts/modules.csv", modules),
    Generated("src/fakedropbox/server/openapi.json", openapi),
]


def main(root=facts.ROOT):
    """Write every stale file and print its path; print the numbers of facts."""
    for file in FILES:
        if file.stale(root):
            (root / file.path).parent.mkdir(parents=True, exist_ok=True)
            (root / file.path).write_text(file.text(), encoding="utf-8", newline="\n")
            print(f"written: {file.path}")
        evidence.citations.cache_clear()
    print(facts.summary(facts.tally()))


if __name__ == "__main__":
    main()
