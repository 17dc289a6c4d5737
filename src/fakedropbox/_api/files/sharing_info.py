"""The sharing information in the metadata of what is shared, or in a shared folder (F2.2-05)."""

from __future__ import annotations

from typing import Any

from dropbox import files

from fakedropbox._files.nodes import File
from fakedropbox._files.places import View
from fakedropbox._files.shared_folders import Access
from fakedropbox._files.tree import Mount


def show_in_folder(access: Access, meta: Any) -> None:
    """Add the sharing information of a folder in a shared one to its metadata (S13-03, S13-14)."""
    shared_id = access.shared.id
    meta.parent_shared_folder_id = shared_id
    meta.sharing_info = files.FolderSharingInfo(
        read_only=access.is_read_only,
        parent_shared_folder_id=shared_id,
        traverse_only=False,
        no_access=False,
    )


def show_in_mount(view: View, mount: Mount, meta: Any) -> None:
    """Add the sharing information of a shared folder to its metadata (S13-01, S13-15)."""
    access = view.inside(mount).access
    assert access is not None
    show_as_shared(access, meta)


def show_as_shared(access: Access, meta: Any) -> None:
    """Add the sharing information of a shared folder itself to its metadata."""
    shared_id = access.shared.id
    meta.shared_folder_id = shared_id
    meta.sharing_info = files.FolderSharingInfo(
        read_only=access.is_read_only,
        shared_folder_id=shared_id,
        traverse_only=False,
        no_access=False,
    )


def show_in_file(access: Access, file: File, meta: Any) -> None:
    """Add the sharing information of a file to its metadata.

    The last writer of a file that nobody has written since is the account that shared the folder
    (S13-04).
    """
    shared_id, tree = access.shared.id, access.shared.tree
    meta.parent_shared_folder_id = shared_id
    meta.sharing_info = files.FileSharingInfo(
        read_only=access.is_read_only,
        parent_shared_folder_id=shared_id,
        modified_by=tree.tables.writers.get(file) or tree.owner,
    )
