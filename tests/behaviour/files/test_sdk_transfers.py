"""Tests of `dropbox.file_transfer` of the SDK: its pauses take no real time here."""

import io
import time

import dropbox
import pytest
from dropbox.exceptions import ApiError, HttpError
from dropbox.files import CommitInfo
from tests.support.doors import content_hash

from fakedropbox import faults

# The oldest supported SDK does not have this module.
transfer = pytest.importorskip("dropbox.file_transfer")

MIB = 1024 * 1024
BIG = bytes(range(256)) * (4 * 1024 * 20 + 1)  # two and a half of the SDK's parts of 8 MiB
SIZES = [0, 1, 8 * MIB, len(BIG)]


@pytest.fixture(autouse=True)
def active(service):
    """Activate the service, so that the pauses of `file_transfer` take no real time."""
    began = time.monotonic()
    with service.activate():
        yield
    assert time.monotonic() - began < 60, "60 seconds or more passed: a pause took real time"


def upload(dbx, data, **options):
    uploader = transfer.Uploader(dbx)
    options = transfer.UploadOptions(**options)
    return uploader.upload(transfer.BytesUpload(data), CommitInfo("/a"), options).metadata


def download(dbx, path="/a", **options):
    target = transfer.Bytes()
    transfer.Downloader(dbx).download(path, target, transfer.DownloadOptions(**options))
    return target.bytes()


@pytest.mark.evidence("F4.1-08", "F4-11")
@pytest.mark.parametrize("parallel", [0, 4])
@pytest.mark.parametrize("size", SIZES)
def test_upload_stores_the_whole_file(dbx, parallel, size):
    meta = upload(dbx, BIG[:size], parallel_uploads=parallel)
    assert meta == dbx.files_get_metadata("/a")
    assert (meta.size, meta.content_hash) == (size, content_hash(BIG[:size]))


@pytest.mark.evidence("F5-02")
@pytest.mark.parametrize("parallel", [0, 4])
@pytest.mark.parametrize("size", SIZES[1:])
def test_download_returns_the_whole_file(dbx, service, parallel, size):
    service.seed_files({"/a": BIG[:size]})
    seen = []
    assert download(dbx, parallel_downloads=parallel, progress=seen.append) == BIG[:size]
    assert seen[-1].bytes_committed == seen[-1].total_bytes == size


def test_a_parallel_download_of_an_empty_file_fails(dbx):
    """A parallel download requests the first byte, and the SDK does not handle the error 416."""
    dbx.files_upload(b"", "/a")
    assert download(dbx) == b""
    with pytest.raises(HttpError) as caught:
        download(dbx, parallel_downloads=4)
    assert caught.value.status_code == 416


def test_upload_file_and_download_file_copy_local_files(dbx, tmp_path):
    (tmp_path / "in").write_bytes(BIG)
    transfer.upload_file(dbx, str(tmp_path / "in"), CommitInfo("/a"))
    rev = dbx.files_get_metadata("/a").rev
    transfer.download_file(dbx, "/moved away", str(tmp_path / "out"), rev=rev)
    assert (tmp_path / "out").read_bytes() == BIG


def test_upload_reads_from_a_stream(dbx):
    source = transfer.ReaderUpload(io.BytesIO(BIG))
    transfer.Uploader(dbx).upload(source, CommitInfo("/a"))
    assert dbx.files_get_metadata("/a").content_hash == content_hash(BIG)


@pytest.mark.evidence("F4.1-04", "F9-07")
@pytest.mark.parametrize("parallel", [0, 4])
def test_transfers_retry_after_lost_replies_and_server_errors(connect, service, parallel):
    dbx = connect(max_retries_on_error=0)
    service.faults.server_error("files/upload_session/start")
    service.faults.lost_reply("files/upload_session/append_v2")
    service.faults.script([faults.server_error("files/upload_session/finish", 503)])
    assert upload(dbx, BIG, parallel_uploads=parallel).content_hash == content_hash(BIG)
    service.faults.lost_reply("files/download", times=2)
    before = service.clock.time()
    assert download(dbx, parallel_downloads=parallel) == BIG
    assert service.clock.time() > before  # the pause advanced the virtual clock
    service.faults.verify()


def test_transfers_raise_errors_that_a_retry_cannot_fix(dbx):
    with pytest.raises(ApiError):
        download(dbx, "/missing")
    dbx.files_create_folder_v2("/a")
    with pytest.raises(ApiError) as caught:
        upload(dbx, BIG)
    assert caught.value.error.is_path()


@pytest.mark.dropbox(app_folder="Small")
def test_transfers_work_in_an_app_folder(dbx, service):
    upload(dbx, BIG, parallel_uploads=3)
    assert download(dbx, parallel_downloads=3) == BIG
    assert list(service.files) == ["/Apps/Small/a"]
    assert dropbox.file_transfer is transfer
