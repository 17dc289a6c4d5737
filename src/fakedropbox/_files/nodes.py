"""The elements of a tree: folders, files, and the tombstones of both.

They are small and slotted: an account may hold a million of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from sortedcontainers import SortedKeyList

from fakedropbox._files.paths import fold

if TYPE_CHECKING:
    from fakedropbox._files.blobs import Blob

FOLDER, FILE, TOMBSTONE = range(3)

OrderKey = Callable[[Any], Any]

Fields = tuple[tuple[str, str], ...]
"""Names of properties with their values, or, for a template, with their descriptions."""

Groups = dict[str, Fields]
"""The properties of a node, by template. Never changed, only replaced."""


class Lock(NamedTuple):
    """The holder of the lock on a file, and the time it was created, in seconds."""

    account_id: str
    holder_name: str
    created: int


class Shelf:
    """The entries of one folder: by key, and, from the first listing on, in listing order."""

    __slots__ = ("_order", "by_key", "order_key")

    def __init__(self, order_key: OrderKey) -> None:
        self.by_key: dict[str, Any] = {}
        self.order_key = order_key
        self._order: SortedKeyList | None = None

    def add(self, entry: Node | Tombstone) -> None:
        """Add an entry under its key, replacing any other."""
        old = self.by_key.get(entry.key)
        if self._order is not None:
            if old is not None:
                self._order.remove(old)
            self._order.add(entry)
        self.by_key[entry.key] = entry

    def remove(self, entry: Node | Tombstone) -> None:
        """Remove the entry under this entry's key."""
        del self.by_key[entry.key]
        if self._order is not None:
            self._order.remove(entry)

    def lift(self, entry: Node | Tombstone) -> None:
        """Take an entry out of the listing order, before its order key changes."""
        if self._order is not None:
            self._order.remove(entry)

    def put_back(self, entry: Node | Tombstone) -> None:
        """Put a lifted entry back into the listing order."""
        if self._order is not None:
            self._order.add(entry)

    def after(self, position: Any = None) -> Iterator[Any]:
        """Return the entries in listing order; those after the order key `position`, if given."""
        if self._order is None:
            self._order = SortedKeyList(self.by_key.values(), key=self.order_key)
        if position is None:
            return iter(self._order)
        return iter(self._order.irange_key(min_key=position, inclusive=(False, False)))

    def at(self, position: Any) -> Any:
        """Return the entry at exactly this order key, or None."""
        if self._order is None:
            self.after()
        assert self._order is not None
        return next(iter(self._order.irange_key(position, position)), None)


class Revision(NamedTuple):
    """An earlier revision of a file: its path, times and content."""

    path_lower: str
    path_display: str
    rev: int
    client_modified: int
    server_modified: int
    blob: Blob

    @property
    def name(self) -> str:
        """The name that the file had."""
        return self.path_display.rpartition("/")[2]


class Node:
    """The common part of folders and files.

    ``shown_parent`` is the parent's path in the spelling of the request that wrote the node; it
    is shown as long as it still names the parent (F3.3-02, F3.3-03). ``sequence`` is
    the node's last position in the journal.
    """

    __slots__ = ("key", "name", "number", "parent", "sequence", "shown_parent")
    rank: int

    parent: Folder | None
    name: str
    key: str
    shown_parent: str
    number: int
    sequence: int


class Folder(Node):
    """A folder; ``live`` holds its entries.

    ``taken`` caches the number at which autorename starts to look for a free name; it is cleared
    when an entry leaves the folder. The result of `paths` is cached in ``kept_lower`` and
    ``kept_display``, and is valid for ``kept_epoch``.
    """

    __slots__ = ("kept_display", "kept_epoch", "kept_lower", "live", "taken")
    rank = FOLDER

    def __init__(self, number: int, order_key: OrderKey) -> None:
        self.parent = None
        self.name = self.key = self.shown_parent = ""
        self.number = number
        self.sequence = -1
        self.live = Shelf(order_key)
        self.taken: dict[tuple[str, bool, bool], int] = {}
        self.kept_lower = self.kept_display = ""
        self.kept_epoch = -1

    def paths(self, epoch: int) -> tuple[str, str]:
        """Return `path_lower` and `path_display`; the root's are empty.

        They are cached until `epoch` changes, which happens when any folder is moved or deleted.
        """
        if self.kept_epoch != epoch:
            stale: list[Folder] = []
            folder: Folder | None = self
            while folder is not None and folder.kept_epoch != epoch:
                stale.append(folder)
                folder = folder.parent
            for folder in reversed(stale):
                if folder.parent is not None:
                    folder.kept_lower, folder.kept_display = paths_of(folder, epoch)
                folder.kept_epoch = epoch
        return self.kept_lower, self.kept_display


class File(Node):
    """A file at its current revision. ``past`` holds the earlier ones, oldest first."""

    __slots__ = ("blob", "client_modified", "past", "rev", "server_modified")
    rank = FILE

    def __init__(
        self, number: int, rev: int, client_modified: int, server_modified: int, blob: Blob
    ) -> None:
        self.parent = None
        self.name = self.key = self.shown_parent = ""
        self.number = number
        self.sequence = -1
        self.rev = rev
        self.client_modified = client_modified
        self.server_modified = server_modified
        self.blob = blob
        self.past: list[Revision] | None = None


class Tombstone:
    """A deleted entry: the record of a node at a path that it had.

    ``number`` orders it among tombstones. ``under`` is the tombstone of the folder that was
    deleted with it, if only that one is reported.
    """

    __slots__ = ("key", "name", "node", "number", "path_display", "path_lower", "under")
    rank = TOMBSTONE

    def __init__(self, node: Node, path_lower: str, path_display: str, number: int) -> None:
        self.node = node
        self.name = node.name
        self.key = node.key
        self.number = number
        self.path_lower = path_lower
        self.path_display = path_display
        self.under: Tombstone | None = None

    @property
    def parent_lower(self) -> str:
        """The `path_lower` of the folder that contained the node."""
        return self.path_lower[: -len(self.key) - 1]


def paths_of(node: Node, epoch: int) -> tuple[str, str]:
    """Return `path_lower` and `path_display` of a node below a root."""
    assert node.parent is not None
    parent_lower, display = node.parent.paths(epoch)
    shown = node.shown_parent
    if shown is not display and fold(shown) == parent_lower:
        display = shown
    return f"{parent_lower}/{node.key}", f"{display}/{node.name}"


def listing_order(name: str, seed: int) -> OrderKey:
    """Return the sort key for a `Personality`'s ``list_order``."""
    return {
        "rev": by_rev,
        "creation": by_creation,
        "name": by_name,
        "shuffled": _by_chance(seed),
    }[name]


def by_rev(entry: Node | Tombstone) -> tuple[int, int]:
    """Return the key for listing folders by creation, files by last change, then tombstones.

    This is Dropbox's order (F6.1-01).
    """
    return entry.rank, entry.rev if isinstance(entry, File) else entry.number


def by_creation(entry: Node | Tombstone) -> tuple[int, int]:
    """Return the key for listing folders, files, tombstones, each in the order of creation."""
    return entry.rank, entry.number


def by_name(entry: Node | Tombstone) -> tuple[int, str]:
    """Return the key for listing folders, files, tombstones, each by name."""
    return entry.rank, entry.key


def _by_chance(seed: int) -> OrderKey:
    """Return the key function for listing nodes, then tombstones, in a random order by seed."""

    def key(entry: Node | Tombstone) -> tuple[bool, int, int]:
        drawn = blake2b(f"{seed}/{entry.number}".encode(), digest_size=4).digest()
        return entry.rank == TOMBSTONE, int.from_bytes(drawn, "big"), entry.number

    return key
