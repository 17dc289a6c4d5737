"""What is known of the real service, as data: routes, evidence, limits, message texts.

The tables are read when this module is imported and never again: later, a test
may have put a fake file system under us.
"""

from __future__ import annotations

import csv
import io
import os
from importlib.machinery import SourceFileLoader
from typing import NamedTuple


class RouteFact(NamedTuple):
    """One route of the HTTP API, as the public specification and the SDK describe it."""

    namespace: str
    name: str
    version: int
    style: str
    host: str
    auth: tuple[str, ...]
    scope: str
    allow_app_folder_app: bool
    select_admin_mode: str
    wire_name: str

    @property
    def wire_path(self) -> str:
        """The path of the route's URL, such as ``/2/files/move_v2``."""
        return f"/2/{self.wire_name}"


class Evidence(NamedTuple):
    """How a fact is known: ``seen`` on the real service, in its ``doc``, or ``inferred``."""

    fact: str
    status: str
    sources: str


def rows(name: str) -> csv.DictReader[str]:
    """The rows of one of the tables."""
    # The import system's own way to read: pyfakefs, which may be on already, leaves it alone.
    path = os.path.join(os.path.dirname(__file__), name)  # noqa: PTH118, PTH120 -- no fake Path
    data = SourceFileLoader(__name__, path).get_data(path)
    return csv.DictReader(io.StringIO(data.decode("utf-8")))


def modules_of(package: str) -> list[str]:
    """The modules of a package that registers what they have, from the generated table."""
    names = [row["module"] for row in rows("modules.csv")]
    return [name for name in names if name.startswith(f"{package}.")]


def _route(row: dict[str, str]) -> RouteFact:
    return RouteFact(
        namespace=row["namespace"],
        name=row["name"],
        version=int(row["version"]),
        style=row["style"],
        host=row["host"],
        auth=tuple(row["auth"].split(", ")),
        scope=row["scope"],
        allow_app_folder_app=row["allow_app_folder_app"] == "True",
        select_admin_mode=row["select_admin_mode"],
        wire_name=row["wire_path"].removeprefix("/2/"),
    )


ROUTES: dict[str, RouteFact] = {fact.wire_name: fact for fact in map(_route, rows("routes.csv"))}
"""Every route by its name on the wire, such as ``files/move_v2``."""

EVIDENCE: dict[str, Evidence] = {
    row["fact"]: Evidence(row["fact"], row["status"], row["sources"])
    for row in rows("evidence.csv")
}
"""Every fact by its id, such as ``F4-02``."""

OPENID_SCOPES: frozenset[str] = frozenset({"openid", "profile", "email"})
"""The scopes of OpenID Connect, which choose what `openid/userinfo` tells (O2.3-05)."""

STATUSES = {"seen": "seen", "doc": "documented", "inferred": "inferred"}
"""How a fact may be known, from the best evidence to the weakest, with the word for readers."""

PUBLIC_SCOPES: tuple[str, ...] = tuple(
    sorted(
        ({fact.scope for fact in ROUTES.values()} | {"contacts.read"} | OPENID_SCOPES)
        - {"", "private:sharing.write"}
    )
)
"""All scopes that an app can be granted (O8-04); one, recorded in 2021, has no route left."""
