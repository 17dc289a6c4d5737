"""A table with a valid and an invalid call of each route of `sharing` that is implemented."""

from tests.support.routes.row import NO_CHANGE, Row

ROWS = [
    Row(
        "sharing/list_mountable_folders",
        lambda dbx, _: dbx.sharing_list_mountable_folders().entries,
        [],
        NO_CHANGE,
        lambda dbx, _: dbx.sharing_list_mountable_folders(limit=0),
        "0 is not within range [1, 1000]",
    ),
]
