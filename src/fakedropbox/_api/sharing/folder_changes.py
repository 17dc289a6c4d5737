"""Changes of a shared folder as a whole: its policies, its inheritance and its owner."""

from __future__ import annotations

from typing import Any

from dropbox import sharing

from fakedropbox._api.caller import account_of
from fakedropbox._api.registry import AS_429, missing, route
from fakedropbox._api.sharing.folder_metadata import (
    accessed_folder,
    folder_metadata,
    is_of_team,
    team_of_folder,
)
from fakedropbox._api.sharing.member_changes import identified
from fakedropbox._api.sharing.policies import changed_policy
from fakedropbox._api.structs import without_passwords
from fakedropbox._files.shared_folders import SharedFolder
from fakedropbox._identity.accounts import Account
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError


@route(sharing.update_folder_policy, contention=AS_429, shown=without_passwords)
def update_folder_policy(call: Call, arg: Any) -> Any:
    """Change policies of a folder; those that are not given stay as they are (S12-24, S12-25)."""
    account = account_of(call)
    if arg.link_settings is not None:
        raise missing(call.name, "link_settings")
    shared = _owned(call, account, arg.shared_folder_id)
    on_team = team_of_folder(call.world, shared) is not None
    if arg.member_policy is not None and not on_team:
        raise RouteError("not_on_team", fact="S12-25")
    policy = changed_policy(shared.policy, arg, on_team=on_team)
    call.world.files.shared_folders.set_policy(shared, policy)
    return folder_metadata(call, account, shared, arg.actions)


@route(sharing.set_access_inheritance, contention=AS_429)
def set_access_inheritance(call: Call, arg: Any) -> Any:
    """Refuse any change, as Dropbox does for folders outside the root of a team (S12-26)."""
    accessed_folder(call, account_of(call), arg.shared_folder_id)
    raise RouteError("no_permission", fact="S12-26")


@route(sharing.transfer_folder, contention=AS_429)
def transfer_folder(call: Call, arg: Any) -> None:
    """Make another member the owner of a folder; the former owner becomes an editor (S12-22)."""
    account = account_of(call)
    shared = _owned(call, account, arg.shared_folder_id)
    if shared.is_team_folder:
        raise RouteError("team_folder", fact="P8-10")
    if is_of_team(call.world, shared):
        raise missing(call.name, "a folder in a team folder")
    heir = _heir(call, account, shared, arg.to_dropbox_id)
    call.world.files.shared_folders.transfer(shared, heir.account_id)


def _owned(call: Call, account: Account, id_: str) -> SharedFolder:
    """Return a folder that the caller owns.

    Raises:
        RouteError: ``access_error`` and the reason, or ``no_permission``.
    """
    shared, membership = accessed_folder(call, account, id_)
    if membership.level != "owner":
        raise RouteError("no_permission", fact="S12-24")
    return shared


def _heir(call: Call, account: Account, shared: SharedFolder, id_: str) -> Account:
    """Return the member with an id, who may become the owner (S12-23).

    Raises:
        RouteError: there is no such member, or the member cannot become the owner.
        NotImplementedInFake: the folder would be one of another team, or of none.
    """
    heir = identified(call, id_)
    if heir is None:
        raise RouteError("invalid_dropbox_id", fact="S12-23")
    if heir == account:
        raise RouteError("no_permission", fact="S12-27")
    if heir.account_id not in shared.members:
        raise RouteError("new_owner_not_a_member", fact="S12-23")
    if not heir.email_verified:
        raise RouteError("new_owner_email_unverified", fact="S12-23")
    if shared.mounted_in(call.world.files.homes[heir.account_id]) is None:
        raise RouteError("new_owner_unmounted", fact="S12-23")
    if heir.team != account.team:
        raise missing(call.name, "a folder that changes its team")
    return heir
