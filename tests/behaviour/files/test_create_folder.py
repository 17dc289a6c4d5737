"""Tests of `create_folder_v2`: metadata, conflicts, parents, and autorename."""

import pytest
from dropbox.files import FolderMetadata
from stone.backends.python_rsrc.stone_validators import ValidationError
from tests.support.doors import changes, listed, paths, refusal, rows


@pytest.mark.evidence("F8-01", "F2.2-02")
def test_create_folder_returns_the_metadata_of_the_new_folder(dbx):
    meta = dbx.files_create_folder_v2("/Folder").metadata
    assert isinstance(meta, FolderMetadata)
    assert (meta.name, meta.path_lower, meta.path_display) == ("Folder", "/folder", "/Folder")
    assert dbx.files_get_metadata("/folder") == meta
    assert meta.sharing_info is meta.shared_folder_id is None
    assert not meta.property_groups  # compact JSON has an empty list (F0-55)


@pytest.mark.evidence("F8-01")
def test_create_folder_is_not_idempotent(dbx):
    meta = dbx.files_create_folder_v2("/Folder").metadata
    cursor = dbx.files_list_folder("").cursor
    for path in ("/Folder", "/FOLDER", "/folder"):
        assert refusal(dbx.files_create_folder_v2, path) == "path/conflict/folder"
    assert dbx.files_get_metadata("/Folder") == meta
    assert changes(dbx, cursor)[0] == []


@pytest.mark.evidence("F8-01")
def test_a_file_at_the_path_or_above_is_a_conflict(dbx):
    dbx.files_upload(b"x", "/file")
    assert refusal(dbx.files_create_folder_v2, "/FILE") == "path/conflict/file"
    assert refusal(dbx.files_create_folder_v2, "/file/a") == "path/conflict/file_ancestor"
    assert refusal(dbx.files_create_folder_v2, "/file/a", autorename=True) == (
        "path/conflict/file_ancestor"
    )
    assert rows(listed(dbx, "", recursive=True)) == [("file", "/file")]


@pytest.mark.evidence("F4-01")
def test_missing_parents_are_created(dbx):
    assert dbx.files_create_folder_v2("/A/b/C").metadata.path_display == "/A/b/C"
    assert paths(listed(dbx, "", recursive=True)) == ["/A", "/A/b", "/A/b/C"]


@pytest.mark.evidence("F4-14", "F10-11")
def test_autorename_numbers_from_one(dbx):
    create = dbx.files_create_folder_v2
    names = [create("/Create Batch 1", autorename=True).metadata.name for _ in range(3)]
    assert names == ["Create Batch 1", "Create Batch 1 (1)", "Create Batch 1 (2)"]
    assert create("/v1.2").metadata.name == "v1.2"
    assert create("/v1.2", autorename=True).metadata.name == "v1.2 (1)"
    dbx.files_upload(b"x", "/file.txt")
    assert create("/file.txt", autorename=True).metadata.name == "file.txt (1)"


@pytest.mark.evidence("F3.2-12")
def test_autorename_keeps_the_longest_name_within_255_characters(dbx):
    name = "n" * 255
    dbx.files_create_folder_v2(f"/{name}")
    meta = dbx.files_create_folder_v2(f"/{name}", autorename=True).metadata
    assert len(meta.name) == 255
    assert dbx.files_get_metadata(meta.path_lower) == meta


@pytest.mark.evidence("F3.1-02", "F10-09")
def test_create_folder_does_not_accept_a_path_below_an_id(dbx):
    folder = dbx.files_create_folder_v2("/a").metadata.id
    with pytest.raises(ValidationError):
        dbx.files_create_folder_v2(f"{folder}/b")


def test_a_deleted_folder_created_again_has_a_new_id(dbx):
    first = dbx.files_create_folder_v2("/a").metadata
    dbx.files_upload(b"x", "/a/b")
    dbx.files_delete_v2("/a")
    second = dbx.files_create_folder_v2("/A").metadata
    assert second.id != first.id
    assert second.path_display == "/A"
    assert listed(dbx, "/a") == []
