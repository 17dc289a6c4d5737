"""The registry of routes, each a decorated function."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal, NamedTuple

import dropbox
from dropbox import sharing
from stone.backends.python_rsrc import stone_base

from fakedropbox._facts import ROUTES, UNFAKED, RouteFact
from fakedropbox.calls import Call, Reply
from fakedropbox.errors import NotImplementedInFake, RouteError

Handler = Callable[[Call, Any], Any]
Touches = Literal["everything", "paths", "session", "links"]

_NEAR = 0.85
"""The lowest similarity of a route that is named in the error for one that is missing."""

AS_429 = "429"
"""The `Route.contention` of a route that reports it as HTTP 429: its errors have no tag (F9-03)."""


def _refusal(_call: Call, tags: str) -> RouteError:
    return RouteError(tags)


class Route(NamedTuple):
    """An implemented route: its facts, its SDK types, its function, and its properties.

    Attributes:
        waits: True if the function is called repeatedly until its result has changes, or the
            timeout in its argument is over.
        contention: the tags of its error for concurrent writes (F9-02), or `AS_429`; empty for
            a route that does not write.
        no_space: the tags of its error for an account without free space; empty if it needs
            no space.
        refusal: a function that returns its error if a planned fault refuses the call.
        entries: the field of its argument that holds the entries of a batch; empty for a route
            that is not a batch.
        touches: the data that it reads and writes: ``paths`` for everything at, above and below
            the paths in its argument, ``session`` for something that its caller has begun, such
            as an upload session, ``links`` for shared links and what they lead to, or
            ``everything`` if it may be anything.
        renumbers: True if it gives new ids or revisions to everything in a folder, in the order
            of creation.
        shown: a function that returns its argument without passwords, for the record of the
            call; None if its argument has no passwords.
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
    shown: Callable[[Any], Any] | None = None

    def run(self, call: Call) -> Reply:
        """Answer a call."""
        result = self.handle(call, call.arg)
        return result if type(result) is Reply else Reply(result)


IMPLEMENTED: dict[str, Route] = {}
"""The implemented routes, by their names on the wire."""


def wire_name(namespace: str, sdk_route: Any) -> str:
    """Return the name on the wire of one of the SDK's routes (F1.1-04)."""
    version = f"_v{sdk_route.version}" if sdk_route.version > 1 else ""
    return f"{namespace}/{sdk_route.name}{version}"


_REMOVE_FILE_MEMBER = stone_base.Route(
    "remove_file_member",
    1,
    True,  # it is deprecated
    sharing.RemoveFileMemberArg_validator,
    sharing.FileMemberActionIndividualResult_validator,
    sharing.RemoveFileMemberError_validator,
    sharing.remove_file_member_2.attrs,
)

SDK_ROUTES: dict[str, Any] = {
    "sharing/remove_file_member": _REMOVE_FILE_MEMBER,  # no longer in the SDK (S14-14)
    **{
        wire_name(namespace, sdk_route): sdk_route
        for namespace in {fact.namespace for fact in ROUTES.values()}
        if find_spec(f"dropbox.{namespace}") is not None  # an old SDK may lack one
        for sdk_route in import_module(f"dropbox.{namespace}").ROUTES.values()
    },
}
"""All routes of the SDK, and one that older versions had, by their names on the wire."""

SDK_NAMES: dict[int, str] = {id(sdk_route): name for name, sdk_route in SDK_ROUTES.items()}
"""The name on the wire of each of the SDK's route objects, by the object's `id`."""


def route(sdk_route: Any, **habits: Any) -> Callable[[Handler], Handler]:
    """Register a function as the implementation of one of the SDK's routes.

    Args:
        sdk_route: one of the route objects of the SDK's namespaces, such as `files.upload`.
        **habits: further attributes of its `Route`.
    """
    if not hasattr(sdk_route, "attrs"):
        raise TypeError(f"route: expected one of the SDK's routes, got {sdk_route!r}")

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
                f"{name}: _facts/routes.csv and the SDK disagree on its style or host; "
                f"it is implemented by {place_of(handle)}"
            )
        unknown = sorted(habits.keys() - set(Route._fields))
        if unknown:
            raise TypeError(
                f"{name}: expected habits that `Route` has, got {', '.join(unknown)} at "
                f"{place_of(handle)}"
            )
        IMPLEMENTED[name] = Route(name, fact, sdk_route, handle, **habits)
        return handle

    return register


def place_of(function: Callable[..., Any]) -> str:
    """Return the place of a function's definition, for an error message."""
    code = function.__code__
    return f"{function.__module__}.{function.__qualname__} (line {code.co_firstlineno})"


def missing(name: str, what: str = "") -> NotImplementedInFake:
    """Return the error for a route, or a part of a route, that the double does not have.

    The advice is in notes of the error and not in its message, because reports count equal
    messages.
    """
    if what:
        part = NotImplementedInFake(f"{name}: {what} is not implemented in fakedropbox")
        part.add_note("see docs/explanation/limits.md for the uses of routes that are not faked")
        return part
    import difflib  # late, as it is needed for this message only

    namespace = f"{name.partition('/')[0]}/"
    alike = [each for each in IMPLEMENTED if each.startswith(namespace)]
    near = difflib.get_close_matches(name, alike, n=1, cutoff=_NEAR)
    error = NotImplementedInFake(
        f"{name} is not implemented in fakedropbox (SDK {dropbox.__version__})"
        + "".join(f"; a similar route that is: {each}" for each in near)
    )
    for pattern, reason in UNFAKED.items():
        if fnmatchcase(name, pattern):
            error.add_note(f"the reason: {reason}")
    error.add_note(f"answer it by service.stub({name!r}, …); see docs/how-to/not-faked.md")
    return error
