"""Tests of the fault `route_error`: every error that the SDK's types know for a route."""

import pytest
from dropbox.exceptions import ApiError
from dropbox.files import CommitInfo, UploadSessionCursor
from stone.backends.python_rsrc.stone_serializers import json_compat_obj_encode
from tests.support.both_doors import DOORS, client_of, login_of
from tests.support.doors import refusal

from fakedropbox import FakeDropboxService, faults
from fakedropbox._api.error_tags import chains_of, fields_of, sample
from fakedropbox._api.refusals import error_object
from fakedropbox._api.registry import SDK_ROUTES
from fakedropbox.errors import RouteError


@pytest.fixture
def service():
    return FakeDropboxService(files={"/a.txt": b"hello"})


@pytest.fixture(params=DOORS)
def dbx(request, service):
    with client_of(request.param, service, **login_of(service)) as client:
        yield client


def test_every_error_of_the_types_of_the_sdk_can_be_made():
    types = {sdk_route.error_type for sdk_route in SDK_ROUTES.values()}
    made = 0
    for error_type in types:
        for tags in chains_of(error_type):
            values = {name: sample(each) for name, each in fields_of(error_type, tags).items()}
            error = error_object(error_type, RouteError(tags, values))
            assert json_compat_obj_encode(error_type, error)[".tag"] == tags.partition("/")[0]
            made += 1
    assert made > 1000


def test_a_call_refused_by_a_planned_error_changes_nothing(service, dbx):
    service.faults.route_error("files/delete_v2", "path_write/no_write_permission")
    assert refusal(dbx.files_delete_v2, "/a.txt") == "path_write/no_write_permission"
    assert service.files == {"/a.txt": b"hello"}
    assert service.calls[-1].outcome == "path_write/no_write_permission"
    dbx.files_delete_v2("/a.txt")


def test_a_pattern_matches_only_the_routes_that_have_the_error(service, dbx):
    service.faults.route_error("files/*", "path/restricted_content", times=2)
    dbx.files_upload(b"", "/b.txt")
    for call in (dbx.files_get_metadata, dbx.files_download):
        assert refusal(call, "/a.txt") == "path/restricted_content"
    dbx.files_download("/a.txt")


def test_a_failed_upload_names_the_session_that_keeps_its_data(service, dbx):
    service.faults.route_error("files/upload", "path/no_write_permission")
    with pytest.raises(ApiError) as caught:
        dbx.files_upload(b"kept", "/b.txt")
    failed = caught.value.error.get_path()
    cursor = UploadSessionCursor(failed.upload_session_id, 4)
    dbx.files_upload_session_finish(b"", cursor, CommitInfo("/b.txt"))
    assert service.read("/b.txt") == b"kept"
    sessions = len(list(service.gate.world.files.sessions.open()))
    service.faults.route_error("files/upload", "payload_too_large")
    assert refusal(dbx.files_upload, b"x", "/c.txt") == "payload_too_large"
    assert len(list(service.gate.world.files.sessions.open())) == sessions


def test_an_error_carries_the_given_values(service, dbx):
    plan, append = service.faults, dbx.files_upload_session_append_v2
    offset = {"correct_offset": 8}
    plan.route_error("files/upload_session/append_v2", "incorrect_offset", values=offset)
    with pytest.raises(ApiError) as caught:
        append(b"", UploadSessionCursor("x", 0))
    assert caught.value.error.get_incorrect_offset().correct_offset == 8
    plan.route_error("files/upload_session/append_v2", "incorrect_offset")
    with pytest.raises(ApiError) as caught:
        append(b"", UploadSessionCursor("x", 0))
    assert caught.value.error.get_incorrect_offset().correct_offset == 0
    plan.route_error("files/upload", "path/team_folder", values={"upload_session_id": "mine"})
    with pytest.raises(ApiError) as caught:
        dbx.files_upload(b"", "/b.txt")
    assert caught.value.error.get_path().upload_session_id == "mine"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            {"tags": "path/restrictedcontent"},
            "tags: .* of files/download, such as 'path/restricted_content', .*, got 'path/restri",
        ),
        ({"tags": "path"}, "tags: expected tags .*'path/.*, got 'path'"),
        ({"tags": ""}, "tags: expected tags"),
        ({"tags": "path/other"}, "tags: expected tags"),
        (
            {"tags": "path/not_file", "values": {"size": 1}},
            "values: expected .* none, got one of 'si",
        ),
        (
            {"tags": "path/malformed_path", "values": {"malformed_path": 1}},
            "values: malformed_path",
        ),
        ({"tags": "too_many_files", "route": "files/delete_batch"}, "route: expected one such as"),
        ({"tags": "too_many_files", "route": "oauth2/token"}, "route: expected one such as"),
    ],
)
def test_an_error_that_the_types_of_the_sdk_do_not_have_is_refused(service, arguments, reason):
    with pytest.raises(ValueError, match=reason):
        service.faults.route_error(**{"route": "files/download", **arguments})
    assert repr(service.faults) == "[]"


@pytest.mark.parametrize(("name", "value"), [("tags", None), ("tags", 5), ("values", [1])])
def test_an_argument_of_a_wrong_type_is_refused(name, value):
    with pytest.raises(TypeError, match=f"{name}: expected .*got"):
        faults.route_error(**{"route": "files/upload", "tags": "payload_too_large", name: value})
