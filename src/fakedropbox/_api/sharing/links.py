"""Shared links, and reading through them."""

from __future__ import annotations

from itertools import islice
from typing import Any

from dropbox import sharing

from fakedropbox._api.caller import account_of
from fakedropbox._api.files.places import at_rev, view_of
from fakedropbox._api.files.ranges import wanted_part
from fakedropbox._api.registry import AS_429, route
from fakedropbox._api.sharing.link_access import item_in, link_at, opened
from fakedropbox._api.sharing.link_metadata import is_owner, link_metadata
from fakedropbox._api.sharing.link_settings import checked, is_empty
from fakedropbox._api.sharing.urls import address_of, key_of, new_url
from fakedropbox._api.structs import maker, without_passwords
from fakedropbox._api.team_events import asset_of, logging_team, record_event
from fakedropbox._facts.limits import SHARED_LINKS_PAGE
from fakedropbox._files.cloud_docs import exports_of
from fakedropbox._files.cursors import LinksCursor, read_links_cursor, write_links_cursor
from fakedropbox._files.nodes import File, Folder, Node
from fakedropbox._files.shared_links import LinkSettings, SharedLink
from fakedropbox._identity.accounts import Account
from fakedropbox.calls import Call, Reply
from fakedropbox.errors import RouteError

_listed = maker(sharing.ListSharedLinksResult, "links", "has_more")


@route(
    sharing.create_shared_link_with_settings,
    touches="links",
    contention=AS_429,
    shown=without_passwords,
)
def create_shared_link_with_settings(call: Call, arg: Any) -> Any:
    """Create a link to a file or folder (S2-01 to S2-36); there may be only one (S2-12)."""
    account = account_of(call)
    _refuse_unverified(account)
    node, settings = item_at(call, arg.path), LinkSettings()
    if not is_empty(arg.settings):
        settings = checked(call, account, arg.settings)
    existing = call.world.files.shared_links.of(node, account.account_id)
    if existing is None:
        made = link_metadata(call, add_link(call, node, settings))
        if logging_team(call):
            record_event(call, "shared_link_create", [asset_of(call, node)])
        return made
    if is_empty(arg.settings):  # S2-10
        found = {"metadata": link_metadata(call, existing)}
        raise RouteError("shared_link_already_exists/metadata", found, fact="S2-10")
    raise RouteError("shared_link_already_exists", fact="S2-11")


@route(sharing.list_shared_links, touches="links")
def list_shared_links(call: Call, arg: Any) -> Any:
    """Return the caller's links: all in pages, or those of an item and its parents (S4-02)."""
    if arg.cursor is not None:
        return _page(call, _after(call, arg.cursor))
    if arg.path is None:
        return _page(call, 0)
    node = item_at(call, arg.path)
    links = links_above(call, node)
    if arg.direct_only:
        links = [link for link in links if link.node is node]
    return _listed([link_metadata(call, link) for link in links], False)


@route(sharing.get_shared_link_metadata, touches="links", shown=without_passwords)
def get_shared_link_metadata(call: Call, arg: Any) -> Any:
    """Return the metadata of a link, or of an item in the linked folder."""
    link = opened(call, arg.url, arg.link_password)
    _refuse_fields_of_preview(link, arg)
    return link_metadata(call, link, item_in(link, arg.path))


@route(sharing.get_shared_link_file, touches="links", shown=without_passwords)
def get_shared_link_file(call: Call, arg: Any) -> Reply:
    """Return the content of a linked file, or of a file in the linked folder (S5-12 to S5-16)."""
    link = opened(call, arg.url, arg.link_password)
    _refuse_fields_of_preview(link, arg)
    item = item_in(link, arg.path)
    if not isinstance(item, File):
        raise RouteError("shared_link_is_directory", fact="S5-12")
    if exports_of(item.key) is not None:
        raise RouteError("unsupported_link_type", fact="S5-13")
    if not link.settings.allow_download:
        raise RouteError("shared_link_access_denied", fact="S5-16")
    whole = Reply(link_metadata(call, link, item), item.blob)
    return wanted_part(call, whole) if call.headers else whole


@route(
    sharing.modify_shared_link_settings, touches="links", contention=AS_429, shown=without_passwords
)
def modify_shared_link_settings(call: Call, arg: Any) -> Any:
    """Change the settings of a link; those that are not given stay as they are (S6-03)."""
    account = account_of(call)
    _refuse_unverified(account)
    link = _own_link(call, arg.url)
    given, is_endless = arg.settings, arg.remove_expiration
    if is_empty(given) and not is_endless:
        raise RouteError("settings_error/invalid_settings", fact="S6-04")
    settings = checked(call, account, given, link.settings)
    if given.access is not None or (is_endless and given.expires is not None):
        fact = "S6-06" if given.access is None else "S6-07"
        raise RouteError("settings_error/invalid_settings", fact=fact)
    if is_endless:
        settings = settings._replace(expires=None)
    call.world.files.shared_links.change(link, settings)
    return link_metadata(call, link)


@route(sharing.revoke_shared_link, touches="links", contention=AS_429)
def revoke_shared_link(call: Call, arg: Any) -> None:
    """End a link for good; links of the item's parents and children stay (S6-20)."""
    if address_of(arg.url) is None:
        raise RouteError("shared_link_malformed", fact="S6-14")
    link = _own_link(call, arg.url)
    if logging_team(call):
        record_event(call, "shared_link_disable", [asset_of(call, link.node)])
    call.world.files.shared_links.revoke(link)


def _refuse_fields_of_preview(link: SharedLink, arg: Any) -> None:
    """Refuse a path or a password beside the preview URL of a file (S5-11).

    Raises:
        RouteError: ``unsupported_parameter_field``.
    """
    if link.is_preview and (arg.path is not None or arg.link_password is not None):
        raise RouteError("unsupported_parameter_field", fact="S5-11")


def item_at(call: Call, path: str) -> Node:
    """Return the file or folder at a path argument, which must not be the root (S4-10).

    Raises:
        RouteError: there is none, or the path is refused; the first tag is ``path``.
    """
    if path.startswith("rev:"):  # S2-35
        file, _ = at_rev(call, path[4:])
        if not view_of(call).sees(file):  # it is deleted, or was moved out of the caller's reach
            raise RouteError("path/not_found", fact="S2-08")
        return file
    try:
        place = view_of(call).place("" if path == "/" else path)
    except RouteError as error:
        raise error.under("path") from None
    if not place.parts:
        raise RouteError("path/malformed_path", fact="S4-10")
    node = place.there
    if node is None:
        raise RouteError("path/not_found", fact="S2-08")
    return view_of(call).entered(node)[1] if isinstance(node, Folder) else node


def add_link(call: Call, node: Node, settings: LinkSettings) -> SharedLink:
    """Add a link of the caller to a file or folder that has none.

    A policy of its shared folder restricts who can use the link, but not who makes it (S2-34).
    """
    url = new_url(call.world.chance, node)
    owner = account_of(call).account_id
    return call.world.files.shared_links.add(url, key_of(url), node, owner, settings)


def links_above(call: Call, node: Node) -> list[SharedLink]:
    """Return the caller's links to an item and to its parents, the nearest first (S4-04)."""
    owner = account_of(call).account_id
    found = (call.world.files.shared_links.of(each, owner) for each in view_of(call).above(node))
    return [link for link in found if link is not None]


def _refuse_unverified(account: Account) -> None:
    if not account.email_verified:
        raise RouteError("email_not_verified", fact="S2-26")


def _own_link(call: Call, url: str) -> SharedLink:
    link = link_at(call, url)
    if not is_owner(call, link):
        raise RouteError("shared_link_access_denied", fact="S6-16")
    return link


def _page(call: Call, after: int) -> Any:
    """Return a page of the caller's links to items that it sees, with a cursor (S4-12 to S4-14)."""
    owned = call.world.files.shared_links.owned_by(account_of(call).account_id, after)
    seen = (link for link in owned if is_owner(call, link))
    links = list(islice(seen, SHARED_LINKS_PAGE + 1))
    page = links[:SHARED_LINKS_PAGE]
    result = _listed([link_metadata(call, link) for link in page], len(links) > len(page))
    last = LinksCursor(*_reader(call), page[-1].number if page else after)
    result.cursor = write_links_cursor(call.world.chance, last)
    return result


def _reader(call: Call) -> tuple[str, int]:
    """Return the account and the folder that the caller sees as the root."""
    return account_of(call).account_id, view_of(call).base.number


def _after(call: Call, cursor: str) -> int:
    """Return the number of the last link before a cursor.

    Raises:
        RouteError: ``reset``: it is not a cursor of this route for this caller (S4-15).
    """
    found = read_links_cursor(call.world.chance, cursor)
    if found is None or (found.owner, found.base) != _reader(call):
        raise RouteError("reset", fact="S4-15")
    return found.after
