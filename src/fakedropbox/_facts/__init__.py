"""The real service as data: routes, limits, message texts, and the evidence for them.

The routes are read when this module is imported, the evidence when it is first used.
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


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of one of the CSV tables."""
    # Read by the import system's loader, which works even while pyfakefs is active.
    path = os.path.join(os.path.dirname(__file__), name)  # noqa: PTH118, PTH120 -- pyfakefs replaces Path
    data = SourceFileLoader(__name__, path).get_data(path)
    names, *found = csv.reader(io.StringIO(data.decode("utf-8")))
    return [dict(zip(names, row, strict=True)) for row in found]


def modules_of(package: str) -> list[str]:
    """Return the names of a package's self-registering modules, from the generated table."""
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

UNFAKED: dict[str, str] = {row["routes"]: row["reason"] for row in rows("unfaked.csv")}
"""The reasons why routes are not faked, by a pattern for the names of the routes."""

WIRE_HABITS: dict[tuple[str, str], str] = {
    (row["route"], row["habit"]): row["value"] for row in rows("wire_habits.csv")
}
"""The ways in which some routes differ from all others over HTTP, by route and habit.

``compact``: its JSON is in the compact style, whatever the style of the others.
``line_break``: its body ends with a line break. ``header``: its successful responses have this
additional header. ``no_ranges``: it does not return parts of a file. ``etag``: the field of its
result that the `ETag` header contains.
"""

OPENID_SCOPES: frozenset[str] = frozenset({"openid", "profile", "email"})
"""The scopes of OpenID Connect, which select the fields `openid/userinfo` returns (O2.3-05)."""

TEAM_SCOPES: frozenset[str] = frozenset(
    fact.scope for fact in ROUTES.values() if "team" in fact.auth and fact.scope
)
"""The scopes with which an app is linked to a team and not to an account (P4-16)."""

PUBLIC_SCOPES: tuple[str, ...] = tuple(
    sorted(
        ({fact.scope for fact in ROUTES.values()} | {"contacts.read"} | OPENID_SCOPES)
        - {"", "private:sharing.write"}
    )
)
"""All scopes that an app can be granted (O8-04); no route needs `contacts.read` any more."""
