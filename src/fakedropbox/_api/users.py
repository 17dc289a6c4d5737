"""Accounts: the caller's own, other users', quotas and features (O3-51 to -55)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dropbox import team_common, team_policies, users, users_common

from fakedropbox._api.caller import account_of
from fakedropbox._api.files.places import view_of
from fakedropbox._api.profile_photos import photo_url
from fakedropbox._api.refusals import root_info
from fakedropbox._api.registry import missing, route
from fakedropbox._api.roots import roots_of
from fakedropbox._api.structs import tag_of, tags_of
from fakedropbox._api.team.people import name_of
from fakedropbox._api.team.policies import with_policies
from fakedropbox._facts import hosts
from fakedropbox._identity.accounts import Account
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_FEATURES = {
    "paper_as_files": True,
    "file_locking": False,
    "team_shared_dropbox": False,
}
"""The features of every account; all are guesses except the first (in the specification)."""


def _team_of(account: Account) -> Any:
    """Return the team of an account (O3-01), or None."""
    if account.team is None:
        return None
    return with_policies(
        users.FullTeam,
        id=account.team.team_id,
        name=account.team.name,
        sharing_policies=with_policies(team_policies.TeamSharingPolicies),
    )


@route(users.get_current_account)
def get_current_account(call: Call, _arg: None) -> Any:
    """Return the caller's own account."""
    assert call.grant is not None
    account, app = call.grant.account, call.grant.app
    return users.FullAccount(
        account_id=account.account_id,
        name=name_of(account),
        email=account.email,
        email_verified=account.email_verified,
        profile_photo_url=photo_url(call.world, account),
        disabled=False,
        country=account.country,
        locale=account.locale,
        referral_link=f"{hosts.SITE}/referrals/{account.account_id[5:20]}?src=app9-{app.app_id}",
        team=_team_of(account),
        team_member_id=account.team_member_id or None,
        is_paired=False,
        account_type=users_common.AccountType(account.plan),
        root_info=root_info(*roots_of(call.world, account)),
    )


@route(users.get_space_usage)
def get_space_usage(call: Call, _arg: None) -> Any:
    """Return the number of bytes that the account's files use, and its quota."""
    tree, team = view_of(call).home, account_of(call).team
    if team is None:
        individual = users.IndividualSpaceAllocation(tree.capacity)
        return users.SpaceUsage(tree.total_used, users.SpaceAllocation.individual(individual))
    trees = [
        call.world.files.trees[member.namespace_id]
        for member in call.world.teams.members(team)
        if member.account is not None and member.state != "removed"
    ]
    folders = [each.shared.tree for each in call.world.files.team_folders.of(team.team_id)]
    inner = [mount.target for tree in folders for mount in tree.mounts.values()]
    allocation = users.TeamSpaceAllocation(
        used=sum(each.used for each in (*trees, *folders, *inner)),
        allocated=sum(each.capacity for each in trees),
        user_within_team_space_allocated=0,
        user_within_team_space_limit_type=team_common.MemberSpaceLimitType.off,
        user_within_team_space_used_cached=tree.used,
    )
    return users.SpaceUsage(tree.used, users.SpaceAllocation.team(allocation))


@route(users.get_account)
def get_account(call: Call, arg: Any) -> Any:
    """Return any account by its id."""
    account = call.world.accounts.by_id(arg.account_id)
    if account is None:
        raise RouteError("no_account")
    return _basic(call, account)


@route(users.get_account_batch)
def get_account_batch(call: Call, arg: Any) -> Any:
    """Return several accounts by their ids: all of them or none."""
    if len(set(arg.account_ids)) < len(arg.account_ids):
        raise missing(call.name, "an account_id more than once")
    found = []
    for account_id in arg.account_ids:
        account = call.world.accounts.by_id(account_id)
        if account is None:
            raise RouteError("no_account", {"no_account": account_id})
        found.append(_basic(call, account))
    return found


def _basic(call: Call, account: Account) -> Any:
    own = account_of(call)
    return users.BasicAccount(
        account_id=account.account_id,
        name=name_of(account),
        email=account.email,
        email_verified=account.email_verified,
        profile_photo_url=photo_url(call.world, account),
        disabled=False,
        is_teammate=account == own or (own.team is not None and account.team == own.team),
        team_member_id=account.team_member_id or None if account.team == own.team else None,
    )


@route(users.features_get_values)
def get_features(call: Call, arg: Any) -> Any:
    """Return the account's values of the requested features."""
    if not arg.features:
        raise RouteError("empty_features_list")
    assert call.grant is not None
    team = call.grant.account.team
    has_home = team is not None and team.root_namespace_id is not None
    values = {**_FEATURES, "distinct_member_home": has_home}
    found = [_value(tag_of(each), values) for each in arg.features]
    return users.UserFeaturesGetValuesBatchResult(found)


def _value(feature: str, values: Mapping[str, bool]) -> Any:
    member = tags_of(users.UserFeatureValue)[feature]
    if feature not in values:
        return users.UserFeatureValue(feature)
    return users.UserFeatureValue(feature, member.definition("enabled", values[feature]))
