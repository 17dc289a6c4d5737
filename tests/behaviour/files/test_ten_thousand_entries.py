"""Tests with ten thousand entries: limits, pages, and duration by number of calls."""

import time

import pytest
from dropbox.files import WriteMode
from tests.support.batches import move, outcome, pairs, words
from tests.support.doors import changes, listed, paths, refusal, rest_of, sdk_client
from tests.support.profile import THOROUGH

from fakedropbox import FakeDropboxService

MANY = 10_000


@pytest.fixture(scope="module")
def big_service():
    """A service with 10,000 files in one folder; each test rolls its changes back."""
    return FakeDropboxService(files={f"/d/{number:05}": b"" for number in range(MANY)})


@pytest.fixture(params=["direct", "sdk"] if THOROUGH else ["direct"])
def dbx(request, big_service):
    with big_service.scratch():
        if request.param == "direct":
            yield big_service.client()
        else:
            with big_service.activate():
                yield sdk_client(big_service)


NAMES = [f"/d/{number:05}" for number in range(MANY)]


@pytest.mark.evidence("F6.1-02")
@pytest.mark.parametrize("limit", [None, 1999])
def test_a_listing_shows_every_entry_once(dbx, limit):
    assert paths(listed(dbx, "/d", limit=limit)) == NAMES
    assert paths(listed(dbx, "", recursive=True, limit=limit)) == ["/d", *NAMES]


@pytest.mark.evidence("F7-09")
def test_a_move_is_limited_to_ten_thousand_entries(dbx):
    dbx.files_upload(b"", "/d/one more")
    assert refusal(dbx.files_move_v2, "/d", "/e") == "too_many_files"
    assert len(listed(dbx, "/d")) == MANY + 1
    assert refusal(dbx.files_get_metadata, "/e") == "path/not_found"
    dbx.files_delete_v2("/d/one more")
    assert dbx.files_move_v2("/d", "/e").metadata.name == "e"
    assert len(listed(dbx, "/e")) == MANY
    assert refusal(dbx.files_list_folder, "/d") == "path/not_found"


@pytest.mark.evidence("F7-09", "F7-10")
def test_each_entry_of_a_batch_is_limited_to_ten_thousand_entries(dbx):
    dbx.files_upload(b"", "/d/one more")
    dbx.files_upload(b"", "/other")
    results = move(dbx, ("/d", "/e"), ("/other", "/moved"))
    assert words(results) == ["relocation_error/too_many_files", "success"]
    with pytest.deprecated_call():
        launched = dbx.files_copy_batch(pairs(("/moved", "/other"), ("/d", "/e")))
    with pytest.deprecated_call():
        status = outcome(dbx.files_copy_batch_check, launched)
    assert status.get_failed().is_too_many_files()
    assert refusal(dbx.files_get_metadata, "/other") == "path/not_found"


@pytest.mark.evidence("F6.2-07", "F6.2-08")
def test_a_move_and_a_deletion_are_reported_completely(dbx):
    cursor = dbx.files_list_folder_get_latest_cursor("", recursive=True, limit=2000).cursor
    dbx.files_move_v2("/d", "/e")
    entries, cursor = changes(dbx, cursor)
    assert len({entry.path_lower for entry in entries}) == len(entries) == 2 * (MANY + 1)
    dbx.files_delete_v2("/e")
    assert len(changes(dbx, cursor)[0]) == MANY + 1
    assert listed(dbx) == []
    assert len(listed(dbx, "", recursive=True, include_deleted=True, limit=2000)) == 2 * (MANY + 1)


@pytest.mark.evidence("F6.2-09")
def test_changes_between_the_pages_are_not_lost(dbx):
    page = dbx.files_list_folder("/d", limit=1000)
    seen = {entry.path_lower for entry in page.entries}
    dbx.files_delete_v2("/d/00000")
    dbx.files_move_v2("/d/00001", "/d/moved")
    dbx.files_upload(b"", "/d/new")
    dbx.files_delete_v2("/d/09999")
    for entry in rest_of(dbx, page)[0]:
        seen.add(entry.path_lower)
    _, last = rest_of(dbx, page)
    reported = {entry.path_lower for entry in changes(dbx, last)[0]} | seen
    assert {"/d/moved", "/d/new"} <= reported
    assert set(NAMES[2:-1]) <= reported


def test_scratch_restores_all_ten_thousand_files(big_service):
    with big_service.scratch():
        big_service.client().files_delete_v2("/d")
        assert big_service.files == {}
    assert len(big_service.files) == MANY


def _seconds(act, size):
    """Return the shortest duration of three runs, which other processes disturb least."""
    best = float("inf")
    for _ in range(3):
        service = FakeDropboxService()
        client = service.client()
        start = time.perf_counter()
        act(client, size)
        best = min(best, time.perf_counter() - start)
    return best


def _upload_with_autorename(client, size):
    for number in range(size):
        client.files_upload(b"%d" % number, "/f.txt", autorename=True)


def _upload_with_conflicts(client, size):
    for number in range(size):
        client.files_upload(
            b"%d" % number, "/f.txt", mode=WriteMode.update("123456789"), autorename=True
        )


def _fill_and_list(client, size):
    for number in range(size):
        client.files_upload(b"", f"/d/{number}")
    listed(client, "/d", limit=10)


def _rename_repeatedly(client, size):
    client.files_upload(b"", "/d/0")
    for number in range(size):
        client.files_move_v2(f"/d/{number}", f"/d/{number + 1}")
    listed(client, "/d", include_deleted=True, limit=10)


def _overwrite_repeatedly(client, size):
    cursor = client.files_list_folder_get_latest_cursor("").cursor
    for number in range(size):
        client.files_upload(b"%d" % number, "/d", mode=WriteMode.overwrite)
    changes(client, cursor)


def _create_and_delete_repeatedly(client, size):
    for _ in range(size):
        client.files_create_folder_v2("/d/e")
        client.files_delete_v2("/d")
    listed(client, "", include_deleted=True, recursive=True)


def _follow_with_a_cursor(client, size):
    cursor = client.files_list_folder("").cursor
    for number in range(size):
        client.files_upload(b"", f"/{number}")
        page = client.files_list_folder_continue(cursor)
        assert len(page.entries) == 1
        cursor = page.cursor


@pytest.mark.campaign  # measures time, which is unreliable on a busy machine
@pytest.mark.parametrize(
    "act",
    [
        *(
            _upload_with_autorename,
            _upload_with_conflicts,
            _fill_and_list,
            _rename_repeatedly,
            _overwrite_repeatedly,
            _create_and_delete_repeatedly,
        ),
        _follow_with_a_cursor,
    ],
)
def test_the_duration_grows_about_linearly_with_the_number_of_calls(act):
    """The duration of four times the calls is below 9 times; quadratic growth would be 16 times."""
    _seconds(act, 20)  # to fill caches first
    assert _seconds(act, 1200) < 9 * _seconds(act, 300)
