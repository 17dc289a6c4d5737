"""Tests of batches: copies, moves, new folders, and deletions."""

import pytest
from dropbox.files import DeleteArg, FolderMetadata, RelocationPath
from stone.backends.python_rsrc.stone_validators import ValidationError
from tests.support.batches import copy, create, delete, entries, move, outcome, pairs, words
from tests.support.doors import bad_input, chain, listed, paths

from fakedropbox import Personality


@pytest.fixture
def seeded(service):
    service.seed_files({"/a": b"1", "/b": b"2", "/dir/x": b"3"})


@pytest.mark.usefixtures("seeded")
class TestCopyAndMove:
    @pytest.mark.evidence("F7-10", "F1.6-13")
    @pytest.mark.parametrize("relocate", [copy, move])
    def test_a_failed_entry_does_not_stop_the_entries_after_it(self, dbx, service, relocate):
        ends = [("/a", "/1"), ("/gone", "/2"), ("/b", "/dir"), ("/dir", "/dir/x/y"), ("/dir", "/3")]
        results = relocate(dbx, *ends)
        assert words(results) == [
            "success",
            "relocation_error/from_lookup/not_found",
            "relocation_error/to/conflict/folder",
            "relocation_error/duplicated_or_nested_paths",
            "success",
        ]
        assert results[0].get_success() == dbx.files_get_metadata("/1")
        assert results[4].get_success() == dbx.files_get_metadata("/3")
        assert service.files["/1"] == b"1"
        assert ("/a" in service.files) == (relocate is copy)

    @pytest.mark.evidence("F7-01")
    def test_ids_and_revisions_are_those_of_the_single_routes(self, dbx):
        before = dbx.files_get_metadata("/a")
        moved = move(dbx, ("/a", "/1"))[0].get_success()
        copied = copy(dbx, ("/1", "/2"))[0].get_success()
        assert (moved.id, moved.rev > before.rev) == (before.id, True)
        assert (copied.id != moved.id, copied.rev > moved.rev) == (True, True)

    def test_entries_run_one_after_another(self, dbx, service):
        assert (
            words(move(dbx, ("/a", "/1"), ("/1", "/2"), ("/b", "/a"), ("/2", "/b")))
            == ["success"] * 4
        )
        assert service.files == {"/a": b"2", "/b": b"1", "/dir/x": b"3"}

    def test_a_file_can_be_moved_back_in_the_same_batch(self, dbx, service):
        assert words(move(dbx, ("/a", "/1"), ("/1", "/a"))) == ["success"] * 2
        assert service.files["/a"] == b"1"
        results = move(dbx, ("/a", "/b"), ("/b", "/a"))
        assert words(results) == ["relocation_error/to/conflict/file"] * 2

    def test_a_repeated_entry_of_a_batch_fails_the_second_time(self, dbx):
        gone = "relocation_error/from_lookup/not_found"
        assert words(move(dbx, ("/a", "/1"), ("/a", "/1"))) == ["success", gone]
        conflict = "relocation_error/to/conflict/file"
        assert words(copy(dbx, ("/b", "/2"), ("/b", "/2"))) == ["success", conflict]

    @pytest.mark.evidence("F7-03", "F4-14")
    def test_autorename_applies_to_every_entry(self, dbx):
        ends = [("/a", "/n.txt"), ("/b", "/n.txt"), ("/dir", "/n.txt")]
        results = copy(dbx, *ends, autorename=True)
        names = [each.get_success().name for each in results]
        assert names == ["n.txt", "n (1).txt", "n.txt (1)"]

    @pytest.mark.evidence("F3.2-04", "F3.2-05", "F3.2-14")
    def test_a_malformed_path_fails_only_its_entry(self, dbx):
        ends = [("/a//b", "/x"), ("/a", "/x/../y"), ("/a", "/desktop.ini"), ("/a", "/x")]
        assert words(copy(dbx, *ends)) == [
            "relocation_error/from_lookup/malformed_path",
            "relocation_error/to/malformed_path",
            "relocation_error/to/disallowed_name",
            "success",
        ]

    @pytest.mark.evidence("F1.4-09")
    @pytest.mark.parametrize("field", ["from_path", "to_path"])
    def test_the_root_as_a_path_makes_the_whole_batch_fail(self, dbx, wire, service, field):
        bad = {"from_path": "/b", "to_path": "/2", field: "/"}
        before = service.files
        text = bad_input(dbx.files_move_batch_v2, [*pairs(("/a", "/1")), RelocationPath(**bad)])
        assert text.endswith(f"request body: entries.{field}: The root folder is unsupported.")
        bad[field] = ""
        reply = wire.rpc("files/move_batch_v2", {"entries": [bad]})
        assert (reply.status_code, reply.text) == (400, text)
        assert service.files == before

    @pytest.mark.evidence("F7-10")
    @pytest.mark.parametrize("kind", ["copy", "move"])
    def test_the_first_version_of_a_batch_carries_out_all_entries_or_none(self, dbx, service, kind):
        launch = getattr(dbx, f"files_{kind}_batch")
        check = getattr(dbx, f"files_{kind}_batch_check")
        before = service.files, dbx.files_list_folder("", recursive=True).entries
        cursor = dbx.files_list_folder_get_latest_cursor("", recursive=True).cursor
        with pytest.deprecated_call():
            failed = launch(pairs(("/a", "/c"), ("/dir", "/d"), ("/gone", "/e")))
        with pytest.deprecated_call():
            status = outcome(check, failed)
        assert chain(status.get_failed()) == "from_lookup/not_found"
        assert (service.files, dbx.files_list_folder("", recursive=True).entries) == before
        assert dbx.files_list_folder_continue(cursor).entries == []
        with pytest.deprecated_call():
            done = launch(pairs(("/a", "/c"), ("/dir", "/d")))
        with pytest.deprecated_call():
            results = entries(check, done)
        assert [each.metadata for each in results] == [
            dbx.files_get_metadata("/c"),
            dbx.files_get_metadata("/d"),
        ]
        assert ("/a" in service.files) == (kind == "copy")

    def test_a_failed_batch_of_the_first_version_undoes_only_itself(self, dbx, service):
        with service.scratch():
            dbx.files_upload(b"4", "/kept")
            with pytest.deprecated_call():
                dbx.files_move_batch(pairs(("/a", "/c"), ("/gone", "/e")))
            assert (service.files["/kept"], service.files["/a"]) == (b"4", b"1")
        assert "/kept" not in service.files

    @pytest.mark.dropbox(personality=Personality(async_batches="never"))
    def test_a_failed_batch_of_the_first_version_always_starts_a_job(self, dbx):
        with pytest.deprecated_call():
            assert dbx.files_move_batch(pairs(("/gone", "/e"))).is_async_job_id()
        with pytest.deprecated_call():
            assert dbx.files_move_batch(pairs(("/a", "/e"))).is_complete()


class TestCreateFolderBatch:
    @pytest.mark.evidence("F8-02", "F1.6-11")
    def test_each_path_has_its_own_result(self, dbx, service):
        service.seed_files({"/file": b""})
        results = create(dbx, "/a/b", "/a", "/file", "/file/x", "/c//", "/c")
        assert words(results) == [
            "success",
            "path/conflict/folder",
            "path/conflict/file",
            "path/conflict/file_ancestor",
            "path/malformed_path",
            "success",
        ]
        assert results[0].get_success().metadata == dbx.files_get_metadata("/a/b")
        assert dbx.files_get_metadata("/c") == results[5].get_success().metadata

    @pytest.mark.evidence("F8-02")
    @pytest.mark.parametrize("autorename", [False, True])
    def test_a_repeated_path_is_created_once(self, dbx, autorename):
        dbx.files_create_folder_v2("/taken")
        results = create(dbx, "/x", "/taken", "/x", "/X", "/taken", autorename=autorename)
        assert results[0] == results[2] == results[3]
        assert results[1] == results[4]
        assert results[0].get_success().metadata.name == "x"
        assert words(results)[1] == ("success" if autorename else "path/conflict/folder")
        names = ["/taken", "/x", "/taken (1)"] if autorename else ["/taken", "/x"]
        assert sorted(paths(listed(dbx))) == sorted(names)

    def test_equal_results_are_different_objects(self, dbx):
        first, second = create(dbx, "/x", "/x")
        first.get_success().metadata.name = "mine"
        assert second.get_success().metadata.name == "x"

    def test_a_batch_may_create_nested_folders_or_be_empty(self, dbx):
        assert words(create(dbx, "/a", "/a/b", "/a/b/c")) == ["success"] * 3
        assert create(dbx) == []

    @pytest.mark.evidence("F8-02")
    def test_a_big_or_forced_batch_starts_a_job(self, dbx):
        names = [f"/{number}" for number in range(100)]
        assert dbx.files_create_folder_batch(names[:2]).is_complete()
        assert dbx.files_create_folder_batch(["/forced"], force_async=True).is_async_job_id()
        launched = dbx.files_create_folder_batch(names)
        assert launched.is_async_job_id()
        results = entries(dbx.files_create_folder_batch_check, launched)
        assert words(results) == ["path/conflict/folder"] * 2 + ["success"] * 98

    @pytest.mark.evidence("F1.4-09")
    def test_the_root_among_the_new_folders_makes_the_whole_batch_fail(self, dbx, wire, service):
        text = bad_input(dbx.files_create_folder_batch, ["/a", "/"])
        assert text.endswith("request body: paths: The root folder is unsupported.")
        assert wire.rpc("files/create_folder_batch", {"paths": ["/a", ""]}).text == text
        assert service.tree() == "/"


@pytest.mark.usefixtures("seeded")
class TestDeleteBatch:
    @pytest.mark.evidence("F8-05", "F1.6-12", "F8-03")
    def test_each_entry_has_its_own_result(self, dbx, service):
        rev = dbx.files_get_metadata("/a").rev
        meta = dbx.files_get_metadata("/b")
        results = delete(
            dbx,
            DeleteArg("/a", "123456789"),
            DeleteArg("/b"),
            DeleteArg("/b"),
            DeleteArg("/a/"),
            DeleteArg("/a", rev),
        )
        assert words(results) == [
            "path_write/conflict/file",
            "success",
            "path_lookup/not_found",
            "path_lookup/malformed_path",
            "success",
        ]
        assert results[1].get_success().metadata == meta
        assert service.files == {"/dir/x": b"3"}

    def test_a_file_in_a_folder_that_an_earlier_entry_deletes_is_not_found(self, dbx):
        results = delete(dbx, DeleteArg("/dir"), DeleteArg("/dir/x"))
        assert words(results) == ["success", "path_lookup/not_found"]
        assert isinstance(results[0].get_success().metadata, FolderMetadata)

    def test_an_empty_batch_has_no_results(self, dbx):
        assert delete(dbx) == []

    @pytest.mark.evidence("F1.4-09")
    def test_a_deletion_of_the_root_makes_the_whole_batch_fail(self, dbx, wire, service):
        text = bad_input(dbx.files_delete_batch, [DeleteArg("/a"), DeleteArg("/")])
        assert text.endswith("request body: entries.path: The root folder is unsupported.")
        arg = {"entries": [{"path": "/a"}, {"path": ""}]}
        assert wire.rpc("files/delete_batch", arg).text == text
        assert "/a" in service.files

    def test_the_first_invalid_path_is_reported(self, wire):
        arg = {"entries": [{"path": "x"}, {"path": ""}]}
        assert "entries.path: 'x' did not match pattern" in wire.rpc("files/delete_batch", arg).text


LIMITS = {
    "copy_batch_v2": ("entries", {"from_path": "/a", "to_path": "/b"}, 1000),
    "move_batch_v2": ("entries", {"from_path": "/a", "to_path": "/b"}, 1000),
    "copy_batch": ("entries", {"from_path": "/a", "to_path": "/b"}, 1000),
    "move_batch": ("entries", {"from_path": "/a", "to_path": "/b"}, 1000),
    "delete_batch": ("entries", {"path": "/a"}, 1000),
    "create_folder_batch": ("paths", "/a", 10_000),
}


@pytest.mark.evidence("F7-10", "F8-02", "F8-05", "F1.4-07")
@pytest.mark.parametrize("route", LIMITS)
def test_a_batch_with_more_entries_than_the_maximum_is_refused(wire, route):
    field, entry, most = LIMITS[route]
    assert wire.rpc(f"files/{route}", {field: [entry] * most}).status_code == 200
    reply = wire.rpc(f"files/{route}", {field: [entry] * (most + 1)})
    assert reply.status_code == 400
    assert reply.text.endswith(f"has more than {most} items")
    if "move" in route or "copy" in route:
        reply = wire.rpc(f"files/{route}", {field: []})
        assert reply.text.endswith(" has fewer than 1 items")
    reply = wire.rpc(f"files/{route}", {field: entry})
    assert reply.status_code == 400


@pytest.mark.parametrize("count", [0, 1001])
def test_the_sdk_refuses_empty_and_too_big_batches(dbx, count):
    for call in (dbx.files_copy_batch_v2, dbx.files_move_batch_v2):
        with pytest.raises(ValidationError):
            call(pairs(("/a", "/b")) * count)


def test_an_incomplete_entry_is_refused_by_the_sdk(dbx, service):
    half = RelocationPath("/a", "/b")
    del half.to_path
    with pytest.raises(ValidationError, match="to_path"):
        dbx.files_move_batch_v2([half])
    assert len(service.calls) == 0


def test_call_records_keep_a_copy_of_the_argument(dbx, service):
    given = pairs(("/a", "/b"))
    dbx.files_move_batch_v2(given)
    given[0].to_path = "/elsewhere"
    assert service.calls[0].arg.entries[0].to_path == "/b"


@pytest.mark.dropbox(app_folder="My App")
def test_batches_of_an_app_folder_app_see_its_folder_only(dbx, connect, service):
    full_access = connect(service.logins.create(app=service.apps.create("full")))
    secret = full_access.files_upload(b"x", "/secret")
    assert words(create(dbx, "/d")) == ["success"]
    ends = [("/secret", "/mine"), (secret.id, "/mine"), ("/d", "/e")]
    assert words(move(dbx, *ends))[2] == "success"
    assert paths(listed(dbx)) == ["/e"]
    assert words(delete(dbx, DeleteArg(secret.id)))[0] == "path_lookup/not_found"
    assert paths(listed(full_access, "/Apps/My App")) == ["/Apps/My App/e"]


class TestFaults:
    @pytest.mark.evidence("F9-02", "F4.1-10", "O6-04")
    def test_too_many_write_operations_fails_the_planned_entry(self, dbx, service):
        service.seed_files({"/a": b"1", "/b": b"2"})
        fault = service.faults.too_many_write_operations
        fault("files/move_batch_v2", answer="write_error", path="/B*")
        assert words(move(dbx, ("/a", "/1"), ("/b", "/2"))) == [
            "success",
            "too_many_write_operations",
        ]
        assert service.files == {"/1": b"1", "/b": b"2"}
        assert words(move(dbx, ("/b", "/2"))) == ["success"]  # the planned fault is used up
        fault("files/create_folder_batch", answer="write_error", path="/y")
        assert words(create(dbx, "/x", "/y")) == ["success", "path/too_many_write_operations"]
        fault("files/delete_batch", answer="write_error")
        assert words(delete(dbx, DeleteArg("/x"))) == ["too_many_write_operations"]
        fault("files/copy_batch", answer="write_error", path="/2")
        with pytest.deprecated_call():
            launched = dbx.files_copy_batch(pairs(("/1", "/3"), ("/2", "/4")))
        with pytest.deprecated_call():
            status = outcome(dbx.files_copy_batch_check, launched)
        assert status.get_failed().is_too_many_write_operations()
        assert "/3" not in service.files

    @pytest.mark.evidence("F4-12", "F7-09")
    def test_insufficient_space_fails_the_planned_entry(self, dbx, service):
        service.seed_files({"/a": b"1", "/b": b"2"})
        service.faults.insufficient_space("files/copy_batch_v2", path="/b")
        assert words(copy(dbx, ("/a", "/1"), ("/b", "/2"))) == [
            "success",
            "relocation_error/insufficient_quota",
        ]

    def test_a_fault_whose_path_is_in_no_entry_stays_planned(self, dbx, service):
        with service.scratch():
            service.faults.rate_limit("files/*_batch*", path="/else", optional=True)
            assert words(create(dbx, "/x")) == ["success"]
            assert service.faults.waiting
