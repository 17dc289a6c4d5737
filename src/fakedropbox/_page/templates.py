"""The templates of the page, in which every text is escaped, and the files beside them."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pkgutil import get_data
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER = "server/page"
"""The folder of these files. Their package is not imported, as the extra of servers may be missing.

A failed test's dump is made of some of the same files.
"""


def rendered_text(template: str, **values: Any) -> str:
    """Return the HTML that a template makes of these values."""
    return _templates().get_template(template).render(values)


def data_of(name: str) -> bytes:
    """Return the content of a file below the folder of the page, such as ``static/page.css``."""
    # Read by the import system's loader, which works even while pyfakefs is active.
    data = get_data("fakedropbox", f"{_FOLDER}/{name}")
    assert data is not None, "the import system can read data beside this module"
    return data


def hash_of(text: str) -> str:
    """Return the hash by which the policy of a page permits a style or script in the page."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def visible(text: str) -> str:
    """Return a text in which characters that hide or reorder others are written as escapes."""
    return "".join(
        each if each.isprintable() or each == "\n" else each.encode("unicode_escape").decode()
        for each in text
    )


def with_code(text: str) -> Markup:
    """Return a text in which what stands between backticks is shown as code."""
    parts = [escape(visible(part)) for part in text.split("`")]
    if len(parts) % 2 == 0:  # the number of backticks is odd
        return escape(visible(text))
    tags = [("", ""), ("<code>", "</code>")]
    marked = (f"{tags[at % 2][0]}{part}{tags[at % 2][1]}" for at, part in enumerate(parts))
    return Markup("".join(marked))  # noqa: S704 -- each part is escaped


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        autoescape=True,
        loader=FunctionLoader(lambda name: data_of(f"templates/{name}").decode()),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = visible
    environment.filters["with_code"] = with_code
    return environment
