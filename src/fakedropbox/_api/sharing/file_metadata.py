"""The SDK's metadata objects for shared files, and the routes that return them (S14-18 to -23)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dropbox import sharing

from fakedropbox._api.files.metadata import moment
from fakedropbox._api.files.places import view_of
from fakedropbox._api.registry import AS_429, missing, route
from fakedropbox._api.sharing.file_access import (
    UNVERIFIED,
    FileAccess,
    accessed_file,
    refuse_unverified,
)
from fakedropbox._api.sharing.file_people import names_of
from fakedropbox._api.sharing.file_rights import file_refusal
from fakedropbox._api.sharing.folder_metadata import policy_of
from fakedropbox._api.sharing.preview_urls import preview_url
from fakedropbox._api.structs import maker, tag_of
from fakedropbox._base.sdk_parts import sdk_has
from fakedropbox._files.tree import tree_of
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_new_file = maker(sharing.SharedFileMetadata, "access_type", "id", "name", "policy", "preview_url")


@route(sharing.get_file_metadata)
def get_file_metadata(call: Call, arg: Any) -> Any:
    """Return the metadata of a file, shared or not (S14-18, S14-19)."""
    refuse_unverified(call)
    return file_metadata(call, accessed_file(call, arg.file), arg.actions)


@route(sharing.get_file_metadata_batch, entries="files")
def get_file_metadata_batch(call: Call, arg: Any) -> Any:
    """Return the metadata of several files; each succeeds or fails on its own (S14-20)."""
    refuse_unverified(call, UNVERIFIED)
    found = []
    for path in arg.files:
        try:
            metadata = file_metadata(call, accessed_file(call, path), arg.actions)
        except RouteError as error:
            result = sharing.GetFileMetadataIndividualResult.access_error(access_error(error))
        else:
            result = sharing.GetFileMetadataIndividualResult.metadata(metadata)
        found.append(sharing.GetFileMetadataBatchResult(path, result))
    return found


def update_file_policy(call: Call, arg: Any) -> Any:
    """Change who sees the viewers of a file, which only its owner may do (S14-28, S14-35)."""
    if arg.link_settings is not None:
        raise missing(call.name, "link_settings")
    access = accessed_file(call, arg.file)
    if access.level != "owner":
        raise RouteError("no_permission", fact="S14-35")
    if arg.viewer_info_policy is None:
        return file_metadata(call, access, arg.actions)
    policy, files = tag_of(arg.viewer_info_policy), call.world.files.shared_files
    if policy == "other":  # only a direct client can ask for it
        raise RouteError("invalid_file_settings")
    files.set_viewer_info(files.obtain(access.people.file), policy)
    return file_metadata(call, accessed_file(call, arg.file), arg.actions)


if sdk_has("sharing.update_file_policy"):
    route(sharing.update_file_policy, contention=AS_429)(update_file_policy)


def access_error(error: RouteError) -> Any:
    """Return the reason of an error that `accessed_file` raised, for one file of a batch."""
    return sharing.SharingFileAccessError(error.tags.removeprefix("access_error/"))


def file_metadata(call: Call, access: FileAccess, actions: Iterable[Any] | None = None) -> Any:
    """Return the metadata of a file as the caller sees it."""
    people, account = access.people, access.account
    file, folder = people.file, people.folder
    meta = _new_file(
        sharing.AccessLevel(access.level),
        tree_of(file).id_text(file),
        file.name,
        policy_of(people.policy),
        preview_url(call.world, file),
    )
    who = names_of(account)
    inherited = people.inherited(*who)
    if folder is not None and inherited is not None:
        meta.parent_shared_folder_id = folder.id
    view = view_of(call)
    if view.sees(file):
        meta.path_lower, meta.path_display = view.paths(file)
    invited = people.explicit(*who) or inherited
    if invited is not None:
        meta.time_invited = moment(invited.invited)
    if actions is not None:
        meta.permissions = [_permission(access, action) for action in actions]
    return meta


def _permission(access: FileAccess, action: Any) -> Any:
    """Return the permission of the caller for an action."""
    reason = file_refusal(access, tag_of(action))
    refused = None if reason is None else sharing.PermissionDeniedReason(reason)
    return sharing.FilePermission(action, reason is None, refused)
