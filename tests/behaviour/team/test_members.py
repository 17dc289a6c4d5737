"""Tests of the list of the members of a team, and of their profiles."""

from datetime import datetime

import pytest
from dropbox.team import MemberAddArg, TeamMemberProfile, UserSelectorArg
from tests.support.doors import refusal

FOLDERS = ["member_folder_id"]
if hasattr(TeamMemberProfile, "root_folder_id"):  # the oldest supported SDK does not have it
    FOLDERS.append("root_folder_id")


def emails(page):
    return [each.profile.email for each in page.members]


def pages(first, following):
    """Return the addresses on each page, from the first one on."""
    found, page = [emails(first)], first
    while page.has_more:
        page = following(page.cursor)
        found.append(emails(page))
    return found


@pytest.mark.evidence("P6-09", "P6-10", "O4.7-04")
@pytest.mark.parametrize("version", ["", "_v2"])
def test_the_list_has_pages_and_always_a_cursor(team, ada, bob, eve, version):
    listed = getattr(team, f"team_members_list{version}")
    following = getattr(team, f"team_members_list_continue{version}")
    assert pages(listed(limit=2), following) == [[ada.email, bob.email], [eve.email]]
    assert pages(listed(limit=3), following) == [[ada.email, bob.email, eve.email]]
    last = listed()
    assert (last.has_more, emails(following(last.cursor))) == (False, [])
    team.team_members_add([MemberAddArg("new@acme.example.com")])
    assert emails(following(last.cursor)) == ["new@acme.example.com"]


@pytest.mark.evidence("P6-10")
def test_a_cursor_of_another_list_is_refused(team, connect_team, service):
    cursor = team.team_members_list_v2().cursor
    other = connect_team(service.logins.create(team=service.teams.create("B", ["x@example.com"])))
    assert refusal(team.team_members_list_continue, cursor) == "invalid_cursor"
    assert refusal(other.team_members_list_continue_v2, cursor) == "invalid_cursor"
    assert refusal(team.team_members_list_continue_v2, "x") == "invalid_cursor"


@pytest.mark.evidence("P6-01", "P6-13", "P6-15", "P6-26")
def test_a_profile_has_the_ids_the_name_and_the_state_of_the_member(team, service, bob):
    info = team.team_members_list_v2().members[1]
    profile = info.profile
    assert info.roles == []
    assert (profile.team_member_id, profile.email) == (bob.team_member_id, bob.email)
    assert len(profile.team_member_id) == len("dbmid:") + 35
    assert profile.account_id == bob.account.account_id
    assert (profile.email_verified, profile.status.is_active()) == (True, True)
    assert (profile.name.given_name, profile.membership_type.is_full()) == ("Bob", True)
    assert profile.joined_on == datetime(2026, 1, 1)  # noqa: DTZ001 -- the SDK's times are naive
    assert (profile.invited_on, profile.suspended_on, profile.external_id) == (None, None, None)
    assert profile.member_folder_id == str(bob.namespace_id)
    assert profile.groups == []


@pytest.mark.evidence("P6-01", "P6-14")
def test_the_keys_of_a_profile_are_in_the_order_of_dropbox(wire, service, acme):
    token = service.logins.create(team=acme).access_token
    wire.authorization = {"Authorization": f"Bearer {token}"}
    member = wire.rpc("team/members/list", {}).json()["members"][0]
    assert member["profile"]["joined_on"] == "2026-01-01T00:00:00Z"
    assert list(member) == ["profile", "role"]
    assert list(member["profile"]) == [
        *("team_member_id", "account_id", "email", "email_verified", "status", "name"),
        *("membership_type", "joined_on", "groups", *FOLDERS),
    ]


@pytest.mark.evidence("P6-03", "P6-05", "P6-06")
def test_version_1_returns_one_role_and_version_2_a_list_of_roles(team):
    first, second = team.team_members_list().members[:2]
    assert (first.role.is_team_admin(), second.role.is_member_only()) == (True, True)
    first, second = team.team_members_list_v2().members[:2]
    assert [role.name for role in first.roles] == ["Team admin"]
    (found,) = team.team_members_get_info_v2(
        [UserSelectorArg.email(second.profile.email)]
    ).members_info
    assert found.get_member_info().roles == []
    available = team.team_members_get_available_team_member_roles().roles
    assert first.roles[0] in available
    assert all(role.role_id.startswith("pid_dbtmr:") for role in available)


@pytest.mark.evidence("P6-04", "P6-07", "P6-08", "P6-25")
@pytest.mark.parametrize("version", [1, 2])
def test_get_info_returns_one_result_for_each_selector(team, service, ada, bob, eve, version):
    service.teams.create("Other", ["zoe@other.example.com"])
    team.team_members_remove(UserSelectorArg.email(eve.email))
    asked = [
        UserSelectorArg.email("zoe@other.example.com"),
        UserSelectorArg.team_member_id(bob.team_member_id),
        UserSelectorArg.external_id("none"),
        UserSelectorArg.email(ada.email.upper()),
        UserSelectorArg.team_member_id(eve.team_member_id),
    ]
    if version == 1:
        found = team.team_members_get_info(asked)
    else:
        found = team.team_members_get_info_v2(asked).members_info
    assert [
        each.get_id_not_found() if each.is_id_not_found() else each.get_member_info().profile.email
        for each in found
    ] == ["zoe@other.example.com", bob.email, "none", ada.email, eve.team_member_id]


@pytest.mark.evidence("P6-09", "P6-11")
def test_removed_members_are_listed_only_if_requested(team, ada, bob, eve):
    team.team_members_remove(UserSelectorArg.email(bob.email))
    assert emails(team.team_members_list_v2()) == [ada.email, eve.email]
    first = team.team_members_list_v2(limit=2, include_removed=True)
    assert pages(first, team.team_members_list_continue_v2) == [[ada.email, bob.email], [eve.email]]
    removed = first.members[1].profile.status.get_removed()
    assert (removed.is_recoverable, removed.is_disconnected) == (True, True)
