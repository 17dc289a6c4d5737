"""The environment variables that make a program use a server instead of Dropbox."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from fakedropbox._facts import hosts
from fakedropbox.server.served import Served

URL = "FAKEDROPBOX_URL"
CONTROL_TOKEN = "FAKEDROPBOX_CONTROL_TOKEN"  # noqa: S105 -- a variable's name
CA_FILE = "FAKEDROPBOX_CA_FILE"

_BUNDLES = (
    "REQUESTS_CA_BUNDLE",  # requests
    "CURL_CA_BUNDLE",  # curl
    "SSL_CERT_FILE",  # OpenSSL, Go, Python's ssl
    "NODE_EXTRA_CA_CERTS",  # Node
    CA_FILE,
)


def environ_of(server: Served) -> dict[str, str]:
    """Return the variables that make clients in any language use a server, with its login.

    The variables for the hosts and those for the proxy have the same effect; a client needs
    to read only one kind.
    """
    login = server.service.login
    host, port = server.proxy_address
    java = {
        "javax.net.ssl.trustStore": str(server.certificates.java_trust_store),
        "javax.net.ssl.trustStoreType": "PKCS12",
        "https.proxyHost": host,
        "https.proxyPort": str(port),
    }
    return {
        **dict.fromkeys(hosts.OF_VARIABLES, server.url.removeprefix("https://")),
        **dict.fromkeys(_BUNDLES, str(server.ca_file)),
        "JAVA_TOOL_OPTIONS": " ".join(f"-D{name}={value}" for name, value in java.items()),
        **dict.fromkeys(("HTTPS_PROXY", "https_proxy"), server.proxy_url),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), "localhost,127.0.0.1,::1"),
        "DROPBOX_APP_KEY": login.app_key,
        "DROPBOX_APP_SECRET": login.app_secret,
        "DROPBOX_REFRESH_TOKEN": login.refresh_token,
        "DROPBOX_ACCESS_TOKEN": login.access_token,
        URL: server.url,
        CONTROL_TOKEN: server.control_token,
    }


def write_env_file(path: Path, environ: Mapping[str, str]) -> None:
    """Write variables as JSON if the name ends in ``.json``, otherwise as lines for a shell.

    The file appears complete or not at all, and only its owner can read it.
    """
    if path.suffix == ".json":
        text = json.dumps(environ, indent=2) + "\n"
    else:
        lines = (f"export {name}={shlex.quote(value)}\n" for name, value in environ.items())
        text = "".join(lines)
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123 -- it opens a file descriptor, to set the mode
        file.write(text)
    beside.replace(path)
