"""Tests of ids, revisions, hashes and times: their forms, and their use as paths."""

import re
from base64 import urlsafe_b64decode
from datetime import datetime, timedelta, timezone
from hashlib import sha256

import pytest
from dropbox.files import WriteMode
from tests.support.doors import content, listed, paths, refusal

from fakedropbox import ManualClock

BLOCK = 4 * 1024 * 1024
UNKNOWN_ID = "id:" + "A" * 22


@pytest.mark.evidence("F2.1-01")
def test_an_id_consists_of_an_account_prefix_and_a_counter(dbx, connect, service):
    first, second = (dbx.files_upload(b"x", path).id for path in ("/a", "/b"))
    other = connect(service.logins.create(service.accounts.create("other@example.com")))
    elsewhere = other.files_upload(b"x", "/a").id
    assert re.fullmatch(r"id:[A-Za-z0-9_-]{22}", first)
    raw = [urlsafe_b64decode(text[3:] + "==") for text in (first, second, elsewhere)]
    assert raw[0][:8] == raw[1][:8] != raw[2][:8]
    assert int.from_bytes(raw[0][8:], "big") < int.from_bytes(raw[1][8:], "big")


@pytest.mark.evidence("F2.1-02")
@pytest.mark.dropbox(clock=ManualClock(datetime(2022, 2, 27, 13, 43, 32, 872375, timezone.utc)))
def test_a_revision_consists_of_the_time_and_the_namespace(dbx, service):
    namespace = service.accounts.default.namespace_id
    rev = dbx.files_upload(b"x", "/a").rev
    assert rev == f"5d9001e2a58b7{namespace:08x}"
    assert len(rev) == 21


@pytest.mark.evidence("F2.1-02")
def test_revisions_sort_in_the_order_of_writes_even_if_the_clock_is_set_back(dbx, service):
    revs = []
    for number in range(20):  # the clock stands still, is advanced, and is set back
        revs.append(dbx.files_upload(b"%d" % number, "/a", mode=WriteMode.overwrite).rev)
        if number == 9:
            service.clock.advance(3600)
        if number == 14:
            service.clock.set(datetime(2020, 1, 1, tzinfo=timezone.utc))
    assert revs == sorted(set(revs))


@pytest.mark.evidence("F2.1-03", "O0-09")
def test_times_are_whole_seconds(dbx, service):
    service.clock.advance(0.75)
    meta = dbx.files_upload(b"x", "/a")
    assert meta.server_modified == meta.client_modified == datetime(2026, 1, 1)  # noqa: DTZ001
    service.clock.advance(0.25)
    later = dbx.files_upload(b"y", "/a", mode=WriteMode.overwrite)
    assert later.server_modified - meta.server_modified == timedelta(seconds=1)


@pytest.mark.evidence("F2.1-04")
@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 5])
def test_the_content_hash_is_computed_from_blocks(dbx, size):
    data = b"\xa5" * size
    blocks = [data[start : start + BLOCK] for start in range(0, size, BLOCK)]
    expected = sha256(b"".join(sha256(block).digest() for block in blocks)).hexdigest()
    assert dbx.files_upload(data, "/a").content_hash == expected
    assert size or expected.startswith("e3b0c442")


@pytest.mark.evidence("F3.1-03", "F3.1-04", "F3.1-06")
def test_an_id_can_be_used_as_a_path(dbx):
    meta = dbx.files_upload(b"x", "/folder/file")
    folder = dbx.files_get_metadata("/folder")
    assert dbx.files_get_metadata(meta.id) == dbx.files_get_metadata("/folder/file")
    assert content(dbx, meta.id) == b"x"
    assert paths(listed(dbx, folder.id)) == ["/folder/file"]
    assert dbx.files_upload(b"y", meta.id, mode=WriteMode.overwrite).id == meta.id
    assert dbx.files_move_v2(meta.id, "/moved").metadata.path_display == "/moved"
    assert dbx.files_delete_v2(folder.id).metadata.id == folder.id


@pytest.mark.evidence("F3.1-07")
def test_a_path_may_begin_with_the_id_of_a_folder(dbx):
    dbx.files_create_folder_v2("/Folder/Sub")
    folder = dbx.files_get_metadata("/folder").id
    meta = dbx.files_upload(b"x", f"{folder}/sub/new/file")
    assert meta.path_lower == "/folder/sub/new/file"
    assert meta.path_display.startswith("/Folder/")
    assert dbx.files_get_metadata(f"{folder}/SUB/new/file") == dbx.files_get_metadata(meta.id)
    assert paths(listed(dbx, f"{folder}/Sub"))
    moved = dbx.files_move_v2(f"{folder}/sub/new/file", f"{folder}/file").metadata
    assert moved.path_display == "/Folder/file"
    assert dbx.files_delete_v2(f"{folder}/file").metadata.id == meta.id
    assert refusal(dbx.files_upload, b"x", f"{folder}/a//b") == "path/malformed_path"


@pytest.mark.evidence("F3.1-09", "F7-01", "F7-02")
def test_a_moved_file_is_found_by_its_id(dbx):
    meta = dbx.files_upload(b"x", "/a/b/c")
    dbx.files_move_v2("/a", "/z")
    dbx.files_move_v2("/z/b", "/b")
    assert dbx.files_get_metadata(meta.id).path_display == "/b/c"


@pytest.mark.evidence("F3.1-08")
def test_an_unknown_id_is_refused(dbx):
    dbx.files_upload(b"x", "/source")
    assert refusal(dbx.files_get_metadata, UNKNOWN_ID) == "path/not_found"
    assert refusal(dbx.files_download, f"{UNKNOWN_ID}/a") == "path/not_found"
    assert refusal(dbx.files_list_folder, UNKNOWN_ID) == "path/not_found"
    assert refusal(dbx.files_delete_v2, UNKNOWN_ID) == "path_lookup/not_found"
    assert refusal(dbx.files_move_v2, UNKNOWN_ID, "/a") == "from_lookup/not_found"
    for path in (UNKNOWN_ID, f"{UNKNOWN_ID}/a"):  # a `WriteError` has no `not_found`
        assert refusal(dbx.files_upload, b"x", path) == "path/malformed_path"
        assert refusal(dbx.files_move_v2, "/source", path) == "to/malformed_path"


@pytest.mark.evidence("F3.1-08")
@pytest.mark.parametrize(
    "path", ["id:", "id:x", "id:junk/a", UNKNOWN_ID + "A", "id:/a", "id:\u00e9"]
)
def test_an_id_of_the_wrong_form_is_malformed(dbx, path):
    assert refusal(dbx.files_upload, b"x", path) == "path/malformed_path"
    assert refusal(dbx.files_get_metadata, path) == "path/malformed_path"


def test_the_id_of_a_deleted_file_is_not_found(dbx):
    meta = dbx.files_upload(b"x", "/a/b")
    dbx.files_delete_v2("/a")
    assert refusal(dbx.files_get_metadata, meta.id) == "path/not_found"
    assert refusal(dbx.files_get_metadata, meta.id, include_deleted=True) == "path/not_found"
    dbx.files_upload(b"x", "/a/b")
    assert refusal(dbx.files_get_metadata, meta.id) == "path/not_found"  # F8-09: a new id


def test_ids_and_revisions_of_another_account_are_not_found(dbx, connect, service):
    other = connect(service.logins.create(service.accounts.create("other@example.com")))
    theirs = other.files_upload(b"x", "/a")
    dbx.files_upload(b"x", "/a")
    assert refusal(dbx.files_get_metadata, theirs.id) == "path/not_found"
    assert refusal(dbx.files_get_metadata, f"rev:{theirs.rev}") == "path/not_found"
    assert content(other, theirs.id) == b"x"


class TestRevisionPaths:
    @pytest.mark.evidence("F3.1-04", "F3.1-09")
    def test_a_revision_is_found_after_overwrite_move_and_delete(self, dbx):
        first = dbx.files_upload(b"1", "/a/b")
        second = dbx.files_upload(b"2", "/a/b", mode=WriteMode.overwrite)
        third = dbx.files_move_v2("/a/b", "/c").metadata
        assert content(dbx, f"rev:{first.rev}") == b"1"
        assert dbx.files_get_metadata(f"rev:{first.rev}") == first
        assert dbx.files_get_metadata(f"rev:{second.rev}").path_display == "/a/b"
        assert dbx.files_get_metadata(f"rev:{third.rev}") == third
        dbx.files_delete_v2("/c")
        assert content(dbx, f"rev:{third.rev}") == content(dbx, f"rev:{second.rev}") == b"2"

    @pytest.mark.evidence("F3.1-09", "F7-02")
    def test_a_revision_is_found_after_its_folder_moved(self, dbx):
        before = [dbx.files_upload(b"%d" % n, f"/a/{n}/f") for n in range(4)]
        dbx.files_move_v2("/a", "/n/e/w")
        after = [entry for entry in listed(dbx, "", recursive=True) if hasattr(entry, "rev")]
        for number, (old, new) in enumerate(zip(before, after, strict=True)):
            assert dbx.files_get_metadata(f"rev:{old.rev}") == old
            assert dbx.files_get_metadata(f"rev:{new.rev}") == new
            assert content(dbx, f"rev:{new.rev}") == b"%d" % number

    @pytest.mark.parametrize("rev", ["123456789", "0" * 9, "f" * 31, "6474846204000576c68d7"])
    def test_an_unknown_revision_is_not_found(self, dbx, rev):
        dbx.files_upload(b"x", "/a")
        assert refusal(dbx.files_get_metadata, f"rev:{rev}") == "path/not_found"
        assert refusal(dbx.files_download, f"rev:{rev}") == "path/not_found"

    def test_download_accepts_a_revision_argument(self, dbx):
        first = dbx.files_upload(b"1", "/a")
        dbx.files_upload(b"2", "/a", mode=WriteMode.overwrite)
        meta, response = dbx.files_download("/a", rev=first.rev)
        assert (meta, response.content) == (first, b"1")
        assert refusal(dbx.files_download, "/a", rev="123456789") == "path/not_found"
