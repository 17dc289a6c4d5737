"""Tables of routes, a module for each namespace, and the list of all their rows."""

from tests.support.routes import (
    account,
    check,
    contacts,
    file_properties,
    file_requests,
    files,
    openid,
    sharing,
    users,
)

ROWS = [
    *account.ROWS,
    *check.ROWS,
    *contacts.ROWS,
    *file_properties.ROWS,
    *file_requests.ROWS,
    *files.ROWS,
    *openid.ROWS,
    *sharing.ROWS,
    *users.ROWS,
]
