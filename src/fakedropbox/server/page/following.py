"""The notice that calls have begun or ended, for pages that show a service."""

from __future__ import annotations

from typing import Any

from fakedropbox._page.outcomes import UNDER_WAY
from fakedropbox.calls import CallRecord, Calls


class Follower:
    """A watcher that polls the calls, so that a service without watchers does no extra work."""

    def __init__(self) -> None:
        self._list: Any = None
        self._seen = 0
        self._under_way: list[CallRecord] = []

    def has_news(self, calls: Calls) -> bool:
        """Return whether a call has begun or ended, or the calls were cleared, since last time."""
        list_of_all = calls.state().kept  # `Calls.clear` makes a new list
        kept = calls.kept()
        last = kept[-1].number if kept else 0
        is_new = last != self._seen or list_of_all is not self._list
        if list_of_all is not self._list:
            self._list, self._seen, self._under_way = list_of_all, 0, []
        waiting = [*self._under_way, *(each for each in kept if each.number > self._seen)]
        self._seen = last
        self._under_way = [each for each in waiting if each.outcome == UNDER_WAY]
        return is_new or len(self._under_way) < len(waiting)
