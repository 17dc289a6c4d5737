"""Listing folders and their changes: `list_folder` and its related routes (F6.1-02 to -06)."""

from __future__ import annotations

from typing import Any

from dropbox import files

from fakedropbox._api.file_properties.groups import show_groups, wanted_templates
from fakedropbox._api.files import pages
from fakedropbox._api.files.metadata import metadata_of
from fakedropbox._api.files.places import view_of
from fakedropbox._api.files.read import show_members
from fakedropbox._api.refusals import bad_argument, bad_input
from fakedropbox._api.registry import missing, route
from fakedropbox._api.structs import maker
from fakedropbox._facts import messages
from fakedropbox._files.cursors import read_cursor, write_cursor
from fakedropbox._files.listing import Listing, ListingPage, first_page, has_changed, next_page
from fakedropbox._files.nodes import Folder, Tombstone
from fakedropbox._files.places import View
from fakedropbox.calls import Call
from fakedropbox.errors import BadInput, RouteError

_MEDIA_INFO = 2
"""The index of `include_media_info` in a listing's flags."""

_listed = maker(files.ListFolderResult, "entries", "cursor", "has_more")


@route(files.list_folder, touches="paths")
def list_folder(call: Call, arg: Any) -> Any:
    """Return the first page of a folder."""
    view = view_of(call).settled()
    listing = _listing(call, view, arg)
    try:
        page = first_page(view, listing, pages.room(call.world, listing))
    except RouteError as error:
        raise error.under("path") from None
    if not page.entries and call.world.personality.empty_first_page:
        page = page._replace(has_more=True)
    return _result(call, view, pages.listed(call.world, page))


@route(files.list_folder_continue)
def list_folder_continue(call: Call, arg: Any) -> Any:
    """Return the next page, or the changes since the last page."""
    view = view_of(call)
    known = read_cursor(call.world.chance, arg.cursor)
    if known is None or known[0] != view.tree.namespace_id:
        raise _no_cursor(call, arg.cursor)
    _, branch, listing = known
    begun_at = _begun_at(call, view, branch, listing)
    if begun_at is not view.base:  # the folder of another app, or a former folder of this app
        is_another = view.tree.is_alive(begun_at)
        raise _no_cursor(call, arg.cursor) if is_another else RouteError("reset")
    view = view.settled(listing.journal)
    try:
        page = next_page(view, listing, pages.room(call.world, listing))
    except RouteError as error:
        raise error.under("path") from None
    if listing.stopped is None:
        page = pages.changed(call.world, view, listing, page)
    else:
        page = pages.listed(call.world, page)
    return _result(call, view, page)


@route(files.list_folder_get_latest_cursor)
def get_latest_cursor(call: Call, arg: Any) -> Any:
    """Return a cursor for all changes from now on (F6.2-12)."""
    view = view_of(call).settled()
    listing = _listing(call, view, arg)
    try:
        listing.folder(view)
    except RouteError as error:
        raise error.under("path") from None
    return files.ListFolderGetLatestCursorResult(_cursor(call, listing))


@route(files.list_folder_longpoll, waits=True)
def longpoll(call: Call, arg: Any) -> Any:
    """Return whether anything has changed since a cursor; `backoff` is never set (F6.3-01)."""
    known = read_cursor(call.world.chance, arg.cursor)
    if known is None:
        raise bad_argument(call, messages.BAD_LONGPOLL_CURSOR, fact="F6.2-03")
    namespace_id, branch, listing = known
    if listing.flags[_MEDIA_INFO]:
        raise bad_argument(call, messages.BAD_LONGPOLL_CURSOR, fact="F6.2-03")
    view = call.world.files.views[namespace_id]
    base = _begun_at(call, view, branch, listing)
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
    if not call.world.files.remembers(view.tree, branch, listing.journal):
        raise RouteError("reset")
    folder = view.nodes[listing.base]
    assert isinstance(folder, Folder)
    if folder.sequence >= listing.journal:
        raise RouteError("reset")
    return folder


def _listing(call: Call, view: View, arg: Any) -> Listing:
    if arg.shared_link is not None:
        raise missing(call.name, "shared_link")
    if arg.path == "/":
        raise bad_argument(call, f"path: {messages.LIST_ROOT}", fact="F1.4-08")
    # One trailing slash is accepted here and nowhere else (F3.2-03).
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
        include_deleted=arg.include_deleted,
        limit=arg.limit or call.world.personality.page_size,
        journal=len(view.tree.journal),
        # The oldest supported SDK has no `include_restorable_info`.
        flags=(
            bool(arg.include_has_explicit_shared_members),
            bool(getattr(arg, "include_restorable_info", False)),
            bool(arg.include_media_info),
            not arg.include_non_downloadable_files,
        ),
        base=view.base.number,
        templates=wanted_templates(arg.include_property_groups),
    )


def _result(call: Call, view: View, page: ListingPage) -> Any:
    entries = [metadata_of(view, entry) for entry in page.entries]
    members, restorable, _, only_downloadable = page.next.flags
    if page.next.templates:
        for entry, meta in zip(page.entries, entries, strict=True):
            if not isinstance(entry, Tombstone):
                show_groups(call, entry, meta, page.next.templates)
    if only_downloadable:
        entries = [meta for meta in entries if getattr(meta, "is_downloadable", True)]
    for meta in entries if members or restorable else ():
        if members:
            show_members(meta)
        if restorable and not isinstance(meta, files.FolderMetadata):
            meta.is_restorable = True  # the double keeps every revision
    return _listed(entries, _cursor(call, page.next), page.has_more)


def _cursor(call: Call, listing: Listing) -> str:
    world = call.world
    namespace = view_of(call).tree.namespace_id
    return write_cursor(world.chance, namespace, world.files.branch, listing)
