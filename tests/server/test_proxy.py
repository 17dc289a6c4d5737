"""Tests of the CONNECT proxy: Dropbox's hosts lead to the server, all others are refused."""

import asyncio
import socket
import ssl

import aiohttp
import httpx
import pytest
import requests
from tests.support.doors import proxied

from fakedropbox._facts import hosts
from fakedropbox.server.proxy import start_proxy

URL = "https://api.dropboxapi.com/2/nonsense"


@pytest.fixture
def session(dropbox_server):
    with proxied(dropbox_server) as session:
        yield session


def reply_to(server, head):
    """Return the reply of the proxy to the given bytes."""
    with socket.create_connection(server.proxy_address, timeout=30) as connection:
        connection.sendall(head)
        found = b""
        while piece := connection.recv(65536):
            found += piece
    return found.decode()


@pytest.mark.parametrize("host", hosts.ALL)
def test_each_host_of_dropbox_leads_to_the_server(session, dropbox_service, host):
    session.hooks["response"].clear()
    reply = session.post(f"https://{host}/2/nonsense", data=b"")
    assert reply.text == 'Unknown API function: "nonsense".'
    assert [call.route for call in dropbox_service.calls] == ["nonsense"]


def test_each_host_serves_only_its_own_routes(session, dropbox_service):
    headers = {"Authorization": f"Bearer {dropbox_service.login.access_token}"}
    for host, status in (("api", 200), ("content", 400), ("notify", 400)):
        url = f"https://{host}.dropboxapi.com/2/users/get_current_account"
        assert session.post(url, headers=headers).status_code == status


@pytest.mark.parametrize(
    "target",
    [
        "example.com:443",
        "paper.dropbox.com:443",
        "uc0123.dl.dropboxusercontent.com:443",
        "api.dropboxapi.com:80",
        "127.0.0.1:443",
        "x",
    ],
)
def test_targets_other_than_the_hosts_of_dropbox_are_refused(dropbox_server, target):
    reply = reply_to(
        dropbox_server, f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode()
    )
    assert reply.startswith("HTTP/1.1 403 Forbidden\r\n")
    allowed = ", ".join(sorted(f"{host}:443" for host in (*hosts.ALL, hosts.BELOW_DOWNLOAD)))
    assert f"fakedropbox: {target}: only {allowed} can be reached" in reply


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET http://example.com/ HTTP/1.1\r\n\r\n", "405 Method Not Allowed"),
        (b"nonsense\r\n\r\n", "400 Bad Request"),
        (b"CONNECT x:443 HTTP/2\r\n\r\n", "400 Bad Request"),
        (b"X" * 70_000, "431 Request Header Fields Too Large"),
    ],
)
def test_a_request_that_is_not_a_valid_connect_is_refused(dropbox_server, head, status):
    assert reply_to(dropbox_server, head).startswith(f"HTTP/1.1 {status}\r\n")


def test_a_client_that_sends_nothing_does_not_disturb_others(dropbox_server, session):
    socket.create_connection(dropbox_server.proxy_address).close()
    assert session.post("https://api.dropboxapi.com/2/nonsense").status_code == 400


def test_a_reset_connection_is_reported_to_the_client(session, dropbox_service):
    dropbox_service.faults.connection_refused("check/user")
    headers = {
        "Authorization": f"Bearer {dropbox_service.login.access_token}",
        "Content-Type": "application/json",
    }
    url = "https://api.dropboxapi.com/2/check/user"
    with pytest.raises(requests.ConnectionError):
        session.post(url, b"{}", headers=headers)
    assert session.post(url, b"{}", headers=headers).status_code == 200


# Other libraries in this process, where the real Dropbox is refused


def by_httpx(server, context):
    with httpx.Client(proxy=server.proxy_url, verify=context) as client:
        return client.post(URL).text


def by_async_httpx(server, context):
    async def call():
        async with httpx.AsyncClient(proxy=server.proxy_url, verify=context) as client:
            return (await client.post(URL)).text

    return asyncio.run(call())


def by_aiohttp(server, context):
    async def call():
        async with aiohttp.ClientSession() as session:
            reply = await session.post(URL, proxy=server.proxy_url, ssl=context)
            return await reply.text()

    return asyncio.run(call())


@pytest.mark.parametrize("call", [by_httpx, by_async_httpx, by_aiohttp])
@pytest.mark.parametrize("in_use", ["dropbox_server", "dropbox_active"])
def test_other_libraries_can_use_the_proxy(dropbox_server, request, call, in_use):
    request.getfixturevalue(in_use)
    context = ssl.create_default_context(cafile=dropbox_server.ca_file)
    assert "Unknown API function" in call(dropbox_server, context)


def test_a_client_that_left_before_the_last_bytes_is_not_an_error():
    """curl closes its end before the server has closed TLS: the proxy writes to nobody."""
    reports = []

    async def scenario():
        asyncio.get_running_loop().set_exception_handler(lambda _, report: reports.append(report))

        async def say_goodbye(reader, writer):
            await reader.read()
            writer.write(b"the last bytes")
            writer.close()

        async with await asyncio.start_server(say_goodbye, "127.0.0.1", 0) as server:
            listening, _ = await start_proxy("127.0.0.1", 0, server.sockets[0].getsockname(), 30)
            async with listening:
                address = listening.sockets[0].getsockname()
                reader, writer = await asyncio.open_connection(*address)
                writer.write(b"CONNECT www.dropbox.com:443 HTTP/1.1\r\n\r\n")
                await reader.readuntil(b"\r\n\r\n")
                relays = [
                    task for task in asyncio.all_tasks() if task is not asyncio.current_task()
                ]
                writer.close()
                await asyncio.wait(relays, timeout=30)

    asyncio.run(scenario())
    assert reports == []
