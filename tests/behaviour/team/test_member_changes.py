"""Tests of changes of the members of a team."""

import pytest
from dropbox.team import (
    AdminTier,
    MemberAddArg,
    MemberAddV2Arg,
    MembersRemoveArg,
    UserCustomQuotaArg,
    UserSelectorArg,
)
from tests.support.doors import auth_refusal, newer_sdk, refusal
from tests.support.fingerprint import fingerprint

from fakedropbox import NotImplementedInFake, Personality

deletes_permanently = newer_sdk(
    hasattr(MembersRemoveArg, "permanently_delete_files"), "`permanently_delete_files`"
)
NEW = "new@acme.example.com"
NOBODY = UserSelectorArg.email("nobody@example.com")


def by_email(member):
    return UserSelectorArg.email(member.email)


def added(team, *members, **options):
    return team.team_members_add(list(members), **options).get_complete()


def state_of(service, email):
    return service.teams.with_email(email).state


# Adding


@pytest.mark.evidence("P6-12", "P6-16")
def test_an_added_member_is_invited(team, service):
    service.clock.advance(3600)
    new = MemberAddArg(
        NEW, "New", "Person", "ext", member_persistent_id="per", role=AdminTier.support_admin
    )
    (result,) = added(team, new)
    info = result.get_success()
    profile = info.profile
    assert profile.status.is_invited()
    assert (profile.account_id, profile.joined_on, profile.email_verified) == (None, None, False)
    assert (profile.invited_on.hour, profile.name.display_name) == (1, "New Person")
    assert (profile.external_id, profile.persistent_id) == ("ext", "per")
    assert info.role.is_support_admin()
    assert service.accounts.by_email(NEW) is None
    assert team.team_members_list().members[-1] == info


@pytest.mark.evidence("P6-12")
def test_a_member_who_accepts_is_active(team, service):
    folder = added(team, MemberAddArg(NEW))[0].get_success().profile.member_folder_id
    account = service.teams.accept(NEW)
    profile = team.team_members_list().members[-1].profile
    assert profile.status.is_active()
    assert (profile.account_id, profile.member_folder_id) == (account.account_id, folder)
    assert str(account.namespace_id) == folder
    assert profile.joined_on is not None


@pytest.mark.evidence("P6-06", "P6-16")
def test_version_2_takes_the_id_of_a_role(team):
    admin, *_ = team.team_members_get_available_team_member_roles().roles
    new = [
        MemberAddV2Arg(NEW, role_ids=[admin.role_id]),
        MemberAddV2Arg("b@acme.example.com"),
        MemberAddV2Arg("c@acme.example.com", role_ids=["pid_dbtmr:none"]),
    ]
    first, second, third = team.team_members_add_v2(new).get_complete()
    assert first.get_success().roles == [admin]
    assert second.get_success().roles == []
    assert third.get_user_creation_failed() == "c@acme.example.com"


@pytest.mark.evidence("P6-17", "P6-24")
def test_a_person_who_cannot_be_added_does_not_keep_others_out(team, service, bob):
    service.teams.create("Other", ["zoe@other.example.com"])
    results = added(
        team,
        MemberAddArg(bob.email.upper()),
        MemberAddArg("zoe@other.example.com"),
        MemberAddArg(NEW, member_external_id="ext", member_persistent_id="per"),
        MemberAddArg("b@acme.example.com", member_external_id="ext"),
        MemberAddArg("c@acme.example.com", member_persistent_id="per"),
    )
    assert [each._tag for each in results] == [
        "user_already_on_team",
        "user_on_another_team",
        "success",
        "duplicate_external_member_id",
        "duplicate_member_persistent_id",
    ]
    assert results[0].get_user_already_on_team() == bob.email.upper()
    assert service.teams.with_email("b@acme.example.com") is None


@pytest.mark.evidence("P6-17", "P5-10")
def test_a_member_is_added_or_unsuspended_only_if_a_license_is_free(connect_team, service):
    small = service.teams.create("Small", ["a@example.com", "b@example.com"], licenses=2)
    team = connect_team(service.logins.create(team=small))
    assert added(team, MemberAddArg(NEW))[0].is_team_license_limit()
    team.team_members_suspend(UserSelectorArg.email("b@example.com"))
    assert added(team, MemberAddArg(NEW))[0].is_success()
    refused = refusal(team.team_members_unsuspend, UserSelectorArg.email("b@example.com"))
    assert refused == "team_license_limit"


@pytest.mark.dropbox(personality=Personality(async_checks=1))
@pytest.mark.evidence("P6-16", "S16-11")
def test_members_are_added_by_a_job(team, connect_team, service):
    job = team.team_members_add([MemberAddArg(NEW)], force_async=True).get_async_job_id()
    other = connect_team(service.logins.create(team=service.teams.create("B", ["x@example.com"])))
    for check in (
        team.team_members_add_job_status_get_v2,
        team.team_members_remove_job_status_get,
        other.team_members_add_job_status_get,
    ):
        assert refusal(check, job) == "invalid_async_job_id"
    assert team.team_members_add_job_status_get(job).is_in_progress()
    (result,) = team.team_members_add_job_status_get(job).get_complete()
    assert result.get_success().profile.email == NEW


# Removing


@pytest.mark.evidence("P6-18", "P6-11")
@pytest.mark.parametrize("permanently", [False, pytest.param(True, marks=deletes_permanently)])
def test_a_removed_member_leaves_the_team(team, service, bob, permanently):
    options = {"permanently_delete_files": True} if permanently else {}
    done = team.team_members_remove(by_email(bob), **options)
    assert done.is_complete()
    removed = team.team_members_list(include_removed=True).members[1].profile.status.get_removed()
    assert removed.is_recoverable == (not permanently)
    assert refusal(team.team_members_remove, by_email(bob)) == "user_not_in_team"
    by_id = UserSelectorArg.team_member_id(bob.team_member_id)
    assert refusal(team.team_members_remove, by_id) == "user_not_in_team"


@pytest.mark.dropbox(personality=Personality(async_batches="always", async_checks=1))
@pytest.mark.evidence("P6-18")
def test_a_member_is_removed_by_a_job(team, bob):
    job = team.team_members_remove(by_email(bob)).get_async_job_id()
    assert team.team_members_remove_job_status_get(job).is_in_progress()
    assert team.team_members_remove_job_status_get(job).is_complete()


@pytest.mark.evidence("P6-27")
@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"keep_account": True}, "cannot_keep_account_and_delete_data"),
        pytest.param(
            {"keep_account": True, "wipe_data": False, "permanently_delete_files": True},
            "cannot_keep_account_and_permanently_delete",
            marks=deletes_permanently,
        ),
        ({"keep_account": True, "transfer_dest_id": NOBODY}, "cannot_keep_account_and_transfer"),
        ({"retain_team_shares": True}, "cannot_retain_shares_when_data_wiped"),
        (
            {"retain_team_shares": True, "wipe_data": False},
            "cannot_retain_shares_when_no_account_kept",
        ),
        pytest.param(
            {"permanently_delete_files": True, "transfer_dest_id": NOBODY},
            "cannot_permanently_delete_and_transfer",
            marks=deletes_permanently,
        ),
        ({"transfer_dest_id": NOBODY}, "unspecified_transfer_admin_id"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(team, service, bob, options, error):
    before = fingerprint(service)
    assert refusal(team.team_members_remove, by_email(bob), **options) == error
    assert fingerprint(service) == before


@pytest.mark.evidence("P6-27")
def test_an_invited_member_has_no_account_to_keep(team):
    added(team, MemberAddArg(NEW))
    refused = refusal(
        team.team_members_remove, UserSelectorArg.email(NEW), wipe_data=False, keep_account=True
    )
    assert refused == "cannot_keep_invited_user_account"


@pytest.mark.dropbox(allow_not_implemented=True)
@pytest.mark.parametrize(
    "options",
    [
        {"keep_account": True, "wipe_data": False},
        {"transfer_dest_id": NOBODY, "transfer_admin_id": NOBODY},
    ],
)
def test_keeping_an_account_and_transferring_files_are_not_implemented(team, service, bob, options):
    with pytest.raises(NotImplementedInFake, match=r"team/members/remove: (keep|transfer)"):
        team.team_members_remove(by_email(bob), **options)
    assert state_of(service, bob.email) == "active"


# Suspension, and the last administrator


@pytest.mark.evidence("P6-28", "P6-19")
def test_only_active_members_are_suspended_and_only_suspended_ones_unsuspended(team, service, bob):
    service.clock.advance(7200)
    assert team.team_members_suspend(by_email(bob)) is None
    profile = team.team_members_list().members[1].profile
    assert profile.status.is_suspended()
    assert profile.suspended_on.hour == 2
    assert refusal(team.team_members_suspend, by_email(bob)) == "suspend_inactive_user"
    assert team.team_members_unsuspend(by_email(bob)) is None
    assert team.team_members_list().members[1].profile.suspended_on is None
    refused = refusal(team.team_members_unsuspend, by_email(bob))
    assert refused == "unsuspend_non_suspended_member"


@pytest.mark.evidence("P6-27", "P6-28", "P6-30")
def test_the_last_administrator_cannot_be_suspended_removed_or_demoted(team, service, ada, bob):
    before = fingerprint(service)
    assert refusal(team.team_members_suspend, by_email(ada)) == "suspend_last_admin"
    assert refusal(team.team_members_remove, by_email(ada)) == "remove_last_admin"
    down = (by_email(ada), AdminTier.support_admin)
    assert refusal(team.team_members_set_admin_permissions, *down) == "last_admin"
    assert refusal(team.team_members_set_admin_permissions_v2, by_email(ada)) == "last_admin"
    assert fingerprint(service) == before
    team.team_members_set_admin_permissions(by_email(bob), AdminTier.team_admin)
    team.team_members_set_admin_permissions(*down)
    assert service.teams.with_email(ada.email).role == "support_admin"


# Roles


@pytest.mark.evidence("P6-06", "P6-30")
def test_a_role_is_given_and_taken(team, bob):
    changed = team.team_members_set_admin_permissions(by_email(bob), AdminTier.team_admin)
    assert changed.team_member_id == bob.team_member_id
    assert changed.role.is_team_admin()
    team.as_admin(bob.team_member_id).files_list_folder("")
    changed = team.team_members_set_admin_permissions_v2(by_email(bob))
    assert (changed.team_member_id, changed.roles) == (bob.team_member_id, [])
    refused = auth_refusal(team.as_admin(bob.team_member_id).files_list_folder, "")
    assert refused.is_invalid_select_admin()
    _, role, _ = team.team_members_get_available_team_member_roles().roles
    changed = team.team_members_set_admin_permissions_v2(by_email(bob), [role.role_id])
    assert changed.roles == [role]
    assert (
        refusal(team.team_members_set_admin_permissions_v2, by_email(bob), ["pid_dbtmr:none"])
        == "role_not_found"
    )


# Profiles


@pytest.mark.evidence("P6-20", "P6-29")
def test_a_profile_is_changed_with_the_account(team, connect, service, bob):
    service.seed_files({"/a.txt": b"1"}, account=bob.account)
    own = connect(service.logins.create(bob.account))
    info = team.team_members_set_profile(
        by_email(bob),
        new_email="robert@acme.example.com",
        new_given_name="Robert",
        new_surname="Stone",
        new_external_id="ext",
        new_persistent_id="per",
        new_is_directory_restricted=True,
    )
    profile = info.profile
    assert (profile.email, profile.name.display_name) == ("robert@acme.example.com", "Robert Stone")
    assert (profile.external_id, profile.persistent_id) == ("ext", "per")
    assert profile.is_directory_restricted
    for client in (own, team.as_user(bob.team_member_id)):
        found = client.users_get_current_account()
        assert (found.email, found.name.surname) == ("robert@acme.example.com", "Stone")
        assert client.files_get_metadata("/a.txt").size == 1
    assert service.accounts.by_email(bob.email) is None
    assert service.files_of(service.accounts.by_email("robert@acme.example.com")) == {
        "/a.txt": b"1"
    }
    second = team.team_members_set_profile_v2(
        UserSelectorArg.team_member_id(bob.team_member_id), new_external_id=""
    )
    assert second.member_info.profile.external_id is None
    assert second.member_info.roles == []


@pytest.mark.evidence("P6-20", "P6-29")
def test_a_profile_that_cannot_be_set_is_refused(team, service, ada, bob):
    one = UserSelectorArg.team_member_id(bob.team_member_id)
    team.team_members_set_profile(by_email(ada), new_external_id="e", new_persistent_id="p")
    before = fingerprint(service)
    assert refusal(team.team_members_set_profile, one) == "no_new_data_specified"
    for options, error in (
        ({"new_given_name": ""}, "param_cannot_be_empty"),
        ({"new_surname": ""}, "param_cannot_be_empty"),
        ({"new_email": ada.email.upper()}, "email_reserved_for_other_user"),
        ({"new_email": "owner@example.com"}, "email_reserved_for_other_user"),
        ({"new_external_id": "e"}, "external_id_used_by_other_user"),
        ({"new_persistent_id": "p"}, "persistent_id_used_by_other_user"),
    ):
        for call in (team.team_members_set_profile, team.team_members_set_profile_v2):
            assert refusal(call, one, **options) == error
    by_external = UserSelectorArg.external_id("e")
    refused = refusal(team.team_members_set_profile, by_external, new_external_id="f")
    assert refused == "external_id_and_new_external_id_unsafe"
    assert fingerprint(service) == before
    team.team_members_set_profile(one, new_email=bob.email.upper())


@pytest.mark.evidence("P6-23")
def test_unknown_people_and_members_of_other_teams_are_refused(team, service):
    service.teams.create("Other", [("zoe@other.example.com", "team_admin")])
    calls = {
        "team_members_suspend": (),
        "team_members_unsuspend": (),
        "team_members_remove": (),
        "team_members_set_profile": (None, None, "Name"),
        "team_members_set_profile_v2": (None, None, "Name"),
        "team_members_set_admin_permissions": (AdminTier.team_admin,),
        "team_members_set_admin_permissions_v2": (),
    }
    for name, arguments in calls.items():
        for selector, error in (
            (NOBODY, "user_not_found"),
            (UserSelectorArg.external_id("x"), "user_not_found"),
            (UserSelectorArg.team_member_id("dbmid:x"), "user_not_found"),
            (UserSelectorArg.email("owner@example.com"), "user_not_in_team"),
            (UserSelectorArg.email("zoe@other.example.com"), "user_not_in_team"),
        ):
            assert refusal(getattr(team, name), selector, *arguments) == error, name


# Used space and custom quotas


@pytest.mark.evidence("P6-22")
def test_the_space_of_a_team_is_that_of_its_present_members(team, service, ada, bob, eve):
    for member in (ada, bob, eve):
        service.seed_files({"/a.txt": b"12"}, account=member.account)
    added(team, MemberAddArg(NEW))
    team.team_members_remove(by_email(eve))
    usage = team.as_user(bob.team_member_id).users_get_space_usage().allocation.get_team()
    assert usage.used == 4


@pytest.mark.evidence("P6-21", "P6-22")
def test_custom_quotas_are_set_returned_and_removed(team, bob, eve):
    selectors = [by_email(bob), by_email(eve), NOBODY]
    wanted = [UserCustomQuotaArg(by_email(bob), 15), UserCustomQuotaArg(NOBODY, 15)]
    first, second = team.team_member_space_limits_set_custom_quota(wanted)
    assert first.get_success().user == UserSelectorArg.team_member_id(bob.team_member_id)
    assert first.get_success().quota_gb == 15
    assert second.get_invalid_user() == NOBODY
    limits = team.team_member_space_limits_get_custom_quota(selectors)
    assert [each.get_success().quota_gb for each in limits[:2]] == [15, None]
    assert limits[2].is_invalid_user()
    usage = team.as_user(bob.team_member_id).users_get_space_usage().allocation.get_team()
    assert usage.user_within_team_space_allocated == 0
    assert usage.user_within_team_space_limit_type.is_off()
    removed = team.team_member_space_limits_remove_custom_quota(selectors)
    assert [each._tag for each in removed] == ["success", "success", "invalid_user"]
    assert removed[0].get_success() == by_email(bob)
    (again,) = team.team_member_space_limits_get_custom_quota([by_email(bob)])
    assert again.get_success().quota_gb is None
