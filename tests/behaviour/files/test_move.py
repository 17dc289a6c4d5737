"""Tests of `move_v2`: moves, renames, conflicts, and changes of case."""

from datetime import datetime, timedelta

import pytest
from dropbox.files import DeletedMetadata, WriteMode
from tests.support.doors import content, listed, paths, refusal, rows

from fakedropbox import Personality

PAST = datetime(2001, 2, 3, 4, 5, 6)  # noqa: DTZ001 -- the SDK's datetimes are naive


def move(dbx, source, target, **options):
    return dbx.files_move_v2(source, target, **options).metadata


@pytest.mark.evidence("F7-01", "F10-10")
def test_a_moved_file_keeps_its_id_and_data(dbx, service):
    before = dbx.files_upload(b"x", "/a", client_modified=PAST)
    service.clock.advance(7)
    after = move(dbx, "/A", "/B/C")
    assert (after.id, after.content_hash, after.size) == (before.id, before.content_hash, 1)
    assert after.rev > before.rev
    assert after.client_modified == PAST
    assert after.server_modified - before.server_modified == timedelta(seconds=7)
    assert (after.path_display, after.name) == ("/B/C", "C")
    assert dbx.files_get_metadata("/b/c") == after
    assert refusal(dbx.files_get_metadata, "/a") == "path/not_found"


@pytest.mark.evidence("F7-02")
def test_a_moved_folder_moves_everything_in_it(dbx):
    for path in ("/a/b/c", "/a/d"):
        dbx.files_upload(path.encode(), path)
    before = {entry.name: entry for entry in listed(dbx, "/a", recursive=True)}
    move(dbx, "/a", "/z")
    after = {entry.name: entry for entry in listed(dbx, "/z", recursive=True)}
    assert paths(after.values()) == ["/z", "/z/b", "/z/b/c", "/z/d"]
    for name in ("b", "c", "d"):
        assert after[name].id == before[name].id
    assert after["z"].id == before["a"].id
    for name in ("c", "d"):
        assert after[name].rev > before[name].rev
        assert content(dbx, after[name].path_lower) == f"/a{after[name].path_display[2:]}".encode()


@pytest.mark.evidence("F7-05")
def test_missing_parents_of_the_target_are_created(dbx):
    dbx.files_upload(b"x", "/a")
    move(dbx, "/a", "/x/y/a")
    assert rows(listed(dbx, "", recursive=True)) == [
        ("folder", "/x"),
        ("folder", "/x/y"),
        ("file", "/x/y/a"),
    ]


@pytest.mark.evidence("F1.6-09", "F9-05")
def test_a_missing_source_is_refused(dbx):
    dbx.files_upload(b"x", "/a")
    assert refusal(dbx.files_move_v2, "/missing", "/b") == "from_lookup/not_found"
    move(dbx, "/a", "/b")
    assert refusal(dbx.files_move_v2, "/a", "/c") == "from_lookup/not_found"
    assert refusal(dbx.files_move_v2, "/a", "/b") == "from_lookup/not_found"  # F9-07: repeated move


class TestTargets:
    @pytest.mark.evidence("F7-03", "F7-04", "F9-05")
    def test_a_move_overwrites_and_merges_nothing(self, dbx):
        for path in ("/file", "/same", "/folder/a", "/other/b"):
            dbx.files_upload(b"x", path)
        before = listed(dbx, "", recursive=True)
        for source in ("/file", "/folder"):
            assert refusal(dbx.files_move_v2, source, "/SAME") == "to/conflict/file"
            assert refusal(dbx.files_move_v2, source, "/OTHER") == "to/conflict/folder"
        assert listed(dbx, "", recursive=True) == before

    @pytest.mark.evidence("F7-03", "F4-14", "F10-11")
    def test_autorename_numbers_files_and_folders(self, dbx):
        for number in range(3):
            dbx.files_upload(b"%d" % number, f"/{number}.jpg")
            moved = move(dbx, f"/{number}.jpg", "/p/photo.jpg", autorename=True)
            assert moved.name == ["photo.jpg", "photo (1).jpg", "photo (2).jpg"][number]
        for number in range(3):
            dbx.files_upload(b"x", f"/d.{number}/file")
            moved = move(dbx, f"/d.{number}", "/p/dir.x", autorename=True)
            assert moved.name == ["dir.x", "dir.x (1)", "dir.x (2)"][number]
        assert paths(listed(dbx, "/p/dir.x (2)")) == ["/p/dir.x (2)/file"]

    @pytest.mark.evidence("F7-05")
    def test_a_file_above_the_target_is_a_conflict(self, dbx):
        dbx.files_upload(b"x", "/a")
        dbx.files_upload(b"x", "/file")
        for autorename in (False, True):
            assert refusal(dbx.files_move_v2, "/a", "/file/b", autorename=autorename) == (
                "to/conflict/file_ancestor"
            )

    @pytest.mark.evidence("F7-03")
    def test_a_tombstone_at_the_target_is_not_a_conflict(self, dbx):
        dbx.files_upload(b"1", "/a/x")
        dbx.files_upload(b"2", "/b/x")
        dbx.files_delete_v2("/b")
        move(dbx, "/a", "/b")
        assert content(dbx, "/b/x") == b"1"
        assert dbx.files_upload(b"3", "/a", mode=WriteMode.add).name == "a"


class TestMoveIntoItself:
    @pytest.mark.evidence("F7-06")
    @pytest.mark.parametrize("autorename", [False, True])
    def test_a_move_onto_itself_is_refused(self, dbx, autorename):
        for path, again in (("/Folder/File", "/FOLDER/File"), ("/Folder", "/Folder")):
            if path == "/Folder/File":
                dbx.files_upload(b"x", path)
            for target in (path, again):
                assert refusal(dbx.files_move_v2, path, target, autorename=autorename) == (
                    "duplicated_or_nested_paths"
                )
        node = dbx.files_get_metadata("/folder").id
        assert refusal(dbx.files_move_v2, node, "/Folder") == "duplicated_or_nested_paths"
        assert paths(listed(dbx, "", recursive=True)) == ["/Folder", "/Folder/File"]

    @pytest.mark.evidence("F7-07")
    @pytest.mark.parametrize("target", ["/a/b", "/A/new", "/a/b/c/d", "/a/file", "/a/b/new"])
    @pytest.mark.parametrize("autorename", [False, True])
    def test_a_move_into_itself_is_refused(self, dbx, target, autorename):
        dbx.files_create_folder_v2("/a/b")
        dbx.files_upload(b"x", "/a/file")
        assert refusal(dbx.files_move_v2, "/a", target, autorename=autorename) == (
            "duplicated_or_nested_paths"
        )
        assert paths(listed(dbx, "", recursive=True)) == ["/a", "/a/b", "/a/file"]

    @pytest.mark.evidence("F7-07")
    @pytest.mark.dropbox(personality=Personality(into_itself="cant_move_folder_into_itself"))
    def test_the_personality_can_set_the_error_cant_move_folder_into_itself(self, dbx):
        folder = dbx.files_create_folder_v2("/a").metadata.id
        assert refusal(dbx.files_move_v2, "/a", "/a/b") == "cant_move_folder_into_itself"
        assert refusal(dbx.files_move_v2, folder, f"{folder}/b") == "cant_move_folder_into_itself"

    def test_a_move_onto_the_parent_folder_is_a_conflict(self, dbx):
        dbx.files_upload(b"x", "/a/b")
        assert refusal(dbx.files_move_v2, "/a/b", "/a") == "to/conflict/folder"
        assert move(dbx, "/a/b", "/a", autorename=True).path_display == "/a (1)"

    def test_a_target_with_the_source_as_a_prefix_is_accepted(self, dbx):
        dbx.files_upload(b"x", "/a/b")
        assert move(dbx, "/a", "/ab").path_display == "/ab"
        assert move(dbx, "/ab", "/ab c/d").path_display == "/ab c/d"


class TestCase:
    @pytest.mark.evidence("F7-08")
    @pytest.mark.parametrize("path", ["/Name", "/Folder"])
    def test_a_change_of_case_alone_changes_nothing(self, dbx, path):
        dbx.files_upload(b"x", "/Name")
        dbx.files_upload(b"x", "/Folder/x")
        before = dbx.files_get_metadata(path)
        assert move(dbx, path, path.upper()) == before
        assert dbx.files_get_metadata(path.lower()) == before

    @pytest.mark.evidence("F7-08")
    @pytest.mark.parametrize("path", ["/Name", "/Folder"])
    def test_a_change_of_case_with_autorename_renames(self, dbx, path):
        dbx.files_upload(b"x", "/Name")
        dbx.files_upload(b"x", "/Folder/x")
        before = dbx.files_get_metadata(path)
        after = move(dbx, path, path.upper(), autorename=True)
        assert (after.name, after.path_display) == (path[1:].upper(), path.upper())
        assert (after.id, after.path_lower) == (before.id, before.path_lower)
        assert dbx.files_get_metadata(path) == after
        assert content(dbx, "/folder/X") == b"x"

    @pytest.mark.evidence("F7-08")
    @pytest.mark.dropbox(personality=Personality(case_only_move="conflict"))
    def test_a_change_of_case_is_refused_with_case_only_move_conflict(self, dbx):
        dbx.files_upload(b"x", "/Folder/Name")
        assert refusal(dbx.files_move_v2, "/folder/name", "/folder/NAME") == "to/conflict/file"
        assert refusal(dbx.files_move_v2, "/folder", "/FOLDER") == "to/conflict/folder"
        assert move(dbx, "/folder", "/FOLDER", autorename=True).name == "FOLDER"

    @pytest.mark.evidence("F7-08")
    @pytest.mark.dropbox(personality=Personality(case_only_move="renamed"))
    def test_a_change_of_case_renames_with_case_only_move_renamed(self, dbx):
        dbx.files_upload(b"x", "/Folder/Name")
        assert move(dbx, "/folder/name", "/folder/NAME").name == "NAME"
        assert move(dbx, "/folder", "/FOLDER").name == "FOLDER"

    @pytest.mark.evidence("F7-08", "F6.2-10", "F9-08")
    @pytest.mark.dropbox(personality=Personality(lag_entries=3, lag_seconds=5))
    @pytest.mark.parametrize("moved", [None, "/d", "/new/d"])
    def test_a_change_of_case_reaches_a_lagging_listing(self, service, dbx, moved):
        dbx.files_upload(b"x", "/abc")
        dbx.files_upload(b"x", "/folder/x")
        service.clock.advance(6)
        cursor = dbx.files_list_folder("", recursive=True).cursor
        before = service.snapshot()
        for path in ("/abc", "/folder"):
            dbx.files_move_v2(path, path.upper(), autorename=True)
        if moved is not None:
            dbx.files_move_v2("/ABC", moved)
        service.clock.advance(6)
        path = moved or "/ABC"
        for _ in range(2):
            shown = paths(listed(dbx, recursive=True))
            assert set(shown) - {"/new"} == {path, "/FOLDER", "/folder/x"}
        if moved is None:
            assert dbx.files_list_folder_continue(cursor).entries == []
        service.restore(before)
        assert set(paths(listed(dbx, recursive=True))) == {"/abc", "/folder", "/folder/x"}

    @pytest.mark.evidence("F7-08", "F9-08")
    @pytest.mark.dropbox(personality=Personality(lag_entries=3, lag_seconds=5))
    def test_a_restore_takes_back_a_change_of_case_that_no_listing_has_shown(self, service, dbx):
        dbx.files_upload(b"x", "/abc")
        before = service.snapshot()
        dbx.files_move_v2("/abc", "/ABC", autorename=True)
        service.restore(before)
        service.clock.advance(6)
        assert paths(listed(dbx)) == ["/abc"]

    @pytest.mark.evidence("F7-08")
    def test_the_case_can_be_changed_through_another_name(self, dbx):
        dbx.files_upload(b"x", "/Name")
        move(dbx, "/Name", "/temporary")
        assert move(dbx, "/temporary", "/NAME").path_display == "/NAME"
        assert [entry.name for entry in listed(dbx)] == ["NAME"]


@pytest.mark.evidence("F7-09")
@pytest.mark.parametrize("option", ["allow_shared_folder", "allow_ownership_transfer"])
def test_options_for_shared_folders_have_no_effect(dbx, option):
    dbx.files_upload(b"x", "/a")
    assert move(dbx, "/a", "/b", **{option: True}).name == "b"


@pytest.mark.evidence("F9-06", "F9-05")
def test_only_one_of_two_competing_moves_succeeds(dbx, connect):
    """Only one of two moves of the same source, or to the same target, succeeds."""
    other = connect()
    dbx.files_upload(b"1", "/job")
    dbx.files_upload(b"2", "/other")
    move(dbx, "/job", "/mine")
    assert refusal(other.files_move_v2, "/job", "/theirs") == "from_lookup/not_found"
    assert refusal(other.files_move_v2, "/other", "/mine") == "to/conflict/file"
    assert paths(listed(other)) == ["/other", "/mine"]


def test_two_folders_can_be_swapped_through_a_third_name(dbx):
    first, second = (dbx.files_upload(path.encode(), path) for path in ("/a/x", "/b/y"))
    move(dbx, "/a", "/t")
    move(dbx, "/b", "/a")
    move(dbx, "/t", "/b")
    assert dbx.files_get_metadata(first.id).path_display == "/b/x"
    assert dbx.files_get_metadata(second.id).path_display == "/a/y"
    assert isinstance(dbx.files_get_metadata("/t/x", include_deleted=True), DeletedMetadata)
    assert isinstance(dbx.files_get_metadata("/a/x", include_deleted=True), DeletedMetadata)
