"""Lists of a team in pages: their cursors, which belong to a team and to a list (P6-10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from fakedropbox._api.team.people import team_of
from fakedropbox._files.cursors import open_cursor, seal_cursor
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

Item = TypeVar("Item")


def page_of(
    call: Call, items: Sequence[tuple[Any, Item]], after: Any, *asked: Any
) -> tuple[list[Item], str, bool]:
    """Return the items of a page, a cursor for what follows, and True if there is more.

    ``items`` are those after the position ``after``, as pairs of position and item: all, or at
    least one more than the limit.
    ``asked`` are the limit, and further options of the list, which the cursor keeps.
    """
    limit, *_ = asked
    page = items[:limit]
    last = page[-1][0] if page else after
    fields = [_begun_by(call), team_of(call).team_id, last, *asked]
    cursor = seal_cursor(call.world.chance, fields)
    return [item for _, item in page], cursor, len(items) > limit


def resumed(call: Call, cursor: str, error: str = "invalid_cursor") -> list[Any]:
    """Return what a cursor keeps of a list: a position, the limit and the further options.

    Raises:
        RouteError: ``error``: the cursor is of another list, another team or another service.
    """
    fields = open_cursor(call.world.chance, cursor)
    if fields is None or fields[:2] != [_begun_by(call), team_of(call).team_id]:
        raise RouteError(error, fact="P6-10")
    return fields[2:]


def _begun_by(call: Call) -> str:
    """Return the route that began a list, of the same version as the one that continues it."""
    return call.name.replace("/continue", "")
