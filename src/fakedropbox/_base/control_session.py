"""Requests to the control interface of a server, and the wait until a server runs.

This module imports little, as `fakedropbox wait` runs it again and again in a container.
"""

from __future__ import annotations

import json
import os
import shlex
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import requests

from fakedropbox._facts.hosts import CONTROL

URL = "FAKEDROPBOX_URL"
CONTROL_TOKEN = "FAKEDROPBOX_CONTROL_TOKEN"  # noqa: S105 -- a variable's name
CA_FILE = "FAKEDROPBOX_CA_FILE"

_REFUSALS: dict[int, type[Exception]] = {
    requests.codes.bad_request: ValueError,
    requests.codes.unauthorized: PermissionError,
    requests.codes.misdirected_request: PermissionError,
    requests.codes.request_entity_too_large: ValueError,
}
"""The errors of `ControlSession` by the status of the response."""

_PAUSE_SECONDS = 0.1
_LEAST_SECONDS = 1


class ControlSession:
    """A session with the control interface of the server at a URL.

    ``token`` is the control token, ``ca_file`` the path of the server's CA certificate, ``seconds``
    the longest time in which the server must send something. As a context it is closed at the end.
    """

    def __init__(self, url: str, token: str, ca_file: str, seconds: float = 60) -> None:
        self.url = url.rstrip("/")
        self._seconds = seconds
        self._session = requests.Session()
        self._session.trust_env = False  # ignore proxies and CA bundles of the environment
        self._session.verify = ca_file
        self._session.headers["Authorization"] = f"Bearer {token}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections to the server; a later request opens a new one."""
        self._session.close()

    def ask(self, operation: str, **arguments: Any) -> Any:
        """Carry out an operation, and return its result as values of JSON.

        Raises:
            ValueError: the service refuses it.
            PermissionError: the token or the name of the server is wrong.
            requests.RequestException: the server cannot be reached.
        """
        address = f"{self.url}{CONTROL}/{operation}"
        reply = self._session.post(address, json=arguments, timeout=self._seconds)
        if reply.status_code in _REFUSALS:
            kind = reply.headers.get("Content-Type", "")
            reason = reply.json()["error"] if kind == "application/json" else reply.text.strip()
            raise _REFUSALS[reply.status_code](reason)
        reply.raise_for_status()
        return reply.json()


def session_of(env_file: Path | None, seconds: float = 60) -> ControlSession:
    """Return a session with the server that a file of variables names.

    Args:
        env_file: the file of ``serve --env-file``; the variables of this process if None.
        seconds: see `ControlSession`.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not such a file, or a variable is missing or empty.
    """
    environ = os.environ if env_file is None else _variables_in(env_file)
    for name in (URL, CONTROL_TOKEN, CA_FILE):
        if not environ.get(name):  # with an empty CA_FILE, requests would trust any server
            raise ValueError(f"{env_file or 'the environment'} has no {name}")
    return ControlSession(environ[URL], environ[CONTROL_TOKEN], environ[CA_FILE], seconds)


def _variables_in(path: Path) -> Mapping[str, str]:
    """Return the variables in a file that ``serve --env-file`` has written."""
    text = path.read_text()
    if path.suffix == ".json":
        found = json.loads(text)
        if not isinstance(found, dict):
            raise ValueError(f"env_file: expected a JSON object in {path}")
        return found
    words = shlex.split(text, comments=True)
    return dict(word.split("=", 1) for word in words if "=" in word)


def wait_for_server(
    env_file: Path | None, seconds: float, pause: Callable[[float], None] = time.sleep
) -> str:
    """Wait until the server that ``env_file`` names accepts the control token in that file.

    So the file of an earlier server, which is still there, is not mistaken for that of this one.

    Args:
        env_file: the file of ``serve --env-file``; the variables of this process if None.
        seconds: the longest time to wait.
        pause: the function that waits for a number of seconds before the next attempt.

    Returns:
        The URL of the server.

    Raises:
        TimeoutError: there is no such server in time; the message has the last reason.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            with session_of(env_file, max(_LEAST_SECONDS, end - time.monotonic())) as session:
                session.ask("clock/now")
                return session.url
        except (OSError, ValueError) as error:  # a RequestException is an OSError
            reason = str(error)
        if time.monotonic() >= end:
            raise TimeoutError(f"no server after {seconds:g} seconds: {reason}")
        pause(_PAUSE_SECONDS)
