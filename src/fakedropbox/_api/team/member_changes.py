"""Changes of the members of a team: invitations, removal, suspension, profiles and roles."""

from __future__ import annotations

from typing import Any

from dropbox import team, team_log

from fakedropbox._api.files.jobs import check_job, launch
from fakedropbox._api.registry import missing, route
from fakedropbox._api.structs import tag_of
from fakedropbox._api.team.people import (
    info_of,
    role_with_id,
    roles_of,
    selected,
    team_of,
    version_of,
)
from fakedropbox._api.team_events import record_event
from fakedropbox._api.team_mounts import leave_team_folders
from fakedropbox._identity.teams import Member
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_RESULTS = {1: team.MemberAddResult, 2: team.MemberAddV2Result}


@route(team.members_add)
@route(team.members_add_v2)
def add(call: Call, arg: Any) -> Any:
    """Invite people to the team, each with a result of its own (P6-16, P6-17)."""
    results = [_added(call, each) for each in arg.new_members]
    return launch(call, "complete", results, as_job=False, forced=arg.force_async)


@route(team.members_add_job_status_get)
@route(team.members_add_job_status_get_v2)
def check_add(call: Call, arg: Any) -> Any:
    """Return the status of a job of `add` of the same version (P6-16)."""
    return check_job(call, arg.async_job_id, call.name.replace("/job_status/get", ""))


def _added(call: Call, new: Any) -> Any:
    """Invite one address, and return the result; that of a failure contains the address."""
    version = version_of(call)
    role = tag_of(new.role) if version == 1 else _new_role(new.role_ids)
    failure = "user_creation_failed" if role is None else _failure(call, new)
    if failure is not None:
        return _RESULTS[version](failure, new.member_email)
    names = {"given_name": new.member_given_name, "surname": new.member_surname}
    member = call.world.teams.invite(
        team_of(call),
        new.member_email,
        role=role,
        external_id=new.member_external_id or None,
        persistent_id=new.member_persistent_id or None,
        is_directory_restricted=bool(new.is_directory_restricted),
        **{field: name for field, name in names.items() if name is not None},
    )
    _record_status(call, "not_joined", member)
    return _RESULTS[version]("success", info_of(call, member, version=version))


def _record_status(call: Call, former: str, member: Member) -> None:
    """Record the event that the state of a member has changed."""
    record_event(
        call,
        "member_change_status",
        people=[member],
        previous_value=team_log.MemberStatus(former),
        new_value=team_log.MemberStatus(member.state),
    )


def _new_role(role_ids: list[str] | None) -> str | None:
    """Return the role that a list of at most one id gives; None for an unknown id."""
    return role_with_id(role_ids[0]) if role_ids else "member_only"


def _failure(call: Call, new: Any) -> str | None:
    """Return the reason why a person cannot be invited, or None (P6-17, P6-24)."""
    teams, own = call.world.teams, team_of(call)
    known = teams.with_email(new.member_email)
    if known is not None:
        return "user_already_on_team" if known.team == own else "user_on_another_team"
    if not teams.has_license(own):
        return "team_license_limit"
    if new.member_external_id and teams.find(own, "external_id", new.member_external_id):
        return "duplicate_external_member_id"
    if new.member_persistent_id and teams.find(own, "persistent_id", new.member_persistent_id):
        return "duplicate_member_persistent_id"
    return None


@route(team.members_remove)
def remove(call: Call, arg: Any) -> Any:
    """Remove a member, whose tokens then have no effect (P6-18).

    ``wipe_data`` concerns devices only, of which the double has none.
    """
    member = selected(call, arg.user)
    _check_removal(call, member, arg)
    is_recoverable = not _deletes_permanently(arg)
    removed = call.world.teams.change(member, state="removed", is_recoverable=is_recoverable)
    _record_status(call, member.state, removed)
    call.world.groups.leave(member.team_member_id)
    leave_team_folders(call.world, member)
    return launch(call, "complete", None, as_job=False)


@route(team.members_remove_job_status_get)
def check_remove(call: Call, arg: Any) -> Any:
    """Return the status of a job of `remove` (P6-18)."""
    return check_job(call, arg.async_job_id, "team/members/remove")


def _deletes_permanently(arg: Any) -> bool:
    """Return whether the member's files are to be deleted; the oldest SDK has no such field."""
    return bool(getattr(arg, "permanently_delete_files", False))


def _check_removal(call: Call, member: Member, arg: Any) -> None:
    """Check that a member can be removed as requested; the order of the checks is a guess (P6-27).

    Raises:
        RouteError: the arguments do not go together, or the member is the last administrator.
        NotImplementedInFake: the account is to be kept, or its files are to be transferred.
    """
    keep, transfer = arg.keep_account, arg.transfer_dest_id is not None
    permanently = _deletes_permanently(arg)
    refusals = {
        "remove_last_admin": _is_last_admin(call, member),
        "cannot_keep_account_and_transfer": keep and transfer,
        "cannot_keep_account_and_delete_data": keep and arg.wipe_data,
        "cannot_keep_account_and_permanently_delete": keep and permanently,
        "cannot_keep_invited_user_account": keep and member.state == "invited",
        "cannot_retain_shares_when_data_wiped": arg.retain_team_shares and arg.wipe_data,
        "cannot_retain_shares_when_no_account_kept": arg.retain_team_shares and not keep,
        "cannot_permanently_delete_and_transfer": permanently and transfer,
        "unspecified_transfer_admin_id": transfer and arg.transfer_admin_id is None,
    }
    for reason, applies in refusals.items():
        if applies:
            raise RouteError(reason, fact="P6-27")
    if keep:
        raise missing(call.name, "keep_account")
    if transfer:
        raise missing(call.name, "transfer_dest_id")


def _is_last_admin(call: Call, member: Member) -> bool:
    return call.world.teams.admins(member.team) == [member]


@route(team.members_suspend)
def suspend(call: Call, arg: Any) -> None:
    """Suspend an active member (P6-19)."""
    member = selected(call, arg.user)
    if member.state != "active":
        raise RouteError("suspend_inactive_user", fact="P6-28")
    if _is_last_admin(call, member):
        raise RouteError("suspend_last_admin", fact="P6-28")
    now = call.world.clock.seconds
    suspended = call.world.teams.change(member, state="suspended", suspended=now)
    _record_status(call, member.state, suspended)


@route(team.members_unsuspend)
def unsuspend(call: Call, arg: Any) -> None:
    """End the suspension of a member (P6-19)."""
    member, teams = selected(call, arg.user), call.world.teams
    if member.state != "suspended":
        raise RouteError("unsuspend_non_suspended_member", fact="P6-28")
    if not teams.has_license(member.team):
        raise RouteError("team_license_limit", fact="P6-28")
    _record_status(call, member.state, teams.change(member, state="active", suspended=None))


@route(team.members_set_profile)
@route(team.members_set_profile_v2)
def set_profile(call: Call, arg: Any) -> Any:
    """Change the profile of a member, also the account's name and address (P6-20)."""
    member = selected(call, arg.user)
    member = call.world.teams.change(member, **_new_profile(call, member, arg))
    version = version_of(call)
    info = info_of(call, member, version=version)
    return info if version == 1 else team.TeamMemberInfoV2Result(info)


def _new_profile(call: Call, member: Member, arg: Any) -> dict[str, Any]:
    """Return the new values of a member's fields.

    Raises:
        RouteError: there are none, or one of them cannot be set (P6-20, P6-29).
    """
    given = {
        "email": arg.new_email,
        "external_id": arg.new_external_id,
        "given_name": arg.new_given_name,
        "surname": arg.new_surname,
        "persistent_id": arg.new_persistent_id,
        "is_directory_restricted": arg.new_is_directory_restricted,
    }
    fields = {name: value for name, value in given.items() if value is not None}
    if not fields:
        raise RouteError("no_new_data_specified", fact="P6-20")
    if tag_of(arg.user) == "external_id" and "external_id" in fields:
        raise RouteError("external_id_and_new_external_id_unsafe", fact="P6-29")
    if "" in (arg.new_email, arg.new_given_name, arg.new_surname):
        raise RouteError("param_cannot_be_empty", fact="P6-29")
    if "email" in fields and _is_of_another(call, member, arg.new_email):
        raise RouteError("email_reserved_for_other_user", fact="P6-29")
    for name in ("external_id", "persistent_id"):
        if fields.get(name) and call.world.teams.find(member.team, name, fields[name]) not in (
            None,
            member,
        ):
            raise RouteError(f"{name}_used_by_other_user", fact="P6-29")
    return {name: None if value == "" else value for name, value in fields.items()}


def _is_of_another(call: Call, member: Member, email: str) -> bool:
    """Return whether an address belongs to somebody other than this member."""
    account = call.world.accounts.by_email(email)
    return call.world.teams.with_email(email) not in (None, member) or account not in (
        None,
        member.account,
    )


@route(team.members_set_admin_permissions)
def set_permissions(call: Call, arg: Any) -> Any:
    """Give a member another role (P6-06, P6-30)."""
    member = _with_role(call, arg.user, tag_of(arg.new_role))
    return team.MembersSetPermissionsResult(member.team_member_id, arg.new_role)


@route(team.members_set_admin_permissions_v2)
def set_permissions_v2(call: Call, arg: Any) -> Any:
    """Give a member another role by its id, or none (P6-06, P6-30)."""
    selected(call, arg.user)
    role = _new_role(arg.new_roles)
    if role is None:
        raise RouteError("role_not_found", fact="P6-30")
    member = _with_role(call, arg.user, role)
    return team.MembersSetPermissions2Result(member.team_member_id, roles_of(member))


def _with_role(call: Call, selector: Any, role: str) -> Member:
    """Return a member after giving him a role.

    Raises:
        RouteError: there is no such member, or it is the last administrator (P6-30).
    """
    member = selected(call, selector)
    if role != "team_admin" and _is_last_admin(call, member):
        raise RouteError("last_admin", fact="P6-30")
    changed = call.world.teams.change(member, role=role)
    if role != member.role:
        record_event(
            call,
            "member_change_admin_role",
            people=[changed],
            previous_value=team_log.AdminRole(member.role),
            new_value=team_log.AdminRole(role),
        )
    return changed
