"""The direct client fetches, renews and loses its access token as the SDK does."""

from datetime import datetime, timedelta, timezone

import pytest
from dropbox.dropbox_client import BadInputException
from dropbox.exceptions import AuthError, BadInputError
from tests.support.both_doors import META, TOKEN, also, login_of, look, same, token_of, write

LIFE = 14_400
BEGIN = datetime(2026, 1, 1)  # noqa: DTZ001 -- the SDK's datetimes are naive, and UTC


def both_tokens(service, **more):
    """The arguments of a program that has kept an access token and when it ends."""
    ends = BEGIN + timedelta(seconds=LIFE)
    kept = {"oauth2_access_token_expiration": ends, **more}
    return login_of(service) | token_of(service) | kept


def later(seconds):
    return lambda service: service.clock.advance(seconds)


def revoked(service):
    tokens = service.gate.world.tokens
    tokens.revoke(tokens.grant(service.login.access_token).link)


# When a token is fetched


@pytest.mark.parametrize(
    ("left", "refreshes"), [(301, False), (300.000_001, False), (300, True), (299, True), (0, True)]
)
def test_it_is_renewed_five_minutes_before_its_end(left, refreshes):
    seen = same(look, arrange=later(LIFE - left), arguments=both_tokens)
    assert seen.routes == [TOKEN, META] if refreshes else [META]


def test_it_is_fetched_once_while_it_lasts():
    seen = same(lambda client: [look(client) for _ in range(5)])
    assert seen.routes == [TOKEN, *[META] * 5]


def test_an_end_that_is_not_known_is_no_end_to_rely_on():
    seen = same(look, arguments=lambda service: login_of(service) | token_of(service))
    assert seen.routes == [TOKEN, META]


def test_an_end_with_a_time_zone_is_an_error():
    ends = BEGIN.replace(tzinfo=timezone.utc)
    seen = same(look, arguments=also(both_tokens, oauth2_access_token_expiration=ends))
    assert seen.outcome[0] is TypeError


# When it has ended all the same


def wrong_end(service):
    """Arguments that promise a life that the token does not have."""
    return both_tokens(service, oauth2_access_token_expiration=BEGIN.replace(year=2030))


@pytest.mark.evidence("F1.5-01", "O5-16")
def test_an_expired_token_is_renewed_once_and_the_call_repeated():
    seen = same(look, arrange=later(LIFE), arguments=wrong_end)
    assert [call[:2] for call in seen.calls] == [
        (META, "expired_access_token"),
        (TOKEN, "ok"),
        (META, "ok"),
    ]


@pytest.mark.evidence("F1.5-01")
def test_an_expired_token_without_a_refresh_token():
    seen = same(look, arrange=later(LIFE), arguments=token_of)
    kind, _, fields = seen.outcome
    assert kind is AuthError
    assert "expired_access_token" in fields["error"]
    assert seen.routes == [META, META]


def test_a_token_lives_to_its_last_microsecond():
    assert same(look, arrange=later(LIFE - 0.000_001), arguments=token_of).routes == [META]


def test_a_renewal_that_fails_for_now():
    def arrange(service):
        service.clock.advance(LIFE)
        service.faults.server_error(TOKEN)

    same(look, arrange=arrange, arguments=wrong_end)


def test_a_renewal_that_is_refused():
    arguments = also(wrong_end, oauth2_refresh_token="x" * 64)
    seen = same(look, arrange=later(LIFE), arguments=arguments)
    assert seen.outcome[0] is AuthError
    assert [call[:2] for call in seen.calls] == [
        (META, "expired_access_token"),
        (TOKEN, "invalid_grant"),
    ]


def test_a_renewed_token_lasts_as_long_as_the_first():
    def act(client):
        look(client)
        return client._oauth2_access_token_expiration

    assert same(act).outcome == repr(BEGIN + timedelta(seconds=LIFE))


def test_the_scopes_of_a_renewal():
    # The floor of the SDK asks for all scopes here; each direct client does as its SDK.
    arguments = also(wrong_end, scope=["files.metadata.read"])
    seen = same(write, arrange=later(LIFE), arguments=arguments)
    assert seen.routes == ["files/upload", TOKEN, "files/upload"]


# Scopes


@pytest.mark.evidence("F1.5-02")
def test_a_token_of_fewer_scopes():
    arguments = also(login_of, scope=["files.metadata.read", "account_info.read"])
    assert same(look, arguments=arguments).routes == [TOKEN, META]
    seen = same(write, arguments=arguments)
    kind, _, fields = seen.outcome
    assert kind is AuthError
    assert fields["error"] == (
        "AuthError('missing_scope', TokenScopeError(required_scope='files.content.write'))"
    )


def test_the_scopes_are_part_of_the_request_for_a_token():
    arguments = also(login_of, scope=["files.metadata.read", "files.content.read"])
    (_, _, arg), *_ = same(look, arguments=arguments).calls
    assert "'scope': 'files.metadata.read files.content.read'" in arg


@pytest.mark.parametrize("scope", [["no.such"], ["files.content.write"]])
def test_more_scopes_than_were_granted(scope):
    arguments = also(login_of, scope=scope)
    seen = same(look, scopes=["files.metadata.read"], arguments=arguments)
    kind, _, fields = seen.outcome
    assert kind is BadInputError
    assert "invalid_scope" in fields["message"]
    assert scope[0] in fields["message"]


@pytest.mark.evidence("F1.5-02")
def test_a_login_without_the_scope():
    seen = same(write, scopes=["files.metadata.read"])
    assert seen.outcome[0] is AuthError
    assert seen.calls[-1][:2] == ("files/upload", "missing_scope")


@pytest.mark.evidence("O5-13", "O8-04")
def test_an_app_without_the_scope():
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
def test_scopes_that_are_no_list(scope):
    seen = same(lambda client: client.refresh_access_token(scope=scope))
    assert isinstance(seen.outcome, tuple)
    assert seen.routes == []


def test_a_refresh_by_hand_with_fewer_scopes():
    def act(client):
        client.refresh_access_token(scope=["files.content.read"])
        return look(client)

    seen = same(act)
    assert seen.outcome[0] is AuthError
    assert seen.routes == [TOKEN, META]


def test_a_refresh_without_anything_to_refresh_is_a_warning():
    seen = same(lambda client: client.refresh_access_token(), arguments=token_of)
    assert seen.outcome == "None"
    assert seen.routes == []
    ((level, text),) = seen.log
    assert level == "WARNING"
    assert text.startswith("Unable to refresh access token without")


# Wrong credentials


WRONG = {
    "secret": ({"app_secret": "wrong"}, BadInputError, "invalid_client"),
    "key": ({"app_key": "wrong"}, BadInputError, "invalid_client"),
    "no secret": ({"app_secret": None}, BadInputError, "invalid_client"),
    "garbage": ({"oauth2_refresh_token": "garbage"}, AuthError, "invalid_access_token"),
    "unknown": ({"oauth2_refresh_token": "x" * 64}, AuthError, "invalid_access_token"),
}


@pytest.mark.evidence("O2.2-04", "O2.2-05", "O2.2-06")
@pytest.mark.parametrize("case", WRONG)
def test_wrong_credentials(case):
    wrong, kind, text = WRONG[case]
    seen = same(look, arguments=also(login_of, **wrong))
    assert seen.outcome[0] is kind
    assert text in repr(seen.outcome)
    assert seen.routes == [TOKEN]


@pytest.mark.evidence("O2.2-04")
def test_a_revoked_refresh_token():
    seen = same(look, arrange=revoked)
    assert seen.outcome[0] is AuthError
    assert seen.calls[0][:2] == (TOKEN, "invalid_grant")


@pytest.mark.evidence("O2.3-01")
@pytest.mark.parametrize("arrange", [revoked, None])
def test_an_access_token_that_is_not_known(arrange):
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


CONSTRUCTED = {
    "secret only": {"app_secret": "secret"},
    "key only": {"app_key": "key"},
    "refresh token without key": {"oauth2_refresh_token": "r"},
    "headers": {"oauth2_access_token": "t", "headers": "no dict"},
    "scope text": {"oauth2_access_token": "t", "scope": "files.content.read"},
    "scope tuple": {"oauth2_access_token": "t", "scope": ("files.content.read",)},
    "scope empty": {"oauth2_access_token": "t", "scope": []},
    "session": {"oauth2_access_token": "t", "session": 5},
}


@pytest.mark.parametrize("case", CONSTRUCTED)
def test_what_the_constructor_refuses(case):
    seen = same(look, arguments=lambda _: CONSTRUCTED[case])
    assert seen.outcome[0] is BadInputException
    assert seen.routes == []


def test_a_session_that_is_nothing_is_no_session():
    same(look, arguments=also(login_of, session=0))
