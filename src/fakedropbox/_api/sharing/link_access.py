"""Reading through a shared link: the link of a URL, and the items that it leads to."""

from __future__ import annotations

from contextlib import suppress

from fakedropbox._api.files.places import view_of
from fakedropbox._api.sharing.file_people import may_read
from fakedropbox._api.sharing.link_metadata import audience_of, owner_of
from fakedropbox._api.sharing.preview_urls import preview_at
from fakedropbox._api.sharing.urls import address_of
from fakedropbox._files.nodes import Folder, Node
from fakedropbox._files.paths import split
from fakedropbox._files.shared_links import SharedLink
from fakedropbox._files.tree import found_below
from fakedropbox._identity.accounts import Account
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError


def link_at(call: Call, url: str) -> SharedLink:
    """Return the working link of a URL, without checking who may read it.

    Raises:
        RouteError: ``shared_link_not_found``.
    """
    address = address_of(url)
    link = None if address is None else call.world.files.shared_links.at(address.key)
    if link is None or address != address_of(link.url):
        raise RouteError("shared_link_not_found", fact="S5-02")
    return link


def shown_at(call: Call, url: str) -> SharedLink:
    """Return the working link of a URL, or the preview of a file, for any reader (S14-30).

    Raises:
        RouteError: ``shared_link_not_found``.
    """
    address = address_of(url)
    preview = None if address is None else preview_at(call.world, address.key)
    return link_at(call, url) if preview is None else preview


def opened(call: Call, url: str, password: str | None) -> SharedLink:
    """Return the link of a URL, after checking that the caller may read it with this password.

    Raises:
        RouteError: ``shared_link_not_found`` or ``shared_link_access_denied``.
    """
    link = reopened(call, url)
    if not link.settings.accepts(password):
        raise RouteError("shared_link_access_denied", fact="S5-04")
    return link


def reopened(call: Call, url: str) -> SharedLink:
    """Return the link of a URL, after all checks of `opened` except that of the password.

    Raises:
        RouteError: ``shared_link_not_found`` or ``shared_link_access_denied``.
    """
    link = shown_at(call, url)
    if not is_reader(call, link) or (link.is_preview and not _is_in_reach(call, link)):
        raise RouteError("shared_link_access_denied", fact="S5-17")
    return link


def is_reader(call: Call, link: SharedLink) -> bool:
    """Return whether a caller belongs to the audience of a link (S5-17)."""
    return is_for(call, link, None if call.grant is None else call.grant.account)


def is_for(call: Call, link: SharedLink, reader: Account | None) -> bool:
    """Return whether an account, or somebody without one, belongs to the audience of a link."""
    audience = audience_of(call.world, link)
    if audience == "public":
        return True
    if reader is None:
        return False
    if audience == "members":
        return may_read(call.world, reader, link.node)
    if reader.account_id == link.owner:
        return True
    if audience == "no_one":
        return may_read(call.world, reader, link.node)
    return reader.team is not None and reader.team == owner_of(call, link).team


def _is_in_reach(call: Call, preview: SharedLink) -> bool:
    """Return whether an app may read the preview of a file: some see only their folder (S15-13)."""
    assert call.grant is not None, "a preview is for accounts"
    return call.grant.app.folder is None or view_of(call).sees(preview.node)


def item_in(link: SharedLink, path: str | None) -> Node:
    """Return the linked item, or the one at a path in the linked folder (S5-07).

    Raises:
        RouteError: ``shared_link_not_found``: nothing is at the path, it has no slash at the
            beginning, or the link is one to a file.
    """
    if path is None:
        return link.node
    found = None
    if isinstance(link.node, Folder) and path[:1] in ("", "/"):
        with suppress(RouteError):  # the path is malformed
            found = found_below(link.node, split(path.removesuffix("/")))
    if found is None:
        raise RouteError("shared_link_not_found", fact="S5-09")
    return found
