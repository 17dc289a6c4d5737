"""Locks: `lock_file_batch`, `unlock_file_batch` and `get_file_lock_batch` (F8-12)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dropbox import files

from fakedropbox._api.caller import account_of
from fakedropbox._api.files.metadata import file_metadata, moment
from fakedropbox._api.files.places import node_at, view_of
from fakedropbox._api.refusals import failure_object
from fakedropbox._api.registry import route
from fakedropbox._files.locks import lock_file, lockable, unlock_file
from fakedropbox._files.nodes import File, Lock, Node
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError


@route(files.lock_file_batch, entries="entries")
def lock_file_batch(call: Call, arg: Any) -> Any:
    """Lock files for the caller's account; each entry succeeds or fails on its own.

    A lock of somebody else is a conflict; one of the caller is kept.
    """
    world, tree = call.world, view_of(call).tree
    account = account_of(call)
    lock = Lock(account.account_id, account.display_name, world.clock.seconds)
    grant = world.personality.lock_of_unshared_file == "granted"

    def lock_one(node: Node) -> File:
        is_shared = view_of(call).of(node).access is not None
        is_shared |= isinstance(node, File) and world.files.shared_files.has_members(node)
        return _held(call, lock_file(tree, node, lock, grant=grant or is_shared))

    return _each(call, arg, lock_one)


@route(files.unlock_file_batch, entries="entries")
def unlock_file_batch(call: Call, arg: Any) -> Any:
    """Unlock files, which only the holder of a lock may do; each entry succeeds or fails alone."""
    tree = view_of(call).tree
    return _each(call, arg, lambda node: unlock_file(tree, _held(call, lockable(node))))


@route(files.get_file_lock_batch, entries="entries")
def get_file_lock_batch(call: Call, arg: Any) -> Any:
    """Return the locks of files."""
    return _each(call, arg, lockable)


def _held(call: Call, file: File) -> File:
    """Return the file, after checking that nobody but the caller has locked it.

    Raises:
        RouteError: ``lock_conflict``, with the lock.
    """
    lock = view_of(call).tree.locks.get(file)
    if lock is not None and lock.account_id != account_of(call).account_id:
        raise RouteError("lock_conflict", {"lock": _shown(lock)}, fact="F8-12")
    return file


def _each(call: Call, arg: Any, action: Callable[[Node], File]) -> Any:
    """Apply an action to each file and return the results in order; a repeated path counts once."""
    entries = []
    for path in dict.fromkeys(entry.path for entry in arg.entries):
        try:
            file = action(node_at(call, path, field="entries.path", tag="path_lookup"))
        except RouteError as error:
            failure = failure_object(files.LockFileError_validator, error)
            entries.append(files.LockFileResultEntry.failure(failure))
        else:
            entries.append(files.LockFileResultEntry.success(_result(call, file)))
    return files.LockFileBatchResult(entries)


def _result(call: Call, file: File) -> Any:
    view = view_of(call)
    return files.LockFileResult(file_metadata(view, file), _shown(view.tree.locks.get(file)))


def _shown(lock: Lock | None) -> Any:
    if lock is None:
        return files.FileLock(files.FileLockContent("unlocked"))
    held = files.SingleUserLock(moment(lock.created), lock.account_id)
    return files.FileLock(files.FileLockContent.single_user(held))
