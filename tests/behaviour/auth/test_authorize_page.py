"""Tests of the authorize page, with a browser and with the flows of the SDK."""

import base64
import hashlib
from urllib.parse import urlsplit

import dropbox
import pytest
import requests
from dropbox.oauth import (
    DropboxOAuth2Flow,
    DropboxOAuth2FlowNoRedirect,
    NotApprovedException,
    ProviderException,
)
from tests.support.browser import Browser, Document, told
from tests.support.receiver import Receiver

from fakedropbox import FakeDropboxService, NotImplementedInFake

AUTHORIZE = "https://www.dropbox.com/oauth2/authorize"
TOKEN_URL = "https://api.dropboxapi.com/oauth2/token"
REDIRECT = "https://app.example.com/done"
LOCAL = "http://localhost:8123/done?kept=1"
FILES = ["files.content.read", "files.metadata.read"]
with_and_without_pkce = pytest.mark.parametrize("pkce", [False, True])


@pytest.fixture
def app(service):
    """An app that no user has approved yet."""
    return service.apps.create("Photo & <b>Co</b>", redirect_uris=[REDIRECT])


@pytest.fixture
def browser(wire):
    return Browser(wire.session)


@pytest.fixture
def ask(browser, app):
    """A function that requests the page, by default for the code flow, without None parameters."""

    def go(**change):
        asked = {"response_type": "code", "client_id": app.key, "redirect_uri": REDIRECT, **change}
        return browser.open(AUTHORIZE, **{k: v for k, v in asked.items() if v is not None})

    return go


@pytest.fixture
def redeem(browser, app):
    """A function that sends a code to the token endpoint and returns the reply."""

    def post(code, **change):
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": app.key,
            "client_secret": app.secret,
            "redirect_uri": REDIRECT,
            **change,
        }
        return browser.session.post(TOKEN_URL, {k: v for k, v in form.items() if v is not None})

    return post


def text_of(reply):
    assert reply.status_code == 400
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    return Document(reply.text).text


@pytest.mark.parametrize("value", ["Basic \u00e9", "Bearer \u00e9"])
def test_a_header_that_is_not_ascii_names_no_app(wire, service, value):
    reply = wire.session.get("https://www.dropbox.com/login", headers={"Authorization": value})
    assert (reply.status_code, service.calls[-1].app) == (200, None)


class TestWithTheSdk:
    """The OAuth flows of the SDK: a browser opens the URL of `start`; `finish` gets its answer."""

    @pytest.fixture(autouse=True)
    def _active(self, service):
        with service.activate():
            yield

    def redirect_flow(self, app, session, **options):
        return DropboxOAuth2Flow(app.key, REDIRECT, session, "csrf", **options)

    @with_and_without_pkce
    @pytest.mark.evidence("O2.1-01")
    @pytest.mark.parametrize("access_type", ["offline", "online", "legacy", None])
    def test_the_flow_with_a_redirect_returns_tokens(self, service, app, pkce, access_type):
        flow = self.redirect_flow(
            app,
            {},
            consumer_secret=None if pkce else app.secret,
            use_pkce=pkce,
            token_access_type=access_type,
            scope=FILES,
            locale="de_DE",
        )
        browser = Browser()
        page = browser.open(flow.start("where I was"))
        address, given = told(browser.press(page, "allow"))
        assert address == REDIRECT
        assert sorted(given) == ["code", "state"]
        result = flow.finish(given)
        assert result.url_state == "where I was"
        assert result.account_id == service.accounts.default.account_id
        assert result.scope == " ".join(["account_info.read", *FILES])
        assert bool(result.refresh_token) == (access_type == "offline")
        assert (result.expires_at is None) == (access_type == "legacy")
        dbx = dropbox.Dropbox(result.access_token)
        assert dbx.files_list_folder("").entries == []
        with pytest.raises(dropbox.exceptions.AuthError):
            dbx.files_upload(b"", "/not in scope")

    @with_and_without_pkce
    @pytest.mark.evidence("O2.1-03")
    def test_the_flow_without_a_redirect_returns_tokens(self, service, app, pkce):
        other = service.accounts.create("other@example.com")
        secret = None if pkce else app.secret
        flow = DropboxOAuth2FlowNoRedirect(app.key, consumer_secret=secret, use_pkce=pkce)
        browser = Browser()
        page = browser.press(browser.open(flow.start()), "allow", other.account_id)
        assert page.status_code == 200
        assert page.headers["Cache-Control"] == "no-store"
        shown = Document(page.text)
        (field,) = shown.inputs
        assert "readonly" in field
        result = flow.finish(shown.value("code"))
        assert result.account_id == other.account_id

    @pytest.mark.evidence("O2.1-02")
    def test_a_denial_raises_not_approved(self, app):
        session, browser = {}, Browser()
        flow = self.redirect_flow(app, session, consumer_secret=app.secret)
        page = browser.open(flow.start())
        _, given = told(browser.press(page, "deny"))
        assert given["error"] == "access_denied"
        with pytest.raises(NotApprovedException, match="chose not to give your app access"):
            flow.finish(given)

    def test_the_browser_follows_the_redirect_without_a_referer(self, app):
        with Receiver() as receiver:
            flow = DropboxOAuth2FlowNoRedirect(app.key, consumer_secret=app.secret)
            page = Browser().open(flow.start(), redirect_uri=receiver.url)
            form = {"answer": "allow", "account": Document(page.text).radios()[0]["value"]}
            landed = requests.post(page.url, form, timeout=5)
        assert landed.url.startswith(f"{receiver.url}?code=")
        assert [hop.status_code for hop in landed.history] == [302]
        (arrived,) = receiver.requests
        assert (arrived.method, arrived.path) == ("GET", landed.url.removeprefix(receiver.origin))
        assert "Referer" not in arrived.headers

    @pytest.mark.evidence("O2.1-02")
    def test_an_unknown_scope_raises_provider_exception(self, app):
        flow = self.redirect_flow(app, {}, consumer_secret=app.secret, scope=["files.everything"])
        _, given = told(Browser().open(flow.start()))
        with pytest.raises(ProviderException, match=r"invalid_scope: .*files\.everything"):
            flow.finish(given)


class TestThePage:
    def test_the_page_shows_app_scopes_and_accounts(self, service, ask, app):
        service.accounts.create("b@example.com", "Böb <i>O'Neil</i>")
        reply = ask(scope=" ".join(FILES))
        assert (reply.status_code, reply.headers["Content-Type"]) == (
            200,
            "text/html; charset=utf-8",
        )
        assert "<b>Co" not in reply.text
        assert "<i>" not in reply.text
        page = Document(reply.text)
        assert "Let Photo & <b>Co</b> use your Dropbox?" in page.text
        assert all(scope in page.text for scope in FILES)
        assert "sharing.write" not in page.text
        assert "Böb <i>O'Neil</i> (b@example.com)" in page.text
        ids = [account.account_id for account in service.accounts]
        assert [each["value"] for each in page.radios()] == ids
        assert ["checked" in each for each in page.radios()] == [True, False]
        assert [(each["value"], "autofocus" in each) for each in page.buttons] == [
            ("allow", True),
            ("deny", False),
        ]
        assert app.secret not in reply.text

    def test_other_sites_may_not_frame_or_submit_the_page(self, browser, ask):
        page = ask()
        assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        for site in ("cross-site", "same-site"):
            refused = browser.press(page, "allow", **{"Sec-Fetch-Site": site})
            assert "another site" in text_of(refused)
        told(browser.press(page, "allow", **{"Sec-Fetch-Site": "same-origin"}))

    def test_a_form_of_another_origin_is_refused(self, browser, ask):
        page = ask()
        for origin in (
            "https://evil.example",
            "https://www.dropbox.com.evil.example",
            "https://www.dropbox.com:444",
            "http://www.dropbox.com",
            "http://localhost",
            "https://localhost:1",
            "null",
            "",
        ):
            refused = browser.press(page, "allow", Origin=origin)
            assert "another site" in text_of(refused), origin
        own = urlsplit(page.url)._replace(path="", query="").geturl()
        told(browser.press(page, "allow", Origin=own))
        told(browser.press(page, "allow", Origin="null", **{"Sec-Fetch-Site": "same-origin"}))

    @pytest.mark.parametrize(
        "form",
        [
            {},
            {"answer": "allow"},
            {"answer": "allow", "account": "dbid:nobody"},
            {"answer": "perhaps", "account": "first"},
        ],
    )
    def test_an_incomplete_or_invalid_form_is_refused(self, service, browser, ask, form):
        if form.get("account") == "first":
            form = form | {"account": service.accounts.default.account_id}
        url = ask().url
        assert "Choose an account" in text_of(browser.session.post(url, form))

    def test_the_page_names_the_app_folder(self, service, ask):
        app = service.apps.create("small", folder="Small & Co")
        page = Document(ask(client_id=app.key, redirect_uri=None).text)
        assert "the folder Apps/Small & Co only" in page.text

    @pytest.mark.dropbox(allow_not_implemented=True)
    def test_the_page_is_not_implemented_on_other_hosts(self, browser):
        for host in ("api.dropboxapi.com", "content.dropboxapi.com"):
            with pytest.raises(NotImplementedInFake, match=r"GET https://.*/oauth2/authorize"):
                browser.open(f"https://{host}/oauth2/authorize")
        with pytest.raises(NotImplementedInFake, match="POST"):
            browser.session.post("https://content.dropboxapi.com/oauth2/token")


class TestErrors:
    @pytest.mark.evidence("O2.1-05")
    @pytest.mark.parametrize("client_id", ["nobody", '<script>"&', None])
    def test_an_unknown_app_is_shown_to_the_user(self, ask, client_id):
        reply = ask(client_id=client_id)
        assert f'Invalid client_id: "{client_id or ""}".' in text_of(reply)
        assert "<script>" not in reply.text

    @pytest.mark.parametrize(
        "uri",
        [
            "https://app.example.com/",
            REDIRECT + "/",
            REDIRECT + "?a=b",
            "https://evil.example.com/done",
            "http://app.example.com/done",
            "http://localhost@evil.example.com/",
            "http://evil.example.com\\@localhost/",
            "http://localhost.example.com/",
            "http://localhost:port/",
            "http://localhost/#fragment",
            "http://localhost/a b",
            "http://localhost/\r\nX-A: b",
            "http://[::1",
            "http://[::1]evil.example/",
            "http://[::1].evil.example/",
            "http://[::1]:1evil.example/",
            "javascript:alert(1)",
            "myapp://localhost/",
        ],
    )
    @pytest.mark.evidence("O2.1-05")
    @pytest.mark.parametrize("response_type", ["code", "token", "nonsense"])
    def test_an_unregistered_redirect_uri_is_shown_as_an_error(self, ask, uri, response_type):
        text = text_of(ask(redirect_uri=uri, response_type=response_type))
        assert (
            "Invalid redirect_uri. It must exactly match one of the redirect URIs you've "
            "pre-configured for your app (including the path)." in text
        )

    @pytest.mark.evidence("O2.1-05")
    @pytest.mark.parametrize(
        "uri",
        [
            "null/storage/emulated/0/Download/dropbox.html",
            "/done",
            "//app.example.com/done",
            "app.example.com/done",
            "localhost",
            "[::1]:8123/done",
            "?x=http://localhost/",
            " https://app.example.com/done",
        ],
    )
    def test_a_relative_redirect_uri_is_shown_to_the_user(self, service, ask, uri):
        text = text_of(ask(redirect_uri=uri))
        assert "Invalid redirect_uri. Must be an absolute URI." in text
        assert service.calls[-1].fact == "O2.1-05"

    @pytest.mark.parametrize("uri", [LOCAL, "http://127.0.0.1/", "https://[::1]:1/x"])
    def test_localhost_redirect_uris_need_no_registration(self, browser, ask, redeem, uri):
        address, given = told(browser.press(ask(redirect_uri=uri), "allow"))
        assert uri.startswith(address)
        assert ("kept" in given) == ("kept" in uri)
        assert redeem(given["code"], redirect_uri=uri).status_code == 200

    @pytest.mark.evidence("O2.1-02")
    @pytest.mark.parametrize(
        ("change", "error", "words"),
        [
            ({"response_type": "id_token"}, "unsupported_response_type", "response_type: "),
            ({"response_type": None}, "unsupported_response_type", "response_type: "),
            ({"scope": "files.everything"}, "invalid_scope", "files.everything"),
            ({"scope": "openid,email"}, "invalid_scope", "openid,email"),
            ({"token_access_type": "forever"}, "invalid_request", "token_access_type: "),
            ({"include_granted_scopes": "all"}, "invalid_request", "include_granted_scopes: "),
            ({"require_role": "boss"}, "invalid_request", "require_role: "),
            ({"force_reapprove": "yes"}, "invalid_request", "force_reapprove: "),
            ({"code_challenge": "short"}, "invalid_request", "code_challenge: "),
            (
                {"code_challenge": "x" * 43, "code_challenge_method": "S512"},
                "invalid_request",
                "code_challenge_method: ",
            ),
        ],
    )
    def test_errors_in_parameters_are_sent_to_a_valid_redirect_uri(
        self, service, ask, change, error, words
    ):
        address, given = told(ask(**change, state="s&1"))
        assert address == REDIRECT
        assert (given.pop("error"), given.pop("state")) == (error, "s&1")
        assert words in given.pop("error_description")
        assert given == {}
        assert service.calls[-1].outcome == error
        shown = text_of(
            ask(**change, redirect_uri=None)
        )  # without a redirect, the page shows the error to the user
        assert f"{error}: " in shown
        assert words in shown

    def test_a_denial_without_a_redirect_is_shown_to_the_user(self, browser, ask):
        assert "access_denied: " in text_of(browser.press(ask(redirect_uri=None), "deny"))

    @pytest.mark.evidence("O2.1-51")
    def test_a_state_has_at_most_500_bytes(self, ask, browser):
        assert told(browser.press(ask(state="é" * 250), "allow"))[1]["state"] == "é" * 250
        assert "state: expected at most 500 bytes" in text_of(ask(state="é" * 250 + "x"))

    @pytest.mark.dropbox(allow_not_implemented=True)
    @pytest.mark.parametrize("option", ["include_granted_scopes=team", "require_role=work"])
    def test_options_for_teams_are_not_implemented(self, ask, option):
        name, value = option.split("=")
        with pytest.raises(NotImplementedInFake, match=option):
            ask(**{name: value})


class TestScopes:
    def test_all_scopes_of_the_app_but_those_of_openid_are_granted_by_default(
        self, service, browser, redeem, ask
    ):
        scopes = ["files.metadata.read", "openid", "email"]
        app = service.apps.create("small", scopes=scopes, redirect_uris=[REDIRECT])
        mine = {"client_id": app.key, "client_secret": app.secret}
        _, given = told(browser.press(ask(client_id=app.key), "allow"))
        granted = redeem(given["code"], **mine).json()["scope"]
        assert granted == "account_info.read files.metadata.read"
        _, given = told(browser.press(ask(client_id=app.key, scope="openid"), "allow"))
        assert redeem(given["code"], **mine).json()["scope"] == "account_info.read openid"

    def test_include_granted_scopes_adds_scopes_granted_before(self, browser, ask, redeem):
        def granted(**asked):
            _, given = told(browser.press(ask(**asked), "allow"))
            return redeem(given["code"]).json()["scope"].split()

        never = ask(scope="sharing.read", include_granted_scopes="user")
        _, given = told(browser.press(never, "allow"))
        assert given["error"] == "invalid_request"
        assert granted(scope="files.metadata.read") == ["account_info.read", "files.metadata.read"]
        assert granted(scope="sharing.read") == ["account_info.read", "sharing.read"]
        assert granted(scope="file_requests.read", include_granted_scopes="user") == [
            "account_info.read",
            "file_requests.read",
            "files.metadata.read",
            "sharing.read",
        ]


class TestPkce:
    verifier = "v" * 43
    digest = hashlib.sha256(verifier.encode()).digest()
    s256 = base64.urlsafe_b64encode(digest).decode().rstrip("=")

    @pytest.mark.evidence("O2.1-52")
    @pytest.mark.parametrize(
        ("challenge", "method"), [(s256, "S256"), (verifier, "plain"), (verifier, None)]
    )
    def test_only_the_verifier_that_fits_the_challenge_is_accepted(
        self, browser, ask, redeem, challenge, method
    ):
        page = ask(code_challenge=challenge, code_challenge_method=method)
        _, given = told(browser.press(page, "allow"))
        wrong = redeem(given["code"], client_secret=None, code_verifier="w" * 43)
        assert wrong.json()["error_description"] == "invalid code verifier"
        assert redeem(given["code"], client_secret=None, code_verifier=None).status_code == 400
        right = redeem(given["code"], client_secret=None, code_verifier=self.verifier)
        assert right.status_code == 200


class TestImplicitFlow:
    @pytest.mark.evidence("O2.1-01")
    @pytest.mark.parametrize("access_type", [None, "online", "legacy"])
    def test_the_token_is_in_the_fragment(self, service, browser, ask, access_type):
        page = ask(response_type="token", state="s", token_access_type=access_type)
        address, given = told(browser.press(page, "allow"), "fragment")
        account = service.accounts.default
        assert address == REDIRECT
        dbx = dropbox.Dropbox(given.pop("access_token"), session=service.session())
        assert dbx.users_get_current_account().email == account.email
        assert (given.pop("expires_in", None) is None) == (access_type == "legacy")
        assert given == {
            "token_type": "bearer",
            "account_id": account.account_id,
            "uid": account.uid,
            "state": "s",
        }

    def test_a_denial_is_in_the_fragment(self, browser, ask):
        page = ask(response_type="token", state="s")
        _, given = told(browser.press(page, "deny"), "fragment")
        assert (given["error"], given["state"]) == ("access_denied", "s")

    @pytest.mark.parametrize(
        "change", [{"token_access_type": "offline"}, {"code_challenge": "x" * 43}]
    )
    def test_options_of_the_code_flow_are_refused(self, ask, change):
        _, given = told(ask(response_type="token", **change), "fragment")
        assert given["error"] == "invalid_request"
        assert next(iter(change)) in given["error_description"]

    def test_the_flow_needs_a_redirect_uri(self, ask):
        assert "redirect_uri: " in text_of(ask(response_type="token", redirect_uri=None))


@pytest.mark.evidence("O2.1-04")
class TestRepeatedApproval:
    def test_the_user_is_not_asked_again_after_an_approval(self, service, browser, ask):
        told(browser.press(ask(scope=" ".join(FILES)), "allow"))
        assert "code" in told(ask(scope=FILES[0]))[1]
        assert Document(ask(scope="sharing.read").text).forms  # not approved yet
        assert Document(
            ask(redirect_uri=None, scope=FILES[0]).text
        ).forms  # a page with a code to copy always asks
        assert Document(ask(scope=FILES[0], force_reapprove="true").text).forms
        assert "code" in told(ask(scope=FILES[0], force_reapprove="false"))[1]
        service.accounts.create("second@example.com")
        assert Document(ask(scope=FILES[0]).text).forms  # with two accounts the user must choose

    def test_the_user_is_not_asked_again_after_an_approval_of_the_implicit_flow(self, browser, ask):
        told(browser.press(ask(response_type="token", scope=FILES[0]), "allow"), "fragment")
        assert "access_token" in told(ask(response_type="token", scope=FILES[0]), "fragment")[1]
        told(browser.press(ask(scope=FILES[1]), "allow"))
        assert "code" in told(ask(scope=" ".join(FILES)))[1]  # both scopes are approved now

    def test_the_default_login_does_not_count_as_an_approval_of_the_app(self, service, ask):
        assert Document(ask(client_id=service.login.app_key, redirect_uri=LOCAL).text).forms

    def test_an_approval_ends_with_a_revocation_or_a_restore(self, service, browser, ask, redeem):
        with service.scratch():
            told(browser.press(ask(), "allow"))
        page = ask()
        assert Document(page.text).forms
        code = told(browser.press(page, "allow"))[1]["code"]
        told(ask())
        token = redeem(code).json()["access_token"]
        with service.scratch():
            dropbox.Dropbox(token, session=service.session()).auth_token_revoke()
            assert Document(ask().text).forms
        told(ask())


class TestAutoApprove:
    def test_the_default_app_with_auto_approve_is_approved_without_a_question(self):
        service = FakeDropboxService(auto_approve=True, redirect_uris=[REDIRECT])
        browser, login = Browser(service.session()), service.login
        asked = {"response_type": "code", "client_id": login.app_key}
        told(browser.open(AUTHORIZE, **asked, redirect_uri=REDIRECT, force_reapprove="true"))
        code = Document(browser.open(AUTHORIZE, **asked).text).value("code")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": login.app_key,
            "client_secret": login.app_secret,
        }
        assert browser.session.post(TOKEN_URL, form).status_code == 200

    def test_another_app_with_auto_approve_is_approved_without_a_question(self, service, ask):
        app = service.apps.create("robot", auto_approve=True, redirect_uris=[REDIRECT])
        assert told(ask(client_id=app.key))[0] == REDIRECT
        assert told(ask(client_id=app.key, scope="x"))[1]["error"] == "invalid_scope"

    def test_a_service_reset_keeps_auto_approve_and_redirect_uris(self):
        service = FakeDropboxService(auto_approve=True, redirect_uris=iter([REDIRECT]))
        app = service.apps.default
        service.reset()
        assert service.apps.default == app
        assert (app.redirect_uris, app.auto_approve) == ({REDIRECT}, True)

    @pytest.mark.parametrize(
        ("option", "value"),
        [
            ("redirect_uris", [[]]),
            ("redirect_uris", REDIRECT),
            ("redirect_uris", ["http://app.example.com/"]),
            ("redirect_uris", ["https://user:hush@app.example.com/"]),
            ("redirect_uris", [REDIRECT + "#x"]),
            ("redirect_uris", [b"https://a/"]),
            ("redirect_uris", 5),
            ("auto_approve", "yes"),
        ],
    )
    def test_invalid_options_are_refused(self, option, value):
        with pytest.raises((TypeError, ValueError), match=option):
            FakeDropboxService(**{option: value})


class TestFaultsAndCallRecords:
    def test_calls_are_recorded_without_secrets(self, service, browser, ask):
        page = ask(state="hush-state", code_challenge="hush-" + "x" * 43)
        code = told(browser.press(page, "allow"))[1]["code"]
        told(browser.press(page, "deny"))
        text_of(ask(client_id="nobody"))
        assert [(call.route, call.outcome) for call in service.calls] == [
            ("oauth2/authorize", "ok"),
            ("oauth2/authorize", "ok"),
            ("oauth2/authorize", "access_denied"),
            ("oauth2/authorize", "400"),
        ]
        assert service.calls[0].arg["redirect_uri"] == REDIRECT
        assert service.calls[1].arg["answer"] == "allow"
        shown = repr([(call, call.arg) for call in service.calls])
        assert "hush" not in shown
        assert code not in shown

    def test_planned_faults_apply_to_the_page(self, service, ask):
        service.faults.server_error("oauth2/authorize", status=503)
        service.faults.rate_limit("oauth2/*")
        assert [ask().status_code for _ in range(3)] == [503, 429, 200]
