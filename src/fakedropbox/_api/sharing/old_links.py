"""The deprecated routes of shared links: `create_shared_link` and `get_shared_links`."""

from __future__ import annotations

from itertools import islice
from typing import Any

from dropbox import sharing
from stone.backends.python_rsrc.stone_base import NOT_SET

from fakedropbox._api.caller import account_of
from fakedropbox._api.files.metadata import moment
from fakedropbox._api.files.places import view_of
from fakedropbox._api.registry import AS_429, route
from fakedropbox._api.sharing.link_metadata import is_owner, visibility_of
from fakedropbox._api.sharing.links import add_link, item_at, links_above
from fakedropbox._api.structs import maker
from fakedropbox._facts.limits import OLD_SHARED_LINKS
from fakedropbox._files.nodes import Node
from fakedropbox._files.shared_links import LinkSettings, SharedLink
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_linked = maker(sharing.PathLinkMetadata, "url", "visibility", "expires", "path")


@route(sharing.create_shared_link, touches="links", contention=AS_429)
def create_shared_link(call: Call, arg: Any) -> Any:
    """Return the link to a file or folder, which is created if there is none (S7-03)."""
    node = _item_at(call, arg.path)
    existing = call.world.files.shared_links.of(node, account_of(call).account_id)
    return _metadata(call, existing or add_link(call, node, LinkSettings()))


@route(sharing.get_shared_links, touches="links")
def get_shared_links(call: Call, arg: Any) -> Any:
    """Return the caller's first links (S7-10), or those of an item and its parents (S7-12)."""
    if arg.path:
        try:
            links = links_above(call, _item_at(call, arg.path))
        except RouteError as error:
            raise RouteError("path", {"path": error.tags.removeprefix("path/")}) from None
    else:
        owned = call.world.files.shared_links.owned_by(account_of(call).account_id)
        links = list(islice((link for link in owned if is_owner(call, link)), OLD_SHARED_LINKS))
    return sharing.GetSharedLinksResult([_metadata(call, link) for link in links])


def _item_at(call: Call, path: str) -> Node:
    """Return the file or folder at a path, whose form the SDK does not check here (S7-08).

    Raises:
        RouteError: there is none, or the path is refused; the first tag is ``path``.
    """
    if not path.startswith(("/", "id:", "ns:")):
        raise RouteError("path/malformed_path", fact="S7-08")
    return item_at(call, path)


def _metadata(call: Call, link: SharedLink) -> Any:
    visibility = visibility_of(call.world, link)
    if visibility == "no_one":  # this older union has no such tag (S7-14)
        visibility = "shared_folder_only"
    expires = link.settings.expires
    return _linked(
        link.url,
        sharing.Visibility(visibility),
        NOT_SET if expires is None else moment(expires),
        view_of(call).paths(link.node)[1],
    )
