"""Answers of stubs: results of routes that are not faked, as objects of the SDK and as JSON."""

from __future__ import annotations

from typing import Any

from stone.backends.python_rsrc.stone_serializers import (
    json_compat_obj_decode,
    json_compat_obj_encode,
)
from stone.backends.python_rsrc.stone_validators import ValidationError

from fakedropbox._api.registry import IMPLEMENTED, SDK_ROUTES
from fakedropbox._base.checks import expect, expect_name
from fakedropbox._facts import ROUTES

_UNREADABLE = (ValidationError, AttributeError, TypeError, ValueError)


def expect_unfaked(route: str) -> None:
    """Check that a route can have a stub.

    Raises:
        TypeError: it is not the name of a route.
        ValueError: there is no such route, or it is faked.
    """
    expect("route", route, str)
    if route in IMPLEMENTED:
        raise ValueError(
            f"route: expected one that is not faked, got {route!r}; for an error of a faked "
            "route use faults.route_error"
        )
    unfaked = sorted((SDK_ROUTES.keys() & ROUTES.keys()) - IMPLEMENTED.keys())
    expect_name("route", route, unfaked, patterns=False)


def is_download(route: str) -> bool:
    """Return whether the answers of a route have content, too."""
    return ROUTES[route].style == "download"


def answer_to_json(route: str, answer: Any) -> tuple[Any, bytes]:
    """Return the result in an answer as JSON, and the content, which is empty if it has none.

    Raises:
        TypeError: it is not an answer of the route.
    """
    result, content = answer, b""
    if is_download(route):
        if not (isinstance(answer, tuple) and [*map(type, answer[1:])] == [bytes]):
            raise TypeError(_expected(route, "a tuple of the result and bytes", answer))
        result, content = answer
    try:
        return json_compat_obj_encode(SDK_ROUTES[route].result_type, result), content
    except _UNREADABLE as error:
        raise TypeError(_expected(route, f"{_type_of(route)} of the SDK", result, error)) from None


def answer_from_json(route: str, result: Any, content: bytes) -> Any:
    """Return the answer that `answer_to_json` described.

    Raises:
        ValueError: it is not an answer of the route.
    """
    if content and not is_download(route):
        raise ValueError(f"content: expected none, as {route} is not a download, got some")
    try:
        found = json_compat_obj_decode(SDK_ROUTES[route].result_type, result)
    except _UNREADABLE as error:
        expected = f"{_type_of(route)} of the SDK as JSON"
        raise ValueError(f"result: {_expected(route, expected, result, error)}") from None
    return (found, content) if is_download(route) else found


def _type_of(route: str) -> str:
    definition = getattr(SDK_ROUTES[route].result_type, "definition", None)
    return getattr(definition, "__name__", "None")


def _expected(route: str, what: str, got: object, reason: object = "") -> str:
    because = f": {reason}".encode("utf-8", "backslashreplace").decode() if reason else ""
    return f"{route}: expected {what} as the answer of a stub, got {got!r}{because}"
