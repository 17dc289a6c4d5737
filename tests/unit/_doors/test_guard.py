"""Tests of the guard: Dropbox cannot be reached in any way, and other hosts can."""

import asyncio
import http.client
import http.server
import multiprocessing
import os
import socket
import ssl
import sys
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import partial
from types import SimpleNamespace
from unittest import mock
from urllib.request import proxy_bypass

import aiohttp
import httpx
import pytest
import requests
import socks
import trustme
import urllib3
from tests.support.child_calls import error_of_the_sdk

from fakedropbox import FakeDropboxService, NotImplementedInFake, NotThroughFake
from fakedropbox._doors import guard
from fakedropbox._facts import hosts

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
URL = "https://api.dropboxapi.com/2/check/user"


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


class Named(str):
    """A string whose overridden methods the resolver does not use."""

    __slots__ = ()

    def lower(self):
        return "example.org"

    def isascii(self):
        return True


SAVED = socket.getaddrinfo


def present(function):
    """Return a function that looks up ``function`` in `socket` only when it is called."""

    def call(name):
        return getattr(socket, function)(name)

    return call


API = "api.dropboxapi.com"
NAMES = {
    "text": API,
    "capitals": "API.DROPBOXAPI.COM",
    "final dot": "api.dropboxapi.com.",
    "wide letters": "\uff41pi.dropbox\uff41pi.com",
    "wide dots": "api\uff0edropboxapi\u3002com",
    "subclass": Named(API),
    "bytes": b"api.dropboxapi.com",
    "bytes in capitals": b"API.dropboxAPI.com.",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize(
    "resolve",
    [
        lambda name: socket.getaddrinfo(name, 443),
        lambda name: SAVED(name, 443),
        lambda name: socket.create_connection((name, 443), timeout=5),
        present("gethostbyname"),
        present("gethostbyname_ex"),
        present("gethostbyaddr"),
        socket.getfqdn,
    ],
    ids=[
        *("getaddrinfo", "saved", "create_connection", "gethostbyname", "gethostbyname_ex"),
        *("gethostbyaddr", "getfqdn"),
    ],
)
def test_host_names_of_dropbox_are_not_looked_up(active, connect_attempts, resolve, name):
    with pytest.raises(NotThroughFake, match=MESSAGE):
        resolve(name)
    assert connect_attempts == []


def test_the_guard_adds_no_audit_hook(monkeypatch):
    # A hook stays for ever; under coverage on 3.11 it makes threads fail as they start.
    monkeypatch.setattr(sys, "addaudithook", lambda _: pytest.fail("a hook was added"))
    with FakeDropboxService().activate(), guard.refusing("a reason"):
        pass


@pytest.mark.parametrize("name", [*NAMES.values(), bytearray(b"api.dropboxapi.com")])
@pytest.mark.parametrize("method", ["connect", "connect_ex"])
def test_a_socket_cannot_connect_to_dropbox_by_name(active, connect_attempts, method, name):
    with socket.socket() as plain, pytest.raises(NotThroughFake, match=MESSAGE):
        getattr(plain, method)((name, 443))
    assert connect_attempts == []


def test_a_datagram_cannot_be_sent_to_dropbox_by_name(active):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        with pytest.raises(NotThroughFake, match=MESSAGE):
            plain.sendto(b"x", (API, 443))
        with pytest.raises(NotThroughFake, match=MESSAGE):
            plain.sendto(b"x", 0, (API, 443))
        with pytest.raises(NotThroughFake, match=MESSAGE):
            plain.sendmsg([b"x"], [], 0, (API, 443))


def test_the_guard_does_not_change_calls_of_a_mock():
    address = "127.0.0.1", 9
    with (
        mock.patch("socket.socket.connect") as connect,
        mock.patch("socket.gethostbyname", autospec=True) as look_up,
        guard.refusing("the reason"),
        socket.socket() as plain,
    ):
        plain.connect(address)
        socket.gethostbyname("localhost")
    connect.assert_called_once_with(address)
    look_up.assert_called_once_with("localhost")


def test_a_dropbox_name_before_a_null_character_is_not_looked_up(active):
    """Check `getaddrinfo`, which passes such bytes to the resolver; other functions do not."""
    with pytest.raises(NotThroughFake, match=MESSAGE):
        socket.getaddrinfo(b"api.dropboxapi.com\0.example.org", 443)


@pytest.mark.parametrize("host", ["", 7, None, "\u2100" * 40, b"\xff"])
def test_a_value_that_is_not_a_host_name_is_left_to_the_resolver(active, host):
    assert not hosts.is_dropbox(host)


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


# Contexts other than an activation


def test_the_innermost_context_decides_if_dropbox_is_refused():
    look_up = partial(socket.getaddrinfo, API, 443, flags=socket.AI_NUMERICHOST)
    with guard.refusing("the reason"):
        with pytest.raises(NotThroughFake, match=r"^api.dropboxapi.com: the reason. Nothing"):
            look_up()
        with guard.refusing(None):
            with pytest.raises(socket.gaierror):  # from the resolver: the name is not looked up
                look_up()
            with FakeDropboxService().activate(), pytest.raises(NotThroughFake, match=MESSAGE):
                look_up()
        with pytest.raises(NotThroughFake, match="the reason"):
            look_up()
    with pytest.raises(socket.gaierror):
        look_up()


# Proxies


@pytest.fixture
def proxy():
    """A proxy on this machine that records what it is asked, and relays nothing."""
    with FakeProxy() as running:
        yield running


class FakeProxy:
    """A listener that answers the greeting of SOCKS 5, and records what clients send."""

    def __init__(self):
        self.received = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._last = socket.socket()
        self._last.bind(("127.0.0.1", 0))
        self._last_address = self._last.getsockname()
        self.port = self._listener.getsockname()[1]

    def url(self, scheme="http"):
        return f"{scheme}://127.0.0.1:{self.port}"

    def _serve(self):
        address = None
        while address != self._last_address:
            client, address = self._listener.accept()
            with client:
                client.settimeout(30)
                while data := client.recv(65536):
                    self.received += data
                    if data == b"\x05\x01\0":
                        client.sendall(b"\x05\0")

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.finish()

    def finish(self):
        """Wait until all clients are served."""
        if self._thread.is_alive():
            self._last.connect(self._listener.getsockname())
            self._last.close()
            self._thread.join()
            self._listener.close()


def by_http_client(proxy):
    with closing(http.client.HTTPSConnection("127.0.0.1", proxy.port, timeout=9)) as connection:
        connection.set_tunnel(API)
        connection.request("GET", "/")


def by_urllib3(proxy, url=URL):
    with urllib3.ProxyManager(proxy.url(), retries=9) as manager:
        manager.request("GET", url)


def by_httpx(proxy, scheme="http"):
    with httpx.Client(proxy=proxy.url(scheme)) as client:
        client.get(URL)


def by_async_httpx(proxy):
    async def call():
        async with httpx.AsyncClient(proxy=proxy.url()) as client:
            await client.get(URL)

    asyncio.run(call())


def by_aiohttp(proxy):
    async def call():
        async with aiohttp.ClientSession() as session:
            await session.get(URL, proxy=proxy.url())

    asyncio.run(call())


def by_asyncio(proxy):
    async def call():
        _, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        try:
            writer.writelines([b"CONNECT ", b"api.dropboxapi.com:443 HTTP/1.1\r\n\r\n"])
        finally:
            writer.close()

    asyncio.run(call())


def by_socks(kind, proxy):
    with socks.socksocket() as client:
        client.set_proxy(kind, "127.0.0.1", proxy.port, rdns=True)
        client.connect((API, 443))


def by_sendmsg(proxy):
    with socket.create_connection(("127.0.0.1", proxy.port)) as client:
        client.sendmsg(iter([b"CONNECT api.dropboxapi.com:443", b" HTTP/1.1\r\n\r\n"]))


PROXY_CLIENTS = {
    "http.client": by_http_client,
    "urllib3": by_urllib3,
    "urllib3, without TLS": partial(by_urllib3, url=URL.replace("https", "http")),
    "httpx": by_httpx,
    "httpx, async": by_async_httpx,
    "aiohttp": by_aiohttp,
    "asyncio": by_asyncio,
    "SOCKS 5": partial(by_socks, socks.SOCKS5),
    "SOCKS 4a": partial(by_socks, socks.SOCKS4),
    "sendmsg": by_sendmsg,
}


@pytest.mark.parametrize("ask", PROXY_CLIENTS.values(), ids=PROXY_CLIENTS)
def test_no_client_asks_a_proxy_for_dropbox(active, proxy, ask):
    with pytest.raises(NotThroughFake, match=MESSAGE):
        ask(proxy)
    proxy.finish()
    assert b"dropbox" not in proxy.received


def test_the_requests_library_asks_no_proxy_for_dropbox(proxy):
    with guard.refusing("the reason"), pytest.raises(NotThroughFake, match="the reason"):
        requests.get(URL, proxies={"https": proxy.url()}, timeout=9)
    proxy.finish()
    assert proxy.received == b""


@pytest.mark.parametrize(
    "data",
    [
        b"CONNECT example.org:443 HTTP/1.1\r\nX: api.dropboxapi.com\r\n\r\n",
        b"POST /CONNECT api.dropboxapi.com:443 HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: api.dropboxapi.com\r\n\r\n",
        b"\x05 api.dropboxapi.com",
        memoryview(b"https://api.dropboxapi.com"),
        b"GET https://api.dropboxapi.com/2/x is not implemented",
        b"CONNECT api.dropboxapi.com:443 was refused",
    ],
)
def test_data_that_only_mention_dropbox_are_sent(active, proxy, data):
    """Check that only a request to a proxy is refused, not data that mention Dropbox."""
    with socket.create_connection(("127.0.0.1", proxy.port)) as client:
        client.send(data)
        client.sendall(data)
        client.sendmsg([data])
        with pytest.raises(TypeError):
            client.send("text")
    proxy.finish()
    assert proxy.received == bytes(data) * 3


def test_the_proxy_of_a_service_may_be_asked_for_dropbox(active, proxy):
    request = b"CONNECT api.dropboxapi.com:443 HTTP/1.1\r\n\r\n"
    with socket.create_connection(("127.0.0.1", proxy.port)) as client:
        with guard.own_address(("127.0.0.1", proxy.port)):
            client.sendall(request)
        with pytest.raises(NotThroughFake, match=MESSAGE):
            client.sendall(request)
    proxy.finish()
    assert proxy.received == request


# TLS


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def contexts(authority):
    """The TLS contexts of a client, and of a server which has a certificate for Dropbox."""
    client, server = ssl.create_default_context(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.configure_trust(client)
    authority.issue_cert(API, "localhost").configure_cert(server)
    return client, server


def test_tls_with_dropbox_is_not_begun_at_any_address(active, proxy):
    """Check a connection to an IP address, which may come from a resolver without the guard."""
    context = ssl.create_default_context()
    with (
        socket.create_connection(("127.0.0.1", proxy.port)) as plain,
        pytest.raises(NotThroughFake, match=MESSAGE),
    ):
        context.wrap_socket(plain, server_hostname=API)
    proxy.finish()
    assert proxy.received == b""


def test_asyncio_does_not_begin_tls_with_dropbox_at_any_address(active, proxy):
    context = ssl.create_default_context()
    with socket.create_connection(("127.0.0.1", proxy.port)) as plain:
        call = asyncio.open_connection(sock=plain, ssl=context, server_hostname=API)
        with pytest.raises(NotThroughFake, match=MESSAGE):
            asyncio.run(call)
    proxy.finish()
    assert proxy.received == b""


def in_memory(contexts, name):
    """Return a TLS connection within this process, after its handshake."""
    (client, server), there, back = contexts, ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(back, there, server_hostname=name),
        server.wrap_bio(there, back, server_side=True),
    ]
    for end in [*ends, *ends]:
        with suppress(ssl.SSLWantReadError):
            end.do_handshake()
    return ends


def test_nothing_is_sent_to_dropbox_on_a_connection_that_was_open_before(contexts):
    """Check the connections that clients keep open, such as those of an earlier live test."""
    (client, _), (other, _) = in_memory(contexts, API), in_memory(contexts, "localhost")
    client.write(b"before")
    with guard.refusing("the reason"):
        with pytest.raises(NotThroughFake, match="the reason"):
            client.write(b"after")
        other.write(b"other hosts")
        with pytest.raises(NotThroughFake, match="the reason"):
            other.write(b"CONNECT api.dropboxapi.com:443 HTTP/1.1\r\n\r\n")
    client.write(b"afterwards")


def test_tls_with_dropbox_is_permitted_while_the_proxy_of_a_service_relays_it(contexts):
    with guard.refusing("the reason"):
        with guard.own_tunnel("API.dropboxapi.com"):
            client, _ = in_memory(contexts, API)
            client.write(b"data")
            with pytest.raises(NotThroughFake):
                in_memory(contexts, "content.dropboxapi.com")
        with pytest.raises(NotThroughFake):
            client.write(b"data")


def test_nothing_is_sent_to_dropbox_on_a_tls_socket_that_was_open_before(contexts):
    client_end, server_end = socket.socketpair()
    with server_end, ThreadPoolExecutor(1) as pool:
        serving = pool.submit(contexts[1].wrap_socket, server_end, server_side=True)
        with contexts[0].wrap_socket(client_end, server_hostname=API) as client:
            with serving.result() as server, guard.refusing("the reason"):
                for send in (client.send, client.sendall, client.write):
                    with pytest.raises(NotThroughFake, match="the reason"):
                        send(b"after")
            assert server.fileno() == -1


# Libraries with resolvers of their own


def test_other_resolvers_do_not_look_up_dropbox(monkeypatch):
    class Channel:
        def getaddrinfo(self, host, port):
            return host, port

        def query(self, name, kind):
            return name, kind

    monkeypatch.setitem(sys.modules, "pycares", SimpleNamespace(Channel=Channel))
    monkeypatch.setitem(sys.modules, "uvloop", None)  # as if not installed
    found = list(guard._resolvers())
    assert found == [(Channel, "getaddrinfo"), (Channel, "query")]
    checks = [(kind, name, guard._checked_look_up) for kind, name in found]
    monkeypatch.setattr(guard, "_CHECKS", checks)
    with guard.refusing("the reason"):
        assert Channel().getaddrinfo("localhost", port=1) == ("localhost", 1)
        with pytest.raises(NotThroughFake):
            Channel().getaddrinfo(API, 443)
        with pytest.raises(NotThroughFake):
            Channel().query(name=API, kind=1)
    assert Channel().getaddrinfo(API, 443)


def test_aiohttp_with_aiodns_does_not_look_up_dropbox(active):
    pytest.importorskip("aiodns")

    async def call():
        connector = aiohttp.TCPConnector(resolver=aiohttp.AsyncResolver())
        async with aiohttp.ClientSession(connector=connector) as session:
            await session.get(URL)

    with pytest.raises(NotThroughFake, match=MESSAGE):
        asyncio.run(call())


def test_uvloop_does_not_look_up_dropbox(active):
    uvloop = pytest.importorskip("uvloop")

    async def look_up():
        await asyncio.get_running_loop().getaddrinfo(API, 443)

    async def connect():
        await asyncio.open_connection(API, 443)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for call in (look_up, connect):
            with pytest.raises(NotThroughFake, match=MESSAGE):
                runner.run(call())


# Other processes


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_the_sdk_in_a_child_process_cannot_reach_dropbox(method):
    context = multiprocessing.get_context(method)
    with FakeDropboxService().activate(block_children=True), context.Pool(1) as pool:
        assert pool.apply(error_of_the_sdk) == (
            "LocationParseError",
            f"Failed to parse: {os.environ['DROPBOX_API_HOST']!r}, label empty or too long",
        )


def test_an_active_service_answers_at_the_hosts_that_blocked_children_are_given(active):
    """Check the hosts that the SDK in a child process takes from the environment."""
    with FakeDropboxService().activate(block_children=True):
        api, content = os.environ["DROPBOX_API_HOST"], os.environ["DROPBOX_API_CONTENT_HOST"]
    headers = {"Authorization": f"Bearer {active.login.access_token}"}
    reply = requests.post(
        f"https://{api}/2/files/create_folder_v2", headers=headers, json={"path": "/a"}, timeout=9
    )
    assert reply.json()["metadata"]["path_display"] == "/a"
    headers["Dropbox-API-Arg"] = '{"path": "/a"}'
    reply = requests.post(f"https://{content}/2/files/download", headers=headers, timeout=9)
    assert reply.json()["error_summary"].startswith("path/not_file")
