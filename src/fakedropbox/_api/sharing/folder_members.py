"""The lists of the members of shared folders (S11-01 to S11-11)."""

from __future__ import annotations

from itertools import islice
from typing import Any

from dropbox import sharing, team_common

from fakedropbox._api.caller import account_of
from fakedropbox._api.registry import missing, route
from fakedropbox._api.sharing.folder_metadata import (
    accessed_folder,
    is_of_team,
    shared_folder,
)
from fakedropbox._api.sharing.folder_rights import member_refusal
from fakedropbox._api.structs import maker, tag_of
from fakedropbox._files.cursors import open_cursor, seal_cursor
from fakedropbox._files.memberships import Membership
from fakedropbox._files.shared_folders import SharedFolder
from fakedropbox._identity.accounts import Account
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_new_user = maker(sharing.UserInfo, "account_id", "email", "display_name", "same_team")
_new_member = maker(sharing.UserMembershipInfo, "access_type", "is_inherited", "user")
_new_invitee = maker(sharing.InviteeMembershipInfo, "access_type", "is_inherited", "invitee")


@route(sharing.list_folder_members)
def list_folder_members(call: Call, arg: Any) -> Any:
    """Return the members of a folder and those who are invited, the earliest first (S11-01)."""
    if getattr(arg, "path", None) is not None:
        raise missing(call.name, "path")
    account = account_of(call)
    shared, membership = shared_folder(call, account, arg.shared_folder_id)
    actions = None if not arg.actions else [tag_of(action) for action in arg.actions]
    return _page(call, shared, membership, arg.limit, actions, -1)


@route(sharing.list_folder_members_continue)
def list_folder_members_continue(call: Call, arg: Any) -> Any:
    """Return the next page of the members (S11-09)."""
    account = account_of(call)
    fields = open_cursor(call.world.chance, arg.cursor)
    if fields is None or fields[:2] != ["members", account.account_id]:
        raise RouteError("invalid_cursor", fact="S11-09")
    _, _, id_, limit, actions, after = fields
    shared, membership = accessed_folder(call, account, id_)
    return _page(call, shared, membership, limit, actions, after)


def _page(
    call: Call,
    shared: SharedFolder,
    caller: Membership,
    limit: int,
    actions: list[str] | None,
    after: int,
) -> Any:
    """Return some members and invitations, with a cursor if there are more (S11-11)."""
    account, owner = account_of(call), shared.owner
    people = call.world.files.shared_folders.everybody(shared, after)
    if is_of_team(call.world, shared):  # no list shows the team
        people = (each for each in people if each[0] != owner)
    page = list(islice(people, limit + 1))
    users: list[Any] = []
    groups: list[Any] = []
    invitees: list[Any] = []
    for person, each, is_inherited in page[:limit]:
        if call.world.accounts.by_id(person) is not None:
            info = _member(call, person, each, is_inherited=is_inherited)
            users.append(info)
        elif call.world.groups.by_id(person) is not None:
            info = group_member(call, person, each.level, is_inherited=is_inherited)
            groups.append(info)
        else:
            info = _invitee(call, person, each, is_inherited=is_inherited)
            invitees.append(info)
        if actions is not None:
            info.permissions = [
                member_permission(action, member_refusal(shared, account, caller, person, action))
                for action in actions
            ]
    result = sharing.SharedFolderMembers(users, groups, invitees)
    if len(page) > limit:
        last = page[limit - 1][1].number
        fields = ["members", account.account_id, shared.id, limit, actions, last]
        result.cursor = seal_cursor(call.world.chance, fields)
    return result


def group_member(call: Call, group_id: str, level: str, *, is_inherited: bool) -> Any:
    """Return a group as a member of a folder, or of a file in one (S11-08, S14-44)."""
    group = call.world.groups.by_id(group_id)
    assert group is not None, "a group that is deleted leaves all folders"
    caller = account_of(call)
    info = sharing.GroupInfo(
        group_name=group.name,
        group_id=group_id,
        group_management_type=team_common.GroupManagementType(group.management),
        group_type=team_common.GroupType.user_managed,  # the type `team` is for all of a team
        is_member=caller.team_member_id in group.members,
        is_owner=group.members.get(caller.team_member_id) == "owner",
        same_team=group.team == caller.team,
        group_external_id=group.external_id,
        member_count=len(group.members),
    )
    return sharing.GroupMembershipInfo(sharing.AccessLevel(level), info, is_inherited=is_inherited)


def _member(call: Call, account_id: str, member: Membership, *, is_inherited: bool) -> Any:
    account = call.world.accounts.by_id(account_id)
    assert account is not None
    return _new_member(sharing.AccessLevel(member.level), is_inherited, user_info(call, account))


def _invitee(call: Call, email: str, member: Membership, *, is_inherited: bool) -> Any:
    """Return an invitation, with the account that has the address by now (S11-07)."""
    invitee = sharing.InviteeInfo.email(email)
    info = _new_invitee(sharing.AccessLevel(member.level), is_inherited, invitee)
    account = call.world.accounts.by_email(email)
    if account is not None:
        info.user = user_info(call, account)
    return info


def user_info(call: Call, account: Account) -> Any:
    """Return the public information about an account (S11-03)."""
    team = account.team
    same_team = team is not None and team == account_of(call).team
    user = _new_user(account.account_id, account.email, account.display_name, same_team)
    if same_team:
        user.team_member_id = account.team_member_id
    return user


def member_permission(action: str, reason: str | None) -> Any:
    """Return the caller's permission for an action on a member (S11-05, S11-36)."""
    refused = None if reason is None else sharing.PermissionDeniedReason(reason)
    return sharing.MemberPermission(sharing.MemberAction(action), reason is None, refused)
