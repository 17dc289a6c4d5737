"""Variations of a page that the documentation allows but that were rarely or never recorded.

A page comes from `_files.listing`; here its size is drawn at random, its entries are shuffled,
and some are repeated. A client that applies all entries in order ends up with the same state
(F6.2-09).
"""

from __future__ import annotations

from itertools import islice

from fakedropbox._files.listing import Listing, ListingPage
from fakedropbox._files.nodes import Folder, Tombstone
from fakedropbox._files.places import Entry, View
from fakedropbox._files.tree import Mount
from fakedropbox.calls import World

_MOST_BELOW = 10
"""The most entries below a folder that is repeated; a folder with a mount is never repeated."""


def room(world: World, listing: Listing) -> int:
    """Return the largest number of entries on the next page (F6.1-02, F6.1-03)."""
    if not world.personality.uneven_pages:
        return listing.limit
    least = 1 if listing.empty else 0
    most = (1, 3, listing.limit, listing.limit + 2)[world.chance.below("page", 4)]
    return least + world.chance.below("page", most - least + 1)


def listed(world: World, page: ListingPage) -> ListingPage:
    """Return a page of a first listing, in an order that the personality allows."""
    entries = page.entries
    if world.personality.list_order == "shuffled":
        entries = world.chance.shuffled("order", entries)
    return _with(page, entries)


def changed(world: World, view: View, listing: Listing, page: ListingPage) -> ListingPage:
    """Return a page of changes, in the order and with the repetitions of the personality."""
    personality, chance, entries = world.personality, world.chance, page.entries
    if personality.change_order == "shuffled" and not _ordered(view, entries):
        entries = chance.shuffled("order", entries)
    if personality.repeated_entries and entries and chance.below("again", 2):
        entries = [*_repeated(world, view, listing), *entries]
    return _with(page, entries)


def _with(page: ListingPage, entries: list[Entry]) -> ListingPage:
    empty = page.has_more and not entries
    following = page.next if page.next.empty == empty else page.next._replace(empty=empty)
    return ListingPage(entries, following, page.has_more)


def _ordered(view: View, entries: list[Entry]) -> bool:
    """Return whether the order of a page's entries matters.

    It does if an entry reports the deletion of something that exists again.
    """
    return any(
        isinstance(entry, Tombstone)
        and each.tree.tombstone(entry.parent_path, entry.key) is not entry
        for each, entry in view.each(entries)
    )


def _repeated(world: World, view: View, listing: Listing) -> list[Entry]:
    """Return entries as if something in the folder had been deleted and restored (F6.2-05)."""
    inner, folder = view.entered(listing.folder(view))
    nodes = folder.live.by_key
    if not nodes:
        return []
    node = next(islice(nodes.values(), world.chance.below("again", len(nodes)), None))
    below = listing.recursive and isinstance(node, Folder)
    again = list(islice(inner.tree.subtree(node), _MOST_BELOW + 2)) if below else [node]
    if len(again) > _MOST_BELOW + 1 or any(isinstance(each, Mount) for each in again):
        return []
    return [Tombstone(node, next(inner.tree.shown_parents([node])), node.number), *again]
