"""The file that holds the control token of a server, for clients that start before or after it."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

_TOKEN = re.compile(r"[\x21-\x7e]{16,}")


def new_token() -> str:
    """Return a new control token."""
    return secrets.token_urlsafe(24)


def token_in(path: Path) -> str:
    """Return the control token in a file; if there is no file, create it with a new token.

    Only the owner can read a new file. White space around the token is ignored.

    Raises:
        ValueError: the file contains something else.
        OSError: the file cannot be read or written.
    """
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)
    token = new_token()
    with os.fdopen(file, "w") as opened:
        opened.write(f"{token}\n")
    return token


def _read(path: Path) -> str:
    if not path.is_file():
        raise ValueError(f"control_token_file: expected a regular file, got {path}")
    token = path.read_text("latin-1").strip()
    if not _TOKEN.fullmatch(token):
        raise ValueError(
            f"control_token_file: expected a file with a token of 16 or more visible ASCII "
            f"characters, got {path} with something else"
        )
    return token
