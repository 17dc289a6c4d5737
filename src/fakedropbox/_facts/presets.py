"""The named personalities: tables that never change once their version is released.

A row is a field of `Personality`, a column a preset. To change a preset, add another table
under the next version. A new field gets a row in every table, whose value is what the double
did before the field existed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_COLUMNS = ("recorded", "documented", "hostile")

_TABLES: Mapping[str, Mapping[str, tuple[Any, Any, Any]]] = {
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
}

PRESETS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    name: {
        version: {field: row[column] for field, row in table.items()}
        for version, table in _TABLES.items()
    }
    for column, name in enumerate(_COLUMNS)
}
"""The fields of each preset, by its name and version; the last version is the newest."""
