"""The credentials in an ``Authorization`` header."""

from __future__ import annotations

import base64
from typing import NamedTuple


class Credentials(NamedTuple):
    """The content of an ``Authorization`` header: a scheme and its value.

    The value is a token for ``Bearer``, and an encoded key and secret for ``Basic``.
    """

    scheme: str
    value: str

    @classmethod
    def parse(cls, header: str) -> Credentials:
        """Parse the value of an ``Authorization`` header."""
        scheme, _, value = header.partition(" ")
        return cls(scheme, value)

    def key_and_secret(self) -> tuple[str, str] | None:
        """Return the app's key and secret of Basic authentication; None if they are malformed."""
        try:
            key, _, secret = base64.b64decode(self.value, validate=True).decode().partition(":")
        except ValueError:  # also of text that is not ASCII
            return None
        return key, secret

    def __repr__(self) -> str:
        return f"<Credentials: {self.scheme} …>"


def basic(key: str, secret: str) -> Credentials:
    """Return an app's key and secret as the credentials of Basic authentication."""
    return Credentials("Basic", base64.b64encode(f"{key}:{secret}".encode()).decode())
