"""The members of shared folders: adding and listing them (S11-01 to S11-24)."""

from __future__ import annotations

from typing import Any

from dropbox import sharing

from fakedropbox._api.registry import missing, route
from fakedropbox._api.sharing.folder_metadata import shared_folder
from fakedropbox._api.sharing.links import account_of
from fakedropbox._api.structs import maker, payload_of, tag_of
from fakedropbox._files.cursors import open_cursor, seal_cursor
from fakedropbox._files.shared_folders import LEVELS, Membership, SharedFolder
from fakedropbox._identity.accounts import Account
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_new_user = maker(sharing.UserInfo, "account_id", "email", "display_name", "same_team")
_new_member = maker(sharing.UserMembershipInfo, "access_type", "is_inherited", "user")
_new_invitee = maker(sharing.InviteeMembershipInfo, "access_type", "is_inherited", "invitee")


@route(sharing.add_folder_member)
def add_folder_member(call: Call, arg: Any) -> None:
    """Add accounts and e-mail addresses to a folder: all of them or none (S11-12 to S11-24)."""
    account = account_of(call)
    try:
        shared, membership = shared_folder(call, account, arg.shared_folder_id)
    except RouteError as error:
        raise error.under("access_error") from None
    may_add = ("owner", "editor") if shared.policy.acl_update == "editors" else ("owner",)
    if membership.level not in may_add:
        raise RouteError("no_permission", fact="S11-23")
    if not account.email_verified:
        raise RouteError("email_unverified", fact="S11-21")
    files, now = call.world.files, call.world.clock.seconds
    with files.undone_if_refused():
        for each in arg.members:
            level = "viewer" if each.access_level is None else tag_of(each.access_level)  # S11-13
            if level not in LEVELS or level == "owner":
                raise RouteError("no_permission", fact="S11-14")
            member, email = _selected(call, each.member)
            if member is None:
                files.shared_folders.invite(shared, email, level, now)
            else:
                files.shared_folders.add_member(shared, member.account_id, level, now)


def _selected(call: Call, selector: Any) -> tuple[Account | None, str]:
    """Return the account that a selector stands for and its address, or None and an address.

    Raises:
        RouteError: there is no such account.
    """
    kind, value = tag_of(selector), payload_of(selector)
    if kind == "email":
        return call.world.accounts.by_email(value), value
    if kind == "dropbox_id":
        account = call.world.accounts.by_id(value)
        if account is not None:
            return account, account.email
        fields = {"invalid_dropbox_id": value}
        raise RouteError("bad_member/invalid_dropbox_id", fields, fact="S11-19")
    raise RouteError("bad_member/other")


@route(sharing.list_folder_members)
def list_folder_members(call: Call, arg: Any) -> Any:
    """Return the members of a folder, the owner first, and those who are invited (S11-01)."""
    if getattr(arg, "path", None) is not None:
        raise missing(call.name, "path")
    shared, _ = shared_folder(call, account_of(call), arg.shared_folder_id)
    actions = None if not arg.actions else [tag_of(action) for action in arg.actions]
    return _page(call, shared, arg.limit, actions, -1)


@route(sharing.list_folder_members_continue)
def list_folder_members_continue(call: Call, arg: Any) -> Any:
    """Return the next page of the members (S11-09)."""
    account = account_of(call)
    fields = open_cursor(call.world.chance, arg.cursor)
    if fields is None or fields[:2] != ["members", account.account_id]:
        raise RouteError("invalid_cursor", fact="S11-09")
    _, _, id_, limit, actions, after = fields
    try:
        shared, _ = shared_folder(call, account, id_)
    except RouteError as error:
        raise error.under("access_error") from None
    return _page(call, shared, limit, actions, after)


def _page(
    call: Call, shared: SharedFolder, limit: int, actions: list[str] | None, after: int
) -> Any:
    """Return some members and invitations, with a cursor if there are more (S11-11)."""
    people = [(each.number, key, each) for key, each in shared.members.items()]
    people += [(each.number, key, each) for key, each in shared.invitees.items()]
    later = sorted(each for each in people if each[0] > after)
    users, invitees = [], []
    for _, key, each in later[:limit]:
        if key in shared.members:
            users.append(_member(call, key, each, actions))
        else:
            invitees.append(_invitee(call, key, each, actions))
    result = sharing.SharedFolderMembers(users, [], invitees)
    if len(later) > limit:
        last = later[limit - 1][0]
        fields = ["members", account_of(call).account_id, shared.id, limit, actions, last]
        result.cursor = seal_cursor(call.world.chance, fields)
    return result


def _member(call: Call, account_id: str, member: Membership, actions: list[str] | None) -> Any:
    account = call.world.accounts.by_id(account_id)
    assert account is not None
    info = _new_member(sharing.AccessLevel(member.level), False, _user(call, account))
    if actions is not None:
        info.permissions = [_permission(call, account, action) for action in actions]
    return info


def _invitee(call: Call, email: str, member: Membership, actions: list[str] | None) -> Any:
    """Return an invitation, with the account that has the address by now (S11-07)."""
    if actions is not None:
        raise missing(call.name, "actions on an invitation")
    invitee = sharing.InviteeInfo.email(email)
    info = _new_invitee(sharing.AccessLevel(member.level), False, invitee)
    account = call.world.accounts.by_email(email)
    if account is not None:
        info.user = _user(call, account)
    return info


def _user(call: Call, account: Account) -> Any:
    """Return the public information about an account (S11-03)."""
    team = account.team
    same_team = team is not None and team == account_of(call).team
    user = _new_user(account.account_id, account.email, account.display_name, same_team)
    if same_team:
        user.team_member_id = account.team_member_id
    return user


def _permission(call: Call, account: Account, action: str) -> Any:
    """Return the caller's permission for an action on a member, who is the caller (S11-05).

    Raises:
        NotImplementedInFake: it is another member.
    """
    if account != account_of(call):
        raise missing(call.name, "actions on another member")
    reason = sharing.PermissionDeniedReason("target_is_self")
    return sharing.MemberPermission(sharing.MemberAction(action), False, reason)
