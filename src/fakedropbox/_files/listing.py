"""Pages of a folder's entries and of later changes (F6.1-05, F6.1-06, F6.1-08, F6.2-01 to -11).

A cursor holds two positions: how far the first listing has come, and where in the journal the
changes begin that follow it. The cost of a page depends on its size, not on the folder's.

What is in a mounted folder has a journal of its own: a recursive listing of the folders above it
has two such positions for each mounted folder as well. Entries of mounted folders come last.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple

from fakedropbox._files.across import order_below
from fakedropbox._files.nodes import Below, File, Folder, PathKey, Tombstone
from fakedropbox._files.places import Entry, View
from fakedropbox._files.tree import Mount, Tree, tree_of
from fakedropbox.errors import RouteError

OrderPath = tuple[Any, ...]
"""Order keys from the listed folder down to an entry: the position where a listing stopped."""


class MountedPart(NamedTuple):
    """The position of a listing in a folder that is mounted in the listed one.

    ``namespace`` is the id of its namespace, ``since`` tells when it was mounted at its path.
    """

    namespace: int
    since: int
    journal: int
    stopped: OrderPath | None


class Listing(NamedTuple):
    """A listing in progress: the arguments that it keeps, and its position.

    ``path`` is the folder's path; ``number`` is its number if the caller passed its id (F3.1-10).
    ``stopped`` is the position of the last entry that was returned, None once the first listing is
    done. ``journal`` is the journal position from which on changes are to be reported. ``flags``
    are arguments that only the route uses. ``base`` is the number of the folder that the caller
    saw as the root. Property groups of ``templates`` are shown. ``empty`` is True after a page
    that had no entries although its ``has_more`` was True. ``link`` is the URL of the shared link
    through which the folder is listed; empty if there is none. If the folder is a mount or below
    one, ``within`` has the namespace and ``since`` of the mount, as in a `MountedPart`.
    ``mounted`` are the positions in the folders that are mounted in the listed one; ``crosses`` is
    False if the caller does not want what is in them. ``named`` is True if ``path`` begins with
    the name of a team folder, which is not a part of the tree: an administrator listed it in the
    team space.
    """

    path: str
    number: int | None
    recursive: bool
    include_deleted: bool
    limit: int
    journal: int
    stopped: OrderPath | None = None
    flags: tuple[bool, ...] = ()
    base: int = 0
    templates: tuple[str, ...] = ()
    empty: bool = False
    link: str = ""
    within: tuple[int, ...] = ()
    mounted: tuple[MountedPart, ...] = ()
    crosses: bool = True
    named: bool = False

    def folder(self, view: View) -> Folder:
        """Return the folder that is listed, or the mount of it.

        Raises:
            RouteError: with the tags of a `LookupError`.
        """
        node = view.node(self.path) if self.number is None else view.numbered(self.number)
        if node is None:
            raise RouteError("not_found")
        if not isinstance(node, Folder):
            raise RouteError("not_folder")
        return node

    def begun(self, view: View) -> Listing:
        """Return the listing with the position where it begins.

        Raises:
            RouteError: with the tags of a `LookupError`.
        """
        inner, _ = view.entered(self.folder(view))
        return self._replace(journal=len(inner.tree.journal), within=_within(view, inner))


class ListingPage(NamedTuple):
    """Some entries, the position of the next page, and whether there is more now."""

    entries: list[Entry]
    next: Listing
    has_more: bool


def first_page(view: View, listing: Listing, room: int) -> ListingPage:
    """Return the first page of a folder, with at most ``room`` entries.

    If the folder itself is an entry, the page begins with it, even if ``room`` is 0.

    Raises:
        RouteError: with the tags of a `LookupError`.
    """
    node = listing.folder(view)
    inner, folder = view.entered(node)
    head: list[Entry] = [node] if listing.recursive and node is not view.base else []  # F6.1-06
    page = _listed(inner.tree, listing, folder, head, (), max(room - len(head), 0))
    return _with_mounted(view, inner, folder, page, room)


def latest(view: View, listing: Listing) -> Listing:
    """Return a listing as if all pages had been read (F6.2-12).

    Raises:
        RouteError: with the tags of a `LookupError`.
    """
    inner, folder = view.entered(listing.folder(view))
    parts = [
        MountedPart(*_key(mount), len(view.inside(mount).tree.journal), None)
        for mount in _crossed(listing, inner, folder)
    ]
    return listing._replace(mounted=tuple(parts))


def since(view: View, listing: Listing, rev: int) -> Listing:
    """Return a listing as if all pages had been read when ``rev`` was the latest revision.

    A folder that was mounted later is not in it yet.
    """
    tree = view.tree
    journal = bisect_right(tree.revs, rev)
    parts = [
        MountedPart(*_key(mount), bisect_right(mount.target.revs, rev), None)
        for mount in _crossed(listing, view, view.base)
        if mount.sequence < bisect_right(tree_of(mount).revs, rev)
    ]
    return listing._replace(journal=journal, mounted=tuple(parts))


def next_page(view: View, listing: Listing, room: int) -> ListingPage:
    """Return the next page of the first listing, or of the changes since: at most ``room`` entries.

    Raises:
        RouteError: with the tags of a `LookupError`, if the folder no longer exists (F6.2-02);
            ``reset`` if the path leads into another namespace now.
    """
    inner, folder = view.entered(listing.folder(view))
    if listing.within != _within(view, inner):
        raise RouteError("reset", fact="S13-26")
    return _with_mounted(view, inner, folder, _next(inner.tree, listing, folder, room), room)


def _next(tree: Tree, listing: Listing, folder: Folder, room: int) -> ListingPage:
    if listing.stopped is not None:
        return _listed(tree, listing, folder, [], listing.stopped, room)
    return _changed(tree, listing, folder, room)


def _within(view: View, inner: View) -> tuple[int, ...]:
    if inner is view:
        return ()
    mount = view.tree.mount_at(inner.tree.root_path)
    assert mount is not None, "the folder is mounted"
    return _key(mount)


def _key(mount: Mount) -> tuple[int, int]:
    return mount.target.namespace_id, mount.sequence


def _crossed(listing: Listing, inner: View, folder: Folder) -> list[Mount]:
    """Return the mounts whose content belongs to a listing."""
    return inner.mounts_below(folder) if listing.recursive and listing.crosses else []


def _with_mounted(
    view: View, inner: View, folder: Folder, page: ListingPage, room: int
) -> ListingPage:
    """Return a page, with entries of mounted folders added if the folder's own are all listed.

    A folder that was mounted since the last page is listed from its beginning.
    """
    mounts = [] if page.has_more else _crossed(page.next, inner, folder)
    if not mounts:
        return page
    entries, parts, has_more = page.entries, [], False
    known = {(part.namespace, part.since): part for part in page.next.mounted}
    for mount in mounts:
        part = known.get(_key(mount))
        inside = view.inside(mount)
        if part is None:
            part = MountedPart(*_key(mount), len(inside.tree.journal), ())
        listing = page.next._replace(number=None, journal=part.journal, stopped=part.stopped)
        step = _next(inside.tree, listing, inside.base, room - len(entries))
        entries = entries + step.entries
        parts.append(part._replace(journal=step.next.journal, stopped=step.next.stopped))
        has_more |= step.has_more
    return ListingPage(entries, page.next._replace(mounted=tuple(parts)), has_more)


def has_changed(view: View, listing: Listing) -> bool:
    """Return whether `next_page` has anything to report, such as that the folder was deleted."""
    if listing.stopped is not None:
        return True
    try:
        return bool(next_page(view, listing, 1).entries)
    except RouteError:
        return True


def _listed(
    tree: Tree, listing: Listing, folder: Folder, head: list[Entry], stopped: OrderPath, room: int
) -> ListingPage:
    walk: _Across | _FolderByFolder
    if listing.recursive and tree.lists_across_folders:
        walk = _Across(tree, listing, folder, stopped)
    else:
        walk = _FolderByFolder(tree, listing, folder, stopped)
    entries = head + list(islice(walk, room))
    reached = walk.position
    if next(walk, None) is None:
        # Changes during the listing have not been reported yet (F6.2-09).
        is_late = listing.journal < len(tree.journal)
        return ListingPage(entries, listing._replace(stopped=None), has_more=is_late)
    return ListingPage(entries, listing._replace(stopped=reached), has_more=True)


class _Across:
    """An iterator over everything below a folder, in one order for all folders (F6.1-01)."""

    def __init__(self, tree: Tree, listing: Listing, top: Folder, stopped: OrderPath) -> None:
        self.position = stopped
        order = order_below(tree, top, deleted=listing.include_deleted)
        self._entries = order.after(stopped[0] if stopped else None)

    def __iter__(self) -> Iterator[Entry]:
        return self

    def __next__(self) -> Entry:
        entry, position = next(self._entries)
        self.position = (position,)
        return entry


class _FolderByFolder:
    """An iterator over a folder in listing order, in which a folder's entries follow the folder.

    Each level of the traversal has an iterator over the entries there that are still to come.
    """

    def __init__(self, tree: Tree, listing: Listing, top: Folder, stopped: OrderPath) -> None:
        self._tree = tree
        self._recursive = listing.recursive
        self._deleted = listing.include_deleted
        self._order_key = top.live.order_key
        self._levels: list[Iterator[Entry]] = []
        self._keys: list[Any] = []  # the last entry's order key on each level, once it has one
        self._resume(top, stopped)

    @property
    def position(self) -> OrderPath:
        """The position after the last entry."""
        return tuple(self._keys)

    def __iter__(self) -> Iterator[Entry]:
        return self

    def __next__(self) -> Entry:
        while self._levels:
            entry = next(self._levels[-1], None)
            del self._keys[len(self._levels) - 1 :]
            if entry is None:
                self._levels.pop()
                continue
            self._keys.append(self._order_key(entry))
            if self._opens(entry):
                self._levels.append(self._entries(entry, None))
            return entry
        raise StopIteration

    def _opens(self, entry: Entry) -> bool:
        return self._recursive and not isinstance(entry, File)

    def _resume(self, top: Folder, stopped: OrderPath) -> None:
        """Continue after the entry at ``stopped``."""
        place: Entry = top
        for position in stopped:
            self._levels.append(self._entries(place, position))
            self._keys.append(position)
            shelves = self._tree.shelves(place, deleted=self._deleted)
            found = (shelf.at(position) for shelf in shelves)
            below = next((entry for entry in found if entry is not None), None)
            if below is None or not self._opens(below):
                return
            place = below
        self._levels.append(self._entries(place, None))

    def _entries(self, place: Entry, after: Any) -> Iterator[Entry]:
        for shelf in self._tree.shelves(place, deleted=self._deleted):
            yield from shelf.after(after)


def _changed(tree: Tree, listing: Listing, folder: Folder, room: int) -> ListingPage:
    """Return the changes in the journal since the cursor, one entry for each path (F6.2-05)."""
    journal = tree.journal
    was_in = _WasIn(folder.path, listing.recursive)
    is_in = Below(folder, attrgetter("parent"))
    moves = (
        [] if listing.number is None else _moves(tree, listing.journal, folder, listing.recursive)
    )
    entries: list[Entry] = []
    position = listing.journal
    while position < len(journal):
        entry = journal[position]
        if isinstance(entry, Tombstone):
            left = next((move for move in moves if position < move.end), None)
            if left is None:
                relevant = was_in(entry) and _is_reported(tree, entry)
            else:  # at this position of the journal, the folder still had the path of `left`
                relevant = left.was_in(entry) or (listing.recursive and entry is left.tomb)
        elif entry.sequence != position:
            relevant = False
        elif listing.recursive:
            relevant = is_in(entry) and (entry is not folder or folder.parent is not None)
        else:
            relevant = entry.parent is folder
        if relevant:
            if len(entries) == room:
                break
            entries.append(entry)
        position += 1
    return ListingPage(
        entries, listing._replace(journal=position), has_more=position < len(journal)
    )


class _WasIn:
    """A test for tombstones of entries in a folder with a certain path, or below it."""

    def __init__(self, path: PathKey | None, recursive: bool) -> None:
        self._path = path
        self._is_below = Below(path, attrgetter("above")) if recursive else None

    def __call__(self, tomb: Tombstone) -> bool:
        """Return whether a tombstone is in the folder, and no tombstone above it reports it."""
        if tomb.under is not None and self._is_inside(tomb.under):
            return False
        return self._is_inside(tomb)

    def _is_inside(self, tomb: Tombstone) -> bool:
        if self._is_below is None:
            return tomb.parent_path is self._path
        return self._is_below(tomb.parent_path)


class _Move(NamedTuple):
    """A move of the listed folder: its position in the journal, and the folder's tombstone."""

    end: int
    tomb: Tombstone
    was_in: _WasIn


def _moves(tree: Tree, since: int, folder: Folder, recursive: bool) -> list[_Move]:
    """Return the moves of a folder since a cursor."""
    moves = []
    for end in range(since, folder.sequence + 1):
        if tree.journal[end] is folder:
            before = (tree.journal[position] for position in range(end, -1, -1))
            tombs = (entry for entry in before if isinstance(entry, Tombstone))
            tomb = next(tomb for tomb in tombs if tomb.node is folder)
            moves.append(_Move(end, tomb, _WasIn(tree.path_below(tomb), recursive)))
    return moves


def _is_reported(tree: Tree, tomb: Tombstone) -> bool:
    """Return whether the changes since a cursor contain a tombstone (F6.2-08).

    They do if its path is still deleted, or if it also reports the deletion of descendants.
    """
    if tomb.passing:
        return True
    if tree.tombstones_cover_descendants and isinstance(tomb.node, Folder):
        return True
    return tree.tombstone(tomb.parent_path, tomb.key) is tomb
