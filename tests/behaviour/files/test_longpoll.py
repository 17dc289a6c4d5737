"""Waiting for a change."""

import threading

import pytest
from tests.support.doors import bad_input, refusal, sdk_client

from fakedropbox import FakeDropboxService, Personality
from fakedropbox.clock import SystemClock


@pytest.fixture
def cursor(dbx):
    dbx.files_create_folder_v2("/f")
    return dbx.files_list_folder("/f").cursor


def waited(service, call, *args, **kwargs):
    """What a call answers, and how long it took on the service's clock."""
    began = service.clock.time()
    return call(*args, **kwargs).changes, service.clock.time() - began


@pytest.mark.evidence("F6.3-01", "F1.1-03")
@pytest.mark.parametrize("timeout", [30, 31, 480])
def test_without_a_change_the_time_goes_by(dbx, service, cursor, timeout):
    call = dbx.files_list_folder_longpoll
    assert waited(service, call, cursor, timeout=timeout) == (False, timeout)
    assert call(cursor).backoff is None


@pytest.mark.evidence("F6.3-01")
def test_a_change_that_is_there_is_told_at_once(dbx, service, cursor):
    dbx.files_upload(b"x", "/f/a")
    assert waited(service, dbx.files_list_folder_longpoll, cursor) == (True, 0)
    later = dbx.files_list_folder_continue(cursor).cursor
    assert waited(service, dbx.files_list_folder_longpoll, later) == (False, 30)


def test_only_changes_of_that_folder_count(dbx, service, cursor):
    dbx.files_upload(b"x", "/elsewhere")
    assert waited(service, dbx.files_list_folder_longpoll, cursor) == (False, 30)
    dbx.files_delete_v2("/f")
    assert waited(service, dbx.files_list_folder_longpoll, cursor) == (True, 0)


def test_pages_that_wait_are_something_to_tell(dbx):
    dbx.files_upload(b"x", "/a")
    dbx.files_upload(b"x", "/b")
    assert dbx.files_list_folder_longpoll(dbx.files_list_folder("", limit=1).cursor).changes


@pytest.mark.evidence("F6.2-03")
def test_what_is_no_cursor(dbx):
    text = bad_input(dbx.files_list_folder_longpoll, "foo")
    assert text.endswith("request body: cursor: unsupported cursor type")


@pytest.mark.evidence("F6.2-03")
def test_a_cursor_with_media_info_cannot_wait(dbx):
    cursor = dbx.files_list_folder_get_latest_cursor("", include_media_info=True).cursor
    assert dbx.files_list_folder_continue(cursor).entries == []
    assert bad_input(dbx.files_list_folder_longpoll, cursor).endswith(
        "request body: cursor: unsupported cursor type"
    )


@pytest.mark.evidence("F6.3-01")
@pytest.mark.dropbox(personality=Personality(longpoll_jitter=90))
def test_it_may_wait_up_to_90_seconds_more(dbx, service, cursor):
    waited = set()
    for _ in range(12):
        before = service.clock.time()
        assert not dbx.files_list_folder_longpoll(cursor).changes
        waited.add(round(service.clock.time() - before))
    assert len(waited) > 3
    assert min(waited) >= 30
    assert max(waited) <= 120


@pytest.mark.evidence("F6.3-01", "F1.4-07")
@pytest.mark.parametrize("timeout", [29, 481])
def test_how_long_it_can_wait(wire, timeout):
    url = "https://notify.dropboxapi.com/2/files/list_folder/longpoll"
    body = b'{"cursor": "x", "timeout": %d}' % timeout
    text = wire.send(url, body, {"Content-Type": "application/json"}).text
    assert text.endswith(f"request body: timeout: {timeout} is not within range [30, 480]")


@pytest.mark.evidence("F6.3-01")
def test_a_restored_snapshot_resets_it(dbx, service):
    with service.scratch():
        dbx.files_upload(b"x", "/a")
        cursor = dbx.files_list_folder("").cursor
    assert refusal(dbx.files_list_folder_longpoll, cursor) == "reset"


@pytest.mark.evidence("F1.1-03")
@pytest.mark.parametrize("authorization", [None, "Bearer nonsense", "nonsense"])
def test_it_needs_no_token(dbx, wire, cursor, authorization):
    url = "https://notify.dropboxapi.com/2/files/list_folder/longpoll"
    headers = {"Content-Type": "application/json", "Authorization": authorization}
    reply = wire.send(url, b'{"cursor": "%s"}' % cursor.encode(), headers)
    assert (reply.status_code, reply.json()) == (200, {"changes": False})
    elsewhere = url.replace("notify", "api")
    assert "Unknown API function" in wire.send(elsewhere, b"{}", headers).text


@pytest.mark.dropbox(app_folder="Small")
def test_an_app_folder_hears_of_its_own_changes(dbx, service):
    cursor = dbx.files_list_folder("").cursor
    outside = service.client(service.logins.create(app=service.apps.create("whole")))
    outside.files_upload(b"x", "/a")
    assert not dbx.files_list_folder_longpoll(cursor).changes
    outside.files_upload(b"x", "/Apps/Small/a")
    assert dbx.files_list_folder_longpoll(cursor).changes


@pytest.mark.parametrize("door", ["direct", "sdk"])
def test_a_change_by_another_thread_ends_it(door):
    """On a real clock, which never gets to the timeout: the change itself wakes the poll."""
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


def test_while_it_waits_others_are_served(dbx, service, cursor):
    """In virtual time, too: no call of another thread waits for the end of the poll."""

    def write():
        for number in range(50):
            service.client().files_upload(b"x", f"/elsewhere/{number}")

    thread = threading.Thread(target=write)
    thread.start()
    assert waited(service, dbx.files_list_folder_longpoll, cursor, timeout=480) == (False, 480)
    thread.join()
    assert len(service.files) == 50


def test_a_fault_can_happen_to_it(dbx, service, cursor):
    service.faults.server_error("files/list_folder/longpoll")
    assert dbx.files_list_folder_longpoll(cursor).changes is False
    assert len(service.calls.of("files/list_folder/longpoll")) == 2


def test_a_listing_under_way_has_something_to_tell(dbx, service):
    for name in ("/a", "/b"):
        dbx.files_upload(b"x", name)
    cursor = dbx.files_list_folder("", limit=1).cursor
    dbx.files_delete_v2("/b")  # no entry is left, but what became of it
    before = service.clock.micros
    assert dbx.files_list_folder_longpoll(cursor).changes
    assert service.clock.micros == before
