"""A team itself: its policies and features, and the administrator of a token (P5-01 to P5-11)."""

from __future__ import annotations

from typing import Any

from dropbox import team, team_policies

from fakedropbox._api.caller import account_of
from fakedropbox._api.refusals import bad_argument
from fakedropbox._api.registry import route
from fakedropbox._api.structs import tag_of, tags_of
from fakedropbox._api.team.people import available_roles, profile_of, team_of
from fakedropbox._api.team.policies import with_policies
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_FEATURES = {
    "upload_api_rate_limit": ("unlimited", None),
    "has_team_shared_dropbox": ("has_team_shared_dropbox", False),
    "has_team_file_events": ("enabled", True),
    "has_team_selective_sync": ("has_team_selective_sync", False),
}
"""The values of the features; the first one is documented, others are guesses (P5-06)."""


@route(team.get_info)
def get_info(call: Call, _arg: None) -> Any:
    """Return the caller's team (P5-01 to P5-05)."""
    own, teams = team_of(call), call.world.teams
    used = len(teams.provisioned(own))
    return team.TeamGetInfoResult(
        name=own.name,
        team_id=own.team_id,
        num_licensed_users=teams.licenses(own),
        num_provisioned_users=used,
        num_used_licenses=used,
        policies=with_policies(
            team_policies.TeamMemberPolicies,
            sharing=with_policies(team_policies.TeamSharingPolicies),
        ),
    )


@route(team.features_get_values)
def get_features(call: Call, arg: Any) -> Any:
    """Return the team's values of the requested features (P5-06 to P5-08)."""
    if not arg.features:
        raise RouteError("empty_features_list", fact="P5-07")
    values = [_value(call, tag_of(each)) for each in arg.features]
    return team.FeaturesGetValuesBatchResult(values)


def _value(call: Call, feature: str) -> Any:
    homes = "has_distinct_member_homes"  # whether the team has a team space
    values = {**_FEATURES, homes: (homes, team_of(call).root_namespace_id is not None)}
    if feature not in values:
        text = f"features: unexpected use of the catch-all tag '{feature}'"
        raise bad_argument(call, text, fact="F1.4-01")
    value = tags_of(team.FeatureValue)[feature].definition
    return team.FeatureValue(feature, value(*values[feature]))


@route(team.token_get_authenticated_admin)
def get_authenticated_admin(call: Call, _arg: None) -> Any:
    """Return the profile of the administrator who linked the app (P5-09)."""
    member = call.world.teams.of(account_of(call))
    assert member is not None, "an administrator is a member"
    if not member.is_admin:
        raise RouteError("admin_not_active", fact="P5-09")
    return team.TokenGetAuthenticatedAdminResult(profile_of(call, member))


@route(team.members_get_available_team_member_roles)
def get_available_roles(_call: Call, _arg: None) -> Any:
    """Return the roles that members may have (P6-06)."""
    return team.MembersGetAvailableTeamMemberRolesResult(available_roles())
