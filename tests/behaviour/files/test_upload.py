"""Tests of uploads: modes, conflicts, autorename, and refused writes."""

from datetime import datetime, timedelta, timezone

import dropbox
import pytest
from dropbox.exceptions import ApiError
from dropbox.file_properties import PropertyGroup
from dropbox.files import FileMetadata, FolderMetadata, WriteMode
from tests.support.doors import (
    changes,
    content,
    listed,
    newer_sdk,
    paths,
    refusal,
    rows,
    sdk_client,
)

from fakedropbox import FakeDropboxService

pytestmark = pytest.mark.every_door

MODES = ["add", "overwrite", "update"]
PAST = datetime(2001, 2, 3, 4, 5, 6)  # noqa: DTZ001 -- the SDK's datetimes are naive
HASH_OF_X = "0a325ca303eb3014c43ae004970f343634db176fa1697bcc8c9efac94626488d"


def mode(name, rev="123456789"):
    return WriteMode.update(rev) if name == "update" else WriteMode(name)


class TestTargetAbsent:
    @pytest.mark.evidence("F4-02")
    @pytest.mark.parametrize("name", MODES)
    @pytest.mark.parametrize("autorename", [False, True])
    def test_every_mode_writes_a_new_file(self, dbx, name, autorename):
        meta = dbx.files_upload(b"x", "/a/b.txt", mode=mode(name), autorename=autorename)
        assert isinstance(meta, FileMetadata)
        assert (meta.path_display, meta.size, content(dbx, "/a/b.txt")) == ("/a/b.txt", 1, b"x")

    @pytest.mark.evidence("F4-01")
    def test_missing_parents_are_created(self, dbx):
        dbx.files_upload(b"x", "/Homework/math/Matrices.txt")
        assert rows(listed(dbx, "", recursive=True)) == [
            ("folder", "/Homework"),
            ("folder", "/Homework/math"),
            ("file", "/Homework/math/Matrices.txt"),
        ]

    @pytest.mark.evidence("F4-02", "F4-05")
    def test_only_an_update_with_strict_conflict_needs_an_existing_file(self, dbx):
        strict = {"strict_conflict": True}
        assert refusal(dbx.files_upload, b"x", "/a", mode=mode("update"), **strict) == (
            "path/conflict/file"
        )
        assert listed(dbx) == []
        dbx.files_upload(b"x", "/a", mode=mode("add"), **strict)
        dbx.files_upload(b"x", "/b", mode=mode("overwrite"), **strict)
        assert paths(listed(dbx)) == ["/a", "/b"]

    @pytest.mark.evidence("F4-05")
    def test_an_update_without_strict_conflict_writes_a_deleted_file_again(self, dbx):
        rev = dbx.files_upload(b"x", "/a").rev
        dbx.files_delete_v2("/a")
        assert (
            refusal(dbx.files_upload, b"y", "/a", mode=WriteMode.update(rev), strict_conflict=True)
            == "path/conflict/file"
        )
        assert dbx.files_upload(b"y", "/a", mode=WriteMode.update(rev)).rev != rev


class TestIdenticalData:
    @pytest.mark.evidence("F4-02", "F10-05", "F6.2-11")
    @pytest.mark.parametrize("name", MODES)
    @pytest.mark.parametrize("autorename", [False, True])
    def test_an_upload_of_identical_data_writes_nothing(self, dbx, service, name, autorename):
        first = dbx.files_upload(b"x", "/a", client_modified=PAST)
        cursor = dbx.files_list_folder("").cursor
        service.clock.advance(60)
        for stale in (mode(name), mode(name, first.rev)):
            again = dbx.files_upload(b"x", "/A", mode=stale, autorename=autorename)
            assert again == first
        assert changes(dbx, cursor)[0] == []

    @pytest.mark.evidence("F10-05")
    def test_an_upload_of_identical_data_does_not_change_client_modified(self, dbx):
        first = dbx.files_upload(b"x", "/a")
        again = dbx.files_upload(b"x", "/a", mode=WriteMode.overwrite, client_modified=PAST)
        assert again.client_modified == first.client_modified != PAST

    @pytest.mark.evidence("F4-06")
    @pytest.mark.parametrize("name", ["add", "update"])
    def test_an_upload_of_identical_data_is_refused_with_strict_conflict(self, dbx, name):
        dbx.files_upload(b"x", "/a")
        strict = {"mode": mode(name), "strict_conflict": True}
        assert refusal(dbx.files_upload, b"x", "/a", **strict) == "path/conflict/file"
        renamed = dbx.files_upload(b"x", "/a", autorename=True, **strict)
        assert renamed.name != "a"


class TestOtherData:
    @pytest.mark.evidence("F4-03")
    def test_adding_over_a_file_with_other_data_is_a_conflict(self, dbx):
        first = dbx.files_upload(b"1", "/a")
        assert refusal(dbx.files_upload, b"2", "/a") == "path/conflict/file"
        assert dbx.files_get_metadata("/a") == first

    @pytest.mark.evidence("F4-04")
    def test_overwrite_keeps_the_id(self, dbx, service):
        first = dbx.files_upload(b"1", "/a")
        service.clock.advance(5)
        second = dbx.files_upload(b"22", "/a", mode=WriteMode.overwrite)
        assert (second.id, second.size) == (first.id, 2)
        assert second.rev > first.rev
        assert second.server_modified - first.server_modified == timedelta(seconds=5)
        assert content(dbx, "/a") == b"22"

    @pytest.mark.evidence("F4-05")
    @pytest.mark.parametrize("strict", [False, True])
    def test_update_succeeds_only_with_the_current_revision(self, dbx, strict):
        first = dbx.files_upload(b"1", "/a")
        update = WriteMode.update(first.rev)
        second = dbx.files_upload(b"2", "/a", mode=update, strict_conflict=strict)
        assert (second.id, second.path_display) == (first.id, "/a")
        assert refusal(dbx.files_upload, b"3", "/a", mode=update, strict_conflict=strict) == (
            "path/conflict/file"
        )
        assert content(dbx, "/a") == b"2"

    @pytest.mark.evidence("F4-05")
    def test_an_update_with_the_revision_of_another_file_is_refused(self, dbx):
        other = dbx.files_upload(b"1", "/other").rev
        dbx.files_upload(b"1", "/a")
        for rev in (other, "123456789", "0" * 21):
            update = WriteMode.update(rev)
            assert refusal(dbx.files_upload, b"2", "/a", mode=update) == "path/conflict/file"

    @pytest.mark.evidence("F4-05")
    def test_an_update_of_an_old_revision_may_become_a_conflicted_copy(self, dbx):
        stale = dbx.files_upload(b"1", "/a.txt").rev
        dbx.files_upload(b"2", "/a.txt", mode=WriteMode.overwrite)
        update = {"mode": WriteMode.update(stale), "autorename": True}
        names = [dbx.files_upload(data, "/a.txt", **update).name for data in (b"3", b"4")]
        assert names[0] == "a (conflicted copy).txt"
        assert names[1].startswith("a (conflicted copy")
        assert names[1] not in (names[0], "a.txt")
        assert content(dbx, "/a.txt") == b"2"

    @pytest.mark.evidence("F7-01", "F4-05")
    def test_an_update_of_the_revision_before_a_move_is_refused(self, dbx):
        rev = dbx.files_upload(b"1", "/a").rev
        moved = dbx.files_move_v2("/a", "/b").metadata
        assert refusal(dbx.files_upload, b"2", "/b", mode=WriteMode.update(rev)) == (
            "path/conflict/file"
        )
        assert dbx.files_upload(b"2", "/b", mode=WriteMode.update(moved.rev)).id == moved.id


class TestAutorename:
    @pytest.mark.evidence("F4-03", "F4-14", "F10-11")
    @pytest.mark.parametrize(
        ("name", "renamed"),
        [
            ("file.txt", ["file (1).txt", "file (2).txt", "file (3).txt"]),
            ("photo", ["photo (1)", "photo (2)", "photo (3)"]),
            ("a.tar.gz", ["a.tar (1).gz", "a.tar (2).gz", "a.tar (3).gz"]),
            (".profile", [".profile (1)", ".profile (2)", ".profile (3)"]),
            ("a (1).txt", ["a (1) (1).txt", "a (1) (2).txt", "a (1) (3).txt"]),
        ],
    )
    def test_autorename_inserts_the_number_before_the_last_dot(self, dbx, name, renamed):
        for number, expected in enumerate([name, *renamed]):
            meta = dbx.files_upload(b"%d" % number, f"/f/{name}", autorename=True)
            assert (meta.name, meta.path_display) == (expected, f"/f/{expected}")

    def test_autorename_uses_the_first_free_name(self, dbx):
        for number in range(4):
            dbx.files_upload(b"%d" % number, "/A.txt", autorename=True)
        dbx.files_delete_v2("/a (2).txt")
        dbx.files_move_v2("/a (1).txt", "/elsewhere")
        assert dbx.files_upload(b"x", "/a.txt", autorename=True).name == "a (1).txt"
        assert dbx.files_upload(b"y", "/a.txt", autorename=True).name == "a (2).txt"
        assert dbx.files_upload(b"z", "/a.txt", autorename=True).name == "a (4).txt"

    @pytest.mark.evidence("F4-14", "F10-11")
    def test_autorename_numbers_folders_and_files_differently(self, dbx):
        for number in range(3):
            dbx.files_upload(b"%d" % number, "/f.txt", autorename=True)
            dbx.files_create_folder_v2("/g.txt", autorename=True)
        folder = dbx.files_create_folder_v2("/f.txt", autorename=True).metadata
        assert folder.name == "f.txt (1)"
        dbx.files_create_folder_v2("/f.txt", autorename=True)
        assert dbx.files_upload(b"x", "/f.txt", autorename=True).name == "f (3).txt"
        assert dbx.files_get_metadata("/g.txt (2)").name == "g.txt (2)"

    def test_autorename_skips_names_taken_in_another_case_or_by_folders(self, dbx):
        dbx.files_upload(b"1", "/a.txt")
        dbx.files_create_folder_v2("/A (1).TXT")
        assert dbx.files_upload(b"2", "/a.txt", autorename=True).name == "a (2).txt"

    @pytest.mark.evidence("F3.2-12")
    @pytest.mark.parametrize(
        "name", ["n" * 255, "n" * 251 + ".txt", "a." + "b" * 253, "." + "b" * 254]
    )
    def test_autorename_keeps_a_long_name_within_255_characters(self, dbx, name):
        dbx.files_upload(b"0", f"/{name}")
        found = {name}
        for number in range(1, 12):
            meta = dbx.files_upload(b"%d" % number, f"/{name}", autorename=True)
            assert len(meta.name) <= 255
            assert content(dbx, meta.path_lower) == b"%d" % number
            found.add(meta.name)
        assert len(found) == 12

    def test_an_upload_below_a_file_is_refused_even_with_autorename(self, dbx):
        dbx.files_upload(b"1", "/a")
        assert refusal(dbx.files_upload, b"2", "/a/b", autorename=True) == (
            "path/conflict/file_ancestor"
        )


class TestFolderAndFileConflicts:
    @pytest.mark.evidence("F4-02")
    @pytest.mark.parametrize("name", MODES)
    @pytest.mark.parametrize("strict", [False, True])
    def test_a_folder_at_the_path_is_a_conflict_in_every_mode(self, dbx, name, strict):
        dbx.files_create_folder_v2("/Folder")
        options = {"mode": mode(name), "strict_conflict": strict}
        for autorename in (False, True):
            assert (
                refusal(dbx.files_upload, b"x", "/folder", autorename=autorename, **options)
                == "path/conflict/folder"
            )

    @pytest.mark.evidence("F4-08")
    def test_an_upload_to_the_id_of_a_folder_is_a_conflict(self, dbx):
        folder = dbx.files_create_folder_v2("/Folder").metadata.id
        assert refusal(dbx.files_upload, b"x", folder) == "path/conflict/folder"

    @pytest.mark.evidence("F4-07")
    @pytest.mark.parametrize("path", ["/file/below", "/FILE/a/b/c"])
    def test_a_path_below_a_file_is_a_conflict(self, dbx, path):
        dbx.files_upload(b"x", "/file")
        assert refusal(dbx.files_upload, b"y", path) == "path/conflict/file_ancestor"
        assert paths(listed(dbx, "", recursive=True)) == ["/file"]


class TestArguments:
    @pytest.mark.parametrize("moment", [PAST, datetime(2999, 12, 31), datetime(1969, 1, 1)])  # noqa: DTZ001
    @pytest.mark.evidence("F4-10")
    def test_client_modified_is_stored_unchanged(self, dbx, moment):
        meta = dbx.files_upload(b"x", "/a", client_modified=moment)
        assert meta.client_modified == moment
        assert meta.server_modified == datetime(2026, 1, 1)  # noqa: DTZ001
        later = dbx.files_upload(b"y", "/a", mode=WriteMode.overwrite)
        assert later.client_modified == later.server_modified

    @pytest.mark.evidence("F4-10")
    def test_client_modified_is_by_default_the_time_of_the_upload(self, dbx):
        for index in range(100):
            meta = dbx.files_upload(b"%d" % index, "/a", mode=WriteMode.overwrite)
            assert meta.client_modified == meta.server_modified

    @pytest.mark.evidence("F2.1-03")
    def test_client_modified_loses_its_microseconds(self, dbx):
        for year in (1969, 2020):  # before 1970, rounding toward zero gives the next second
            precise = datetime(year, 1, 1, 0, 0, 0, 999_999, timezone.utc)
            meta = dbx.files_upload(b"x", f"/{year}", client_modified=precise)
            assert meta.client_modified == datetime(year, 1, 1)  # noqa: DTZ001

    @pytest.mark.evidence("F4-11")
    def test_mute_has_no_visible_effect(self, dbx):
        cursor = dbx.files_list_folder("").cursor
        meta = dbx.files_upload(b"x", "/a", mute=True)
        assert changes(dbx, cursor)[0] == [meta]

    @pytest.mark.evidence("F4-11")
    def test_a_content_hash_is_checked(self, dbx):
        assert dbx.files_upload(b"x", "/a", content_hash=HASH_OF_X).content_hash == HASH_OF_X
        for data in (b"y", b""):
            assert refusal(dbx.files_upload, data, "/b", content_hash=HASH_OF_X) == (
                "content_hash_mismatch"
            )
        assert paths(listed(dbx)) == ["/a"]

    @pytest.mark.evidence("F4-11")
    @newer_sdk(hasattr(dropbox.Dropbox, "_maybe_add_content_hash"), "automatic content hash")
    @pytest.mark.parametrize("automatic", [True, False])
    def test_the_automatic_hash_of_the_sdk_is_accepted(self, connect, automatic):
        dbx = connect(auto_content_hash=automatic)
        for data in (b"", b"x", bytes(5_000_000)):
            assert dbx.files_upload(data, f"/{len(data)}").size == len(data)

    def test_a_property_group_of_an_unknown_template_is_refused(self, dbx, service):
        groups = [PropertyGroup("ptid:" + "x" * 22, [])]
        error = refusal(dbx.files_upload, b"x", "/a", property_groups=groups)
        assert error == "properties_error/template_not_found"
        assert service.files == {}

    @pytest.mark.parametrize("data", ["text", bytearray(b"x"), [b"x"], 5])
    def test_data_must_be_bytes(self, dbx, service, data):
        with pytest.raises(TypeError, match="expected request_binary as binary type"):
            dbx.files_upload(data, "/a")
        assert len(service.calls) == 0


class TestFailures:
    @pytest.mark.evidence("F4-09", "F1.6-05", "F10-04")
    @pytest.mark.parametrize("path", ["/a", "/a/b", "/f", "//", "/desktop.ini"])
    def test_a_refused_upload_has_a_new_session_id(self, dbx, path):
        dbx.files_upload(b"x", "/a")
        dbx.files_create_folder_v2("/f")
        sessions = set()
        for _ in range(2):
            with pytest.raises(ApiError) as caught:
                dbx.files_upload(b"y", path)
            sessions.add(caught.value.error.get_path().upload_session_id)
        assert all(sessions)
        assert len(sessions) == 2

    @pytest.mark.evidence("F4-01")
    def test_an_upload_has_at_most_150_mebibytes(self, dbx):
        limit = 150 * 1024 * 1024
        assert refusal(dbx.files_upload, bytes(limit + 1), "/a") == "payload_too_large"
        assert listed(dbx) == []

    @pytest.mark.evidence("F4-12")
    def test_an_upload_beyond_the_quota_is_refused(self, dbx, service):
        namespace = service.accounts.default.namespace_id
        service.gate.world.files.trees[namespace].capacity = 10
        dbx.files_upload(b"1234567890", "/a")
        assert refusal(dbx.files_upload, b"x", "/b/c") == "path/insufficient_space"
        grow = {"mode": WriteMode.overwrite}
        assert refusal(dbx.files_upload, b"12345678901", "/a", **grow) == "path/insufficient_space"
        assert rows(listed(dbx, "", recursive=True)) == [("file", "/a")]
        dbx.files_upload(b"", "/empty")
        dbx.files_upload(b"123456789", "/a", **grow)
        dbx.files_upload(b"x", "/b")
        dbx.files_move_v2("/a", "/c")  # a move needs no space
        assert refusal(dbx.files_upload, b"y", "/d") == "path/insufficient_space"
        dbx.files_delete_v2("/c")
        dbx.files_upload(b"123456789", "/d")


def test_a_refused_upload_creates_no_parents(dbx, service):
    service.accounts.create("other@example.com")
    assert refusal(dbx.files_upload, b"x", "/a/b/desktop.ini") == "path/disallowed_name"
    assert (
        refusal(dbx.files_upload, b"x", "/a/b/c", mode=mode("update"), strict_conflict=True)
        == "path/conflict/file"
    )
    assert listed(dbx, "", recursive=True) == []


def test_changing_a_result_does_not_change_the_stored_files(dbx):
    meta = dbx.files_upload(b"x", "/a")
    folder = dbx.files_create_folder_v2("/f").metadata
    meta.name = folder.name = "changed"
    entries = listed(dbx)
    assert [entry.name for entry in entries] == ["f", "a"]
    entries[0].path_lower = "/changed"
    assert isinstance(dbx.files_get_metadata("/f"), FolderMetadata)
    assert dbx.files_get_metadata("/a").name == "a"


def test_two_services_share_no_files():
    first, second = FakeDropboxService(), FakeDropboxService()
    first.client().files_upload(b"x", "/a")
    with second.activate():
        assert listed(sdk_client(second)) == []
