"""Creating folders and deleting: `create_folder` and `delete`, in both versions."""

from __future__ import annotations

from typing import Any

from dropbox import files

from fakedropbox._api.files.commits import as_write
from fakedropbox._api.files.metadata import metadata_of
from fakedropbox._api.files.places import node_at, place_at, view_of
from fakedropbox._api.refusals import bad_input
from fakedropbox._api.registry import missing, route
from fakedropbox._api.structs import maker
from fakedropbox._facts import messages
from fakedropbox._files.nodes import File
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
    view = view_of(call)
    if arg.parent_rev is not None:  # F8-04
        if not isinstance(node, File):
            raise RouteError("path_write/conflict/folder", fact="F8-04")
        if view.of(node).tree.rev_number(arg.parent_rev) != node.rev:
            raise RouteError("path_write/conflict/file", fact="F8-04")
    meta = metadata_of(view, node)
    try:
        view.check_write(node)
    except RouteError as error:
        raise error.under("path_write") from None
    call.world.files.delete(node)
    return meta


@route(files.delete_v2, **_DELETION)
def delete(call: Call, arg: Any) -> Any:
    """Delete as `delete_v1` does; the metadata is inside a result struct."""
    return _wrapped_deleted(delete_v1(call, arg))


@route(files.permanently_delete)
def permanently_delete(call: Call, _arg: Any) -> None:
    """Refuse the call of an app that is not linked to a team (F8-06).

    Raises:
        NotImplementedInFake: a team's app makes it.
    """
    assert call.grant is not None
    if call.grant.team is not None:
        raise missing(call.name, "permanent deletion by the app of a team")
    raise bad_input(call.name, messages.APP_NOT_ALLOWED, fact="F8-06")
