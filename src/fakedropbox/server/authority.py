"""The authority that issues the certificates of a server, kept in a directory between its runs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import trustme

CERTIFICATE = "ca.pem"
_KEY = "ca-key.pem"


def authority_in(directory: Path) -> trustme.CA:
    """Return the authority in a directory; if there is none, create it there.

    The directory is made if it does not exist. All users can read the certificate, because
    clients may run as other users; only the owner can read the key.

    Raises:
        ValueError: the directory has one of the two files only, they are not an authority's, or a
            file cannot be read or written.
    """
    try:
        return _kept_in(directory)
    except OSError as error:
        raise ValueError(
            f"ca_dir: expected a directory that can be read and written, got {directory}: "
            f"{error.strerror}"
        ) from error


def _kept_in(directory: Path) -> trustme.CA:
    directory.mkdir(parents=True, exist_ok=True)
    paths = [directory / CERTIFICATE, directory / _KEY]
    there = [path.name for path in paths if os.path.lexists(path)]
    if not there:
        authority = new_authority()
        _write(directory / CERTIFICATE, authority.cert_pem.bytes(), 0o644)
        _write(directory / _KEY, authority.private_key_pem.bytes(), 0o600)
        return authority
    if len(there) < len(paths):
        raise ValueError(
            f"ca_dir: expected {CERTIFICATE} and {_KEY} in {directory}, or neither of them, got "
            f"{there[0]} only; use another directory"
        )
    try:
        return trustme.CA.from_pem(*(path.read_bytes() for path in paths))
    except ValueError as error:
        raise ValueError(
            f"ca_dir: expected the certificate and key of an authority in {directory}, got files "
            f"that cannot be read: {error}; use another directory"
        ) from error


def to_text(authority: trustme.CA) -> str:
    """Return the certificate and the key of an authority as one text, for a state file."""
    parts = authority.cert_pem.bytes(), authority.private_key_pem.bytes()
    return json.dumps([part.decode() for part in parts])


def from_text(text: str) -> trustme.CA:
    """Return the authority for which `to_text` returned this text."""
    return trustme.CA.from_pem(*(part.encode() for part in json.loads(text)))


def new_authority() -> trustme.CA:
    """Return a new authority, which is not in a file yet."""
    return trustme.CA(organization_name="fakedropbox")


def _write(path: Path, content: bytes, mode: int) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(file, "wb") as opened:
        opened.write(content)
