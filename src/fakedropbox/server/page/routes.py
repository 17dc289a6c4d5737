"""The routes of the page: its panels, and its files."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from fakedropbox._facts.hosts import CONTROL
from fakedropbox.server.page.calls import call_routes
from fakedropbox.server.page.clock import Clock
from fakedropbox.server.page.coverage import Coverage
from fakedropbox.server.page.entry import Entry
from fakedropbox.server.page.faults import Faults
from fakedropbox.server.page.files import file_routes
from fakedropbox.server.page.guard import Guard
from fakedropbox.server.page.panel import Form, panel_routes
from fakedropbox.server.page.people import People
from fakedropbox.server.page.rendering import static_file
from fakedropbox.server.page.shown import Shown
from fakedropbox.server.page.state import State
from fakedropbox.server.page.webhooks import Webhooks

PANELS = (Faults, Clock, People, Webhooks, State, Coverage)
"""The panels with actions."""


def page_routes(entry: Entry) -> list[BaseRoute]:
    """Return the routes of the page of a server, below ``/_fake/``."""
    guard = Guard(entry)
    return [
        *call_routes(guard),
        *file_routes(guard),
        *(route for panel in PANELS for route in panel_routes(panel, guard)),
        Route("/page/service", entry.changing(_choose), methods=["POST"]),
        Route("/page/{name}", _static, methods=["GET"]),
    ]


async def _choose(shown: Shown, request: Request) -> Response:
    """Show the service that a form names."""
    try:
        shown.choose(Form(await request.body()).text("name"))
    except ValueError as error:  # for example, the service has been deleted meanwhile
        return PlainTextResponse(f"{error}\n", 400)
    return RedirectResponse(f"{CONTROL}/page/state", 303)


async def _static(request: Request) -> Response:
    """Return a file of the page, such as its style sheet, which shows no data of the service."""
    found = static_file(request.path_params["name"])
    return PlainTextResponse("there is no such file\n", 404) if found is None else found
