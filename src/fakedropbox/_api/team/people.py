"""Members of teams as the API shows them: names, profiles and roles (P6-01 to P6-15)."""

from __future__ import annotations

from typing import Any

from dropbox import team, users

from fakedropbox._api.files.metadata import moment
from fakedropbox._api.structs import payload_of, tag_of
from fakedropbox._base.sdk_parts import sdk_has
from fakedropbox._identity.accounts import Account
from fakedropbox._identity.teams import Member
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_ROLES = {
    "team_admin": ("Team admin", "Manage the team and everything it owns."),
    "user_management_admin": ("User management admin", "Add, remove, and manage member accounts."),
    "support_admin": ("Support admin", "Help members with common requests."),
}
"""The name and the description of each role; the second role's are documented (P6-06)."""

_HAS_ROOT = sdk_has("team.TeamMemberProfile.root_folder_id")


def name_of(person: Account | Member) -> Any:
    """Return the name of an account or a member."""
    return users.Name(
        given_name=person.given_name,
        surname=person.surname,
        familiar_name=person.given_name,
        display_name=person.display_name,
        abbreviated_name=person.given_name[:1] + person.surname[:1],
    )


def team_of(call: Call) -> Any:
    """Return the team of a team's token."""
    assert call.grant is not None
    assert call.grant.team is not None, "the gate refuses other tokens (O4.7-02)"
    return call.grant.team


def profile_of(call: Call, member: Member) -> Any:
    """Return the profile of a member (P6-01)."""
    home = str(member.namespace_id)
    root = str(member.team.root_namespace_id or home)
    return team.TeamMemberProfile(
        **_member_fields(member),
        member_folder_id=home,
        **({"root_folder_id": root} if _HAS_ROOT else {}),
        groups=[group.group_id for group in call.world.groups.with_member(member.team_member_id)],
    )


def short_profile_of(member: Member) -> Any:
    """Return the profile of a member of a group (P6-02)."""
    return team.MemberProfile(**_member_fields(member))


def _member_fields(member: Member) -> dict[str, Any]:
    account = member.account
    fields = {
        "team_member_id": member.team_member_id,
        "external_id": member.external_id,
        "account_id": None if account is None else account.account_id,
        "email": member.email,
        "email_verified": account is not None and account.email_verified,
        "status": _status(member),
        "name": name_of(member),
        "membership_type": team.TeamMembershipType.full,
        "invited_on": _moment(member.invited),
        "joined_on": _moment(member.joined),
        "suspended_on": _moment(member.suspended),
        "persistent_id": member.persistent_id,
        "is_directory_restricted": member.is_directory_restricted or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _moment(seconds: int | None) -> Any:
    return None if seconds is None else moment(seconds)


def _status(member: Member) -> Any:
    if member.state == "removed":
        # Removed accounts are taken to be disconnected from the team (P6-11).
        removed = team.RemovedStatus(member.is_recoverable, is_disconnected=True)
        return team.TeamMemberStatus.removed(removed)
    return team.TeamMemberStatus(member.state)


def role_id_of(role: str) -> str:
    """Return the id of a role (P6-06)."""
    return f"pid_dbtmr:{role}"


def roles_of(member: Member) -> list[Any]:
    """Return the roles of a member; an empty list if it is not an administrator (P6-26)."""
    return [role_of(member.role)] if member.role in _ROLES else []


def role_of(role: str) -> Any:
    """Return the SDK's object for a role of administrators."""
    name, description = _ROLES[role]
    return team.TeamMemberRole(role_id_of(role), name, description)


def role_with_id(role_id: str) -> str | None:
    """Return the role that has an id, or None."""
    return next((role for role in _ROLES if role_id_of(role) == role_id), None)


def available_roles() -> list[Any]:
    """Return all roles of administrators."""
    return [role_of(role) for role in _ROLES]


def info_of(call: Call, member: Member, *, version: int) -> Any:
    """Return a member with one role (version 1, P6-03) or a list of roles (version 2, P6-05)."""
    profile = profile_of(call, member)
    if version == 1:
        return team.TeamMemberInfo(profile, team.AdminTier(member.role))
    return team.TeamMemberInfoV2(profile, roles_of(member))


def found(call: Call, selector: Any) -> Member | None:
    """Return the present member of the caller's team that a selector stands for, or None."""
    return call.world.teams.find(team_of(call), tag_of(selector), payload_of(selector))


def selected(call: Call, selector: Any) -> Member:
    """Return the member of the caller's team that a selector stands for (P6-07, P6-23).

    Raises:
        RouteError: ``user_not_found``, or ``user_not_in_team`` for a member of another team or one
            who was removed.
    """
    member = found(call, selector)
    if member is None:
        raise RouteError(absence(call, selector), fact="P6-23")
    return member


def absence(call: Call, selector: Any) -> str:
    """Return the reason why nobody on the caller's team is found by a selector (P6-23)."""
    kind, value, teams = tag_of(selector), payload_of(selector), call.world.teams
    if kind == "email":
        known = teams.with_email(value) or call.world.accounts.by_email(value)
    else:
        known = teams.by_id(value) if kind == "team_member_id" else None
    return "user_not_found" if known is None else "user_not_in_team"


def version_of(call: Call) -> int:
    """Return the version of the route that is called."""
    return 2 if call.name.endswith("_v2") else 1
