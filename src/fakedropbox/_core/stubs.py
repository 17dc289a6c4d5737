"""Stubs: answers that a test gives for routes that are not faked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stone.backends.python_rsrc.stone_serializers import (
    json_compat_obj_decode,
    json_compat_obj_encode,
)
from stone.backends.python_rsrc.stone_validators import ValidationError

from fakedropbox._api.registry import IMPLEMENTED, SDK_ROUTES, Route
from fakedropbox._api.structs import without_passwords
from fakedropbox._base.checks import expect, expect_name
from fakedropbox._facts import ROUTES
from fakedropbox._files.blobs import Blob, content_hash
from fakedropbox.calls import Call, Reply

_NAMES = sorted((SDK_ROUTES.keys() & ROUTES.keys()) - IMPLEMENTED.keys())


def _shown(arg: Any) -> Any:
    """Return an argument as it is recorded: without passwords; None if the route has none."""
    return None if arg is None else without_passwords(arg)


class Stubs:
    """The stubs of one service, by the names of their routes."""

    def __init__(self) -> None:
        self._routes: dict[str, Route] = {}

    def add(self, name: str, answer: Any) -> None:
        """Answer a route that is not faked; see `FakeDropboxService.stub`.

        Raises:
            TypeError: an argument, or an answer that is not a function, has the wrong type.
            ValueError: there is no such route, or it is faked.
        """
        expect("route", name, str)
        if name in IMPLEMENTED:
            raise ValueError(
                f"route: expected one that is not faked, got {name!r}; for an error of a faked "
                "route use faults.route_error"
            )
        expect_name("route", name, _NAMES, patterns=False)
        stub = _Stub(name, answer)
        if not callable(answer):
            stub.checked(answer)
        self._routes[name] = Route(name, ROUTES[name], SDK_ROUTES[name], stub.handle, shown=_shown)

    def get(self, name: str) -> Route | None:
        """Return the stub of a route, or None if it has none."""
        return self._routes.get(name)

    def clear(self) -> None:
        """Remove all stubs."""
        self._routes = {}

    def state(self) -> dict[str, Route]:
        """Return the current state, for `resume`."""
        return self._routes.copy()

    def resume(self, state: dict[str, Route]) -> None:
        """Go back to a state that `state` returned."""
        self._routes = state.copy()


class _Stub:
    """The answer to the calls of one route: a result, or a function of the call."""

    def __init__(self, name: str, answer: Any) -> None:
        self._name = name
        self._answer = answer
        self._is_download = ROUTES[name].style == "download"

    def handle(self, call: Call, _arg: Any) -> Reply:
        """Answer a call with a new copy of the result, which the caller may change."""
        answer: Callable[[Call], Any] | Any = self._answer
        return self.checked(answer(call) if callable(answer) else answer)

    def checked(self, answer: Any) -> Reply:
        """Return an answer as the reply that a client gets.

        Raises:
            TypeError: it is not a result of the route.
        """
        result, content = answer, None
        if self._is_download:
            if not (isinstance(answer, tuple) and [*map(type, answer[1:])] == [bytes]):
                raise TypeError(self._expected("a tuple of the result and bytes", answer))
            result, content = answer
        kind = SDK_ROUTES[self._name].result_type
        try:
            copied = json_compat_obj_decode(kind, json_compat_obj_encode(kind, result))
        except (ValidationError, AttributeError, TypeError) as error:
            expected = getattr(getattr(kind, "definition", None), "__name__", "None")
            raise TypeError(self._expected(f"{expected} of the SDK", result, error)) from None
        return Reply(copied, None if content is None else Blob(content_hash(content), content))

    def _expected(self, what: str, got: object, reason: object = "") -> str:
        because = f": {reason}" if reason else ""
        return f"{self._name}: expected {what} as the answer of a stub, got {got!r}{because}"
