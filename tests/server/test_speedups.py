"""Tests of the server with and without the fast packages, an HTTP parser and an event loop.

All other tests use those that are installed.
"""

import json
import socket
import ssl
import sys
from contextlib import contextmanager

import pytest
from tests.support.plain_http import Http

from fakedropbox import FakeDropboxService
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


def serving(**time_outs):
    settings = Settings(time_outs=TimeOuts(**{"header": 60, "idle": 60, **time_outs}))
    return Server(FakeDropboxService(), settings=settings)


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


def test_a_lost_reply_breaks_the_connection():
    with serving() as server:
        server.service.faults.lost_reply("files/get_metadata")
        http = Http(server)
        with pytest.raises(OSError, match=r"(?i)reset|aborted|without response|closed"):
            http.rpc("files/get_metadata", {"path": "/none"})
        assert http.rpc("files/get_metadata", {"path": "/none"}).status_code == 409
