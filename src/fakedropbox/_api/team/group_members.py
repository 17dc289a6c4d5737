"""The members of groups: their list and its changes (P7-05, P7-09 to P7-11)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dropbox import team

from fakedropbox._api.files.jobs import start_job
from fakedropbox._api.registry import route
from fakedropbox._api.structs import payload_of, tag_of
from fakedropbox._api.team import groups
from fakedropbox._api.team.lists import page_of, resumed
from fakedropbox._api.team.people import absence, found, team_of
from fakedropbox._api.team_events import record_event
from fakedropbox._api.team_mounts import update_mounts
from fakedropbox._identity.groups import Group, without
from fakedropbox._identity.teams import Member
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_ABSENCES = {"user_not_found": "users_not_found", "user_not_in_team": "members_not_in_team"}
"""The error that lists the people who are not found, for each reason why one is not found."""


@route(team.groups_members_list)
def list_members(call: Call, arg: Any) -> Any:
    """Return the members of a group in the order in which they were added (P7-05)."""
    return _page(call, groups.selected(call, arg.group), 0, arg.limit)


@route(team.groups_members_list_continue)
def list_members_continue(call: Call, arg: Any) -> Any:
    """Return the next page of the members of a group."""
    after, limit, group_id = resumed(call, arg.cursor)
    group = call.world.groups.by_id(group_id)
    if group is None:
        raise RouteError("invalid_cursor", fact="P7-05")
    return _page(call, group, after, limit)


def _page(call: Call, group: Group, after: int, limit: int) -> Any:
    everyone = list(enumerate(group.members.items(), 1))[after:]
    page, cursor, has_more = page_of(call, everyone, after, limit, group.group_id)
    members = [groups.member_info(call, *each) for each in page]
    return team.GroupsMembersListResult(members, cursor, has_more)


@route(team.groups_members_add)
def add(call: Call, arg: Any) -> Any:
    """Add members to a group: all of them or none (P7-09, P7-10)."""
    group = _group_in_team(call, arg.group)
    people = _people(call, [each.user for each in arg.members])
    wanted = {
        member.team_member_id: tag_of(each.access_type)
        for member, each in zip(people, arg.members, strict=True)
    }
    if len(wanted) < len(people) or group.members.keys() & wanted.keys():
        raise RouteError("duplicate_user", fact="P7-10")
    owners = [member for member in people if wanted[member.team_member_id] == "owner"]
    if any(member.state != "active" for member in owners):
        raise RouteError("user_must_be_active_to_be_owner", fact="P7-14")
    if owners and group.management == "company_managed":
        tag = "user_cannot_be_manager_of_company_managed_group"
        ids = [member.team_member_id for member in owners]
        raise RouteError(tag, {tag: ids}, fact="P7-14")
    for member in people:
        is_owner = wanted[member.team_member_id] == "owner"
        record_event(call, "group_add_member", people=[group, member], is_group_owner=is_owner)
    return _changed(call, group, {**group.members, **wanted}, arg)


@route(team.groups_members_remove)
def remove(call: Call, arg: Any) -> Any:
    """Remove members from a group: all of them or none (P7-09, P7-11)."""
    group = _group_in_team(call, arg.group)
    people = _people(call, arg.users)
    ids = [member.team_member_id for member in people]
    if not group.members.keys() >= set(ids):
        raise RouteError("member_not_in_group", fact="P7-11")
    for member in people:
        record_event(call, "group_remove_member", people=[group, member])
    return _changed(call, group, without(group.members, *ids), arg)


@route(team.groups_members_set_access_type)
def set_access(call: Call, arg: Any) -> Any:
    """Make a member of a group an owner or an ordinary member (P7-14)."""
    group, access = groups.selected(call, arg.group), tag_of(arg.access_type)
    member = found(call, arg.user)
    if member is None or member.team_member_id not in group.members:
        raise RouteError("member_not_in_group", fact="P7-11")
    if access == "owner" and group.management == "company_managed":
        raise RouteError("user_cannot_be_manager_of_company_managed_group", fact="P7-14")
    members = {**group.members, member.team_member_id: access}
    group = call.world.groups.change(group, members=members)
    info = groups.full_info(call, group, with_members=arg.return_members)
    return [team.GroupsGetInfoItem.group_info(info)]


def _changed(call: Call, group: Group, members: dict[str, str], arg: Any) -> Any:
    """Change the members of a group, and return it with the id of a job."""
    group = call.world.groups.change(group, members=members)
    update_mounts(call.world, group.team)
    info = groups.full_info(call, group, with_members=arg.return_members)
    return team.GroupMembersChangeResult(info, start_job(call, ("complete", None)))


def _group_in_team(call: Call, selector: Any) -> Group:
    """Return the group that a selector stands for.

    Raises:
        RouteError: ``group_not_in_team`` for a group of another team, or ``group_not_found``.
    """
    if tag_of(selector) == "group_id":
        group = call.world.groups.by_id(payload_of(selector))
        if group is not None and group not in call.world.groups.of(team_of(call)):
            raise RouteError("group_not_in_team", fact="P7-14")
    return groups.selected(call, selector)


def _people(call: Call, selectors: Iterable[Any]) -> list[Member]:
    """Return the members of the team that selectors stand for.

    Raises:
        RouteError: ``users_not_found`` or ``members_not_in_team``, with the ids or addresses.
    """
    people: list[Member] = []
    absent: dict[str, list[str]] = {}
    for selector in selectors:
        member = found(call, selector)
        if member is None:
            tag = _ABSENCES[absence(call, selector)]
            absent.setdefault(tag, []).append(payload_of(selector))
        else:
            people.append(member)
    for tag in _ABSENCES.values():
        if tag in absent:
            raise RouteError(tag, absent, fact="P7-14")
    return people
