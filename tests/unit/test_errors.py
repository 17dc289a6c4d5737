"""Tests of exceptions and refusals: classes, outcomes, and texts without secrets."""

import logging
import pickle

import dropbox
import pytest
import requests
from tests.support.both_doors import DOORS, client_of, login_of

from fakedropbox import (
    FakeDropbox,
    FakeDropboxService,
    Login,
    NotImplementedInFake,
    NotThroughFake,
    SnapshotInvalid,
    UnfiredFault,
    errors,
    faults,
)

SECRETS = {
    "app_secret": "hush-hush-app-secret",
    "refresh_token": "hush-hush-refresh-token",
    "access_token": "hush-hush-access-token",
}


@pytest.fixture
def service():
    return FakeDropboxService(login=Login(app_key="key", **SECRETS), files={"/a.txt": b"hello"})


def secrets_of(service):
    """Return all secrets: those of the login and the apps, and the tokens that were issued."""
    tokens = service.gate.world.tokens
    return {
        *SECRETS.values(),
        *tokens._grants,
        *tokens._links,
        *(app.secret for app in service.apps),
    }


def assert_hidden(service, *texts):
    for text in texts:
        found = [secret for secret in secrets_of(service) if secret in text]
        assert found == [], f"expected no secret in the text, got {text[:300]!r}"


# Classes


@pytest.mark.parametrize(
    ("kind", "base"),
    [
        (NotImplementedInFake, NotImplementedError),
        (NotThroughFake, RuntimeError),
        (UnfiredFault, AssertionError),
        (SnapshotInvalid, ValueError),
    ],
)
def test_each_exception_has_its_base_class_and_can_be_pickled(kind, base):
    assert issubclass(kind, base)
    assert not issubclass(kind, dropbox.exceptions.DropboxException)
    again = pickle.loads(pickle.dumps(kind("a text")))  # noqa: S301 -- data of this test
    assert (type(again), str(again)) == (kind, "a text")


REFUSALS = {
    "path/not_found": errors.RouteError("path/not_found"),
    "400": errors.BadInput("no"),
    "missing_scope": errors.AuthRefused("missing_scope", "files.content.read"),
    "invalid_account_type/feature": errors.AccessDenied("invalid_account_type/feature"),
    "no_permission": errors.PathRootRefused("no_permission"),
    "too_many_requests": errors.Throttled("too_many_requests", 5),
    "503": errors.ServerFault(503),
    "reply lost": errors.ReplyLost(),
    "invalid_client": errors.TokenRefused("invalid_client: Invalid client_id or client_secret"),
}


@pytest.mark.parametrize("outcome", REFUSALS)
def test_a_refusal_has_the_outcome_for_the_record_of_calls(outcome):
    assert REFUSALS[outcome].outcome == outcome


def leaf_classes(kind):
    below = kind.__subclasses__()
    return [each for one in below for each in leaf_classes(one)] if below else [kind]


ARGUMENTS = {
    errors.RouteError: ("path/not_found",),
    errors.BadInput: ("what is wrong",),
    errors.AuthRefused: ("expired_access_token",),
    errors.AccessDenied: ("no_permission",),
    errors.PathRootRefused: ("no_permission",),
    errors.Throttled: ("too_many_requests", 1),
    errors.NotModified: ("123456789",),
    errors.RangeRefused: (10,),
    errors.ServerFault: (500,),
    errors.LinkRefused: ("expired", "over"),
    errors.TokenRefused: ("invalid_grant",),
    errors.PageRefused: ("what is wrong",),
    errors.AuthorizeRefused: ("access_denied", "The user said no."),
}


@pytest.mark.parametrize("kind", leaf_classes(errors.Refusal))
def test_every_refusal_class_has_an_outcome_for_the_record(kind):
    outcome = kind(*ARGUMENTS.get(kind, ())).outcome
    assert isinstance(outcome, str)
    assert outcome


def test_under_adds_outer_tags_and_keeps_the_fields():
    inner = errors.RouteError("not_found", {"field": 1})
    outer = inner.under("lookup").under("path")
    assert (outer.tags, dict(outer.fields)) == ("path/lookup/not_found", {"field": 1})


# Secrets


def test_no_repr_shows_a_secret(service):
    dbx = service.client()
    dbx.files_get_metadata("/a.txt")
    dbx.refresh_access_token()
    service.authorize(code_challenge="hush-hush-" + "x" * 43)
    tokens = service.gate.world.tokens
    things = [
        service,
        service.login,
        service.logins.create(),
        service.calls,
        *service.calls,
        *(call.arg for call in service.calls),
        service.faults,
        service.accounts,
        *service.accounts,
        service.apps,
        *service.apps,
        service.clock,
        service.session(),
        service.snapshot(),
        service.gate,
        service.gate.world,
        tokens,
        *tokens._grants.values(),
        *tokens._links.values(),
        *tokens._codes.values(),
        *(code.request for code in tokens._codes.values()),
        service.webhooks,
        dbx,
        FakeDropbox(oauth2_access_token=SECRETS["access_token"]),
        faults.lost_reply("files/upload"),
    ]
    assert_hidden(service, *map(repr, things), *map(str, things))


FAILURES = {
    "unknown token": {"oauth2_access_token": "hush-hush-unknown"},
    "wrong secret": {"app_secret": "hush-hush-wrong"},
    "unknown refresh token": {"oauth2_refresh_token": "hush-hush-unknown"},
    "no such app": {"app_key": "nobody"},
    "too much scope": {"scope": ["no.such"]},
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("case", FAILURES)
def test_no_failure_of_a_login_shows_a_secret(service, door, case, caplog):
    caplog.set_level(logging.DEBUG)
    arguments = FAILURES[case]
    if "oauth2_access_token" not in arguments:
        arguments = login_of(service) | arguments
    with (
        client_of(door, service, **arguments) as dbx,
        pytest.raises(dropbox.exceptions.DropboxException) as caught,
    ):
        dbx.files_get_metadata("/a.txt")
    shown = [repr(caught.value), str(caught.value), repr(vars(caught.value)), caplog.text]
    shown += [repr((call, call.arg)) for call in service.calls]
    assert_hidden(service, *shown)
    assert "hush" not in "".join(shown)


@pytest.mark.parametrize("door", DOORS)
def test_no_call_shows_a_secret(service, door, caplog):
    caplog.set_level(logging.DEBUG)
    service.faults.rate_limit("*", times=2)
    service.faults.server_error("files/*", times=2)
    with client_of(door, service, **login_of(service), max_retries_on_error=9) as dbx:
        for _ in range(2):
            with pytest.raises(dropbox.exceptions.RateLimitError):
                dbx.files_get_metadata("/a.txt")
        dbx.files_get_metadata("/a.txt")
        service.clock.advance(20_000)
        dbx.files_download("/a.txt")
        with pytest.raises(NotImplementedInFake) as caught:
            dbx.paper_docs_get_metadata("doc")
    shown = [str(caught.value), caplog.text]
    shown += [repr((call, call.arg)) for call in service.calls]
    assert_hidden(service, *shown)


def as_header(value):
    return {"headers": {"Authorization": value}, "json": {"path": "/a.txt"}}


@pytest.mark.parametrize(
    "value",
    [
        SECRETS["access_token"],
        f"bearer {SECRETS['access_token']}",
        f"Basic {SECRETS['app_secret']}",
        f"Token {SECRETS['access_token']} x",
        f"Bearer{SECRETS['access_token']}",
        "Bearer hush-hush-unknown",
        "Bearer",
    ],
)
def test_no_answer_shows_a_secret_from_a_header(service, value):
    url = "https://api.dropboxapi.com/2/files/get_metadata"
    with service.activate():
        response = requests.post(url, **as_header(value), timeout=5)
    assert response.status_code in (400, 401)
    assert_hidden(service, response.text, repr([(call, call.arg) for call in service.calls]))
    assert "hush" not in response.text


@pytest.mark.parametrize(
    "form",
    [
        {"grant_type": "authorization_code", "code": "hush-code", "client_id": "key"},
        {"grant_type": "hush", "client_secret": "hush"},
        {"grant_type": "refresh_token", "client_id": "key", "client_secret": "hush-wrong"},
        {"grant_type": "refresh_token", "refresh_token": "hush-unknown", "client_id": "key"},
        {"client_secret": "hush"},
        {},
    ],
)
@pytest.mark.parametrize("argument", ["data", "params"])
def test_no_answer_shows_a_secret_from_a_form(service, form, argument):
    with service.activate():
        try:
            text = requests.post(
                "https://api.dropboxapi.com/oauth2/token", **{argument: form}, timeout=5
            ).text
        except NotImplementedInFake as error:
            text = str(error)
    recorded = repr([(call, call.arg) for call in service.calls])
    assert_hidden(service, text, recorded)
    assert "hush-" not in text + recorded
    assert len(service.calls) == 1


@pytest.mark.parametrize("name", ["app_secret", "refresh_token", "access_token", "app_key"])
def test_the_error_for_a_wrong_type_in_a_login_hides_the_value(name):
    with pytest.raises(TypeError) as caught:
        Login(**{name: b"hush"})
    assert "hush" not in str(caught.value)


def test_a_refusal_keeps_the_fact_that_explains_it():
    error = errors.RouteError("insufficient_space", fact="F4-12")
    assert error.under("path").under("reason").fact == "F4-12"
    assert (str(error), repr(error)) == ("insufficient_space", "RouteError('insufficient_space')")
    assert errors.ReplyLost().fact is None
    assert all(refusal.fact is None for refusal in REFUSALS.values())
