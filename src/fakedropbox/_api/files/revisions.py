"""The revisions of files: `list_revisions` and `restore` (F8-08 to -10)."""

from __future__ import annotations

from typing import Any

from dropbox import files

from fakedropbox._api.files.metadata import file_metadata, moment
from fakedropbox._api.files.places import place_at, view_of
from fakedropbox._api.registry import route
from fakedropbox._api.structs import maker, reader
from fakedropbox._api.team_events import asset_of, logging_team, record_event
from fakedropbox._base.sdk_parts import sdk_has
from fakedropbox._files import revisions
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_read = reader(
    files.ListRevisionsArg, "path", "mode", "limit", "before_rev", "include_restorable_info"
)
_PAGED = sdk_has("files.ListRevisionsResult.has_more")
_FIELDS = ("is_deleted", "entries", *(["has_more"] if _PAGED else []))
_listed = maker(files.ListRevisionsResult, *_FIELDS)


@route(files.list_revisions)
def list_revisions(call: Call, arg: Any) -> Any:
    """Return the revisions of a file, newest first: at one path, or at all its paths (F8-08)."""
    path, mode, limit, before, restorable = _read(arg)
    view = view_of(call)
    place = place_at(call, path, field="path", tag="path")
    if before is not None and not mode.is_path():
        raise RouteError("before_rev_not_supported")
    list_them = revisions.at_path if mode.is_path() else revisions.of_file
    try:
        versions, deleted = list_them(view, place)
    except RouteError as error:
        raise error.under("path") from None
    if before is not None:
        end = view.rev_number(before)
        if end not in [version.rev for version in versions]:
            raise RouteError("invalid_before_rev")
        versions = [version for version in versions if version.rev < end]
    entries = [file_metadata(seen, file, past) for seen, _, file, past in versions[:limit]]
    if restorable:
        for entry in entries:
            entry.is_restorable = True  # the double keeps every revision
    more = [mode.is_path() and len(versions) > limit] if _PAGED else []
    result = _listed(deleted is not None, entries, *more)
    if deleted is not None:
        result.server_deleted = moment(deleted)
    return result


@route(
    files.restore,
    contention="path_write/too_many_write_operations",
    no_space="path_write/insufficient_space",
)
def restore(call: Call, arg: Any) -> Any:
    """Restore an earlier revision of a file at a path (F8-10)."""
    view = view_of(call)
    place = place_at(call, arg.path, field="path", tag="path_lookup")
    file = revisions.restore(call.world.files, view, place, arg.rev)
    if logging_team(call):
        record_event(call, "file_restore", [asset_of(call, file)])
    return file_metadata(view, file)
