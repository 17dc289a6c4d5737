"""The list of the files that others share with the caller one by one (S14-21 to S14-25)."""

from __future__ import annotations

from itertools import islice
from typing import Any

from dropbox import sharing

from fakedropbox._api.caller import account_of
from fakedropbox._api.registry import route
from fakedropbox._api.sharing.file_access import UNVERIFIED, FileAccess, refuse_unverified
from fakedropbox._api.sharing.file_metadata import file_metadata
from fakedropbox._api.sharing.file_people import received
from fakedropbox._api.structs import tag_of
from fakedropbox._files.cursors import open_cursor, seal_cursor
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_KIND = "received files"


@route(sharing.list_received_files)
def list_received_files(call: Call, arg: Any) -> Any:
    """Return the files that the caller was added to, the earliest first (S14-21, S14-24)."""
    refuse_unverified(call, UNVERIFIED)
    return _page(call, arg.limit, arg.actions, -1)


@route(sharing.list_received_files_continue)
def list_received_files_continue(call: Call, arg: Any) -> Any:
    """Return the next page of received files (S14-21)."""
    refuse_unverified(call)
    fields = open_cursor(call.world.chance, arg.cursor)
    if fields is None or fields[:2] != [_KIND, account_of(call).account_id]:
        raise RouteError("invalid_cursor", fact="S14-21")
    _, _, limit, tags, after = fields
    actions = None if tags is None else [sharing.FileAction(tag) for tag in tags]
    return _page(call, limit, actions, after)


def _page(call: Call, limit: int, actions: list[Any] | None, after: int) -> Any:
    account = account_of(call)
    left = (each for each in received(call.world, account) if each.membership.number > after)
    page = list(islice(left, limit + 1))
    accesses = [FileAccess(each.people, account, each.level) for each in page[:limit]]
    result = sharing.ListFilesResult([file_metadata(call, each, actions) for each in accesses])
    if len(page) > limit:
        tags = None if actions is None else [tag_of(action) for action in actions]
        fields = [_KIND, account.account_id, limit, tags, page[limit - 1].membership.number]
        result.cursor = seal_cursor(call.world.chance, fields)
    return result
