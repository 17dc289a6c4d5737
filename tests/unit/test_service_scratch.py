"""`scratch()`: a state to play in, rolled back at the end; and what all that keeps in memory."""

import gc

import pytest
from dropbox.exceptions import ApiError

from fakedropbox import FakeDropboxService, SnapshotInvalid, UnfiredFault


@pytest.fixture
def service():
    return FakeDropboxService(files={"/a.txt": b"a", "/dir/b.txt": b"b"})


@pytest.fixture
def dbx(service):
    return service.client()


def log_length(service):
    return len(service.gate.world.files.undo._inverses)


def test_scratches_nest(service, dbx):
    with service.scratch() as outer:
        assert outer is service
        dbx.files_upload(b"1", "/1")
        with service.scratch():
            dbx.files_upload(b"2", "/2")
            dbx.files_delete_v2("/1")
        assert set(service.files) == {"/a.txt", "/dir/b.txt", "/1"}
    assert set(service.files) == {"/a.txt", "/dir/b.txt"}


def test_an_exception_inside_rolls_back_too(service, dbx):
    with pytest.raises(ApiError), service.scratch():
        dbx.files_upload(b"1", "/a.txt")
    assert service.files == {"/a.txt": b"a", "/dir/b.txt": b"b"}
    assert len(service.calls) == 0


def test_an_exception_inside_comes_before_a_fault_that_never_happened(service, dbx):
    service.faults.rate_limit("files/upload", optional=True)

    def act():
        with service.scratch():
            service.faults.lost_reply("files/delete_v2")
            dbx.files_get_metadata("/nothing")

    with pytest.raises(ApiError):
        act()
    service.faults.verify()


def test_a_fault_that_never_happened_inside(service):
    service.faults.rate_limit("files/upload")  # planned outside: another's business
    with pytest.raises(UnfiredFault, match="files/delete_v2") as caught, service.scratch():
        service.faults.lost_reply("files/delete_v2")
    assert "files/upload" not in str(caught.value)


def test_a_fault_that_never_happened_inside_after_a_clear(service):
    service.faults.rate_limit("files/upload")

    def act():
        with service.scratch():
            service.faults.clear()
            service.faults.lost_reply("files/delete_v2")

    with pytest.raises(UnfiredFault, match="files/delete_v2"):
        act()
    assert "files/upload" in repr(service.faults)


def test_a_reset_inside_leaves_nothing_to_go_back_to(service):
    with pytest.raises(SnapshotInvalid), service.scratch():
        service.reset()


# Cost


def test_nothing_is_kept_while_nobody_holds_a_snapshot(service, dbx):
    for number in range(20):
        dbx.files_upload(b"%d" % number, f"/{number}")
    dbx.files_move_v2("/dir", "/moved")
    service.seed_files({"/seeded": b"1"})
    assert log_length(service) == 0


def test_the_log_ends_with_the_last_snapshot(service, dbx):
    first = service.snapshot()
    dbx.files_upload(b"1", "/1")
    second = service.snapshot()
    kept = log_length(service)
    assert kept > 0
    del first
    gc.collect()
    dbx.files_upload(b"2", "/2")
    assert log_length(service) > kept  # the second one still needs it
    service.restore(second)
    del second
    gc.collect()
    assert log_length(service) == 0
    dbx.files_upload(b"3", "/3")
    assert log_length(service) == 0


def test_scratches_leave_no_log(service, dbx):
    for number in range(10):
        with service.scratch():
            dbx.files_upload(b"%d" % number, "/x")
        assert log_length(service) == 0


def test_a_long_lived_snapshot_keeps_only_what_lies_after_it(service, dbx):
    base = service.snapshot()
    lengths = set()
    for number in range(10):
        dbx.files_upload(b"%d" % number, "/x")
        lengths.add(log_length(service))
        service.restore(base)
    assert len(lengths) == 1
    assert log_length(service) == 0
