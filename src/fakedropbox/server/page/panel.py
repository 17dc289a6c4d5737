"""The base class of the panels with actions: each action carries out one control operation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qs

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fakedropbox.errors import NotImplementedInFake
from fakedropbox.server.page.guard import Guard
from fakedropbox.server.page.rendering import NOTICE, rendered
from fakedropbox.server.page.shown import Shown

_OPERATION = "operation"


class Form:
    """The fields of a form that was sent, as texts; any of them may be missing."""

    def __init__(self, body: bytes) -> None:
        self._fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)

    def text(self, name: str) -> str:
        """Return a text; an empty one if it is missing."""
        return self._fields.get(name, [""])[-1].strip()

    def given(self, *names: str) -> dict[str, str]:
        """Return the texts of these fields by name, without empty ones."""
        return {name: self.text(name) for name in names if self.text(name)}

    def words(self, name: str) -> list[str]:
        """Return the words of a text."""
        return self.text(name).split()

    def is_checked(self, name: str) -> bool:
        """Return whether a box is checked."""
        return bool(self.text(name))

    def number(self, name: str, kind: type[int | float] = int) -> Any:
        """Return a number.

        Raises:
            ValueError: it is not one.
        """
        text = self.text(name)
        try:
            return kind(text)
        except ValueError:
            raise ValueError(f"{name}: expected a number, got {text!r}") from None


Arguments = Callable[[Form], dict[str, Any]]
"""A function that returns the arguments of an operation from the fields of a form."""


class Panel(ABC):
    """A panel of the page: what it shows of the service, and the operations of its forms.

    ``name`` is the last part of its address, and the name of its template.
    """

    name: ClassVar[str]

    def __init__(self, shown: Shown) -> None:
        self.shown = shown

    @abstractmethod
    def values(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Return what the template shows; ``query`` are the parameters of the address."""

    @property
    @abstractmethod
    def actions(self) -> Mapping[str, Arguments]:
        """The control operations that the panel's forms carry out.

        Each has the function that reads its arguments from the form.
        """

    async def show(self, request: Request) -> Response:
        """Return the panel."""
        return self._page(request)

    def _page(
        self,
        request: Request,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Response:
        result = {"operation": "", "error": "", "result": None, **more}
        values = self.values(request.query_params)
        chosen = {
            "services": self.shown.names,
            "may_choose": self.shown.may_choose,
            "service_name": self.shown.name,
        }
        return rendered(f"{self.name}.html", status, headers, **chosen, **values, **result)

    def _arguments(self, operation: str, form: Form) -> dict[str, Any]:
        if operation not in self.actions:
            raise ValueError(
                f"operation: expected one of {', '.join(self.actions)}, got {operation!r}"
            )
        return self.actions[operation](form)

    async def act(self, request: Request) -> Response:
        """Carry out the operation of a form, and return the panel, with the result or the error."""
        form = Form(await request.body())
        operation = form.text(_OPERATION)
        try:
            arguments = self._arguments(operation, form)
            result = await anyio.to_thread.run_sync(self.shown.operate, operation, arguments)
        except (TypeError, ValueError, OSError, NotImplementedInFake) as error:
            return self._page(request, 400, NOTICE, operation=operation, error=str(error))
        return self._page(request, operation=operation, result=result)


def panel_routes(kind: type[Panel], guard: Guard) -> list[BaseRoute]:
    """Return the routes of a panel."""

    async def show(shown: Shown, request: Request) -> Response:
        return await kind(shown).show(request)

    async def act(shown: Shown, request: Request) -> Response:
        return await kind(shown).act(request)

    path = f"/page/{kind.name}"
    return [
        Route(path, guard.guarded(show), methods=["GET"]),
        Route(path, guard.changing(act), methods=["POST"]),
    ]


def no_arguments(_form: Form) -> dict[str, Any]:
    """Return no arguments, for an operation that takes none."""
    return {}
