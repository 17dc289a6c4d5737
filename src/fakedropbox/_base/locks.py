"""Locks that threads which use them all the time can share.

A thread that waits in `RLock.acquire` gets the lock as soon as it is released, and only then waits
for the interpreter (the GIL), which the releasing thread still has. When that thread asks for the
lock again, it has to wait, too. From then on the threads wait for each other at each use, which
takes longer than most calls of a service.
"""

from __future__ import annotations

import _thread

from fakedropbox._base import real_time

_PAUSE_SECONDS = 0.0005
_PAUSES = 20


class SharedLock(_thread.RLock):  # type: ignore[misc]  # final in the stubs only
    """A re-entrant lock; ``with`` asks for it several times, and only then waits for its release.

    Between these attempts, a thread that uses the lock again and again can go on, until the
    interpreter takes another thread.
    """

    def __enter__(self) -> bool:  # type: ignore[override]  # there an alias of acquire
        if self.acquire(False):
            return True
        for _ in range(_PAUSES):
            real_time.sleep(_PAUSE_SECONDS)
            if self.acquire(False):
                return True
        return self.acquire()
