"""Reading file requests: `get`, the lists, and `count`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from dropbox import file_requests

from fakedropbox._api.caller import account_of
from fakedropbox._api.file_requests.metadata import (
    is_visible,
    owner_of,
    reader_of,
    request_at,
    request_metadata,
    requester_view,
)
from fakedropbox._api.registry import route
from fakedropbox._facts.limits import FILE_REQUESTS
from fakedropbox._files.cursors import open_cursor, seal_cursor
from fakedropbox._files.file_requests import FileRequest
from fakedropbox._identity.accounts import Account
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_KIND = "file requests"


@route(file_requests.get)
def get(call: Call, arg: Any) -> Any:
    """Return a request by its id (P1-23)."""
    return request_metadata(call, request_at(call, owner_of(call), arg.id))


@route(file_requests.list)
def list_all(call: Call, _arg: None) -> Any:
    """Return all requests, the newest first (P1-25, P1-30)."""
    found = visible_requests(call, reader_of(call))
    return file_requests.ListFileRequestsResult([request_metadata(call, each) for each in found])


@route(file_requests.list_v2)
def list_v2(call: Call, arg: Any) -> Any:
    """Return the first page of the requests, always with a cursor (P1-26, P1-27)."""
    reader_of(call)
    # The SDK's type has no maximum for the limit; an account cannot have more than FILE_REQUESTS.
    return _page(call, min(max(arg.limit, 1), FILE_REQUESTS), None)


@route(file_requests.list_continue)
def list_continue(call: Call, arg: Any) -> Any:
    """Return the next page (P1-28)."""
    reader_of(call)
    fields = open_cursor(call.world.chance, arg.cursor)
    if fields is None or fields[:3] != [_KIND, *_reader(call)]:
        raise RouteError("invalid_cursor", fact="P1-28")
    return _page(call, *fields[3:])


@route(file_requests.count)
def count(call: Call, _arg: None) -> Any:
    """Return the number of requests, open and closed together (P1-31)."""
    found = sum(1 for _ in visible_requests(call, reader_of(call)))
    return file_requests.CountFileRequestsResult(found)


def visible_requests(
    call: Call, account: Account, before: int | None = None
) -> Iterator[FileRequest]:
    """Yield the requests of an account that the app may see, the newest first (P1-51)."""
    found = call.world.files.file_requests.of(account.account_id, before)
    return (request for request in found if is_visible(call, request))


def _reader(call: Call) -> tuple[str, int]:
    """Return the account and the folder that the caller sees as the root."""
    return account_of(call).account_id, requester_view(call).base.number


def _page(call: Call, limit: int, before: int | None) -> Any:
    found = list(islice(visible_requests(call, account_of(call), before), limit + 1))
    page = found[:limit]
    last = page[-1].number if page else before
    return file_requests.ListFileRequestsV2Result(
        [request_metadata(call, each) for each in page],
        seal_cursor(call.world.chance, [_KIND, *_reader(call), limit, last]),
        len(found) > limit,
    )
