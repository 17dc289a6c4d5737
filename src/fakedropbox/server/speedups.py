"""The event loop and the HTTP protocol of a server: the fast ones, if they are installed.

uvloop and httptools are the extra ``speed``. They do the same as asyncio and h11, in less time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from fakedropbox._base.real_time import monotonic


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Return a loop that uses the real clock, also while a test has frozen the time.

    Timers that are set in frozen time would wait for years after it. uvloop asks the system for the
    time, so that nothing can freeze it.
    """
    if is_installed("uvloop"):
        loop: asyncio.AbstractEventLoop = import_module("uvloop").new_event_loop()
        return loop
    loop = asyncio.new_event_loop()
    loop.time = monotonic  # type: ignore[method-assign]
    return loop


def protocol() -> Callable[..., Any]:
    """Return the class of the protocol of a connection."""
    name = "httptools_protocol" if is_installed("httptools") else "h11_protocol"
    made: Callable[..., Any] = import_module(f"fakedropbox.server.{name}").Protocol
    return made


def is_installed(package: str) -> bool:
    """Return whether a package can be imported."""
    return find_spec(package) is not None
