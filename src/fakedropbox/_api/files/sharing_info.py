"""The sharing information in metadata: of shared folders, and of what is in them (F2.2-05).

It is set without the SDK's checks, which would be most of the cost of a long listing.
"""

from __future__ import annotations

from typing import Any

from dropbox import files
from stone.backends.python_rsrc.stone_base import NOT_SET

from fakedropbox._api.structs import maker, setter
from fakedropbox._files.nodes import File
from fakedropbox._files.places import View
from fakedropbox._files.shared_folders import Access, SharedFolder
from fakedropbox._files.tree import Mount

_INFO = "sharing_info"
_PARENT = "parent_shared_folder_id"
SHARED_FILE_FIELDS = (_PARENT, _INFO)
"""The fields that the metadata of a file has in a shared folder only."""

NOT_SHARED: tuple[Any, Any] = (NOT_SET, NOT_SET)
"""The values of `SHARED_FILE_FIELDS` outside a shared folder."""

_new_info_of_file = maker(files.FileSharingInfo, "read_only", _PARENT, "modified_by")
_new_info_of_folder = maker(
    files.FolderSharingInfo, "read_only", _PARENT, "traverse_only", "no_access"
)
_new_info_of_mount = maker(
    files.FolderSharingInfo, "read_only", "shared_folder_id", "traverse_only", "no_access"
)
_set_in_folder = setter(files.FolderMetadata, _PARENT, _INFO)
_set_in_mount = setter(files.FolderMetadata, "shared_folder_id", _INFO)


def show_in_folder(access: Access, meta: Any) -> None:
    """Add the sharing information of a folder in a shared one to its metadata (S13-03, S13-14)."""
    shared_id = access.shared.id
    info = _new_info_of_folder(access.is_read_only, shared_id, False, False)
    _set_in_folder(meta, shared_id, info)


def show_in_mount(view: View, mount: Mount, meta: Any) -> None:
    """Add the sharing information of a shared folder to its metadata (S13-01, S13-15)."""
    access = view.inside(mount).access
    assert access is not None
    shared_id = access.shared.id
    info = _new_info_of_mount(access.is_read_only, shared_id, False, False)
    _set_in_mount(meta, shared_id, info)
    around = view.of(mount).access
    if around is not None:  # the folder is shared in a team folder (P8-20)
        info.parent_shared_folder_id = meta.parent_shared_folder_id = around.shared.id


def show_in_team_space(shared: SharedFolder, meta: Any) -> None:
    """Add the sharing information of a team folder as an administrator sees it (P8-18)."""
    _set_in_mount(meta, shared.id, _new_info_of_mount(False, shared.id, False, False))


def info_in_file(access: Access, file: File) -> tuple[Any, Any]:
    """Return the sharing information of a file: the values of `SHARED_FILE_FIELDS`."""
    shared = access.shared
    writer = writer_of(access, file)
    return shared.id, _new_info_of_file(access.is_read_only, shared.id, writer)


def writer_of(access: Access, file: File) -> str:
    """Return the id of the account that wrote a file in a shared folder last.

    If nobody has written it since the folder was shared, that is the account that shared the folder
    (S13-04).
    """
    shared = access.shared
    return shared.writers.get(file.number) or shared.tree.owner
