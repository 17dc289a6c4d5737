"""The responses of the page: templates in which every text is escaped, and files as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from fakedropbox._page.templates import data_of, rendered_text

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; img-src 'self' data:",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with "no-referrer", forms have the Origin "null"
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
NOTICE = {"HX-Retarget": "#notice", "HX-Reselect": "#notice", "HX-Reswap": "outerHTML"}
"""The headers by which htmx replaces the notice only, so that a form keeps what was typed."""

_TYPES = {
    "htmx.min.js": "text/javascript",
    "htmx-sse.min.js": "text/javascript",
    "page.js": "text/javascript",
    "page.css": "text/css",
    "LICENSES.txt": "text/plain",
}
"""The files beside the templates, and their types."""


def rendered(
    template: str, status: int = 200, headers: Mapping[str, str] | None = None, /, **values: Any
) -> Response:
    """Return the response with what a template makes of these values."""
    return HTMLResponse(
        rendered_text(template, is_live=True, **values),
        status,
        headers={**_HEADERS, **(headers or {})},
    )


def is_of_htmx(request: Request) -> bool:
    """Return whether a request is for a part of the page that is already in the browser."""
    return "HX-Request" in request.headers


def reloaded() -> Response:
    """Return the response by which htmx loads the whole page again."""
    return Response(status_code=204, headers={**_HEADERS, "HX-Refresh": "true"})


def static_file(name: str) -> Response | None:
    """Return the response with a file of the page; None if there is none."""
    if name not in _TYPES:
        return None
    return Response(data_of(f"static/{name}"), headers=_HEADERS, media_type=_TYPES[name])


def attachment(content: bytes) -> Response:
    """Return the response with the content of a file, which no browser shows as a page."""
    headers = {**_HEADERS, "Content-Disposition": "attachment"}
    return Response(content, headers=headers, media_type="application/octet-stream")


def image(content: bytes, media_type: str) -> Response:
    """Return the response with an image; no browser treats the content as anything else."""
    headers = {**_HEADERS, "Content-Security-Policy": "default-src 'none'; sandbox"}
    return Response(content, headers=headers, media_type=media_type)
