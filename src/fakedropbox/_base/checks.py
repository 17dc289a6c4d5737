"""The one way to say that an argument is of a wrong type, and what a URL has to be."""

from __future__ import annotations

import ipaddress
import re
import reprlib
from urllib.parse import SplitResult, urlsplit

_URL = re.compile(r"https?://[\x21-\x5b\x5d-\x7e]+")  # browsers read a backslash as a slash


def expect(argument: str, value: object, *kinds: type, secret: bool = False) -> None:
    """Check an argument's type; a `bool` is no number here.

    Raises:
        TypeError: it names the argument, what was expected, and, unless it is ``secret``,
            the value.
    """
    if isinstance(value, kinds) and not (isinstance(value, bool) and bool not in kinds):
        return
    expected = " or ".join("None" if kind is type(None) else kind.__name__ for kind in kinds)
    given = type(value).__name__ if secret else reprlib.repr(value)
    raise TypeError(f"{argument}: expected {expected}, got {given}")


def split_url(text: str) -> SplitResult | None:
    """The parts of an absolute URL of the web; None for any other text, and with a user in it."""
    try:
        parts = urlsplit(text)
        _ = parts.port  # looking at it checks it
    except ValueError:
        return None
    return parts if _URL.fullmatch(text) and parts.hostname and not parts.username else None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, without asking anybody for its address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
