"""The panels of faults, of people, and of what the calls of this run covered."""

from __future__ import annotations

from collections import Counter

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fakedropbox.server.call_query import is_error
from fakedropbox.server.page.entry import Entry
from fakedropbox.server.page.rendering import rendered
from fakedropbox.server.served import Served


def overview_routes(server: Served, entry: Entry) -> list[BaseRoute]:
    """Return the routes of the panels."""
    panels = _Overview(server)
    return [
        Route("/page/faults", entry.guarded(panels.faults), methods=["GET"]),
        Route("/page/people", entry.guarded(panels.people), methods=["GET"]),
        Route("/page/coverage", entry.guarded(panels.coverage), methods=["GET"]),
    ]


class _Overview:
    def __init__(self, server: Served) -> None:
        self._server = server

    async def faults(self, _request: Request) -> Response:
        """Return the planned faults, and the calls to which one has happened."""
        calls = self._server.service.calls
        happened = [call for call in calls.kept() if call.fault is not None]
        planned = self._server.service.faults.planned()
        return rendered(
            "faults.html",
            planned=[(f"{fault!r}", left) for fault, left in planned],
            happened=[(call.number, f"{call.fault!r}", call.route) for call in happened],
        )

    async def people(self, _request: Request) -> Response:
        """Return the accounts, the apps without their secrets, and the time of the service."""
        service = self._server.service
        return rendered(
            "people.html",
            now=service.clock.now().isoformat(timespec="seconds"),
            accounts=list(service.accounts),
            apps=list(service.apps),
        )

    async def coverage(self, _request: Request) -> Response:
        """Return the routes that were called, and the requests for what is not faked."""
        calls = self._server.service.calls
        kept = calls.kept()
        errors = Counter(call.route for call in kept if is_error(call))
        called = Counter(call.route for call in kept)
        return rendered(
            "coverage.html",
            called=[(route, number, errors[route]) for route, number in sorted(called.items())],
            missing=sorted(calls.missing.items()),
        )
