"""The SDK's metadata objects for shared folders (S9-01 to S9-14), and access to the folders."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dropbox import sharing

from fakedropbox._api.files.metadata import moment
from fakedropbox._api.files.places import view_of
from fakedropbox._api.registry import missing
from fakedropbox._api.sharing.folder_rights import folder_refusal
from fakedropbox._api.sharing.user_messages import user_message
from fakedropbox._api.structs import maker, tag_of
from fakedropbox._facts import messages
from fakedropbox._files.memberships import Membership
from fakedropbox._files.shared_folders import Policy, SharedFolder
from fakedropbox._identity.accounts import Account
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_new_folder = maker(
    sharing.SharedFolderMetadata,
    "access_type",
    "is_inside_team_folder",
    "is_team_folder",
    "name",
    "policy",
    "preview_url",
    "shared_folder_id",
    "time_invited",
    "access_inheritance",
    "folder_id",
)
_new_policy = maker(
    sharing.FolderPolicy, "acl_update_policy", "shared_link_policy", "viewer_info_policy"
)


def shared_folder(call: Call, account: Account, id_: str) -> tuple[SharedFolder, Membership]:
    """Return a shared folder that the caller is a member of, and the membership.

    Raises:
        RouteError: ``invalid_id`` (S10-03, S10-06) or ``not_a_member`` (S10-05).
    """
    shared = call.world.files.shared_folders.get(id_)
    if shared is None:
        text = user_message(call, messages.INVALID_SHARED_FOLDER)
        raise RouteError("invalid_id", user_message=text, fact="S10-03")
    if shared.is_team_folder:
        raise missing(call.name, "a team folder")
    membership = shared.membership(account.account_id, account.email)
    if membership is None:
        text = user_message(call, messages.NOT_A_MEMBER)
        raise RouteError("not_a_member", user_message=text, fact="S10-05")
    return shared, membership


def accessed_folder(call: Call, account: Account, id_: str) -> tuple[SharedFolder, Membership]:
    """Return the same as `shared_folder`, for a route whose errors begin with ``access_error``.

    Raises:
        RouteError: ``access_error`` and the reason (S11-15).
    """
    try:
        return shared_folder(call, account, id_)
    except RouteError as error:
        raise error.under("access_error") from None


def folder_metadata(
    call: Call, account: Account, shared: SharedFolder, actions: Iterable[Any] | None = None
) -> Any:
    """Return the metadata of a shared folder as a member sees it."""
    membership = shared.membership(account.account_id, account.email)
    assert membership is not None
    meta = _new_folder(
        sharing.AccessLevel(membership.level),
        False,
        False,
        shared.folder.name,
        policy_of(shared.policy),
        shared.preview_url,
        shared.id,
        moment(membership.invited),
        sharing.AccessInheritance("inherit"),
        shared.tree.id_text(shared.folder),
    )
    home = view_of(call).home
    mount = shared.mounted_in(home)
    if mount is not None:  # S9-05
        meta.name = mount.name
        meta.path_lower, meta.path_display = home.paths(mount)
    if actions is not None:
        meta.permissions = [_permission(shared, membership, action) for action in actions]
    return meta


def policy_of(policy: Policy) -> Any:
    """Return the policies of a shared folder, or of a file (S9-06, S14-22)."""
    acl_update, shared_link, viewer_info = policy
    return _new_policy(
        sharing.AclUpdatePolicy(acl_update),
        sharing.SharedLinkPolicy(shared_link),
        sharing.ViewerInfoPolicy(viewer_info),
    )


def _permission(shared: SharedFolder, membership: Membership, action: Any) -> Any:
    """Return the permission of a member for an action (S9-10)."""
    reason = folder_refusal(shared, membership, tag_of(action))
    refused = None if reason is None else sharing.PermissionDeniedReason(reason)
    return sharing.FolderPermission(action, reason is None, refused)
