"""Reading one file or folder: `get_metadata`, `download`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dropbox import files

from fakedropbox._api.file_properties.groups import show_groups, wanted_templates
from fakedropbox._api.files import team_space
from fakedropbox._api.files.media import show_media_info
from fakedropbox._api.files.metadata import deleted_metadata, file_metadata, metadata_of
from fakedropbox._api.files.places import at_rev, file_at, node_at, place_at, view_of
from fakedropbox._api.files.ranges import wanted_part
from fakedropbox._api.registry import route
from fakedropbox._api.structs import reader
from fakedropbox._api.team_events import asset_of, logging_team, record_event
from fakedropbox._files.nodes import File, Node, Tombstone
from fakedropbox._files.places import Entry, TeamSpaceView
from fakedropbox.calls import Call, Reply
from fakedropbox.errors import RouteError

_read_arg = reader(
    files.GetMetadataArg,
    "path",
    "include_media_info",
    "include_deleted",
    "include_has_explicit_shared_members",
    "include_property_groups",
)


@route(files.get_metadata, touches="paths")
def get_metadata(call: Call, arg: Any) -> Any:
    """Return the metadata of a file, a folder or, if requested, a deleted entry (F8-07)."""
    if type(call.view) is TeamSpaceView:
        return team_space.folder_named(call, arg.path)
    return _metadata(call, arg)


@route(files.alpha_get_metadata)
def alpha_get_metadata(call: Call, arg: Any) -> Any:
    """Return metadata as `get_metadata` does (F8-13); property groups have an older name here."""
    return _metadata(call, arg, arg.include_property_templates or ())


def _metadata(call: Call, arg: Any, templates: Sequence[str] = ()) -> Any:
    path, media_info, deleted, members, property_groups = _read_arg(arg)
    view = view_of(call)
    node: Node
    past = None
    if path.startswith("rev:"):
        node, past = at_rev(call, path[4:])
        meta = file_metadata(view, node, past)
    else:
        try:
            node = node_at(call, path, field="path", tag="path")
            meta = metadata_of(view, node)
        except RouteError as error:
            looked_for = deleted and error.tags == "path/not_found"
            tombstone = _tombstone(call, path) if looked_for else None
            if tombstone is None:
                raise
            return deleted_metadata(view, tombstone)
    if media_info and isinstance(node, File):
        show_media_info(call, meta, (past or node).blob)
    if members:
        show_members(call, node, meta)
    if property_groups is not None or templates:
        show_groups(call, node, meta, (*wanted_templates(property_groups), *templates))
    return meta


def _tombstone(call: Call, path: str) -> Tombstone | None:
    try:
        return view_of(call).tombstone(path)
    except RouteError:  # the caller cannot see the id or namespace in the path
        return None


def show_members(call: Call, entry: Entry, meta: Any) -> None:
    """Set `has_explicit_shared_members` of a file: members of its folder do not count (S13-23)."""
    if isinstance(entry, File):
        meta.has_explicit_shared_members = call.world.files.shared_files.has_members(entry)


@route(files.download, touches="paths")
def download(call: Call, arg: Any) -> Reply:
    """Return a file's metadata and its content, or a part of its content (F5-01 to -03)."""
    whole = _whole(call, arg)
    if not whole.result.is_downloadable:
        raise RouteError("unsupported_file", fact="F5-03")
    return wanted_part(call, whole) if call.headers else whole


def _whole(call: Call, arg: Any) -> Reply:
    path = arg.path
    if arg.rev is not None:
        if not path.startswith("rev:"):
            place_at(call, path, field="path", tag="path")
        path = f"rev:{arg.rev}"
    file, past = file_at(call, path)
    if logging_team(call) and file.parent is not None:
        record_event(call, "file_download", [asset_of(call, file)])
    return Reply(file_metadata(view_of(call), file, past), (past or file).blob)
