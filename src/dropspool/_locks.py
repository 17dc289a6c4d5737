"""Locks that do not hang a forked process."""

from __future__ import annotations

import os
import threading


class ForkSafeLock:
    """A lock that is free in a forked process, even if a thread of the parent process holds it.

    That thread does not exist in the new process, and would never release a plain lock there. So
    each process has a lock of its own. What the lock protects must stay usable even if a change
    of it was interrupted.
    """

    def __init__(self) -> None:
        self._locks: dict[int, threading.Lock] = {}

    def __enter__(self) -> None:
        self._locks.setdefault(os.getpid(), threading.Lock()).acquire()

    def __exit__(self, *_: object) -> None:
        self._locks[os.getpid()].release()
