"""The SDK's metadata objects for shared links (S3-01 to S3-29).

Every struct is new, because a caller may change what it receives. Unions without a value are
shared: they have nothing that could be changed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from dropbox import sharing, users
from stone.backends.python_rsrc.stone_base import NOT_SET

from fakedropbox._api.files.metadata import moment
from fakedropbox._api.files.places import view_of
from fakedropbox._api.sharing.plans import AUDIENCES, LINK_PLANS, VISIBILITIES, LinkPlan
from fakedropbox._api.structs import maker, tags_of
from fakedropbox._files.nodes import File, Node
from fakedropbox._files.search import extension_of
from fakedropbox._files.shared_folders import SharedFolder
from fakedropbox._files.shared_links import SharedLink
from fakedropbox._files.tree import tree_of
from fakedropbox._identity.accounts import Account
from fakedropbox.calls import Call, World

_COMMON = (
    "url",
    "id",
    "name",
    "expires",
    "path_lower",
    "link_permissions",
    "team_member_info",
    "preview_type",
)
_PERMISSIONS = (
    "resolved_visibility",
    "requested_visibility",
    "can_revoke",
    "revoke_failure_reason",
    "effective_audience",
    "link_access_level",
    "visibility_policies",
    "can_set_expiry",
    "can_remove_expiry",
    "allow_download",
    "can_allow_download",
    "can_disallow_download",
    "allow_comments",
    "team_restricts_comments",
    "audience_options",
    "can_set_password",
    "can_remove_password",
)
_new_file = maker(
    sharing.FileLinkMetadata, *_COMMON, "client_modified", "server_modified", "rev", "size"
)
_new_folder = maker(sharing.FolderLinkMetadata, *_COMMON)
_new_permissions = maker(sharing.LinkPermissions, *_PERMISSIONS)
_new_policy = maker(
    sharing.VisibilityPolicy, "policy", "resolved_policy", "allowed", "disallowed_reason"
)
_new_option = maker(sharing.LinkAudienceOption, "audience", "allowed", "disallowed_reason")

PREVIEW_TYPES = {"txt": "text", "docx": "doc", "zip": "archive", "csv": "excel"}
"""The known values of `preview_type`, by extension; it is left out for all others (S3-04)."""

VISIBILITY = {
    ("public", False): "public",
    ("public", True): "password",
    ("team", False): "team_only",
    ("team", True): "team_and_password",
    ("members", False): "shared_folder_only",
    ("members", True): "shared_folder_only",
    ("no_one", False): "no_one",
    ("no_one", True): "no_one",
}
"""The visibility of a link by its audience, and whether it has a password (S3-21, S3-30)."""

_OFFERED = {
    **{visibility: pair for pair, visibility in VISIBILITY.items()},
    **{audience: (audience, False) for audience in ("public", "team", "no_one")},
}
"""The audience, and whether there is a password, of each visibility and audience on offer."""


def _unions(union: Any) -> dict[str, Any]:
    return {tag: union(tag) for tag in tags_of(union) if tag != "other"}


_RESOLVED = _unions(sharing.ResolvedVisibility)
_REQUESTED = _unions(sharing.RequestedVisibility) | {
    "team_and_password": sharing.RequestedVisibility.team_only,  # S3-29
    "no_one": NOT_SET,
}
_AUDIENCE = _unions(sharing.LinkAudience)
_VIEWER = sharing.LinkAccessLevel.viewer
_OWNER_ONLY = sharing.SharedLinkAccessFailureReason.owner_only


class _Rights(NamedTuple):
    """The policies and audiences in the metadata of a link, as an owner on one plan sees them."""

    policies: list[tuple[Any, ...]]
    options: list[tuple[Any, ...]]
    is_paid: bool

    @classmethod
    def of(cls, plan: LinkPlan, policy: str) -> _Rights:
        """Return the fields for a plan, and for a `shared_link_policy` of the shared folder."""
        policies = [
            (
                sharing.RequestedVisibility(tag),
                sharing.AlphaResolvedVisibility(_overruled(tag, policy)),
                *_allowed(plan, policy, tag, sharing.VisibilityPolicyDisallowedReason),
            )
            for tag in VISIBILITIES
        ]
        options = [
            (_AUDIENCE[tag], *_allowed(plan, policy, tag, sharing.LinkAudienceDisallowedReason))
            for tag in AUDIENCES
        ]
        return cls(policies, options, plan.is_paid)


def _overruled(tag: str, policy: str) -> str:
    """Return the visibility that a policy gives a link in place of the link's own (S3-30)."""
    audience, has_password = _OFFERED[tag]
    return VISIBILITY[_restricted(audience, policy), has_password]


def _restricted(audience: str, policy: str) -> str:
    """Return the audience of a link under a `shared_link_policy` (S3-30)."""
    return audience if audience == "no_one" or policy == "anyone" else policy


def _allowed(plan: LinkPlan, policy: str, tag: str, reason: Any) -> tuple[bool, Any]:
    if not plan.allows(tag):
        return False, reason(plan.refused[tag])
    audience, _ = _OFFERED[tag]
    if _restricted(audience, policy) != audience:
        return False, reason.restricted_by_shared_folder
    return True, NOT_SET


_RIGHTS = {
    (name, policy): _Rights.of(plan, policy)
    for name, plan in LINK_PLANS.items()
    for policy in ("anyone", "team", "members")
}


def is_owner(call: Call, link: SharedLink) -> bool:
    """Return whether the caller made a link, and sees its item: an app may see its folder only."""
    if call.grant is None or call.grant.account.account_id != link.owner or link.is_preview:
        return False
    view = view_of(call)
    is_base = link.node is view.base and view.base is not view.tree.root
    return view.sees(link.node) and not is_base


def owner_of(call: Call, link: SharedLink) -> Account:
    """Return the account that made a link."""
    account = call.world.accounts.by_id(link.owner)
    assert account is not None, "accounts are never deleted"
    return account


def folder_of(world: World, link: SharedLink) -> SharedFolder | None:
    """Return the shared folder that the item of a link is in, or None."""
    return world.files.shared_folders.get(str(link.tree.namespace_id))


def policy_for(world: World, link: SharedLink) -> str:
    """Return the `shared_link_policy` of the shared folder that the item of a link is in."""
    folder = folder_of(world, link)
    return "anyone" if folder is None else folder.policy.shared_link


def audience_of(world: World, link: SharedLink) -> str:
    """Return the audience of a link, after the policy of a shared folder (S3-30).

    It is that of the settings, ``team``, or ``members``: those who have access to the item anyway.
    """
    return _restricted(link.settings.audience, policy_for(world, link))


def visibility_of(world: World, link: SharedLink) -> str:
    """Return the tag of a link's visibility, after the policy of a shared folder."""
    return VISIBILITY[audience_of(world, link), link.settings.password is not None]


def link_metadata(call: Call, link: SharedLink, item: Node | None = None) -> Any:
    """Return the metadata of a link as its caller sees it.

    With ``item``, which is something in the linked folder, the metadata describes that (S5-08).
    """
    node = link.node if item is None else item
    tree = tree_of(node)
    owns, expires = is_owner(call, link), link.settings.expires
    owner = call.world.accounts.by_id(link.owner)  # None for the preview of a team's file
    common = (
        link.url,
        tree.id_text(node),
        node.name,
        NOT_SET if expires is None else moment(expires),
        view_of(call).paths(node)[0] if owns else NOT_SET,
        _permissions(call, link) if owns else _permissions_of_others(call, link),
        NOT_SET if owner is None or owner.team is None else _member(call, owner),
    )
    if not isinstance(node, File):
        return _new_folder(*common, NOT_SET)
    return _new_file(
        *common,
        PREVIEW_TYPES.get(extension_of(node.key), NOT_SET),
        moment(node.client_modified),
        moment(node.server_modified),
        tree.rev_text(node.rev),
        node.blob.size,
    )


def _permissions(call: Call, link: SharedLink) -> Any:
    """Return the permissions that the owner of a link sees (S3-12 to S3-17, S3-27, S3-29)."""
    plan = owner_of(call, link).plan
    settings, rights = link.settings, _RIGHTS[plan, policy_for(call.world, link)]
    requested = VISIBILITY[settings.audience, settings.password is not None]
    is_paid, shows = rights.is_paid, settings.shows_audience
    return _new_permissions(
        _RESOLVED[visibility_of(call.world, link)],
        _REQUESTED[requested],
        True,
        NOT_SET,
        _AUDIENCE[audience_of(call.world, link)] if shows else NOT_SET,
        _VIEWER if shows else NOT_SET,
        [_new_policy(*fields) for fields in rights.policies],
        is_paid,
        True,
        settings.allow_download,
        True,
        is_paid,
        True,
        False,
        [_new_option(*fields) for fields in rights.options],
        is_paid,
        is_paid,
    )


def _permissions_of_others(call: Call, link: SharedLink) -> Any:
    """Return the permissions that those who do not own a link see (S3-23, S3-28)."""
    settings = link.settings
    shows = settings.shows_audience
    return _new_permissions(
        _RESOLVED[visibility_of(call.world, link)],
        NOT_SET,
        False,
        _OWNER_ONLY,
        _AUDIENCE[audience_of(call.world, link)] if shows else NOT_SET,
        _VIEWER if shows else NOT_SET,
        [],
        False,
        False,
        settings.allow_download,
        False,
        False,
        True,
        False,
        NOT_SET,
        False,
        False,
    )


def _member(call: Call, owner: Account) -> Any:
    """Return the member of a team who owns a link; only teammates get the member's id (S3-18)."""
    team = owner.team
    assert team is not None
    info = sharing.TeamMemberInfo(users.Team(team.team_id, team.name), owner.display_name)
    if call.grant is not None and call.grant.account.team == team:
        info.member_id = owner.team_member_id
    return info
