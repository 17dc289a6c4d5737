"""The panel of calls: a list that shows them as they happen, and one call in detail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from fakedropbox._page.calls import Row, opened
from fakedropbox._page.hints import hints_of
from fakedropbox.calls import CallRecord
from fakedropbox.server.call_query import matching
from fakedropbox.server.page.entry import Respond
from fakedropbox.server.page.following import Follower
from fakedropbox.server.page.guard import Guard
from fakedropbox.server.page.rendering import rendered
from fakedropbox.server.page.shown import Shown

_MOST_ROWS = 200
"""The greatest number of calls that are shown at once: a browser takes long for thousands."""

_LOOK_SECONDS = 0.25


def call_routes(guard: Guard) -> list[BaseRoute]:
    """Return the Starlette routes of the panel of calls."""
    looks = {
        "/": _Calls.show,
        "/page/calls": _Calls.rows,
        "/page/calls/{number:int}": _Calls.one,
        "/page/changes": _Calls.changes,
    }
    return [Route(path, guard.guarded(_by(look)), methods=["GET"]) for path, look in looks.items()]


def _by(look: Callable[[_Calls, Request], Awaitable[Response]]) -> Respond:
    """Return the function that responds by a method of the panel."""
    return lambda shown, request: look(_Calls(shown), request)


class _Calls:
    def __init__(self, shown: Shown) -> None:
        self._shown = shown

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
            dropped=self._shown.service.calls.dropped,
            service_name=self._shown.name,
        )

    def _kept(self) -> list[CallRecord]:
        return self._shown.service.calls.kept()

    async def one(self, request: Request) -> Response:
        """Return one call in detail."""
        number = request.path_params["number"]
        call = next((each for each in self._kept() if each.number == number), None)
        if call is None:
            return rendered("gone.html", what=f"Call {number} is no longer kept.")
        kept = self._shown.service.gate.exchanges
        exchange = None if kept is None else kept.of(call)
        hints = hints_of(call, self._shown.service)
        return rendered("call.html", hints=hints, **opened(call, exchange)._asdict())

    async def changes(self, _request: Request) -> Response:
        """Return a stream that says when a call has begun or ended, until the server stops."""
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return StreamingResponse(self._changes(), media_type="text/event-stream", headers=headers)

    async def _changes(self) -> AsyncIterator[str]:
        follower = Follower()
        while not self._shown.stopping.is_set():
            if follower.has_news(self._shown.service.calls):
                yield "event: changed\ndata: \n\n"
            await asyncio.sleep(_LOOK_SECONDS)
