"""Pages of a folder's entries and of later changes (F6.1-05, F6.1-06, F6.1-08, F6.2-01 to -11).

A cursor holds two positions: how far the first listing has come, and where in the journal the
changes begin that follow it. The cost of a page depends on its size, not on the folder's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, NamedTuple

from fakedropbox._files.nodes import File, Folder, Node, Shelf, Tombstone
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
    walk = _Walk(tree, listing.recursive, listing.include_deleted).below(folder, stopped)
    steps = list(islice(walk, room + 1))
    entries = head + [entry for entry, _ in steps[:room]]
    if len(steps) <= room:
        # Changes during the listing have not been reported yet (F6.2-09).
        is_late = listing.journal < len(tree.journal)
        return ListingPage(entries, replace(listing, stopped=None), has_more=is_late)
    reached = steps[room - 1][1] if room else stopped
    return ListingPage(entries, replace(listing, stopped=reached), has_more=True)


class _Walk(NamedTuple):
    """A traversal of a tree in listing order, with or without subfolders and tombstones."""

    tree: Tree
    recursive: bool
    deleted: bool

    def below(self, top: Folder, stopped: OrderPath) -> Iterator[tuple[Entry, OrderPath]]:
        """Yield the entries below `top` with their order paths, after the entry at `stopped`."""
        levels = self._resume(top, stopped)
        while levels:
            above, entries = levels[-1]
            entry = next(entries, None)
            if entry is None:
                levels.pop()
                continue
            path = (*above, top.live.order_key(entry))
            yield entry, path
            if self._opens(entry):
                levels.append((path, self._entries(entry, None)))

    def _opens(self, entry: Entry) -> bool:
        return self.recursive and not isinstance(entry, File)

    def _resume(self, top: Folder, stopped: OrderPath) -> list[tuple[OrderPath, Iterator[Entry]]]:
        """Return the stack of iterators of a walk that continues after the entry at `stopped`."""
        if not stopped:
            return [((), self._entries(top, None))]
        levels = []
        place: Entry = top
        for depth, position in enumerate(stopped):
            levels.append((stopped[:depth], self._entries(place, position)))
            found = (shelf.at(position) for shelf in self._shelves(place))
            below = next((entry for entry in found if entry is not None), None)
            if below is None or not self._opens(below):
                return levels
            place = below
        levels.append((stopped, self._entries(place, None)))
        return levels

    def _entries(self, place: Entry, after: Any) -> Iterator[Entry]:
        for shelf in self._shelves(place):
            yield from shelf.after(after)

    def _shelves(self, place: Entry) -> list[Shelf]:
        shelves = [place.live] if isinstance(place, Folder) else []
        if self.deleted:
            lower = place.path_lower if isinstance(place, Tombstone) else self.tree.paths(place)[0]
            shelf = self.tree.tombstones.get(lower)
            if shelf is not None:
                shelves.append(shelf)
        return shelves


def _changed(view: View, listing: Listing, folder: Folder, room: int) -> ListingPage:
    """Return the changes in the journal since the cursor, one entry for each path (F6.2-05)."""
    tree = view.tree
    journal = tree.journal
    lower = tree.paths(folder)[0]
    moves = [] if listing.number is None else _moves(tree, listing.journal, folder)
    entries: list[Entry] = []
    position = listing.journal
    while position < len(journal):
        entry = journal[position]
        if isinstance(entry, Tombstone):
            left = next((tomb for end, tomb in moves if position < end), None)
            if left is None:
                relevant = _was_in(lower, entry, listing.recursive) and _counts(tree, entry)
            else:  # at this position of the journal, the folder still had the path of `left`
                relevant = _was_in(left.path_lower, entry, listing.recursive)
                relevant = relevant or (listing.recursive and entry is left)
        else:
            relevant = entry.sequence == position and _is_in(folder, entry, listing.recursive)
        if relevant:
            if len(entries) == room:
                break
            entries.append(entry)
        position += 1
    return ListingPage(
        entries, replace(listing, journal=position), has_more=position < len(journal)
    )


def _moves(tree: Tree, since: int, folder: Folder) -> list[tuple[int, Tombstone]]:
    """Return the moves of a folder since a cursor: the journal position and tombstone of each."""
    moves = []
    for end in range(since, folder.sequence + 1):
        if tree.journal[end] is folder:
            before = (tree.journal[position] for position in range(end, -1, -1))
            tombs = (entry for entry in before if isinstance(entry, Tombstone))
            moves.append((end, next(tomb for tomb in tombs if tomb.node is folder)))
    return moves


def _was_in(folder_lower: str, tomb: Tombstone, recursive: bool) -> bool:
    if tomb.under is not None and _was_in(folder_lower, tomb.under, recursive):
        return False  # the entry of that folder reports it
    if recursive:
        return tomb.path_lower.startswith(f"{folder_lower}/")
    return tomb.parent_lower == folder_lower


def _counts(tree: Tree, tomb: Tombstone) -> bool:
    """Return whether a path is still deleted, or its tombstone reports children (F6.2-08)."""
    if tree.speaks_for_children and isinstance(tomb.node, Folder):
        return True
    return tree.tombstone(tomb.parent_lower, tomb.key) is tomb


def _is_in(folder: Folder, node: Node, recursive: bool) -> bool:
    if not recursive:
        return node.parent is folder
    above: Node | None = node
    while above is not None and above is not folder:
        above = above.parent
    return above is not None and (node is not folder or folder.parent is not None)
