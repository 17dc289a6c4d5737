"""Mounting shared folders, and ending one's access or that of all members (S12-01 to S12-21)."""

from __future__ import annotations

from typing import Any

from dropbox import sharing

from fakedropbox._api.caller import account_of
from fakedropbox._api.files.jobs import launch
from fakedropbox._api.files.places import view_of
from fakedropbox._api.registry import AS_429, missing, route
from fakedropbox._api.sharing.folder_jobs import new_job
from fakedropbox._api.sharing.folder_metadata import accessed_folder, folder_metadata, is_of_team
from fakedropbox._api.team_events import asset_of_shared, logging_team, record_event
from fakedropbox._files import mounting
from fakedropbox._files.shared_folders import SharedFolder
from fakedropbox._identity.accounts import Account
from fakedropbox.calls import Call, World
from fakedropbox.errors import RouteError


@route(sharing.mount_folder, contention=AS_429)
def mount_folder(call: Call, arg: Any) -> Any:
    """Mount a folder that the caller is a member of or is invited to (S12-01 to S12-04)."""
    account = account_of(call)
    shared, _ = accessed_folder(call, account, arg.shared_folder_id)
    mount(call.world, shared, account)
    if logging_team(call):
        record_event(call, "shared_folder_mount", [asset_of_shared(shared)])
    return folder_metadata(call, account, shared)


def mount(world: World, shared: SharedFolder, account: Account) -> None:
    """Mount a folder for an account, which accepts its invitation, if it has one.

    Raises:
        RouteError: with the tags of a `MountFolderError`.
    """
    files, home = world.files, world.files.trees[account.namespace_id]
    if files.shared_folders.inherited(shared, account.account_id) is not None:
        raise RouteError("inside_shared_folder", fact="P8-21")
    if shared.mounted_in(home) is not None:
        raise RouteError("already_mounted", fact="S12-03")
    size = shared.tree.used
    if not files.has_room(home, size):
        left = max(home.capacity - home.total_used, 0)
        amounts = sharing.InsufficientQuotaAmounts(size, size - left, left)
        raise RouteError("insufficient_quota", {"insufficient_quota": amounts}, fact="S12-04")
    files.shared_folders.accept(shared, account.email, account.account_id)
    mounting.add_mount(files, shared, home)


@route(sharing.unmount_folder, contention=AS_429)
def unmount_folder(call: Call, arg: Any) -> None:
    """Unmount a folder; the caller stays a member (S12-06 to S12-09)."""
    account = account_of(call)
    shared, _ = accessed_folder(call, account, arg.shared_folder_id)
    if call.world.files.shared_folders.inherited(shared, account.account_id) is not None:
        raise RouteError("not_unmountable", fact="P8-21")
    mounted = shared.mounted_in(view_of(call).home)
    if mounted is None:
        raise RouteError("access_error/unmounted", fact="S12-07")
    if shared.is_team_folder:
        raise RouteError("not_unmountable", fact="P8-16")
    call.world.files.delete(mounted)
    if logging_team(call):
        record_event(call, "shared_folder_unmount", [asset_of_shared(shared)])


@route(sharing.relinquish_folder_membership, contention=AS_429)
def relinquish_folder_membership(call: Call, arg: Any) -> Any:
    """End the caller's membership of a folder, or refuse an invitation (S12-12 to S12-14)."""
    account, files = account_of(call), call.world.files
    shared, membership = accessed_folder(call, account, arg.shared_folder_id)
    if shared.is_team_folder:
        raise RouteError("team_folder", fact="P8-10")
    if membership.level == "owner":
        raise RouteError("folder_owner", fact="S12-13")
    if files.shared_folders.has_by_group(shared, account.account_id):
        raise RouteError("group_access", fact="S12-28")
    if files.shared_folders.inherited(shared, account.account_id) is not None:
        raise RouteError("no_explicit_access", fact="P8-21")
    if account.account_id in shared.members:
        with files.undone_if_refused():  # the SDK has no tag here for a folder that is too large
            mounting.leave(files, shared, view_of(call).home, leave_a_copy=arg.leave_a_copy)
    else:
        files.shared_folders.withdraw(shared, account.email)
    return _launched(call, as_job=arg.leave_a_copy)


@route(sharing.unshare_folder, contention=AS_429)
def unshare_folder(call: Call, arg: Any) -> Any:
    """End the sharing of a folder, which stays with its owner (S12-15 to S12-21)."""
    shared, membership = accessed_folder(call, account_of(call), arg.shared_folder_id)
    if shared.is_team_folder:
        raise RouteError("team_folder", fact="P8-10")
    if membership.level != "owner":
        raise RouteError("no_permission", fact="S12-19")
    if is_of_team(call.world, shared):
        raise missing(call.name, "a folder in a team folder")
    files = call.world.files
    asset = asset_of_shared(shared) if logging_team(call) else None
    with files.undone_if_refused():
        mounting.unshare(files, shared, leave_a_copy=arg.leave_a_copy)
    if asset is not None:
        record_event(call, "shared_content_unshare", [asset])
    return _launched(call, as_job=True)


def _launched(call: Call, *, as_job: bool) -> Any:
    return launch(call, "complete", None, as_job=as_job, name=new_job(call))
