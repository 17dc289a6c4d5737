"""Changes of the members of a shared folder: adding, changing and removing them (S11-12 to S11-41).

A request names a member by the id of an account, a team member or a group, or by e-mail address.
In this module a *person* is the id of an account or a group that is a member, or the e-mail address
of an invitation.
"""

from __future__ import annotations

from typing import Any

from dropbox import sharing

from fakedropbox._api.caller import account_of
from fakedropbox._api.files.jobs import launch
from fakedropbox._api.registry import AS_429, missing, route
from fakedropbox._api.sharing.folder_jobs import new_job
from fakedropbox._api.sharing.folder_metadata import accessed_folder, is_of_team, team_of_folder
from fakedropbox._api.sharing.folder_rights import changes_members, member_refusal
from fakedropbox._api.structs import payload_of, tag_of
from fakedropbox._api.team_events import Person, asset_of_shared, logging_team, record_event
from fakedropbox._api.team_mounts import unmount_without_access, update_mounts
from fakedropbox._files import mounting
from fakedropbox._files.memberships import LEVELS, Membership
from fakedropbox._files.shared_folders import SharedFolder
from fakedropbox._identity.accounts import Account
from fakedropbox.calls import Call, World
from fakedropbox.errors import RouteError

GIVEN = LEVELS[:-1]
"""The levels that a member can be given: all but that of the owner (S11-14)."""


@route(sharing.add_folder_member, contention=AS_429)
def add_folder_member(call: Call, arg: Any) -> None:
    """Add accounts, groups and addresses to a folder: all of them or none (S11-12 to S11-24)."""
    account = account_of(call)
    shared, _ = _managed(call, account, arg.shared_folder_id)
    if not account.email_verified:
        raise RouteError("email_unverified", fact="S11-21")
    with call.world.files.undone_if_refused():
        for each in arg.members:
            _add(call, shared, each)
    _show_team_folder(call, shared)
    for each in arg.members if logging_team(call) else ():
        level = "viewer" if each.access_level is None else tag_of(each.access_level)
        record_event(
            call,
            "shared_content_add_member",
            [asset_of_shared(shared)],
            [_taking_part(call, each.member)],
            shared_content_access_level=sharing.AccessLevel(level),
        )


@route(sharing.update_folder_member, contention=AS_429)
def update_folder_member(call: Call, arg: Any) -> Any:
    """Change the level of a member (S11-25 to S11-27)."""
    account = account_of(call)
    shared, membership = _managed(call, account, arg.shared_folder_id)
    if tag_of(arg.member) == "email":
        raise RouteError("member_error/invalid_dropbox_id", fact="S11-27")
    person = _person(call, shared, arg.member)
    level = tag_of(arg.access_level)
    refused = member_refusal(shared, account, membership, person, f"make_{level}")
    if level not in GIVEN or refused is not None:
        raise RouteError("no_permission", fact="S11-37")
    _refuse_inherited(call, shared, person)
    _refuse_by_group(call, shared, person)
    call.world.files.shared_folders.set_level(shared, person, level)
    return sharing.MemberAccessLevelResult()


@route(sharing.remove_folder_member, contention=AS_429)
def remove_folder_member(call: Call, arg: Any) -> Any:
    """Remove a member or an invitation, always by a job (S11-28 to S11-34)."""
    account = account_of(call)
    shared, membership = _managed(call, account, arg.shared_folder_id)
    person = _person(call, shared, arg.member)
    if person == shared.owner:
        raise RouteError("folder_owner", fact="S11-32")
    if member_refusal(shared, account, membership, person, "remove") is not None:
        raise RouteError("no_permission", fact="S11-37")
    files = call.world.files
    if person in shared.invitees or person in shared.groups:
        if person in shared.groups and arg.leave_a_copy:
            raise missing(call.name, "leave_a_copy for the members of a group")
        files.shared_folders.remove(shared, person)
        unmount_without_access(call.world, shared)
    elif person not in shared.members:
        _refuse_inherited(call, shared, person)
        raise RouteError("group_access", fact="S11-32")
    else:
        with files.undone_if_refused():
            mounting.leave(files, shared, files.homes[person], leave_a_copy=arg.leave_a_copy)
    _show_team_folder(call, shared)
    if logging_team(call):
        taking_part = [_taking_part(call, arg.member)]
        record_event(call, "shared_content_remove_member", [asset_of_shared(shared)], taking_part)
    found = sharing.MemberAccessLevelResult()
    return launch(call, "complete", found, forced=True, name=new_job(call))


def _taking_part(call: Call, selector: Any) -> Person:
    """Return the person that a selector of the caller stands for, as an event names him."""
    kind, value = tag_of(selector), payload_of(selector)
    group = call.world.groups.by_id(value)
    if group is not None:
        return group
    is_email = kind == "email"
    account = call.world.accounts.by_email(value) if is_email else identified(call, value)
    return account or str(value)


def _show_team_folder(call: Call, shared: SharedFolder) -> None:
    """Mount and unmount a team folder where the access of its members has changed."""
    team = team_of_folder(call.world, shared)
    if team is not None and is_of_team(call.world, shared):
        update_mounts(call.world, team)


def _refuse_inherited(call: Call, shared: SharedFolder, person: str) -> None:
    """Refuse to change a person who has access only by the team folder around a folder (P8-21).

    Raises:
        RouteError: ``member_error/no_explicit_access`` with that access.
    """
    folders = call.world.files.shared_folders
    level = folders.inherited(shared, person)
    is_explicit = person in shared.of_kind(person) or folders.has_by_group(shared, person)
    if level is not None and not is_explicit:
        access = sharing.MemberAccessLevelResult(sharing.AccessLevel(level))
        found = {"no_explicit_access": access}
        raise RouteError("member_error/no_explicit_access", found, fact="P8-21")


def _refuse_by_group(call: Call, shared: SharedFolder, person: str) -> None:
    """Refuse to change the level of a person who has access only through a group.

    Raises:
        NotImplementedInFake: the person has access only through a group.
    """
    if person not in shared.of_kind(person):
        raise missing(call.name, "a member of a group, who is not a member by himself")


def identified(call: Call, id_: str | None) -> Account | None:
    """Return the account with an account id or a team member id, or None (S11-39)."""
    accounts = call.world.accounts
    if id_ is not None and id_.startswith("dbmid:"):
        return next((each for each in accounts if each.team_member_id == id_), None)
    return accounts.by_id(id_ or "")


def _managed(call: Call, account: Account, id_: str) -> tuple[SharedFolder, Membership]:
    """Return a folder whose members the caller may change, and the caller's membership.

    Raises:
        RouteError: ``access_error`` and the reason, or ``no_permission``.
    """
    shared, membership = accessed_folder(call, account, id_)
    if not changes_members(shared, membership):
        raise RouteError("no_permission", fact="S11-23")
    return shared, membership


def _add(call: Call, shared: SharedFolder, added: Any) -> None:
    """Add an account or group, or invite an address that is not confirmed (S11-16, S11-35).

    Raises:
        RouteError: with the tags of an `AddFolderMemberError`.
    """
    kind, value = tag_of(added.member), payload_of(added.member)
    if kind == "other":
        raise RouteError("bad_member/other")
    if kind == "dropbox_id" and value.startswith("g:"):
        _add_group(call, shared, value, added.access_level)
        return
    account = call.world.accounts.by_email(value) if kind == "email" else _invited(call, value)
    level = "viewer" if added.access_level is None else tag_of(added.access_level)  # S11-13
    if level not in GIVEN:
        raise RouteError("no_permission", fact="S11-14")
    owner = team_of_folder(call.world, shared)
    is_outside = owner is not None and (account is None or account.team != owner)
    if is_outside and shared.policy.member == "team":
        raise RouteError("cant_share_outside_team", fact="S11-44")
    if is_outside and shared.is_team_folder:
        raise RouteError("team_folder", fact="P8-17")
    if kind == "email":
        call.world.contacts.add(account_of(call).account_id, value)
    is_member = account is not None and account.account_id in shared.members
    if account is None or not (account.email_verified or is_member):
        now = call.world.clock.seconds
        call.world.files.shared_folders.invite(shared, value, level, now)
    else:
        join(call.world, shared, account, level)


def _add_group(call: Call, shared: SharedFolder, group_id: str, access_level: Any) -> None:
    """Add a group of the caller's team (S11-43).

    Raises:
        RouteError: with the tags of an `AddFolderMemberError`.
    """
    groups, team = call.world.groups, account_of(call).team
    group = groups.by_id(group_id)
    if group is None:
        tag = "group_deleted" if groups.was_deleted(group_id) else "invalid_group"
        raise RouteError(f"bad_member/{tag}", fact="S11-20")
    if group.team != team:
        raise RouteError("bad_member/group_not_on_team", fact="S11-20")
    owner = team_of_folder(call.world, shared)
    if owner != team and shared.policy.member == "team":
        raise RouteError("cant_share_outside_team", fact="S11-44")
    level = "viewer" if access_level is None else tag_of(access_level)
    if level not in GIVEN:
        raise RouteError("no_permission", fact="S11-14")
    call.world.files.shared_folders.add_group(shared, group_id, level, call.world.clock.seconds)


def join(world: World, shared: SharedFolder, account: Account, level: str) -> None:
    """Make an account a member, after accepting its invitation if it has one (S11-16, S11-40)."""
    now = world.clock.seconds
    world.files.shared_folders.join(shared, account.account_id, account.email, level, now)


def _invited(call: Call, id_: str) -> Account:
    """Return the account with an id that is to be added.

    Raises:
        RouteError: ``bad_member`` and the reason.
    """
    account = identified(call, id_)
    if account is None:
        fields = {"invalid_dropbox_id": id_}
        raise RouteError("bad_member/invalid_dropbox_id", fields, fact="S11-19")
    if not account.email_verified:
        fields = {"unverified_dropbox_id": id_}
        raise RouteError("bad_member/unverified_dropbox_id", fields, fact="S11-35")
    return account


def _person(call: Call, shared: SharedFolder, selector: Any) -> str:
    """Return the person of a folder that a selector stands for.

    Raises:
        RouteError: ``member_error`` and the reason.
    """
    kind, value = tag_of(selector), payload_of(selector)
    if value in shared.groups:
        return str(value)
    is_email = kind == "email"
    account = call.world.accounts.by_email(value) if is_email else identified(call, value)
    if account is None and not is_email:
        raise RouteError("member_error/invalid_dropbox_id", fact="S11-26")
    address = value.lower() if account is None else account.email.lower()
    folders = call.world.files.shared_folders
    if account is not None and folders.level(shared, account.account_id) is not None:
        return account.account_id
    if address in shared.invitees:
        return address
    raise RouteError("member_error/not_a_member", fact="S11-31")
