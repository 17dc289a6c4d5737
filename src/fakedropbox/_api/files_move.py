"""Moving: `move_v2`."""

from __future__ import annotations

from typing import Any

from dropbox import files

from fakedropbox._api.metadata import metadata_of
from fakedropbox._api.places import node_at, place_at, view_of
from fakedropbox._api.registry import route
from fakedropbox._api.structs import maker
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_relocated = maker(files.RelocationResult, "metadata")


@route(files.move_v2)
def move(call: Call, arg: Any) -> Any:
    """Move a file or folder to a path where nothing is (§7).

    `allow_shared_folder` is ignored as the service does (F7-09), and ownership cannot
    change while nothing is shared.
    """
    node = node_at(call, arg.from_path, field="from_path", tag="from_lookup")
    try:
        place = place_at(call, arg.to_path, field="to_path", tag="to")
    except RouteError as error:
        if error.tags == "to/not_found":  # a `WriteError` has none
            raise RouteError("to/malformed_path") from None
        raise
    moved = call.world.files.move(node, place, autorename=arg.autorename)
    return _relocated(metadata_of(view_of(call), moved))
