"""The rights of the members of a shared folder (S9-13, S9-14, S9-16, S11-05, S11-23, S11-36).

A right is refused with the tag of a `PermissionDeniedReason`, or allowed with None.
"""

from __future__ import annotations

from fakedropbox._files.memberships import Membership
from fakedropbox._files.shared_folders import Policy, SharedFolder
from fakedropbox._identity.accounts import Account

_REFUSED_BY_OWNER = "user_not_allowed_by_owner"

_NOT_FOR_OWNERS = {
    "relinquish_membership": "target_is_owner",
    "set_access_inheritance": "user_not_on_team",
}
"""The actions that the owner of a folder may not take, with the reasons (S9-13)."""

_OF_ANYBODY = {"relinquish_membership", "unmount"}
"""The actions that every member except the owner may take (S9-14)."""

_OF_EDITORS = _OF_ANYBODY | {
    "edit_contents",
    "leave_a_copy",
    "share_link",
    "create_link",
    "create_view_link",
    "create_edit_link",
}
"""The actions that every editor may take (S9-16)."""

_INVITING = {"invite_editor", "invite_viewer", "invite_viewer_no_comment"}
"""The actions that editors may take if they may change members (S9-16)."""


def changes_members(shared: SharedFolder, membership: Membership) -> bool:
    """Return whether a member may add, change and remove others (S11-23)."""
    return may_change_members(membership.level, shared.policy)


def may_change_members(level: str, policy: Policy) -> bool:
    """Return whether somebody with a level of access may add, change and remove others (S11-23)."""
    return level == "owner" or (level == "editor" and policy.acl_update == "editors")


def folder_refusal(shared: SharedFolder, membership: Membership, action: str) -> str | None:
    """Return the reason for refusing a `FolderAction` to a member, or None if it is allowed."""
    if action == "other":
        return action
    if membership.level == "owner":
        return _NOT_FOR_OWNERS.get(action)
    if membership.level == "editor":
        is_allowed = action in _OF_EDITORS
        is_allowed |= action in _INVITING and changes_members(shared, membership)
    else:
        is_allowed = action in _OF_ANYBODY
    return None if is_allowed else _REFUSED_BY_OWNER


def member_refusal(
    shared: SharedFolder, account: Account, membership: Membership, person: str, action: str
) -> str | None:
    """Return the reason for refusing a `MemberAction` on a person to a member, or None (S11-36).

    ``person`` is the id of an account or a group that is a member, or the address of an invitation.
    """
    acts_for_team = shared.owner != account.account_id and membership.level == "owner"
    if person in (account.account_id, account.email.lower()) and not acts_for_team:
        return "target_is_self"
    if person == shared.owner:
        return "target_is_owner"
    if not changes_members(shared, membership):
        return _REFUSED_BY_OWNER
    if action == "make_owner":
        if membership.level != "owner":
            return _REFUSED_BY_OWNER
        return "target_not_active" if person in shared.invitees else None
    return "other" if action == "other" else None
