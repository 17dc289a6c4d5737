"""Moving and copying, in both versions, and copy references (F7-01 to -09, F7-12)."""

from __future__ import annotations

from typing import Any

from dropbox import files

from fakedropbox._api.files.commits import as_write
from fakedropbox._api.files.metadata import file_metadata, metadata_of, moment
from fakedropbox._api.files.places import at_rev, node_at, place_at, view_of
from fakedropbox._api.registry import route
from fakedropbox._api.structs import maker
from fakedropbox._api.team_events import asset_of, logging_team, record_event, relocation
from fakedropbox._files import copying
from fakedropbox._files.nodes import Node
from fakedropbox._files.places import Place
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_relocated = maker(files.RelocationResult, "metadata")
_RELOCATION: dict[str, Any] = {
    "contention": "to/too_many_write_operations",
    "no_space": "insufficient_quota",
    "touches": "paths",
    "renumbers": True,
}


def _ends(call: Call, arg: Any) -> tuple[Node, Place]:
    """Return the node to be moved or copied, and its destination.

    `allow_shared_folder` is ignored, as by the real service (F7-09), and so is
    `allow_ownership_transfer`, because a folder that is moved keeps its owner.
    """
    node = node_at(call, arg.from_path, field="from_path", tag="from_lookup")
    if not view_of(call).knows(node):
        raise RouteError("from_lookup/not_found")
    try:
        return node, place_at(call, arg.to_path, field="to_path", tag="to")
    except RouteError as error:
        raise as_write(error) from None


def moved(call: Call, ends: Any, *, autorename: bool) -> Any:
    """Move the file or folder at ``ends.from_path`` and return its metadata.

    Raises:
        BadInput: one of the paths is the root.
        RouteError: it cannot be moved; a `RelocationError`.
    """
    node, place = _ends(call, ends)
    try:
        view_of(call).check_write(node)
    except RouteError as error:
        raise error.under("from_write") from None
    before = asset_of(call, node) if logging_team(call) else None
    call.world.files.move(node, place, autorename=autorename)
    if before is not None:
        assets = [before, asset_of(call, node)]
        record_event(call, "file_move", assets, relocate_action_details=relocation())
    return metadata_of(view_of(call), node)


@route(files.move, **_RELOCATION)
def move_v1(call: Call, arg: Any) -> Any:
    """Move a file or folder to a free path."""
    return moved(call, arg, autorename=arg.autorename)


@route(files.move_v2, **_RELOCATION)
def move(call: Call, arg: Any) -> Any:
    """Move as `move_v1` does; the metadata is inside a result struct."""
    return _relocated(move_v1(call, arg))


def copied(call: Call, ends: Any, *, autorename: bool) -> Any:
    """Copy the file or folder at ``ends.from_path`` and return the copy's metadata.

    Raises:
        BadInput: one of the paths is the root.
        RouteError: it cannot be copied; a `RelocationError`.
    """
    source, place = _ends(call, ends)
    node = copying.copy(call.world.files, source, place, autorename=autorename)
    if logging_team(call):
        assets = [asset_of(call, source), asset_of(call, node)]
        record_event(call, "file_copy", assets, relocate_action_details=relocation())
    return metadata_of(view_of(call), node)


@route(files.copy, **_RELOCATION)
def copy_v1(call: Call, arg: Any) -> Any:
    """Copy a file or folder to a free path."""
    return copied(call, arg, autorename=arg.autorename)


@route(files.copy_v2, **_RELOCATION)
def copy(call: Call, arg: Any) -> Any:
    """Copy as `copy_v1` does; the metadata is inside a result struct."""
    return _relocated(copy_v1(call, arg))


@route(files.copy_reference_get)
def get_reference(call: Call, arg: Any) -> Any:
    """Return a reference with which this app can copy the node into any account (F7-12)."""
    view = view_of(call)
    if arg.path.startswith("rev:"):
        file, past = at_rev(call, arg.path[4:])
        node: Node = file
        meta = file_metadata(view, file, past)
    else:
        node, past = node_at(call, arg.path, field="path", tag="path"), None
        meta = metadata_of(view, node)
    name = call.world.chance.token("reference", 16)  # 22 characters (F2.1-07)
    source = call.world.files.references.add(name, node, past, _app_key(call))
    return files.GetCopyReferenceResult(meta, name, moment(source.expires))


@route(
    files.copy_reference_save,
    contention="path/too_many_write_operations",
    no_space="path/insufficient_space",
)
def save_reference(call: Call, arg: Any) -> Any:
    """Copy the file or folder of a copy reference into the caller's account."""
    try:
        place = place_at(call, arg.path, field="path", tag="path")
    except RouteError as error:
        raise as_write(error) from None
    store = call.world.files
    source = store.references.source(arg.copy_reference, _app_key(call))
    saved = copying.save(store, source, place)
    return files.SaveCopyReferenceResult(metadata_of(view_of(call), saved))


def _app_key(call: Call) -> str:
    assert call.grant is not None
    return call.grant.app.key
