"""While a service is active nothing else reaches Dropbox, and all else is left alone."""

import asyncio
import http.client
import http.server
import socket
import threading
import urllib.error
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
SAYS_SO = "fakedropbox service is active"


@pytest.fixture
def active():
    with FakeDropboxService().activate() as service:
        yield service


@pytest.fixture
def neighbour():
    """A server on this machine that has nothing to do with Dropbox: its address."""

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
def test_http_client(active, sent, host):
    with pytest.raises(NotThroughFake, match=SAYS_SO) as caught:
        http.client.HTTPSConnection(host, timeout=5).request("GET", "/")
    assert host in str(caught.value)
    assert sent == []


def test_urllib(active, sent):
    with pytest.raises(urllib.error.URLError, match=SAYS_SO) as caught:
        urllib.request.urlopen("https://api.dropboxapi.com/2/check/user", timeout=5)
    assert isinstance(caught.value.reason, NotThroughFake)
    assert sent == []


@pytest.mark.parametrize("proxy", [None, "http://proxy.invalid:3128"])
def test_httpx(active, sent, monkeypatch, proxy):
    if proxy:
        # A proxy would look the name up for it, out of our sight.
        monkeypatch.setenv("HTTPS_PROXY", proxy)
    with httpx.Client() as client, pytest.raises(httpx.ConnectError, match=SAYS_SO):
        client.post("https://content.dropboxapi.com/2/files/upload", content=b"x")
    assert sent == []


RULES = [None, "", "*", "example.org"]
"""What the environment may say of hosts that need no proxy."""


@pytest.fixture(params=RULES)
def behind_a_proxy(request, monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
    if request.param is not None:
        monkeypatch.setenv("NO_PROXY", request.param)


def test_urllib_with_a_proxy(behind_a_proxy, active, sent):
    with pytest.raises(urllib.error.URLError, match=SAYS_SO):
        urllib.request.urlopen("https://api.dropboxapi.com/2/check/user", timeout=5)
    assert sent == []


def test_requests_with_a_proxy_and_another_adapter(behind_a_proxy, active, sent):
    proxies = requests.utils.get_environ_proxies("https://api.dropboxapi.com/2/check/user")
    assert "https" not in proxies


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
@pytest.mark.parametrize("rules", RULES)
def test_the_proxies_of_other_hosts_are_left_alone(active, monkeypatch, name, rules):
    for each in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(each, raising=False)
    if rules is not None:
        monkeypatch.setenv(name, rules)
    assert not proxy_bypass("example.com") or rules == "*"
    assert bool(proxy_bypass("www.example.org")) == (rules in {"*", "example.org"})
    assert proxy_bypass("api.dropboxapi.com")


def test_the_small_variable_counts_more(active, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "example.com")
    monkeypatch.setenv("no_proxy", "example.org")
    assert proxy_bypass("example.org")
    assert not proxy_bypass("example.com")
    assert proxy_bypass("api.dropboxapi.com")


def test_httpx_in_a_loop(active, sent):
    async def call():
        async with httpx.AsyncClient() as client:
            await client.get("https://api.dropboxapi.com/2/check/user")

    with pytest.raises(httpx.ConnectError, match=SAYS_SO):
        asyncio.run(call())
    assert sent == []


@pytest.mark.parametrize("proxy", [None, "http://proxy.invalid:3128"])
def test_aiohttp(active, sent, monkeypatch, proxy):
    if proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)

    async def call():
        async with aiohttp.ClientSession(trust_env=True) as session:
            await session.get("https://api.dropboxapi.com/2/check/user")

    with pytest.raises(aiohttp.ClientConnectorError, match=SAYS_SO):
        asyncio.run(call())
    assert sent == []


def test_asyncio(active, sent):
    with pytest.raises(NotThroughFake, match=SAYS_SO):
        asyncio.run(asyncio.open_connection("api.dropboxapi.com", 443))
    assert sent == []


def test_urllib3(active, sent):
    with urllib3.PoolManager() as pool, pytest.raises(Exception, match=SAYS_SO):
        pool.request("GET", "https://api.dropboxapi.com/2/check/user", retries=False)
    assert sent == []


@pytest.mark.parametrize(
    "look_up",
    [
        lambda: socket.getaddrinfo("api.dropboxapi.com", 443),
        lambda: socket.getaddrinfo(b"api.dropboxapi.com", 443),
        lambda: socket.create_connection(("api.dropboxapi.com", 443), timeout=5),
        lambda: socket.gethostbyname("api.dropboxapi.com"),
        lambda: socket.gethostbyname_ex("api.dropboxapi.com"),
    ],
    ids=["getaddrinfo", "bytes", "create_connection", "gethostbyname", "gethostbyname_ex"],
)
def test_names_are_not_looked_up(active, sent, look_up):
    with pytest.raises(NotThroughFake, match=SAYS_SO):
        look_up()
    assert sent == []


@pytest.mark.parametrize("how", ["connect", "connect_ex"])
def test_a_socket_that_is_connected_by_name(active, sent, how):
    with socket.socket() as plain, pytest.raises(NotThroughFake, match=SAYS_SO):
        getattr(plain, how)(("api.dropboxapi.com", 443))
    assert sent == []


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", None, b"127.0.0.1"])
def test_other_names_are_looked_up(active, name):
    assert socket.getaddrinfo(name, 80)


def test_other_hosts_are_reached(active, neighbour):
    assert requests.get(neighbour, timeout=5).text == "here"
    assert httpx.get(neighbour).text == "here"
    with urllib.request.urlopen(neighbour, timeout=5) as response:  # noqa: S310 -- it is http
        assert response.read() == b"here"
    assert list(active.calls) == []


@pytest.mark.parametrize("host", ["notdropbox.com", "dropbox.com.example.org", "mydropboxapi.com"])
def test_a_host_that_only_sounds_like_dropbox(active, host, sent):
    with pytest.raises(socket.gaierror):  # the real answer for a name that is no number
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
def test_pages_that_the_double_does_not_have(active, sent, url):
    with pytest.raises(NotImplementedInFake) as caught:
        requests.get(url, timeout=5)
    assert url.partition("//")[2].partition("?")[0].rstrip("/") in str(caught.value)
    assert "client_id" not in str(caught.value)
    assert sent == []


def test_the_session_of_a_service_leads_nowhere_else(neighbour, sent):
    session = FakeDropboxService().session()
    with pytest.raises(NotThroughFake) as caught:
        session.get(f"{neighbour}?authorization=Bearer+very-secret")
    assert "127.0.0.1" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert sent == []
