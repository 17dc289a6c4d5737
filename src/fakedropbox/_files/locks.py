"""Locks on files (F8-12). Who may reach a file is its namespace's owner alone, who holds them."""

from __future__ import annotations

from fakedropbox._files.nodes import File, Lock, Node
from fakedropbox._files.tree import Tree
from fakedropbox.errors import RouteError


def lock_file(tree: Tree, node: Node, lock: Lock, *, grant: bool) -> File:
    """Lock a file; the lock that it has already stays.

    Raises:
        RouteError: below `LockFileError`; ``file_not_shared`` unless ``grant``.
    """
    file = lockable(node)
    if not grant:
        raise RouteError("file_not_shared")
    if tree.locks.get(file) is None:
        tree.locks.set(file, lock)
    return file


def unlock_file(tree: Tree, node: Node) -> File:
    """Take the lock from a file; where there is none, nothing changes.

    Raises:
        RouteError: ``cannot_be_locked``.
    """
    file = lockable(node)
    if tree.locks.get(file) is not None:
        tree.locks.set(file, None)
    return file


def lockable(node: Node) -> File:
    """The node, which must be a file.

    Raises:
        RouteError: ``cannot_be_locked``.
    """
    if not isinstance(node, File):
        raise RouteError("cannot_be_locked")
    return node
