"""Pages of a folder, and of what changed in it since (F6.1-05, F6.1-06, F6.1-08, F6.2-01 to -11).

A cursor is two things at once: how far the first listing has come, and from where on
the journal tells the rest. Both steps cost what their page costs, whatever the
folder's size.
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
"""Order keys from the listed folder down to an entry: where a listing stopped."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A listing under way: the arguments that it keeps, and its position.

    ``path`` names the folder, or ``number`` does when the caller named it by id (F3.1-10).
    ``stopped`` is the last entry that was given out, None once the first listing is done.
    ``journal`` is where the changes since then begin. ``base`` numbers the folder that the
    caller saw as the root. ``templates`` are those whose property groups are shown. ``empty``
    is set after a page without entries that had more.
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

    def folder(self, view: View) -> Folder:
        """The folder that is listed.

        Raises:
            RouteError: below `LookupError`.
        """
        node = view.nodes[self.number] if self.number is not None else view.node(self.path)
        if self.number is not None and view.by_id(view.tree.id_text(node)[3:]) is not node:
            raise RouteError("not_found")
        if not isinstance(node, Folder):
            raise RouteError("not_folder")
        return node


class Page(NamedTuple):
    """Some entries, where to go on, and whether there is more now."""

    entries: list[Entry]
    next: Listing
    has_more: bool


def first_page(view: View, listing: Listing, room: int) -> Page:
    """The first page of a folder, with at most ``room`` entries.

    It begins with the folder itself where that is an entry, whatever ``room`` is.

    Raises:
        RouteError: below `LookupError`.
    """
    folder = listing.folder(view)
    if listing.recursive and folder is not view.base:  # F6.1-06
        return _listed(view.tree, listing, folder, [folder], (), max(room - 1, 0))
    return _listed(view.tree, listing, folder, [], (), room)


def next_page(view: View, listing: Listing, room: int) -> Page:
    """The next page of the first listing, or the changes since: at most ``room`` entries.

    Raises:
        RouteError: below `LookupError`, when the folder is gone (F6.2-02).
    """
    folder = listing.folder(view)
    if listing.stopped is not None:
        return _listed(view.tree, listing, folder, [], listing.stopped, room)
    return _changed(view, listing, folder, room)


def has_changed(view: View, listing: Listing) -> bool:
    """Whether `next_page` has anything to tell; that the folder is gone is something, too."""
    if listing.stopped is not None:
        return True
    try:
        return bool(next_page(view, listing, 1).entries)
    except RouteError:
        return True


def _listed(
    tree: Tree, listing: Listing, folder: Folder, head: list[Entry], stopped: OrderPath, room: int
) -> Page:
    walk = _Walk(tree, listing.recursive, listing.include_deleted).below(folder, stopped)
    steps = list(islice(walk, room + 1))
    entries = head + [entry for entry, _ in steps[:room]]
    if len(steps) <= room:
        # What changed while the listing went on is still to be told (F6.2-09).
        is_late = listing.journal < len(tree.journal)
        return Page(entries, replace(listing, stopped=None), has_more=is_late)
    reached = steps[room - 1][1] if room else stopped
    return Page(entries, replace(listing, stopped=reached), has_more=True)


class _Walk(NamedTuple):
    """The way through a tree in listing order, with or without folders' insides and tombstones."""

    tree: Tree
    recursive: bool
    deleted: bool

    def below(self, top: Folder, stopped: OrderPath) -> Iterator[tuple[Entry, OrderPath]]:
        """The entries below `top` with their order paths, after the one at `stopped`."""
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
        """The open levels of a walk that has given out the entry at `stopped`."""
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
            graves = self.tree.graves.get(lower)
            if graves is not None:
                shelves.append(graves)
        return shelves


def _changed(view: View, listing: Listing, folder: Folder, room: int) -> Page:
    """What the journal says since the cursor, one entry a path (F6.2-05)."""
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
            else:  # the folder was elsewhere then, and nobody hears what became of that path
                relevant = _was_in(left.path_lower, entry, listing.recursive)
                relevant = relevant or (listing.recursive and entry is left)
        else:
            relevant = entry.sequence == position and _is_in(folder, entry, listing.recursive)
        if relevant:
            if len(entries) == room:
                break
            entries.append(entry)
        position += 1
    return Page(entries, replace(listing, journal=position), has_more=position < len(journal))


def _moves(tree: Tree, since: int, folder: Folder) -> list[tuple[int, Tombstone]]:
    """The moves of a folder since a cursor: where in the journal each ends, and what it left."""
    moves = []
    for end in range(since, folder.sequence + 1):
        if tree.journal[end] is folder:
            before = (tree.journal[position] for position in range(end, -1, -1))
            tombs = (entry for entry in before if isinstance(entry, Tombstone))
            moves.append((end, next(tomb for tomb in tombs if tomb.node is folder)))
    return moves


def _was_in(folder_lower: str, tomb: Tombstone, recursive: bool) -> bool:
    if tomb.under is not None and _was_in(folder_lower, tomb.under, recursive):
        return False  # the folder's own entry tells it
    if recursive:
        return tomb.path_lower.startswith(f"{folder_lower}/")
    return tomb.parent_lower == folder_lower


def _counts(tree: Tree, tomb: Tombstone) -> bool:
    """Whether the path is still deleted, or the entry also speaks for children (F6.2-08)."""
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
