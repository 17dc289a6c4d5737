"""The groups of a team (P7-01 to P7-13)."""

from __future__ import annotations

from typing import Any

from dropbox import async_, team, team_common

from fakedropbox._api.caller import account_of
from fakedropbox._api.files.jobs import launch, outcome_of
from fakedropbox._api.registry import route
from fakedropbox._api.structs import payload_of, tag_of
from fakedropbox._api.team.lists import page_of, resumed
from fakedropbox._api.team.people import short_profile_of, team_of
from fakedropbox._api.team_events import record_event
from fakedropbox._api.team_mounts import update_mounts
from fakedropbox._identity.groups import Group
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_FIELDS = {
    "group_id": "group_id",
    "group_external_id": "external_id",
    "group_ids": "group_id",
    "group_external_ids": "external_id",
}
"""The field of a group for each tag of a selector."""

_LAUNCHERS = ("team/groups/members/add", "team/groups/members/remove", "team/groups/delete")
_MILLISECOND = 1000


@route(team.groups_create)
def create(call: Call, arg: Any) -> Any:
    """Create a group (P7-08, P7-13)."""
    management = _management(arg.group_management_type) or "company_managed"
    name, external_id = arg.group_name, arg.group_external_id or None
    _check(call, None, name, external_id)
    members = {}
    if arg.add_creator_as_owner:
        access = "owner" if management == "user_managed" else "member"
        members[account_of(call).team_member_id] = access
    group = call.world.groups.create(
        team_of(call), name, management=management, external_id=external_id, members=members
    )
    record_event(call, "group_create", people=[group])
    return full_info(call, group)


@route(team.groups_update)
def update(call: Call, arg: Any) -> Any:
    """Rename a group, or change its external id or its management (P7-08)."""
    group = selected(call, arg.group)
    given = {
        "name": arg.new_group_name,
        "external_id": arg.new_group_external_id,
        "management": _management(arg.new_group_management_type),
    }
    fields = {field: value for field, value in given.items() if value is not None}
    _check(call, group, fields.get("name"), fields.get("external_id"))
    if fields.get("external_id") == "":
        fields["external_id"] = None
    former, group = group, call.world.groups.change(group, **fields)
    if former.name != group.name:
        names = {"previous_value": former.name, "new_value": group.name}
        record_event(call, "group_rename", people=[group], **names)
    return full_info(call, group, with_members=arg.return_members)


@route(team.groups_delete)
def delete(call: Call, arg: Any) -> Any:
    """Delete a group (P7-12)."""
    if tag_of(arg) == "group_id" and call.world.groups.was_deleted(payload_of(arg)):
        raise RouteError("group_already_deleted", fact="P7-12")
    group = selected(call, arg)
    call.world.groups.delete(group)
    call.world.files.shared_folders.forget_group(group.group_id)
    update_mounts(call.world, group.team)
    record_event(call, "group_delete", people=[group])
    return launch(call, "complete", None, as_job=False)


@route(team.groups_job_status_get)
def check(call: Call, arg: Any) -> Any:
    """Return the status of a job of a group (P7-09)."""
    outcome = outcome_of(call, arg.async_job_id, *_LAUNCHERS)
    return async_.PollEmptyResult("in_progress" if outcome is None else outcome[0])


@route(team.groups_list)
def list_groups(call: Call, arg: Any) -> Any:
    """Return the groups in the order of their creation (P7-04)."""
    return _page(call, 0, arg.limit)


@route(team.groups_list_continue)
def list_groups_continue(call: Call, arg: Any) -> Any:
    """Return the next page of the groups (P7-04)."""
    return _page(call, *resumed(call, arg.cursor))


def _page(call: Call, after: int, limit: int) -> Any:
    groups = [(each.number, each) for each in call.world.groups.of(team_of(call))]
    groups = [(number, group) for number, group in groups if number > after]
    page, cursor, has_more = page_of(call, groups, after, limit)
    return team.GroupsListResult([_summary(group) for group in page], cursor, has_more)


@route(team.groups_get_info)
def get_info(call: Call, arg: Any) -> Any:
    """Return one result for each id, in their order (P7-06)."""
    field = _FIELDS[tag_of(arg)]
    return [_item(call, field, asked) for asked in payload_of(arg)]


def _item(call: Call, field: str, asked: str) -> Any:
    group = call.world.groups.find(team_of(call), field, asked)
    if group is not None:
        return team.GroupsGetInfoItem.group_info(full_info(call, group))
    if call.world.groups.by_id(asked) is not None:
        raise RouteError("group_not_on_team", fact="P7-06")
    return team.GroupsGetInfoItem.id_not_found(asked)


def selected(call: Call, selector: Any) -> Group:
    """Return the group of the caller's team that a selector stands for.

    Raises:
        RouteError: ``group_not_found``.
    """
    field = _FIELDS[tag_of(selector)]
    group = call.world.groups.find(team_of(call), field, payload_of(selector))
    if group is None:
        raise RouteError("group_not_found", fact="P7-08")
    return group


def _check(call: Call, group: Group | None, name: str | None, external_id: str | None) -> None:
    """Check the new name and the new external id of a group.

    Raises:
        RouteError: they are not valid, or another group has them (P7-08).
    """
    groups, own = call.world.groups, team_of(call)
    if name is not None and not name.strip():
        raise RouteError("group_name_invalid", fact="P7-08")
    if name is not None and groups.find(own, "name", name) not in (None, group):
        raise RouteError("group_name_already_used", fact="P7-08")
    if external_id and groups.find(own, "external_id", external_id) not in (None, group):
        raise RouteError("external_id_already_in_use", fact="P7-08")


def _management(wanted: Any) -> str | None:
    """Return the management that is requested, or None.

    Raises:
        RouteError: ``system_managed_group_disallowed``.
    """
    tag = None if wanted is None else tag_of(wanted)
    if tag == "system_managed":
        raise RouteError("system_managed_group_disallowed", fact="P7-08")
    return tag


def _summary(group: Group) -> Any:
    return team_common.GroupSummary(**_summary_fields(group))


def _summary_fields(group: Group) -> dict[str, Any]:
    fields = {
        "group_name": group.name,
        "group_id": group.group_id,
        "group_management_type": team_common.GroupManagementType(group.management),
        "member_count": len(group.members),
    }
    if group.external_id is not None:
        fields["group_external_id"] = group.external_id
    return fields


def full_info(call: Call, group: Group, *, with_members: bool = True) -> Any:
    """Return everything about a group (P7-07)."""
    members = [member_info(call, *each) for each in group.members.items()]
    return team.GroupFullInfo(
        **_summary_fields(group),
        created=group.created // _MILLISECOND,
        members=members if with_members else None,
    )


def member_info(call: Call, team_member_id: str, access: str) -> Any:
    """Return a member of a group with the access to it (P7-05)."""
    member = call.world.teams.by_id(team_member_id)
    assert member is not None, "members of groups are members of the team"
    return team.GroupMemberInfo(short_profile_of(member), team.GroupAccessType(access))
