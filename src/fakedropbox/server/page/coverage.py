"""The panel of coverage: the routes that were called, or are not faked, and a form for a stub."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fakedropbox._api.registry import SDK_ROUTES
from fakedropbox._api.stub_answers import is_download
from fakedropbox._page.coverage import can_be_stubbed, coverage_of
from fakedropbox.server.page.example import example_of
from fakedropbox.server.page.panel import Arguments, Form, Panel


class Coverage(Panel):
    """The panel of coverage."""

    name = "coverage"

    def values(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Return the routes that were called, the requests for what is not faked, and the form."""
        calls = self.shown.service.calls
        route = query.get("route", "")
        route = route if route in can_be_stubbed() else ""
        return {
            "coverage": coverage_of(calls.kept(), calls.missing),
            "stubbable": sorted(can_be_stubbed()),
            "route": route,
            "example": _example(route),
            "is_download": bool(route) and is_download(route),
        }

    @property
    def actions(self) -> Mapping[str, Arguments]:
        """The operations that the forms carry out, with the readers of their arguments."""
        return {"stub": _stub}


def _example(route: str) -> str:
    if not route:
        return ""
    return json.dumps(example_of(SDK_ROUTES[route].result_type), indent=2)


def _stub(form: Form) -> dict[str, Any]:
    text = form.text("result") or "null"
    try:
        result = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"result: expected JSON, got {text[:80]!r}: {error}") from None
    return {"route": form.text("route"), "result": result, **form.given("content")}
