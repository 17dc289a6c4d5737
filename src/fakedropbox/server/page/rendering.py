"""The responses of the page: templates in which every text is escaped, and files as they are."""

from __future__ import annotations

from functools import cache
from pkgutil import get_data
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse, Response

if TYPE_CHECKING:
    from jinja2 import Environment

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
_TYPES = {
    "htmx.min.js": "text/javascript",
    "htmx-sse.min.js": "text/javascript",
    "page.js": "text/javascript",
    "page.css": "text/css",
    "LICENSES.txt": "text/plain",
}
"""The files beside the templates, and their types."""


def rendered(template: str, status: int = 200, **values: Any) -> Response:
    """Return the response with what a template makes of these values."""
    text = _templates().get_template(template).render(values)
    return HTMLResponse(text, status, headers=_HEADERS)


def static_file(name: str) -> Response | None:
    """Return the response with a file of the page; None if there is none."""
    if name not in _TYPES:
        return None
    return Response(_data(f"static/{name}"), headers=_HEADERS, media_type=_TYPES[name])


def visible(text: str) -> str:
    """Return a text in which characters that hide or reorder others are written as escapes."""
    return "".join(
        each if each.isprintable() or each == "\n" else each.encode("unicode_escape").decode()
        for each in text
    )


def attachment(content: bytes) -> Response:
    """Return the response with the content of a file, which no browser shows as a page."""
    headers = {**_HEADERS, "Content-Disposition": "attachment"}
    return Response(content, headers=headers, media_type="application/octet-stream")


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        autoescape=True,
        loader=FunctionLoader(lambda name: _data(f"templates/{name}").decode()),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = visible
    return environment


def _data(name: str) -> bytes:
    # Read by the import system's loader, which works even while pyfakefs is active.
    data = get_data(__package__, name)
    assert data is not None, "the import system can read data beside this module"
    return data
