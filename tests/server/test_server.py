"""Tests of the server: one port for all of Dropbox's hosts, bad input, and concurrency."""

import asyncio
import gc
import http.client
import json
import socket
import ssl
import threading
import time
import warnings
from contextlib import suppress
from urllib.parse import urlsplit

import aiohttp
import httpx
import pytest
import requests
from tests.support.doors import bad_input, sdk_client, through_https
from tests.support.plain_http import Http, address, connected, read_head, rest

from fakedropbox import FakeDropboxService, SystemClock
from fakedropbox.server.running import Server, Settings

GET_METADATA = "/2/files/get_metadata"


@pytest.fixture(autouse=True)
def _seed_file(dropbox_service):
    dropbox_service.seed_files({"/a.txt": b"hello"})


class TestHosts:
    @pytest.mark.evidence("F1.1-01", "F1.1-02", "F1.1-03")
    def test_one_address_serves_the_routes_of_all_hosts(self, http, dropbox_service):
        assert http.rpc("files/get_metadata", {"path": "/a.txt"}).json()["size"] == 5
        assert http.upload({"path": "/b.txt"}, b"more").status_code == 200
        assert http.download("/b.txt").content == b"more"
        cursor = http.rpc("files/list_folder", {"path": ""}).json()["cursor"]
        anonymous = {"Authorization": None}
        assert http.rpc("files/list_folder/longpoll", {"cursor": cursor}, **anonymous).json() == {
            "changes": False
        }
        form = {
            "grant_type": "refresh_token",
            "refresh_token": dropbox_service.login.refresh_token,
            "client_id": dropbox_service.login.app_key,
            "client_secret": dropbox_service.login.app_secret,
        }
        reply = http.session.post(f"{http.url}/oauth2/token", data=form)
        assert reply.json()["token_type"] == "bearer"

    @pytest.mark.parametrize("host", ["api.dropboxapi.com", "API.dropboxapi.com:443"])
    def test_the_host_header_selects_the_host(self, http, host):
        assert http.rpc("files/get_metadata", {"path": "/a.txt"}, Host=host).status_code == 200
        reply = http.send("/2/files/upload", headers={"Host": host})
        assert reply.text == 'Unknown API function: "files/upload".'

    @pytest.mark.parametrize("host", ["example.com", "", "api.dropboxapi.com.evil.org", "[::2]"])
    def test_an_unknown_host_is_refused(self, http, host):
        reply = http.rpc("files/get_metadata", {"path": "/a.txt"}, Host=host)
        assert reply.status_code == 421
        assert (
            reply.text == f"fakedropbox: Host: expected Dropbox's or this server's, got {host!r}\n"
        )

    @pytest.mark.parametrize("name", ["api", "content", "notify"])
    def test_the_certificate_is_valid_for_dropbox_and_localhost_only(self, dropbox_server, name):
        context = ssl.create_default_context(cafile=dropbox_server.ca_file)
        for host in (f"{name}.dropboxapi.com", "www.dropbox.com", "localhost", "127.0.0.1"):
            with connected_as(context, dropbox_server, host) as tls:
                assert tls.version() in ("TLSv1.2", "TLSv1.3")
        with pytest.raises(ssl.SSLCertVerificationError):
            connected_as(context, dropbox_server, "example.com").close()

    def test_the_certificate_is_not_trusted_by_default(self, dropbox_server):
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(dropbox_server.url, timeout=5)


def connected_as(context, server, name):
    raw = socket.create_connection(address(server), timeout=30)
    try:
        return context.wrap_socket(raw, server_hostname=name)
    except ssl.SSLError:
        raw.close()
        raise


class TestRequests:
    @pytest.mark.evidence("F1.1-06")
    def test_get_is_accepted_for_a_download_and_not_for_an_rpc(self, http):
        arg = {"arg": '{"path": "/a.txt"}'}
        reply = http.session.get(
            f"{http.url}/2/files/download", params=arg, headers=http.authorization
        )
        assert (reply.status_code, reply.content) == (200, b"hello")
        assert http.send(GET_METADATA, method="GET").status_code == 400

    def test_a_connection_stays_open_after_success_and_after_an_error(
        self, dropbox_server, dropbox_service
    ):
        host, port = address(dropbox_server)
        context = ssl.create_default_context(cafile=dropbox_server.ca_file)
        connection = http.client.HTTPSConnection(host, port, context=context)
        connection.connect()
        local_address = connection.sock.getsockname()
        headers = {"Authorization": f"Bearer {dropbox_service.login.access_token}"}
        for body in (b"null", b"nonsense", b"null"):
            connection.request(
                "POST",
                "/2/users/get_current_account",
                body,
                {**headers, "Content-Type": "application/json"},
            )
            reply = connection.getresponse()
            assert reply.status == (400 if body == b"nonsense" else 200)
            reply.read()
            assert connection.sock.getsockname() == local_address
        connection.close()

    def test_expect_100_continue_is_answered_before_the_body(self, dropbox_server, dropbox_service):
        with connected(dropbox_server) as tls:
            tls.sendall(
                b"POST /2/files/upload HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                b"Content-Type: application/octet-stream\r\nContent-Length: 3\r\n"
                b'Dropbox-API-Arg: {"path": "/c"}\r\nAuthorization: Bearer '
                + dropbox_service.login.access_token.encode()
                + b"\r\n\r\n"
            )
            assert read_head(tls).startswith("HTTP/1.1 100 Continue")
            tls.sendall(b"abc")
            assert read_head(tls).startswith("HTTP/1.1 200 OK")
        assert dropbox_service.read("/c") == b"abc"

    def test_an_upload_in_chunked_encoding_is_accepted(self, http, dropbox_service):
        assert http.upload({"path": "/c"}, iter([b"ab", b"c"])).status_code == 200
        assert dropbox_service.read("/c") == b"abc"

    @pytest.mark.dropbox(allow_not_implemented=True)
    def test_the_sdk_does_not_repeat_a_call_of_a_route_that_is_not_faked(
        self, monkeypatch, dropbox_server, dropbox_service
    ):
        through_https(monkeypatch, dropbox_server)
        with sdk_client(dropbox_service) as dbx:
            assert "is not implemented in fakedropbox" in bad_input(dbx.riviera_get_text_async)
        assert len(dropbox_service.calls.of("riviera/get_text_async")) == 1

    @pytest.mark.dropbox(allow_not_implemented=True)
    def test_a_request_for_a_part_that_is_not_faked_is_refused_and_logged(
        self, http, dropbox_service, caplog
    ):
        reply = http.rpc("paper/docs/get_metadata", {"doc_id": "1"})
        assert reply.status_code == 400
        assert reply.text.startswith("paper/docs/get_metadata is not implemented in fakedropbox")
        assert http.send("/home", method="GET").status_code == 501
        assert sum(dropbox_service.calls.missing.values()) == 2
        messages = [record.getMessage() for record in caplog.records]
        assert messages == list(dropbox_service.calls.missing)


class TestCors:
    @pytest.mark.evidence("F1.2-05")
    def test_responses_allow_any_origin(self, http):
        reply = http.rpc("files/get_metadata", {"path": "/a.txt"}, Origin="https://example.com")
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        exposed = reply.headers["Access-Control-Expose-Headers"]
        assert exposed == "Accept-Ranges, Content-Range, ETag, Dropbox-API-Result"

    @pytest.mark.evidence("F1.1-08")
    def test_a_preflight_is_answered_or_rejected_on_request(self, http):
        headers = {
            "Origin": "https://example.com",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,dropbox-api-arg",
        }
        reply = http.session.options(f"{http.url}/2/files/download", headers=headers)
        assert reply.status_code == 200
        assert reply.headers["Access-Control-Allow-Headers"] == "authorization,dropbox-api-arg"
        rejecting = f"{http.url}/2/files/download?reject_cors_preflight=true"
        assert http.session.options(rejecting, headers=headers).status_code == 403


class TestBadInput:
    @pytest.mark.parametrize(
        "sent",
        [
            b"nonsense\r\n\r\n",
            b"GET / HTTP/1.1\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 128 * 1024,
            b"\x00" * 200,
        ],
        ids=["no HTTP", "no host", "length", "header", "oversized header", "zeros"],
    )
    def test_malformed_http_returns_400(self, dropbox_server, http, sent):
        with connected(dropbox_server) as tls:
            tls.sendall(sent)
            reply = rest(tls)
        assert reply.startswith("HTTP/1.1 400 Bad Request")
        assert reply.endswith("Invalid HTTP request received.")
        assert http.download("/a.txt").content == b"hello"

    def test_a_plain_http_request_fails(self, dropbox_server, http):
        plain = dropbox_server.url.replace("https", "http")
        with pytest.raises(requests.ConnectionError):
            requests.get(plain, timeout=5)
        assert http.download("/a.txt").content == b"hello"

    def test_an_interrupted_upload_is_not_carried_out(self, dropbox_server, dropbox_service, http):
        with connected(dropbox_server) as tls:
            tls.sendall(
                b"POST /2/files/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nabc"
            )
        assert http.download("/a.txt").content == b"hello"
        assert [call.route for call in dropbox_service.calls] == ["files/download"]

    def test_an_argument_that_is_too_large_returns_400(self, http):
        body = b'{"path": "/' + b"x" * (17 * 1024 * 1024) + b'"}'
        reply = http.send(GET_METADATA, body, {"Content-Type": "application/json"})
        assert reply.status_code == 400
        assert reply.text == (
            'Error in call to API function "files/get_metadata": '
            "request body: The input is too large."
        )
        reply = http.send("/oauth2/token", body)
        assert (reply.status_code, reply.text) == (400, "The input is too large.")

    @pytest.mark.parametrize(
        ("path", "body", "kind", "text"),
        [
            (GET_METADATA, b"{", "application/json", "could not decode input as JSON"),
            (GET_METADATA, b"{}", "text/xml", 'Bad HTTP "Content-Type" header: "text/xml"'),
        ],
    )
    def test_an_invalid_request_gets_an_error_in_dropboxs_format(
        self, http, path, body, kind, text
    ):
        reply = http.send(path, body, {"Content-Type": kind})
        assert (reply.status_code, reply.headers["Content-Type"]) == (
            400,
            "text/plain; charset=utf-8",
        )
        assert reply.text.startswith("Error in call to API function ")
        assert text in reply.text

    def test_an_invalid_token_returns_401(self, http):
        http.authorization = {"Authorization": "Bearer nonsense"}
        reply = http.rpc("files/get_metadata", {"path": "/a.txt"})
        assert reply.status_code == 401
        assert reply.json()["error"] == {".tag": "invalid_access_token"}


class TestConcurrency:
    def test_long_polls_do_not_block_other_requests(self):
        """Check more polls than a thread pool has threads; a real clock makes them wait."""
        service, polls = FakeDropboxService(clock=SystemClock()), 60
        with service.serve() as server:
            http = Http(server)
            cursor = http.rpc("files/list_folder", {"path": ""}).json()["cursor"]
            answers = []

            def poll():
                arg = {"cursor": cursor, "timeout": 480}
                poller = Http(server)
                poller.authorization = {}
                answers.append(poller.rpc("files/list_folder/longpoll", arg).json())

            threads = [threading.Thread(target=poll) for _ in range(polls)]
            for thread in threads:
                thread.start()
            while len(service.calls.of("files/list_folder/longpoll")) < polls:
                time.sleep(0.01)
            assert answers == []
            assert http.upload({"path": "/b"}, b"x").status_code == 200
            for thread in threads:
                thread.join(30)
        assert answers == [{"changes": True}] * polls

    def test_a_stop_ends_waiting_long_polls(self):
        service = FakeDropboxService(clock=SystemClock())
        with service.serve() as server:
            http = Http(server)
            cursor = http.rpc("files/list_folder", {"path": ""}).json()["cursor"]
            failed = []
            http.authorization = {}

            def poll():
                try:
                    http.rpc("files/list_folder/longpoll", {"cursor": cursor, "timeout": 480})
                except requests.ConnectionError as error:
                    failed.append(error)

            thread = threading.Thread(target=poll)
            thread.start()
            while not service.calls.of("files/list_folder/longpoll"):
                time.sleep(0.01)
        thread.join(30)
        assert len(failed) == 1
        assert not server.ca_file.exists()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address(server))

    @pytest.mark.parametrize("library", ["httpx", "aiohttp"])
    def test_concurrent_uploads_of_an_async_client_succeed(
        self, dropbox_server, dropbox_service, library
    ):
        context = ssl.create_default_context(cafile=dropbox_server.ca_file)
        headers = {"Authorization": f"Bearer {dropbox_service.login.access_token}"}
        url = f"{dropbox_server.url}/2/files/upload"

        def arguments(number):
            arg = json.dumps({"path": f"/new/{number}"})
            kind = "application/octet-stream"
            return {**headers, "Dropbox-API-Arg": arg, "Content-Type": kind}

        async def with_httpx():
            async with httpx.AsyncClient(verify=context, trust_env=False) as client:
                sent = (client.post(url, content=b"x", headers=arguments(n)) for n in range(20))
                return [reply.status_code for reply in await asyncio.gather(*sent)]

        async def with_aiohttp():
            connector = aiohttp.TCPConnector(ssl=context)
            async with aiohttp.ClientSession(connector=connector) as session:

                async def send(number):
                    async with session.post(url, data=b"x", headers=arguments(number)) as reply:
                        await reply.read()
                        return reply.status

                return await asyncio.gather(*map(send, range(20)))

        work = {"httpx": with_httpx, "aiohttp": with_aiohttp}[library]
        assert asyncio.run(work()) == [200] * 20
        assert len(dropbox_service.files) == 21


class TestLifecycle:
    def test_a_remote_address_must_be_allowed(self, dropbox_service):
        with pytest.raises(ValueError, match=r"host: expected .* unless remote .*'0.0.0.0'"):
            dropbox_service.serve(host="0.0.0.0")  # noqa: S104 -- it is refused
        with dropbox_service.serve(host="0.0.0.0", allow_remote=True) as server:  # noqa: S104 -- only during this test
            assert server.url.startswith("https://127.0.0.1:")
            assert Http(server).download("/a.txt").status_code == 200

    def test_a_chosen_port_is_used(self, dropbox_service):
        with dropbox_service.serve() as server:
            port = address(server)[1]
            with pytest.raises(OSError, match="in use"):
                dropbox_service.serve(port=port)
        with dropbox_service.serve(port=port) as again:
            assert address(again)[1] == port
            assert Http(again).download("/a.txt").status_code == 200

    def test_another_service_can_be_served_temporarily(self, dropbox_server, http):
        with dropbox_server.serving(FakeDropboxService(files={"/b": b"other"})) as server:
            assert server is dropbox_server
            assert http.download("/a.txt").status_code == 409
            assert http.download("/b").content == b"other"
        assert http.download("/a.txt").content == b"hello"


def test_a_large_file_is_uploaded_and_downloaded_in_pieces(http, dropbox_service):
    piece = bytes(range(256)) * 4 * 1024 * 5
    session = http.upload({}, piece, "upload_session/start").json()["session_id"]
    cursor = {"session_id": session, "offset": len(piece)}
    http.upload({"cursor": cursor}, piece, "upload_session/append_v2")
    cursor["offset"] *= 2
    arg = {"cursor": cursor, "commit": {"path": "/big"}}
    assert http.upload(arg, piece, "upload_session/finish").json()["size"] == 3 * len(piece)
    assert http.download("/big").content == piece * 3
    reply = http.send(
        "/2/files/download",
        headers={"Dropbox-API-Arg": '{"path": "/big"}', "Range": "bytes=10000000-10000003"},
    )
    assert (reply.status_code, reply.content) == (206, (piece * 3)[10000000:10000004])
    assert http.upload({"path": "/whole"}, piece * 3).json()["content_hash"] == (
        dropbox_service.client().files_get_metadata("/big").content_hash
    )


def test_a_stop_closes_connections_that_are_already_closing(dropbox_service):
    with warnings.catch_warnings(record=True) as seen, requests.Session() as session:
        warnings.simplefilter("always")
        with dropbox_service.serve() as server:
            session.post(f"{server.url}/2/check/user", verify=server.ca_file)

            def close_all():  # as after the idle time; the client leaves its side open
                for connection in server._uvicorn.server_state.connections:
                    connection.transport.close()

            server._loop.call_soon_threadsafe(close_all)
        gc.collect()
    assert [str(each.message) for each in seen] == []


def test_a_stop_closes_connections_of_a_browser_that_connects_again_immediately():
    """A page follows a stream of events, which its browser requests again when it ends."""
    opened, asked = [], threading.Semaphore(0)
    server = Server(FakeDropboxService(), settings=Settings(has_page=True)).start()
    page = urlsplit(server.page_address())

    def ask_until_refused():
        with suppress(ConnectionRefusedError):
            while True:
                tab = socket.create_connection((page.hostname, page.port))
                opened.append(tab)
                asked.release()
                with suppress(ConnectionError):
                    tab.send(b"GET /_fake/page/calls HTTP/1.1\r\nHost: x\r\n\r\n")
                    tab.recv(1)

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        tabs = [threading.Thread(target=ask_until_refused) for _ in range(3)]
        for tab in tabs:
            tab.start()
        for _ in range(100):
            asked.acquire()
        server.stop()
        for tab in tabs:
            tab.join()
        for each in opened:
            each.close()
        del server
        gc.collect()
    assert opened
    assert [str(each.message) for each in seen] == []


@pytest.mark.timeout(20)
def test_a_server_started_in_frozen_time_can_be_stopped_afterwards(monkeypatch, dropbox_service):
    with monkeypatch.context() as frozen:
        frozen.setattr(time, "monotonic", lambda: 1e9)  # as freezegun does
        serving = dropbox_service.serve()
        server = serving.__enter__()
        assert Http(server).rpc("files/get_metadata", {"path": "/a.txt"}).status_code == 200
    serving.__exit__(None, None, None)
