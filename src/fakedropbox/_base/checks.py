"""Checks of argument types and of URLs, with uniform error messages."""

from __future__ import annotations

import ipaddress
import re
import reprlib
from collections.abc import Collection
from fnmatch import fnmatchcase
from urllib.parse import SplitResult, urlsplit

from fakedropbox._base.public import nearest

_URL = re.compile(r"https?://[\x21-\x5b\x5d-\x7e]+")  # browsers read a backslash as a slash
_AFTER_BRACKET = re.compile(r"[^]]*|\[[0-9A-Fa-f:.]+\](:[0-9]*)?")
"""An authority in which nothing but a port stands after a bracketed address (RFC 3986, 3.2.2)."""


def expect(argument: str, value: object, *kinds: type, secret: bool = False) -> None:
    """Check an argument's type; a `bool` does not count as a number.

    Raises:
        TypeError: the type is wrong. The message names the argument, the expected type and,
            unless it is ``secret``, the value.
    """
    if isinstance(value, kinds) and not (isinstance(value, bool) and bool not in kinds):
        return
    expected = " or ".join("None" if kind is type(None) else kind.__name__ for kind in kinds)
    given = type(value).__name__ if secret else reprlib.repr(value)
    raise TypeError(f"{argument}: expected {expected}, got {given}")


def expect_name(
    argument: str,
    pattern: str,
    names: Collection[str],
    *,
    patterns: bool = True,
    for_patterns: str = "",
) -> None:
    """Check that a name is known, or that it is a pattern such as ``files/*`` for known names.

    If ``patterns`` is False, only known names are accepted. For a pattern, the message then says to
    use ``for_patterns``, a call that accepts it.

    Raises:
        ValueError: it fits none. The message names the nearest one.
    """
    fits = any(fnmatchcase(name, pattern) for name in names)
    if pattern not in names and not (patterns and fits):
        near = nearest(pattern, names)
        way_out = f"; for a pattern use {for_patterns}" if fits and for_patterns else ""
        raise ValueError(f"{argument}: expected one such as {near!r}, got {pattern!r}{way_out}")


def split_url(text: str) -> SplitResult | None:
    """Return the parts of an absolute http or https URL.

    None for any other text, and for a URL that contains a user name.
    """
    try:
        parts = urlsplit(text)
        _ = parts.port  # reading the port validates it
    except ValueError:
        return None
    is_valid = _URL.fullmatch(text) and _AFTER_BRACKET.fullmatch(parts.netloc)
    return parts if is_valid and parts.hostname and not parts.username else None


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine, without a DNS lookup."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
