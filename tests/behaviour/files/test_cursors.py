"""Tests of cursors: their form, how long they are valid, and refused ones."""

import re
from base64 import urlsafe_b64encode

import pytest
from dropbox.files import DeletedMetadata
from stone.backends.python_rsrc.stone_validators import ValidationError
from tests.support.doors import bad_input, changes, listed, paths, refusal, rest_of, rows

from fakedropbox import FakeDropboxService

MALFORMED = [
    *("foo", "AAF", "AAF=", "AAFAAAA", "AAF" + "A" * 200, "A" * 5000, "\u00e9", "'", "%s{}", "-_"),
    *("AAF" + "!" * 200, "aaf", " ", "\n", "null", "0", urlsafe_b64encode(b"AAF[]").decode()),
]
APPS = [("whole", None), ("second", None), ("mine", "Mine"), ("yours", "Yours")]


@pytest.fixture
def cursor(dbx):
    dbx.files_upload(b"x", "/a/b")
    return dbx.files_list_folder("/a").cursor


@pytest.mark.evidence("F2.1-06")
def test_a_cursor_is_opaque_text_and_new_on_every_call(dbx, cursor):
    cursors = [cursor]
    for _ in range(5):
        cursors.append(dbx.files_list_folder_continue(cursors[-1]).cursor)
        cursors.append(dbx.files_list_folder("/a").cursor)
        cursors.append(dbx.files_list_folder_get_latest_cursor("").cursor)
    assert len(set(cursors)) == len(cursors)
    for text in cursors:
        assert re.fullmatch(r"AA[A-Z][A-Za-z0-9_-]{187,327}", text)


@pytest.mark.evidence("F6.2-03")
@pytest.mark.parametrize("text", MALFORMED)
def test_a_malformed_cursor_is_refused_with_a_400_that_quotes_it(dbx, text):
    assert bad_input(dbx.files_list_folder_continue, text) == (
        'Error in call to API function "files/list_folder/continue": '
        f"Invalid \"cursor\" parameter: '{text}'"
    )


@pytest.mark.evidence("F6.2-03")
def test_a_changed_cursor_is_refused(dbx, cursor):
    for position in (0, 3, 10, 40, 100, len(cursor) - 1):
        swapped = "B" if cursor[position] == "A" else "A"
        bad_input(
            dbx.files_list_folder_continue, cursor[:position] + swapped + cursor[position + 1 :]
        )
    for text in (cursor[:-4], cursor + "AAAA", cursor.lower(), cursor[3:], f" {cursor}"):
        bad_input(dbx.files_list_folder_continue, text)


def test_an_empty_cursor_is_refused_by_the_sdk(dbx):
    with pytest.raises(ValidationError):
        dbx.files_list_folder_continue("")


@pytest.mark.evidence("F6.2-03")
def test_a_cursor_of_another_account_or_service_is_refused(dbx, connect, service, cursor):
    other = connect(service.logins.create(service.accounts.create("other@example.com")))
    bad_input(other.files_list_folder_continue, cursor)
    elsewhere = FakeDropboxService(seed=1).client()
    bad_input(dbx.files_list_folder_continue, elsewhere.files_list_folder("").cursor)


def test_a_cursor_is_valid_only_for_apps_with_the_same_root(connect, service):
    apps = [service.apps.create(name, folder=folder) for name, folder in APPS]
    whole, second, mine, yours = [connect(service.logins.create(app=app)) for app in apps]
    for dbx in (whole, mine, yours):
        dbx.files_upload(b"x", "/a")
    for dbx, others in ((whole, [mine, yours]), (mine, [whole, yours])):
        cursor = dbx.files_list_folder("").cursor
        for other in others:
            bad_input(other.files_list_folder_continue, cursor)
    cursor = whole.files_list_folder("").cursor
    whole.files_upload(b"x", "/b")
    assert paths(second.files_list_folder_continue(cursor).entries) == ["/b"]


@pytest.mark.evidence("F6.2-02", "F6.2-09")
@pytest.mark.parametrize("change", ["moved", "created again", "moved with its parent"])
@pytest.mark.parametrize("path", ["", "/d"])
def test_cursors_are_reset_after_the_app_folder_moved_or_was_replaced(
    connect, service, path, change
):
    whole = connect()
    mine = connect(service.logins.create(app=service.apps.create("mine", folder="Mine")))
    for name in ("/a", "/d/a"):
        mine.files_upload(b"x", name)
    page = mine.files_list_folder(path, limit=1, recursive=True)
    cursors = [page.cursor, rest_of(mine, page)[1]]
    mine.files_delete_v2(f"{path}/a")
    if change == "created again":
        whole.files_delete_v2("/Apps/Mine")
        mine.files_upload(b"x", "/d/b")
    else:
        ends = ("/Apps/Mine", "/Apps/Elsewhere") if change == "moved" else ("/Apps", "/All/Apps")
        whole.files_move_v2(*ends)
    for cursor in cursors:
        assert refusal(mine.files_list_folder_continue, cursor) == "reset"
    # Longpoll has no token, so it cannot find the app folder that replaced the listed one.
    if change != "created again":
        assert refusal(mine.files_list_folder_longpoll, cursors[1]) == "reset"
    later = mine.files_list_folder("", recursive=True).cursor
    mine.files_upload(b"x", "/b")
    assert rows(changes(mine, later)[0]) == [("file", "/b")]


@pytest.mark.evidence("F2.1-06")
@pytest.mark.parametrize("length", range(60, 160, 7))
def test_a_cursor_of_a_long_path_is_valid(dbx, length):
    path = "/" + "x" * length + "/\u0130\U0001f389"
    dbx.files_create_folder_v2(path)
    page = dbx.files_list_folder(path)
    assert dbx.files_list_folder_continue(page.cursor).entries == []


@pytest.mark.evidence("F6.2-04")
def test_an_earlier_cursor_repeats_the_changes(dbx, cursor):
    for number in range(3):
        dbx.files_upload(b"", f"/a/{number}")
    first, later = changes(dbx, cursor)
    assert changes(dbx, cursor)[0] == first
    assert paths(first) == ["/a/0", "/a/1", "/a/2"]
    dbx.files_upload(b"", "/a/3")
    assert paths(changes(dbx, cursor)[0]) == ["/a/0", "/a/1", "/a/2", "/a/3"]
    assert paths(changes(dbx, later)[0]) == ["/a/3"]


@pytest.mark.evidence("F6.2-02")
def test_a_cursor_is_valid_for_years(dbx, service, cursor):
    service.clock.advance(10 * 365 * 24 * 3600)
    dbx.files_upload(b"x", "/a/c")
    assert paths(changes(dbx, cursor)[0]) == ["/a/c"]


@pytest.mark.evidence("F6.2-02")
def test_a_cursor_of_a_deleted_folder_is_refused(dbx, cursor):
    dbx.files_delete_v2("/a")
    assert refusal(dbx.files_list_folder_continue, cursor) == "path/not_found"
    dbx.files_upload(b"x", "/a")
    assert refusal(dbx.files_list_folder_continue, cursor) == "path/not_folder"


@pytest.mark.evidence("F6.2-02", "F6.2-09")
def test_a_cursor_reports_changes_after_its_folder_was_created_again(dbx, cursor):
    dbx.files_delete_v2("/a")
    dbx.files_upload(b"x", "/A/c")
    assert sorted(rows(changes(dbx, cursor)[0])) == [("deleted", "/a/b"), ("file", "/A/c")]


@pytest.mark.evidence("F3.1-10")
def test_a_cursor_from_an_id_follows_the_folder(dbx):
    dbx.files_upload(b"x", "/a/b")
    folder = dbx.files_get_metadata("/a").id
    cursor = dbx.files_list_folder(folder).cursor
    dbx.files_move_v2("/a", "/z/y")
    dbx.files_upload(b"y", "/z/y/c")
    entries = changes(dbx, cursor)[0]
    assert {"/z/y/c"} <= {entry.path_lower for entry in entries}
    dbx.files_create_folder_v2("/a")
    dbx.files_upload(b"y", "/a/unrelated")
    assert "/a/unrelated" not in paths(changes(dbx, cursor)[0])
    dbx.files_delete_v2("/z")
    assert refusal(dbx.files_list_folder_continue, cursor) == "path/not_found"


@pytest.mark.evidence("F3.1-10", "F6.2-07", "F6.2-09")
@pytest.mark.parametrize("recursive", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3, 2000])
def test_a_cursor_from_an_id_reports_deletions_at_each_path_of_the_folder(dbx, recursive, limit):
    for name in ("/a/gone", "/a/late", "/a/stays", "/a/d/x"):
        dbx.files_upload(b"x", name)
    folder = dbx.files_get_metadata("/a").id
    page = dbx.files_list_folder(folder, recursive=recursive, limit=limit)
    entries, cursor = rest_of(dbx, page)
    dbx.files_delete_v2("/a/gone")
    dbx.files_move_v2("/a", "/b")
    dbx.files_delete_v2("/b/late")
    dbx.files_move_v2("/b", "/z/c")
    for elsewhere in ("/a/gone", "/b/late"):
        dbx.files_upload(b"other", elsewhere)
        dbx.files_delete_v2("/b/late" if elsewhere == "/b/late" else "/a")
    mirror = {entry.path_lower: entry.id for entry in entries}
    reported = changes(dbx, cursor)[0]
    for entry in reported:
        if isinstance(entry, DeletedMetadata):
            mirror.pop(entry.path_lower, None)
        else:
            mirror[entry.path_lower] = entry.id
    there = {entry.path_lower: entry.id for entry in listed(dbx, folder, recursive=recursive)}
    assert mirror == there
    assert paths(reported).count("/b/late") == 1  # the other deletion is in another folder


def test_a_cursor_from_a_path_stays_with_the_path(dbx, cursor):
    dbx.files_move_v2("/a", "/z")
    assert refusal(dbx.files_list_folder_continue, cursor) == "path/not_found"
    dbx.files_upload(b"x", "/a/new")
    assert "/a/new" in paths(changes(dbx, cursor)[0])


class TestCursorsAfterARestore:
    """Cursors from before the snapshot are valid after a restore, later ones are `reset`."""

    @pytest.mark.evidence("F6.2-02")
    def test_a_cursor_from_before_the_snapshot_is_valid(self, dbx, service, cursor):
        with service.scratch():
            dbx.files_upload(b"x", "/a/undone")
            assert paths(changes(dbx, cursor)[0]) == ["/a/undone"]
        assert changes(dbx, cursor)[0] == []
        dbx.files_upload(b"x", "/a/kept")
        assert paths(changes(dbx, cursor)[0]) == ["/a/kept"]

    @pytest.mark.evidence("F6.2-02")
    def test_a_cursor_from_after_the_snapshot_is_reset(self, dbx, service):
        dbx.files_upload(b"x", "/a/b")
        with service.scratch():
            dbx.files_upload(b"x", "/a/undone")
            late = dbx.files_list_folder("/a").cursor
        assert refusal(dbx.files_list_folder_continue, late) == "reset"
        for number in range(
            5
        ):  # it stays invalid when there are as many changes as before the restore
            dbx.files_upload(b"x", f"/a/{number}")
        assert refusal(dbx.files_list_folder_continue, late) == "reset"
        assert len(listed(dbx, "/a")) == 6

    @pytest.mark.evidence("F6.2-02")
    def test_a_cursor_is_reset_if_a_restore_undid_the_changes_before_it(self, dbx, service):
        snapshot = service.snapshot()
        cursors = []
        for number in range(3):
            service.restore(snapshot)
            dbx.files_upload(b"x", f"/{number}")
            cursors.append(dbx.files_list_folder("").cursor)
        assert refusal(dbx.files_list_folder_continue, cursors[0]) == "reset"
        assert refusal(dbx.files_list_folder_continue, cursors[1]) == "reset"
        assert changes(dbx, cursors[2])[0] == []

    @pytest.mark.dropbox(app_folder="Mine")
    def test_a_cursor_of_an_app_folder_that_a_restore_removed_is_reset(self, dbx, service):
        with service.scratch():
            service.seed_files({f"/{number}": b"" for number in range(9)})
            late = dbx.files_list_folder("").cursor
        assert refusal(dbx.files_list_folder_continue, late) == "reset"

    def test_a_cursor_from_before_a_service_reset_is_refused(self, connect, service):
        dbx = connect()
        for number in range(3):
            dbx.files_upload(b"x", f"/{number}")
        cursors = [dbx.files_list_folder("", limit=limit).cursor for limit in (1, 2000)]
        service.reset()
        again = connect()
        for number in range(3):  # the same files as before
            again.files_upload(b"x", f"/{number}")
        for cursor in cursors:
            assert bad_input(again.files_list_folder_continue, cursor).endswith(f"'{cursor}'")
