"""What goes wrong, as a client meets it."""

import pytest
import requests
from dropbox.exceptions import InternalServerError, RateLimitError
from dropbox.files import CommitInfo, UploadSessionCursor
from tests.support.doors import bad_input, listed, newer_sdk, refusal

from fakedropbox._doors.sdk_policy import _REPEATS_A_REFRESH

pytestmark = pytest.mark.every_door


@pytest.mark.evidence("F1.5-07", "O5-07", "O5-16", "F1.3-06")
def test_the_sdk_waits_and_tries_again(dbx, service):
    service.faults.rate_limit("files/list_folder", times=3, retry_after=300)
    before = service.clock.now()
    assert listed(dbx) == []
    assert (service.clock.now() - before).total_seconds() == 900
    outcomes = [call.outcome for call in service.calls]
    assert outcomes == ["too_many_requests"] * 3 + ["ok"]


@pytest.mark.evidence("F1.5-06", "O5-16")
@pytest.mark.parametrize("retry_after", [1, 15])
def test_or_gives_up_if_it_is_told_to(connect, service, retry_after):
    dbx = connect(max_retries_on_rate_limit=1)
    service.faults.rate_limit("files/upload", times=2, retry_after=retry_after)
    with pytest.raises(RateLimitError) as caught:
        dbx.files_upload(b"x", "/a")
    assert caught.value.error.reason.is_too_many_requests()
    assert caught.value.error.retry_after == caught.value.backoff == retry_after
    assert len(service.calls) == 2
    assert service.files == {}


@pytest.mark.evidence("F1.5-08", "F1.3-07", "O5-08", "O5-16")
def test_five_hundreds_are_tried_five_times(dbx, service):
    service.faults.server_error("files/upload", status=503, times=4)
    dbx.files_upload(b"x", "/a")
    assert len(service.calls) == 5
    service.faults.server_error("files/upload", status=500, times=5)
    with pytest.raises(InternalServerError) as caught:
        dbx.files_upload(b"x", "/b")
    assert (caught.value.status_code, caught.value.body) == (500, "")
    assert list(service.files) == ["/a"]


@pytest.mark.evidence("O5-16")
def test_the_pauses_grow_and_take_no_real_time(connect, service):
    dbx = connect(max_retries_on_error=10)
    before = service.clock.now()
    service.faults.server_error("files/list_folder", times=10)
    listed(dbx)
    assert 0 < (service.clock.now() - before).total_seconds() < 2**11


@pytest.mark.evidence("F9-07")
def test_a_lost_answer_looks_like_a_lost_race(dbx, service):
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
def test_an_upload_may_be_said_again(dbx, service):
    service.faults.server_error("files/upload", when="after")
    meta = dbx.files_upload(b"x", "/a")  # the SDK repeats it by itself
    assert [call.outcome for call in service.calls] == ["500", "ok"]
    service.faults.lost_reply("files/upload")
    with pytest.raises(requests.ConnectionError):
        dbx.files_upload(b"y", "/b")
    assert dbx.files_upload(b"y", "/b").rev == dbx.files_get_metadata("/b").rev
    assert dbx.files_get_metadata("/a") == meta


def test_a_fault_comes_after_admission(connect, service):
    service.faults.server_error("files/list_folder", times=1, optional=True)
    dbx = connect(oauth2_access_token="x", oauth2_refresh_token=None)
    with pytest.raises(Exception, match="invalid_access_token"):
        dbx.files_list_folder("")
    assert service.faults.waiting


@pytest.mark.evidence("F1.5-06", "F1.5-07", "O5-07", "F1.5-08")
def test_on_the_wire(wire, service):
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
def test_the_token_endpoint_says_that_it_failed(service):
    service.faults.server_error("oauth2/token")
    reply = service.session().post("https://api.dropboxapi.com/oauth2/token", data={})
    assert reply.status_code == 500
    assert reply.json() == {
        "error": "The server has either erred or is incapable of performing the requested "
        "operation."
    }


@pytest.mark.evidence("O5-16")
@newer_sdk(_REPEATS_A_REFRESH, "repetition of a refresh")
def test_the_token_endpoint_fails_too(connect, service):
    dbx = connect(oauth2_access_token=None)
    service.faults.server_error("oauth2/token", times=4)
    assert listed(dbx) == []
    assert len(service.calls.of("oauth2/token")) == 5


@pytest.mark.evidence("F1.5-06", "F9-01", "F9-02", "O5-07", "O6-02")
def test_contention_for_the_write_lock(connect, wire, service):
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
def test_contention_within_the_routes_own_error(dbx, service):
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
def test_every_route_that_writes_can_meet_it(dbx, service, route):
    service.faults.too_many_write_operations(route, path="/new", answer="write_error")
    assert refusal(WRITES[route], dbx).endswith("too_many_write_operations")
    if "delete" not in route:
        service.faults.insufficient_space(route, path="/new")
        assert refusal(WRITES[route], dbx).endswith(("insufficient_space", "insufficient_quota"))
    service.faults.verify()


@pytest.mark.evidence("F9-03")
def test_the_first_steps_of_a_session_meet_it_as_a_429(dbx, service):
    for step in ("start", "append_v2"):
        service.faults.too_many_write_operations(f"files/upload_session/{step}")
    service.faults.too_many_write_operations("files/upload_session/*", answer="write_error")
    before = service.clock.time()
    session = dbx.files_upload_session_start(b"a").session_id
    dbx.files_upload_session_append_v2(b"b", UploadSessionCursor(session, 1))
    assert service.clock.time() - before == 2  # the SDK waited for each
    ends = UploadSessionCursor(session, 2), CommitInfo("/a")
    finish = dbx.files_upload_session_finish
    assert refusal(finish, b"", *ends) == "too_many_write_operations"
    assert finish(b"", *ends).size == 2
    with pytest.raises(ValueError, match="answer"):
        service.faults.too_many_write_operations("files/upload_session/start", answer="write_error")


@pytest.mark.evidence("F6.2-02")
@pytest.mark.parametrize("limit", [1, 2000])
def test_a_cursor_is_reset(dbx, service, limit):
    service.seed_files({"/a": b"", "/b": b""})
    cursor = dbx.files_list_folder("", limit=limit).cursor
    latest = dbx.files_list_folder_get_latest_cursor("").cursor
    dbx.files_upload(b"", "/c")  # longpoll is not to wait
    service.faults.reset_cursor("files/list_folder/continue", times=2)
    service.faults.reset_cursor("files/list_folder/longpoll")
    for _ in range(2):
        assert refusal(dbx.files_list_folder_continue, cursor) == "reset"
    assert refusal(dbx.files_list_folder_longpoll, latest) == "reset"
    assert dbx.files_list_folder_longpoll(latest).changes
    assert len(dbx.files_list_folder_continue(cursor).entries) == 1  # each time it is over
    service.faults.verify()


@pytest.mark.evidence("F6.2-02", "F6.2-03")
def test_what_is_no_cursor_is_not_reset(dbx, service):
    service.faults.reset_cursor("files/list_folder/*")
    for call in (dbx.files_list_folder_continue, dbx.files_list_folder_longpoll):
        assert "ursor" in bad_input(call, "garbage")
    latest = dbx.files_list_folder_get_latest_cursor("").cursor
    assert refusal(dbx.files_list_folder_continue, latest) == "reset"


def test_nothing_else_can_be_reset(service):
    with pytest.raises(ValueError, match="route: expected one such as 'files/list_folder/"):
        service.faults.reset_cursor("files/list_folder")
