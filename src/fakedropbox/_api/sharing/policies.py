"""The policies of a shared folder that a caller asks for."""

from __future__ import annotations

from typing import Any

from fakedropbox._api.structs import tag_of
from fakedropbox._files.shared_folders import Policy
from fakedropbox.errors import RouteError


def changed_policy(before: Policy, arg: Any, *, on_team: bool) -> Policy:
    """Return the policies ``before`` with the changes that an argument asks for (S8-20, S12-24).

    ``on_team`` is True for a folder that a team or one of its members owns. ``member_policy`` has
    no effect for others (S8-14).

    Raises:
        RouteError: one of them needs a team (S8-16, S12-25), or is ``other``, for which only a
            direct client can ask.
    """
    given = {
        "acl_update": arg.acl_update_policy,
        "shared_link": arg.shared_link_policy,
        "viewer_info": arg.viewer_info_policy,
        "member": arg.member_policy if on_team else None,
    }
    changed = {name: tag_of(policy) for name, policy in given.items() if policy is not None}
    if changed.get("shared_link") in ("members", "team") and not on_team:
        raise RouteError("disallowed_shared_link_policy", fact="S8-16")
    if "other" in changed.values():
        raise RouteError("other")
    return before._replace(**changed)
