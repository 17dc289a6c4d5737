"""The panel of coverage: the routes that were called, and those that are not faked, with a stub."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from fakedropbox._api.registry import IMPLEMENTED, SDK_ROUTES
from fakedropbox._api.stub_answers import is_download
from fakedropbox._facts import ROUTES
from fakedropbox.errors import NotImplementedInFake
from fakedropbox.server.call_query import is_error
from fakedropbox.server.page.example import example_of
from fakedropbox.server.page.panel import Arguments, Form, Panel


class _Called(NamedTuple):
    """A route that was called, and how often."""

    route: str
    calls: int
    failed: int
    stubbed: int


class Coverage(Panel):
    """The panel of coverage."""

    name = "coverage"

    def values(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Return the routes that were called, the requests for what is not faked, and the form."""
        calls = self.shown.service.calls
        kept = calls.kept()
        failed = Counter(call.route for call in kept if is_error(call))
        stubbed = Counter(call.route for call in kept if call.stub)
        unfaked = [
            call.route
            for call in kept
            if call.outcome == NotImplementedInFake.__name__ and call.route in _can_be_stubbed()
        ]
        route = query.get("route", "")
        route = route if route in _can_be_stubbed() else ""
        return {
            "called": [
                _Called(name, number, failed[name], stubbed[name])
                for name, number in sorted(Counter(call.route for call in kept).items())
            ],
            "faked": len(IMPLEMENTED),
            "all_routes": len(ROUTES),
            "missing": sorted(calls.missing.items()),
            "unfaked": sorted(set(unfaked)),
            "stubbable": sorted(_can_be_stubbed()),
            "route": route,
            "example": _example(route),
            "is_download": bool(route) and is_download(route),
        }

    @property
    def actions(self) -> Mapping[str, Arguments]:
        """The operations of the forms."""
        return {"stub": _stub}


def _can_be_stubbed() -> set[str]:
    return (SDK_ROUTES.keys() & ROUTES.keys()) - IMPLEMENTED.keys()


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
