"""The time of the recorded service at each exchange."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from fakedropbox.recording._exchanges import Exchange

_CHANGED = re.compile(rb'"server_modified": ?"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"')
_FORM = "%Y-%m-%dT%H:%M:%SZ"
_BEHIND, _AHEAD = timedelta(minutes=1), timedelta(days=1)
"""The greatest differences of the time of a change from the date of its response."""

NEAR = timedelta(seconds=2)
"""The greatest difference of a time of the service from the recorded one."""


class Times:
    """The times of the recorded service, which may differ from the dates of the exchanges.

    Dropbox notes the time of a change before it sends the date of the response. A server for tests
    may have a clock of its own. So the time of a change, as soon as it is in a response, shows how
    far the clock of the service is from the dates.
    """

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._lead = timedelta()

    def at(self, exchange: Exchange) -> datetime:
        """Return the time of the service at the next exchange of the recording."""
        reply = exchange.reply
        body = reply.body if isinstance(reply.body, bytes) else b""
        texts = body, reply.headers.get("dropbox-api-result", "").encode()
        found = {each.decode() for text in texts for each in _CHANGED.findall(text)}
        changes = [moment for each in found - self._known if (moment := _moment(each)) is not None]
        self._known |= found
        latest = max(changes, default=None)
        # Otherwise the response shows a file that was changed earlier.
        if latest is not None and -_BEHIND <= latest - exchange.date <= _AHEAD:
            self._lead = latest - exchange.date
        return exchange.date + self._lead


def are_near(first: object, second: object) -> bool:
    """Return whether two values are times with a small difference."""
    one, other = _moment(first), _moment(second)
    return one is not None and other is not None and abs(one - other) <= NEAR


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        found = datetime.strptime(value, _FORM)  # noqa: DTZ007 -- the zone is below
    except ValueError:
        return None
    return found.replace(tzinfo=timezone.utc)
