"""Pages of a folder's entries and of later changes (F6.1-05, F6.1-06, F6.1-08, F6.2-01 to -11).

A cursor holds two positions: how far the first listing has come, and where in the journal the
changes begin that follow it. The cost of a page depends on its size, not on the folder's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple

from fakedropbox._files.across import order_below
from fakedropbox._files.nodes import Below, File, Folder, Node, PathKey, Tombstone
from fakedropbox._files.places import View
from fakedropbox._files.tree import Tree
from fakedropbox.errors import RouteError

Entry = Node | Tombstone
OrderPath = tuple[Any, ...]
"""Order keys from the listed folder down to an entry: the position where a listing stopped."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A listing in progress: the arguments that it keeps, and its position.

    ``path`` is the folder's path; ``number`` is its number if the caller passed its id (F3.1-10).
    ``stopped`` is the position of the last entry that was returned, None once the first listing is
    done. ``journal`` is the journal position from which on changes are to be reported. ``flags``
    are arguments that only the route uses. ``base`` is the number of the folder that the caller
    saw as the root. Property groups of ``templates`` are shown. ``empty`` is True after a page
    that had no entries although its ``has_more`` was True. ``link`` is the URL of the shared link
    through which the folder is listed; empty if there is none.
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

    def folder(self, view: View) -> Folder:
        """Return the folder that is listed.

        Raises:
            RouteError: with the tags of a `LookupError`.
        """
        node = view.nodes[self.number] if self.number is not None else view.node(self.path)
        if self.number is not None and view.by_id(view.tree.id_text(node)[3:]) is not node:
            raise RouteError("not_found")
        if not isinstance(node, Folder):
            raise RouteError("not_folder")
        return node


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
    folder = listing.folder(view)
    if listing.recursive and folder is not view.base:  # F6.1-06
        return _listed(view.tree, listing, folder, [folder], (), max(room - 1, 0))
    return _listed(view.tree, listing, folder, [], (), room)


def next_page(view: View, listing: Listing, room: int) -> ListingPage:
    """Return the next page of the first listing, or of the changes since: at most ``room`` entries.

    Raises:
        RouteError: with the tags of a `LookupError`, if the folder no longer exists (F6.2-02).
    """
    folder = listing.folder(view)
    if listing.stopped is not None:
        return _listed(view.tree, listing, folder, [], listing.stopped, room)
    return _changed(view, listing, folder, room)


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
        return ListingPage(entries, replace(listing, stopped=None), has_more=is_late)
    return ListingPage(entries, replace(listing, stopped=reached), has_more=True)


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


def _changed(view: View, listing: Listing, folder: Folder, room: int) -> ListingPage:
    """Return the changes in the journal since the cursor, one entry for each path (F6.2-05)."""
    tree = view.tree
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
        entries, replace(listing, journal=position), has_more=position < len(journal)
    )


class _WasIn:
    """A test for tombstones of entries in a folder with a certain path, or below it."""

    def __init__(self, path: PathKey | None, recursive: bool) -> None:
        self._path = path
        self._is_below = Below(path, attrgetter("above")) if recursive else None

    def __call__(self, tomb: Tombstone) -> bool:
        """Return whether a tombstone is in the folder, and no other one reports it."""
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
    if tree.tombstones_cover_descendants and isinstance(tomb.node, Folder):
        return True
    return tree.tombstone(tomb.parent_path, tomb.key) is tomb
