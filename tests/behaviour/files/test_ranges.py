"""Tests of ranges and conditional downloads (F5-02; otherwise as in RFC 7233)."""

import inspect

import pytest
from dropbox import Dropbox
from dropbox.exceptions import HttpError
from tests.support.doors import refusal

from fakedropbox import NotImplementedInFake

pytestmark = pytest.mark.every_door

DATA = b"0123456789"
BIG = bytes(range(256)) * 40_000  # above 8 MiB, so it is kept on disk


@pytest.fixture
def get(dbx):
    """A function that downloads with one extra header."""
    if "extra_headers" not in inspect.signature(Dropbox.files_download).parameters:
        pytest.skip("this SDK's files_download has no extra_headers parameter")

    def download(name, value, path="/a"):
        return dbx.files_download(path, extra_headers={name: value})[1]

    return download


@pytest.mark.evidence("F5-02")
@pytest.mark.parametrize(
    ("requested", "start", "stop"),
    [
        ("bytes=2-4", 2, 5),
        ("bytes=0-0", 0, 1),
        ("bytes=3-", 3, 10),
        ("bytes=-3", 7, 10),
        ("bytes=-30", 0, 10),
        ("bytes=8-99", 8, 10),
        ("bytes= 2-4", 2, 5),
        ("bytes=,2-4 ,", 2, 5),
        (f"bytes=8-{'9' * 5000}", 8, 10),
        (f"bytes=-{'9' * 5000}", 0, 10),
        (f"bytes={'0' * 5000}2-4", 2, 5),
    ],
)
def test_a_range_returns_that_part_of_the_file(dbx, get, requested, start, stop):
    meta = dbx.files_upload(DATA, "/a")
    response = get("Range", requested)
    assert (response.status_code, response.content) == (206, DATA[start:stop])
    assert response.headers["Content-Range"] == f"bytes {start}-{stop - 1}/10"
    assert response.headers["Content-Length"] == str(stop - start)
    assert response.headers["Etag"] == f'W/"{meta.rev}"'
    assert response.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    "requested",
    [
        *("bytes=5-2", "bytes=-", "bytes", "bytes=x-", "lines=1-2", "", f"bytes={'9' * 5000}-5"),
        *("bytes=,", "bytes=0-1,x", "bytes=0-1,5-2", "bytes=0-1;2-3,4-5"),
    ],
)
def test_a_malformed_range_is_ignored(dbx, get, requested):
    dbx.files_upload(DATA, "/a")
    response = get("Range", requested)
    assert (response.status_code, response.content) == (200, DATA)


@pytest.mark.parametrize(
    ("data", "requested"),
    [
        (DATA, "bytes=10-"),
        (DATA, "bytes=99-100"),
        (DATA, "bytes=-0"),
        (b"", "bytes=0-"),
        (DATA, f"bytes={'9' * 5000}-"),
    ],
)
def test_a_range_beyond_the_end_is_416(dbx, get, wire, data, requested):
    dbx.files_upload(data, "/a")
    with pytest.raises(HttpError) as caught:
        get("Range", requested)
    assert caught.value.status_code == 416
    reply = wire.download({"path": "/a"}, headers={"Range": requested})
    assert (reply.status_code, reply.headers["Content-Range"]) == (416, f"bytes */{len(data)}")


@pytest.mark.dropbox(allow_not_implemented=True)
@pytest.mark.parametrize("requested", ["bytes=0-1,3-4", "bytes=-1,-2"])
def test_several_ranges_are_not_implemented(dbx, get, requested):
    dbx.files_upload(DATA, "/a")
    with pytest.raises(NotImplementedInFake, match="more than one range"):
        get("Range", requested)


@pytest.mark.dropbox(allow_not_implemented=True)
def test_if_range_is_not_implemented(wire):
    wire.upload({"path": "/a"}, DATA)
    headers = {"Range": "bytes=1-2", "If-Range": 'W/"x"'}
    with pytest.raises(NotImplementedInFake, match="If-Range"):
        wire.download({"path": "/a"}, headers=headers)


def test_a_range_of_a_file_kept_on_disk_can_be_downloaded(dbx, get):
    dbx.files_upload(BIG, "/a")
    assert get("Range", "bytes=1000000-3000000").content == BIG[1_000_000:3_000_001]
    tail = get("Range", "bytes=5-")  # also above 8 MiB
    assert b"".join(tail.iter_content(1_000_000)) == BIG[5:]
    assert get("Range", "bytes=5-").raw.read(3) == BIG[5:8]


@pytest.mark.evidence("F5-02")
@pytest.mark.parametrize("form", ['W/"{}"', '"{}"', '"other", W/"{}"', "*"])
def test_if_none_match_with_the_current_revision_is_304(dbx, get, wire, form):
    rev = dbx.files_upload(DATA, "/a").rev
    with pytest.raises(HttpError) as caught:
        get("If-None-Match", form.format(rev))
    assert caught.value.status_code == 304
    for method in ("POST", "GET"):
        known = {"If-None-Match": form.format(rev), "Range": "bytes=99-"}
        reply = wire.download({"path": "/a"}, headers=known, method=method)
        assert (reply.status_code, reply.content) == (304, b"")
        assert reply.headers["Etag"] == f'W/"{rev}"'


def test_if_none_match_with_another_revision_returns_the_data(dbx, get):
    rev = dbx.files_upload(DATA, "/a").rev
    assert get("If-None-Match", 'W/"123456789"').status_code == 200
    assert get("If-None-Match", rev).content == DATA  # without quotes it is not an entity tag


def test_a_range_may_be_of_a_path_with_a_revision(dbx, get):
    rev = dbx.files_upload(DATA, "/a").rev
    dbx.files_move_v2("/a", "/b")
    assert get("Range", "bytes=1-2", f"rev:{rev}").content == b"12"
    assert refusal(get, "Range", "bytes=1-2") == "path/not_found"


@pytest.mark.evidence("F5-02")
def test_call_records_have_the_outcomes_of_ranges_and_conditions(dbx, get, service):
    rev = dbx.files_upload(DATA, "/a").rev
    get("Range", "bytes=1-2")
    for header in [("Range", "bytes=10-"), ("If-None-Match", f'W/"{rev}"')]:
        with pytest.raises(HttpError):
            get(*header)
    assert [call.outcome for call in service.calls.of("files/download")] == ["ok", "416", "304"]
