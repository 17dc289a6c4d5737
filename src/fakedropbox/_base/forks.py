"""Locks that no fork leaves locked for ever in the new process.

A fork copies a process, but only the thread that forks. A lock that another thread holds stays
locked in the copy, and what that thread was changing stays half changed. Therefore a fork waits
until no other thread holds a `Guard`, though not for long: the other thread may be waiting for the
one that forks. A guard that was not free in time refuses every use in the new process.
"""

from __future__ import annotations

import os
import threading
from contextlib import AbstractContextManager
from functools import partial
from itertools import count
from typing import NoReturn, Protocol
from weakref import ref

from fakedropbox._base.locks import SharedLock
from fakedropbox.errors import UnusableAfterFork

PATIENCE_SECONDS = 1.0
"""The time for which a fork waits for each guard that another thread holds."""

_ATTEMPTS = 20


class Guard:
    """The holder of a re-entrant lock, ``lock``; errors call the state that it guards ``what``.

    Without a name it guards no state that a fork could lose: a fork does not wait for it, and the
    new process gets a new lock.
    """

    __slots__ = ("__weakref__", "_lock", "lock", "what")

    def __init__(self, what: str = "") -> None:
        self.what = what
        self._lock = SharedLock()
        self.lock: AbstractContextManager[object] = self._lock
        number = next(_serials)
        _guards[number] = ref(self, partial(_guards.pop, number))

    def condition(self) -> threading.Condition:
        """Return a new condition of this lock."""
        return threading.Condition(self._lock)

    def check(self) -> None:
        """Check that a fork has not lost the state.

        Raises:
            UnusableAfterFork: it has.
        """
        if self.lock is not self._lock:
            self.lock.__enter__()

    def take(self, seconds: float) -> bool:
        """Acquire the lock within a time, and return whether that succeeded."""
        return self._lock.acquire(timeout=seconds)

    def give_back(self) -> None:
        """Release the lock that `take` acquired."""
        self._lock.release()

    def begin_forked(self) -> None:
        """Replace the lock in a forked process: the thread that holds it does not exist there."""
        self._lock = SharedLock()
        self.lock = _LostLock(self.what) if self.what else self._lock


class _LostLock:
    """A lock that nobody can acquire, as the state that it guarded was lost."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> NoReturn:
        raise UnusableAfterFork(
            f"{self._what}: another thread was changing it while this process was forked, so that "
            "its state may be incomplete here. Make a new service in this process, fork while no "
            'other thread uses the service, or start processes by "spawn" or "forkserver".'
        )

    def __exit__(self, *_: object) -> None:
        """Do nothing, as the lock was never acquired."""


class _Closable(Protocol):
    def close(self) -> None: ...


_of_the_parent: list[_Closable] = []


def close_here(file: _Closable, owner: int) -> None:
    """Close a database in the process ``owner`` that opened it, and in a forked one leave it open.

    Closing it there would make SQLite change the files of the parent.
    """
    if os.getpid() == owner:
        file.close()
    else:
        _of_the_parent.append(file)


_guards: dict[int, ref[Guard]] = {}
"""All guards, by number; weak references, so that a service can be garbage-collected."""

_serials = count()
_taken = threading.local()


def _living() -> list[Guard]:
    """Return all guards; listed in one step, since other threads make and drop some meanwhile."""
    return [guard for each in list(_guards.values()) if (guard := each()) is not None]


def _begin_fork() -> None:
    """Take all named guards that are free in time, so that no other thread changes their state."""
    guards = [guard for guard in _living() if guard.what]
    _taken.guards = []
    for _ in range(_ATTEMPTS):
        busy = _take(guards)
        if busy is None:
            return
        # The holder of `busy` may be waiting for a guard that we hold: release all, then wait for
        # `busy` first.
        _release()
        guards.sort(key=lambda guard: guard is not busy)
        if not busy.take(PATIENCE_SECONDS):
            break
        busy.give_back()
    _take(guards, skip=True)


def _take(guards: list[Guard], *, skip: bool = False) -> Guard | None:
    """Take the guards in turn; at one that is not free, stop and return it, or ``skip`` it."""
    for guard in guards:
        if guard.take(0):
            _taken.guards.append(guard)
        elif not skip:
            return guard
    return None


def _release() -> None:
    while _taken.guards:
        _taken.guards.pop().give_back()


def _begin_forked() -> None:
    """Release the guards in the new process, and replace those that could not be taken."""
    _release()
    for guard in _living():
        if guard.take(0):
            guard.give_back()
        else:
            guard.begin_forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_begin_fork, after_in_parent=_release, after_in_child=_begin_forked)
