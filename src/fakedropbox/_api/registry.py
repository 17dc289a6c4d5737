"""The routes that the double has: each one decorated function."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal, NamedTuple

import dropbox

from fakedropbox._facts import ROUTES, RouteFact
from fakedropbox.calls import Call, Reply
from fakedropbox.errors import NotImplementedInFake, RouteError

Handler = Callable[[Call, Any], Any]
Touches = Literal["everything", "paths", "session"]

AS_429 = "429"
"""What a route says for contention that its own errors have no word for (F9-03)."""


def _refusal(_call: Call, tags: str) -> RouteError:
    return RouteError(tags)


class Route(NamedTuple):
    """A route that works: what is known of it, its SDK types, its function, and its habits.

    Attributes:
        waits: it is asked again and again until its result has changes, or its argument's
            timeout is over.
        contention: the tags of its error for writers who meet (F9-02), or `AS_429`; empty for
            a route that does not write.
        no_space: the tags of its error for an account without room; empty if it needs none.
        refusal: makes its error where a planned fault refuses the call.
        entries: the field of its argument that holds the entries of a batch; empty for a route
            that is no batch.
        touches: what it reads and writes: what is at its ``paths``, above and below; what its
            caller has begun, such as a ``session``; or who knows what: ``everything``.
        renumbers: it gives new ids or revisions to all in a folder, in the order of its creation.
    """

    name: str
    fact: RouteFact
    sdk: Any
    handle: Handler
    waits: bool = False
    contention: str = ""
    no_space: str = ""
    refusal: Callable[[Call, str], RouteError] = _refusal
    entries: str = ""
    touches: Touches = "everything"
    renumbers: bool = False

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


def route(sdk_route: Any, **habits: Any) -> Callable[[Handler], Handler]:
    """Register a function as the implementation of one of the SDK's routes.

    Args:
        sdk_route: one of the route objects of the SDK's namespaces, such as `files.upload`.
        **habits: what `Route` keeps of it besides.
    """

    def register(handle: Handler) -> Handler:
        name = SDK_NAMES.get(id(sdk_route), "")
        fact = ROUTES.get(name)
        if fact is None:
            raise ValueError(
                f"{name or sdk_route.name}: expected a row in _facts/routes.csv for "
                f"{place_of(handle)}, found none"
            )
        if name in IMPLEMENTED:
            raise ValueError(
                f"{name}: expected one function, got {place_of(IMPLEMENTED[name].handle)} "
                f"and {place_of(handle)}"
            )
        if fact.style != sdk_route.attrs["style"] or fact.host != sdk_route.attrs["host"]:
            raise ValueError(
                f"{name}: _facts/routes.csv and the SDK's route that {place_of(handle)} is for "
                "disagree on its style or host"
            )
        IMPLEMENTED[name] = Route(name, fact, sdk_route, handle, **habits)
        return handle

    return register


def place_of(function: Callable[..., Any]) -> str:
    """Where a function is defined, as an error names it."""
    code = function.__code__
    return f"{function.__module__}.{function.__qualname__} (line {code.co_firstlineno})"


def missing(name: str, what: str = "") -> NotImplementedInFake:
    """The error for a route, or a part of one, that the double does not have."""
    if what:
        return NotImplementedInFake(f"{name}: {what} is not implemented in fakedropbox")
    near = difflib.get_close_matches(name, IMPLEMENTED, n=1, cutoff=0)
    return NotImplementedInFake(
        f"{name} is not implemented in fakedropbox (SDK {dropbox.__version__}); "
        f"the nearest route that is: {near[0]}"
    )
