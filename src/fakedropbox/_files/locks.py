"""Locks on files (F8-12). The callers check who holds a lock."""

from __future__ import annotations

from fakedropbox._files.nodes import File, Lock, Node
from fakedropbox._files.tree import Tree
from fakedropbox.errors import RouteError


def lock_file(tree: Tree, node: Node, lock: Lock, *, grant: bool) -> File:
    """Lock a file; an existing lock is kept.

    Raises:
        RouteError: with the tags of a `LockFileError`; ``file_not_shared`` unless ``grant``.
    """
    file = lockable(node)
    if not grant:
        raise RouteError("file_not_shared")
    if tree.locks.get(file) is None:
        tree.locks.set(file, lock)
    return file


def unlock_file(tree: Tree, node: Node) -> File:
    """Remove the lock from a file; if there is none, nothing changes.

    Raises:
        RouteError: ``cannot_be_locked``.
    """
    file = lockable(node)
    if tree.locks.get(file) is not None:
        tree.locks.set(file, None)
    return file


def lockable(node: Node) -> File:
    """Return the node, which must be a file.

    Raises:
        RouteError: ``cannot_be_locked``.
    """
    if not isinstance(node, File):
        raise RouteError("cannot_be_locked")
    return node
