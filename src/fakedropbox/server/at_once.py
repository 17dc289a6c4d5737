"""The short way of a call of a route: it is answered as soon as it is complete, without a task.

A task, and the messages of ASGI between uvicorn and the application, take as much time as most
calls. Only the protocol with httptools has the short way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from fakedropbox._core.service import Service
from fakedropbox._wire import HttpReply, HttpRequest

SMALL_BYTES = 64 * 1024
"""The greatest size of a body of a request that may take the short way."""

BEGUN = "begun"
"""The name that a `Begun` has in the state of an ASGI scope."""


class Begun(NamedTuple):
    """A call whose response takes the usual way, though it may have begun on the short one.

    ``answer`` returns the reply, or raises the error that took its place.
    """

    request: HttpRequest
    service: Service
    answer: Callable[[], HttpReply]


Finish = Callable[[bytes], HttpReply | Begun | None]
"""A function that answers a call, given its body. None if it has not begun to answer it."""

Begin = Callable[[str, Iterable[tuple[bytes, bytes]]], Finish | None]
"""A function that returns one for a call, given its path and headers; None for the usual way."""
