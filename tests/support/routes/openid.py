"""A table with a call of each route of `openid`; none has an argument that can be wrong."""

from tests.support.routes.row import NO_CHANGE, Row

ROWS = [
    Row(
        "openid/userinfo",
        lambda dbx, _: dbx.openid_userinfo().email,
        "owner@example.com",
        NO_CHANGE,
    ),
]
