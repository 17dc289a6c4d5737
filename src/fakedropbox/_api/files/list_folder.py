"""Listing folders and their changes: `list_folder` and its related routes (F6.1-02 to -06)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from dropbox import files

from fakedropbox._api.file_properties.groups import show_groups, wanted_templates
from fakedropbox._api.files import pages, team_space
from fakedropbox._api.files.metadata import metadata_of
from fakedropbox._api.files.places import refuse_app, view_of
from fakedropbox._api.files.read import show_members
from fakedropbox._api.refusals import bad_argument, bad_input
from fakedropbox._api.registry import route
from fakedropbox._api.sharing.link_access import link_at, opened, reopened
from fakedropbox._api.sharing.link_metadata import is_owner
from fakedropbox._api.structs import maker, without_passwords
from fakedropbox._facts import messages
from fakedropbox._files.cursors import read_cursor, write_cursor
from fakedropbox._files.listing import (
    Listing,
    ListingPage,
    first_page,
    has_changed,
    latest,
    next_page,
)
from fakedropbox._files.nodes import Folder, Tombstone
from fakedropbox._files.places import TeamSpaceView, View
from fakedropbox._files.shared_links import SharedLink
from fakedropbox.calls import Call
from fakedropbox.errors import BadInput, RouteError

_MEDIA_INFO = 2
"""The index of `include_media_info` in a listing's flags."""

_listed = maker(files.ListFolderResult, "entries", "cursor", "has_more")


@route(files.list_folder, touches="paths", shown=without_passwords)
def list_folder(call: Call, arg: Any) -> Any:
    """Return the first page of a folder, which a shared link may lead to (S5-22)."""
    if type(call.view) is TeamSpaceView:
        return team_space.first_page(call, arg.limit)
    view = _asked_view(call, arg).settled()
    listing = _listing(call, view, arg)
    try:
        listing = listing.begun(view)
        page = first_page(view, listing, pages.room(call.world, listing))
    except RouteError as error:
        raise error.under("path") from None
    if not page.entries and call.world.personality.empty_first_page:
        page = page._replace(has_more=True)
    return _result(call, view, pages.listed(call.world, page))


@route(files.list_folder_continue)
def list_folder_continue(call: Call, arg: Any) -> Any:
    """Return the next page, or the changes since the last page."""
    if type(call.view) is TeamSpaceView:
        at_top = team_space.next_page(call, arg.cursor)
        if at_top is None:
            raise _no_cursor(call, arg.cursor)
        return at_top
    known = read_cursor(call.world.chance, arg.cursor)
    if known is not None and known[2].link:
        view = _linked_view(call, partial(reopened, call, known[2].link))
    else:
        refuse_app(call)
        view = view_of(call)
    if known is None or known[0] != view.tree.namespace_id:
        raise _no_cursor(call, arg.cursor)
    _, branch, listing = known
    begun_at = _begun_at(call, view, branch, listing)
    # It began in another app, with another path root, or in a former folder of this app.
    if begun_at is not view.base:
        is_another = view.tree.is_alive(begun_at)
        raise _no_cursor(call, arg.cursor) if is_another else RouteError("reset")
    view = view.settled(listing.journal)
    try:
        page = next_page(view, listing, pages.room(call.world, listing))
    except RouteError as error:
        raise error if error.tags == "reset" else error.under("path") from None
    if listing.stopped is None:
        page = pages.changed(call.world, view, listing, page)
    else:
        page = pages.listed(call.world, page)
    return _result(call, view, page)


@route(files.list_folder_get_latest_cursor, shown=without_passwords)
def get_latest_cursor(call: Call, arg: Any) -> Any:
    """Return a cursor for all changes from now on (F6.2-12)."""
    if type(call.view) is TeamSpaceView:
        return files.ListFolderGetLatestCursorResult(team_space.latest_cursor(call, arg.limit))
    view = _asked_view(call, arg).settled()
    listing = _listing(call, view, arg)
    try:
        listing = latest(view, listing.begun(view))
    except RouteError as error:
        raise error.under("path") from None
    return files.ListFolderGetLatestCursorResult(_cursor(call, view, listing))


@route(files.list_folder_longpoll, waits=True)
def longpoll(call: Call, arg: Any) -> Any:
    """Return whether anything has changed since a cursor; `backoff` is never set (F6.3-01)."""
    at_top = team_space.has_changed(call.world, arg.cursor)
    if at_top is not None:
        return files.ListFolderLongpollResult(at_top)
    known = read_cursor(call.world.chance, arg.cursor)
    if known is None:
        raise bad_argument(call, messages.BAD_LONGPOLL_CURSOR, fact="F6.2-03")
    namespace_id, branch, listing = known
    if listing.flags[_MEDIA_INFO]:
        raise bad_argument(call, messages.BAD_LONGPOLL_CURSOR, fact="F6.2-03")
    view = call.world.files.views.get(namespace_id)
    if view is None:  # a restored snapshot has removed the namespace
        raise RouteError("reset", fact="F6.2-02")
    base = _begun_at(call, view, branch, listing)
    if listing.named:
        shared = call.world.files.shared_folders.with_tree(view.tree)
        view = view.at_team_folder(shared, shared.folder.name)
    view = view._replace(base=base).settled(listing.journal)
    return files.ListFolderLongpollResult(has_changed(view, listing))


def _no_cursor(call: Call, text: str) -> BadInput:
    return bad_input(call.name, messages.BAD_CURSOR.format(cursor=text), fact="F6.2-03")


def _begun_at(call: Call, view: View, branch: int, listing: Listing) -> Folder:
    """Return the folder that the caller saw as the root when a listing began.

    Raises:
        RouteError: ``reset``: a restored snapshot has undone changes that the listing contained, or
            the folder is an app folder that was moved since, so that earlier tombstones have
            other paths now.
    """
    if not _changes_remain(call, view, branch, listing):
        raise RouteError("reset", fact="F6.2-02")
    folder = view.nodes[listing.base]
    assert isinstance(folder, Folder)
    if not listing.within and folder.sequence >= listing.journal:
        raise RouteError("reset", fact="F6.2-02")
    return folder


def _changes_remain(call: Call, view: View, branch: int, listing: Listing) -> bool:
    """Return True if all changes that a listing has covered are still in the journals.

    It is False if a restored snapshot has undone one of them.
    """
    main = listing.within[0] if listing.within else view.tree.namespace_id
    parts = [(part.namespace, part.journal) for part in listing.mounted]
    return call.world.files.remembers_all(branch, [(main, listing.journal), *parts])


def _asked_view(call: Call, arg: Any) -> View:
    """Return the view in which the path of a new listing is to be found."""
    shared = arg.shared_link
    if shared is not None:
        return _linked_view(call, partial(opened, call, shared.url, shared.password))
    refuse_app(call)
    return view_of(call)


def _linked_view(call: Call, open_link: Callable[[], SharedLink]) -> View:
    """Return the view of the folder that a shared link leads to, with that folder as its root.

    Raises:
        RouteError: ``path/not_found`` if the link cannot be read, ``path/not_folder`` if it leads
            to a file (S5-26).
    """
    try:
        link = open_link()
    except RouteError:
        raise RouteError("path/not_found", fact="S5-26") from None
    if not isinstance(link.node, Folder):
        raise RouteError("path/not_folder", fact="S5-26")
    return call.world.files.views[link.tree.namespace_id]._replace(base=link.node)


def _listing(call: Call, view: View, arg: Any) -> Listing:
    link = "" if arg.shared_link is None else arg.shared_link.url
    if link and arg.recursive:
        raise bad_argument(call, f"recursive: {messages.LINK_NOT_RECURSIVE}", fact="S5-27")
    if arg.path == "/":
        raise bad_argument(call, f"path: {messages.LIST_ROOT}", fact="F1.4-08")
    # Unlike most routes, listings accept one trailing slash (F3.2-03).
    path = arg.path.removesuffix("/")
    # A second leading slash is accepted, too: rclone sends one for folders below the root.
    path = path.removeprefix("/") if path.startswith("//") else path
    try:
        node = view.node(path) if path.startswith("id:") else None
    except RouteError as error:
        raise error.under("path") from None
    return Listing(
        path=path,
        number=None if node is None else node.number,
        recursive=arg.recursive,
        include_deleted=arg.include_deleted and not link,  # S5-28
        limit=arg.limit or call.world.personality.page_size,
        journal=0,
        # The oldest supported SDK lacks `include_restorable_info`.
        flags=(
            bool(arg.include_has_explicit_shared_members),
            bool(getattr(arg, "include_restorable_info", False)),
            bool(arg.include_media_info),
            not arg.include_non_downloadable_files,
        ),
        base=view.base.number,
        templates=wanted_templates(arg.include_property_groups),
        link=link,
        crosses=arg.include_mounted_folders,
        named=view.access is not None and bool(view.access.prefix[0]),
    )


def _entries(call: Call, view: View, page: ListingPage) -> list[Any]:
    """Return a page's metadata; in the folder of a link, only its owner gets paths (S5-22)."""
    if not page.next.link:
        if view.tree.mounts:
            return [metadata_of(own, entry) for own, entry in view.each(page.entries)]
        return [metadata_of(view, entry) for entry in page.entries]
    if is_owner(call, link_at(call, page.next.link)):
        own = view_of(call).settled()
        return [metadata_of(own, entry) for entry in page.entries]
    entries = [metadata_of(view, entry) for entry in page.entries]
    for meta in entries:
        del meta.path_lower, meta.path_display
    return entries


def _result(call: Call, view: View, page: ListingPage) -> Any:
    entries = _entries(call, view, page)
    members, restorable, _, only_downloadable = page.next.flags
    if page.next.templates:
        for entry, meta in zip(page.entries, entries, strict=True):
            if not isinstance(entry, Tombstone):
                show_groups(call, entry, meta, page.next.templates)
    if members:
        for entry, meta in zip(page.entries, entries, strict=True):
            show_members(call, entry, meta)
    if only_downloadable:
        entries = [meta for meta in entries if getattr(meta, "is_downloadable", True)]
    for meta in entries if restorable else ():
        if not isinstance(meta, files.FolderMetadata):
            meta.is_restorable = True  # the double keeps every revision
    return _listed(entries, _cursor(call, view, page.next), page.has_more)


def _cursor(call: Call, view: View, listing: Listing) -> str:
    world = call.world
    return write_cursor(world.chance, view.tree.namespace_id, world.files.branch, listing)
