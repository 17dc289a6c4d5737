"""Tests of the server with and without the fast packages, an HTTP parser and an event loop.

All other tests use those that are installed.
"""

import json
import socket
import ssl
import sys
import threading
from contextlib import contextmanager, suppress

import pytest
import requests
from tests.support.plain_http import Http, address

from fakedropbox import FakeDropboxService, SystemClock
from fakedropbox._files.blobs import Blob
from fakedropbox.server import speedups
from fakedropbox.server.running import Server, Settings
from fakedropbox.server.time_outs import TimeOuts

PACKAGES = ("httptools", "uvloop")
HEAD = b"GET /_fake/health HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(params=["fast", "plain"], autouse=True)
def kind(request, monkeypatch):
    """Use the fast packages, or pretend that they are not installed."""
    for package in PACKAGES:
        if request.param == "plain":
            monkeypatch.setitem(sys.modules, package, None)
        else:
            pytest.importorskip(package)
    return request.param


@contextmanager
def connected(server):
    """Yield a TLS connection to a server."""
    host, _, port = server.url.removeprefix("https://").partition(":")
    context = ssl.create_default_context(cafile=server.ca_file)
    with (
        socket.create_connection((host, int(port)), timeout=30) as raw,
        context.wrap_socket(raw, server_hostname=host) as tls,
    ):
        yield tls


def rest(tls):
    """Return everything that arrives until the end of the connection."""
    return b"".join(iter(lambda: tls.recv(65536), b""))


def serving(clock=None, **time_outs):
    settings = Settings(time_outs=TimeOuts(**{"header": 60, "idle": 60, **time_outs}))
    return Server(FakeDropboxService(clock=clock), settings=settings)


def test_the_fast_packages_are_used_if_they_are_installed(kind):
    loop = speedups.new_event_loop()
    loop.close()
    assert (type(loop).__module__, speedups.protocol().__module__) == {
        "fast": ("uvloop", "fakedropbox.server.httptools_protocol"),
        "plain": ("asyncio.unix_events", "fakedropbox.server.h11_protocol"),
    }[kind]


def test_requests_and_refusals_are_answered():
    with serving() as server:
        http = Http(server)
        assert http.upload({"path": "/a"}, b"x" * 100_000).status_code == 200
        assert http.upload({"path": "/b"}, iter([b"in ", b"pieces"])).status_code == 200
        assert http.upload({"path": "/empty"}, b"").status_code == 200
        assert http.download("/a").content == b"x" * 100_000
        assert http.download("/b").content == b"in pieces"
        assert http.download("/empty").content == b""
        assert http.rpc("files/get_metadata", {"path": "/none"}).status_code == 409


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 130 * 1024,
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 300 * 1024,
    ],
    ids=["no HTTP", "no host", "large head", "very large head"],
)
def test_a_malformed_request_is_refused(sent):
    with serving() as server, connected(server) as tls:
        tls.sendall(sent)
        reply = rest(tls)
    assert reply.startswith(b"HTTP/1.1 400 Bad Request")
    assert reply.endswith(b"Invalid HTTP request received.")


@pytest.mark.parametrize(
    ("sent", "time_outs"),
    [
        (b"", {"header": 0.2}),
        (HEAD, {"header": 0.2}),
        (b"POST /2/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nab", {"idle": 0.2}),
        (HEAD + b"\r\n", {"idle": 0.2}),
        (HEAD + b"\r\n" + HEAD, {"header": 0.2}),
    ],
    ids=["nothing", "part of a head", "part of a body", "no further request", "second head"],
)
def test_a_connection_on_which_nothing_comes_is_closed(sent, time_outs):
    with serving(**time_outs) as server, connected(server) as tls:
        tls.sendall(sent)
        rest(tls)  # it returns when the server closes the connection


def test_requests_that_are_sent_together_are_answered_in_order():
    with serving() as server, connected(server) as tls:
        tls.sendall(HEAD + b"\r\n" + HEAD + b"Connection: close\r\n\r\n")
        replies = rest(tls).split(b"HTTP/1.1 ")[1:]
    assert [reply[:3] for reply in replies] == [b"200", b"200"]
    assert json.loads(replies[0].partition(b"\r\n\r\n")[2]) is not None


def test_a_longpoll_that_arrives_with_another_call_is_not_closed_as_idle():
    with serving(SystemClock(), idle=0.1) as server, connected(server) as tls:
        http = Http(server)
        http.rpc("files/create_folder_v2", {"path": "/a"})
        cursor = http.rpc("files/list_folder", {"path": "/a"}).json()["cursor"]
        body = json.dumps({"cursor": cursor, "timeout": 30}).encode()
        post = "POST /2/files/{} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        call = (
            f"{post.format('get_metadata')}Authorization: Bearer "
            f"{server.service.login.access_token}\r\nContent-Length: 14\r\n\r\n"
        )
        poll = f"{post.format('list_folder/longpoll')}Content-Length: {len(body)}\r\n"
        call += '{"path": "/a"}' + poll + "Connection: close\r\n\r\n"
        tls.sendall(call.encode() + body)
        change = threading.Timer(0.4, lambda: Http(server).upload({"path": "/a/b"}, b""))
        change.start()
        replies = rest(tls).split(b"HTTP/1.1 ")[1:]
        change.join()
    assert [reply[:3] for reply in replies] == [b"200", b"200"]
    assert json.loads(replies[1].partition(b"\r\n\r\n")[2])["changes"] is True


def test_a_client_that_reads_late_gets_all_responses_in_order():
    count = 40
    with serving() as server, connected(server) as tls:
        names = [f"/{number}" for number in range(count)]
        http = Http(server)
        for name in names:
            http.upload({"path": name}, name.encode() * 40_000)
        for name in names:
            head = (
                "POST /2/files/download HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
                f"Authorization: Bearer {server.service.login.access_token}\r\n"
                f'Dropbox-API-Arg: {{"path": "{name}"}}\r\n\r\n'
            )
            tls.sendall(head.encode())
        tls.sendall(HEAD + b"Connection: close\r\n\r\n")
        *replies, _ = rest(tls).split(b"HTTP/1.1 ")[1:]
    bodies = [reply.partition(b"\r\n\r\n")[2] for reply in replies]
    assert bodies == [name.encode() * 40_000 for name in names]


def test_a_lost_reply_breaks_the_connection():
    with serving() as server:
        server.service.faults.lost_reply("files/get_metadata")
        http = Http(server)
        with pytest.raises(OSError, match=r"(?i)reset|aborted|without response|closed"):
            http.rpc("files/get_metadata", {"path": "/none"})
        assert http.rpc("files/get_metadata", {"path": "/none"}).status_code == 409


def whole(body):
    """Return a body that is sent with its length: the fast packages give it the short way."""
    return body


def in_chunks(body):
    """Return a body that is sent in chunks: a call with it becomes a task."""
    return iter([body])


WAYS = whole, in_chunks


def test_a_call_has_the_same_response_whichever_way_it_takes():
    assert responses(whole) == responses(in_chunks)


def responses(way):
    """Return the responses of a new server to some calls, without the real time in them."""
    found = []

    def call(status, body, **headers):
        route = "download" if "Dropbox_API_Arg" in headers else "get_metadata"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        reply = http.send(f"/2/files/{route}", way(body), named)
        assert reply.status_code == status
        head = [(name, value) for name, value in reply.raw.headers.items() if name != "date"]
        found.append((reply.status_code, head, reply.content))

    with serving() as server:
        http = Http(server)
        rev = http.upload({"path": "/a"}, b"content").json()["rev"]
        http.upload({"path": "/large"}, b"x" * 300_000)
        rpc = {"Content_Type": "application/json"}
        call(200, b'{"path": "/a"}', **rpc)
        call(409, b'{"path": "/none"}', **rpc)
        call(400, b"no JSON", **rpc)
        call(200, b'{"path": "/a"}', **rpc, Origin="https://example.com")
        call(421, b'{"path": "/a"}', **rpc, Host="example.com")
        call(200, b"", Dropbox_API_Arg='{"path": "/a"}')
        call(200, b"", Dropbox_API_Arg='{"path": "/large"}')
        call(304, b"", Dropbox_API_Arg='{"path": "/a"}', If_None_Match=f'"{rev}"')
    return found


@pytest.mark.parametrize("fails", ["answer", "services.of"])
def test_an_unexpected_error_is_the_same_whichever_way_a_call_takes(monkeypatch, caplog, fails):
    def fail(*_):
        raise ValueError("unexpected")

    with serving() as server:
        http = Http(server)
        owner = server if fails == "answer" else server.services
        monkeypatch.setattr(owner, fails.rpartition(".")[2], fail)
        for way in WAYS:
            reply = http.send("/2/files/get_metadata", way(b"{}"))
            assert (reply.status_code, reply.text) == (500, "Internal Server Error")
    assert [record.exc_info[1].args for record in caplog.records] == [("unexpected",)] * 2


def test_content_that_cannot_be_read_breaks_the_connection(monkeypatch):
    def fail(*_):
        raise OSError("unexpected")

    with serving() as server:
        http = Http(server)
        http.upload({"path": "/a"}, b"content")
        monkeypatch.setattr(Blob, "read", fail)
        headers = {"Dropbox-API-Arg": json.dumps({"path": "/a"})}
        for way in WAYS:
            with pytest.raises(requests.exceptions.ChunkedEncodingError):
                http.send("/2/files/download", way(b""), headers)


@pytest.mark.parametrize("most", [1000, 100_000])
def test_a_body_above_the_limit_is_refused_whichever_way_calls_take(most):
    with Server(FakeDropboxService(), settings=Settings(max_body=most)) as server:
        http = Http(server)
        assert http.upload({"path": "/a"}, b"x" * most).status_code == 200
        assert http.upload({"path": "/a"}, b"x" * (most + 1)).status_code == 413


def test_a_stop_waits_for_the_rest_of_a_call():
    head = (
        "POST /2/files/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 7\r\n"
        "Authorization: Bearer {token}\r\nContent-Type: application/octet-stream\r\n"
        'Dropbox-API-Arg: {{"path": "/a"}}\r\n\r\nbegin'
    )
    server = serving().start()
    stop = threading.Thread(target=server.stop)
    with connected(server) as tls:
        tls.sendall(head.format(token=server.service.login.access_token).encode())
        Http(server).rpc("files/get_metadata", {"path": "/a"})  # so the server has read the head
        stop.start()
        with suppress(ConnectionError):
            while True:
                socket.create_connection(address(server), timeout=30).close()
        tls.sendall(b"ed")
        reply = rest(tls)
    stop.join(30)
    assert reply.startswith(b"HTTP/1.1 200 OK")
    assert server.service.files == {"/a": b"begined"}
