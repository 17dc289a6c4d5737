"""The SDK's metadata objects for shared folders (S9-01 to S9-14), and access to the folders."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dropbox import sharing, users

from fakedropbox._api.files.metadata import moment
from fakedropbox._api.files.places import view_of
from fakedropbox._api.sharing.folder_rights import folder_refusal
from fakedropbox._api.sharing.user_messages import user_message
from fakedropbox._api.structs import maker, tag_of
from fakedropbox._facts import messages
from fakedropbox._files.memberships import Membership
from fakedropbox._files.shared_folders import Policy, SharedFolder
from fakedropbox._files.tree import Mount
from fakedropbox._identity.accounts import Account, Team
from fakedropbox.calls import Call, World
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
    if shared is None or not is_open(call, shared):
        text = user_message(call, messages.INVALID_SHARED_FOLDER)
        raise RouteError("invalid_id", user_message=text, fact="S10-03")
    membership = membership_of(call, account, shared)
    if membership is None:
        text = user_message(call, messages.NOT_A_MEMBER)
        raise RouteError("not_a_member", user_message=text, fact="S10-05")
    return shared, membership


def is_open(call: Call, shared: SharedFolder) -> bool:
    """Return whether a shared folder can be reached: an archived team folder cannot (P8-13)."""
    return not call.world.files.shared_folders.is_shut(shared)


def membership_of(call: Call, account: Account, shared: SharedFolder) -> Membership | None:
    """Return the caller's membership of a shared folder, or None.

    An administrator has that of the team, which owns its team folders and what is shared in them
    (P8-09, P8-20).
    """
    grant = call.grant
    if grant is not None and grant.as_admin:
        assert grant.team is not None, "only a team's token acts as an administrator"
        if shared.owner == grant.team.team_id:
            return shared.members[shared.owner]
    return call.world.files.shared_folders.membership(shared, account.account_id, account.email)


def is_of_team(world: World, shared: SharedFolder) -> bool:
    """Return whether a team, not an account, owns a folder: a team folder, or a folder in one."""
    return world.accounts.by_id(shared.owner) is None


def team_of_folder(world: World, shared: SharedFolder) -> Team | None:
    """Return the team that a shared folder belongs to: by itself, or by its owner (S9-03)."""
    owner = world.accounts.by_id(shared.owner)
    if owner is not None:
        return owner.team
    return next((team for team in world.teams if team.team_id == shared.owner), None)


def is_team_accessible(world: World, shared: SharedFolder, team: Team) -> bool:
    """Return whether a shared folder belongs to a team, or has a member of that team (P8-04)."""
    return team_of_folder(world, shared) == team or any(
        _is_in_team(world, person, team) for person, _ in shared.people()
    )


def _is_in_team(world: World, person: str, team: Team) -> bool:
    """Return whether a person of a folder is a member of a team, or a group with members of it."""
    group = world.groups.by_id(person)
    if group is not None:
        return group.team == team and bool(group.members)
    account = world.accounts.by_id(person)
    member = None if account is None else world.teams.of(account)
    return member is not None and member.team == team and member.state != "removed"


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
    membership = membership_of(call, account, shared)
    assert membership is not None
    team = team_of_folder(call.world, shared)
    policy = policy_of(shared.policy)
    if team is not None:  # S9-06
        policy.member_policy = sharing.MemberPolicy(shared.policy.member)
        policy.resolved_member_policy = sharing.MemberPolicy(shared.policy.member)
    parent = call.world.files.shared_folders.parent_of(shared)
    meta = _new_folder(
        sharing.AccessLevel(membership.level),
        parent is not None,
        shared.is_team_folder,
        shared.folder.name,
        policy,
        shared.preview_url,
        shared.id,
        moment(membership.invited),
        sharing.AccessInheritance("inherit"),
        shared.tree.id_text(shared.folder),
    )
    if team is not None:
        meta.owner_team = users.Team(team.team_id, team.name)  # S9-03
    if parent is not None:
        meta.parent_shared_folder_id, meta.parent_folder_name = parent.id, parent.folder.name
    mount = view_of(call).home.mount_at(shared.tree.root_path)
    if mount is not None:  # S9-05
        meta.name = mount.name
        shown = paths_of_mount(call, mount)
        if shown is not None:
            meta.path_lower, meta.path_display = shown
    if actions is not None:
        meta.permissions = [_permission(shared, membership, action) for action in actions]
    return meta


def paths_of_mount(call: Call, mount: Mount) -> tuple[str, str] | None:
    """Return the paths of a mount of the caller, or None if they are not below the root (S15-07).

    With a shared folder as the path root they are those without any path root.
    """
    view = view_of(call)
    home = view.home
    is_rooted = view.base in (home.root, home.home)
    seen = view if is_rooted else call.world.files.views[home.namespace_id]
    return seen.paths(mount) if seen.sees(mount) else None


def policy_of(policy: Policy) -> Any:
    """Return the policies of a shared folder, or of a file (S9-06, S14-22)."""
    acl_update, shared_link, viewer_info, _ = policy
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
