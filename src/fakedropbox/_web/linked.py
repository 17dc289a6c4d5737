"""The item that the address of a shared link's page leads to."""

from __future__ import annotations

from typing import NamedTuple

from fakedropbox._api.sharing.link_access import item_in
from fakedropbox._api.sharing.preview_urls import preview_at
from fakedropbox._api.sharing.urls import address_at, leads_to, url_inside
from fakedropbox._facts import hosts, messages
from fakedropbox._files.cloud_docs import exports_of
from fakedropbox._files.nodes import File, Folder, Node
from fakedropbox._files.shared_links import SharedLink
from fakedropbox.calls import Call
from fakedropbox.errors import PageRefused, RouteError


class Linked(NamedTuple):
    """A working link, and the item that it leads to: the linked item, or one in a linked folder."""

    link: SharedLink
    node: File | Folder

    @property
    def path(self) -> str:
        """The path of the item in the linked folder; empty for the linked item itself."""
        return self.path_of(self.node)

    def path_of(self, node: Node) -> str:
        """Return the path of something in the linked folder, relative to that folder."""
        names: list[str] = []
        above: Node | None = node
        while above is not None and above is not self.link.node:
            if above.parent is not None:  # the root of a mounted tree is named by its mount
                names.append(above.name)
            above = self.link.tree.folder_of(above)
        return "".join(f"/{name}" for name in reversed(names))

    @property
    def folder(self) -> Folder | None:
        """The folder that contains the item; None for the linked item itself."""
        node, tree = self.node, self.link.tree
        if node is self.link.node:
            return None
        above = tree.folder_of(node)
        return above if node.parent is not None or above is None else above.parent

    def target(self, node: Node, dl: int = 0) -> str:
        """Return the path and query of the page of something in the linked folder (S1-08).

        All URLs of links end in ``dl=0`` (S1-03).
        """
        url = url_inside(self.link.url, self.path_of(node)).removeprefix(hosts.SITE)
        return f"{url.removesuffix('0')}{dl}"

    @property
    def may_be_downloaded(self) -> bool:
        """True if the link permits downloads, and the item can be downloaded (S1-35)."""
        can_be = isinstance(self.node, Folder) or exports_of(self.node.key) is None
        return can_be and self.link.settings.allow_download


def found(call: Call, path: str, query: str) -> Linked:
    """Return the item at the decoded path and the query of a page's URL.

    Raises:
        PageRefused: the URL is not that of a working link, or nothing is at the path in its folder.
    """
    address = address_at(path, query)
    preview = preview_at(call.world, address.key)
    link = preview or call.world.files.shared_links.at(address.key)
    if link is None or (preview is None and not leads_to(address, link.url)):
        raise not_found()
    return inside(link, address.path)


def inside(link: SharedLink, path: str) -> Linked:
    """Return the item at a path in a linked folder; an empty path is the linked item itself.

    Raises:
        PageRefused: nothing is there.
    """
    try:
        node = item_in(link, path or None)
    except RouteError:
        raise not_found() from None
    assert isinstance(node, (File, Folder))
    return Linked(link, node)


def not_found() -> PageRefused:
    """Return the refusal for anything that does not exist; it gives no further reason."""
    return PageRefused(messages.LINK_PAGE_NOT_FOUND, "not_found", fact="S1-36")
