"""Custom quotas: limits of the storage space of single members (P6-21).

The double keeps them, but does not enforce them.
"""

from __future__ import annotations

from typing import Any

from dropbox import team

from fakedropbox._api.registry import route
from fakedropbox._api.team.people import found
from fakedropbox._identity.teams import Member
from fakedropbox.calls import Call


@route(team.member_space_limits_get_custom_quota)
def get_quota(call: Call, arg: Any) -> Any:
    """Return one result for each selector: the member's custom quota or None, or an error."""
    return [_quota(each, found(call, each)) for each in arg.users]


@route(team.member_space_limits_set_custom_quota)
def set_quota(call: Call, arg: Any) -> Any:
    """Set the custom quotas of members; each result is the new quota, or an error."""
    return [
        _quota(each.user, _limited(call, each.user, each.quota_gb)) for each in arg.users_and_quotas
    ]


@route(team.member_space_limits_remove_custom_quota)
def remove_quota(call: Call, arg: Any) -> Any:
    """Remove the custom quotas of members; each result repeats the selector."""
    results = []
    for each in arg.users:
        tag = "invalid_user" if _limited(call, each, None) is None else "success"
        results.append(team.RemoveCustomQuotaResult(tag, each))
    return results


def _limited(call: Call, selector: Any, quota_gb: int | None) -> Member | None:
    member = found(call, selector)
    return None if member is None else call.world.teams.change(member, quota_gb=quota_gb)


def _quota(selector: Any, member: Member | None) -> Any:
    if member is None:
        return team.CustomQuotaResult.invalid_user(selector)
    by_id = team.UserSelectorArg.team_member_id(member.team_member_id)
    return team.CustomQuotaResult.success(team.UserCustomQuotaResult(by_id, member.quota_gb))
