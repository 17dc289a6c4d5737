"""The notice that calls have begun or ended, for those who watch a service."""

from __future__ import annotations

from typing import Any

from fakedropbox.calls import CallRecord, Calls
from fakedropbox.server.call_query import UNDER_WAY


class Follower:
    """A watcher of calls, which asks, so that a service that nobody watches does nothing for it."""

    def __init__(self) -> None:
        self._kept: Any = None
        self._seen = 0
        self._under_way: list[CallRecord] = []

    def has_news(self, calls: Calls) -> bool:
        """Return whether a call has begun or ended, or the calls were cleared, since last time."""
        kept, total = calls.state()
        if kept is not self._kept or total < self._seen:
            self._kept, self._seen, self._under_way = kept, calls.dropped, []
            is_new = True
        else:
            is_new = total > self._seen
        first = max(self._seen, calls.dropped)
        waiting = [*self._under_way, *calls[first:total]]
        self._seen = total
        self._under_way = [each for each in waiting if each.outcome == UNDER_WAY]
        return is_new or len(self._under_way) < len(waiting)
