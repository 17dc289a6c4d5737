"""Stubs: answers that a test gives for routes that are not faked."""

from __future__ import annotations

from typing import Any

from fakedropbox._api.registry import SDK_ROUTES, Route
from fakedropbox._api.structs import without_passwords
from fakedropbox._api.stub_answers import (
    answer_from_json,
    answer_to_json,
    expect_unfaked,
    is_download,
)
from fakedropbox._facts import ROUTES
from fakedropbox._files.blobs import Blob, content_hash
from fakedropbox.calls import Call, Reply


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
        expect_unfaked(name)
        stub = _Stub(name, answer)
        if not callable(answer):
            stub.reply(answer)
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

    def handle(self, call: Call, _arg: Any) -> Reply:
        """Answer a call with a new copy of the result, which the caller may change."""
        answer = self._answer
        return self.reply(answer(call) if callable(answer) else answer)

    def reply(self, answer: Any) -> Reply:
        """Return an answer as the reply that a client gets.

        Raises:
            TypeError: it is not an answer of the route.
        """
        result, content = answer_to_json(self._name, answer)
        copied = answer_from_json(self._name, result, content)
        if is_download(self._name):
            return Reply(copied[0], Blob(content_hash(content), content))
        return Reply(copied, None)
