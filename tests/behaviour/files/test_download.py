"""Tests of `download`: the data, the response object, and refused paths."""

import time

import pytest
import requests
from dropbox.files import WriteMode
from tests.support.doors import content, refusal

from fakedropbox import FakeDropboxService

pytestmark = pytest.mark.every_door

DATA = b"0123456789"
BIG = bytes(range(256)) * 40_000  # above 8 MiB, so it is kept on disk


@pytest.mark.evidence("F1.1-02", "F5-01")
@pytest.mark.parametrize("data", [b"", b"x", b"\x00\xff" * 1000, "\u00e9\u0130".encode(), BIG])
def test_a_download_returns_the_uploaded_data(dbx, data):
    written = dbx.files_upload(data, "/a")
    meta, response = dbx.files_download("/a")
    assert meta == written
    assert isinstance(response, requests.Response)
    assert (response.status_code, response.ok) == (200, True)
    assert response.content == data
    assert response.headers["Content-Length"] == str(len(data))


@pytest.mark.parametrize("data", [DATA, BIG])
def test_the_data_of_a_download_can_be_read_in_parts(dbx, data):
    dbx.files_upload(data, "/a")
    with dbx.files_download("/a")[1] as response:
        assert b"".join(response.iter_content(1_000_000)) == data
    with dbx.files_download("/a")[1] as response:
        assert response.raw.read(3) == data[:3]
        assert response.raw.read() == data[3:]
    first, second = dbx.files_download("/a")[1], dbx.files_download("/a")[1]
    assert first.raw.read(5) == second.raw.read(5) == data[:5]  # each response has its own position


def test_reading_a_big_file_in_small_pieces_is_not_slow():
    """Reading in pieces from disk takes less than ten times as long as from memory."""
    sizes = [
        8 * 1024 * 1024,
        8 * 1024 * 1024 + 1,
    ]  # a file is kept on disk above 8 MiB
    dbx = FakeDropboxService(files={f"/{size}": bytes(size) for size in sizes}).client()

    def seconds(size):
        response = dbx.files_download(f"/{size}")[1]
        start = time.perf_counter()
        assert sum(map(len, response.iter_content(2000))) == size
        return time.perf_counter() - start

    in_memory, on_disk = (min(seconds(size) for _ in range(2)) for size in sizes)
    assert on_disk < 10 * in_memory


def test_a_download_returns_its_data_after_the_file_is_deleted(dbx):
    dbx.files_upload(BIG, "/a")
    _, response = dbx.files_download("/a")
    dbx.files_upload(b"", "/a", mode=WriteMode.overwrite)
    dbx.files_delete_v2("/a")
    assert response.content == BIG


def test_download_to_file_writes_the_data(dbx, tmp_path):
    written = dbx.files_upload(BIG, "/a")
    assert dbx.files_download_to_file(str(tmp_path / "a"), "/a") == written
    assert (tmp_path / "a").read_bytes() == BIG


def test_the_response_has_the_attributes_of_a_requests_response(dbx):
    dbx.files_upload(b'{"a": "\xc3\xa9"}', "/a.json")
    response = dbx.files_download("/a.json")[1]
    assert response.json() == {"a": "\u00e9"}
    response.raise_for_status()
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.elapsed.total_seconds() >= 0
    assert list(response.cookies) == response.history == []


@pytest.mark.evidence("F5-03")
def test_downloading_a_folder_or_a_missing_file_is_refused(dbx):
    dbx.files_upload(b"x", "/folder/file")
    dbx.files_delete_v2("/folder/file")
    assert refusal(dbx.files_download, "/folder") == "path/not_file"
    assert refusal(dbx.files_download, "/folder/file") == "path/not_found"
    assert refusal(dbx.files_download, "/missing") == "path/not_found"
    folder = dbx.files_get_metadata("/folder").id
    assert refusal(dbx.files_download, folder) == "path/not_file"


def test_a_download_changes_nothing(dbx, service):
    dbx.files_upload(b"x", "/a")
    cursor = dbx.files_list_folder("").cursor
    service.clock.advance(100)
    before = dbx.files_get_metadata("/a")
    assert content(dbx, "/a") == b"x"
    assert dbx.files_get_metadata("/a") == before
    assert dbx.files_list_folder_continue(cursor).entries == []
