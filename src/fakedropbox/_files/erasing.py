"""Erasing of files: deletion without deleted entries and past revisions (F8-15)."""

from __future__ import annotations

from collections.abc import Iterator

from fakedropbox._files.nodes import Tombstone
from fakedropbox._files.store import FileStore
from fakedropbox._files.tree import Tree


def erase(store: FileStore, tree: Tree, deleted: Tombstone) -> None:
    """Erase what was deleted at a path, with everything that was deleted below it.

    Files that were moved away before keep all their revisions, also if they were deleted elsewhere.
    Cursors still report the deletion.
    """
    for tomb in list(_with_descendants(tree, deleted)):
        for file in tree.deleted_at(tomb.path_lower):
            for past in list(tree.past_of(file)):
                store.trees[past.namespace_id].forget(file, past)
        tree.let_pass(tomb)


def _with_descendants(tree: Tree, top: Tombstone) -> Iterator[Tombstone]:
    waiting = [top]
    while waiting:
        tomb = waiting.pop()
        yield tomb
        for shelf in tree.shelves(tomb, deleted=True):
            waiting.extend(each for each in shelf.by_key.values() if isinstance(each, Tombstone))
