"""Tests of `scratch()`, which rolls its changes back, and of the size of the undo log."""

import gc

import pytest
from dropbox.exceptions import ApiError

from fakedropbox import FakeDropboxService, SnapshotInvalid, UnfiredFault

URL = "https://example.com/a"


@pytest.fixture
def service():
    return FakeDropboxService(files={"/a.txt": b"a", "/dir/b.txt": b"b"})


@pytest.fixture
def dbx(service):
    return service.client()


def log_length(service):
    return len(service.gate.world.files.undo._inverses)


def test_scratches_can_be_nested(service, dbx):
    with service.scratch() as outer:
        assert outer is service
        dbx.files_upload(b"1", "/1")
        with service.scratch():
            dbx.files_upload(b"2", "/2")
            dbx.files_delete_v2("/1")
        assert set(service.files) == {"/a.txt", "/dir/b.txt", "/1"}
    assert set(service.files) == {"/a.txt", "/dir/b.txt"}


def test_an_exception_in_a_scratch_rolls_back_too(service, dbx):
    with pytest.raises(ApiError), service.scratch():
        dbx.files_upload(b"1", "/a.txt")
    assert service.files == {"/a.txt": b"a", "/dir/b.txt": b"b"}
    assert len(service.calls) == 0


def test_an_exception_in_a_scratch_is_raised_instead_of_the_unfired_fault(service, dbx):
    service.faults.rate_limit("files/upload", optional=True)

    def act():
        with service.scratch():
            service.faults.lost_reply("files/delete_v2")
            dbx.files_get_metadata("/nothing")

    with pytest.raises(ApiError):
        act()
    service.faults.verify()


def test_a_scratch_raises_an_error_at_its_end_if_its_own_fault_never_happened(service):
    # A fault that is planned outside is not verified by the scratch.
    service.faults.rate_limit("files/upload")
    with pytest.raises(UnfiredFault, match="files/delete_v2") as caught, service.scratch():
        service.faults.lost_reply("files/delete_v2")
    assert "files/upload" not in str(caught.value)


def test_a_scratch_raises_an_error_if_a_fault_after_its_clear_never_happened(service):
    service.faults.rate_limit("files/upload")

    def act():
        with service.scratch():
            service.faults.clear()
            service.faults.lost_reply("files/delete_v2")

    with pytest.raises(UnfiredFault, match="files/delete_v2"):
        act()
    assert "files/upload" in repr(service.faults)


def test_a_reset_in_a_scratch_is_refused(service, dbx):
    with service.scratch():
        dbx.files_upload(b"1", "/1")
        with service.scratch(), pytest.raises(SnapshotInvalid, match=r"reset\(\).*scratch\(\)"):
            service.reset()
        with pytest.raises(SnapshotInvalid, match=r"reset\(\).*scratch\(\)"):
            service.reset()
        assert "/1" in service.files
    assert set(service.files) == {"/a.txt", "/dir/b.txt"}
    service.reset()


def test_a_restore_of_a_state_before_a_scratch_is_refused_in_it(service, dbx):
    before = service.snapshot()
    with service.scratch():
        dbx.files_upload(b"1", "/1")
        within = service.snapshot()
        with pytest.raises(SnapshotInvalid, match=r"snapshot: .*before the scratch\(\)"):
            service.restore(before)
        dbx.files_upload(b"2", "/2")
        service.restore(within)
        assert set(service.files) == {"/a.txt", "/dir/b.txt", "/1"}
    service.restore(before)
    assert set(service.files) == {"/a.txt", "/dir/b.txt"}


def test_the_error_for_a_snapshot_from_before_a_reset_names_the_reset(service):
    before = service.snapshot()
    service.reset()
    with pytest.raises(SnapshotInvalid, match="reset"):
        service.restore(before)


# Size of the undo log


def test_the_undo_log_is_empty_without_a_snapshot(service, dbx):
    for number in range(20):
        dbx.files_upload(b"%d" % number, f"/{number}")
    dbx.files_move_v2("/dir", "/moved")
    service.seed_files({"/seeded": b"1"})
    assert log_length(service) == 0


def test_the_undo_log_is_emptied_with_the_last_snapshot(service, dbx):
    first = service.snapshot()
    dbx.files_upload(b"1", "/1")
    second = service.snapshot()
    kept = log_length(service)
    assert kept > 0
    del first
    gc.collect()
    dbx.files_upload(b"2", "/2")
    assert log_length(service) > kept  # the second snapshot still needs it
    service.restore(second)
    del second
    gc.collect()
    assert log_length(service) == 0
    dbx.files_upload(b"3", "/3")
    assert log_length(service) == 0


def test_scratches_leave_the_undo_log_empty(service, dbx):
    for number in range(10):
        with service.scratch():
            dbx.files_upload(b"%d" % number, "/x")
        assert log_length(service) == 0


def test_the_undo_log_has_only_the_changes_since_the_oldest_snapshot(service, dbx):
    base = service.snapshot()
    lengths = set()
    for number in range(10):
        dbx.files_upload(b"%d" % number, "/x")
        lengths.add(log_length(service))
        service.restore(base)
    assert len(lengths) == 1
    assert log_length(service) == 0


def test_a_scratch_restores_the_default_login(service):
    before = service.login
    with service.scratch():
        service.login = service.logins.create()
    assert service.login is before
    assert service.client().files_get_metadata("/a.txt").size == 1


def test_a_restore_restores_the_default_login(service):
    login, before = service.login, service.snapshot()
    later = service.login = service.logins.create()
    after = service.snapshot()
    service.restore(before)
    assert service.login is login
    with pytest.raises(SnapshotInvalid):
        service.restore(after)
    assert service.login is login
    assert service.login != later
    service.client().files_get_metadata("/a.txt")


def test_a_scratch_restores_the_web(service):
    def fetch(_):
        return b"2"

    before = service.web = {URL: b"1"}
    with service.scratch():
        service.web = fetch
        with service.scratch():
            service.web = {}
        assert service.web is fetch
    assert service.web is before
    assert before == {URL: b"1"}


@pytest.mark.parametrize("content", [{}, {URL: b"1"}])
def test_a_scratch_restores_a_web_that_was_filled_in_place(service, content):
    service.web.update(content)
    with service.scratch():
        service.web[URL] = b"3"
        service.web["https://example.com/other"] = b"4"
    assert service.web == content
