"""Tests of faults on the socket: resets, truncated or slow bodies, and missing replies."""

import time

import dropbox
import pytest
import requests
from tests.support.plain_http import Http, connected, read_head, rest

from fakedropbox import FakeDropboxService, SystemClock, faults


@pytest.fixture
def outcomes(dropbox_service):
    return lambda: [call.outcome for call in dropbox_service.calls]


def test_a_connection_is_reset_before_or_after_the_call_is_applied(http, dropbox_service, outcomes):
    dropbox_service.faults.connection_refused("files/upload")
    dropbox_service.faults.lost_reply("files/upload")
    with pytest.raises(requests.ConnectionError):
        http.upload({"path": "/a"}, b"x")
    assert dropbox_service.files == {}
    with pytest.raises(requests.ConnectionError):
        http.upload({"path": "/a"}, b"x")
    assert dropbox_service.files == {"/a": b"x"}
    assert outcomes() == ["connection refused", "reply lost"]
    assert http.download("/a").content == b"x"


@pytest.mark.parametrize("size", [1, 1000, 10_000_000])
def test_a_truncated_body_raises_and_the_next_one_is_complete(
    http, dropbox_service, outcomes, size
):
    dropbox_service.seed_files({"/a": bytes(size)})
    dropbox_service.faults.truncated_body("files/download")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        http.download("/a")
    assert len(http.download("/a").content) == size
    assert outcomes() == ["reply truncated", "ok"]


def test_a_truncated_body_has_half_the_announced_length(dropbox_server, dropbox_service):
    dropbox_service.faults.truncated_body("files/create_folder_v2")
    token = dropbox_service.login.access_token
    with connected(dropbox_server) as tls:
        tls.sendall(
            b"POST /2/files/create_folder_v2 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 14\r\n"
            b"Content-Type: application/json\r\nAuthorization: Bearer "
            + token.encode()
            + b'\r\n\r\n{"path": "/f"}'
        )
        head = read_head(tls)
        length = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0])
        assert len(rest(tls)) == length // 2
    assert "f/" in dropbox_service.tree()


def test_the_body_of_an_error_can_be_truncated(http, dropbox_service, outcomes):
    dropbox_service.faults.truncated_body("files/get_metadata")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        http.rpc("files/get_metadata", {"path": "/gone"})
    assert outcomes() == ["path/not_found"]


def test_a_truncated_empty_body_is_a_lost_reply(http, dropbox_service):
    dropbox_service.seed_files({"/a": b""})
    dropbox_service.faults.truncated_body("files/download")
    with pytest.raises(requests.ConnectionError):
        http.download("/a")


def test_a_manual_clock_is_advanced_instead_of_waiting(http, dropbox_service, outcomes):
    dropbox_service.seed_files({"/a": bytes(1000)})
    dropbox_service.faults.slow_body("files/download", 60)
    dropbox_service.faults.stalled_reply("files/upload", 3600)
    before = dropbox_service.clock.time()
    assert http.download("/a").content == bytes(1000)
    assert dropbox_service.clock.time() - before == pytest.approx(60)
    with pytest.raises(requests.ConnectionError):
        http.upload({"path": "/b"}, b"x")
    assert dropbox_service.clock.time() - before == pytest.approx(3660)
    assert dropbox_service.read("/b") == b"x"
    assert outcomes() == ["ok", "reply lost"]


def test_a_system_clock_makes_the_client_wait_until_its_timeout():
    service = FakeDropboxService(clock=SystemClock(), files={"/a": bytes(1000)})
    with service.serve() as server:
        http = Http(server)
        service.faults.slow_body("files/download", 0.5)
        began = time.monotonic()
        assert http.download("/a").content == bytes(1000)
        assert 0.5 <= time.monotonic() - began < 5
        service.faults.stalled_reply("files/download", 1)
        with pytest.raises(requests.ReadTimeout):
            http.session.post(
                f"{server.url}/2/files/download",
                headers={**http.authorization, "Dropbox-API-Arg": '{"path": "/a"}'},
                timeout=0.2,
            )


@pytest.mark.parametrize("kind", [faults.truncated_body, faults.slow_body, faults.stalled_reply])
def test_wire_faults_within_the_process_lose_the_reply_or_take_time(dropbox_active, kind):
    seconds = {} if kind is faults.truncated_body else {"seconds": 60}
    dropbox_active.faults.add(kind("files/upload", **seconds))
    before = dropbox_active.clock.time()
    with dropbox.Dropbox(dropbox_active.login.access_token) as dbx:
        if kind is faults.slow_body:
            dbx.files_upload(b"x", "/a")
        else:
            with pytest.raises(requests.RequestException, match=r"a planned fault"):
                dbx.files_upload(b"x", "/a")
    assert dropbox_active.files == {"/a": b"x"}
    assert dropbox_active.clock.time() - before == (60 if seconds else 0)


@pytest.mark.parametrize("kind", [faults.slow_body, faults.stalled_reply])
@pytest.mark.parametrize("seconds", [-1, float("inf"), "1", True])
def test_invalid_seconds_or_routes_raise(kind, seconds):
    with pytest.raises((TypeError, ValueError), match=r"seconds: expected .*got"):
        kind("files/upload", seconds)
    with pytest.raises(ValueError, match="route: expected"):
        kind("oauth2/token", 1)
