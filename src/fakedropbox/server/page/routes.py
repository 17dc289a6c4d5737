"""The routes of the page: its panels, and its files."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from fakedropbox.server.page.calls import call_routes
from fakedropbox.server.page.entry import Entry
from fakedropbox.server.page.files import file_routes
from fakedropbox.server.page.overview import overview_routes
from fakedropbox.server.page.rendering import static_file
from fakedropbox.server.served import Served


def page_routes(server: Served, entry: Entry) -> list[BaseRoute]:
    """Return the routes of the page of a server, below ``/_fake/``."""
    return [
        *call_routes(server, entry),
        *file_routes(server, entry),
        *overview_routes(server, entry),
        Route("/page/{name}", _static, methods=["GET"]),
    ]


async def _static(request: Request) -> Response:
    """Return a file of the page, such as its style sheet, which shows no data of the service."""
    found = static_file(request.path_params["name"])
    return PlainTextResponse("there is no such file\n", 404) if found is None else found
