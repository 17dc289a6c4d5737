"""Deleting, and what is left."""

import pytest
from dropbox.files import DeletedMetadata, FileMetadata, FolderMetadata, WriteMode
from stone.backends.python_rsrc.stone_validators import ValidationError
from tests.support.doors import listed, paths, refusal


@pytest.mark.evidence("F8-03", "F1.6-04")
def test_the_answer_is_what_was_there(dbx):
    file = dbx.files_upload(b"x", "/A/File")
    folder = dbx.files_get_metadata("/a")
    assert dbx.files_delete_v2("/a/FILE").metadata == file
    answer = dbx.files_delete_v2("/A").metadata
    assert answer == folder
    assert isinstance(answer, FolderMetadata)
    assert isinstance(file, FileMetadata)


@pytest.mark.evidence("F8-03")
def test_a_folder_goes_with_all_in_it(dbx):
    for path in ("/a/b/c/d", "/a/e", "/ab/c"):
        dbx.files_upload(b"x", path)
    dbx.files_delete_v2("/a")
    assert paths(listed(dbx, "", recursive=True)) == ["/ab", "/ab/c"]
    for path in ("/a", "/a/e", "/a/b", "/a/b/c/d"):
        assert refusal(dbx.files_get_metadata, path) == "path/not_found"


@pytest.mark.evidence("F8-03", "F9-07")
def test_what_is_gone_cannot_go_again(dbx):
    dbx.files_upload(b"x", "/a/b")
    dbx.files_delete_v2("/a")
    assert refusal(dbx.files_delete_v2, "/a") == "path_lookup/not_found"
    assert refusal(dbx.files_delete_v2, "/a/b") == "path_lookup/not_found"


@pytest.mark.evidence("F8-04", "F1.6-10")
def test_a_revision_guards_a_file(dbx):
    old = dbx.files_upload(b"1", "/a").rev
    new = dbx.files_upload(b"2", "/a", mode=WriteMode.overwrite).rev
    for stale in (old, "123456789"):
        assert refusal(dbx.files_delete_v2, "/a", parent_rev=stale) == "path_write/conflict/file"
    assert dbx.files_get_metadata("/a").rev == new
    assert dbx.files_delete_v2("/a", parent_rev=new).metadata.rev == new


@pytest.mark.evidence("F8-04")
def test_a_revision_does_not_guard_a_folder(dbx):
    rev = dbx.files_upload(b"1", "/a/b").rev
    assert refusal(dbx.files_delete_v2, "/a", parent_rev=rev).startswith("path_write/")
    assert paths(listed(dbx, "", recursive=True)) == ["/a", "/a/b"]
    assert refusal(dbx.files_delete_v2, "/missing", parent_rev=rev) == "path_lookup/not_found"


@pytest.mark.evidence("F2.1-02")
@pytest.mark.parametrize("rev", ["", "12345678", "G" * 9, "A" * 9, " 23456789"])
def test_a_revision_has_a_form(dbx, rev):
    dbx.files_upload(b"x", "/a")
    with pytest.raises(ValidationError):
        dbx.files_delete_v2("/a", parent_rev=rev)


class TestTombstones:
    @pytest.mark.evidence("F8-07", "F2.2-03", "F10-08")
    def test_get_metadata_shows_them_if_asked(self, dbx):
        dbx.files_upload(b"x", "/Folder/File.txt")
        dbx.files_delete_v2("/folder")
        for path, name in (("/FOLDER", "Folder"), ("/folder/FILE.txt", "File.txt")):
            assert refusal(dbx.files_get_metadata, path) == "path/not_found"
            tomb = dbx.files_get_metadata(path, include_deleted=True)
            assert isinstance(tomb, DeletedMetadata)
            assert (tomb.name, tomb.path_lower) == (name, path.lower())
            assert not hasattr(tomb, "id")

    @pytest.mark.evidence("F8-07")
    def test_a_path_that_never_was_has_none(self, dbx):
        dbx.files_upload(b"x", "/a/b")
        dbx.files_delete_v2("/a/b")
        for path in ("/c", "/a/c", "/a/b/c", "/c/b"):
            assert refusal(dbx.files_get_metadata, path, include_deleted=True) == "path/not_found"
        assert refusal(dbx.files_get_metadata, "/a//b", include_deleted=True) == (
            "path/malformed_path"
        )

    @pytest.mark.evidence("F8-07", "F6.1-08")
    def test_what_is_there_is_shown_in_its_place(self, dbx):
        dbx.files_upload(b"x", "/a")
        dbx.files_delete_v2("/a")
        meta = dbx.files_upload(b"y", "/A")
        assert dbx.files_get_metadata("/a", include_deleted=True) == meta

    @pytest.mark.evidence("F8-07", "F7-01")
    def test_a_move_leaves_them_too(self, dbx):
        dbx.files_upload(b"x", "/a/b")
        dbx.files_move_v2("/a", "/c")
        for path in ("/a", "/a/b"):
            tomb = dbx.files_get_metadata(path, include_deleted=True)
            assert isinstance(tomb, DeletedMetadata)

    @pytest.mark.evidence("F8-07", "F3.1-07")
    def test_below_the_id_of_a_folder(self, dbx):
        dbx.files_upload(b"x", "/a/b")
        dbx.files_delete_v2("/a/b")
        folder = dbx.files_get_metadata("/a").id
        tomb = dbx.files_get_metadata(f"{folder}/b", include_deleted=True)
        assert tomb.path_display == "/a/b"

    @pytest.mark.evidence("F8-09")
    def test_written_again_it_is_another_file(self, dbx):
        first = dbx.files_upload(b"x", "/a")
        dbx.files_delete_v2("/a")
        second = dbx.files_upload(b"x", "/a")
        assert second.id != first.id
        assert second.rev > first.rev


@pytest.mark.evidence("F4-12")
def test_deleting_makes_room(dbx, service):
    tree = service.gate.world.files.trees[service.accounts.default.namespace_id]
    tree.capacity = 4
    dbx.files_upload(b"1234", "/a/b/c")
    dbx.files_delete_v2("/a")
    dbx.files_upload(b"5678", "/d")
    assert refusal(dbx.files_upload, b"9", "/e") == "path/insufficient_space"
