"""The events of a team, in pages (P9-01 to P9-07)."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

from dropbox import team_log
from stone.backends.python_rsrc.stone_serializers import json_compat_obj_decode

from fakedropbox._api.files.metadata import seconds
from fakedropbox._api.registry import route
from fakedropbox._api.structs import tag_of
from fakedropbox._api.team.lists import page_of, resumed
from fakedropbox._api.team.people import team_of
from fakedropbox._identity.team_log import Event
from fakedropbox.calls import Call
from fakedropbox.clock import SECOND
from fakedropbox.errors import RouteError

Filters = list[Any]
"""The account, the first and the last second, the category and the kind of the events wanted."""


@route(team_log.get_events)
def get_events(call: Call, arg: Any) -> Any:
    """Return the first events that pass all filters, the oldest first (P9-01, P9-10)."""
    if arg.category is not None and arg.event_type is not None:
        raise RouteError("invalid_filters", fact="P9-07")
    start = None if arg.time is None else seconds(arg.time.start_time)
    end = None if arg.time is None else seconds(arg.time.end_time)
    if start is not None and end is not None and start > end:
        raise RouteError("invalid_time_range", fact="P9-07")
    if arg.account_id is not None and not _is_of_team(call, arg.account_id):
        raise RouteError("account_id_not_found", fact="P9-07")
    kinds = [None if each is None else tag_of(each) for each in (arg.category, arg.event_type)]
    return _page(call, 0, arg.limit, [arg.account_id, start, end, *kinds])


@route(team_log.get_events_continue)
def get_events_continue(call: Call, arg: Any) -> Any:
    """Return the next events of the list that a cursor comes from, also later ones (P9-07)."""
    after, limit, *filters = resumed(call, arg.cursor, "bad_cursor")
    return _page(call, after, limit, filters)


def _page(call: Call, after: int, limit: int, filters: Filters) -> Any:
    log = call.world.team_log.of(team_of(call).team_id, after)
    found = (each for each in log if _passes(each[1], *filters))
    page, cursor, has_more = page_of(call, list(islice(found, limit + 1)), after, limit, *filters)
    events = [
        json_compat_obj_decode(team_log.TeamEvent_validator, json.loads(event.text))
        for event in page
    ]
    return team_log.GetTeamEventsResult(events, cursor, has_more)


def _passes(
    event: Event,
    account_id: str | None,
    start: int | None,
    end: int | None,
    category: str | None,
    kind: str | None,
) -> bool:
    second = event.micros // SECOND
    return (
        account_id in (None, *event.people)
        and (start is None or second >= start)
        and (end is None or second <= end)
        and category in (None, event.category)
        and kind in (None, event.kind)
    )


def _is_of_team(call: Call, account_id: str) -> bool:
    account = call.world.accounts.by_id(account_id)
    return account is not None and account.team == team_of(call)
