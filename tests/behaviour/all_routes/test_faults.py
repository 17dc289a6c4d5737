"""Tests of planned faults as clients see them: retries, errors, and resets."""

import pytest
import requests
from dropbox.exceptions import InternalServerError, RateLimitError
from dropbox.files import CommitInfo, UploadSessionCursor
from tests.support.doors import bad_input, listed, newer_sdk, refusal

from fakedropbox._doors.sdk_policy import _REPEATS_A_REFRESH

pytestmark = pytest.mark.every_door


@pytest.mark.evidence("F1.5-07", "O5-07", "O5-16", "F1.3-06")
def test_the_sdk_waits_and_retries_after_a_rate_limit(dbx, service):
    service.faults.rate_limit("files/list_folder", times=3, retry_after=300)
    before = service.clock.now()
    assert listed(dbx) == []
    assert (service.clock.now() - before).total_seconds() == 900
    outcomes = [call.outcome for call in service.calls]
    assert outcomes == ["too_many_requests"] * 3 + ["ok"]


@pytest.mark.evidence("F1.5-06", "O5-16")
@pytest.mark.parametrize("retry_after", [1, 15])
def test_the_sdk_gives_up_after_max_retries_on_rate_limit(connect, service, retry_after):
    dbx = connect(max_retries_on_rate_limit=1)
    service.faults.rate_limit("files/upload", times=2, retry_after=retry_after)
    with pytest.raises(RateLimitError) as caught:
        dbx.files_upload(b"x", "/a")
    assert caught.value.error.reason.is_too_many_requests()
    assert caught.value.error.retry_after == caught.value.backoff == retry_after
    assert len(service.calls) == 2
    assert service.files == {}


@pytest.mark.evidence("F1.5-08", "F1.3-07", "O5-08", "O5-16")
def test_the_sdk_tries_five_times_after_server_errors(dbx, service):
    service.faults.server_error("files/upload", status=503, times=4)
    dbx.files_upload(b"x", "/a")
    assert len(service.calls) == 5
    service.faults.server_error("files/upload", status=500, times=5)
    with pytest.raises(InternalServerError) as caught:
        dbx.files_upload(b"x", "/b")
    assert (caught.value.status_code, caught.value.body) == (500, "")
    assert list(service.files) == ["/a"]


@pytest.mark.evidence("O5-16")
def test_pauses_between_retries_pass_on_the_virtual_clock(connect, service):
    dbx = connect(max_retries_on_error=10)
    before = service.clock.now()
    service.faults.server_error("files/list_folder", times=10)
    listed(dbx)
    assert 0 < (service.clock.now() - before).total_seconds() < 2**11


@pytest.mark.evidence("F9-07")
def test_a_move_new_folder_or_deletion_repeated_after_a_lost_reply_is_refused(dbx, service):
    dbx.files_upload(b"x", "/a")
    for route in ("move_v2", "create_folder_v2", "delete_v2"):
        service.faults.lost_reply(f"files/{route}")
    with pytest.raises(requests.ConnectionError):
        dbx.files_move_v2("/a", "/b")
    assert refusal(dbx.files_move_v2, "/a", "/b") == "from_lookup/not_found"
    with pytest.raises(requests.ConnectionError):
        dbx.files_create_folder_v2("/f")
    assert refusal(dbx.files_create_folder_v2, "/f") == "path/conflict/folder"
    with pytest.raises(requests.ConnectionError):
        dbx.files_delete_v2("/b")
    assert refusal(dbx.files_delete_v2, "/b") == "path_lookup/not_found"


@pytest.mark.evidence("F9-07", "F4-02")
def test_an_upload_can_be_repeated_after_a_fault(dbx, service):
    service.faults.server_error("files/upload", when="after")
    meta = dbx.files_upload(b"x", "/a")  # the SDK itself retries the upload
    assert [call.outcome for call in service.calls] == ["500", "ok"]
    service.faults.lost_reply("files/upload")
    with pytest.raises(requests.ConnectionError):
        dbx.files_upload(b"y", "/b")
    assert dbx.files_upload(b"y", "/b").rev == dbx.files_get_metadata("/b").rev
    assert dbx.files_get_metadata("/a") == meta


def test_a_refused_token_does_not_use_up_a_fault(connect, service):
    service.faults.server_error("files/list_folder", times=1, optional=True)
    dbx = connect(oauth2_access_token="x", oauth2_refresh_token=None)
    with pytest.raises(Exception, match="invalid_access_token"):
        dbx.files_list_folder("")
    assert service.faults.waiting


@pytest.mark.evidence("F1.5-06", "F1.5-07", "O5-07", "F1.5-08")
def test_faults_have_the_status_headers_and_json_of_dropbox(wire, service):
    service.faults.rate_limit("files/list_folder", retry_after=1)
    service.faults.rate_limit("files/list_folder", retry_after=300)
    service.faults.server_error("files/list_folder")
    first, second, third = (wire.rpc("files/list_folder", {"path": ""}) for _ in range(3))
    assert (first.status_code, first.headers["Retry-After"]) == (429, "1")
    assert first.headers["Content-Type"] == "application/json"
    assert first.json()["error"] == {"reason": {".tag": "too_many_requests"}}
    assert first.json()["error_summary"].rstrip(".") == "too_many_requests/"
    assert second.headers["Retry-After"] == "300"
    assert second.json()["error"] == {
        "reason": {".tag": "too_many_requests"},
        "retry_after": 300,
    }
    assert (third.status_code, third.text) == (500, "")
    assert third.headers["Content-Type"].startswith("text/plain")


@pytest.mark.evidence("O2.2-10")
def test_a_fault_of_the_token_endpoint_has_its_own_json(service):
    service.faults.server_error("oauth2/token")
    reply = service.session().post("https://api.dropboxapi.com/oauth2/token", data={})
    assert reply.status_code == 500
    assert reply.json() == {
        "error": "The server has either erred or is incapable of performing the requested "
        "operation."
    }


@pytest.mark.evidence("O5-16")
@newer_sdk(_REPEATS_A_REFRESH, "repetition of a refresh")
def test_the_sdk_retries_a_failed_refresh(connect, service):
    dbx = connect(oauth2_access_token=None)
    service.faults.server_error("oauth2/token", times=4)
    assert listed(dbx) == []
    assert len(service.calls.of("oauth2/token")) == 5


@pytest.mark.evidence("F1.5-06", "F9-01", "F9-02", "O5-07", "O6-02")
def test_too_many_write_operations_can_be_planned_as_a_429(connect, wire, service):
    service.faults.too_many_write_operations("files/upload", times=3)
    reply = wire.upload({"path": "/a"}, b"x")
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "1")
    body = reply.json()
    assert body["error"] == {"reason": {".tag": "too_many_write_operations"}}
    assert body["error_summary"].rstrip(".") == "too_many_write_operations/"
    with pytest.raises(RateLimitError) as caught:
        connect(max_retries_on_rate_limit=0).files_upload(b"x", "/a")
    assert caught.value.error.reason.is_too_many_write_operations()
    connect().files_upload(b"x", "/a")
    assert service.files == {"/a": b"x"}


@pytest.mark.evidence("F9-02")
def test_too_many_write_operations_can_be_planned_as_an_error_of_the_route(dbx, service):
    dbx.files_upload(b"x", "/a")
    for route in ("upload", "create_folder_v2", "delete_v2", "move_v2"):
        service.faults.too_many_write_operations(f"files/{route}", answer="write_error")
    tag = "too_many_write_operations"
    assert refusal(dbx.files_upload, b"x", "/b") == f"path/{tag}"
    assert refusal(dbx.files_create_folder_v2, "/b") == f"path/{tag}"
    assert refusal(dbx.files_delete_v2, "/a") == tag
    assert refusal(dbx.files_move_v2, "/a", "/b") == f"to/{tag}"
    assert service.files == {"/a": b"x"}


SESSION = UploadSessionCursor("x", 0)
WRITES = {
    "files/upload": lambda dbx: dbx.files_upload(b"x", "/new"),
    "files/upload_session/finish": lambda dbx: dbx.files_upload_session_finish(
        b"", SESSION, CommitInfo("/new")
    ),
    "files/create_folder": lambda dbx: dbx.files_create_folder("/new"),
    "files/create_folder_v2": lambda dbx: dbx.files_create_folder_v2("/new"),
    "files/delete": lambda dbx: dbx.files_delete("/new"),
    "files/delete_v2": lambda dbx: dbx.files_delete_v2("/new"),
    "files/move": lambda dbx: dbx.files_move("/new", "/b"),
    "files/move_v2": lambda dbx: dbx.files_move_v2("/new", "/b"),
    "files/copy": lambda dbx: dbx.files_copy("/new", "/b"),
    "files/copy_v2": lambda dbx: dbx.files_copy_v2("/new", "/b"),
    "files/copy_reference/save": lambda dbx: dbx.files_copy_reference_save("x", "/new"),
    "files/restore": lambda dbx: dbx.files_restore("/new", "123456789"),
}


@pytest.mark.evidence("F9-02")
@pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")
@pytest.mark.parametrize("route", WRITES)
def test_write_faults_can_be_planned_for_writes_other_than_batches(dbx, service, route):
    service.faults.too_many_write_operations(route, path="/new", answer="write_error")
    assert refusal(WRITES[route], dbx).endswith("too_many_write_operations")
    if "delete" not in route:
        service.faults.insufficient_space(route, path="/new")
        assert refusal(WRITES[route], dbx).endswith(("insufficient_space", "insufficient_quota"))
    service.faults.verify()


@pytest.mark.evidence("F9-03")
def test_too_many_write_operations_can_be_planned_in_an_upload_session(dbx, service):
    for step in ("start", "append_v2"):
        service.faults.too_many_write_operations(f"files/upload_session/{step}")
    service.faults.too_many_write_operations("files/upload_session/*", answer="write_error")
    before = service.clock.time()
    session = dbx.files_upload_session_start(b"a").session_id
    dbx.files_upload_session_append_v2(b"b", UploadSessionCursor(session, 1))
    assert service.clock.time() - before == 2  # the SDK waited one second for each
    ends = UploadSessionCursor(session, 2), CommitInfo("/a")
    finish = dbx.files_upload_session_finish
    assert refusal(finish, b"", *ends) == "too_many_write_operations"
    assert finish(b"", *ends).size == 2
    with pytest.raises(ValueError, match="answer"):
        service.faults.too_many_write_operations("files/upload_session/start", answer="write_error")


@pytest.mark.evidence("F6.2-02")
@pytest.mark.parametrize("limit", [1, 2000])
def test_a_reset_of_a_cursor_can_be_planned(dbx, service, limit):
    service.seed_files({"/a": b"", "/b": b""})
    cursor = dbx.files_list_folder("", limit=limit).cursor
    latest = dbx.files_list_folder_get_latest_cursor("").cursor
    dbx.files_upload(b"", "/c")  # so that longpoll has a change to report
    service.faults.reset_cursor("files/list_folder/continue", times=2)
    service.faults.reset_cursor("files/list_folder/longpoll")
    for _ in range(2):
        assert refusal(dbx.files_list_folder_continue, cursor) == "reset"
    assert refusal(dbx.files_list_folder_longpoll, latest) == "reset"
    assert dbx.files_list_folder_longpoll(latest).changes
    assert (
        len(dbx.files_list_folder_continue(cursor).entries) == 1
    )  # the planned resets are used up
    service.faults.verify()


@pytest.mark.evidence("F6.2-02", "F6.2-03")
def test_a_malformed_cursor_does_not_use_up_a_planned_reset(dbx, service):
    service.faults.reset_cursor("files/list_folder/*")
    for call in (dbx.files_list_folder_continue, dbx.files_list_folder_longpoll):
        assert "ursor" in bad_input(call, "garbage")
    latest = dbx.files_list_folder_get_latest_cursor("").cursor
    assert refusal(dbx.files_list_folder_continue, latest) == "reset"


@pytest.mark.evidence("S4-15")
def test_a_reset_of_a_cursor_of_links_can_be_planned(dbx, service):
    service.seed_files({"/a": b""})
    link = dbx.sharing_create_shared_link_with_settings("/a")
    service.faults.reset_cursor("sharing/list_shared_links")
    page = dbx.sharing_list_shared_links()
    assert dbx.sharing_list_shared_links("/a").links == page.links == [link]
    # Cursors that are not of this route are refused without using up the fault.
    for cursor in ("garbage", dbx.files_list_folder("").cursor):
        assert refusal(dbx.sharing_list_shared_links, cursor=cursor) == "reset"
    assert service.faults.waiting
    assert refusal(dbx.sharing_list_shared_links, cursor=page.cursor) == "reset"
    assert dbx.sharing_list_shared_links(cursor=page.cursor).links == []


def test_reset_cursor_accepts_only_routes_with_a_cursor(service):
    with pytest.raises(ValueError, match="route: expected one such as 'files/list_folder/"):
        service.faults.reset_cursor("files/list_folder")
