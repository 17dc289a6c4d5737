"""Which routes are faked: the registry against the table of all routes, never written by hand."""

from __future__ import annotations

from collections import Counter

from fakedropbox._api import IMPLEMENTED
from fakedropbox._facts import ROUTES

HEADER = "| namespace | routes faked | which |\n|---|--:|---|\n"


def table() -> str:
    """A Markdown table of all namespaces of the API, with the routes that work."""
    known = Counter(fact.namespace for fact in ROUTES.values())
    rows = []
    for namespace, total in sorted(known.items()):
        names = sorted(
            f"`{name.removeprefix(f'{namespace}/')}`"
            for name in IMPLEMENTED
            if name.startswith(f"{namespace}/")
        )
        rows.append(f"| {namespace} | {len(names)} of {total} | {', '.join(names) or 'none yet'} |")
    return HEADER + "\n".join(rows)
