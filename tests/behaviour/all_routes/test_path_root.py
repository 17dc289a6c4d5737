"""Tests of the header `Dropbox-API-Path-Root`."""

import pytest
from dropbox.common import PathRoot
from dropbox.exceptions import PathRootError
from dropbox.files import CommitInfo, UploadSessionCursor
from tests.support.doors import bad_input, listed, paths

pytestmark = pytest.mark.every_door
HEADER = "Dropbox-API-Path-Root"
NOT_SUPPORTED = {
    "classic": "Path root is not supported for sandbox app.",
    "compact": "path root is not supported for sandbox app",
}


@pytest.fixture
def own_namespace(service):
    return str(service.accounts.default.namespace_id)


def root_error(call, *args):
    with pytest.raises(PathRootError) as caught:
        call(*args)
    return caught.value.error


@pytest.mark.evidence("O8-02")
def test_home_root_and_namespace_id_may_refer_to_the_accounts_own_namespace(dbx, own_namespace):
    dbx.files_upload(b"x", "/a")
    for root in (PathRoot.home, PathRoot.root(own_namespace), PathRoot.namespace_id(own_namespace)):
        rooted = dbx.with_path_root(root)
        assert paths(listed(rooted)) == ["/a"]
        rooted.files_upload(b"y", f"/{root._tag}")
        rooted.files_delete_v2(f"/{root._tag}")


@pytest.mark.evidence("O8-02", "F1.5-05")
def test_a_namespace_without_access_is_refused(dbx, connect, service):
    other = service.accounts.create("other@example.com")
    service.logins.create(other)
    for namespace in ("1", str(other.namespace_id)):
        rooted = dbx.with_path_root(PathRoot.namespace_id(namespace))
        assert root_error(rooted.files_list_folder, "").is_no_permission()
        assert root_error(rooted.files_upload, b"x", "/a").is_no_permission()
        assert root_error(rooted.files_download, "/a").is_no_permission()
    assert {call.outcome for call in service.calls} == {"no_permission"}


@pytest.mark.evidence("O8-02", "F1.5-05")
def test_another_root_is_refused_as_invalid_root(dbx, own_namespace):
    error = root_error(dbx.with_path_root(PathRoot.root("1")).files_list_folder, "")
    assert error.is_invalid_root()
    info = error.get_invalid_root()
    assert (info.root_namespace_id, info.home_namespace_id) == (own_namespace, own_namespace)


@pytest.mark.evidence("O8-02")
def test_a_client_sends_its_path_root_with_routes_of_files_and_users(dbx):
    rooted = dbx.with_path_root(PathRoot.namespace_id("1"))
    for call in (
        rooted.users_get_current_account,
        lambda: rooted.files_move_v2("/a", "/b"),
        lambda: rooted.files_create_folder_v2("/a"),
        lambda: rooted.files_list_folder_continue("x"),
    ):
        assert root_error(call).is_no_permission()
    assert listed(dbx) == []  # the original client does not send the header


@pytest.mark.evidence("F1.4-20")
@pytest.mark.parametrize(
    ("header", "text"),
    [
        ('{".tag": "root_id", "root_id": "1"}', "unknown tag 'root_id'"),
        ('{".tag": "other"}', "unexpected use of the catch-all tag 'other'"),
        ("{}", "missing '.tag' key"),
        ('{"tag": "home"}', "missing '.tag' key"),
        ('"elsewhere"', "unknown tag 'elsewhere'"),
        ('"root"', "expected object for 'root', got symbol"),
        ('{".tag": "home", "home": 1}', "expected null, got integer"),
        ('{".tag": "home", "root": "1"}', "unexpected key 'root'"),
        ('{".tag": "root", "root": 5}', "'5' expected to be a string, got integer"),
        ('{".tag": "namespace_id", "namespace_id": "\\u00e9"}', "'\u00e9' did not match pattern"),
        ("null", "expected string or object, got null"),
        ("[]", "expected string or object, got list"),
        ("x", "could not decode input as JSON"),
        ("", "could not decode input as JSON"),
        ("[" * 100_000, "could not decode input as JSON"),
    ],
    ids=lambda value: value[:40],
)
def test_a_header_that_is_not_a_path_root_is_refused(connect, header, text):
    refused = bad_input(connect(headers={HEADER: header}).files_list_folder, "")
    prefix = 'Error in call to API function "files/list_folder": Dropbox-API-Path-Root: '
    assert refused.startswith(prefix)
    assert text in refused.removeprefix(prefix)


@pytest.mark.evidence("F1.4-06", "F1.4-20")
def test_the_header_may_be_the_bare_string_home(connect):
    assert connect(headers={HEADER: '"home"'}).files_list_folder("").entries == []


@pytest.mark.dropbox(app_folder="Small")
class TestAppFolder:
    """Apps that have only a folder of their own."""

    @pytest.mark.evidence("F1.4-21", "F1.4-24")
    def test_an_app_folder_app_cannot_choose_a_namespace_as_its_path_root(
        self, dbx, service, own_namespace
    ):
        for root in (PathRoot.root(own_namespace), PathRoot.namespace_id(own_namespace)):
            rooted = dbx.with_path_root(root)
            for call, argument in (
                (rooted.files_list_folder, "/"),
                (rooted.files_get_metadata, "/missing"),
                (rooted.files_download, "/"),
            ):
                text = bad_input(call, argument).partition(": ")[2]
                assert text == NOT_SUPPORTED[service.personality.wire]
            assert "sandbox" in bad_input(rooted.users_get_current_account)
        assert {call.fact for call in service.calls} <= {"F1.4-21", "F1.4-24"}

    @pytest.mark.evidence("F1.4-21")
    def test_a_path_root_is_refused_before_the_argument_is_decoded(self, wire):
        header = {HEADER: '{".tag": "root", "root": "1"}'}
        text = wire.rpc("files/get_metadata", {"path": "no slash"}, headers=header).text
        assert text.endswith(": Path root is not supported for sandbox app.")

    def test_an_app_folder_app_may_choose_home_and_an_invalid_header_is_refused(self, connect):
        home = connect(headers={HEADER: '{".tag": "home"}'})
        assert home.files_list_folder("").entries == []
        text = bad_input(connect(headers={HEADER: "{}"}).files_list_folder, "")
        assert text.endswith("Dropbox-API-Path-Root: missing '.tag' key")


@pytest.mark.evidence("F1.3-05", "F1.5-05", "O5-06")
def test_no_permission_and_invalid_root_are_422_with_a_json_body(wire, own_namespace):
    def ask(header):
        return wire.rpc(
            "files/list_folder", {"path": ""}, headers={"Dropbox-API-Path-Root": header}
        )

    refused = ask('{".tag": "namespace_id", "namespace_id": "1"}')
    assert refused.status_code == 422
    assert refused.headers["Content-Type"] == "application/json"
    body = refused.json()
    assert body["error"] == {".tag": "no_permission"}
    assert body["error_summary"].rstrip(".") == "no_permission/"
    refused = ask('{".tag": "root", "root": "7"}')
    assert (refused.status_code, refused.json()["error"]) == (
        422,
        {
            ".tag": "invalid_root",
            "invalid_root": {
                ".tag": "user",
                "root_namespace_id": own_namespace,
                "home_namespace_id": own_namespace,
            },
        },
    )
    assert ask('{".tag": "home"}').status_code == 200
    assert ask(f'{{".tag":"root","root":"{own_namespace}"}}').status_code == 200


@pytest.mark.evidence("O8-02")
def test_arguments_are_read_before_the_path_root(wire):
    header = {"Dropbox-API-Path-Root": '{".tag": "namespace_id", "namespace_id": "1"}'}
    refused = wire.rpc("files/list_folder", {"path": "x"}, headers=header)
    assert refused.status_code == 400
    refused = wire.rpc("files/get_metadata", {"path": "/missing"}, headers=header)
    assert refused.status_code == 422


@pytest.mark.evidence("O8-02")
def test_copies_revisions_upload_sessions_and_space_usage_check_the_path_root(dbx, own_namespace):
    rev = dbx.files_upload(b"x", "/a").rev
    start = UploadSessionCursor(dbx.files_upload_session_start(b"").session_id, 0)
    calls = [
        lambda dbx: dbx.files_copy_v2("/a", "/b"),
        lambda dbx: dbx.files_list_revisions("/b"),
        lambda dbx: dbx.files_restore("/a", rev),
        lambda dbx: dbx.files_copy_reference_get("/a"),
        lambda dbx: dbx.files_upload_session_finish(
            b"c", start, CommitInfo(f"ns:{own_namespace}/c")
        ),
        lambda dbx: dbx.users_get_space_usage(),
    ]
    foreign = dbx.with_path_root(PathRoot.namespace_id("1"))
    own_root = dbx.with_path_root(PathRoot.namespace_id(own_namespace))
    for call in calls:
        assert root_error(call, foreign).is_no_permission()
        call(own_root)
    assert paths(listed(dbx)) == ["/a", "/b", "/c"]
