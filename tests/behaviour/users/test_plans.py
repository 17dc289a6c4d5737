"""Tests of accounts on the three plans, and of the members of a team."""

import pytest
from dropbox.users_common import AccountType


@pytest.mark.evidence("O3-02")
@pytest.mark.parametrize("plan", ["basic", "pro", "business"])
def test_an_account_has_the_type_of_its_plan(connect, service, plan):
    account = service.accounts.create("a@example.com", plan=plan)
    found = connect(service.logins.create(account)).users_get_current_account()
    assert found.account_type == AccountType(plan)
    assert (found.team is not None) == (plan == "business")


@pytest.mark.dropbox(plan="pro")
def test_the_default_account_may_have_another_plan(dbx, service):
    assert dbx.users_get_current_account().account_type == AccountType.pro
    service.reset()
    assert service.accounts.default.plan == "pro"


@pytest.mark.evidence("O3-01", "O0-11")
def test_business_accounts_are_members_of_one_team(connect, service):
    one, two = (service.accounts.create(f"{n}@example.com", plan="business") for n in "ab")
    found = [
        connect(service.logins.create(account)).users_get_current_account()
        for account in (one, two)
    ]
    assert found[0].team == found[1].team
    assert len(found[0].team.id) == len("dbtid:") + 35
    assert found[0].team_member_id != found[1].team_member_id
    assert found[0].team_member_id.startswith("dbmid:")
    assert found[0].team.sharing_policies.shared_link_create_policy.is_default_public()


@pytest.mark.evidence("O3-53")
def test_only_members_of_the_team_are_teammates(connect, service, dbx):
    one, two = (service.accounts.create(f"{n}@example.com", plan="business") for n in "ab")
    member = connect(service.logins.create(one))
    mate = member.users_get_account(two.account_id)
    assert (mate.is_teammate, mate.team_member_id) == (True, two.team_member_id)
    other = member.users_get_account(service.accounts.default.account_id)
    assert (other.is_teammate, other.team_member_id) == (False, None)
    seen = dbx.users_get_account(one.account_id)
    assert (seen.is_teammate, seen.team_member_id) == (False, None)


@pytest.mark.evidence("O3-52")
def test_the_space_of_a_team_is_that_of_its_members(connect, service):
    one, two = (service.accounts.create(f"{n}@example.com", plan="business") for n in "ab")
    service.seed_files({"/a": b"123"}, account=one)
    service.seed_files({"/a": b"12345"}, account=two)
    usage = connect(service.logins.create(one)).users_get_space_usage()
    team = usage.allocation.get_team()
    assert (usage.used, team.used, team.allocated) == (3, 8, 4 * 1024**3)
    assert team.user_within_team_space_limit_type.is_off()
