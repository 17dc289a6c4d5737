"""Tests of the network while a service is active: Dropbox is blocked, other hosts are not."""

import asyncio
import http.client
import http.server
import socket
import threading
import urllib.request
from urllib.request import proxy_bypass

import aiohttp
import httpx
import pytest
import requests
import urllib3

from fakedropbox import FakeDropboxService, NotImplementedInFake, NotThroughFake

HOSTS = [
    "api.dropboxapi.com",
    "content.dropboxapi.com",
    "notify.dropboxapi.com",
    "www.dropbox.com",
    "dropbox.com",
    "API.DropboxAPI.com.",
    "uc1234.dl.dropboxusercontent.com",
]
MESSAGE = "fakedropbox service is active"


@pytest.fixture
def active():
    with FakeDropboxService().activate() as service:
        yield service


@pytest.fixture
def local_url():
    """The URL of a server on this machine that has nothing to do with Dropbox."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"here")

        def log_message(self, *args):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("host", HOSTS)
def test_http_client_cannot_reach_dropbox(active, connect_attempts, host):
    with pytest.raises(NotThroughFake, match=MESSAGE) as caught:
        http.client.HTTPSConnection(host, timeout=5).request("GET", "/")
    assert host.lower().rstrip(".") in str(caught.value)
    assert connect_attempts == []


def test_urllib_cannot_reach_dropbox(active, connect_attempts):
    with pytest.raises(NotThroughFake, match=MESSAGE):
        urllib.request.urlopen("https://api.dropboxapi.com/2/check/user", timeout=5)
    assert connect_attempts == []


@pytest.mark.parametrize("proxy", [None, "http://proxy.invalid:3128"])
def test_httpx_cannot_reach_dropbox(active, connect_attempts, monkeypatch, proxy):
    if proxy:
        # A proxy would resolve the host name itself, out of reach of the replaced functions.
        monkeypatch.setenv("HTTPS_PROXY", proxy)
    with httpx.Client() as client, pytest.raises(NotThroughFake, match=MESSAGE):
        client.post("https://content.dropboxapi.com/2/files/upload", content=b"x")
    assert connect_attempts == []


NO_PROXY_VALUES = [None, "", "*", "example.org"]
"""Values of `NO_PROXY`: the hosts for which no proxy is used."""


@pytest.fixture(params=NO_PROXY_VALUES)
def behind_a_proxy(request, monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
    if request.param is not None:
        monkeypatch.setenv("NO_PROXY", request.param)


def test_urllib_cannot_reach_dropbox_through_a_proxy(behind_a_proxy, active, connect_attempts):
    with pytest.raises(NotThroughFake, match=MESSAGE):
        urllib.request.urlopen("https://api.dropboxapi.com/2/check/user", timeout=5)
    assert connect_attempts == []


def test_requests_finds_no_proxy_for_dropbox(behind_a_proxy, active, connect_attempts):
    proxies = requests.utils.get_environ_proxies("https://api.dropboxapi.com/2/check/user")
    assert "https" not in proxies


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
@pytest.mark.parametrize("rules", NO_PROXY_VALUES)
def test_the_proxies_of_other_hosts_stay_in_use(active, monkeypatch, name, rules):
    for each in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(each, raising=False)
    if rules is not None:
        monkeypatch.setenv(name, rules)
    assert not proxy_bypass("example.com") or rules == "*"
    assert bool(proxy_bypass("www.example.org")) == (rules in {"*", "example.org"})
    assert proxy_bypass("api.dropboxapi.com")


def test_the_lower_case_variable_takes_precedence(active, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "example.com")
    monkeypatch.setenv("no_proxy", "example.org")
    assert proxy_bypass("example.org")
    assert not proxy_bypass("example.com")
    assert proxy_bypass("api.dropboxapi.com")


def test_async_httpx_cannot_reach_dropbox(active, connect_attempts):
    async def call():
        async with httpx.AsyncClient() as client:
            await client.get("https://api.dropboxapi.com/2/check/user")

    with pytest.raises(NotThroughFake, match=MESSAGE):
        asyncio.run(call())
    assert connect_attempts == []


@pytest.mark.parametrize("proxy", [None, "http://proxy.invalid:3128"])
def test_aiohttp_cannot_reach_dropbox(active, connect_attempts, monkeypatch, proxy):
    if proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)

    async def call():
        async with aiohttp.ClientSession(trust_env=True) as session:
            await session.get("https://api.dropboxapi.com/2/check/user")

    with pytest.raises(NotThroughFake, match=MESSAGE):
        asyncio.run(call())
    assert connect_attempts == []


def test_asyncio_cannot_reach_dropbox(active, connect_attempts):
    with pytest.raises(NotThroughFake, match=MESSAGE):
        asyncio.run(asyncio.open_connection("api.dropboxapi.com", 443))
    assert connect_attempts == []


def test_urllib3_cannot_reach_dropbox(active, connect_attempts):
    with urllib3.PoolManager() as pool, pytest.raises(NotThroughFake, match=MESSAGE):
        pool.request("GET", "https://api.dropboxapi.com/2/check/user", retries=9)
    assert connect_attempts == []


@pytest.mark.parametrize(
    "resolve",
    [
        lambda: socket.getaddrinfo("api.dropboxapi.com", 443),
        lambda: socket.getaddrinfo(b"api.dropboxapi.com", 443),
        lambda: socket.create_connection(("api.dropboxapi.com", 443), timeout=5),
        lambda: socket.gethostbyname("api.dropboxapi.com"),
        lambda: socket.gethostbyname_ex("api.dropboxapi.com"),
    ],
    ids=["getaddrinfo", "bytes", "create_connection", "gethostbyname", "gethostbyname_ex"],
)
def test_host_names_of_dropbox_are_not_resolved(active, connect_attempts, resolve):
    with pytest.raises(NotThroughFake, match=MESSAGE):
        resolve()
    assert connect_attempts == []


@pytest.mark.parametrize("method", ["connect", "connect_ex"])
def test_a_socket_cannot_connect_to_dropbox_by_name(active, connect_attempts, method):
    with socket.socket() as plain, pytest.raises(NotThroughFake, match=MESSAGE):
        getattr(plain, method)(("api.dropboxapi.com", 443))
    assert connect_attempts == []


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", None, b"127.0.0.1"])
def test_other_host_names_are_resolved(active, name):
    assert socket.getaddrinfo(name, 80)


def test_other_hosts_can_be_reached(active, local_url):
    assert requests.get(local_url, timeout=5).text == "here"
    assert httpx.get(local_url).text == "here"
    with urllib.request.urlopen(local_url, timeout=5) as response:  # noqa: S310 -- it is http
        assert response.read() == b"here"
    assert list(active.calls) == []


@pytest.mark.parametrize("host", ["notdropbox.com", "dropbox.com.example.org", "mydropboxapi.com"])
def test_a_host_name_similar_to_dropbox_goes_to_the_real_resolver(active, host, connect_attempts):
    # With AI_NUMERICHOST, the real resolver raises this error for any host name.
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo(host, 80, flags=socket.AI_NUMERICHOST)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.dropbox.com/oauth2/no_such_page?client_id=x",
        "https://www.dropbox.com/",
        "https://api.dropboxapi.com/",
        "https://dl.dropboxusercontent.com/file",
        "http://www.dropbox.com/home",
    ],
)
def test_unknown_pages_of_dropbox_are_not_implemented(active, connect_attempts, url):
    with pytest.raises(NotImplementedInFake) as caught:
        requests.get(url, timeout=5)
    assert url.partition("//")[2].partition("?")[0].rstrip("/") in str(caught.value)
    assert "client_id" not in str(caught.value)
    assert connect_attempts == []


def test_the_session_of_a_service_reaches_no_other_host(local_url, connect_attempts):
    session = FakeDropboxService().session()
    with pytest.raises(NotThroughFake) as caught:
        session.get(f"{local_url}?authorization=Bearer+very-secret")
    assert "127.0.0.1" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert connect_attempts == []
