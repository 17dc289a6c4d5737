"""Encoding of SDK result objects as classic JSON (F0-52, F0-53, F2.2-01 to -04).

Common metadata of files and folders, alone or in a result, is formatted by this module, because a
listing has thousands of entries; the SDK's serializer, which is slower, encodes everything else.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from operator import attrgetter
from typing import Any

from dropbox import files
from stone.backends.python_rsrc.stone_base import NOT_SET
from stone.backends.python_rsrc.stone_serializers import json_compat_obj_encode

from fakedropbox._api.files.metadata import FILE_FIELDS, FOLDER_FIELDS

_TAGGED = files.Metadata_validator


def _only(struct: Any, written: tuple[str, ...]) -> Callable[[Any], bool]:
    """Return a function that returns whether an object of a struct has no other fields.

    It compares all other slots in one step, because a listing has thousands of entries.
    """
    names = [f"_{name}_value" for name, _ in struct._all_fields_ if name not in written]
    others, unset = attrgetter(*names), (NOT_SET,) * len(names)
    return lambda meta: others(meta) == unset


_is_plain_file = _only(files.FileMetadata, FILE_FIELDS)
_is_plain_folder = _only(files.FolderMetadata, FOLDER_FIELDS)


def to_json(validator: Any, value: Any) -> str:
    """Return the JSON text of a value of the SDK type that `validator` declares."""
    write = _WRITERS.get(getattr(validator, "definition", None))
    return json.dumps(json_compat_obj_encode(validator, value)) if write is None else write(value)


def _metadata(meta: Any) -> str:
    """Return metadata as JSON with the `.tag` that the type `Metadata` requires (F1.6-04)."""
    kind = type(meta)
    if kind is files.FileMetadata:
        text = _file(meta, '".tag": "file", ')
    elif kind is files.FolderMetadata:
        text = _folder(meta, '".tag": "folder", ')
    else:
        text = None
    return json.dumps(json_compat_obj_encode(_TAGGED, meta)) if text is None else text


@lru_cache(maxsize=4096)
def _time(moment: datetime) -> str:
    """Return a timestamp as the service writes it; formatting one takes longer than all the rest.

    Files of one listing often have equal times.
    """
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _file(meta: Any, tag: str = "") -> str | None:
    if not _is_plain_file(meta) or meta._path_lower_value is NOT_SET:
        return None
    return (
        f'{{{tag}"name": {quoted(meta._name_value)}, '
        f'"path_lower": {quoted(meta._path_lower_value)}, '
        f'"path_display": {quoted(meta._path_display_value)}, "id": "{meta._id_value}", '
        f'"client_modified": "{_time(meta._client_modified_value)}", '
        f'"server_modified": "{_time(meta._server_modified_value)}", '
        f'"rev": "{meta._rev_value}", "size": {meta._size_value}, '
        f'"is_downloadable": true, "content_hash": "{meta._content_hash_value}"}}'
    )


def _folder(meta: Any, tag: str = "") -> str | None:
    if not _is_plain_folder(meta) or meta._path_lower_value is NOT_SET:
        return None
    return (
        f'{{{tag}"name": {quoted(meta._name_value)}, '
        f'"path_lower": {quoted(meta._path_lower_value)}, '
        f'"path_display": {quoted(meta._path_display_value)}, "id": "{meta._id_value}"}}'
    )


def _untagged_file(meta: Any) -> str:
    text = _file(meta)
    if text is None:
        return json.dumps(json_compat_obj_encode(files.FileMetadata_validator, meta))
    return text


def _untagged_folder(meta: Any) -> str:
    text = _folder(meta)
    if text is None:
        return json.dumps(json_compat_obj_encode(files.FolderMetadata_validator, meta))
    return text


def _wrapped(result: Any) -> str:
    return f'{{"metadata": {_metadata(result._metadata_value)}}}'


def _created(result: Any) -> str:
    return f'{{"metadata": {_untagged_folder(result._metadata_value)}}}'


def _page(result: Any) -> str:
    entries = ", ".join([_metadata(meta) for meta in result._entries_value])
    more = "true" if result._has_more_value else "false"
    return f'{{"entries": [{entries}], "cursor": "{result._cursor_value}", "has_more": {more}}}'


_WRITERS = {
    files.Metadata: _metadata,
    files.FileMetadata: _untagged_file,
    files.FolderMetadata: _untagged_folder,
    files.ListFolderResult: _page,
    files.DeleteResult: _wrapped,
    files.RelocationResult: _wrapped,
    files.CreateFolderResult: _created,
}
