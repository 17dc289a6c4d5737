"""Tests of the groups of a team and of their members."""

import re

import pytest
from dropbox.team import (
    GroupAccessType,
    GroupSelector,
    GroupsSelector,
    MemberAccess,
    UserSelectorArg,
)
from dropbox.team_common import GroupManagementType
from tests.support.doors import refusal
from tests.support.fingerprint import fingerprint

from fakedropbox import Personality

MEMBER, OWNER = GroupAccessType.member, GroupAccessType.owner
USERS = GroupManagementType.user_managed
NOBODY = UserSelectorArg.email("nobody@example.com")


def by_email(member):
    return UserSelectorArg.email(member.email)


def access(*members, kind=MEMBER):
    return [MemberAccess(by_email(member), kind) for member in members]


def selector(group):
    return GroupSelector.group_id(group.group_id)


def people(team, group):
    found = team.team_groups_members_list(selector(group)).members
    return [(each.profile.email, each.access_type._tag) for each in found]


def names(page):
    return [each.group_name for each in page.groups]


@pytest.fixture
def group(team):
    """A group without members."""
    return team.team_groups_create("Readers", group_external_id="ext")


@pytest.fixture
def foreign(connect_team, service):
    """A client of a second team, and a group of that team."""
    other = service.teams.create("Other", ["zoe@other.example.com"])
    client = connect_team(service.logins.create(team=other))
    return client, client.team_groups_create("Foreign")


@pytest.mark.evidence("P7-01", "P7-02", "P7-03", "P7-07", "P7-13")
def test_a_new_group_has_no_members(team, service, group):
    assert (group.group_name, group.group_external_id, group.member_count) == ("Readers", "ext", 0)
    assert re.fullmatch(r"g:[0-9a-f]{32}", group.group_id)
    assert group.group_management_type.is_company_managed()
    assert (group.members, group.created) == ([], service.clock.micros // 1000)
    (listed,) = team.team_groups_list().groups
    assert (listed.group_id, listed.member_count) == (group.group_id, 0)


@pytest.mark.evidence("P7-01", "P7-07")
def test_the_keys_of_a_group_are_in_the_order_of_dropbox(wire, service, acme):
    token = service.logins.create(team=acme).access_token
    wire.authorization = {"Authorization": f"Bearer {token}"}
    argument = {"group_name": "A", "group_external_id": "ext"}
    assert list(wire.rpc("team/groups/create", argument).json()) == [
        *("group_name", "group_id", "group_external_id", "member_count"),
        *("group_management_type", "members", "created"),
    ]


@pytest.mark.evidence("P7-13")
@pytest.mark.parametrize("management", ["user_managed", "company_managed"])
def test_the_creator_of_a_group_can_be_in_it(team, ada, management):
    made = team.team_groups_create("A", True, group_management_type=GroupManagementType(management))
    expected = "owner" if management == "user_managed" else "member"
    assert people(team, made) == [(ada.email, expected)]


@pytest.mark.evidence("P7-08")
def test_a_group_that_cannot_be_made_is_refused(team, service, group):
    before = fingerprint(service)
    for arguments, error in (
        (("readers",), "group_name_already_used"),
        ((" ",), "group_name_invalid"),
        (("New", False, "ext"), "external_id_already_in_use"),
        (
            ("New", False, None, GroupManagementType.system_managed),
            "system_managed_group_disallowed",
        ),
    ):
        assert refusal(team.team_groups_create, *arguments) == error
    assert fingerprint(service) == before


@pytest.mark.evidence("P7-08")
def test_a_group_is_renamed(team, group, bob):
    team.team_groups_members_add(selector(group), access(bob))
    changed = team.team_groups_update(
        GroupSelector.group_external_id("ext"),
        new_group_name="READERS",
        new_group_external_id="",
        new_group_management_type=USERS,
    )
    assert (changed.group_name, changed.group_external_id) == ("READERS", None)
    assert changed.group_management_type.is_user_managed()
    assert len(changed.members) == 1
    short = team.team_groups_update(selector(group), return_members=False, new_group_name="B")
    assert (short.members, short.member_count) == (None, 1)
    team.team_groups_create("Other", group_external_id="taken")
    update = team.team_groups_update
    assert refusal(update, selector(group), True, "other") == "group_name_already_used"
    assert refusal(update, selector(group), True, None, "taken") == "external_id_already_in_use"


@pytest.mark.evidence("P7-04", "O4.7-04")
def test_the_list_of_groups_has_pages(team, foreign):
    made = [team.team_groups_create(name) for name in "abc"]
    first = team.team_groups_list(limit=2)
    assert (names(first), first.has_more) == (["a", "b"], True)
    team.team_groups_delete(selector(made[0]))
    second = team.team_groups_list_continue(first.cursor)
    assert (names(second), second.has_more) == (["c"], False)
    assert names(team.team_groups_list_continue(second.cursor)) == []
    team.team_groups_create("d")
    assert names(team.team_groups_list_continue(second.cursor)) == ["d"]
    assert refusal(team.team_groups_list_continue, "x") == "invalid_cursor"
    assert refusal(foreign[0].team_groups_list_continue, first.cursor) == "invalid_cursor"


@pytest.mark.evidence("P7-06")
def test_get_info_returns_one_result_for_each_id(team, group, foreign):
    asked = GroupsSelector.group_ids(["g:none", group.group_id])
    missing, found = team.team_groups_get_info(asked)
    assert missing.get_id_not_found() == "g:none"
    assert found.get_group_info() == group
    (found,) = team.team_groups_get_info(GroupsSelector.group_external_ids(["ext"]))
    assert found.get_group_info() == group
    asked = GroupsSelector.group_ids([foreign[1].group_id])
    assert refusal(team.team_groups_get_info, asked) == "group_not_on_team"


@pytest.mark.evidence("P7-05", "P7-09", "P6-02")
def test_members_are_added_and_removed(team, group, bob, eve):
    result = team.team_groups_members_add(selector(group), access(bob, eve))
    assert [each.profile.email for each in result.group_info.members] == [bob.email, eve.email]
    assert people(team, group) == [(bob.email, "member"), (eve.email, "member")]
    profile = result.group_info.members[0].profile
    assert not hasattr(profile, "groups")
    assert team.team_members_list().members[1].profile.groups == [group.group_id]
    by_external_id = GroupSelector.group_external_id("ext")
    result = team.team_groups_members_remove(by_external_id, [by_email(bob)], return_members=False)
    assert (result.group_info.members, result.group_info.member_count) == (None, 1)
    assert people(team, group) == [(eve.email, "member")]


@pytest.mark.dropbox(personality=Personality(async_checks=1, async_batches="always"))
@pytest.mark.evidence("P7-09", "P7-12", "S16-11")
def test_changes_of_members_and_deletions_are_jobs(team, foreign, group, bob):
    add = team.team_groups_members_add(selector(group), access(bob)).async_job_id
    remove = team.team_groups_members_remove(selector(group), [by_email(bob)]).async_job_id
    delete = team.team_groups_delete(selector(group)).get_async_job_id()
    for job in (add, remove, delete):
        assert refusal(foreign[0].team_groups_job_status_get, job) == "invalid_async_job_id"
        assert team.team_groups_job_status_get(job).is_in_progress()
        assert team.team_groups_job_status_get(job).is_complete()


@pytest.mark.evidence("P7-10", "P7-11", "P7-14")
def test_members_that_cannot_be_added_or_removed_are_refused(
    team, service, group, foreign, bob, eve
):
    managed = team.team_groups_create("Managed", group_management_type=USERS)
    team.team_members_suspend(by_email(eve))
    team.team_groups_members_add(selector(group), access(bob))
    before = fingerprint(service)
    add, remove = team.team_groups_members_add, team.team_groups_members_remove
    zoe = service.teams.with_email("zoe@other.example.com")
    unknown = [MemberAccess(NOBODY, MEMBER)]
    for call, chosen, members, error in (
        (add, group, access(bob), "duplicate_user"),
        (add, group, access(eve, eve), "duplicate_user"),
        (add, group, [*access(eve), *unknown], "users_not_found"),
        (add, group, access(eve, zoe), "members_not_in_team"),
        (add, foreign[1], access(bob), "group_not_in_team"),
        (add, managed, access(eve, kind=OWNER), "user_must_be_active_to_be_owner"),
        (remove, group, [by_email(eve)], "member_not_in_group"),
        (remove, group, [by_email(bob), NOBODY], "users_not_found"),
        (remove, foreign[1], [by_email(bob)], "group_not_in_team"),
    ):
        assert refusal(call, selector(chosen), members) == error
    none = GroupSelector.group_id("g:none")
    assert refusal(add, none, access(bob)) == "group_not_found"
    assert refusal(team.team_groups_members_list, none) == "group_not_found"
    assert fingerprint(service) == before
    ada = service.teams.members(bob.team)[0]
    refused = refusal(add, selector(group), access(ada, kind=OWNER))
    assert refused == "user_cannot_be_manager_of_company_managed_group"


@pytest.mark.evidence("P7-14")
def test_the_access_of_a_member_is_changed(team, group, bob, eve):
    managed = team.team_groups_create("Managed", group_management_type=USERS)
    for each in (group, managed):
        team.team_groups_members_add(selector(each), access(bob))
    change = team.team_groups_members_set_access_type
    (changed,) = change(selector(managed), by_email(bob), OWNER)
    assert changed.get_group_info().members[0].access_type.is_owner()
    assert people(team, managed) == [(bob.email, "owner")]
    refused = refusal(change, selector(group), by_email(bob), OWNER)
    assert refused == "user_cannot_be_manager_of_company_managed_group"
    for absent in (by_email(eve), NOBODY):
        assert refusal(change, selector(managed), absent, OWNER) == "member_not_in_group"


@pytest.mark.evidence("P7-05")
def test_the_list_of_members_has_pages(team, group, ada, bob, eve):
    team.team_groups_members_add(selector(group), access(ada, bob, eve))
    first = team.team_groups_members_list(selector(group), limit=2)
    assert (len(first.members), first.has_more) == (2, True)
    second = team.team_groups_members_list_continue(first.cursor)
    assert [each.profile.email for each in second.members] == [eve.email]
    assert refusal(team.team_groups_members_list_continue, "x") == "invalid_cursor"
    team.team_groups_delete(selector(group))
    assert refusal(team.team_groups_members_list_continue, first.cursor) == "invalid_cursor"


@pytest.mark.evidence("P7-12")
def test_a_deleted_group_is_gone(team, group, bob):
    team.team_groups_members_add(selector(group), access(bob))
    assert team.team_groups_delete(selector(group)).is_complete()
    assert refusal(team.team_groups_delete, selector(group)) == "group_already_deleted"
    assert refusal(team.team_groups_delete, GroupSelector.group_external_id("ext")) == (
        "group_not_found"
    )
    assert team.team_members_list().members[1].profile.groups == []


def test_a_member_removed_from_the_team_leaves_the_group(team, group, bob, eve):
    team.team_groups_members_add(selector(group), access(bob, eve))
    team.team_members_remove(by_email(bob))
    assert people(team, group) == [(eve.email, "member")]
