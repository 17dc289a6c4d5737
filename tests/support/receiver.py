"""A web server of the test's own on this machine, which keeps what it is sent."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit


class Arrived(NamedTuple):
    """One request, with its headers in the order and the letters in which they came."""

    method: str
    path: str
    headers: Any
    body: bytes


class Receiver:
    """Answers every request with ``status``; a challenge with ``echo`` of it."""

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
                    Arrived(self.command, self.path, self.headers, self.rfile.read(size))
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

            do_POST = do_GET  # noqa: N815 -- the library's word

            def log_message(self, *_):
                """Say nothing."""

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
