"""The recent callers of a service, to which a longpoll gives the chance to change something.

In virtual time, a longpoll would otherwise be over before another thread has made its change.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fakedropbox._base import at_work
from fakedropbox._base.real_time import monotonic
from fakedropbox.calls import Door

PATIENCE_SECONDS = 0.2
"""The greatest real time for which one longpoll lets other callers run, in all."""

_LEAST_PATIENCE_SECONDS = 0.01
_LATELY_SECONDS = 1.0

# Clients of the server are not threads of this process, and their number is not known. Only
# a call that comes while one client waits for a change is certainly that of another client.
_CLIENT, _OTHER_CLIENT = -1, -2  # no thread has such a number


class Callers:
    """The threads, and the clients of the server, with the real times of their last calls."""

    def __init__(self) -> None:
        self._maker = (threading.get_ident(), monotonic())
        self._calls: dict[int, float] = {}
        self._waiting_clients = 0
        self._patience = PATIENCE_SECONDS

    def note(self, door: Door) -> None:
        """Note the time of a call that the present thread, or a client of the server, makes."""
        if door != "https":
            self._calls[threading.get_ident()] = monotonic()
        else:
            self._calls[_OTHER_CLIENT if self._waiting_clients else _CLIENT] = monotonic()

    @contextmanager
    def polled(self, door: Door) -> Iterator[Poll]:
        """Yield the `Poll` of a caller that waits for a change while in the context.

        Each poll during which nobody calls halves the patience of the next one, because the other
        threads may all wait for the poll itself, as the thread of a queue's worker does.
        """
        is_client = door == "https"
        poll = Poll(self, _CLIENT if is_client else threading.get_ident(), self._patience)
        self._waiting_clients += is_client
        try:
            yield poll
        finally:
            self._waiting_clients -= is_client
            if poll.is_woken:
                self._patience = PATIENCE_SECONDS
            elif poll.has_waited:
                self._patience = max(self._patience / 2, _LEAST_PATIENCE_SECONDS)

    def are_near(self, caller: int, since: float) -> bool:
        """Return whether another caller, which still lives, has called at ``since`` or later.

        The thread that made the service counts as a caller, unless ``caller`` is a client of the
        server: a test that only starts the server is not about to call.
        """
        calls = dict(self._calls)
        if caller != _CLIENT:
            thread, made = self._maker
            calls[thread] = max(calls.get(thread, made), made)
        living = {_CLIENT, _OTHER_CLIENT, *(thread.ident for thread in threading.enumerate())}
        for dead in calls.keys() - living:
            self._calls.pop(dead, None)
        return any(
            moment >= since
            for other, moment in calls.items()
            if other in living and other != caller
        )


class Poll:
    """One wait for a change, which lets other callers run first."""

    def __init__(self, callers: Callers, caller: int, patience: float) -> None:
        self._callers = callers
        self._caller = caller
        self._since = monotonic() - _LATELY_SECONDS
        self._left = patience
        self.has_waited = False
        self.is_woken = False

    def let_others_run(self, condition: threading.Condition) -> bool:
        """Wait in real time until another caller notifies ``condition``, whose lock is held.

        Return True after the wait; return False at once if no other caller has called recently, or
        if the patience is used up.
        """
        if self._left <= 0 or not self._callers.are_near(self._caller, self._since):
            return False
        began = monotonic()
        self.has_waited = True
        with at_work.polling(condition):
            self.is_woken |= condition.wait(self._left)
        self._left -= monotonic() - began
        return True
