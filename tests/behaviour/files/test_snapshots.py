"""Tests of snapshots, `scratch` and `reset`, as clients see them."""

import pytest
from dropbox.files import WriteMode
from tests.support.doors import changes, content, listed, paths, refusal, rows

from fakedropbox import FakeDropboxService, SnapshotInvalid, UnfiredFault

FOUR_HOURS = 4 * 3600


def everything(dbx):
    return listed(dbx, "", recursive=True, include_deleted=True)


def test_scratch_rolls_back_uploads_moves_deletions_and_new_folders(dbx, service):
    first = dbx.files_upload(b"1", "/Folder/File")
    dbx.files_upload(b"gone", "/gone")
    dbx.files_delete_v2("/gone")
    before = everything(dbx)
    with service.scratch():
        dbx.files_upload(b"2", "/folder/FILE", mode=WriteMode.overwrite)
        dbx.files_upload(b"back", "/gone")
        dbx.files_move_v2("/Folder", "/Other/Folder")
        dbx.files_move_v2("/other/folder/file", "/other/folder/fILE", autorename=True)
        dbx.files_delete_v2("/Other")
        dbx.files_create_folder_v2("/folder")
        assert everything(dbx) != before
    assert everything(dbx) == before
    assert content(dbx, "/folder/file") == b"1"
    assert content(dbx, f"rev:{first.rev}") == b"1"
    assert service.files == {"/Folder/File": b"1"}
    assert refusal(dbx.files_get_metadata, "/other", include_deleted=True) == "path/not_found"


def test_the_same_calls_after_a_restore_have_the_same_results(dbx, service):
    dbx.files_upload(b"0", "/a")
    outcomes = []
    for _ in range(2):
        with service.scratch():
            service.clock.advance(60)
            meta = dbx.files_upload(b"1", "/b/c")
            moved = dbx.files_move_v2("/b", "/d").metadata
            outcomes.append((meta, moved, dbx.files_list_folder("").entries, service.clock.now()))
    assert outcomes[0] == outcomes[1]


def test_a_snapshot_and_older_ones_can_be_restored_again(dbx, service):
    snapshots = []
    for number in range(4):
        snapshots.append(service.snapshot())
        dbx.files_upload(b"", f"/{number}")
    service.restore(snapshots[2])
    service.restore(snapshots[2])
    assert paths(listed(dbx)) == ["/0", "/1"]
    with pytest.raises(SnapshotInvalid):
        service.restore(snapshots[3])
    dbx.files_upload(b"", "/x")
    service.restore(snapshots[1])
    assert paths(listed(dbx)) == ["/0"]
    service.restore(snapshots[0])
    assert listed(dbx) == []
    with pytest.raises(SnapshotInvalid):
        service.restore(FakeDropboxService().snapshot())


@pytest.mark.evidence("F4-12")
def test_a_restore_restores_the_used_quota(dbx, service):
    tree = service.gate.world.files.trees[service.accounts.default.namespace_id]
    tree.capacity = 10
    dbx.files_upload(b"12345", "/a")
    with service.scratch():
        dbx.files_upload(b"12345", "/b")
        dbx.files_upload(b"1", "/a", mode=WriteMode.overwrite)
        dbx.files_move_v2("/b", "/c")
    with service.scratch():
        dbx.files_delete_v2("/a")
        dbx.files_upload(b"1234567890", "/b")
    assert refusal(dbx.files_upload, b"123456", "/b") == "path/insufficient_space"
    dbx.files_upload(b"12345", "/b")


def test_autorename_numbers_from_one_again_after_a_restore(dbx, service):
    dbx.files_upload(b"0", "/a")
    with service.scratch():
        for number in range(1, 4):
            dbx.files_upload(b"%d" % number, "/a", autorename=True)
    assert dbx.files_upload(b"x", "/a", autorename=True).name == "a (1)"


@pytest.mark.evidence("F6.2-04")
def test_a_cursor_reports_the_same_after_an_undone_change(dbx, service):
    cursor = dbx.files_list_folder("", recursive=True).cursor
    dbx.files_upload(b"1", "/a/b")
    reported = rows(changes(dbx, cursor)[0])
    for change in (
        lambda: dbx.files_upload(b"2", "/a/b", mode=WriteMode.overwrite),
        lambda: dbx.files_move_v2("/a", "/c"),
        lambda: dbx.files_delete_v2("/a/b"),
    ):
        with service.scratch():
            change()
        assert rows(changes(dbx, cursor)[0]) == reported == [("folder", "/a"), ("file", "/a/b")]


def test_scratch_rolls_back_call_records_and_planned_faults(dbx, service):
    service.faults.server_error("files/upload", times=2)
    listed(dbx)
    with service.scratch():
        dbx.files_upload(b"x", "/a")
        assert not service.faults.waiting
    assert len(service.calls) == 1
    dbx.files_upload(b"x", "/a")
    assert [call.outcome for call in service.calls] == ["ok", "500", "500", "ok"]


def test_a_fault_planned_in_scratch_must_happen_in_scratch(service):
    with pytest.raises(UnfiredFault), service.scratch():
        service.faults.server_error("files/upload")
    assert not service.faults.waiting


class TestTokens:
    @pytest.mark.parametrize("hours", [4, 4.5, 100])
    def test_a_client_works_after_an_undone_refresh(self, dbx, service, hours):
        with service.scratch():
            service.clock.advance(hours * 3600)
            dbx.files_upload(b"x", "/a")
        assert listed(dbx) == []
        service.clock.advance(FOUR_HOURS)
        assert listed(dbx) == []

    def test_a_token_that_expired_in_scratch_is_valid_again(self, connect, service):
        dbx = connect(oauth2_refresh_token=None, oauth2_access_token_expiration=None)
        with service.scratch():
            service.clock.advance(FOUR_HOURS)
            with pytest.raises(Exception, match="expired"):
                dbx.files_list_folder("")
        assert listed(dbx) == []

    def test_accounts_and_logins_are_rolled_back(self, connect, service):
        with service.scratch():
            account = service.accounts.create("other@example.com")
            other = connect(service.logins.create(account))
            other.files_upload(b"x", "/a")
        assert len(service.accounts) == 1
        with pytest.raises(Exception, match=r"(invalid|expired)_access_token"):
            other.files_list_folder("")
        again = connect(service.logins.create(service.accounts.create("other@example.com")))
        assert listed(again) == []


class TestReset:
    def test_clients_stay_usable_after_a_service_reset(self, dbx, service):
        dbx.files_upload(b"x", "/a/b")
        service.clock.advance(10 * FOUR_HOURS)
        listed(dbx)
        service.reset()
        assert len(service.calls) == 0
        assert everything(dbx) == []
        assert paths([dbx.files_upload(b"x", "/new")]) == ["/new"]

    @pytest.mark.dropbox(files={"/seed.txt": b"seed"}, app_folder=None)
    def test_reset_restores_the_initial_files(self, dbx, service):
        before = everything(dbx)
        dbx.files_delete_v2("/seed.txt")
        service.reset()
        assert everything(dbx) == before
        assert rows(before) == [("file", "/seed.txt")]

    def test_reset_invalidates_earlier_snapshots(self, dbx, service):
        snapshot = service.snapshot()
        dbx.files_upload(b"x", "/a")
        service.reset()
        with pytest.raises(SnapshotInvalid):
            service.restore(snapshot)


def test_seeding_is_recorded_as_a_change_but_not_as_a_call(dbx, service):
    cursor = dbx.files_list_folder("", recursive=True).cursor
    service.seed_files({"/a/b": b"x", "/c": b"y"})
    assert len(service.calls) == 1
    assert rows(changes(dbx, cursor)[0]) == [("folder", "/a"), ("file", "/a/b"), ("file", "/c")]
    service.seed_files({"/A/B": b"z"})
    assert service.files == {"/a/B": b"z", "/c": b"y"}
    with pytest.raises(ValueError, match="refuses"):
        service.seed_files({"/d": b"", "/c/below": b""})
    assert paths(listed(dbx)) == ["/a", "/c"]
