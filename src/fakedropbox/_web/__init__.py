"""The pages that are no routes. They pass the same gate, faults and record."""

from fakedropbox._web import links
from fakedropbox._web.authorize import Redirect
from fakedropbox._web.html import Html, error_page
from fakedropbox._web.registry import PAGES, WWW, Asked, Page, page_at, shown
from fakedropbox._web.token import TokenReply, token
from fakedropbox._web.webhooks import Webhooks

__all__ = [
    "PAGES",
    "WWW",
    "Asked",
    "Html",
    "Page",
    "Redirect",
    "TokenReply",
    "Webhooks",
    "error_page",
    "links",
    "page_at",
    "shown",
    "token",
]
