"""Tests of the OAuth flows: authorization codes, and the tokens for them."""

import re

import dropbox
import pytest
from dropbox.oauth import (
    CsrfException,
    DropboxOAuth2Flow,
    DropboxOAuth2FlowNoRedirect,
    NotApprovedException,
)
from requests import HTTPError

from fakedropbox import Login

REDIRECT = "https://app.example.com/done"
TOKEN_URL = "https://api.dropboxapi.com/oauth2/token"


@pytest.fixture(autouse=True)
def active(service):
    with service.activate():
        yield


def no_redirect(service, *, pkce=False, **options):
    secret = None if pkce else service.login.app_secret
    key = service.login.app_key
    return DropboxOAuth2FlowNoRedirect(key, consumer_secret=secret, use_pkce=pkce, **options)


def challenge_of(url):
    """Return the parameters of the PKCE challenge in the URL of the authorize page."""
    found = re.search(r"code_challenge=([\w-]+)&code_challenge_method=(\w+)", url)
    return {"code_challenge": found[1], "code_challenge_method": found[2]}


def ask(wire, service, code, **change):
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": service.login.app_key,
        "client_secret": service.login.app_secret,
    }
    given = {key: value for key, value in (form | change).items() if value is not None}
    return wire.send(TOKEN_URL, given, {"Authorization": None})


def error_of(reply):
    assert reply.status_code == 400
    return reply.json()["error"], reply.json().get("error_description")


@pytest.mark.evidence("O2.1-03", "O2.1-06")
@pytest.mark.parametrize("pkce", [False, True])
@pytest.mark.parametrize("access_type", ["offline", "online", "legacy", None])
def test_the_flow_without_a_redirect_returns_tokens(service, pkce, access_type):
    flow = no_redirect(service, pkce=pkce, token_access_type=access_type)
    options = challenge_of(flow.start()) if pkce else {}
    code = service.authorize(token_access_type=access_type, **options)
    assert re.fullmatch(r"[\w-]{43}", code)
    result = flow.finish(code)
    account = service.accounts.default
    assert (result.account_id, result.user_id) == (account.account_id, account.uid)
    assert bool(result.refresh_token) == (access_type == "offline")
    assert (result.expires_at is None) == (access_type == "legacy")
    service.clock.advance(14_000)
    dbx = dropbox.Dropbox(result.access_token)
    assert dbx.users_get_current_account().email == account.email
    service.clock.advance(14_000)
    if access_type == "legacy":
        assert dbx.users_get_current_account().email == account.email
    else:
        with pytest.raises(dropbox.exceptions.AuthError):
            dbx.users_get_current_account()
    if access_type == "offline":  # with PKCE the secret is not needed (O2.2-52)
        refreshed = dropbox.Dropbox(
            oauth2_refresh_token=result.refresh_token,
            app_key=service.login.app_key,
            app_secret=None if pkce else service.login.app_secret,
        )
        assert refreshed.users_get_current_account().email == account.email


@pytest.mark.evidence("O2.1-01", "O2.1-02")
@pytest.mark.parametrize("pkce", [False, True])
def test_the_flow_with_a_redirect_checks_the_state(service, pkce):
    session = {}
    flow = DropboxOAuth2Flow(
        service.login.app_key,
        REDIRECT,
        session,
        "csrf",
        consumer_secret=None if pkce else service.login.app_secret,
        token_access_type="offline",
        use_pkce=pkce,
    )
    url = flow.start("where I was")
    state = session["csrf"] + "|where I was"
    code = service.authorize(
        redirect_uri=REDIRECT,
        token_access_type="offline",
        **(challenge_of(url) if pkce else {}),
    )
    with pytest.raises(CsrfException):
        flow.finish({"state": "other|x", "code": code})
    result = flow.finish({"state": state, "code": code})
    assert result.url_state == "where I was"
    assert result.refresh_token
    flow.start()
    with pytest.raises(NotApprovedException):
        flow.finish({"state": session["csrf"], "error": "access_denied"})


def test_authorize_accepts_an_app_an_account_and_scopes(service):
    other = service.accounts.create("other@example.com")
    app = service.apps.create("other", scopes=["files.metadata.read"], folder="Other")
    code = service.authorize(app, other, ["files.metadata.read", "files.content.read"])
    flow = DropboxOAuth2FlowNoRedirect(app.key, consumer_secret=app.secret)
    result = flow.finish(code)
    assert result.scope == "account_info.read files.metadata.read"  # limited to the app's scopes
    dbx = dropbox.Dropbox(result.access_token)
    assert dbx.users_get_current_account().email == "other@example.com"
    assert dbx.files_list_folder("").entries == []
    with pytest.raises(dropbox.exceptions.BadInputError):
        dbx.files_download("/a")


@pytest.mark.evidence("O0-03", "O2.2-53")
def test_the_token_reply_has_the_documented_fields_in_order(wire, service):
    reply = ask(wire, service, service.authorize(token_access_type="offline"))
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "text/javascript")
    names = "uid access_token expires_in token_type scope refresh_token account_id"
    assert list(reply.json()) == names.split()
    assert "refresh_token" not in ask(wire, service, service.authorize()).json()


@pytest.mark.evidence("O2.2-01")
def test_unknown_and_expired_codes_are_refused(wire, service):
    unknown = ("invalid_grant", "code doesn't exist or has expired")
    assert error_of(ask(wire, service, "x")) == unknown
    assert error_of(ask(wire, service, None)) == unknown
    code = service.authorize()
    service.clock.advance(600)
    assert error_of(ask(wire, service, code)) == unknown
    app = service.apps.create("other")
    other = {"client_id": app.key, "client_secret": app.secret}
    assert error_of(ask(wire, service, service.authorize(), **other)) == unknown
    with service.scratch():
        code = service.authorize()
    assert error_of(ask(wire, service, code)) == unknown


@pytest.mark.evidence("O2.2-02")
def test_a_code_can_be_used_once(wire, service):
    code = service.authorize()
    with service.scratch():
        assert ask(wire, service, code).status_code == 200
    assert ask(wire, service, code).status_code == 200
    used = ("invalid_grant", "code has already been used (within the last hour)")
    assert error_of(ask(wire, service, code)) == used
    service.clock.advance(3599)
    assert error_of(ask(wire, service, code)) == used
    service.clock.advance(1)
    assert error_of(ask(wire, service, code))[1] == "code doesn't exist or has expired"


@pytest.mark.evidence("O2.2-54", "O2.2-56")
def test_a_legacy_token_has_64_characters_and_no_expiry(wire, service):
    reply = ask(wire, service, service.authorize(token_access_type="legacy")).json()
    assert re.fullmatch(r"[\w-]{64}", reply["access_token"])  # O2.2-56
    assert {"expires_in", "refresh_token", "id_token"}.isdisjoint(reply)


@pytest.mark.evidence("O2.2-03")
@pytest.mark.parametrize(
    ("authorized", "sent"), [(REDIRECT, None), (None, REDIRECT), (REDIRECT, REDIRECT + "/")]
)
def test_another_redirect_uri_is_refused(wire, service, authorized, sent):
    code = service.authorize(redirect_uri=authorized)
    wrong = ("invalid_grant", "redirect_uri mismatch")
    assert error_of(ask(wire, service, code, redirect_uri=sent)) == wrong
    assert ask(wire, service, code, redirect_uri=authorized).status_code == 200


@pytest.mark.evidence("O2.2-09")
def test_another_pkce_verifier_is_refused(wire, service):
    flow = no_redirect(service, pkce=True)
    wrong = ("invalid_grant", "invalid code verifier")
    code = service.authorize(**challenge_of(flow.start()))
    for verifier in ("x" * 43, flow.code_challenge, None):
        assert error_of(ask(wire, service, code, code_verifier=verifier)) == wrong
    other = no_redirect(service, pkce=True)
    with pytest.raises(HTTPError):
        other.finish(code)
    assert flow.finish(code).access_token


@pytest.mark.evidence("O2.1-52")
def test_a_plain_pkce_challenge_is_accepted(wire, service):
    code = service.authorize(code_challenge="y" * 43)
    reply = ask(wire, service, code, client_secret=None, code_verifier="y" * 43)
    assert reply.status_code == 200


@pytest.mark.evidence("O2.2-06", "O2.2-07")
def test_a_wrong_app_key_or_secret_is_refused(wire, service):
    code = service.authorize()
    bad = ("invalid_client: Invalid client_id or client_secret", None)
    assert error_of(ask(wire, service, code, client_secret="x")) == bad
    assert (
        error_of(ask(wire, service, code, client_secret=None)) == bad
    )  # neither PKCE nor a secret
    assert error_of(ask(wire, service, code, client_id="x")) == bad
    assert error_of(ask(wire, service, code, client_id=None))[0] == "invalid_request"


def test_no_secret_is_recorded(wire, service, caplog):
    caplog.set_level("DEBUG")
    verifier, codes = "v" * 43, []
    for change in (
        {"code_verifier": verifier},
        {"code_verifier": "w" * 43},
        {"client_secret": "x" * 15},
        {"redirect_uri": REDIRECT},
    ):
        codes.append(service.authorize(code_challenge=verifier, token_access_type="offline"))
        ask(wire, service, codes[-1], **change)
    reply = ask(wire, service, codes[-1], code_verifier=verifier).json()
    shown = repr([(call, call.arg) for call in service.calls]) + caplog.text
    secrets = [service.login.app_secret, reply["access_token"], reply["refresh_token"]]
    for secret in (*secrets, verifier, "w" * 43, "x" * 15, *codes):
        assert secret not in shown
    assert service.calls[-1].arg == {"grant_type": "authorization_code"}


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("code_challenge_method", "s256"),
        ("token_access_type", "forever"),
        ("scopes", ["files.everything"]),
        ("scopes", "files.content.read"),
        ("redirect_uri", 1),
        ("code_challenge", b"x"),
        ("code_challenge", "too short"),
        ("app", "key"),
        ("account", "a@b"),
    ],
)
def test_authorize_refuses_invalid_arguments(service, argument, value):
    with pytest.raises((TypeError, ValueError), match=argument):
        service.authorize(**{argument: value})


def test_a_refused_login_creates_no_app_folder(service):
    app = service.apps.create("small", folder="Small")
    taken = Login(refresh_token=service.login.refresh_token)
    with pytest.raises(ValueError, match="refresh_token: expected one that no link has yet"):
        service.logins.create(app=app, login=taken)
    assert service.tree() == "/"
