"""Footprints of calls of shared links: the keys that such a call reads and may write.

The key of a link is ``links/`` with its owner and the number of its item; ``order of links/`` with
an owner stands for the order in which the owner's links were created.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from fakedropbox._api.files.places import view_of
from fakedropbox._api.registry import IMPLEMENTED
from fakedropbox._api.sharing import link_access
from fakedropbox._files.nodes import Node
from fakedropbox._files.places import View
from fakedropbox._files.shared_links import SharedLink
from fakedropbox._files.tree import Tree
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError


class LinkKeys(NamedTuple):
    """The keys that a call reads, and those that it writes if it changes anything.

    ``reads`` is None if it is not known which link or item the call is about. The link may have
    been revoked, or its item deleted, and both may exist in another order of calls.
    """

    reads: frozenset[str] | None
    writes: frozenset[str] = frozenset()


def linked_url(arg: Any) -> str | None:
    """Return the URL of the link that an argument names, or None."""
    through = getattr(arg, "shared_link", None)
    url: str | None = getattr(arg if through is None else through, "url", None)
    return url


def link_at(call: Call) -> SharedLink | None:
    """Return the working link that a call names, or None."""
    url = linked_url(call.arg)
    try:
        return None if url is None else link_access.link_at(call, url)
    except RouteError:
        return None


def link_keys(call: Call) -> LinkKeys:
    """Return the keys of a call that names a link, or an item, or lists all links."""
    if linked_url(call.arg) is not None:
        link = link_at(call)
        if link is None:
            return LinkKeys(None)
        key = _key_of_link(link.owner, link.node)
        return LinkKeys(frozenset([key, _key(link.tree, link.node)]), frozenset([key]))
    assert call.grant is not None, "these routes are for accounts"
    view, owner = view_of(call), call.grant.account.account_id
    every, order = f"links/{owner}", f"order of links/{owner}"
    path = getattr(call.arg, "path", None)
    if not path or getattr(call.arg, "cursor", None):
        # A link is listed only while its item exists, wherever that is.
        return LinkKeys(frozenset([every, order, _key(view.tree, view.base)]))
    node = _there(view, path)
    if node is None:  # nothing is at the path, or it names an old revision
        return LinkKeys(None if path.startswith("rev:") else frozenset())
    item = _key(view.tree, node)
    if not IMPLEMENTED[call.name].contention:  # a listing: it also returns links of parents
        return LinkKeys(frozenset([every, item]))
    key = _key_of_link(owner, node)
    return LinkKeys(frozenset([key, item]), frozenset([key, order]))


def _there(view: View, path: str) -> Node | None:
    try:
        return view.place(path).there
    except RouteError:  # the path is malformed, or no item has the id now
        return None


def _key_of_link(owner: str, item: Node) -> str:
    return f"links/{owner}/{item.number}"


def _key(tree: Tree, item: Node) -> str:
    return f"{tree.namespace_id}{tree.paths(item)[0]}"
