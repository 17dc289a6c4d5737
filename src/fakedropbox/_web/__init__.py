"""The pages of the double, which are not routes but are called through the same gate.

Importing this package registers all of them.
"""

from importlib import import_module

from fakedropbox._facts import modules_of
from fakedropbox._web import link_page, links
from fakedropbox._web.html import Html, error_page
from fakedropbox._web.link_content import LinkContent
from fakedropbox._web.link_password import Json
from fakedropbox._web.registry import (
    PAGES,
    Asked,
    Page,
    Redirect,
    call_names,
    page_at,
    shown,
)
from fakedropbox._web.token import TokenReply, token

for _module in modules_of(__name__):
    import_module(_module)

__all__ = [
    "PAGES",
    "Asked",
    "Html",
    "Json",
    "LinkContent",
    "Page",
    "Redirect",
    "TokenReply",
    "call_names",
    "error_page",
    "link_page",
    "links",
    "page_at",
    "shown",
    "token",
]
