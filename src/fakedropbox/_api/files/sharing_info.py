"""The sharing information in the metadata of what is shared, or in a shared folder (F2.2-05)."""

from __future__ import annotations

from typing import Any

from dropbox import files

from fakedropbox._files.nodes import File, Folder
from fakedropbox._files.shared_folders import shared_above
from fakedropbox._files.tree import Tree


def show_in_folder(tree: Tree, folder: Folder, meta: Any) -> None:
    """Add the sharing information of a folder to its metadata (S13-01, S13-03, S13-15)."""
    root = tree.shared.get(folder)
    if root is not None:
        meta.shared_folder_id = root.shared_folder_id
        meta.sharing_info = files.FolderSharingInfo(
            read_only=False,
            shared_folder_id=root.shared_folder_id,
            traverse_only=False,
            no_access=False,
        )
        return
    above = shared_above(tree, folder)
    if above is not None:
        meta.parent_shared_folder_id = above.shared_folder_id
        meta.sharing_info = files.FolderSharingInfo(
            read_only=False,
            parent_shared_folder_id=above.shared_folder_id,
            traverse_only=False,
            no_access=False,
        )


def show_in_file(tree: Tree, file: File, meta: Any) -> None:
    """Add the sharing information of a file to its metadata.

    The last writer is the owner of the folder, as nobody else can write there yet (S13-04).
    """
    above = shared_above(tree, file)
    if above is not None:
        meta.parent_shared_folder_id = above.shared_folder_id
        meta.sharing_info = files.FileSharingInfo(
            read_only=False,
            parent_shared_folder_id=above.shared_folder_id,
            modified_by=above.owner,
        )
