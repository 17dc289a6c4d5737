"""Whatever arrives at the pages: an answer in their own form, and nobody led astray."""

from urllib.parse import urlencode, urlsplit

from hypothesis import given
from hypothesis import strategies as st
from tests.support.browser import Document

from fakedropbox import FakeDropboxService, NotImplementedInFake

REGISTERED = "https://app.example.com/done?a=b"
HOSTS = {"app.example.com", "localhost", "127.0.0.1"}
SERVICE = FakeDropboxService(redirect_uris=[REGISTERED])
KEY, SECRET = SERVICE.login.app_key, SERVICE.login.app_secret

odd = st.text(max_size=30) | st.sampled_from(["", "true", "user", "x" * 501, "<b>", '"', "\0"])
uris = st.sampled_from([REGISTERED, "http://localhost:1/", "http://127.0.0.1/"]) | st.builds(
    "{}{}{}".format,
    st.sampled_from(["http://", "https://", "//", "javascript:", "HTTP://"]),
    st.sampled_from(["localhost", "app.example.com", "evil.example.com", "localhost@evil", "::1"]),
    st.text(alphabet="/\\@:#?&.[] \r\n%éa1", max_size=8),
)
FIELDS = {
    "client_id": st.just(KEY) | odd,
    "client_secret": st.just(SECRET) | odd,
    "redirect_uri": uris | odd,
    "response_type": st.sampled_from(["code", "token"]) | odd,
    "state": odd,
    "scope": st.sampled_from(["files.content.read", "openid email"]) | odd,
    "include_granted_scopes": st.just("user") | odd,
    "token_access_type": st.sampled_from(["offline", "online", "legacy"]) | odd,
    "code_challenge": st.just("x" * 43) | odd,
    "code_challenge_method": st.sampled_from(["S256", "plain"]) | odd,
    "force_reapprove": odd,
    "answer": st.sampled_from(["allow", "deny"]) | odd,
    "account": st.just(SERVICE.accounts.default.account_id) | odd,
    "grant_type": st.sampled_from(["authorization_code", "refresh_token"]) | odd,
    "code": odd,
    "code_verifier": odd,
    "refresh_token": st.just(SERVICE.login.refresh_token) | odd,
}
asked = st.fixed_dictionaries({}, optional=FIELDS)


@given(asked, st.booleans(), st.sampled_from(["GET", "POST"]))
def test_the_authorize_page(fields, usual, method):
    if usual:
        fields = {"client_id": KEY, "redirect_uri": REGISTERED, "response_type": "code"} | fields
    url = f"https://www.dropbox.com/oauth2/authorize?{urlencode(fields)}"
    with SERVICE.scratch():
        try:
            reply = SERVICE.session().request(method, url, allow_redirects=False)
        except NotImplementedInFake as error:
            assert "team" in str(error) or "work" in str(error)  # noqa: PT017 -- it need not happen
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


@given(asked, asked, st.sampled_from(["/oauth2/token", "/1/oauth2/token"]))
def test_the_token_endpoint(query, form, path):
    with SERVICE.scratch():
        reply = SERVICE.session().post(
            f"https://api.dropboxapi.com{path}?{urlencode(query)}", data=form
        )
    assert reply.status_code in (200, 400)
    assert min(reply.json()) in ("access_token", "error")
