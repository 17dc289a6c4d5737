"""The routes that the double has: each one decorated function."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import dropbox

from fakedropbox._facts import ROUTES, RouteFact
from fakedropbox.calls import Call, Reply
from fakedropbox.errors import NotImplementedInFake

Handler = Callable[[Call, Any], Any]


class Route(NamedTuple):
    """A route that works: what is known of it, its SDK types, and its function.

    One that ``waits`` is asked again and again until its result has changes, or its
    argument's timeout is over.
    """

    name: str
    fact: RouteFact
    sdk: Any
    handle: Handler
    waits: bool = False

    def run(self, call: Call) -> Reply:
        """Answer a call."""
        result = self.handle(call, call.arg)
        return result if type(result) is Reply else Reply(result)


IMPLEMENTED: dict[str, Route] = {}
"""The routes that work, by their name on the wire."""


def wire_name(namespace: str, sdk_route: Any) -> str:
    """The name on the wire of one of the SDK's routes (F1.1-04)."""
    version = f"_v{sdk_route.version}" if sdk_route.version > 1 else ""
    return f"{namespace}/{sdk_route.name}{version}"


SDK_NAMES: dict[int, str] = {
    id(sdk_route): wire_name(namespace, sdk_route)
    for namespace in {fact.namespace for fact in ROUTES.values()}
    if find_spec(f"dropbox.{namespace}") is not None  # the SDK's floor lacks one
    for sdk_route in import_module(f"dropbox.{namespace}").ROUTES.values()
}
"""The name of each of the SDK's route objects, which compare by identity."""


def route(sdk_route: Any, *, waits: bool = False) -> Callable[[Handler], Handler]:
    """Register a function as the implementation of one of the SDK's routes."""
    name = SDK_NAMES[id(sdk_route)]
    fact = ROUTES[name]
    if name in IMPLEMENTED:
        raise ValueError(f"{name}: has an implementation already")
    if fact.style != sdk_route.attrs["style"] or fact.host != sdk_route.attrs["host"]:
        raise ValueError(f"{name}: the table and the SDK disagree on its style or host")

    def register(handle: Handler) -> Handler:
        IMPLEMENTED[name] = Route(name, fact, sdk_route, handle, waits)
        return handle

    return register


def missing(name: str, what: str = "") -> NotImplementedInFake:
    """The error for a route, or a part of one, that the double does not have."""
    if what:
        return NotImplementedInFake(f"{name}: {what} is not implemented in fakedropbox")
    near = difflib.get_close_matches(name, IMPLEMENTED, n=1, cutoff=0)
    return NotImplementedInFake(
        f"{name} is not implemented in fakedropbox (SDK {dropbox.__version__}); "
        f"the nearest route that is: {near[0]}"
    )
