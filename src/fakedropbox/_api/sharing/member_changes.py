"""Changes of the members of a shared folder: adding, changing and removing them (S11-12 to S11-41).

A request names a member by account id or e-mail address. In this module a *person* is the account
id of a member, or the e-mail address of an invitation.
"""

from __future__ import annotations

from typing import Any

from dropbox import sharing

from fakedropbox._api.caller import account_of
from fakedropbox._api.files.jobs import launch
from fakedropbox._api.registry import AS_429, missing, route
from fakedropbox._api.sharing.folder_jobs import new_job
from fakedropbox._api.sharing.folder_metadata import accessed_folder
from fakedropbox._api.sharing.folder_rights import changes_members, member_refusal
from fakedropbox._api.structs import payload_of, tag_of
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
    """Add accounts and e-mail addresses to a folder: all of them or none (S11-12 to S11-24)."""
    account = account_of(call)
    shared, _ = _managed(call, account, arg.shared_folder_id)
    if not account.email_verified:
        raise RouteError("email_unverified", fact="S11-21")
    with call.world.files.undone_if_refused():
        for each in arg.members:
            _add(call, shared, each)


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
    if person in shared.invitees:
        files.shared_folders.withdraw(shared, person)
    else:
        with files.undone_if_refused():
            mounting.leave(files, shared, files.homes[person], leave_a_copy=arg.leave_a_copy)
    found = sharing.MemberAccessLevelResult()
    return launch(call, "complete", found, forced=True, name=new_job(call))


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
    """Add an account, or invite an address that no account has confirmed (S11-16, S11-35).

    Raises:
        RouteError: ``bad_member`` and the reason, or ``no_permission``.
    """
    kind, value = tag_of(added.member), payload_of(added.member)
    if kind == "other":
        raise RouteError("bad_member/other")
    account = call.world.accounts.by_email(value) if kind == "email" else _invited(call, value)
    level = "viewer" if added.access_level is None else tag_of(added.access_level)  # S11-13
    if level not in GIVEN:
        raise RouteError("no_permission", fact="S11-14")
    if kind == "email":
        call.world.contacts.add(account_of(call).account_id, value)
    is_member = account is not None and account.account_id in shared.members
    if account is None or not (account.email_verified or is_member):
        now = call.world.clock.seconds
        call.world.files.shared_folders.invite(shared, value, level, now)
    else:
        join(call.world, shared, account, level)


def join(world: World, shared: SharedFolder, account: Account, level: str) -> None:
    """Make an account a member, after accepting its invitation if it has one (S11-16, S11-40)."""
    now = world.clock.seconds
    world.files.shared_folders.join(shared, account.account_id, account.email, level, now)


def _invited(call: Call, id_: str) -> Account:
    """Return the account with an id that is to be added.

    Raises:
        RouteError: ``bad_member`` and the reason.
    """
    if call.world.groups.by_id(id_) is not None:
        raise missing(call.name, "a group as a member of a folder")
    if id_.startswith("g:"):
        raise RouteError("bad_member/invalid_group", fact="S11-20")
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
    is_email = kind == "email"
    account = call.world.accounts.by_email(value) if is_email else identified(call, value)
    if account is None and not is_email:
        raise RouteError("member_error/invalid_dropbox_id", fact="S11-26")
    address = value.lower() if account is None else account.email.lower()
    if account is not None and account.account_id in shared.members:
        return account.account_id
    if address in shared.invitees:
        return address
    raise RouteError("member_error/not_a_member", fact="S11-31")
