"""The SDK's metadata objects for nodes of a tree.

Every object is new, because a caller may change the object that it receives.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from dropbox import files
from stone.backends.python_rsrc import stone_base
from stone.backends.python_rsrc.stone_base import NOT_SET

from fakedropbox._api.files.sharing_info import (
    NOT_SHARED,
    SHARED_FILE_FIELDS,
    info_in_file,
    show_in_folder,
    show_in_mount,
)
from fakedropbox._api.structs import maker, payload_of
from fakedropbox._files.cloud_docs import TAILS, Exports, exports_of
from fakedropbox._files.nodes import File, Folder, Lock, Node, Revision, Tombstone
from fakedropbox._files.places import View
from fakedropbox._files.tree import Mount
from fakedropbox.clock import NAIVE_EPOCH

PATH_FIELDS = ("name", "path_lower", "path_display")
FOLDER_FIELDS = (*PATH_FIELDS, "id")
FILE_FIELDS = (
    *FOLDER_FIELDS,
    "client_modified",
    "server_modified",
    "rev",
    "size",
    "is_downloadable",
    "content_hash",
)
_new_file = maker(files.FileMetadata, *FILE_FIELDS, *SHARED_FILE_FIELDS)
_new_folder = maker(files.FolderMetadata, *FOLDER_FIELDS)
_new_deleted = maker(files.DeletedMetadata, *PATH_FIELDS)
_NO_PATHS: tuple[Any, Any] = (NOT_SET, NOT_SET)
"""The paths of what is not among the files of the caller (P8-19)."""


@lru_cache(maxsize=4096)
def moment(seconds: int) -> datetime:
    """Return a timestamp in the SDK's form: naive, UTC, whole seconds (F2.1-03)."""
    return NAIVE_EPOCH + timedelta(seconds=seconds)


def seconds(moment: datetime | None) -> int | None:
    """Return one of the SDK's timestamps as whole seconds, or None for None."""
    if moment is None:
        return None
    aware = moment.replace(tzinfo=timezone.utc, microsecond=0)
    return int(aware.timestamp())


def metadata_of(view: View, entry: Node | Tombstone) -> Any:
    """Return the metadata of a file, folder or deleted entry (F2.2-01 to -04)."""
    if type(entry) is File:
        return file_metadata(view, entry)
    if type(entry) is Tombstone:
        return deleted_metadata(view, entry)
    assert isinstance(entry, Folder)
    seen = view
    if view.tree.mounts:
        view = view.of(entry)
    paths = view.own_paths(entry) if view.shows_paths else _NO_PATHS
    meta = _new_folder(entry.name, *paths, view.tree.id_text(entry))
    if type(entry) is Mount:
        show_in_mount(seen, entry, meta)
    elif view.access is not None:
        show_in_folder(view.access, meta)
    return meta


def file_metadata(view: View, file: File, past: Revision | None = None) -> Any:
    """Return the metadata of a file at its current or at a past revision."""
    if past is None:
        if view.tree.mounts:
            view = view.of(file)
        lower, display = view.own_paths(file)
    else:
        view = view.of_past(past)
        lower, display = view.shown(past.path_lower, past.path_display)
    shown = file if past is None else past
    paths = (lower, display) if view.shows_paths else _NO_PATHS
    tree, blob, access = view.tree, shown.blob, view.access
    if access is None or access.is_over:
        parent, info = NOT_SHARED
    else:
        parent, info = info_in_file(access, file)
    meta = _new_file(
        shown.name,
        *paths,
        tree.id_text(file),
        moment(shown.client_modified),
        moment(shown.server_modified),
        tree.rev_text(shown.rev),
        blob.size,
        True,
        blob.digest.hex(),
        parent,
        info,
    )
    if lower[-4:] in TAILS:
        _show_exports(meta, exports_of(lower))
    if tree.locks.by_number:
        _show_lock(view, meta, tree.locks.get(file))
    return meta


def _show_exports(meta: Any, exports: Exports | None) -> None:
    if exports is not None:
        meta.is_downloadable = False
        meta.export_info = files.ExportInfo(exports.default, list(exports.extensions))


def _show_lock(view: View, meta: Any, lock: Lock | None) -> None:
    """Add a file's lock to its metadata."""
    if lock is not None:
        is_holder = lock.account_id == view.home.owner
        meta.file_lock_info = files.FileLockMetadata(
            is_holder, lock.holder_name, lock.account_id, moment(lock.created)
        )


def with_property_groups(value: Any) -> Any:
    """Give files and folders without property groups an empty list, as in compact JSON (F0-55).

    Return the changed result.
    """
    if isinstance(value, list):
        for each in value:
            with_property_groups(each)
    elif isinstance(value, stone_base.Union):
        with_property_groups(payload_of(value))
    elif isinstance(value, stone_base.Struct):
        if isinstance(value, (files.FileMetadata, files.FolderMetadata)):
            value.property_groups = value.property_groups or []
        for name in value._all_field_names_:
            with_property_groups(getattr(value, f"_{name}_value"))
    return value


def deleted_metadata(view: View, tombstone: Tombstone) -> Any:
    """Return the metadata of a deleted entry, which is the same for files and folders (F2.2-03)."""
    view = view.of(tombstone)
    paths = view.shown(tombstone.path_lower, tombstone.path_display)
    return _new_deleted(tombstone.name, *(paths if view.shows_paths else _NO_PATHS))
