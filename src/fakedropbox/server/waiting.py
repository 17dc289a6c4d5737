"""The wait for a server that another process starts."""

from __future__ import annotations

import json
import os
import shlex
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import requests

from fakedropbox.control import Control
from fakedropbox.server.environ import CA_FILE, CONTROL_TOKEN, URL

_PAUSE_SECONDS = 0.1


def wait_for_server(
    env_file: Path | None, seconds: float, pause: Callable[[float], None] = time.sleep
) -> str:
    """Wait until a server accepts requests with the control token that its variables name.

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
            environ = _variables(env_file)
            _control(environ).clock.now()
        except (OSError, ValueError, requests.RequestException) as error:
            reason = str(error)
        else:
            return environ[URL]
        if time.monotonic() >= end:
            raise TimeoutError(f"no server after {seconds:g} seconds: {reason}")
        pause(_PAUSE_SECONDS)


def control_of(env_file: Path | None) -> Control:
    """Return a client of the control interface of the server that a file of variables names.

    Args:
        env_file: the file of ``serve --env-file``; the variables of this process if None.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not such a file, or has not all of the variables.
    """
    return _control(_variables(env_file))


def _variables(env_file: Path | None) -> Mapping[str, str]:
    environ = os.environ if env_file is None else environ_in(env_file)
    for name in (URL, CONTROL_TOKEN, CA_FILE):
        if name not in environ:
            raise ValueError(f"{env_file or 'the environment'} has no {name}")
    return environ


def _control(environ: Mapping[str, str]) -> Control:
    return Control(environ[URL], environ[CONTROL_TOKEN], environ[CA_FILE])


def environ_in(path: Path) -> Mapping[str, str]:
    """Return the variables in a file that `EnvFile` has written.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not such a file.
    """
    text = path.read_text()
    if path.suffix == ".json":
        found = json.loads(text)
        if not isinstance(found, dict):
            raise ValueError(f"env_file: expected a JSON object in {path}")
        return found
    words = shlex.split(text, comments=True)
    return dict(word.split("=", 1) for word in words if "=" in word)
