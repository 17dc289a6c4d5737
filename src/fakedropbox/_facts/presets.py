"""The named personalities: tables that never change once their version is released.

A row is a field of `Personality`, a column a preset. The table of version "1" has a row for
each field; that of a later version only has the rows that differ from the version before. To
change a preset, add a row to the table of the next version. A new field gets a row in version
"1", whose value is what the double did before the field existed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_COLUMNS = ("recorded", "documented", "hostile")

_Table = Mapping[str, tuple[Any, Any, Any]]
_TABLES: Mapping[str, _Table] = {
    "1": {
        "wire": ("classic", "classic", "classic"),
        "list_order": ("creation", "shuffled", "shuffled"),
        "change_order": ("journal", "shuffled", "shuffled"),
        "page_size": (500, 500, 500),
        "uneven_pages": (False, True, True),
        "empty_first_page": (False, True, True),
        "repeated_entries": (False, True, True),
        "longpoll_jitter": (0, 90, 90),
        "deleted_children": (True, False, False),
        "early_client_modified": (False, False, False),
        "case_only_move": ("unchanged", "conflict", "conflict"),
        "into_itself": (
            "duplicated_or_nested_paths",
            "cant_move_folder_into_itself",
            "cant_move_folder_into_itself",
        ),
        "astral_names": (True, True, True),
        "malformed_token": ("invalid_access_token", "invalid_access_token", "bad_request"),
        "utf8_headers": (False, False, False),
        "async_batches": ("recorded", "always", "always"),
        "async_checks": (1, 2, 2),
        "lag_entries": (0, 0, 8),
        "lag_seconds": (0, 0, 10),
        "search_lag": (0, 5, 5),
        "lock_of_unshared_file": ("file_not_shared", "file_not_shared", "file_not_shared"),
        "reset_one_in": (0, 0, 20),
        "fail_one_in": (0, 0, 10),
    },
    "2": {
        "list_order": ("rev", "shuffled", "shuffled"),
        "early_client_modified": (False, True, True),
    },
}


def _whole() -> Iterator[tuple[str, _Table]]:
    """Yield each version with its table, which has a row for each field."""
    whole: _Table = {}
    for version, table in _TABLES.items():
        whole = {**whole, **table}
        yield version, whole


PRESETS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    name: {
        version: {field: row[column] for field, row in table.items()} for version, table in _whole()
    }
    for column, name in enumerate(_COLUMNS)
}
"""The fields of each preset, by its name and version; the last version is the newest."""
