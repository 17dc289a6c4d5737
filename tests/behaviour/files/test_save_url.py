"""Tests of `save_url` (F5-09), where the test itself supplies the data of the URLs."""

import re

import pytest
from tests.support.doors import bad_input, chain, refusal

from fakedropbox import Personality

URL = "https://example.com/photo.jpg"
done_at_first_check = pytest.mark.dropbox(personality=Personality(async_checks=0))


def save_and_check(dbx, path, url=URL):
    """Return the metadata of the saved file, or the failure as text."""
    launched = dbx.files_save_url(path, url)
    assert launched.is_async_job_id()
    status = dbx.files_save_url_check_job_status(launched.get_async_job_id())
    return chain(status.get_failed()) if status.is_failed() else status.get_complete()


@pytest.mark.evidence("F5-09", "F10-15", "F2.1-01")
def test_save_url_saves_the_file_in_a_job(dbx, service):
    service.web[URL] = b"pixels"
    launched = dbx.files_save_url("/new/photo.jpg", URL)
    job = launched.get_async_job_id()
    assert re.fullmatch(r"[\w-]{22}", job)
    assert dbx.files_save_url_check_job_status(job).is_in_progress()
    for _ in range(2):
        meta = dbx.files_save_url_check_job_status(job).get_complete()
        assert meta == dbx.files_get_metadata("/new/photo.jpg")
    assert service.files == {"/new/photo.jpg": b"pixels"}
    assert refusal(dbx.files_save_url_check_job_status, "x") == "invalid_async_job_id"
    assert refusal(dbx.files_delete_batch_check, job) == "invalid_async_job_id"


@done_at_first_check
def test_a_function_may_supply_the_data_of_urls(dbx, service):
    requested = []

    def fetch(url):
        requested.append(url)
        return url.encode() if "there" in url else None

    service.web = fetch
    assert save_and_check(dbx, "/a", "http://there/x?y=1").size == 18
    assert save_and_check(dbx, "/b", "http://nowhere") == "download_failed"
    assert (requested, list(service.files)) == (["http://there/x?y=1", "http://nowhere"], ["/a"])
    service.reset()
    assert service.web == {}


@done_at_first_check
@pytest.mark.evidence("F5-09")
def test_invalid_urls_paths_and_data_are_refused(dbx, service):
    service.web = {URL: b"new", "https://bad/": "text"}
    service.seed_files({"/a.jpg": b"old"})
    bad = ("1a6a24061000", "", "ftp://example.com/x", "https://", "https://[x", "https://x:99999/")
    for text in bad:
        assert refusal(dbx.files_save_url, "/b", text) == "invalid_url"
    assert refusal(dbx.files_save_url, "//", URL) == "path/malformed_path"
    assert bad_input(dbx.files_save_url, "/", URL).endswith("The root folder is unsupported.")
    assert save_and_check(dbx, "/a.jpg/b") == "path/conflict/file_ancestor"
    with pytest.raises(TypeError, match="web: expected bytes at 'https://bad/', got str"):
        service.client().files_save_url("/b", "https://bad/")  # text instead of bytes
    with pytest.raises(TypeError, match="web"):
        service.web = 3
    assert service.files == {"/a.jpg": b"old"}
    assert save_and_check(dbx, "/a.jpg").name == "a (1).jpg"
    assert service.files == {"/a.jpg": b"old", "/a (1).jpg": b"new"}


@done_at_first_check
@pytest.mark.evidence("F5-09")
@pytest.mark.parametrize(("seconds", "expected"), [(900, b"slow"), (901, None)])
def test_the_job_fails_after_fifteen_minutes(dbx, service, seconds, expected):
    def fetch(url):
        service.clock.advance(seconds)
        return b"slow"

    service.web = fetch
    found = save_and_check(dbx, "/a")
    assert service.files.get("/a") == expected
    assert (found == "download_failed") == (expected is None)


@done_at_first_check
@pytest.mark.evidence("F1.6-14")
def test_launches_and_results_have_the_json_of_dropbox(wire, service):
    service.web[URL] = b"1"

    def status(url):
        launched = wire.rpc("files/save_url", {"path": "/a", "url": url}).json()
        assert list(launched) == [".tag", "async_job_id"]
        del launched[".tag"]
        return wire.rpc("files/save_url/check_job_status", launched).json()

    done = status(URL)
    assert (done[".tag"], done["name"]) == ("complete", "a")
    assert status("https://gone/") == {".tag": "failed", "failed": {".tag": "download_failed"}}


@pytest.mark.evidence("F5-09")
def test_restoring_a_snapshot_removes_a_later_job(dbx, service):
    service.web[URL] = b"1"
    with service.scratch():
        job = dbx.files_save_url("/a", URL).get_async_job_id()
    assert service.files == {}
    assert refusal(dbx.files_save_url_check_job_status, job) == "invalid_async_job_id"
