"""A table with a valid call of each route of `contacts`, and an invalid one where there is any."""

from tests.support.routes.row import Row

INVITED, REMOVED = "invited@example.com", "removed@example.com"

ROWS = [
    Row(
        "contacts/delete_manual_contacts",
        lambda dbx, _: dbx.contacts_delete_manual_contacts(),
        None,
        {"contacts": {"+": [], "-": [INVITED, REMOVED]}},
    ),
    Row(
        "contacts/delete_manual_contacts_batch",
        lambda dbx, _: dbx.contacts_delete_manual_contacts_batch([REMOVED]),
        None,
        {"contacts": {"+": [], "-": [REMOVED]}},
        lambda dbx, _: dbx.contacts_delete_manual_contacts_batch([INVITED, "none@example.com"]),
        "contacts_not_found",
    ),
]
