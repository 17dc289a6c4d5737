"""Tests of download responses: a `requests.Response`, from the direct client and the SDK."""

import contextlib
import copy
import io
import itertools
import pickle
import shutil
from datetime import timedelta

import pytest
import requests
from tests.support.both_doors import DOORS, client_of, login_of

from fakedropbox import FakeDropboxService, _files

CONTENT = bytes(range(256)) * 40


@pytest.fixture(params=[False, True], ids=["in memory", "on disk"])
def service(request, monkeypatch):
    monkeypatch.setattr(_files.blobs, "SPILL_BYTES", 10 if request.param else 10**9)
    return FakeDropboxService(files={"/x.bin": CONTENT, "/empty": b"", "/text": "é 5".encode()})


@pytest.fixture(params=DOORS)
def dbx(request, service):
    with client_of(request.param, service, **login_of(service)) as client:
        yield client


@pytest.fixture
def response(dbx):
    return dbx.files_download("/x.bin")[1]


def test_a_download_returns_a_successful_requests_response(response):
    assert isinstance(response, requests.Response)
    assert response.status_code == 200
    assert response.reason == "OK"
    assert response.ok
    assert bool(response)
    assert repr(response) == "<Response [200]>"
    response.raise_for_status()


def test_content_can_be_read_repeatedly(response):
    assert response.content == CONTENT
    assert response.content == CONTENT
    assert b"".join(response.iter_content(1000)) == CONTENT


@pytest.mark.parametrize("size", [1000, len(CONTENT), 10**6, None])
def test_iter_content_yields_all_pieces_and_ends(response, size, monkeypatch):
    # A body that never reports its end would be read forever, so the reads are limited.
    read, turns = response.raw.read, itertools.count()

    def read_at_most_50_times(*args, **kwargs):
        assert next(turns) < 50
        return read(*args, **kwargs)

    monkeypatch.setattr(response.raw, "read", read_at_most_50_times)
    pieces = list(response.iter_content(size))
    assert b"".join(pieces) == CONTENT
    if size:
        assert {len(piece) for piece in pieces[:-1]} <= {size}


def test_iter_content_consumes_the_stream(response):
    assert b"".join(response.iter_content(1000)) == CONTENT
    with pytest.raises(RuntimeError, match="already consumed"):
        _ = response.content
    with pytest.raises(requests.exceptions.StreamConsumedError):
        list(response.iter_content(10))


def test_raw_reads_the_content_to_its_end(response):
    assert response.raw.read(10) == CONTENT[:10]
    assert response.raw.read() == CONTENT[10:]
    assert response.raw.read() == b""


def test_raw_works_with_copyfileobj(response):
    target = io.BytesIO()
    shutil.copyfileobj(response.raw, target, 777)
    assert target.getvalue() == CONTENT


def test_a_partly_read_response_can_be_closed(response):
    assert next(response.iter_content(10)) == CONTENT[:10]
    response.close()


def test_close_works_before_and_after_reading(dbx):
    for use in (lambda _: None, lambda response: response.content, lambda response: response.raw):
        _, response = dbx.files_download("/x.bin")
        use(response)
        with contextlib.closing(response):
            pass
        response.close()
    with dbx.files_download("/x.bin")[1] as response:
        assert response.content == CONTENT


def test_text_lines_and_json_are_decoded(dbx, service):
    service.seed_files({"/j.json": b'{"a": [1]}', "/lines": b"1\n2\n"})
    assert dbx.files_download("/j.json")[1].json() == {"a": [1]}
    assert list(dbx.files_download("/lines")[1].iter_lines()) == [b"1", b"2"]
    _, response = dbx.files_download("/text")
    response.encoding = "utf-8"
    assert response.text == "é 5"


def test_an_empty_file_has_empty_content(dbx):
    meta, response = dbx.files_download("/empty")
    assert meta.size == 0
    assert response.content == b""
    assert list(dbx.files_download("/empty")[1].iter_content(10)) == []


@pytest.mark.evidence("F5-01")
def test_headers_describe_the_file(response):
    assert response.headers["content-length"] == str(len(CONTENT))
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["dropbox-api-result"].startswith('{"name": "x.bin"')
    assert len(response.headers["X-Dropbox-Request-Id"]) == 32


def test_rarely_used_attributes_have_plausible_values(response):
    assert response.history == []
    assert response.is_redirect is False
    assert response.links == {}
    assert response.next is None
    assert response.encoding is None
    assert list(response.cookies) == []
    assert isinstance(response.elapsed, timedelta)
    assert response.url.endswith("/files/download")
    assert not hasattr(response, "nonsense")


def pickled(response):
    return pickle.loads(pickle.dumps(response))  # noqa: S301 -- data of this test


@pytest.mark.parametrize("make_copy", [copy.copy, pickled])
def test_copied_and_pickled_responses_have_the_content(response, make_copy):
    copied = make_copy(response)
    assert copied.content == response.content == CONTENT
    assert copied.headers["Content-Length"] == response.headers["Content-Length"]
    assert copied.status_code == 200


def test_several_responses_can_be_read_in_turns(dbx):
    responses = [dbx.files_download("/x.bin")[1] for _ in range(5)]
    streams = [response.iter_content(1000) for response in responses]
    for _ in range(10):
        assert len({next(stream) for stream in streams}) == 1
    assert len({b"".join(stream) for stream in streams}) == 1
