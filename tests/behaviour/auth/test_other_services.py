"""Tests of access tokens that another service gave, such as the service of an earlier test."""

from dataclasses import replace

import dropbox
import pytest
from tests.support.both_doors import TOKEN, refreshing_client
from tests.support.doors import auth_refusal

from fakedropbox import FakeDropboxService, Login

LOGIN = Login(
    app_key="the key",
    app_secret="the secret",
    refresh_token="the refresh token",
    account_email="ada@example.com",
)
LIST = "files/list_folder"
REFRESHED = [(LIST, "expired_access_token"), (TOKEN, "ok"), (LIST, "ok")]


def service_of(seed, **changes):
    return FakeDropboxService(seed, login=replace(LOGIN, **changes))


def calls_of(dbx, service):
    """List the files of a service, and return all its calls so far."""
    with service.activate():
        dbx.files_list_folder("")
    return [(call.route, call.outcome) for call in service.calls]


def refusal_by(service, token):
    with service.activate():
        return auth_refusal(dropbox.Dropbox(token).files_list_folder, "")


@pytest.mark.evidence("F1.5-01", "O2.2-53", "O2.2-55")
@pytest.mark.parametrize("make", [lambda _seed: FakeDropboxService(), service_of])
def test_a_client_with_a_refresh_token_works_with_another_service_that_has_the_same_login(make):
    first = make(1)
    dbx = refreshing_client(first)
    assert calls_of(dbx, first) == [(TOKEN, "ok"), (LIST, "ok")]
    for seed in (2, 3):
        service = make(seed)
        assert calls_of(dbx, service) == REFRESHED
        assert service.calls[0].fact == "F1.5-01"
    assert calls_of(dbx, service) == [*REFRESHED, (LIST, "ok")]


@pytest.mark.evidence("F1.5-01", "O2.2-53")
def test_an_access_token_of_another_service_with_the_same_login_has_expired():
    token = service_of(1).login.access_token
    assert refusal_by(service_of(2), token).is_expired_access_token()


@pytest.mark.evidence("F1.5-01", "O2.3-01")
@pytest.mark.parametrize(
    "changes",
    [
        {"app_key": "another"},
        {"refresh_token": "another"},
        {"account_email": "bob@example.com"},
    ],
)
def test_an_access_token_of_another_login_is_invalid(changes):
    for seed in (1, 2):
        token = service_of(1, **changes).login.access_token
        assert refusal_by(service_of(seed), token).is_invalid_access_token()


@pytest.mark.evidence("F1.5-01", "O2.2-56")
def test_an_access_token_that_never_expires_is_invalid_in_another_service():
    token = service_of(1, access_token="given").login.access_token
    assert refusal_by(service_of(2), token).is_invalid_access_token()


@pytest.mark.evidence("F1.5-01", "O2.3-01")
def test_an_access_token_of_a_login_that_was_revoked_is_invalid():
    token, service = service_of(1).login.access_token, service_of(2)
    service.client().auth_token_revoke()
    for each in (token, service.login.access_token):
        assert refusal_by(service, each).is_invalid_access_token()


def test_a_client_of_an_earlier_service_never_acts_as_another_account():
    """The client has the second token of its service; Bob has the second token of the next one."""
    first, second = FakeDropboxService(), FakeDropboxService()
    dbx = refreshing_client(first)
    calls_of(dbx, first)
    second.logins.create(second.accounts.create("bob@example.com"))
    with second.activate():
        assert dbx.users_get_current_account().email == "owner@example.com"


def test_the_hash_at_the_end_of_a_token_does_not_depend_on_the_process_or_the_seed():
    """Check the end of a token, which must not depend on the process or the seed."""
    ends = {service_of(seed).login.access_token[-32:] for seed in (1, 2)}
    assert ends == {"dz58CRLKz4-6cCnf3CHnVaBU_WdblkFP"}
    token = service_of(1).login.access_token
    assert len(token) == len("sl.u.") + 640
    assert "secret" not in token
