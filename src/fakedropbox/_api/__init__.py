"""The routes. Importing this package registers all of them."""

from fakedropbox._api import (
    auth,
    files_batch,
    files_list,
    files_move,
    files_past,
    files_read,
    files_upload,
    files_upload_batch,
    files_write,
    jobs,
    openid,
    users,
)
from fakedropbox._api.registry import IMPLEMENTED, SDK_NAMES, Route, missing, wire_name

__all__ = [
    "IMPLEMENTED",
    "SDK_NAMES",
    "Route",
    "auth",
    "files_batch",
    "files_list",
    "files_move",
    "files_past",
    "files_read",
    "files_upload",
    "files_upload_batch",
    "files_write",
    "jobs",
    "missing",
    "openid",
    "users",
    "wire_name",
]
