"""Helpers for tests of the server: plain HTTP requests, and raw bytes over TLS."""

import json
import socket
import ssl
from contextlib import contextmanager

import requests


class Http:
    """An HTTP client with the address, the certificate and a token of a server."""

    def __init__(self, server, url=None):
        self.url = url or server.url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(server.ca_file)
        token = server.service.login.access_token
        self.authorization = {"Authorization": f"Bearer {token}"}

    def send(self, path, body=b"", headers=None, method="POST"):
        given = {**self.authorization, **(headers or {})}
        return self.session.request(method, f"{self.url}{path}", data=body, headers=given)

    def rpc(self, route, arg, **headers):
        kind = {"Content-Type": "application/json"}
        return self.send(f"/2/{route}", json.dumps(arg), {**kind, **headers})

    def upload(self, arg, body=b"", route="upload"):
        kind = {"Content-Type": "application/octet-stream", "Dropbox-API-Arg": json.dumps(arg)}
        return self.send(f"/2/files/{route}", body, kind)

    def download(self, path):
        return self.send(
            "/2/files/download", headers={"Dropbox-API-Arg": json.dumps({"path": path})}
        )


def address(server):
    """Return the host and the port of a server."""
    host, _, port = server.url.removeprefix("https://").partition(":")
    return host, int(port)


@contextmanager
def connected(server):
    """Yield a TLS connection to a server, to send bytes that an HTTP library would not send."""
    context = ssl.create_default_context(cafile=server.ca_file)
    with (
        socket.create_connection(address(server), timeout=30) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as tls,
    ):
        yield tls


def read_head(connection):
    """Read a response up to its body, byte by byte, so that the body stays unread."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        piece = connection.recv(1)
        if not piece:
            break
        head += piece
    return head.decode()


def rest(connection):
    """Read until the connection ends."""
    found = b""
    while piece := connection.recv(65536):
        found += piece
    return found.decode()
