"""Tests of `openid/userinfo`: the claims about the caller's account."""

import pytest
from tests.support.doors import auth_refusal, bad_input

CLAIMS = ["family_name", "given_name", "email", "email_verified"]


def claims(result):
    return {name: getattr(result, name) for name in CLAIMS if getattr(result, name) is not None}


@pytest.mark.evidence("O2.3-05")
@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        (["openid"], {}),
        (["openid", "profile"], {"family_name": "Surname", "given_name": "Given"}),
        (["openid", "email"], {"email": "owner@example.com", "email_verified": True}),
        (
            ["openid", "email", "profile", "files.content.read"],
            {
                "family_name": "Surname",
                "given_name": "Given",
                "email": "owner@example.com",
                "email_verified": True,
            },
        ),
    ],
)
def test_the_scopes_of_the_token_determine_the_claims(connect, service, scopes, expected):
    result = connect(service.logins.create(scopes=scopes)).openid_userinfo()
    assert claims(result) == expected
    assert result.sub == service.accounts.default.account_id
    assert result.iss == "https://www.dropbox.com"


@pytest.mark.evidence("O2.3-05")
def test_an_address_that_is_not_verified_is_reported_as_such(connect, service):
    account = service.accounts.create("new@example.com", email_verified=False)
    result = connect(service.logins.create(account)).openid_userinfo()
    assert (result.email, result.email_verified) == ("new@example.com", False)


@pytest.mark.parametrize("scopes", [[], ["profile", "email"]])
def test_userinfo_needs_the_openid_scope(connect, service, scopes):
    dbx = connect(service.logins.create(scopes=scopes))
    assert auth_refusal(dbx.openid_userinfo).get_missing_scope().required_scope == "openid"
    app = service.apps.create("other", scopes=scopes)
    assert "required scope 'openid'" in bad_input(
        connect(service.logins.create(app=app)).openid_userinfo
    )


@pytest.mark.evidence("O2.3-05")
def test_the_json_has_all_claims(wire):
    body = wire.rpc("openid/userinfo", {}).json()
    assert sorted(body) == sorted([*CLAIMS, "iss", "sub"])


def test_an_app_folder_app_may_call_userinfo(connect, service):
    app = service.apps.create("small", folder="Small")
    assert connect(service.logins.create(app=app)).openid_userinfo().sub
