"""Tests of webhooks of apps that are linked to a team."""

import json

import pytest
from dropbox.common import PathRoot
from dropbox.sharing import AccessLevel, AddMember, MemberSelector
from dropbox.team import UserSelectorArg
from tests.support.receiver import Receiver

from fakedropbox import FakeDropboxService

ADDRESSES = ["ada@acme.example.com", "bob@acme.example.com", "eve@acme.example.com"]


@pytest.fixture
def service():
    return FakeDropboxService()


@pytest.fixture
def acme(service):
    return service.teams.create("Acme", ADDRESSES)


@pytest.fixture
def hook(service):
    """The receiver of the notices of the default app."""
    with Receiver() as receiver:
        service.webhooks.add(receiver.url)
        receiver.requests.clear()
        yield receiver


@pytest.fixture
def told(service, hook):
    """A function that delivers what is due, and returns the bodies of the notices."""

    def found():
        service.webhooks.deliver()
        bodies = [json.loads(each.body) for each in hook.requests]
        hook.requests.clear()
        return bodies

    return found


def notice(team, *members):
    return {"list_folder": {"teams": {team.team_id: [each.team_member_id for each in members]}}}


@pytest.mark.evidence("O7-06")
def test_the_app_of_a_team_is_told_of_the_changes_of_its_members(service, acme, told):
    ada, bob, eve = service.teams.members(acme)
    service.logins.create(team=acme)
    for member in (bob, eve):
        service.seed_files({"/a.txt": b"1"}, account=member.account)
    assert told() == [notice(acme, bob, eve)]
    (delivery,) = service.webhooks.deliveries
    assert delivery.accounts == (bob.account, eve.account)
    assert told() == []
    client = service.team_client()
    client.team_members_remove(UserSelectorArg.team_member_id(eve.team_member_id))
    for member in (ada, eve):
        service.seed_files({"/b.txt": b"1"}, account=member.account)
    assert told() == [notice(acme, ada)]


@pytest.mark.evidence("O7-06")
def test_an_app_without_the_files_of_members_is_told_nothing(service, acme, told):
    (ada, *_) = service.teams.members(acme)
    service.logins.create(team=acme, scopes=["team_info.read", "files.content.read"])
    service.seed_files({"/a.txt": b"1"}, account=ada.account)
    assert told() == []


@pytest.mark.evidence("O7-06")
def test_a_change_in_a_team_folder_is_announced_for_each_of_its_members(service, acme, told):
    ada, bob, _ = service.teams.members(acme)
    client = service.team_client(acme)
    plans = client.team_team_folder_create("Plans").team_folder_id
    admin = client.as_admin(ada.team_member_id)
    members = [
        AddMember(MemberSelector.dropbox_id(each.account.account_id), AccessLevel.viewer)
        for each in (ada, bob)
    ]
    admin.sharing_add_folder_member(plans, members)
    told()
    admin.with_path_root(PathRoot.namespace_id(plans)).files_upload(b"1", "/a.txt")
    assert told() == [notice(acme, ada, bob)]


@pytest.mark.evidence("O7-06", "O7-04")
def test_an_app_of_a_team_and_of_an_account_is_told_of_both_in_one_notice(service, acme, told):
    (ada, *_) = service.teams.members(acme)
    service.logins.create(team=acme)
    for account in (ada.account, service.accounts.default):
        service.logins.create(account)
        service.seed_files({"/a.txt": b"1"}, account=account)
    both = [service.accounts.default, ada.account]
    (body,) = told()
    assert body["list_folder"]["teams"] == notice(acme, ada)["list_folder"]["teams"]
    assert sorted(body["list_folder"]["accounts"]) == sorted(each.account_id for each in both)
    assert sorted(body["delta"]["users"]) == sorted(int(each.uid) for each in both)
    (delivery,) = service.webhooks.deliveries
    assert len(delivery.accounts) == 2
