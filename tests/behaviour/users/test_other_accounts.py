"""Tests of other accounts, quotas, features, and checking and revoking credentials."""

import base64

import pytest
from dropbox import users
from dropbox.exceptions import ApiError, AuthError
from tests.support.doors import auth_refusal, refusal

from fakedropbox import NotImplementedInFake

UNKNOWN = "dbid:" + "A" * 35


@pytest.mark.evidence("O3-03", "O3-52")
def test_space_usage_follows_the_files_and_the_quota(dbx, service):
    usage = dbx.users_get_space_usage()
    assert (usage.used, usage.allocation.get_individual().allocated) == (0, 2 * 1024**3)
    dbx.files_upload(b"abc", "/a")
    dbx.files_copy_v2("/a", "/b")
    service.set_quota(service.accounts.default, 5)
    usage = dbx.users_get_space_usage()
    assert (usage.used, usage.allocation.get_individual().allocated) == (6, 5)
    dbx.files_delete_v2("/a")
    assert dbx.users_get_space_usage().used == 3


@pytest.mark.evidence("F4-12")
def test_a_quota_applies_to_one_account_only(dbx, connect, service):
    other = service.accounts.create("other@example.com")
    service.set_quota(other, 2)
    theirs = connect(service.logins.create(other))
    assert refusal(theirs.files_upload, b"abc", "/a") == "path/insufficient_space"
    dbx.files_upload(b"abc", "/a")
    with service.scratch():
        service.set_quota(other, 3)
        theirs.files_upload(b"abc", "/a")
    assert refusal(theirs.files_upload, b"abc", "/a") == "path/insufficient_space"


@pytest.mark.parametrize("allocated", [-1, 1.5, None, True])
def test_set_quota_refuses_an_invalid_size(service, allocated):
    with pytest.raises((TypeError, ValueError), match="allocated"):
        service.set_quota(service.accounts.default, allocated)


def test_set_quota_refuses_an_account_of_another_service(service):
    stranger = type(service)(1).accounts.default
    with pytest.raises(ValueError, match="account"):
        service.set_quota(stranger, 1)


@pytest.mark.evidence("O3-53", "O3-54")
def test_get_account_returns_other_accounts(dbx, service):
    me, other = service.accounts.default, service.accounts.create("other@example.com", "Ada L")
    found = dbx.users_get_account(other.account_id)
    assert isinstance(found, users.BasicAccount)
    assert (found.email, found.name.display_name) == ("other@example.com", "Ada L")
    assert (found.is_teammate, found.disabled, found.email_verified) == (False, False, True)
    assert dbx.users_get_account(me.account_id).is_teammate
    both = dbx.users_get_account_batch([other.account_id, me.account_id])
    assert [each.email for each in both] == ["other@example.com", "owner@example.com"]


@pytest.mark.dropbox(allow_not_implemented=True)
@pytest.mark.evidence("F1.6-03", "O3-53", "O3-54")
def test_an_unknown_account_is_refused(dbx, service):
    assert refusal(dbx.users_get_account, UNKNOWN) == "no_account"
    with pytest.raises(ApiError) as caught:
        dbx.users_get_account_batch([service.accounts.default.account_id, UNKNOWN])
    assert caught.value.error.get_no_account() == UNKNOWN
    with pytest.raises(NotImplementedInFake, match="more than once"):
        dbx.users_get_account_batch([UNKNOWN, UNKNOWN])


@pytest.mark.evidence("O3-55")
def test_features_get_values_returns_the_wanted_features(dbx):
    wanted = [users.UserFeature.file_locking, users.UserFeature.paper_as_files]
    values = dbx.users_features_get_values(wanted).values
    assert [value._tag for value in values] == ["file_locking", "paper_as_files"]
    assert values[1].get_paper_as_files().get_enabled()
    assert refusal(dbx.users_features_get_values, []) == "empty_features_list"


@pytest.mark.evidence("O2.3-03")
@pytest.mark.parametrize("query", ["", "foo", "\u00e9" * 500])
def test_check_user_and_check_app_return_the_query(dbx, query):
    assert dbx.check_user(query).result == query
    assert dbx.check_app(query).result == query


@pytest.mark.evidence("O2.3-04")
def test_check_app_needs_only_a_valid_key_and_secret(connect, service):
    login = service.login
    app = {"oauth2_access_token": None, "oauth2_refresh_token": None}
    dbx = connect(**app)
    assert dbx.check_app("x").result == "x"
    wrong = connect(**app, app_secret="wrong")
    assert auth_refusal(wrong.check_app, "x").is_invalid_access_token()
    unknown = connect(**app, app_key="unknown")
    assert auth_refusal(unknown.check_app, "x").is_invalid_access_token()
    assert login.app_secret not in repr([(call, call.arg) for call in service.calls])


@pytest.mark.evidence("O2.3-04")
@pytest.mark.parametrize(
    "value", ["Bearer {token}", "Basic", "Basic {token}", "Basic \u00e9", "{token}"]
)
def test_check_app_refuses_other_authorization_headers(wire, service, value):
    token = service.login.access_token
    headers = {"Authorization": value.format(token=token)}
    reply = wire.rpc("check/app", {"query": "x"}, headers=headers)
    assert reply.status_code in (400, 401)
    assert token not in reply.text
    assert service.calls[-1].outcome in ("400", "invalid_access_token")


@pytest.mark.evidence("F1.1-08")
def test_check_app_refuses_credentials_in_the_url_that_are_not_ascii(wire):
    reply = wire.rpc(
        "check/app?authorization=Basic%20%C3%A9", {"query": "x"}, headers={"Authorization": None}
    )
    assert reply.status_code == 401


@pytest.mark.evidence("O2.3-04")
def test_app_authentication_is_refused_where_a_user_is_needed(wire, service):
    both = f"{service.login.app_key}:{service.login.app_secret}"
    headers = {"Authorization": f"Basic {base64.b64encode(both.encode()).decode()}"}
    reply = wire.rpc("check/app", {"query": "x"}, headers=headers)
    assert (reply.status_code, reply.json()) == (200, {"result": "x"})
    reply = wire.rpc("check/user", {"query": "x"}, headers=headers)
    assert reply.status_code == 400
    assert "Invalid authorization value" in reply.text


@pytest.mark.evidence("O2.3-01", "F1.1-10")
def test_revoking_a_token_ends_only_its_own_login(dbx, connect, service):
    again = connect()
    elsewhere = connect(service.logins.create())
    assert dbx.auth_token_revoke() is None
    for client in (dbx, again):
        assert auth_refusal(client.files_list_folder, "").is_invalid_access_token()
        with pytest.raises(AuthError):
            client.refresh_access_token()
    assert elsewhere.files_list_folder("").entries == []


@pytest.mark.evidence("O2.3-01")
def test_restoring_a_snapshot_brings_a_revoked_login_back(dbx, service):
    with service.scratch():
        dbx.auth_token_revoke()
    assert dbx.files_list_folder("").entries == []
