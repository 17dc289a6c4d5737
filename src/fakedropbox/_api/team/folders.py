"""The team folders of a team, which its administrators reach by a path root (P8-06 to P8-13)."""

from __future__ import annotations

from typing import Any

from dropbox import files, team

from fakedropbox._api.files.jobs import check_job, launch
from fakedropbox._api.registry import route
from fakedropbox._api.structs import tag_of
from fakedropbox._api.team.lists import page_of, resumed
from fakedropbox._api.team.people import team_of
from fakedropbox._api.team_events import asset_of_shared, record_event
from fakedropbox._api.team_mounts import rename_mounts, update_mounts
from fakedropbox._facts import hosts
from fakedropbox._files.paths import fold, is_disallowed, parts_of
from fakedropbox._files.team_folders import TeamFolder
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError


@route(team.team_folder_create)
def create(call: Call, arg: Any) -> Any:
    """Create a team folder, which is active (P8-06)."""
    store, own = call.world.files, team_of(call)
    _check_name(call, None, arg.name)
    url = f"{hosts.SITE}/scl/fo/{call.world.chance.word('shared folder', 21)}/h?dl=0"
    id_prefix = call.world.chance.bytes("id", 8)
    sync = "default" if arg.sync_setting is None else tag_of(arg.sync_setting)
    folder = store.create_team_folder(own.team_id, arg.name, sync, id_prefix, url)
    record_event(call, "team_folder_create", [asset_of_shared(folder.shared)])
    return _metadata(folder)


@route(team.team_folder_rename)
def rename(call: Call, arg: Any) -> Any:
    """Rename an active team folder (P8-13)."""
    folder = _selected(call, arg.team_folder_id)
    _expect(folder, "active")
    _check_name(call, folder, arg.name)
    (name,) = parts_of(f"/{arg.name}")
    folder.shared.tree.rename_root(name)
    rename_mounts(call.world, folder.shared)
    names = {"previous_folder_name": folder.name, "new_folder_name": arg.name}
    record_event(call, "team_folder_rename", [asset_of_shared(folder.shared)], **names)
    return _metadata(call.world.files.team_folders.change(folder, name=arg.name))


@route(team.team_folder_archive)
def archive(call: Call, arg: Any) -> Any:
    """Archive an active team folder, whose content then cannot be reached (P8-08)."""
    folder = _selected(call, arg.team_folder_id)
    _expect(folder, "active")
    folder = _with_status(call, folder, "archived")
    return launch(call, "complete", _metadata(folder), as_job=False)


@route(team.team_folder_archive_check)
def check_archive(call: Call, arg: Any) -> Any:
    """Return the status of a job of `archive` (P8-08)."""
    return check_job(call, arg.async_job_id, "team/team_folder/archive")


@route(team.team_folder_activate)
def activate(call: Call, arg: Any) -> Any:
    """Make an archived team folder active again (P8-13)."""
    folder = _selected(call, arg.team_folder_id)
    _expect(folder, "archived")
    return _metadata(_with_status(call, folder, "active"))


def _with_status(call: Call, folder: TeamFolder, status: str) -> TeamFolder:
    """Change the status of a folder, and so the access of members to it."""
    changed = call.world.files.team_folders.change(folder, status=status)
    update_mounts(call.world, team_of(call))
    record_event(
        call,
        "team_folder_change_status",
        [asset_of_shared(folder.shared)],
        new_value=team.TeamFolderStatus(status),
        previous_value=team.TeamFolderStatus(folder.status),
    )
    return changed


@route(team.team_folder_permanently_delete)
def permanently_delete(call: Call, arg: Any) -> None:
    """Delete an archived team folder for ever (P8-08)."""
    folder = _selected(call, arg.team_folder_id)
    _expect(folder, "archived")
    files = call.world.files
    for inner in files.shared_folders.inside(folder.shared):
        files.shared_folders.forget(inner)
    files.team_folders.remove(folder)
    record_event(call, "team_folder_permanently_delete", [asset_of_shared(folder.shared)])


@route(team.team_folder_list)
def list_folders(call: Call, arg: Any) -> Any:
    """Return the team folders, also archived ones, in the order of their creation (P8-07)."""
    return _page(call, 0, arg.limit)


@route(team.team_folder_list_continue)
def list_folders_continue(call: Call, arg: Any) -> Any:
    """Return the next page of the list that a cursor comes from (P8-07)."""
    return _page(call, *resumed(call, arg.cursor))


def _page(call: Call, after: int, limit: int) -> Any:
    found = call.world.files.team_folders.of(team_of(call).team_id)
    later = [(int(each.shared.id), each) for each in found if int(each.shared.id) > after]
    page, cursor, has_more = page_of(call, later, after, limit)
    return team.TeamFolderListResult([_metadata(each) for each in page], cursor, has_more)


@route(team.team_folder_get_info)
def get_info(call: Call, arg: Any) -> Any:
    """Return one result for each id, in their order (P8-07)."""
    return [_item(call, id_) for id_ in arg.team_folder_ids]


def _item(call: Call, id_: str) -> Any:
    folder = call.world.files.team_folders.get(id_)
    if folder is None or folder.team_id != team_of(call).team_id:
        return team.TeamFolderGetInfoItem.id_not_found(id_)
    return team.TeamFolderGetInfoItem.team_folder_metadata(_metadata(folder))


def _selected(call: Call, id_: str) -> TeamFolder:
    """Return a folder of the caller's team.

    Raises:
        RouteError: ``access_error`` and the reason (P8-13).
    """
    folder = call.world.files.team_folders.get(id_)
    if folder is None:
        raise RouteError("access_error/invalid_team_folder_id", fact="P8-13")
    if folder.team_id != team_of(call).team_id:
        raise RouteError("access_error/no_access", fact="P8-13")
    return folder


def _expect(folder: TeamFolder, status: str) -> None:
    """Check the status of a folder.

    Raises:
        RouteError: ``status_error`` and the present status (P8-08).
    """
    if folder.status != status:
        raise RouteError(f"status_error/{folder.status}", fact="P8-08")


def _check_name(call: Call, folder: TeamFolder | None, name: str) -> None:
    """Check the new name of a folder.

    Raises:
        RouteError: it is not a name, or that of another folder (P8-06).
    """
    try:
        parts = parts_of(f"/{name}")
    except RouteError:
        parts = ()
    if len(parts) != 1 or is_disallowed(parts):
        raise RouteError("invalid_folder_name", fact="P8-06")
    for other in call.world.files.team_folders.of(team_of(call).team_id):
        if other is not folder and fold(other.name) == fold(name):
            raise RouteError("folder_name_already_used", fact="P8-06")


def _metadata(folder: TeamFolder) -> Any:
    return team.TeamFolderMetadata(
        team_folder_id=folder.shared.id,
        name=folder.name,
        status=team.TeamFolderStatus(folder.status),
        is_team_shared_dropbox=False,
        sync_setting=files.SyncSetting(folder.sync),
        content_sync_settings=[],
    )
