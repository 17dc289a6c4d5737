"""Tests of the token endpoint, through clients and as plain HTTP."""

import base64

import pytest
from tests.support.doors import auth_refusal, bad_input, listed

from fakedropbox import Login

pytestmark = pytest.mark.every_door

TOKEN_URL = "https://api.dropboxapi.com/oauth2/token"
BAD_CLIENT = {"error": "invalid_client: Invalid client_id or client_secret"}


@pytest.fixture
def form(service):
    login = service.login
    return {
        "grant_type": "refresh_token",
        "refresh_token": login.refresh_token,
        "client_id": login.app_key,
        "client_secret": login.app_secret,
    }


@pytest.fixture
def ask(service):
    session = service.session()

    def post(form=None, url=TOKEN_URL, **options):
        return session.post(url, data=form, **options)

    return post


class TestThroughTheClient:
    @pytest.mark.evidence("O2.2-57")
    def test_a_client_with_only_a_refresh_token_gets_an_access_token(self, connect, service):
        dbx = connect(oauth2_access_token=None, oauth2_access_token_expiration=None)
        assert listed(dbx) == []
        assert [call.route for call in service.calls] == ["oauth2/token", "files/list_folder"]

    @pytest.mark.evidence("O2.2-04", "O2.2-05", "O5-16")
    @pytest.mark.parametrize("token", ["x", "A" * 64, "\u00e9", "a b"])
    def test_an_invalid_refresh_token_is_refused(self, connect, token):
        dbx = connect(oauth2_access_token=None, oauth2_refresh_token=token)
        assert auth_refusal(dbx.files_list_folder, "").is_invalid_access_token()

    @pytest.mark.evidence("O2.2-06", "O5-16", "O2.2-57")
    @pytest.mark.parametrize("wrong", [{"app_key": "nokey"}, {"app_secret": "bad"}])
    def test_a_wrong_key_or_secret_is_refused(self, connect, wrong):
        dbx = connect(oauth2_access_token=None, **wrong)
        text = bad_input(dbx.files_list_folder, "")
        assert "invalid_client" in text
        assert text == '{"error": "invalid_client: Invalid client_id or client_secret"}'

    def test_a_refresh_token_of_another_app_is_refused(self, connect, service):
        other = service.logins.create(app=service.apps.create("other"))
        dbx = connect(oauth2_access_token=None, oauth2_refresh_token=other.refresh_token)
        assert auth_refusal(dbx.files_list_folder, "").is_invalid_access_token()

    @pytest.mark.evidence("F1.5-02", "O2.2-55")
    def test_a_client_may_request_fewer_scopes(self, connect):
        dbx = connect(oauth2_access_token=None, scope=["files.metadata.read"])
        assert listed(dbx) == []
        error = auth_refusal(dbx.files_upload, b"x", "/a")
        assert error.get_missing_scope().required_scope == "files.content.write"

    def test_a_client_may_not_request_more_scopes(self, connect, service):
        login = service.logins.create(scopes=["files.metadata.read"])
        dbx = connect(login, oauth2_access_token=None, scope=["files.content.write"])
        text = bad_input(dbx.files_list_folder, "")
        assert "invalid_scope" in text
        assert "error_description" in text

    def test_tokens_chosen_by_the_test_are_accepted(self, connect, service):
        wanted = Login(refresh_token="my own", access_token="my own access token")
        login = service.logins.create(login=wanted)
        assert listed(connect(login, oauth2_refresh_token=None)) == []
        assert listed(connect(login, oauth2_access_token=None)) == []
        service.clock.advance(10**8)
        assert (
            listed(connect(login, oauth2_refresh_token=None)) == []
        )  # an access token chosen by the test never expires


class TestOnTheWire:
    @pytest.mark.evidence("O0-03", "O2.2-55", "O2.2-56")
    def test_a_refresh_returns_a_new_access_token(self, ask, form, wire):
        reply = ask(form)
        body = reply.json()
        assert reply.status_code == 200
        assert reply.headers["Content-Type"] == "text/javascript"
        assert sorted(body) == ["access_token", "expires_in", "token_type"]
        assert (body["token_type"], body["expires_in"]) == ("bearer", 14400)
        assert body["access_token"].startswith("sl.")
        assert len(body["access_token"]) > 600
        wire.authorization = {"Authorization": f"Bearer {body['access_token']}"}
        assert wire.rpc("files/list_folder", {"path": ""}).status_code == 200

    def test_every_access_token_is_different(self, ask, form):
        tokens = [ask(form).json()["access_token"] for _ in range(3)]
        assert len(set(tokens)) == 3

    @pytest.mark.evidence("O2.2-51")
    @pytest.mark.parametrize("host", ["api.dropboxapi.com", "api.dropbox.com", "www.dropbox.com"])
    @pytest.mark.parametrize("path", ["/oauth2/token", "/1/oauth2/token"])
    def test_the_endpoint_has_three_hosts_and_two_paths(self, ask, form, service, host, path):
        assert ask(form, f"https://{host}{path}").status_code == 200
        assert service.calls[-1].route == "oauth2/token"

    @pytest.mark.evidence("O2.2-51")
    def test_the_form_may_be_in_the_query_as_the_javascript_sdk_sends_it(self, ask, form):
        reply = ask(params=form, headers={"Content-Type": "application/json"})
        assert reply.json()["token_type"] == "bearer"

    @pytest.mark.evidence("O2.2-52")
    def test_the_app_may_use_basic_authentication(self, ask, form):
        auth = (form.pop("client_id"), form.pop("client_secret"))
        assert ask(form, auth=auth).json()["token_type"] == "bearer"
        refused = ask(form, auth=(auth[0], "wrong"))
        assert (refused.status_code, refused.json()) == (400, BAD_CLIENT)
        wrong = (base64.b64encode(b"\xff").decode(), base64.b64encode(b"k").decode())
        for value in ("!", "\u00e9", *wrong):
            assert ask(form, headers={"Authorization": f"Basic {value}"}).json() == BAD_CLIENT

    @pytest.mark.evidence("O2.2-52")
    def test_basic_authentication_with_a_client_id_in_the_form_is_refused(self, ask, form, service):
        refused = ask(form, auth=(form["client_id"], form.pop("client_secret")))
        assert refused.status_code == 400
        assert refused.json() == {
            "error": "invalid_request",
            "error_description": 'unknown field "client_id"',
        }
        assert service.calls[-1].outcome == "invalid_request"

    @pytest.mark.evidence("O2.2-05", "O2.2-04", "O2.2-06", "O2.2-07", "O2.2-08")
    @pytest.mark.parametrize(
        ("change", "answer"),
        [
            (
                {"refresh_token": "x"},
                {"error": "invalid_grant", "error_description": "refresh token is malformed"},
            ),
            (
                {"refresh_token": "A" * 64},
                {
                    "error": "invalid_grant",
                    "error_description": "refresh token is invalid or revoked",
                },
            ),
            ({"client_secret": "wrong"}, BAD_CLIENT),
            ({"client_id": "wrong"}, BAD_CLIENT),
            (
                {"client_id": None, "client_secret": None},
                {
                    "error_description": "No auth function available for given request",
                    "error": "invalid_request",
                },
            ),
            ({"grant_type": "password"}, {"error": "unsupported_grant_type"}),
        ],
    )
    def test_a_refusal_has_the_documented_json(self, ask, form, change, answer):
        given = {key: value for key, value in (form | change).items() if value is not None}
        reply = ask(given)
        assert reply.status_code == 400
        assert reply.headers["Content-Type"] == "application/json"
        assert reply.json() == answer

    def test_no_secret_is_recorded(self, ask, form, service):
        ask(form | {"scope": "files.metadata.read"})
        ask(form | {"refresh_token": "x"})
        recorded = [(call.route, call.outcome, call.arg) for call in service.calls]
        granted = {"grant_type": "refresh_token"}
        assert recorded == [
            ("oauth2/token", "ok", granted | {"scope": "files.metadata.read"}),
            ("oauth2/token", "invalid_grant", granted),
        ]
        assert form["refresh_token"] not in repr(service.login)
