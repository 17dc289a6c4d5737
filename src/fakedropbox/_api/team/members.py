"""The members of a team: their list and their profiles (P6-03 to P6-10)."""

from __future__ import annotations

from typing import Any

from dropbox import team

from fakedropbox._api.registry import route
from fakedropbox._api.structs import payload_of
from fakedropbox._api.team.lists import page_of, resumed
from fakedropbox._api.team.people import found, info_of, team_of, version_of
from fakedropbox.calls import Call

_PAGES = {1: team.MembersListResult, 2: team.MembersListV2Result}


@route(team.members_list)
@route(team.members_list_v2)
def list_members(call: Call, arg: Any) -> Any:
    """Return the members in the order in which they came (P6-09)."""
    return _page(call, 0, arg.limit, arg.include_removed)


@route(team.members_list_continue)
@route(team.members_list_continue_v2)
def list_members_continue(call: Call, arg: Any) -> Any:
    """Return the next page of the list that a cursor comes from (P6-10)."""
    after, limit, include_removed = resumed(call, arg.cursor)
    return _page(call, after, limit, include_removed)


def _page(call: Call, after: int, limit: int, include_removed: bool) -> Any:
    """Return the members after a number, which counts removed members, too."""
    everyone = list(enumerate(call.world.teams.members(team_of(call)), 1))
    wanted = [
        (number, member)
        for number, member in everyone
        if number > after and (include_removed or member.state != "removed")
    ]
    page, cursor, has_more = page_of(call, wanted, after, limit, include_removed)
    version = version_of(call)
    return _PAGES[version](
        [info_of(call, member, version=version) for member in page], cursor, has_more
    )


@route(team.members_get_info)
def get_info(call: Call, arg: Any) -> Any:
    """Return one result for each selector, in their order (P6-03, P6-04, P6-08)."""
    return [_item(call, each, team.MembersGetInfoItem, 1) for each in arg.members]


@route(team.members_get_info_v2)
def get_info_v2(call: Call, arg: Any) -> Any:
    """Return one result for each selector, in their order (P6-05)."""
    items = [_item(call, each, team.MembersGetInfoItemV2, 2) for each in arg.members]
    return team.MembersGetInfoV2Result(items)


def _item(call: Call, selector: Any, union: Any, version: int) -> Any:
    member = found(call, selector)
    if member is None:
        return union("id_not_found", payload_of(selector))
    return union("member_info", info_of(call, member, version=version))
