"""The host names of a server."""

from __future__ import annotations

import ipaddress
import re

_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*")


def name_in(host: str) -> str:
    """Return the name or address in a ``Host`` header, in lower case and without the port."""
    name = host.lower()
    return name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]


def checked_name(argument: str, name: str) -> str:
    """Return a host name or an IP address after checking that it is one.

    Raises:
        ValueError: it is not.
    """
    found = _address_in(name) or name.lower()
    if is_name(found):
        return found
    raise ValueError(
        f"{argument}: expected the name or the address of a host, without a port, got {name!r}"
    )


def is_name(text: str) -> bool:
    """Return whether a text is the name or the address of a host."""
    return _address_in(text) is not None or _NAME.fullmatch(text) is not None


def _address_in(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
