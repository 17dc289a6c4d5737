"""Tests of access: scopes, tokens and their expiry, and separate accounts."""

from datetime import timedelta

import pytest
from dropbox.dropbox_client import BadInputException
from dropbox.exceptions import AuthError, BadInputError
from tests.support.doors import auth_refusal, bad_input, listed

from fakedropbox import Personality
from fakedropbox._facts import PUBLIC_SCOPES

pytestmark = pytest.mark.every_door

FOUR_HOURS = 4 * 3600
# The scope that each of these routes needs (O8-04), and a call of the route.
ROUTES = {
    "files/upload": ("files.content.write", lambda dbx: dbx.files_upload(b"x", "/new")),
    "files/download": ("files.content.read", lambda dbx: dbx.files_download("/a")),
    "files/get_metadata": ("files.metadata.read", lambda dbx: dbx.files_get_metadata("/a")),
    "files/list_folder": ("files.metadata.read", lambda dbx: dbx.files_list_folder("")),
    "files/list_folder/continue": (
        "files.metadata.read",
        lambda dbx: dbx.files_list_folder_continue("x"),
    ),
    "files/list_folder/get_latest_cursor": (
        "files.metadata.read",
        lambda dbx: dbx.files_list_folder_get_latest_cursor(""),
    ),
    "files/create_folder_v2": (
        "files.content.write",
        lambda dbx: dbx.files_create_folder_v2("/new"),
    ),
    "files/delete_v2": ("files.content.write", lambda dbx: dbx.files_delete_v2("/a")),
    "files/move_v2": ("files.content.write", lambda dbx: dbx.files_move_v2("/a", "/b")),
}


@pytest.mark.evidence("O8-04", "F1.5-02")
@pytest.mark.parametrize("route", ROUTES)
def test_a_token_without_the_scope_is_refused(connect, service, route):
    scope, call = ROUTES[route]
    dbx = connect(
        service.logins.create(scopes=[other for other in PUBLIC_SCOPES if other != scope])
    )
    error = auth_refusal(call, dbx)
    assert error.is_missing_scope()
    assert error.get_missing_scope().required_scope == scope
    assert service.files == {}
    assert service.calls[-1].outcome == "missing_scope"


@pytest.mark.evidence("O8-04", "F1.4-18", "O5-13")
@pytest.mark.parametrize("route", ROUTES)
def test_an_app_without_the_scope_is_refused(connect, service, route):
    scope, call = ROUTES[route]
    enabled = [other for other in PUBLIC_SCOPES if other != scope]
    app = service.apps.create("limited", scopes=enabled)
    dbx = connect(service.logins.create(app=app))
    assert bad_input(call, dbx) == (
        f'Error in call to API function "{route}": Your app (ID: {app.app_id}) is not permitted '
        f"to access this endpoint because it does not have the required scope '{scope}'. The "
        "owner of the app can enable the scope for the app using the Permissions tab on the App "
        "Console."
    )


@pytest.mark.evidence("O8-04")
@pytest.mark.parametrize("route", ROUTES)
def test_a_token_with_only_the_scope_of_the_route_is_accepted(connect, service, route):
    service.seed_files({"/a": b"x"})
    scope, call = ROUTES[route]
    dbx = connect(service.logins.create(scopes=[scope]))
    try:
        call(dbx)
    except BadInputError as error:  # the cursor of `continue` is invalid
        assert "cursor" in error.message  # noqa: PT017 -- only one of the routes gets here
    assert (
        dbx.users_get_current_account().email == "owner@example.com"
    )  # `account_info.read` is always granted


@pytest.mark.evidence("O8-04")
def test_creating_a_login_refuses_unknown_scopes(service):
    with pytest.raises(ValueError, match=r"files\.everything"):
        service.logins.create(scopes=["files.everything"])
    with pytest.raises(TypeError):
        service.logins.create(scopes="files.content.read")


@pytest.mark.evidence("O5-11")
@pytest.mark.parametrize(
    "token", ["x", "sl.u.x", "a" * 64, "sl." + "x" * 600, "\u00fc".encode().hex()]
)
def test_an_unknown_token_is_refused(connect, token):
    dbx = connect(oauth2_access_token=token, oauth2_refresh_token=None)
    assert auth_refusal(dbx.files_list_folder, "").is_invalid_access_token()


@pytest.mark.evidence("F1.4-10", "O5-11")
@pytest.mark.dropbox(personality=Personality(malformed_token="bad_request"))
def test_a_malformed_token_is_a_400_with_malformed_token_bad_request(connect):
    for token in ("x", "sl.u.x", "has.dots", "a" * 63):
        dbx = connect(oauth2_access_token=token, oauth2_refresh_token=None)
        assert bad_input(dbx.files_list_folder, "") == (
            'Error in call to API function "files/list_folder": '
            "The given OAuth 2 access token is malformed."
        )
    looks_right = connect(oauth2_access_token="a" * 64, oauth2_refresh_token=None)
    assert auth_refusal(looks_right.files_list_folder, "").is_invalid_access_token()


class TestExpiry:
    @pytest.mark.evidence("F1.5-01")
    def test_an_expired_token_without_a_refresh_token_is_refused(self, connect, service):
        dbx = connect(oauth2_refresh_token=None, oauth2_access_token_expiration=None)
        service.clock.advance(FOUR_HOURS - 1)
        listed(dbx)
        service.clock.advance(1)
        before = len(service.calls)
        assert auth_refusal(dbx.files_list_folder, "").is_expired_access_token()
        # O5-16: the SDK retries once even though it cannot refresh
        assert [call.outcome for call in service.calls[before:]] == ["expired_access_token"] * 2

    @pytest.mark.evidence("O5-16", "F1.5-01")
    def test_the_sdk_refreshes_five_minutes_before_expiry(self, connect, service):
        dbx = connect()
        listed(dbx)
        service.clock.advance(FOUR_HOURS - 301)
        listed(dbx)
        assert service.calls.of("oauth2/token") == []
        service.clock.advance(1)
        listed(dbx)
        listed(dbx)
        routes = [call.route for call in service.calls]
        assert routes == ["files/list_folder"] * 2 + ["oauth2/token"] + ["files/list_folder"] * 2

    @pytest.mark.evidence("O5-16")
    def test_the_sdk_refreshes_after_an_expired_access_token_error(self, connect, service):
        late = service.clock.now().replace(tzinfo=None) + timedelta(days=1)
        dbx = connect(oauth2_access_token_expiration=late)
        service.clock.advance(FOUR_HOURS)
        listed(dbx)
        outcomes = [(call.route, call.outcome) for call in service.calls]
        assert outcomes == [
            ("files/list_folder", "expired_access_token"),
            ("oauth2/token", "ok"),
            ("files/list_folder", "ok"),
        ]

    @pytest.mark.evidence("O5-16")
    def test_the_sdk_refreshes_first_if_the_expiry_is_unknown(self, connect, service):
        dbx = connect(oauth2_access_token_expiration=None)
        listed(dbx)
        listed(dbx)
        routes = [call.route for call in service.calls]
        assert routes == ["oauth2/token", "files/list_folder", "files/list_folder"]

    def test_a_refresh_leaves_the_old_token_valid(self, connect):
        dbx = connect(oauth2_access_token=None)
        listed(dbx)
        old = connect(oauth2_refresh_token=None)
        listed(old)


def test_accounts_have_separate_files(dbx, connect, service):
    account = service.accounts.create("other@example.com", "Other Person")
    other = connect(service.logins.create(account))
    dbx.files_upload(b"mine", "/a")
    other.files_upload(b"theirs", "/a")
    assert dbx.files_download("/a")[1].content == b"mine"
    assert other.files_download("/A")[1].content == b"theirs"
    other.files_delete_v2("/a")
    assert len(listed(dbx)) == 1
    assert other.users_get_current_account().account_id == account.account_id
    assert service.files == {"/a": b"mine"}  # `service.files` has the files of the default account


def test_two_logins_of_one_account_see_the_same_files(dbx, connect, service):
    other = connect(service.logins.create(app=service.apps.create("another")))
    meta = dbx.files_upload(b"x", "/a")
    assert other.files_get_metadata("/a") == meta


def test_a_client_with_a_refresh_token_but_no_app_key_is_refused(connect):
    with pytest.raises(BadInputException):
        connect(
            oauth2_access_token=None, oauth2_refresh_token="x", app_key=None, app_secret="secret"
        )


@pytest.mark.evidence("F1.5-01")
def test_a_refused_call_changes_nothing(connect, service):
    dbx = connect(oauth2_access_token="x", oauth2_refresh_token=None)
    for _, call in ROUTES.values():
        with pytest.raises(AuthError):
            call(dbx)
    assert service.files == {}
    assert {call.outcome for call in service.calls} == {"invalid_access_token"}
    assert all(call.arg is None for call in service.calls)  # refused before the argument was read
