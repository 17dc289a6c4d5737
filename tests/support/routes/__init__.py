"""Tables of routes, a module for each namespace, and the list of all their rows."""

from tests.support.routes import check, file_properties, files, openid, sharing, users

ROWS = [
    *check.ROWS,
    *file_properties.ROWS,
    *files.ROWS,
    *openid.ROWS,
    *sharing.ROWS,
    *users.ROWS,
]
