"""The elements of a tree: folders, files, and the tombstones of both.

They are small and slotted: an account may hold a million of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from sortedcontainers import SortedKeyList

from fakedropbox._files.paths import Name

if TYPE_CHECKING:
    from fakedropbox._files.blobs import Blob

FOLDER, FILE, TOMBSTONE = range(3)
_LONG = 1000  # characters; a path with a longer text drops it when one below is made from it

OrderKey = Callable[[Any], Any]

Fields = tuple[tuple[str, str], ...]
"""Names of properties with their values, or, for a template, with their descriptions."""

Groups = dict[str, Fields]
"""The properties of a node, by template. Never changed, only replaced."""


class Path:
    """A path of any length, which shares all names but its own with the path above it.

    Paths are compared by identity. The root's has no path above it, and an empty name. ``kept`` is
    the text, or None if it would have to be put together.
    """

    __slots__ = ("above", "kept", "name")

    def __init__(self, above: Path | None, name: str) -> None:
        self.above = above
        self.name = name
        self.kept: str | None = "" if above is None else None

    def text(self) -> str:
        """Return the path as text; it is empty or begins with a slash."""
        if self.kept is None:
            names = []
            path: Path = self
            while path.kept is None:
                names.append(path.name)
                assert path.above is not None, "the root has a text"
                path = path.above
            self.kept = "/".join([path.kept, *reversed(names)])
            if len(path.kept) > _LONG:
                path.kept = None  # otherwise each path of a deep chain would keep a long text
        return self.kept


class PathKey(Path):
    """A path in the form in which paths are compared; there is only one object for each path."""

    __slots__ = ("_below",)
    above: PathKey | None

    def __init__(self, above: PathKey | None, key: str) -> None:
        super().__init__(above, key)
        self._below: dict[str, PathKey] = {}

    def at(self, key: str) -> PathKey:
        """Return the path of an entry directly below this path."""
        found = self._below.get(key)
        if found is None:
            found = self._below[key] = PathKey(self, key)
        return found

    def known(self, key: str) -> PathKey | None:
        """Return the path of an entry directly below this path, if that was ever a folder."""
        return self._below.get(key)


class ShownPath(Path):
    """A path in the letter case of the request that used it; ``key`` is the path to compare."""

    __slots__ = ("key",)

    def __init__(self, above: ShownPath | None, name: str, key: PathKey) -> None:
        super().__init__(above, name)
        self.key = key

    def below(self, name: Name) -> ShownPath:
        """Return the path of an entry directly below this path."""
        return ShownPath(self, name.shown, self.key.at(name.key))


class Below:
    """A test for being ``top`` or below it; ``above`` returns the parent of a thing, or None.

    Each thing is looked at once only, so that testing a whole chain takes linear time.
    """

    def __init__(self, top: Any, above: Callable[[Any], Any]) -> None:
        self._known = {top: True, None: False}
        self._above = above

    def __call__(self, thing: Any) -> bool:
        """Return whether a thing is the top or below it."""
        new = []
        while thing not in self._known:
            new.append(thing)
            thing = self._above(thing)
        found = self._known[thing]
        self._known.update(dict.fromkeys(new, found))
        return found


_NOWHERE = PathKey(None, "")
_UNWRITTEN = ShownPath(None, "", _NOWHERE)


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
        if self._order is not None:
            old = self.by_key.get(entry.key)
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
    """An earlier revision of a file: its path in the namespace it was in, times and content."""

    namespace_id: int
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


UNREAD: list[Revision] = []
"""The past revisions of a file for which a state file has not been asked yet."""


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
    shown_parent: ShownPath
    number: int
    sequence: int


class Folder(Node):
    """A folder; ``live`` holds its entries, and ``path`` is its path, or its last one.

    ``taken`` caches the number at which autorename starts to look for a free name; it is cleared
    when an entry leaves the folder. ``written`` is the path in the spelling of the latest request
    that wrote an entry of the folder: the next one usually has the same, and shares it. The
    result of `shown` is cached in ``kept``, and is valid for ``kept_epoch``.
    """

    __slots__ = ("kept", "kept_epoch", "live", "path", "taken", "written")
    rank = FOLDER

    def __init__(self, number: int, order_key: OrderKey) -> None:
        self.parent = None
        self.name = self.key = ""
        self.path, self.shown_parent = _NOWHERE, _UNWRITTEN
        self.number = number
        self.sequence = -1
        self.live = Shelf(order_key)
        self.taken: dict[tuple[str, bool, bool], int] = {}
        self.written: ShownPath | None = None
        self.kept: ShownPath | None = None
        self.kept_epoch = -1

    def shown(self, epoch: int) -> ShownPath:
        """Return the path of an existing folder as it is shown.

        It is cached until `epoch` changes, which happens when any folder is moved or deleted.
        """
        if self.kept is None or self.kept_epoch != epoch:
            stale: list[Folder] = []
            folder = self
            path: ShownPath | None = None
            while path is None:
                if folder.kept is not None and folder.kept_epoch == epoch:
                    path = folder.kept
                elif folder.parent is None:
                    path = folder.written
                    assert path is not None, "every root has one"
                elif folder.shown_parent.key is folder.parent.path:
                    path = folder.spelled(folder.shown_parent, folder.name)
                else:  # the parent has another path by now
                    stale.append(folder)
                    folder = folder.parent
            for folder in reversed(stale):
                path = folder.kept = folder.spelled(path, folder.name)
                folder.kept_epoch = epoch
            self.kept, self.kept_epoch = path, epoch
        return self.kept

    def spelled(self, above: ShownPath, name: str) -> ShownPath:
        """Return this folder's path as a request spells it: the parent's path, and the name."""
        written = self.written
        if (
            written is None
            or written.above is not above
            or written.name != name
            or written.key is not self.path
        ):
            written = self.written = ShownPath(above, name, self.path)
        return written


class File(Node):
    """A file at its current revision. ``past`` has the earlier ones, oldest first, or `UNREAD`."""

    __slots__ = ("blob", "client_modified", "past", "rev", "server_modified")
    rank = FILE

    def __init__(
        self, number: int, rev: int, client_modified: int, server_modified: int, blob: Blob
    ) -> None:
        self.parent = None
        self.name = self.key = ""
        self.shown_parent = _UNWRITTEN
        self.number = number
        self.sequence = -1
        self.rev = rev
        self.client_modified = client_modified
        self.server_modified = server_modified
        self.blob = blob
        self.past: list[Revision] | None = None


class Tombstone:
    """A deleted entry: the record of a node at a path that it had.

    ``shown_parent`` is the path of the folder that contained the node, as it was shown. ``number``
    orders it among tombstones. ``under`` is the tombstone of the folder that was deleted with it,
    if only that one is reported. A ``passing`` one only reports that another namespace begins or
    ends at the path: it is always reported, and it is not among the deleted entries of a folder.
    """

    __slots__ = ("key", "name", "node", "number", "passing", "shown_parent", "under")
    rank = TOMBSTONE

    def __init__(self, node: Node, shown_parent: ShownPath, number: int) -> None:
        self.node = node
        self.name = node.name
        self.key = node.key
        self.number = number
        self.shown_parent = shown_parent
        self.under: Tombstone | None = None
        self.passing = False

    @property
    def parent_path(self) -> PathKey:
        """The path of the folder that contained the node."""
        return self.shown_parent.key

    @property
    def path_lower(self) -> str:
        """The path that the node had."""
        return f"{self.shown_parent.key.text()}/{self.key}"

    @property
    def path_display(self) -> str:
        """The path that the node had, as it was shown."""
        return f"{self.shown_parent.text()}/{self.name}"


def size_of(nodes: Iterable[Node]) -> int:
    """Return the number of bytes in the files among some nodes."""
    return sum(node.blob.size for node in nodes if isinstance(node, File))


def paths_of(node: Node, epoch: int) -> tuple[str, str]:
    """Return `path_lower` and `path_display` of an existing node; a root's are empty."""
    parent = node.parent
    if parent is None:
        return "", ""
    shown = node.shown_parent
    if shown.key is not parent.path:
        shown = parent.shown(epoch)
    return f"{parent.path.text()}/{node.key}", f"{shown.text()}/{node.name}"


def listing_order(name: str, seed: int) -> OrderKey:
    """Return the sort key for a `Personality`'s ``list_order``."""
    return {
        "rev": by_rev,
        "creation": by_creation,
        "name": by_name,
        "shuffled": _by_chance(seed),
    }[name]


def by_rev(entry: Node | Tombstone) -> tuple[int, int]:
    """Return the sort key: folders by creation first, then files by last change, then tombstones.

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
