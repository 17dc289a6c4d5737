"""A table with a valid call of each route of `file_requests`, and an invalid one, if any."""

from tests.support.file_requests import UNKNOWN, titles
from tests.support.routes.row import NO_CHANGE, Row

OPEN, CLOSED = ("open", True, 0), ("closed", False, 0)


def requests(*, added=(), removed=()):
    """Return the change that adds and removes file requests."""
    return {"file_requests": {"+": list(added), "-": list(removed)}}


ROWS = [
    Row(
        "file_requests/count",
        lambda dbx, _: dbx.file_requests_count().file_request_count,
        2,
        NO_CHANGE,
    ),
    Row(
        "file_requests/create",
        lambda dbx, _: dbx.file_requests_create("new", "/FOLDER").destination,
        "/folder",
        requests(added=[("new", True, 0)]),
        lambda dbx, _: dbx.file_requests_create("new", "/a.txt"),
        "not_a_folder",
    ),
    Row(
        "file_requests/delete",
        lambda dbx, given: titles(dbx.file_requests_delete([given.requests.closed])),
        ["closed"],
        requests(removed=[CLOSED]),
        lambda dbx, given: dbx.file_requests_delete([given.requests.closed, given.requests.open]),
        "file_request_open",
    ),
    Row(
        "file_requests/delete_all_closed",
        lambda dbx, _: titles(dbx.file_requests_delete_all_closed()),
        ["closed"],
        requests(removed=[CLOSED]),
    ),
    Row(
        "file_requests/get",
        lambda dbx, given: dbx.file_requests_get(given.requests.open).title,
        "open",
        NO_CHANGE,
        lambda dbx, _: dbx.file_requests_get(UNKNOWN),
        "not_found",
    ),
    Row(
        "file_requests/list",
        lambda dbx, _: titles(dbx.file_requests_list()),
        ["closed", "open"],
        NO_CHANGE,
    ),
    Row(
        "file_requests/list/continue",
        lambda dbx, given: titles(dbx.file_requests_list_continue(given.requests.cursor)),
        ["open"],
        NO_CHANGE,
        lambda dbx, _: dbx.file_requests_list_continue("none"),
        "invalid_cursor",
    ),
    Row(
        "file_requests/list_v2",
        lambda dbx, _: titles(dbx.file_requests_list_v2()),
        ["closed", "open"],
        NO_CHANGE,
    ),
    Row(
        "file_requests/update",
        lambda dbx, given: dbx.file_requests_update(given.requests.open, title="x").title,
        "x",
        requests(added=[("x", True, 0)], removed=[OPEN]),
        lambda dbx, given: dbx.file_requests_update(given.requests.open, "x", "/a.txt"),
        "not_a_folder",
    ),
]
