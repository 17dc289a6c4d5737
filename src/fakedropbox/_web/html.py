"""The HTML of the pages: templates in which every text is escaped, without scripts."""

from __future__ import annotations

from functools import cache
from pkgutil import get_data
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from jinja2 import Environment


class Html(NamedTuple):
    """An HTML document for a browser, and a cookie that it is to keep, as in `cookies.kept`."""

    text: str
    cookie: str | None = None


def rendered(template: str, **values: Any) -> str:
    """Return a document that a template makes of these values."""
    return _templates().get_template(template).render(values)


def error_page(status: int, text: str) -> Html:
    """Return the page that tells the user about an error (O2.1-05, S1-36)."""
    return Html(rendered("error.html", title=f"Dropbox - {status}", status=status, text=text))


@cache
def _templates() -> Environment:
    """Return the templates; Jinja is imported when the first page is shown, and not before."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    return Environment(
        autoescape=True,
        loader=FunctionLoader(_source),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _source(name: str) -> str:
    # Read by the import system's loader, which works even while pyfakefs is active.
    data = get_data(__package__, f"templates/{name}")
    assert data is not None, "the import system can read data beside this module"
    return data.decode()
