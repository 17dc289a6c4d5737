"""What a caller says it is, in the words of an ``Authorization`` header."""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple


class Credentials(NamedTuple):
    """``Bearer`` and a token, ``Basic`` and an encoded pair, or what else the header said."""

    scheme: str
    value: str

    @classmethod
    def parse(cls, header: str) -> Credentials:
        """Read the value of an ``Authorization`` header."""
        scheme, _, value = header.partition(" ")
        return cls(scheme, value)

    def key_and_secret(self) -> tuple[str, str] | None:
        """The app's key and secret that Basic authentication carries; None if it is none."""
        try:
            key, _, secret = base64.b64decode(self.value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return key, secret

    def __repr__(self) -> str:
        return f"<Credentials: {self.scheme} …>"


def basic(key: str, secret: str) -> Credentials:
    """An app's key and secret as Basic authentication."""
    return Credentials("Basic", base64.b64encode(f"{key}:{secret}".encode()).decode())
