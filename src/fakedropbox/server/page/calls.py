"""The panel of calls: a list that shows them as they happen, and one call in detail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from fakedropbox._page.calls import Row, opened
from fakedropbox._page.hints import hints_of
from fakedropbox.calls import CallRecord
from fakedropbox.server.call_query import matching
from fakedropbox.server.page.following import Follower
from fakedropbox.server.page.guard import Guard
from fakedropbox.server.page.rendering import rendered
from fakedropbox.server.page.shown import Shown

_MOST_ROWS = 200
"""The greatest number of calls that are shown at once: a browser takes long for thousands."""

_LOOK_SECONDS = 0.25


def call_routes(server: Shown, entry: Guard) -> list[BaseRoute]:
    """Return the routes of the panel."""
    panel = _Calls(server)
    return [
        Route("/", entry.guarded(panel.show), methods=["GET"]),
        Route("/page/calls", entry.guarded(panel.rows), methods=["GET"]),
        Route("/page/calls/{number:int}", entry.guarded(panel.one), methods=["GET"]),
        Route("/page/changes", entry.guarded(panel.changes), methods=["GET"]),
    ]


class _Calls:
    def __init__(self, server: Shown) -> None:
        self._server = server

    async def show(self, request: Request) -> Response:
        """Return the whole page."""
        return self._listed(request, "calls.html")

    async def rows(self, request: Request) -> Response:
        """Return the list of the calls that match the query, the last ones first."""
        return self._listed(request, "rows.html")

    def _listed(self, request: Request, template: str) -> Response:
        query, error = request.query_params.get("query", ""), ""
        kept = self._kept()
        try:
            found = matching(kept, query)
        except ValueError as wrong:
            found, error = [], str(wrong)
        shown = found[: -_MOST_ROWS - 1 : -1]
        return rendered(
            template,
            query=query,
            error=error,
            calls=[Row(each) for each in shown],
            found=len(found),
            total=len(kept),
            dropped=self._server.service.calls.dropped,
            service_name=self._server.name,
        )

    def _kept(self) -> list[CallRecord]:
        return self._server.service.calls.kept()

    async def one(self, request: Request) -> Response:
        """Return one call in detail."""
        number = request.path_params["number"]
        call = next((each for each in self._kept() if each.number == number), None)
        if call is None:
            return rendered("gone.html", what=f"Call {number} is no longer kept.")
        kept = self._server.service.gate.exchanges
        exchange = None if kept is None else kept.of(call)
        hints = hints_of(call, self._server.service)
        return rendered("call.html", hints=hints, **opened(call, exchange)._asdict())

    async def changes(self, _request: Request) -> Response:
        """Return a stream that says when a call has begun or ended, until the server stops."""
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return StreamingResponse(self._changes(), media_type="text/event-stream", headers=headers)

    async def _changes(self) -> AsyncIterator[str]:
        follower = Follower()
        while not self._server.stopping.is_set():
            if follower.has_news(self._server.service.calls):
                yield "event: changed\ndata: \n\n"
            await asyncio.sleep(_LOOK_SECONDS)
