"""Locks that nobody has in a process that was forked, where who had them is no more."""

from __future__ import annotations

import os
import threading
from typing import Any
from weakref import WeakSet

_locks: WeakSet[Any] = WeakSet()
_one_at_a_time = threading.RLock()
_had = threading.local()


def whole_when_forked(lock: Any) -> Any:
    """Let no fork happen while another thread has ``lock``: what it guards is never half done.

    Gives back the lock, a `threading.RLock`.
    """
    _locks.add(lock)
    return lock


def _before() -> None:
    _one_at_a_time.acquire()
    _had.locks = list(_locks)
    for lock in _had.locks:
        lock.acquire()


def _after() -> None:
    for lock in _had.locks:
        lock.release()
    del _had.locks
    _one_at_a_time.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_after, after_in_child=_after)
