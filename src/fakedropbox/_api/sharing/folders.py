"""Shared folders: sharing one, and finding those that the caller is a member of."""

from __future__ import annotations

from typing import Any

from dropbox import sharing

from fakedropbox._api.caller import account_of
from fakedropbox._api.files.jobs import launch
from fakedropbox._api.files.places import view_of
from fakedropbox._api.registry import AS_429, missing, route
from fakedropbox._api.sharing.folder_jobs import new_job
from fakedropbox._api.sharing.folder_metadata import (
    folder_metadata,
    membership_of,
    shared_folder,
)
from fakedropbox._api.sharing.folder_rights import changes_members
from fakedropbox._api.sharing.policies import changed_policy
from fakedropbox._api.sharing.user_messages import user_message
from fakedropbox._api.structs import tag_of, without_passwords
from fakedropbox._api.team_events import asset_of_shared, logging_team, record_event
from fakedropbox._facts import hosts, messages
from fakedropbox._files import mounting
from fakedropbox._files.cursors import open_cursor, seal_cursor
from fakedropbox._files.nodes import File, Folder
from fakedropbox._files.places import Place
from fakedropbox._files.shared_folders import Policy, SharedFolder
from fakedropbox._files.tree import Mount
from fakedropbox._identity.accounts import Account
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

Position = tuple[str, str]
"""The position of a shared folder in a list: its name in lower case, and its id (S10-14)."""


@route(sharing.share_folder, contention=AS_429, shown=without_passwords)
def share_folder(call: Call, arg: Any) -> Any:
    """Share a folder, which is created if it does not exist (S8-01 to S8-24).

    Errors are returned at once, even if the caller wants a job.
    """
    account = account_of(call)
    shared = share(call, account, arg)
    if logging_team(call):
        asset = asset_of_shared(shared)
        record_event(call, "shared_folder_create", [asset], target_ns_id=shared.id)
    found = folder_metadata(call, account, shared, arg.actions)
    name = new_job(call)
    return launch(call, "complete", found, as_job=False, forced=arg.force_async, name=name)


def share(call: Call, account: Account, arg: Any) -> SharedFolder:
    """Share a folder of an account.

    Raises:
        RouteError: it is refused, and nothing is changed.
        NotImplementedInFake: the double has no such shared folders.
    """
    _refuse_unbuilt(call, arg)
    if not account.email_verified:
        raise RouteError("email_unverified", fact="S8-17")
    files = call.world.files
    with files.undone_if_refused():
        place = _place(call, arg.path)
        known = _check(call, account, place)
        on_team = account.team is not None
        is_for_team = arg.member_policy is not None and tag_of(arg.member_policy) == "team"
        if is_for_team and not on_team:
            raise RouteError("team_policy_disallows_member_policy", fact="S8-15")
        policy = changed_policy(Policy(), arg, on_team=on_team)
        folder = known or files.make_folder(place, autorename=False)
        url = f"{hosts.SITE}/scl/fo/{call.world.chance.word('shared folder', 21)}/h?dl=0"
        now = call.world.clock.seconds
        return mounting.share(files, folder, policy, url, now)


@route(sharing.get_folder_metadata)
def get_folder_metadata(call: Call, arg: Any) -> Any:
    """Return the metadata of a shared folder, mounted or not (S10-01 to S10-06)."""
    account = account_of(call)
    shared, _ = shared_folder(call, account, arg.shared_folder_id)
    return folder_metadata(call, account, shared, arg.actions)


@route(sharing.list_folders)
@route(sharing.list_mountable_folders)
def list_folders(call: Call, arg: Any) -> Any:
    """Return all folders that the caller is a member of, mounted or not (S10-07, S10-13).

    `list_mountable_folders` leaves out team folders, and what is in those that the caller has
    access to (S10-18, P8-21).
    """
    return _page(call, arg.limit, arg.actions, ("", ""))


@route(sharing.list_folders_continue)
@route(sharing.list_mountable_folders_continue)
def list_folders_continue(call: Call, arg: Any) -> Any:
    """Return the next page of the list that a cursor comes from (S10-11, S10-12)."""
    fields = open_cursor(call.world.chance, arg.cursor)
    begun_by = call.name.removesuffix("/continue")
    if fields is None or fields[:2] != [begun_by, account_of(call).account_id]:
        raise RouteError("invalid_cursor", fact="S10-12")
    _, _, limit, tags, after = fields
    actions = None if tags is None else [sharing.FolderAction(tag) for tag in tags]
    return _page(call, limit, actions, tuple(after))


def _page(call: Call, limit: int, actions: list[Any] | None, after: Position) -> Any:
    account = account_of(call)
    mine = call.world.files.shared_folders.of(account.account_id, account.email)
    if "mountable" in call.name:
        folders, who = call.world.files.shared_folders, account.account_id
        mine = [
            each
            for each in mine
            if not each.is_team_folder and folders.inherited(each, who) is None
        ]
    found = sorted((_position(each), each) for each in mine if _position(each) > after)
    page = found[:limit]
    entries = [folder_metadata(call, account, shared, actions) for _, shared in page]
    result = sharing.ListFoldersResult(entries)
    if len(found) > limit:
        tags = None if actions is None else [tag_of(action) for action in actions]
        begun_by = call.name.removesuffix("/continue")
        fields = [begun_by, account.account_id, limit, tags, page[-1][0]]
        result.cursor = seal_cursor(call.world.chance, fields)
    return result


def _position(shared: SharedFolder) -> Position:
    return shared.folder.key, shared.id


def _refuse_unbuilt(call: Call, arg: Any) -> None:
    """Refuse arguments of `share_folder` that the double does not support.

    Raises:
        NotImplementedInFake: the call asks for access rights of the folder's own, or for settings
            of links.
    """
    if tag_of(arg.access_inheritance) != "inherit":
        raise missing(call.name, f"access_inheritance {tag_of(arg.access_inheritance)}")
    if getattr(arg, "link_settings", None) is not None:
        raise missing(call.name, "link_settings")


def _place(call: Call, path: str) -> Place:
    """Return the place of the folder to be shared.

    Raises:
        RouteError: ``bad_path/invalid_path`` for the root and for bad paths (S8-12).
    """
    try:
        place = view_of(call).place(path) if path != "/" else None
    except RouteError:
        place = None
    if place is None or not place.parts:
        raise RouteError("bad_path/invalid_path", fact="S8-12")
    return place


def _check_spot(call: Call, place: Place) -> None:
    """Check that a folder can be created at a place, and be shared (S8-02).

    Raises:
        RouteError: ``bad_path`` and the reason, which is ``invalid_path`` if no folder can be
            created there (S8-12).
    """
    try:
        reach = call.world.files.free_spot(place, for_file=False)
    except RouteError:
        raise RouteError("bad_path/invalid_path", fact="S8-12") from None
    for folder in place.tree.app_folders.values():
        if folder is not None and folder.parent is not None and _is_below(reach.folder, folder):
            raise RouteError("bad_path/inside_app_folder", fact="S8-13")


def _check(call: Call, account: Account, place: Place) -> Folder | None:
    """Return the folder at a place, or None if it is missing, after checking that it can be shared.

    Raises:
        RouteError: ``bad_path`` and the reason.
    """
    node = place.there
    if isinstance(node, File):
        raise RouteError("bad_path/is_file", fact="S8-10")
    if place.access is not None:
        _check_around(call, account, place.access.shared)
    if node is None:
        _check_spot(call, place)
        return None
    assert isinstance(node, Folder)
    view = view_of(call)
    if node is place.tree.home:
        raise RouteError("bad_path/invalid_path", fact="S8-12")
    if isinstance(node, Mount):
        shared = call.world.files.shared_folders.with_tree(node.target)
        raise RouteError(
            "bad_path/already_shared",
            {"already_shared": folder_metadata(call, account, shared)},
            user_message=user_message(call, messages.ALREADY_SHARED),
            fact="S8-09",
        )
    if view.of(node).mounts_below(node):
        raise RouteError("bad_path/contains_shared_folder", fact="S8-11")
    for folder in view.tree.app_folders.values():
        if folder is not None and folder.parent is not None:
            _refuse_app_folder(node, folder)
    return node


def _check_around(call: Call, account: Account, around: SharedFolder) -> None:
    """Check that a folder in another shared one can be shared: only one in a team folder can.

    Raises:
        RouteError: ``bad_path/inside_shared_folder`` or ``no_permission``.
    """
    if not around.is_team_folder:
        raise RouteError("bad_path/inside_shared_folder", fact="S8-11")
    membership = membership_of(call, account, around)
    if membership is None or not changes_members(around, membership):
        raise RouteError("no_permission", fact="P8-20")


def _refuse_app_folder(node: Folder, app_folder: Folder) -> None:
    """Refuse to share an app folder, or something inside or around it (S8-13).

    Raises:
        RouteError: ``bad_path`` and the reason.
    """
    if node is app_folder:
        raise RouteError("bad_path/is_app_folder", fact="S8-13")
    if _is_below(node, app_folder):
        raise RouteError("bad_path/inside_app_folder", fact="S8-13")
    if _is_below(app_folder, node):
        raise RouteError("bad_path/contains_app_folder", fact="S8-13")


def _is_below(folder: Folder | None, top: Folder) -> bool:
    while folder is not None and folder is not top:
        folder = folder.parent
    return folder is not None
