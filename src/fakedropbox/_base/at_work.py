"""The threads at work: while they work, no virtual time passes for the tasks of event loops.

A function that a loop runs in an executor, as `asyncio.to_thread` does, is at work from its
submission until the loop has its result; `executors` notes that. A thread is at work during a call
of a service, unless it waits in a longpoll.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:  # most programs that import this need no event loop
    from asyncio import AbstractEventLoop

PATIENCE_SECONDS = 2.0
"""The longest real time for which sleeping tasks wait for one function or thread."""

_LEAST_PATIENCE_SECONDS = 0.01


class Work:
    """A function in an executor, or the calls of another thread.

    ``patience`` is the time in real seconds for which tasks wait for the work. If they wait that
    long, it is halved, because the thread may itself wait for one of these tasks.

    As a context it is a call of a service; a call may be in another one, as in a stub.
    """

    def __init__(self, thread: threading.Thread | None = None) -> None:
        self.thread = thread
        self.patience = PATIENCE_SECONDS
        self._calls = 0

    def __enter__(self) -> None:
        self._calls += 1
        _calling.add(self)

    def __exit__(self, *error: object) -> None:
        self._calls -= 1
        if not self._calls:
            _calling.discard(self)
            if _listeners:
                tell()

    def run(self, function: Callable[..., Any], *args: Any) -> Any:
        """Run a function as this work, whose thread is the present one until the function ends."""
        self.thread, _present.work = threading.current_thread(), self
        try:
            return function(*args)
        finally:
            self.thread = _present.work = None

    def may_end(self) -> bool:
        """Return whether the work can end while no file changes: not if it waits in a longpoll.

        It cannot either if its thread has ended, as that of a simulated worker may during a call.
        """
        thread = self.thread
        return thread is None or (thread.is_alive() and thread.ident not in _polling)

    def lose_patience(self) -> None:
        """Halve the time for which tasks that sleep wait for this work."""
        self.patience = max(self.patience / 2, _LEAST_PATIENCE_SECONDS)


class _Present(threading.local):
    work: Work | None = None


_present = _Present()
_submitted: WeakKeyDictionary[AbstractEventLoop, set[Work]] = WeakKeyDictionary()
_calling: set[Work] = set()
_polling: dict[int, threading.Condition] = {}
_listeners: set[Callable[[], None]] = set()


def submitted_to(loop: AbstractEventLoop) -> set[Work]:
    """Return the functions that a loop runs in executors, as a set that its executors change."""
    return _submitted.setdefault(loop, set())


def calling() -> Work:
    """Return the work of the present thread: a context manager for a call of a service."""
    work = _present.work
    if work is None:
        work = _present.work = Work(threading.current_thread())
    return work


@contextmanager
def polling(change: threading.Condition) -> Iterator[None]:
    """Note that the present thread waits in a longpoll, until it is woken or the context ends."""
    thread = threading.get_ident()
    _polling[thread] = change
    tell()
    try:
        yield
    finally:
        _polling.pop(thread, None)


def wake_polls(change: threading.Condition) -> None:
    """Note that the threads whose longpolls wait for ``change`` are about to look for one."""
    for thread, awaited in tuple(_polling.items()):
        if awaited is change:
            _polling.pop(thread, None)


def at_work_for(loop: AbstractEventLoop) -> set[Work]:
    """Return the work that the tasks of a loop wait for: that of all threads but the loop's own."""
    works = _calling | submitted_to(loop)
    present = threading.current_thread()
    return {work for work in works if work.thread is not present and work.may_end()}


def listen(listener: Callable[[], None]) -> None:
    """Call a function, in any thread, whenever a thread may have ended its work."""
    _listeners.add(listener)


def unlisten(listener: Callable[[], None]) -> None:
    """Stop calling a function that was given to `listen`."""
    _listeners.discard(listener)


def tell() -> None:
    """Call the functions that were given to `listen`."""
    for listener in tuple(_listeners):
        listener()
