"""Writing and deleting: `upload`, `create_folder_v2`, `delete_v2`."""

from __future__ import annotations

from typing import Any

from dropbox import files

from fakedropbox._api.metadata import file_metadata, metadata_of, seconds
from fakedropbox._api.places import node_at, place_at, view_of
from fakedropbox._api.refusals import bad_argument
from fakedropbox._api.registry import missing, route
from fakedropbox._api.structs import maker, reader
from fakedropbox._facts.limits import UPLOAD_BYTES
from fakedropbox._files.blobs import content_hash
from fakedropbox._files.nodes import File
from fakedropbox._files.store import Commit
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_FIRST_YEAR = 1000
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_created = maker(files.CreateFolderResult, "metadata")
_deleted = maker(files.DeleteResult, "metadata")


@route(files.upload)
def upload(call: Call, arg: Any) -> Any:
    """Write a file of at most 150 MiB (§4)."""
    try:
        return _upload(call, arg)
    except RouteError as error:
        if not error.tags.startswith("path/"):
            raise
        raise failed_upload(call, _as_write(error.tags)) from None


def failed_upload(call: Call, tags: str) -> RouteError:
    """The error of an upload, which tells under which session its bytes are kept (F4-09)."""
    session = f"pid_upload_session:{call.world.chance.token('session', 38)}"
    return RouteError(tags, {"upload_session_id": session})


_read_upload = reader(
    files.UploadArg,
    "path",
    "mode",
    "autorename",
    "client_modified",
    "property_groups",
    "strict_conflict",
    "content_hash",
)


def _upload(call: Call, arg: Any) -> Any:
    path, mode, autorename, modified, property_groups, strict, given_hash = _read_upload(arg)
    if property_groups is not None:
        raise missing(call.name, "property_groups")
    content = call.content or b""
    place = place_at(call, path, field="path", tag="path")
    if len(content) > UPLOAD_BYTES:
        raise RouteError("payload_too_large")
    digest = content_hash(content)
    if given_hash is not None and given_hash != digest.hex():
        raise RouteError("content_hash_mismatch")  # F4-11
    if modified is not None and modified.year < _FIRST_YEAR:
        # Its four digits do not survive the way of the SDK's JSON.
        written = f"time data '{modified:{_TIME}}' does not match format '{_TIME}'"
        raise bad_argument(call, f"client_modified: {written}")
    rev = place.tree.rev_number(mode.get_update()) if mode.is_update() else None
    commit = Commit(mode._tag, rev, autorename, strict, seconds(modified))
    try:
        file = call.world.files.write(place, digest, content, commit)
    except RouteError as error:
        raise error.under("path") from None
    return file_metadata(view_of(call), file)


def _as_write(tags: str) -> str:
    """A `WriteError` has no `not_found`: an unknown id is no path to write to (F3.1-08)."""
    return "path/malformed_path" if tags == "path/not_found" else tags


@route(files.create_folder_v2)
def create_folder(call: Call, arg: Any) -> Any:
    """Create a folder; an existing one is a conflict (F8-01)."""
    try:
        place = place_at(call, arg.path, field="path", tag="path")
    except RouteError as error:
        raise RouteError(_as_write(error.tags)) from None
    try:
        folder = call.world.files.make_folder(place, autorename=arg.autorename)
    except RouteError as error:
        raise error.under("path") from None
    return _created(metadata_of(view_of(call), folder))


@route(files.delete_v2)
def delete(call: Call, arg: Any) -> Any:
    """Delete a file, or a folder and all in it; the answer is what was there (F8-03)."""
    node = node_at(call, arg.path, field="path", tag="path_lookup")
    view = view_of(call)
    if arg.parent_rev is not None:  # F8-04
        if not isinstance(node, File):
            raise RouteError("path_write/conflict/folder")
        if view.tree.rev_number(arg.parent_rev) != node.rev:
            raise RouteError("path_write/conflict/file")
    meta = metadata_of(view, node)
    call.world.files.delete(view.tree, node)
    return _deleted(meta)
