"""The policies of teams, which restrict nothing."""

from __future__ import annotations

from typing import Any

_POLICIES = {
    "shared_folder_member_policy": "anyone",
    "shared_folder_join_policy": "from_anyone",
    "shared_link_create_policy": "default_public",
    "group_creation_policy": "admins_and_members",
    "shared_folder_link_restriction_policy": "anyone",
    "enforce_link_password_policy": "optional",
    "default_link_expiration_days_policy": "none",
    "shared_link_default_permissions_policy": "default",
    "office_addin_policy": "enabled",
    "top_level_content_policy": "everyone",
    "emm_state": "disabled",
    "office_addin": "enabled",
    "suggest_members_policy": "enabled",
}
"""The policies by the names of the SDK's fields; those of P5-04 were seen, others are guesses."""


def with_policies(struct: Any, **given: Any) -> Any:
    """Return a struct with the policies that the SDK's version has, beside the given fields."""
    policies = {
        name: member.definition(_POLICIES[name])
        for name, member in struct._all_fields_
        if name in _POLICIES
    }
    return struct(**policies, **given)
