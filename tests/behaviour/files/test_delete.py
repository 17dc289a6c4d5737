"""Tests of `delete_v2`, and of the tombstones that it leaves."""

import pytest
from dropbox.files import DeletedMetadata, FileMetadata, FolderMetadata, WriteMode
from stone.backends.python_rsrc.stone_validators import ValidationError
from tests.support.doors import listed, paths, refusal


@pytest.mark.evidence("F8-03", "F1.6-04")
def test_delete_returns_the_metadata_of_the_deleted_entry(dbx):
    file = dbx.files_upload(b"x", "/A/File")
    folder = dbx.files_get_metadata("/a")
    assert dbx.files_delete_v2("/a/FILE").metadata == file
    answer = dbx.files_delete_v2("/A").metadata
    assert answer == folder
    assert isinstance(answer, FolderMetadata)
    assert isinstance(file, FileMetadata)


@pytest.mark.evidence("F8-03")
def test_deleting_a_folder_deletes_everything_in_it(dbx):
    for path in ("/a/b/c/d", "/a/e", "/ab/c"):
        dbx.files_upload(b"x", path)
    dbx.files_delete_v2("/a")
    assert paths(listed(dbx, "", recursive=True)) == ["/ab", "/ab/c"]
    for path in ("/a", "/a/e", "/a/b", "/a/b/c/d"):
        assert refusal(dbx.files_get_metadata, path) == "path/not_found"


@pytest.mark.evidence("F8-03", "F9-07")
def test_deleting_a_deleted_path_is_refused(dbx):
    dbx.files_upload(b"x", "/a/b")
    dbx.files_delete_v2("/a")
    assert refusal(dbx.files_delete_v2, "/a") == "path_lookup/not_found"
    assert refusal(dbx.files_delete_v2, "/a/b") == "path_lookup/not_found"


@pytest.mark.evidence("F8-04", "F1.6-10")
def test_parent_rev_refuses_to_delete_a_changed_file(dbx):
    old = dbx.files_upload(b"1", "/a").rev
    new = dbx.files_upload(b"2", "/a", mode=WriteMode.overwrite).rev
    for stale in (old, "123456789"):
        assert refusal(dbx.files_delete_v2, "/a", parent_rev=stale) == "path_write/conflict/file"
    assert dbx.files_get_metadata("/a").rev == new
    assert dbx.files_delete_v2("/a", parent_rev=new).metadata.rev == new


@pytest.mark.evidence("F8-04")
def test_parent_rev_with_a_folder_is_refused(dbx):
    rev = dbx.files_upload(b"1", "/a/b").rev
    assert refusal(dbx.files_delete_v2, "/a", parent_rev=rev).startswith("path_write/")
    assert paths(listed(dbx, "", recursive=True)) == ["/a", "/a/b"]
    assert refusal(dbx.files_delete_v2, "/missing", parent_rev=rev) == "path_lookup/not_found"


@pytest.mark.evidence("F2.1-02")
@pytest.mark.parametrize("rev", ["", "12345678", "G" * 9, "A" * 9, " 23456789"])
def test_a_malformed_parent_rev_is_refused(dbx, rev):
    dbx.files_upload(b"x", "/a")
    with pytest.raises(ValidationError):
        dbx.files_delete_v2("/a", parent_rev=rev)


class TestTombstones:
    @pytest.mark.evidence("F8-07", "F2.2-03", "F10-08")
    def test_get_metadata_shows_tombstones_with_include_deleted(self, dbx):
        dbx.files_upload(b"x", "/Folder/File.txt")
        dbx.files_delete_v2("/folder")
        for path, name in (("/FOLDER", "Folder"), ("/folder/FILE.txt", "File.txt")):
            assert refusal(dbx.files_get_metadata, path) == "path/not_found"
            deleted = dbx.files_get_metadata(path, include_deleted=True)
            assert isinstance(deleted, DeletedMetadata)
            assert (deleted.name, deleted.path_lower) == (name, path.lower())
            assert not hasattr(deleted, "id")

    @pytest.mark.evidence("F8-07")
    def test_a_path_that_never_existed_has_no_tombstone(self, dbx):
        dbx.files_upload(b"x", "/a/b")
        dbx.files_delete_v2("/a/b")
        for path in ("/c", "/a/c", "/a/b/c", "/c/b"):
            assert refusal(dbx.files_get_metadata, path, include_deleted=True) == "path/not_found"
        assert refusal(dbx.files_get_metadata, "/a//b", include_deleted=True) == (
            "path/malformed_path"
        )

    @pytest.mark.evidence("F8-07", "F6.1-08")
    def test_an_existing_file_is_shown_instead_of_its_tombstone(self, dbx):
        dbx.files_upload(b"x", "/a")
        dbx.files_delete_v2("/a")
        meta = dbx.files_upload(b"y", "/A")
        assert dbx.files_get_metadata("/a", include_deleted=True) == meta

    @pytest.mark.evidence("F8-07", "F7-01")
    def test_a_move_leaves_tombstones_at_the_old_paths(self, dbx):
        dbx.files_upload(b"x", "/a/b")
        dbx.files_move_v2("/a", "/c")
        for path in ("/a", "/a/b"):
            deleted = dbx.files_get_metadata(path, include_deleted=True)
            assert isinstance(deleted, DeletedMetadata)

    @pytest.mark.evidence("F8-07", "F3.1-07")
    def test_a_tombstone_is_found_by_its_path_below_the_id_of_its_folder(self, dbx):
        dbx.files_upload(b"x", "/a/b")
        dbx.files_delete_v2("/a/b")
        folder = dbx.files_get_metadata("/a").id
        deleted = dbx.files_get_metadata(f"{folder}/b", include_deleted=True)
        assert deleted.path_display == "/a/b"

    @pytest.mark.evidence("F8-09")
    def test_a_file_uploaded_after_deletion_has_a_new_id(self, dbx):
        first = dbx.files_upload(b"x", "/a")
        dbx.files_delete_v2("/a")
        second = dbx.files_upload(b"x", "/a")
        assert second.id != first.id
        assert second.rev > first.rev


@pytest.mark.evidence("F4-12")
def test_deleting_frees_quota(dbx, service):
    tree = service.gate.world.files.trees[service.accounts.default.namespace_id]
    tree.capacity = 4
    dbx.files_upload(b"1234", "/a/b/c")
    dbx.files_delete_v2("/a")
    dbx.files_upload(b"5678", "/d")
    assert refusal(dbx.files_upload, b"9", "/e") == "path/insufficient_space"
