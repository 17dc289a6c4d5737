"""Reading files, whole and in part."""

import time

import pytest
import requests
from dropbox.files import WriteMode
from tests.support.doors import content, refusal

from fakedropbox import FakeDropboxService

pytestmark = pytest.mark.every_door

DATA = b"0123456789"
BIG = bytes(range(256)) * 40_000  # above 8 MB: kept on disk


@pytest.mark.evidence("F1.1-02", "F5-01")
@pytest.mark.parametrize("data", [b"", b"x", b"\x00\xff" * 1000, "\u00e9\u0130".encode(), BIG])
def test_what_was_written_is_read(dbx, data):
    written = dbx.files_upload(data, "/a")
    meta, response = dbx.files_download("/a")
    assert meta == written
    assert isinstance(response, requests.Response)
    assert (response.status_code, response.ok) == (200, True)
    assert response.content == data
    assert response.headers["Content-Length"] == str(len(data))


@pytest.mark.parametrize("data", [DATA, BIG])
def test_the_response_streams(dbx, data):
    dbx.files_upload(data, "/a")
    with dbx.files_download("/a")[1] as response:
        assert b"".join(response.iter_content(1_000_000)) == data
    with dbx.files_download("/a")[1] as response:
        assert response.raw.read(3) == data[:3]
        assert response.raw.read() == data[3:]
    first, second = dbx.files_download("/a")[1], dbx.files_download("/a")[1]
    assert first.raw.read(5) == second.raw.read(5) == data[:5]  # each has a position of its own


def test_small_reads_of_a_big_file():
    """Whether a content is in memory or on disk, a loop over small pieces comes to its end."""
    sizes = [8 * 1024 * 1024, 8 * 1024 * 1024 + 1]  # from here on it is on disk
    dbx = FakeDropboxService(files={f"/{size}": bytes(size) for size in sizes}).client()

    def seconds(size):
        response = dbx.files_download(f"/{size}")[1]
        start = time.perf_counter()
        assert sum(map(len, response.iter_content(2000))) == size
        return time.perf_counter() - start

    in_memory, on_disk = (min(seconds(size) for _ in range(2)) for size in sizes)
    assert on_disk < 10 * in_memory


def test_a_download_outlives_what_happens_to_the_file(dbx):
    dbx.files_upload(BIG, "/a")
    _, response = dbx.files_download("/a")
    dbx.files_upload(b"", "/a", mode=WriteMode.overwrite)
    dbx.files_delete_v2("/a")
    assert response.content == BIG


def test_the_sdk_writes_it_to_a_file(dbx, tmp_path):
    written = dbx.files_upload(BIG, "/a")
    assert dbx.files_download_to_file(str(tmp_path / "a"), "/a") == written
    assert (tmp_path / "a").read_bytes() == BIG


def test_text_and_json_of_the_response(dbx):
    dbx.files_upload(b'{"a": "\xc3\xa9"}', "/a.json")
    response = dbx.files_download("/a.json")[1]
    assert response.json() == {"a": "\u00e9"}
    response.raise_for_status()
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.elapsed.total_seconds() >= 0
    assert list(response.cookies) == response.history == []


@pytest.mark.evidence("F5-03")
def test_what_is_no_file(dbx):
    dbx.files_upload(b"x", "/folder/file")
    dbx.files_delete_v2("/folder/file")
    assert refusal(dbx.files_download, "/folder") == "path/not_file"
    assert refusal(dbx.files_download, "/folder/file") == "path/not_found"
    assert refusal(dbx.files_download, "/missing") == "path/not_found"
    folder = dbx.files_get_metadata("/folder").id
    assert refusal(dbx.files_download, folder) == "path/not_file"


def test_reading_changes_nothing(dbx, service):
    dbx.files_upload(b"x", "/a")
    cursor = dbx.files_list_folder("").cursor
    service.clock.advance(100)
    before = dbx.files_get_metadata("/a")
    assert content(dbx, "/a") == b"x"
    assert dbx.files_get_metadata("/a") == before
    assert dbx.files_list_folder_continue(cursor).entries == []
