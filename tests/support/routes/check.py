"""A table with a valid and an invalid call of each route of `check`."""

from tests.support.routes.row import NO_CHANGE, Row

LONG = "x" * 501
TOO_LONG = "'" + "x" * 501 + "' must be at most 500 characters, got 501"

ROWS = [
    Row(
        "check/app",
        lambda dbx, _: dbx.check_app("there").result,
        "there",
        NO_CHANGE,
        lambda dbx, _: dbx.check_app(LONG),
        TOO_LONG,
    ),
    Row(
        "check/user",
        lambda dbx, _: dbx.check_user("there").result,
        "there",
        NO_CHANGE,
        lambda dbx, _: dbx.check_user(LONG),
        TOO_LONG,
    ),
]
