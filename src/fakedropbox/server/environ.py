"""The environment variables that make a program use a server instead of Dropbox."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from fakedropbox._base.control_session import CA_FILE, CONTROL_TOKEN, URL
from fakedropbox._base.own_files import MARK, bears_mark, expect_own_file, own_file
from fakedropbox._facts import hosts
from fakedropbox.login import Login
from fakedropbox.server.served import Served

_BUNDLES = (
    "REQUESTS_CA_BUNDLE",  # requests
    "CURL_CA_BUNDLE",  # curl
    "SSL_CERT_FILE",  # OpenSSL, Go, Python's ssl
    "NODE_EXTRA_CA_CERTS",  # Node
    CA_FILE,
)
_PROXY = ("HTTPS_PROXY", "https_proxy")
_NO_PROXY = ("NO_PROXY", "no_proxy")
_JAVA = "JAVA_TOOL_OPTIONS"
_LOGIN = ("app_key", "app_secret", "refresh_token", "access_token")

_NAMES = {
    *hosts.OF_VARIABLES,
    *_BUNDLES,
    _JAVA,
    *_PROXY,
    *_NO_PROXY,
    *(f"DROPBOX_{name.upper()}" for name in _LOGIN),
    URL,
    CONTROL_TOKEN,
}
_MARKS = {URL, CONTROL_TOKEN}
"""The variables by which a JSON file of ours is recognized, because JSON has no comments."""

_FOR_OWNER = 0o600


def environ_of(server: Served, login: Login, control_token: str) -> dict[str, str]:
    """Return the variables that make clients in any language use a server, with a login.

    The variables for the hosts and those for the proxy have the same effect; a client needs
    to read only one kind.
    """
    host, port = server.proxy_address
    direct = dict.fromkeys(["localhost", "127.0.0.1", "::1", urlsplit(server.url).hostname or ""])
    java = {
        "javax.net.ssl.trustStore": str(server.certificates.java_trust_store),
        "javax.net.ssl.trustStoreType": "PKCS12",
        "https.proxyHost": host,
        "https.proxyPort": str(port),
    }
    return {
        **dict.fromkeys(hosts.OF_VARIABLES, server.url.removeprefix("https://")),
        **dict.fromkeys(_BUNDLES, str(server.ca_file)),
        _JAVA: " ".join(f"-D{name}={value}" for name, value in java.items()),
        **dict.fromkeys(_PROXY, server.proxy_url),
        **dict.fromkeys(_NO_PROXY, ",".join(direct)),
        **{f"DROPBOX_{name.upper()}": getattr(login, name) for name in _LOGIN},
        URL: server.url,
        CONTROL_TOKEN: control_token,
    }


class EnvFile:
    """A file with the variables, as long as a server runs, for programs that use it.

    They are lines for a shell, or JSON if the name ends in ``.json``. The file is written in place;
    while it is empty, the server is not ready. Only its owner can read it.

    Raises:
        ValueError, OSError: the file is not ours; see `expect_own_file`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_json = path.suffix == ".json"
        expect_own_file("env_file", path, self._is_ours)

    def empty(self) -> None:
        """Empty the file that an earlier server left, for programs that wait for a new one."""
        if self._path.exists():
            self._write(b"")

    def write(self, environ: Mapping[str, str]) -> None:
        """Write the variables."""
        self._write(self._text(environ).encode())

    @contextmanager
    def written(self, environ: Mapping[str, str]) -> Iterator[None]:
        """Write the variables, and at the end of the context remove what was written.

        A file that was there before is left empty. A file that another program has
        changed meanwhile is left as it is.
        """
        was_there, data = self._path.exists(), self._text(environ).encode()
        self._write(data)
        try:
            yield
        finally:
            if self._path.is_file() and self._path.read_bytes() == data:
                if was_there:
                    self._write(b"")
                else:
                    self._path.unlink()

    def _text(self, environ: Mapping[str, str]) -> str:
        if self._is_json:
            return json.dumps(environ, indent=2) + "\n"
        lines = (f"export {name}={shlex.quote(value)}\n" for name, value in environ.items())
        return f"{MARK}, which overwrites this file, and empties it at the end.\n{''.join(lines)}"

    def _write(self, data: bytes) -> None:
        with own_file("env_file", self._path, self._is_ours) as file:
            self._path.chmod(_FOR_OWNER)
            file.truncate()
            file.write(data)

    def _is_ours(self, file: BinaryIO) -> bool:
        if not self._is_json:
            return bears_mark(file)
        try:
            found = json.load(file)
        except ValueError:
            return False
        return isinstance(found, dict) and _MARKS <= found.keys() <= _NAMES
