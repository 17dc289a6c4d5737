"""A local web server for tests, which keeps the requests that it receives."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit


class ReceivedRequest(NamedTuple):
    """A received request, with its headers in their order and spelling."""

    method: str
    path: str
    headers: Any
    body: bytes


class Receiver:
    """A web server that answers with ``status``, and the result of ``echo(challenge)`` as body."""

    def __init__(self):
        self.requests = []
        self.status = 200
        self.echo = str
        self.before_answer = lambda: None

    def __enter__(self):
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                size = int(self.headers.get("Content-Length", 0))
                receiver.requests.append(
                    ReceivedRequest(self.command, self.path, self.headers, self.rfile.read(size))
                )
                receiver.before_answer()
                challenge = parse_qs(urlsplit(self.path).query).get("challenge", [""])[0]
                body = receiver.echo(challenge).encode()
                self.send_response(receiver.status)
                self.send_header("Content-Type", "text/plain")
                self.send_header("X-Content-Type-Options", "nosniff")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815 -- the name that the library calls

            def log_message(self, *_):
                """Log nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"{self.origin}/hook"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
