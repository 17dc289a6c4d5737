"""Tests of the OAuth pages with random input: valid answers, and no redirect to an unknown host."""

from urllib.parse import urlencode, urlsplit

from hypothesis import given
from hypothesis import strategies as st
from tests.support.browser import Document

from fakedropbox import FakeDropboxService, NotImplementedInFake

REGISTERED = "https://app.example.com/done?a=b"
HOSTS = {"app.example.com", "localhost", "127.0.0.1"}
SERVICE = FakeDropboxService(redirect_uris=[REGISTERED])
KEY, SECRET = SERVICE.login.app_key, SERVICE.login.app_secret

ODD_TEXTS = st.text(max_size=30) | st.sampled_from(
    ["", "true", "user", "x" * 501, "<b>", '"', "\0"]
)
URIS = st.sampled_from([REGISTERED, "http://localhost:1/", "http://127.0.0.1/"]) | st.builds(
    "{}{}{}".format,
    st.sampled_from(["http://", "https://", "//", "javascript:", "HTTP://"]),
    st.sampled_from(["localhost", "app.example.com", "evil.example.com", "localhost@evil", "::1"]),
    st.text(alphabet="/\\@:#?&.[] \r\n%éa1", max_size=8),
)
FIELDS = {
    "client_id": st.just(KEY) | ODD_TEXTS,
    "client_secret": st.just(SECRET) | ODD_TEXTS,
    "redirect_uri": URIS | ODD_TEXTS,
    "response_type": st.sampled_from(["code", "token"]) | ODD_TEXTS,
    "state": ODD_TEXTS,
    "scope": st.sampled_from(["files.content.read", "openid email"]) | ODD_TEXTS,
    "include_granted_scopes": st.just("user") | ODD_TEXTS,
    "token_access_type": st.sampled_from(["offline", "online", "legacy"]) | ODD_TEXTS,
    "code_challenge": st.just("x" * 43) | ODD_TEXTS,
    "code_challenge_method": st.sampled_from(["S256", "plain"]) | ODD_TEXTS,
    "force_reapprove": ODD_TEXTS,
    "answer": st.sampled_from(["allow", "deny"]) | ODD_TEXTS,
    "account": st.just(SERVICE.accounts.default.account_id) | ODD_TEXTS,
    "grant_type": st.sampled_from(["authorization_code", "refresh_token"]) | ODD_TEXTS,
    "code": ODD_TEXTS,
    "code_verifier": ODD_TEXTS,
    "refresh_token": st.just(SERVICE.login.refresh_token) | ODD_TEXTS,
}
FORMS = st.fixed_dictionaries({}, optional=FIELDS)


@given(FORMS, st.booleans(), st.sampled_from(["GET", "POST"]))
def test_authorize_page_answers_and_redirects_only_to_known_hosts(fields, usual, method):
    if usual:
        fields = {"client_id": KEY, "redirect_uri": REGISTERED, "response_type": "code"} | fields
    url = f"https://www.dropbox.com/oauth2/authorize?{urlencode(fields)}"
    with SERVICE.scratch():
        try:
            reply = SERVICE.session().request(method, url, allow_redirects=False)
        except NotImplementedInFake as error:
            assert "team" in str(error) or "work" in str(error)  # noqa: PT017 -- not always raised
            return
    if reply.status_code == 302:
        location = reply.headers["Location"]
        assert location.startswith(fields["redirect_uri"])
        assert urlsplit(location).hostname in HOSTS
        assert location.isascii()
        assert location.isprintable()
    else:
        assert reply.status_code in (200, 400)
        assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
        assert Document(reply.text).text
        assert SECRET not in reply.text


@given(FORMS, FORMS, st.sampled_from(["/oauth2/token", "/1/oauth2/token"]))
def test_token_endpoint_returns_a_token_or_an_error(query, form, path):
    with SERVICE.scratch():
        reply = SERVICE.session().post(
            f"https://api.dropboxapi.com{path}?{urlencode(query)}", data=form
        )
    assert reply.status_code in (200, 400)
    assert min(reply.json()) in ("access_token", "error")
