"""Tests of error unions: their JSON, and the objects that clients raise."""

import json
import re

import pytest
from dropbox import files
from dropbox.exceptions import ApiError
from tests.support.doors import chain

pytestmark = pytest.mark.every_door

SUMMARY = re.compile(r'\{"error_summary": "([a-z_/]+)/\.{0,3}", "error": (\{.*\})\}')
PATH = '".tag": "path", "path": '
REASON = '".tag": "path", "reason": '
SESSION = '"upload_session_id": "S"'


@pytest.fixture
def seeded(service):
    client = service.client()
    client.files_upload(b"1", "/file")
    client.files_create_folder_v2("/folder")
    return client


def rpc(route, **arg):
    return lambda wire: wire.rpc(f"files/{route}", arg)


def upload(content=b"x", **arg):
    return lambda wire: wire.upload(arg, content)


def download(**arg):
    return lambda wire: wire.download(arg)


# A request, the tags in its error summary, and its JSON (S stands for a session id).
ERRORS = [
    (rpc("get_metadata", path="/x"), "path/not_found", f'{{{PATH}{{".tag": "not_found"}}}}'),
    (
        rpc("get_metadata", path="//"),
        "path/malformed_path",
        f'{{{PATH}{{".tag": "malformed_path"}}}}',
    ),
    (rpc("list_folder", path="/x"), "path/not_found", f'{{{PATH}{{".tag": "not_found"}}}}'),
    (rpc("list_folder", path="/file"), "path/not_folder", f'{{{PATH}{{".tag": "not_folder"}}}}'),
    (
        rpc("list_folder/get_latest_cursor", path="/file"),
        "path/not_folder",
        f'{{{PATH}{{".tag": "not_folder"}}}}',
    ),
    (download(path="/folder"), "path/not_file", f'{{{PATH}{{".tag": "not_file"}}}}'),
    (
        rpc("create_folder_v2", path="/folder"),
        "path/conflict/folder",
        f'{{{PATH}{{".tag": "conflict", "conflict": {{".tag": "folder"}}}}}}',
    ),
    (
        rpc("create_folder_v2", path="/desktop.ini"),
        "path/disallowed_name",
        f'{{{PATH}{{".tag": "disallowed_name"}}}}',
    ),
    (
        rpc("delete_v2", path="/x"),
        "path_lookup/not_found",
        '{".tag": "path_lookup", "path_lookup": {".tag": "not_found"}}',
    ),
    (
        rpc("delete_v2", path="/file", parent_rev="123456789"),
        "path_write/conflict/file",
        '{".tag": "path_write", "path_write": {".tag": "conflict", "conflict": {".tag": "file"}}}',
    ),
    (
        rpc("move_v2", from_path="/x", to_path="/y"),
        "from_lookup/not_found",
        '{".tag": "from_lookup", "from_lookup": {".tag": "not_found"}}',
    ),
    (
        rpc("move_v2", from_path="/file", to_path="/folder"),
        "to/conflict/folder",
        '{".tag": "to", "to": {".tag": "conflict", "conflict": {".tag": "folder"}}}',
    ),
    (
        rpc("move_v2", from_path="/file", to_path="/a//b"),
        "to/malformed_path",
        '{".tag": "to", "to": {".tag": "malformed_path"}}',
    ),
    (
        rpc("move_v2", from_path="/folder", to_path="/folder/x"),
        "duplicated_or_nested_paths",
        '{".tag": "duplicated_or_nested_paths"}',
    ),
    (
        upload(path="/file"),
        "path/conflict/file",
        f'{{{REASON}{{".tag": "conflict", "conflict": {{".tag": "file"}}}}, {SESSION}}}',
    ),
    (
        upload(path="/file/below"),
        "path/conflict/file_ancestor",
        f'{{{REASON}{{".tag": "conflict", "conflict": {{".tag": "file_ancestor"}}}}, {SESSION}}}',
    ),
    (
        upload(path="/a\\b"),
        "path/malformed_path",
        f'{{{REASON}{{".tag": "malformed_path"}}, {SESSION}}}',
    ),
    (
        upload(path="/x", content_hash="0" * 64),
        "content_hash_mismatch",
        '{".tag": "content_hash_mismatch"}',
    ),
]


@pytest.mark.evidence(
    *("F1.3-04", "F1.6-01", "F1.6-03", "F1.6-05", "F1.6-09", "F1.6-10", "F10-04", "O5-05", "O0-05")
)
@pytest.mark.parametrize(("ask", "summary", "expected"), ERRORS)
def test_an_error_has_the_json_of_dropbox(wire, seeded, ask, summary, expected):
    reply = ask(wire)
    assert reply.status_code == 409
    assert reply.headers["Content-Type"] == "application/json"
    found = SUMMARY.fullmatch(reply.text)
    assert found[1] == summary
    session = re.compile(r'"upload_session_id": "[^"]+"')
    assert session.sub('"upload_session_id": "S"', found[2]) == expected


@pytest.mark.evidence("F2.1-05", "F4-09")
def test_the_upload_session_id_of_a_refused_upload_has_the_form_of_dropbox(wire, seeded):
    error = upload(path="/file")(wire).json()["error"]
    assert re.fullmatch(r"pid_upload_session:[A-Za-z0-9_-]{45,55}", error["upload_session_id"])


@pytest.mark.evidence("F6.2-02", "F1.6-03")
def test_a_reset_error_has_the_json_of_dropbox(wire, service):
    snapshot = service.snapshot()
    service.client().files_upload(b"x", "/a")
    cursor = service.client().files_list_folder("").cursor
    service.restore(snapshot)
    reply = wire.rpc("files/list_folder/continue", {"cursor": cursor})
    assert reply.status_code == 409
    found = SUMMARY.fullmatch(reply.text)
    assert (found[1], found[2]) == ("reset", '{".tag": "reset"}')


@pytest.mark.evidence("F6.2-03")
def test_a_malformed_cursor_returns_400(wire):
    reply = wire.rpc("files/list_folder/continue", {"cursor": "foo"})
    assert reply.status_code == 400
    assert reply.text == (
        'Error in call to API function "files/list_folder/continue": '
        "Invalid \"cursor\" parameter: 'foo'"
    )


@pytest.mark.evidence("F10-01", "F10-02")
def test_errors_are_409_or_400_but_never_404(wire, seeded):
    replies = [ask(wire) for ask, _, _ in ERRORS]
    replies.append(wire.rpc("files/nonsense", {}))
    replies.append(wire.rpc("files/list_folder", {"path": "x"}))
    for reply in replies:
        if reply.status_code == 400:
            with pytest.raises(json.JSONDecodeError):
                json.loads(reply.text)
        else:
            assert reply.status_code == 409
            assert sorted(reply.json()) == ["error", "error_summary"]


class TestErrorObjects:
    """Clients raise the error objects of the SDK through every door."""

    @pytest.mark.evidence("F1.6-03")
    @pytest.mark.usefixtures("seeded")
    def test_upload_raises_an_upload_error(self, dbx):
        with pytest.raises(ApiError) as caught:
            dbx.files_upload(b"other", "/file")
        error = caught.value.error
        assert isinstance(error, files.UploadError)
        assert isinstance(error.get_path(), files.UploadWriteFailed)
        assert error.get_path().reason.get_conflict().is_file()

    def test_get_metadata_raises_a_get_metadata_error(self, dbx):
        with pytest.raises(ApiError) as caught:
            dbx.files_get_metadata("/x")
        assert isinstance(caught.value.error, files.GetMetadataError)
        assert caught.value.error.get_path().is_not_found()
        assert caught.value.error == files.GetMetadataError.path(files.LookupError.not_found)
        assert caught.value.user_message_text is None
        assert re.fullmatch("[0-9a-f]{32}", caught.value.request_id)
        assert "not_found" in str(caught.value)

    @pytest.mark.parametrize(
        ("call", "kind"),
        [
            (lambda dbx: dbx.files_list_folder("/x"), files.ListFolderError),
            (lambda dbx: dbx.files_list_folder_get_latest_cursor("/x"), files.ListFolderError),
            (lambda dbx: dbx.files_download("/x"), files.DownloadError),
            (lambda dbx: dbx.files_create_folder_v2("/folder"), files.CreateFolderError),
            (lambda dbx: dbx.files_delete_v2("/x"), files.DeleteError),
            (lambda dbx: dbx.files_move_v2("/x", "/y"), files.RelocationError),
        ],
    )
    @pytest.mark.usefixtures("seeded")
    def test_a_route_raises_the_error_union_that_it_declares(self, dbx, call, kind):
        with pytest.raises(ApiError) as caught:
            call(dbx)
        assert type(caught.value.error) is kind

    def test_every_call_raises_a_new_error_object(self, dbx):
        errors = []
        for _ in range(2):
            with pytest.raises(ApiError) as caught:
                dbx.files_get_metadata("/x")
            errors.append(caught.value.error)
        assert errors[0] is not errors[1]
        errors[0]._tag = "changed"
        assert chain(errors[1]) == "path/not_found"


def test_results_have_the_types_of_the_sdk(dbx):
    assert type(dbx.files_upload(b"x", "/a")) is files.FileMetadata
    assert type(dbx.files_create_folder_v2("/f")) is files.CreateFolderResult
    assert type(dbx.files_list_folder("")) is files.ListFolderResult
    assert type(dbx.files_list_folder_get_latest_cursor("")) is (
        files.ListFolderGetLatestCursorResult
    )
    assert type(dbx.files_move_v2("/a", "/b")) is files.RelocationResult
    assert type(dbx.files_delete_v2("/b")) is files.DeleteResult
