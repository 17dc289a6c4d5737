"""Tests of stored file data: equal data once, large data on disk, also under pyfakefs."""

import gc
import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dropbox
import pytest
from dropbox.files import WriteMode
from hypothesis import given
from hypothesis import strategies as st
from pyfakefs.fake_filesystem_unittest import Patcher
from tests.support.both_doors import DOORS, client_of, login_of

from fakedropbox import FakeDropboxService
from fakedropbox._base.undo import UndoLog
from fakedropbox._files import blobs
from fakedropbox._files.blobs import SPILL_BYTES, Blob, Blobs, content_hash

LARGE = bytes(range(251)) * (9 * 1024 * 1024 // 251)
"""Nine megabytes, more than is kept in memory: 251 bytes repeated, so all blocks differ."""

BLOCK = 4 * 1024 * 1024


@pytest.fixture
def small_spill(monkeypatch):
    """Store data of more than ten bytes on disk, so that a test does not need large data."""
    monkeypatch.setattr(blobs, "SPILL_BYTES", 10)


def hash_by_definition(data):
    """Return Dropbox's content hash, computed as its documentation describes."""
    stream, parts = io.BytesIO(data), b""
    while block := stream.read(BLOCK):
        parts += hashlib.sha256(block).digest()
    return hashlib.sha256(parts).hexdigest()


@pytest.mark.evidence("F2.1-04")
@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, len(LARGE)])
def test_content_hash_matches_its_definition(size):
    data = LARGE[:size]
    assert content_hash(data).hex() == hash_by_definition(data)


@pytest.mark.parametrize("door", DOORS)
def test_a_large_file_can_be_uploaded_and_downloaded(door, tmp_path):
    service = FakeDropboxService()
    assert len(LARGE) > SPILL_BYTES
    with client_of(door, service, **login_of(service)) as dbx:
        meta = dbx.files_upload(LARGE, "/large")
        assert (meta.size, meta.content_hash) == (len(LARGE), hash_by_definition(LARGE))
        _, response = dbx.files_download("/large")
        assert response.content == LARGE
        dbx.files_download_to_file(str(tmp_path / "out"), "/large")
        assert (tmp_path / "out").read_bytes() == LARGE
        _, response = dbx.files_download("/large")
        pieces = list(response.iter_content(1_000_003))
        assert b"".join(pieces) == LARGE
    assert service.read("/large") == LARGE
    assert service.files == {"/large": LARGE}


def test_large_data_is_not_kept_in_memory():
    blob = Blob(content_hash(LARGE), LARGE)
    assert not isinstance(blob._stored, bytes)
    assert blob.read() == LARGE
    assert blob.read(5, 9) == LARGE[5:9]
    small = Blob(content_hash(b"small"), b"small")
    assert small._stored == b"small"


@given(st.binary(max_size=40), st.integers(0, 45), st.integers(0, 45) | st.none(), st.booleans())
def test_read_returns_the_slice_of_the_data(data, start, stop, spilled):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blobs, "SPILL_BYTES", -1 if spilled else 100)
        patch.setattr(blobs, "_PIECE_BYTES", 7)  # so that reads cross the borders of pieces
        blob = Blob(b"", data)
        assert isinstance(blob._stored, bytes) != spilled
        assert blob.size == len(data)
        assert blob.read(start, stop) == data[start:stop]
        assert blob.read() == data
        with blob.open() as stream:
            assert stream.read(3) + stream.read() == data
            assert stream.read() == b""


def test_equal_data_is_kept_once():
    kept = Blobs(UndoLog())
    digest = content_hash(b"x")
    first = kept.keep(digest, b"x")
    assert kept.keep(digest, b"x") is first
    assert kept.keep(content_hash(b"y"), b"y") is not first


def test_undoing_a_write_removes_its_data():
    service = FakeDropboxService(files={"/kept": b"kept content"})
    kept = service.gate.world.files.blobs._by_digest
    with service.scratch():
        service.client().files_upload(b"other content", "/other")
        service.client().files_upload(b"kept content", "/again")
        assert len(kept) == 2
    assert len(kept) == 1
    service.client().files_upload(b"other content", "/other")
    assert service.files == {"/kept": b"kept content", "/other": b"other content"}


def test_equal_large_data_is_written_once(small_spill):
    service = FakeDropboxService()
    dbx = service.client()
    for number in range(5):
        dbx.files_upload(b"the same large content", f"/{number}")
    nodes = [node for node in service.gate.world.files.nodes if hasattr(node, "blob")]
    assert len({id(node.blob) for node in nodes}) == 1


OPEN_FILES = Path("/proc/self/fd")


def count_open_files():
    return len(list(OPEN_FILES.iterdir()))


@pytest.mark.skipif(
    not OPEN_FILES.is_dir(), reason="/proc/self/fd, where open files are counted, does not exist"
)
def test_files_on_disk_are_closed_when_their_data_is_collected():
    gc.collect()  # objects left by other tests
    opened = count_open_files()
    service = FakeDropboxService(files={"/large": LARGE, "/other": LARGE + b"x"})
    assert count_open_files() == opened + 2
    del service
    gc.collect()
    assert count_open_files() == opened


@pytest.mark.parametrize("door", DOORS)
def test_a_download_works_after_the_file_is_deleted(small_spill, door):
    service = FakeDropboxService(files={"/x": b"a large content"})
    with client_of(door, service, **login_of(service)) as dbx:
        _, response = dbx.files_download("/x")
        with service.scratch():
            dbx.files_upload(b"quite another content", "/x", mode=WriteMode.overwrite)
            _, other = dbx.files_download("/x")
        dbx.files_delete_v2("/x")
        service.reset()
        gc.collect()
        assert response.content == b"a large content"
        assert other.content == b"quite another content"


def test_concurrent_readers_of_one_file_do_not_interfere(small_spill):
    data = bytes(range(256)) * 50
    service = FakeDropboxService(files={"/x": data})

    def download(size):
        _, response = service.client().files_download("/x")
        return b"".join(response.iter_content(size))

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(download, range(7, 57))) == {data}


# Together with pyfakefs


def upload_and_download_to_disk(service, content):
    with dropbox.Dropbox(**login_of(service)) as dbx:
        dbx.files_upload(content, "/up")
        dbx.files_download_to_file("/out.bin", "/up")
    with open("/out.bin", "rb") as out:  # noqa: PTH123 -- the `open` of pyfakefs is tested
        assert out.read() == content
    assert service.read("/up") == content


SMALL_AND_LARGE = pytest.mark.parametrize("content", [b"small", LARGE], ids=["small", "large"])


@SMALL_AND_LARGE
def test_a_download_works_with_pyfakefs_started_before_the_service(fs, dropbox_active, content):
    upload_and_download_to_disk(dropbox_active, content)
    assert fs.exists("/out.bin")


@SMALL_AND_LARGE
def test_a_download_works_with_pyfakefs_started_after_the_service(dropbox_active, fs, content):
    upload_and_download_to_disk(dropbox_active, content)
    assert fs.exists("/out.bin")


def test_data_stored_before_pyfakefs_can_be_downloaded(dropbox_active, request):
    dropbox_active.seed_files({"/before": LARGE})
    fs = request.getfixturevalue("fs")
    assert not Path(__file__).exists()  # the real disk is hidden
    with dropbox.Dropbox(**login_of(dropbox_active)) as dbx:
        dbx.files_download_to_file("/out.bin", "/before")
    assert fs.get_object("/out.bin").size == len(LARGE)


def paths_on_disk(fs):
    return {str(path) for path in Path("/").rglob("*") if path.is_file()}


def test_spilled_data_is_not_stored_in_pyfakefs(fs, dropbox_service):
    """Check that data larger than the disk of pyfakefs can be stored and leaves no file there."""
    before = paths_on_disk(fs)
    fs.set_disk_usage(1024 * 1024)
    dropbox_service.seed_files({"/large": LARGE})
    assert paths_on_disk(fs) == before
    assert dropbox_service.read("/large") == LARGE


def test_spilled_data_can_be_read_after_pyfakefs_has_ended():
    service = FakeDropboxService()
    with Patcher():
        service.seed_files({"/large": LARGE})
    assert service.read("/large") == LARGE
    del service
    gc.collect()  # pytest reports an error here as a warning, which fails the test


# Services with large content that are dropped

DROPS = """
import gc
import sys

import pytest

from fakedropbox import FakeDropboxService

LARGE = bytes(9 * 1024 * 1024)
KEPT = FakeDropboxService(files={"/kept": LARGE})


@pytest.fixture(autouse=True)
def collected():
    yield
    gc.collect()


def test_a_service_is_dropped():
    FakeDropboxService(files={"/a": LARGE})


def test_a_service_in_a_cycle_is_dropped():
    service = FakeDropboxService(files={"/a": LARGE})
    service.files_of_the_test = [service]


def test_a_service_is_dropped_before_its_download():
    response = FakeDropboxService(files={"/a": LARGE}).client().files_download("/a")[1]
    assert response.raw.read(10) == bytes(10)


def test_a_service_is_dropped_with_an_open_session_and_a_snapshot():
    service = FakeDropboxService()
    snapshot = service.snapshot()
    dbx = service.client()
    dbx.files_upload_session_start(LARGE)
    dbx.files_upload(LARGE, "/b")
    service.restore(snapshot)


def test_a_fixture_drops_a_service(dropbox_service):
    dropbox_service.client().files_upload(LARGE, "/c")


def test_an_error_holds_a_service():
    service = FakeDropboxService(files={"/a": LARGE})
    with pytest.raises(AttributeError) as caught:
        service.client().files_uplaod
    del caught
"""


def test_dropped_services_with_large_content_cause_no_warning(pytester):
    """Check SQLite connections: one that is not closed warns from Python 3.13 on."""
    pytester.makepyfile(DROPS)
    utcnow = "ignore:datetime.datetime.utcnow:DeprecationWarning:dropbox"
    result = pytester.runpytest_subprocess("-W", "error", "-W", utcnow, "-p", "no:randomly")
    result.assert_outcomes(passed=6)
    assert result.stderr.str() == ""
