"""The routes. Importing this package registers all of them."""

from fakedropbox._api import (
    auth,
    files_export,
    files_links,
    files_list,
    files_locks,
    files_move,
    files_paper,
    files_past,
    files_preview,
    files_read,
    files_search,
    files_tags,
    files_upload,
    files_write,
    users,
)
from fakedropbox._api.registry import IMPLEMENTED, SDK_NAMES, Route, missing, wire_name

__all__ = [
    "IMPLEMENTED",
    "SDK_NAMES",
    "Route",
    "auth",
    "files_export",
    "files_links",
    "files_list",
    "files_locks",
    "files_move",
    "files_paper",
    "files_past",
    "files_preview",
    "files_read",
    "files_search",
    "files_tags",
    "files_upload",
    "files_write",
    "missing",
    "users",
    "wire_name",
]
