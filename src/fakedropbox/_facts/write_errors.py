"""Where the routes that write have the errors that planned faults give them."""

NO_SPACE = {
    "files/upload": "path/insufficient_space",
    "files/upload_session/finish": "path/insufficient_space",
    "files/create_folder": "path/insufficient_space",
    "files/create_folder_v2": "path/insufficient_space",
    "files/move": "insufficient_quota",
    "files/move_v2": "insufficient_quota",
    "files/copy": "insufficient_quota",
    "files/copy_v2": "insufficient_quota",
    "files/copy_reference/save": "path/insufficient_space",
    "files/restore": "path_write/insufficient_space",
    "files/upload_session/finish_batch": "path/insufficient_space",
    "files/upload_session/finish_batch_v2": "path/insufficient_space",
    "files/create_folder_batch": "path/insufficient_space",
    "files/move_batch": "insufficient_quota",
    "files/move_batch_v2": "relocation_error/insufficient_quota",
    "files/copy_batch": "insufficient_quota",
    "files/copy_batch_v2": "relocation_error/insufficient_quota",
}
"""The error for an account without room, by route."""

CONTENTION = {
    "files/upload": "path/too_many_write_operations",
    "files/upload_session/finish": "too_many_write_operations",
    "files/create_folder": "path/too_many_write_operations",
    "files/create_folder_v2": "path/too_many_write_operations",
    "files/delete": "too_many_write_operations",
    "files/delete_v2": "too_many_write_operations",
    "files/move": "to/too_many_write_operations",
    "files/move_v2": "to/too_many_write_operations",
    "files/copy": "to/too_many_write_operations",
    "files/copy_v2": "to/too_many_write_operations",
    "files/copy_reference/save": "path/too_many_write_operations",
    "files/restore": "path_write/too_many_write_operations",
    "files/upload_session/finish_batch": "too_many_write_operations",
    "files/upload_session/finish_batch_v2": "too_many_write_operations",
    "files/create_folder_batch": "path/too_many_write_operations",
    "files/delete_batch": "too_many_write_operations",
    "files/move_batch": "too_many_write_operations",
    "files/move_batch_v2": "too_many_write_operations",
    "files/copy_batch": "too_many_write_operations",
    "files/copy_batch_v2": "too_many_write_operations",
}
"""The error for writers who meet, by route (F9-02)."""

CONTENTION_AS_429 = (
    "files/upload_session/start",
    "files/upload_session/append",
    "files/upload_session/append_v2",
    "files/upload_session/start_batch",
    "files/upload_session/append_batch",
)
"""Routes whose own errors have no word for contention (F9-03)."""
