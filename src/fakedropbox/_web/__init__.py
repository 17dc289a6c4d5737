"""The pages that are no routes. They pass the same gate, faults and record."""

from fakedropbox._web.links import Asked, LinkPage, page_of
from fakedropbox._web.token import OAUTH_PAGE, TokenReply, token

__all__ = ["OAUTH_PAGE", "Asked", "LinkPage", "TokenReply", "page_of", "token"]
