"""The rights of those who have access to a file (S14-32, S14-36, S14-37).

A right is refused with the tag of a `PermissionDeniedReason`, or allowed with None.
"""

from __future__ import annotations

from fakedropbox._api.sharing.file_access import FileAccess
from fakedropbox._api.sharing.file_people import names_of

_REFUSED_BY_OWNER = "user_not_allowed_by_owner"

_OF_EDITORS = ("edit_contents", "share_link", "create_link", "create_view_link", "create_edit_link")
"""The actions that every editor may take."""

_OF_MANAGERS = ("invite_editor", "invite_viewer", "invite_viewer_no_comment", "unshare")
"""The actions that those who may change members may take."""


def file_refusal(access: FileAccess, action: str) -> str | None:
    """Return the reason for refusing a `FileAction` to the caller, or None (S14-36)."""
    if action == "other":
        return action
    if action == "relinquish_membership":
        return _leaving_refusal(access)
    is_allowed = access.level == "owner"
    is_allowed |= action in _OF_EDITORS and access.level == "editor"
    is_allowed |= action in _OF_MANAGERS and access.manages
    return None if is_allowed else _REFUSED_BY_OWNER


def _leaving_refusal(access: FileAccess) -> str | None:
    """Return the reason why a caller cannot give up its own membership of a file, or None."""
    if access.level == "owner":
        return "target_is_owner"
    explicit = access.people.explicit(*names_of(access.account))
    return "target_is_indirect_member" if explicit is None else None


def file_member_refusal(
    access: FileAccess, person: str, action: str, *, is_added: bool
) -> str | None:
    """Return the reason for refusing a `MemberAction` on a person to the caller, or None (S14-37).

    ``person`` is the id of an account or a group that is a member, or the address of an invitation;
    ``is_added`` is True if the person was added to the file itself.
    """
    if person in (access.account.account_id, access.account.email.lower()):
        return "target_is_self"
    if person == access.people.owner:
        return "target_is_owner"
    if not access.manages:
        return _REFUSED_BY_OWNER
    if not is_added:
        return "target_is_indirect_member"
    if action in ("make_owner", "leave_a_copy"):  # a file cannot be handed over or left behind
        return "permission_denied"
    return "other" if action == "other" else None
