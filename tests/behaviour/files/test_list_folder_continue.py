"""Tests of `list_folder/continue`: the entries that it reports after changes."""

import pytest
from dropbox.files import DeletedMetadata, FolderMetadata, WriteMode
from tests.support.doors import changes, listed, paths, rest_of, rows

from fakedropbox import Personality


@pytest.fixture
def cursor(dbx):
    """A recursive cursor of the root, after a few files were uploaded."""
    for path in ("/a/b/c", "/a/d", "/e"):
        dbx.files_upload(path.encode(), path)
    return dbx.files_list_folder_get_latest_cursor("", recursive=True).cursor


def reported(dbx, cursor):
    return rows(changes(dbx, cursor)[0])


@pytest.mark.evidence("F6.2-13", "F6.1-10")
def test_own_writes_are_reported(dbx, cursor):
    meta = dbx.files_upload(b"x", "/new/file")
    assert reported(dbx, cursor) == [("folder", "/new"), ("file", "/new/file")]
    assert changes(dbx, cursor)[0][1] == meta


def test_reads_are_not_reported(dbx, cursor):
    page = dbx.files_list_folder_continue(cursor)
    assert (page.entries, page.has_more) == ([], False)
    dbx.files_get_metadata("/e")
    dbx.files_download("/e")
    assert reported(dbx, cursor) == []


@pytest.mark.evidence("F6.2-05")
def test_each_path_has_only_its_latest_entry(dbx, cursor):
    for content in (b"1", b"2", b"3"):
        last = dbx.files_upload(content, "/e", mode=WriteMode.overwrite)
    assert changes(dbx, cursor)[0] == [last]


@pytest.mark.evidence("F6.2-05", "F6.2-06")
def test_a_created_and_deleted_file_is_reported_as_deleted(dbx, cursor):
    dbx.files_upload(b"x", "/short")
    dbx.files_delete_v2("/short")
    assert reported(dbx, cursor) == [("deleted", "/short")]


@pytest.mark.evidence("F6.2-05")
def test_a_deleted_and_created_entry_is_reported_as_it_is_now(dbx, cursor):
    dbx.files_delete_v2("/e")
    meta = dbx.files_upload(b"new", "/E")
    assert changes(dbx, cursor)[0] == [meta]
    dbx.files_delete_v2("/a/d")
    dbx.files_create_folder_v2("/a/d")
    assert reported(dbx, cursor) == [("file", "/E"), ("folder", "/a/d")]


@pytest.mark.evidence("F6.2-06")
@pytest.mark.parametrize("include_deleted", [False, True])
def test_deletions_are_reported_with_and_without_include_deleted(dbx, include_deleted):
    dbx.files_upload(b"x", "/a")
    cursor = dbx.files_list_folder("", include_deleted=include_deleted).cursor
    dbx.files_delete_v2("/a")
    assert reported(dbx, cursor) == [("deleted", "/a")]


@pytest.mark.evidence("F6.2-07", "F7-01")
def test_a_rename_is_reported_as_a_deletion_and_an_entry_with_the_same_id(dbx, cursor):
    before = dbx.files_get_metadata("/e")
    dbx.files_move_v2("/e", "/f")
    entries = {entry.path_lower: entry for entry in changes(dbx, cursor)[0]}
    assert isinstance(entries["/e"], DeletedMetadata)
    assert entries["/f"].id == before.id
    assert entries["/f"].rev != before.rev
    assert len(entries) == 2


@pytest.mark.evidence("F6.2-07")
def test_descendants_of_a_moved_folder_are_reported_again(dbx, cursor):
    dbx.files_move_v2("/a", "/z")
    found = reported(dbx, cursor)
    assert [row for row in found if row[0] != "deleted"] == [
        ("folder", "/z"),
        ("folder", "/z/b"),
        ("file", "/z/b/c"),
        ("file", "/z/d"),
    ]
    assert ("deleted", "/a") in found


@pytest.mark.evidence("F6.2-07")
def test_a_file_renamed_and_renamed_back_is_reported_with_a_deletion(dbx, cursor):
    dbx.files_move_v2("/e", "/f")
    dbx.files_move_v2("/f", "/e")
    assert sorted(reported(dbx, cursor)) == [("deleted", "/f"), ("file", "/e")]


@pytest.mark.evidence("F6.2-08")
def test_a_deleted_folder_is_reported_before_its_children(dbx, cursor):
    dbx.files_delete_v2("/a")
    assert reported(dbx, cursor) == [
        ("deleted", "/a"),
        ("deleted", "/a/b"),
        ("deleted", "/a/b/c"),
        ("deleted", "/a/d"),
    ]


@pytest.mark.evidence("F6.2-08")
@pytest.mark.dropbox(personality=Personality(deleted_children=False))
def test_a_deleted_folder_may_be_reported_without_its_children(dbx, cursor):
    dbx.files_delete_v2("/a")
    assert reported(dbx, cursor) == [("deleted", "/a")]


@pytest.mark.evidence("F6.2-09", "F6.2-08")
@pytest.mark.parametrize("created", ["/a", "/a/b"])
def test_a_folder_created_again_has_no_old_children_in_a_mirror(dbx, cursor, created):
    dbx.files_delete_v2("/a")
    dbx.files_create_folder_v2(created)
    known = {"/a", "/a/b", "/a/b/c", "/a/d", "/e"}
    for entry in changes(dbx, cursor)[0]:
        gone = isinstance(entry, DeletedMetadata)
        known -= {path for path in known if gone and f"{path}/".startswith(f"{entry.path_lower}/")}
        known |= set() if gone else {entry.path_lower}
    assert known == {entry.path_lower for entry in listed(dbx, "", recursive=True)}


@pytest.mark.evidence("F6.2-09")
def test_parents_are_reported_before_their_children(dbx, cursor):
    dbx.files_move_v2("/a/b", "/x/y/b")
    dbx.files_upload(b"1", "/a/d", mode=WriteMode.overwrite)
    dbx.files_move_v2("/a", "/x/a")
    entries = [entry for entry in changes(dbx, cursor)[0] if not isinstance(entry, DeletedMetadata)]
    seen = {""}
    for entry in entries:
        assert entry.path_lower.rpartition("/")[0] in seen
        seen.add(entry.path_lower)
    assert len(seen) == 7


@pytest.mark.evidence("F6.2-10")
@pytest.mark.parametrize("autorename", [False, True])
def test_a_change_of_case_is_not_reported(dbx, cursor, autorename):
    dbx.files_move_v2("/a", "/A", autorename=autorename)
    dbx.files_upload(b"/e", "/E", mode=WriteMode.overwrite)
    assert reported(dbx, cursor) == []


@pytest.mark.evidence("F6.2-11", "F4-02")
def test_an_upload_of_identical_data_is_not_reported(dbx, cursor):
    dbx.files_upload(b"/e", "/e", mode=WriteMode.overwrite)
    assert reported(dbx, cursor) == []


def test_refused_calls_are_not_reported(dbx, cursor):
    for call in (
        lambda: dbx.files_create_folder_v2("/a"),
        lambda: dbx.files_upload(b"other", "/e"),
        lambda: dbx.files_move_v2("/a", "/e"),
        lambda: dbx.files_move_v2("/a", "/a/x/y"),
        lambda: dbx.files_delete_v2("/missing"),
    ):
        with pytest.raises(Exception, match="Error"):
            call()
    assert reported(dbx, cursor) == []


class TestScopeOfACursor:
    def test_a_cursor_that_is_not_recursive_reports_one_level(self, dbx):
        dbx.files_upload(b"x", "/a/b")
        cursor = dbx.files_list_folder("").cursor
        dbx.files_upload(b"x", "/a/c")
        dbx.files_create_folder_v2("/n/m")
        dbx.files_delete_v2("/a/b")
        assert reported(dbx, cursor) == [("folder", "/n")]
        dbx.files_delete_v2("/a")
        assert reported(dbx, cursor) == [("folder", "/n"), ("deleted", "/a")]

    def test_a_cursor_reports_only_changes_in_its_folder(self, dbx):
        for path in ("/a/b/c", "/ab/c", "/z"):
            dbx.files_upload(b"x", path)
        cursor = dbx.files_list_folder("/A", recursive=True).cursor
        dbx.files_upload(b"x", "/ab/d")
        dbx.files_upload(b"x", "/A/d")
        dbx.files_delete_v2("/ab/c")
        dbx.files_move_v2("/a/b", "/b")
        dbx.files_move_v2("/z", "/a/z")
        found = reported(dbx, cursor)
        assert [row for row in found if row[0] != "deleted"] == [("file", "/A/d"), ("file", "/a/z")]
        assert {path.lower() for kind, path in found if kind == "deleted"} == {"/a/b", "/a/b/c"}

    def test_a_cursor_keeps_the_options_of_its_listing(self, dbx):
        dbx.files_upload(b"x", "/a")
        options = {"include_has_explicit_shared_members": True}
        cursor = dbx.files_list_folder_get_latest_cursor("", **options).cursor
        dbx.files_upload(b"x", "/b")
        (entry,) = changes(dbx, cursor)[0]
        assert entry.has_explicit_shared_members is False

    @pytest.mark.evidence("F6.2-01")
    @pytest.mark.parametrize("limit", [1, 2, 3])
    def test_a_cursor_keeps_the_limit_of_its_listing(self, dbx, limit):
        cursor = dbx.files_list_folder_get_latest_cursor("", limit=limit).cursor
        for number in range(7):
            dbx.files_upload(b"", f"/{number}")
        page = dbx.files_list_folder_continue(cursor)
        assert (len(page.entries), page.has_more) == (limit, True)
        assert paths(rest_of(dbx, page)[0]) == [f"/{number}" for number in range(7)]


@pytest.mark.evidence("F6.2-12")
class TestLatestCursor:
    def test_latest_cursor_skips_existing_entries(self, dbx):
        dbx.files_upload(b"x", "/old")
        answer = dbx.files_list_folder_get_latest_cursor("")
        assert changes(dbx, answer.cursor)[0] == []
        meta = dbx.files_upload(b"x", "/new")
        assert changes(dbx, answer.cursor)[0] == [meta]

    def test_latest_cursor_accepts_a_path_and_recursive(self, dbx):
        dbx.files_create_folder_v2("/a")
        latest = dbx.files_list_folder_get_latest_cursor
        cursors = [latest("/a", recursive=recursive).cursor for recursive in (False, True)]
        dbx.files_upload(b"x", "/a/b/c")
        assert reported(dbx, cursors[0]) == [("folder", "/a/b")]
        assert reported(dbx, cursors[1]) == [("folder", "/a/b"), ("file", "/a/b/c")]


def test_two_readers_do_not_disturb_each_other(dbx, connect):
    other = connect()
    cursors = [client.files_list_folder("").cursor for client in (dbx, other)]
    folder = dbx.files_create_folder_v2("/a").metadata
    for client, cursor in zip((other, dbx), cursors, strict=True):
        (entry,) = changes(client, cursor)[0]
        assert isinstance(entry, FolderMetadata)
        assert entry == folder


@pytest.mark.evidence("F6.2-09")
@pytest.mark.parametrize("limit", [1, 2])
def test_changes_between_pages_are_reported_before_the_end_of_the_listing(dbx, limit):
    for name in ("/b", "/c", "/d"):
        dbx.files_upload(b"x", name)
    page = dbx.files_list_folder("", limit=limit)
    dbx.files_delete_v2("/b")  # on a page already read
    dbx.files_create_folder_v2("/a")  # its place is before the entries already read
    entries = rest_of(dbx, page)[0]
    assert set(rows(entries)) == {
        *(("file", name) for name in ("/b", "/c", "/d")),
        *(("deleted", "/b"), ("folder", "/a")),
    }


@pytest.mark.evidence("F6.2-08", "F6.2-09")
@pytest.mark.dropbox(personality=Personality(deleted_children=False))
@pytest.mark.parametrize("deleted", ["/a", "/a/b"])
def test_children_deleted_with_the_listed_folder_or_its_parent_are_reported(dbx, deleted):
    dbx.files_upload(b"x", "/a/b/c")
    cursor = dbx.files_list_folder("/a/b").cursor
    dbx.files_delete_v2(deleted)
    dbx.files_create_folder_v2("/a/b")
    assert rows(changes(dbx, cursor)[0]) == [("deleted", "/a/b/c")]
