"""Tests of `list_folder/longpoll`: waiting for a change of a folder."""

import threading
from inspect import signature

import pytest
from dropbox import Dropbox
from dropbox.files import ListFolderLongpollArg, list_folder_longpoll
from tests.support.doors import bad_input, newer_sdk, refusal, sdk_client

from fakedropbox import FakeDropboxService, Personality
from fakedropbox.clock import SystemClock

URL = "https://notify.dropboxapi.com/2/files/list_folder/longpoll"
JSON = {"Content-Type": "application/json"}
UNUSED = (
    'Error in call to API function "files/list_folder/longpoll": '
    "Your request includes an Authorization header, but this function does not use it."
)


@pytest.fixture
def cursor(dbx):
    dbx.files_create_folder_v2("/f")
    return dbx.files_list_folder("/f").cursor


def timed(service, call, *args, **kwargs):
    """Return `changes` of a longpoll's result, and the duration on the service's clock."""
    began = service.clock.time()
    return call(*args, **kwargs).changes, service.clock.time() - began


@pytest.mark.evidence("F6.3-01", "F1.1-03")
@pytest.mark.parametrize("timeout", [30, 31, 480])
def test_longpoll_without_a_change_lasts_until_the_timeout(dbx, service, cursor, timeout):
    call = dbx.files_list_folder_longpoll
    assert timed(service, call, cursor, timeout=timeout) == (False, timeout)
    assert call(cursor).backoff is None


@pytest.mark.evidence("F6.3-01")
def test_an_earlier_change_is_reported_without_waiting(dbx, service, cursor):
    dbx.files_upload(b"x", "/f/a")
    assert timed(service, dbx.files_list_folder_longpoll, cursor) == (True, 0)
    later = dbx.files_list_folder_continue(cursor).cursor
    assert timed(service, dbx.files_list_folder_longpoll, later) == (False, 30)


def test_only_changes_of_the_listed_folder_end_the_poll(dbx, service, cursor):
    dbx.files_upload(b"x", "/elsewhere")
    assert timed(service, dbx.files_list_folder_longpoll, cursor) == (False, 30)
    dbx.files_delete_v2("/f")
    assert timed(service, dbx.files_list_folder_longpoll, cursor) == (True, 0)


def test_a_listing_with_unread_pages_counts_as_a_change(dbx):
    dbx.files_upload(b"x", "/a")
    dbx.files_upload(b"x", "/b")
    assert dbx.files_list_folder_longpoll(dbx.files_list_folder("", limit=1).cursor).changes


@pytest.mark.evidence("F6.2-03")
def test_a_malformed_cursor_is_refused(dbx):
    text = bad_input(dbx.files_list_folder_longpoll, "foo")
    assert text.endswith("request body: cursor: unsupported cursor type")


@pytest.mark.evidence("F6.2-03")
def test_a_cursor_with_media_info_is_refused(dbx):
    cursor = dbx.files_list_folder_get_latest_cursor("", include_media_info=True).cursor
    assert dbx.files_list_folder_continue(cursor).entries == []
    assert bad_input(dbx.files_list_folder_longpoll, cursor).endswith(
        "request body: cursor: unsupported cursor type"
    )


@pytest.mark.evidence("F6.3-01")
@pytest.mark.dropbox(personality=Personality(longpoll_jitter=90))
def test_longpoll_may_last_up_to_90_seconds_longer_with_jitter(dbx, service, cursor):
    durations = set()
    for _ in range(12):
        before = service.clock.time()
        assert not dbx.files_list_folder_longpoll(cursor).changes
        durations.add(round(service.clock.time() - before))
    assert len(durations) > 3
    assert min(durations) >= 30
    assert max(durations) <= 120


@pytest.mark.evidence("F6.3-01", "F1.4-07")
@pytest.mark.parametrize("timeout", [29, 481])
def test_a_timeout_out_of_range_is_refused(wire, timeout):
    wire.authorization = {}
    body = b'{"cursor": "x", "timeout": %d}' % timeout
    text = wire.send(URL, body, JSON).text
    assert text.endswith(f"request body: timeout: {timeout} is not within range [30, 480]")


@pytest.mark.evidence("F6.3-01")
def test_a_cursor_of_a_state_that_was_undone_is_reset(dbx, service):
    with service.scratch():
        dbx.files_upload(b"x", "/a")
        cursor = dbx.files_list_folder("").cursor
    assert refusal(dbx.files_list_folder_longpoll, cursor) == "reset"


@pytest.mark.evidence("F1.1-03", "F6.3-02")
def test_longpoll_needs_no_token(dbx, wire, cursor):
    wire.authorization = {}
    reply = wire.send(URL, b'{"cursor": "%s"}' % cursor.encode(), JSON)
    assert (reply.status_code, reply.json()) == (200, {"changes": False})
    elsewhere = URL.replace("notify", "api")
    unknown = wire.send(elsewhere, b"{}", JSON)
    assert unknown.text == 'Unknown API function: "files/list_folder/longpoll".'


@pytest.mark.evidence("F1.4-19", "F6.3-02")
@pytest.mark.parametrize("authorization", [None, "Bearer nonsense", "Basic x", "nonsense"])
def test_longpoll_refuses_an_authorization_header(wire, service, authorization):
    """Every header, even the login's valid one (None), is refused before the argument is read."""
    headers = JSON if authorization is None else {**JSON, "Authorization": authorization}
    refused = wire.send(URL, b"{", headers)
    assert (refused.status_code, refused.text) == (400, UNUSED)
    assert refused.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert [(call.outcome, call.fact) for call in service.calls] == [("400", "F1.4-19")]


def test_longpoll_refuses_credentials_in_the_url(wire):
    wire.authorization = {}
    assert wire.send(f"{URL}?authorization=Bearer%20x", b"{}", JSON).text == UNUSED


@newer_sdk("extra_headers" in signature(Dropbox.request).parameters, "headers for one call")
@pytest.mark.every_door
@pytest.mark.evidence("F1.4-19", "F6.3-02")
def test_a_client_sends_credentials_to_longpoll_only_if_they_are_headers_of_the_call(connect):
    """The SDK does not send the headers of the client, but does send `extra_headers` of a call."""
    dbx = connect(headers={"Authorization": "Bearer x"})
    poll = ListFolderLongpollArg(dbx.files_list_folder_get_latest_cursor("").cursor)
    assert not dbx.request(list_folder_longpoll, "files", poll, None).changes
    own = {"extra_headers": {"Authorization": "Bearer x"}}
    text = bad_input(dbx.request, list_folder_longpoll, "files", poll, None, **own)
    assert text == UNUSED


@pytest.mark.dropbox(app_folder="Small")
def test_an_app_folder_app_sees_only_changes_of_its_own_folder(dbx, service):
    cursor = dbx.files_list_folder("").cursor
    outside = service.client(service.logins.create(app=service.apps.create("whole")))
    outside.files_upload(b"x", "/a")
    assert not dbx.files_list_folder_longpoll(cursor).changes
    outside.files_upload(b"x", "/Apps/Small/a")
    assert dbx.files_list_folder_longpoll(cursor).changes


@pytest.mark.parametrize("door", ["direct", "sdk"])
def test_a_change_by_another_thread_ends_the_poll(door):
    """The clock is real, and the change itself wakes the poll long before its timeout."""
    service = FakeDropboxService(clock=SystemClock())
    with service.activate():
        dbx = service.client() if door == "direct" else sdk_client(service)
        cursor, answers = dbx.files_list_folder("").cursor, []

        def wait():
            answers.append(dbx.files_list_folder_longpoll(cursor, timeout=480).changes)

        thread = threading.Thread(target=wait)
        thread.start()
        while not service.calls.of("files/list_folder/longpoll"):
            pass
        service.client().files_upload(b"x", "/a")
        thread.join(60)
        assert answers == [True]


def test_other_threads_are_served_during_a_poll(dbx, service, cursor):
    """The calls of another thread do not wait for the end of the poll, even in virtual time."""

    def write():
        for number in range(50):
            service.client().files_upload(b"x", f"/elsewhere/{number}")

    thread = threading.Thread(target=write)
    thread.start()
    assert timed(service, dbx.files_list_folder_longpoll, cursor, timeout=480) == (False, 480)
    thread.join()
    assert len(service.files) == 50


def test_a_planned_server_error_makes_the_client_retry_the_poll(dbx, service, cursor):
    service.faults.server_error("files/list_folder/longpoll")
    assert dbx.files_list_folder_longpoll(cursor).changes is False
    assert len(service.calls.of("files/list_folder/longpoll")) == 2


def test_a_listing_not_read_to_its_end_reports_a_deletion_without_waiting(dbx, service):
    for name in ("/a", "/b"):
        dbx.files_upload(b"x", name)
    cursor = dbx.files_list_folder("", limit=1).cursor
    dbx.files_delete_v2("/b")  # the listing has no entry left, but must report the deletion
    before = service.clock.micros
    assert dbx.files_list_folder_longpoll(cursor).changes
    assert service.clock.micros == before
