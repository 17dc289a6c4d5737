"""Creating folders and deleting: `create_folder` and `delete`, in both versions."""

from __future__ import annotations

from typing import Any

from dropbox import files

from fakedropbox._api.files.commits import as_write
from fakedropbox._api.files.metadata import metadata_of
from fakedropbox._api.files.places import node_at, place_at, view_of
from fakedropbox._api.refusals import bad_input
from fakedropbox._api.registry import route
from fakedropbox._api.structs import maker
from fakedropbox._api.team_events import asset_of, asset_of_deleted, logging_team, record_event
from fakedropbox._facts import messages
from fakedropbox._files.erasing import erase
from fakedropbox._files.nodes import File, Node
from fakedropbox._files.places import tombstone_at
from fakedropbox._files.tree import Mount
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_wrapped_folder = maker(files.CreateFolderResult, "metadata")
_wrapped_deleted = maker(files.DeleteResult, "metadata")
_CREATION: dict[str, Any] = {
    "contention": "path/too_many_write_operations",
    "no_space": "path/insufficient_space",
    "touches": "paths",
}
_DELETION: dict[str, Any] = {"contention": "too_many_write_operations", "touches": "paths"}


def created(call: Call, path: str, *, autorename: bool) -> Any:
    """Create a folder and return its metadata.

    Raises:
        BadInput: the path is the root.
        RouteError: the folder cannot be created; a `CreateFolderError`.
    """
    try:
        place = place_at(call, path, field="path", tag="path")
    except RouteError as error:
        raise as_write(error) from None
    try:
        folder = call.world.files.make_folder(place, autorename=autorename)
    except RouteError as error:
        raise error.under("path") from None
    return metadata_of(view_of(call), folder)


@route(files.create_folder, **_CREATION)
def create_folder_v1(call: Call, arg: Any) -> Any:
    """Create a folder; an existing folder is a conflict (F8-01)."""
    return created(call, arg.path, autorename=arg.autorename)


@route(files.create_folder_v2, **_CREATION)
def create_folder(call: Call, arg: Any) -> Any:
    """Create a folder as `create_folder_v1` does; the metadata is inside a result struct."""
    return _wrapped_folder(create_folder_v1(call, arg))


@route(files.delete, **_DELETION)
def delete_v1(call: Call, arg: Any) -> Any:
    """Delete a file, or a folder with its content, and return its last metadata (F8-03)."""
    node = node_at(call, arg.path, field="path", tag="path_lookup")
    meta = metadata_of(view_of(call), node)
    _check_deletion(call, arg, node)
    if logging_team(call):
        record_event(call, "file_delete", [asset_of(call, node)])
    call.world.files.delete(node)
    return meta


def _check_deletion(call: Call, arg: Any, node: Node) -> None:
    """Check that the caller may delete a node, and that it has the revision that is expected.

    Raises:
        RouteError: a `DeleteError`.
    """
    view = view_of(call)
    if arg.parent_rev is not None:  # F8-04
        if not isinstance(node, File):
            raise RouteError("path_write/conflict/folder", fact="F8-04")
        if view.of(node).tree.rev_number(arg.parent_rev) != node.rev:
            raise RouteError("path_write/conflict/file", fact="F8-04")
    try:
        view.check_write(node)
    except RouteError as error:
        raise error.under("path_write") from None


@route(files.delete_v2, **_DELETION)
def delete(call: Call, arg: Any) -> Any:
    """Delete as `delete_v1` does; the metadata is inside a result struct."""
    return _wrapped_deleted(delete_v1(call, arg))


@route(files.permanently_delete, **_DELETION)
def permanently_delete(call: Call, arg: Any) -> None:
    """Delete what is at a path, or was deleted there, with all past revisions (F8-06, F8-15).

    Only the app of a team may do so. A shared folder is only unmounted (F8-16).
    """
    assert call.grant is not None
    if call.grant.team is None:
        raise bad_input(call.name, messages.APP_NOT_ALLOWED, fact="F8-06")
    place = place_at(call, arg.path, field="path", tag="path_lookup")
    node, store = place.there, call.world.files
    if node is not None:
        _check_deletion(call, arg, node)
        asset = asset_of(call, node)
        if isinstance(node, Mount):  # its content is that of all members (F8-16)
            record_event(call, "file_delete", [asset])
            store.delete(node)
            return
        # A path to an id leads to the folder of the node, in which its tombstone will be.
        store.delete(node)
    deleted = tombstone_at(place)
    if deleted is None:
        raise RouteError("path_lookup/not_found", fact="F10-01")
    if node is None and place.access is not None:
        try:
            place.access.check_write()
        except RouteError as error:
            raise error.under("path_write") from None
    if node is None:
        asset = asset_of_deleted(call, place, deleted)
    erase(store, place.tree, deleted)
    record_event(call, "file_permanently_delete", [asset])
