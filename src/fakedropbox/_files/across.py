"""The order of a recursive listing across all folders: folders, then files by `rev` (F6.1-01).

The entries below a folder are sorted once, for the first page; for later pages, the order
follows the tree's journal. The cost of a page depends on its size and on the changes since the
page before it, not on the folder's size. Only deleted entries are collected again after a change.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from operator import attrgetter

from sortedcontainers import SortedDict

from fakedropbox._files.nodes import FILE, FOLDER, TOMBSTONE, File, Folder, Node, Tombstone
from fakedropbox._files.tree import Tree

Entry = Node | Tombstone
Position = tuple[int, ...]
"""The kind of an entry, and its position among the entries of this kind."""

_KEPT = 8
"""The number of folders whose order is kept, for each tree."""


def order_below(tree: Tree, top: Folder, *, deleted: bool) -> Across:
    """Return the order of everything below a folder, with or without deleted entries."""
    known: Across | None = tree.derived.pop((top.number, deleted), None)
    if known is None or not known.follow():
        known = Across(tree, top, deleted=deleted)
    tree.derived[top.number, deleted] = known  # the one used last comes last
    if len(tree.derived) > _KEPT:
        del tree.derived[next(iter(tree.derived))]
    return known


class Across:
    """Everything below one folder, in order.

    Folders are in the order of their creation, except that a folder which was moved into a newer
    one comes right after that. A file that was rewritten, moved or deleted stays at its former
    place as well, and is skipped there.
    """

    def __init__(self, tree: Tree, top: Folder, *, deleted: bool) -> None:
        self._tree = tree
        self._top = top
        self._deleted = deleted
        self._seen = len(tree.journal)
        self._keys: dict[int, Position] = {}  # the position of each folder, by its number
        self._folders: SortedDict[Position, Folder] = SortedDict()
        self._files: list[File] = []
        self._tombs: list[Tombstone] = []
        self._collect()
        self._files.sort(key=attrgetter("rev"))
        self._revs = [file.rev for file in self._files]
        self._tombs.sort(key=attrgetter("number"))
        self._most = 2 * len(self._files) + 1000

    def _collect(self) -> None:
        """Collect all entries, parents first."""
        found: dict[Position, Folder] = {}
        waiting: list[Folder | Tombstone] = [self._top]
        while waiting:
            for shelf in self._tree.shelves(waiting.pop(), deleted=self._deleted):
                for entry in shelf.by_key.values():
                    if isinstance(entry, File):
                        self._files.append(entry)
                        continue
                    if isinstance(entry, Tombstone):
                        self._tombs.append(entry)
                    else:
                        found[self._key_of(entry)] = entry
                    waiting.append(entry)
        self._folders.update(found)

    def _key_of(self, folder: Folder) -> Position:
        """Return a folder's position, and keep it; that of its parent is known."""
        assert folder.parent is not None
        _, youngest, depth, _ = self._keys.get(folder.parent.number, (FOLDER, -1, 0, -1))
        key = (FOLDER, max(youngest, folder.number), depth + 1, folder.number)
        self._keys[folder.number] = key
        return key

    def follow(self) -> bool:
        """Apply the journal's new entries; return False if everything has to be sorted again."""
        journal = self._tree.journal
        if self._seen == len(journal):
            return True
        if self._deleted or self._top.sequence >= self._seen or len(self._files) > self._most:
            return False
        for position in range(self._seen, len(journal)):
            entry = journal[position]
            node = entry.node if isinstance(entry, Tombstone) else entry
            if isinstance(node, Folder):
                self._remove(node)
            if not isinstance(entry, Tombstone) and entry.sequence == position:
                self._add(entry)
        self._seen = len(journal)
        return True

    def _add(self, node: Node) -> None:
        """Add a node at the journal's end, if it is below the folder."""
        # `_keys` has every parent below the folder: the journal lists a parent before its children.
        if not self._has(node.parent):
            return
        if isinstance(node, File):
            self._files.append(node)  # its revision is newer than all others
            self._revs.append(node.rev)
        else:
            assert isinstance(node, Folder)
            self._folders[self._key_of(node)] = node

    def _has(self, folder: Folder | None) -> bool:
        return folder is self._top or (folder is not None and folder.number in self._keys)

    def _remove(self, folder: Folder) -> None:
        """Remove a folder and those in it, if they are known.

        Those that still exist have entries later in the journal. If listings lag, others may be
        in a deleted folder until the entries of their own deletion arrive.
        """
        waiting: list[Node] = [folder]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Folder) and node.number in self._keys:
                del self._folders[self._keys.pop(node.number)]
                waiting.extend(node.live.by_key.values())

    def after(self, position: Position | None) -> Iterator[tuple[Entry, Position]]:
        """Yield the entries with their positions; those after a position, if given."""
        kind, *rest = position or (FOLDER,)
        if kind == FOLDER:
            for key in self._folders.irange(position, inclusive=(False, True)):
                folder = self._folders[key]
                if folder.parent is not None:
                    yield folder, key
            rest = [-1]
        if kind != TOMBSTONE:
            for index in range(bisect_right(self._revs, rest[0]), len(self._revs)):
                file, rev = self._files[index], self._revs[index]
                if file.rev == rev and self._has(file.parent):
                    yield file, (FILE, rev)
            rest = [-1]
        first = bisect_right(self._tombs, rest[0], key=attrgetter("number"))
        for tomb in self._tombs[first:]:
            yield tomb, (TOMBSTONE, tomb.number)
