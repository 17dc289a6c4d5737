"""Tests of the tokens of teams, and of the headers by which they act as a member."""

import json

import pytest
from dropbox import team as api
from dropbox.team import UserSelectorArg
from dropbox.users import UserFeature
from tests.support.doors import auth_refusal, bad_input, listed, paths
from tests.support.fingerprint import fingerprint

from fakedropbox import Login
from fakedropbox._core.selection import ADMIN, USER
from fakedropbox._facts import ROUTES, messages

UNKNOWN = f"dbmid:{'x' * 35}"
pytestmark = pytest.mark.every_door


def as_bob(team, bob):
    return team.as_user(bob.team_member_id)


@pytest.mark.evidence("O4.7-03", "F1.5-03", "P4-07")
def test_a_token_of_a_team_acts_as_the_selected_member(team, service, acme, ada, bob):
    as_bob(team, bob).files_upload(b"1", "/a.txt")
    assert paths(listed(as_bob(team, bob))) == ["/a.txt"]
    assert (service.files_of(bob.account), service.files_of(ada.account)) == ({"/a.txt": b"1"}, {})
    assert service.calls[-1].account == bob.account
    found = as_bob(team, bob).users_get_current_account()
    assert (found.account_id, found.email) == (bob.account.account_id, bob.email)
    assert (found.team.id, found.team.name) == (acme.team_id, "Acme")
    assert found.team_member_id == bob.team_member_id
    assert found.root_info.home_namespace_id == str(bob.namespace_id)


@pytest.mark.evidence("P4-13", "P6-07")
def test_a_client_finds_a_member_by_address_and_acts_as_the_member(team, bob):
    info, *_ = team.team_members_get_info([UserSelectorArg.email("BOB@acme.example.com")])
    member_id = info.get_member_info().profile.team_member_id
    assert team.as_user(member_id).users_get_current_account().email == bob.email


@pytest.mark.evidence("O4.7-03", "S15-06")
def test_an_administrator_acts_by_select_admin_on_routes_that_permit_it(team, ada):
    admin = team.as_admin(ada.team_member_id)
    admin.files_upload(b"1", "/a.txt")
    assert paths(listed(admin)) == ["/a.txt"]
    found = admin.users_get_current_account()
    assert found.account_id == ada.account.account_id


@pytest.mark.evidence("P4-09")
def test_an_administrator_is_refused_on_routes_without_a_mode_for_administrators(team, ada):
    assert not ROUTES["users/features/get_values"].select_admin_mode
    admin = team.as_admin(ada.team_member_id)
    text = bad_input(admin.users_features_get_values, [UserFeature.file_locking])
    assert text.endswith(messages.NO_ADMIN_MODE)


@pytest.mark.evidence("P4-03", "O4.7-03")
def test_a_member_who_is_not_an_administrator_cannot_be_selected_as_one(team, bob):
    refused = auth_refusal(team.as_admin(bob.team_member_id).files_list_folder, "")
    assert refused.is_invalid_select_admin()


@pytest.mark.evidence("P4-03")
@pytest.mark.parametrize("role", ["user_management_admin", "support_admin"])
def test_other_administrators_cannot_be_selected_as_administrators(connect_team, service, role):
    made = service.teams.create("Other", ["a@b.example.com", ("c@b.example.com", role)])
    team = connect_team(service.logins.create(team=made))
    member_id = service.teams.members(made)[1].team_member_id
    assert auth_refusal(team.as_admin(member_id).files_list_folder, "").is_invalid_select_admin()


@pytest.mark.evidence("P4-03")
def test_an_unknown_or_foreign_member_is_refused(team, service):
    foreign = service.teams.create("Other", ["zoe@other.example.com"])
    before = fingerprint(service)
    for member_id in (UNKNOWN, service.teams.members(foreign)[0].team_member_id, "dbmid:"):
        user, admin = team.as_user(member_id), team.as_admin(member_id)
        assert auth_refusal(user.files_upload, b"1", "/a").is_invalid_select_user()
        assert auth_refusal(admin.files_upload, b"1", "/a").is_invalid_select_admin()
    assert fingerprint(service) == before


@pytest.mark.evidence("P4-02")
@pytest.mark.parametrize("value", ["bob@acme.example.com", "DBMID:x", ""])
def test_a_malformed_member_id_has_an_error_of_its_own(team, value):
    for client in (team.as_user(value), team.as_admin(value)):
        assert bad_input(client.files_list_folder, "") == (
            'Error in call to API function "files/list_folder": Invalid select user id format'
        )


@pytest.mark.evidence("O4.7-01")
def test_a_token_of_a_team_is_refused_on_user_routes_without_a_selected_member(
    connect, service, acme
):
    dbx = connect(service.logins.create(team=acme))
    assert bad_input(dbx.users_get_current_account) == (
        'Error in call to API function "users/get_current_account": This API function operates on '
        "a single Dropbox account, but the OAuth 2 access token you provided is for an entire "
        "Dropbox Business team.  Since your API app key has team member file access permissions, "
        'you can operate on a team member\'s Dropbox by providing the "Dropbox-API-Select-User" '
        'HTTP header or "select_user" URL parameter to specify the exact user '
        "<https://www.dropbox.com/developers/documentation/http/teams>."
    )
    assert service.calls[-1].account is None
    narrow = connect(service.logins.create(team=acme, scopes=["account_info.read"]))
    assert bad_input(narrow.users_get_current_account).endswith("Dropbox Business team.")


@pytest.mark.evidence("O2.3-01", "O4.7-01")
def test_a_token_of_a_team_is_revoked_as_a_member(connect_team, connect, service, acme, bob):
    login = service.logins.create(team=acme)
    assert "entire Dropbox Business team" in bad_input(connect(login).auth_token_revoke)
    team = connect_team(Login(access_token=login.access_token))
    team.as_user(bob.team_member_id).auth_token_revoke()
    assert auth_refusal(team.team_get_info).is_invalid_access_token()


@pytest.mark.evidence("O4.7-02")
def test_a_token_of_an_account_is_refused_on_team_routes(connect_team, service):
    team = connect_team(service.login)
    assert bad_input(team.team_get_info) == (
        'Error in call to API function "team/get_info": This is a DfB team management function.  '
        "The OAuth 2 access token you provided is for a specific Dropbox user account and does "
        "not work with this function."
    )


@pytest.mark.evidence("P4-05")
def test_a_token_of_an_account_cannot_select_a_member(connect, service, bob):
    for header in (USER, ADMIN):
        dbx = connect(service.login, headers={header: bob.team_member_id})
        assert bad_input(dbx.files_list_folder, "").endswith(messages.SELECTED_FOR_ACCOUNT)


@pytest.mark.evidence("P4-18")
def test_a_team_route_refuses_select_user_and_select_admin(connect_team, service, acme, ada):
    login = service.logins.create(team=acme)
    for header in (USER, ADMIN):
        team = connect_team(login, headers={header: ada.team_member_id})
        assert bad_input(team.team_get_info).endswith(messages.SELECTED_FOR_TEAM)


@pytest.mark.evidence("P4-19")
def test_select_user_and_select_admin_in_one_call_are_refused(connect_team, service, acme, ada):
    team = connect_team(service.logins.create(team=acme), headers={ADMIN: ada.team_member_id})
    user = team.as_user(ada.team_member_id)
    assert bad_input(user.files_list_folder, "").endswith(messages.TWO_SELECTED)


@pytest.mark.evidence("P4-08")
def test_a_team_needs_the_scope_of_the_route_and_that_of_members(connect_team, service, acme, bob):
    def refused(*scopes):
        team = connect_team(service.logins.create(team=acme, scopes=scopes))
        error = auth_refusal(team.as_user(bob.team_member_id).files_list_folder, "")
        return error.get_missing_scope().required_scope

    assert refused("files.metadata.read") == "team_data.member"
    assert refused("team_data.member") == "files.metadata.read"
    assert refused("account_info.read") == "files.metadata.read"
    team = connect_team(
        service.logins.create(team=acme, scopes=["team_data.member", "files.metadata.read"])
    )
    assert listed(team.as_user(bob.team_member_id)) == []


@pytest.mark.evidence("P4-08")
def test_an_app_without_the_scope_of_members_is_refused(connect_team, service, acme, bob):
    app = service.apps.create(scopes=["files.metadata.read"])
    team = connect_team(service.logins.create(team=acme, app=app))
    text = bad_input(team.as_user(bob.team_member_id).files_list_folder, "")
    assert "does not have the required scope 'team_data.member'" in text


@pytest.mark.evidence("P5-11")
def test_a_team_route_needs_its_scope(connect_team, service, acme):
    team = connect_team(service.logins.create(team=acme, scopes=["team_data.member"]))
    for call in (
        team.team_get_info,
        team.team_token_get_authenticated_admin,
        lambda: team.team_features_get_values([api.Feature.upload_api_rate_limit]),
    ):
        assert auth_refusal(call).get_missing_scope().required_scope == "team_info.read"


@pytest.mark.evidence("P4-04", "P6-19")
def test_a_suspended_member_can_do_nothing_until_the_suspension_ends(team, connect, service, bob):
    own = connect(service.logins.create(bob.account))
    own.files_upload(b"1", "/a.txt")
    team.team_members_suspend(UserSelectorArg.team_member_id(bob.team_member_id))
    before = service.files_of(bob.account)
    for client in (own, as_bob(team, bob)):
        assert auth_refusal(client.files_upload, b"2", "/b.txt").is_user_suspended()
        assert auth_refusal(client.files_list_folder, "").is_user_suspended()
    assert service.files_of(bob.account) == before
    team.team_members_unsuspend(UserSelectorArg.team_member_id(bob.team_member_id))
    for client in (own, as_bob(team, bob)):
        assert paths(listed(client)) == ["/a.txt"]


@pytest.mark.evidence("P4-04")
def test_a_suspended_administrator_cannot_be_selected(team, service, acme, ada, bob):
    team.team_members_set_admin_permissions(
        UserSelectorArg.email(bob.email), api.AdminTier.team_admin
    )
    team.team_members_suspend(UserSelectorArg.email(ada.email))
    admin = team.as_admin(ada.team_member_id)
    assert auth_refusal(admin.files_list_folder, "").is_user_suspended()


@pytest.mark.evidence("P4-20")
def test_a_removed_member_can_do_nothing(team, connect, service, bob):
    login = service.logins.create(bob.account)
    own = connect(login)
    team.team_members_remove(UserSelectorArg.team_member_id(bob.team_member_id))
    assert auth_refusal(own.files_list_folder, "").is_invalid_access_token()
    refused = auth_refusal(as_bob(team, bob).files_list_folder, "")
    assert refused.is_invalid_select_user()
    refused = auth_refusal(team.as_admin(bob.team_member_id).files_list_folder, "")
    assert refused.is_invalid_select_admin()


@pytest.mark.evidence("P4-20")
def test_an_invited_member_cannot_be_selected_before_accepting(team, service):
    team.team_members_add([api.MemberAddArg("new@acme.example.com")])
    (member,) = [each for each in service.teams.members(service.teams.default) if each.invited]
    as_new = team.as_user(member.team_member_id)
    assert auth_refusal(as_new.files_list_folder, "").is_invalid_select_user()
    account = service.teams.accept("new@acme.example.com")
    assert as_new.users_get_current_account().account_id == account.account_id
    assert account.team_member_id == member.team_member_id


@pytest.mark.evidence("P4-06")
def test_a_member_can_be_selected_in_the_url(wire, service, acme, bob, eve):
    service.seed_files({"/a.txt": b"12"}, account=bob.account)
    token = service.logins.create(team=acme).access_token
    wire.authorization = {"Authorization": f"Bearer {token}"}
    argument = json.dumps({"path": "/a.txt"})

    def downloaded(member, **headers):
        url = f"https://content.dropboxapi.com/2/files/download?select_user={member}"
        return wire.send(url, headers={"Dropbox-API-Arg": argument, **headers})

    assert downloaded(bob.team_member_id).content == b"12"
    assert downloaded(bob.team_member_id, Range="bytes=1-1").content == b"2"
    assert downloaded(eve.team_member_id).status_code == 409
    assert downloaded("bob").text.endswith(messages.BAD_SELECTED_ID)
    assert downloaded(eve.team_member_id, **{USER: bob.team_member_id}).content == b"12"


def test_the_member_the_scope_and_the_path_root_are_checked_in_this_order(
    connect, service, acme, bob
):
    narrow = service.logins.create(team=acme, scopes=["account_info.read"])
    malformed = connect(narrow, headers={USER: "bob", "Dropbox-API-Path-Root": "x"})
    assert bad_input(malformed.files_list_folder, "").endswith(messages.BAD_SELECTED_ID)
    unknown = connect(narrow, headers={USER: UNKNOWN, "Dropbox-API-Path-Root": "x"})
    assert auth_refusal(unknown.files_list_folder, "/").is_invalid_select_user()
    scope = connect(narrow, headers={USER: bob.team_member_id, "Dropbox-API-Path-Root": "x"})
    assert auth_refusal(scope.files_list_folder, "/").is_missing_scope()
    login = service.logins.create(team=acme)
    rooted = connect(login, headers={USER: bob.team_member_id, "Dropbox-API-Path-Root": "x"})
    assert "Path-Root" in bad_input(rooted.files_list_folder, "")


def test_a_token_of_a_team_is_refreshed(connect_team, service, acme, bob):
    team = connect_team(service.logins.create(team=acme))
    service.clock.advance(5 * 3600)
    assert listed(as_bob(team, bob)) == []
    assert "oauth2/token" in [call.route for call in service.calls]
    expired = connect_team(Login(access_token=service.logins.create(team=acme).access_token))
    service.clock.advance(5 * 3600)
    assert auth_refusal(expired.team_get_info).is_expired_access_token()


def test_a_cursor_of_one_member_is_refused_to_another(team, bob, eve):
    cursor = as_bob(team, bob).files_list_folder("").cursor
    assert "cursor" in bad_input(as_bob(team, eve).files_list_folder_continue, cursor)
