"""Tests of the access tokens of the direct client: fetched and renewed as the SDK does."""

from datetime import datetime, timedelta, timezone

import pytest
from dropbox.dropbox_client import BadInputException
from dropbox.exceptions import AuthError, BadInputError
from tests.support.both_doors import META, TOKEN, also, login_of, look, same, token_of, write

LIFETIME = 14_400
BEGIN = datetime(2026, 1, 1)  # noqa: DTZ001 -- the SDK's datetimes are naive, and UTC


def stored_tokens(service, **more):
    """Return the arguments of a program that has stored an access token and its expiration."""
    ends = BEGIN + timedelta(seconds=LIFETIME)
    kept = {"oauth2_access_token_expiration": ends, **more}
    return login_of(service) | token_of(service) | kept


def advance_clock(seconds):
    return lambda service: service.clock.advance(seconds)


def revoke_login(service):
    tokens = service.gate.world.tokens
    tokens.revoke(tokens.grant(service.login.access_token).link)


# Fetching a token


@pytest.mark.parametrize(
    ("seconds_left", "refreshes"),
    [(301, False), (300.000_001, False), (300, True), (299, True), (0, True)],
)
def test_a_token_is_renewed_five_minutes_before_its_expiration(seconds_left, refreshes):
    seen = same(look, arrange=advance_clock(LIFETIME - seconds_left), arguments=stored_tokens)
    assert seen.routes == [TOKEN, META] if refreshes else [META]


def test_a_token_is_fetched_once_while_it_is_valid():
    seen = same(lambda client: [look(client) for _ in range(5)])
    assert seen.routes == [TOKEN, *[META] * 5]


def test_a_token_with_an_unknown_expiration_is_renewed():
    seen = same(look, arguments=lambda service: login_of(service) | token_of(service))
    assert seen.routes == [TOKEN, META]


def test_an_expiration_with_a_time_zone_is_a_type_error():
    ends = BEGIN.replace(tzinfo=timezone.utc)
    seen = same(look, arguments=also(stored_tokens, oauth2_access_token_expiration=ends))
    assert seen.outcome[0] is TypeError


# Expired tokens


def wrong_expiration(service):
    """Return arguments with a later expiration than that of the token."""
    return stored_tokens(service, oauth2_access_token_expiration=BEGIN.replace(year=2030))


@pytest.mark.evidence("F1.5-01", "O5-16")
def test_an_expired_token_is_renewed_once_and_the_call_repeated():
    seen = same(look, arrange=advance_clock(LIFETIME), arguments=wrong_expiration)
    assert [call[:2] for call in seen.calls] == [
        (META, "expired_access_token"),
        (TOKEN, "ok"),
        (META, "ok"),
    ]


@pytest.mark.evidence("F1.5-01")
def test_an_expired_token_without_a_refresh_token_is_refused():
    seen = same(look, arrange=advance_clock(LIFETIME), arguments=token_of)
    kind, _, fields = seen.outcome
    assert kind is AuthError
    assert "expired_access_token" in fields["error"]
    assert seen.routes == [META, META]


def test_a_token_is_valid_until_its_last_microsecond():
    assert same(look, arrange=advance_clock(LIFETIME - 0.000_001), arguments=token_of).routes == [
        META
    ]


def test_a_renewal_with_a_server_error_has_the_same_outcome_as_with_the_sdk():
    def arrange(service):
        service.clock.advance(LIFETIME)
        service.faults.server_error(TOKEN)

    same(look, arrange=arrange, arguments=wrong_expiration)


def test_a_refused_renewal_is_an_auth_error():
    arguments = also(wrong_expiration, oauth2_refresh_token="x" * 64)
    seen = same(look, arrange=advance_clock(LIFETIME), arguments=arguments)
    assert seen.outcome[0] is AuthError
    assert [call[:2] for call in seen.calls] == [
        (META, "expired_access_token"),
        (TOKEN, "invalid_grant"),
    ]


def test_a_fetched_token_expires_after_its_lifetime():
    def act(client):
        look(client)
        return client._oauth2_access_token_expiration

    assert same(act).outcome == repr(BEGIN + timedelta(seconds=LIFETIME))


def test_a_renewal_requests_the_same_scopes_as_the_sdk():
    # With the oldest supported SDK, both clients request all scopes here.
    arguments = also(wrong_expiration, scope=["files.metadata.read"])
    seen = same(write, arrange=advance_clock(LIFETIME), arguments=arguments)
    assert seen.routes == ["files/upload", TOKEN, "files/upload"]


# Scopes


@pytest.mark.evidence("F1.5-02")
def test_a_token_with_fewer_scopes_cannot_write():
    arguments = also(login_of, scope=["files.metadata.read", "account_info.read"])
    assert same(look, arguments=arguments).routes == [TOKEN, META]
    seen = same(write, arguments=arguments)
    kind, _, fields = seen.outcome
    assert kind is AuthError
    assert fields["error"] == (
        "AuthError('missing_scope', TokenScopeError(required_scope='files.content.write'))"
    )


def test_the_token_request_contains_the_scopes():
    arguments = also(login_of, scope=["files.metadata.read", "files.content.read"])
    (_, _, arg), *_ = same(look, arguments=arguments).calls
    assert "'scope': 'files.metadata.read files.content.read'" in arg


@pytest.mark.parametrize("scope", [["no.such"], ["files.content.write"]])
def test_a_request_for_more_scopes_than_granted_is_refused(scope):
    arguments = also(login_of, scope=scope)
    seen = same(look, scopes=["files.metadata.read"], arguments=arguments)
    kind, _, fields = seen.outcome
    assert kind is BadInputError
    assert "invalid_scope" in fields["message"]
    assert scope[0] in fields["message"]


@pytest.mark.evidence("F1.5-02")
def test_a_call_without_the_scope_in_the_login_is_refused():
    seen = same(write, scopes=["files.metadata.read"])
    assert seen.outcome[0] is AuthError
    assert seen.calls[-1][:2] == ("files/upload", "missing_scope")


@pytest.mark.evidence("O5-13", "O8-04")
def test_a_call_without_the_scope_in_the_app_is_refused():
    def arrange(service):
        app = service.apps.create("small", key="small", secret="s", scopes=["files.metadata.read"])
        service.logins.create(app=app)

    def arguments(service):
        link = service.logins.create(app=service.apps.by_key("small"))
        return token_of(service) | {"oauth2_access_token": link.access_token}

    seen = same(write, arrange=arrange, arguments=arguments)
    kind, _, fields = seen.outcome
    assert kind is BadInputError
    assert "does not have the required scope" in fields["message"]
    assert "files.content.write" in fields["message"]


@pytest.mark.parametrize("scope", [[], "files.content.read", ("files.content.read",)])
def test_refresh_refuses_scopes_that_are_empty_or_not_a_list(scope):
    seen = same(lambda client: client.refresh_access_token(scope=scope))
    assert isinstance(seen.outcome, tuple)
    assert seen.routes == []


def test_an_explicit_refresh_with_fewer_scopes_limits_the_token():
    def act(client):
        client.refresh_access_token(scope=["files.content.read"])
        return look(client)

    seen = same(act)
    assert seen.outcome[0] is AuthError
    assert seen.routes == [TOKEN, META]


def test_a_refresh_without_a_refresh_token_logs_a_warning():
    seen = same(lambda client: client.refresh_access_token(), arguments=token_of)
    assert seen.outcome == "None"
    assert seen.routes == []
    ((level, text),) = seen.log
    assert level == "WARNING"
    assert text.startswith("Unable to refresh access token without")


# Wrong credentials


WRONG_CREDENTIALS = {
    "secret": ({"app_secret": "wrong"}, BadInputError, "invalid_client"),
    "key": ({"app_key": "wrong"}, BadInputError, "invalid_client"),
    "no secret": ({"app_secret": None}, BadInputError, "invalid_client"),
    "garbage": ({"oauth2_refresh_token": "garbage"}, AuthError, "invalid_access_token"),
    "unknown": ({"oauth2_refresh_token": "x" * 64}, AuthError, "invalid_access_token"),
}


@pytest.mark.evidence("O2.2-04", "O2.2-05", "O2.2-06")
@pytest.mark.parametrize("case", WRONG_CREDENTIALS)
def test_wrong_credentials_are_refused(case):
    wrong, kind, text = WRONG_CREDENTIALS[case]
    seen = same(look, arguments=also(login_of, **wrong))
    assert seen.outcome[0] is kind
    assert text in repr(seen.outcome)
    assert seen.routes == [TOKEN]


@pytest.mark.evidence("O2.2-04")
def test_a_revoked_refresh_token_is_refused():
    seen = same(look, arrange=revoke_login)
    assert seen.outcome[0] is AuthError
    assert seen.calls[0][:2] == (TOKEN, "invalid_grant")


@pytest.mark.evidence("O2.3-01")
@pytest.mark.parametrize("arrange", [revoke_login, None])
def test_an_unknown_access_token_is_refused(arrange):
    arguments = token_of if arrange else also(token_of, oauth2_access_token="garbage")
    seen = same(look, arrange=arrange, arguments=arguments)
    kind, _, fields = seen.outcome
    assert kind is AuthError
    assert "invalid_access_token" in fields["error"]
    assert seen.routes == [META]


def test_app_credentials_are_not_enough_for_a_user_route():
    seen = same(look, arguments=lambda _: {"app_key": "key", "app_secret": "secret"})
    assert seen.outcome == (BadInputException, "Unhandled auth type: user")
    assert seen.routes == []


# The constructor


INVALID_ARGUMENTS = {
    "secret only": {"app_secret": "secret"},
    "key only": {"app_key": "key"},
    "refresh token without key": {"oauth2_refresh_token": "r"},
    "headers": {"oauth2_access_token": "t", "headers": "no dict"},
    "scope text": {"oauth2_access_token": "t", "scope": "files.content.read"},
    "scope tuple": {"oauth2_access_token": "t", "scope": ("files.content.read",)},
    "scope empty": {"oauth2_access_token": "t", "scope": []},
    "session": {"oauth2_access_token": "t", "session": 5},
}


@pytest.mark.parametrize("case", INVALID_ARGUMENTS)
def test_the_constructor_refuses_invalid_arguments(case):
    seen = same(look, arguments=lambda _: INVALID_ARGUMENTS[case])
    assert seen.outcome[0] is BadInputException
    assert seen.routes == []


def test_a_falsy_session_is_ignored():
    same(look, arguments=also(login_of, session=0))
