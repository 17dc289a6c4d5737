"""The clock of a service as the page shows it: the time, who waits, and what comes next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import NamedTuple

from fakedropbox._core.service import Service
from fakedropbox._core.webhooks import shown_url
from fakedropbox._page.outcomes import UNDER_WAY
from fakedropbox.calls import CallRecord
from fakedropbox.clock import EPOCH, SECOND

_MOST_ROWS = 50


class Waiting(NamedTuple):
    """A call that has no answer yet, and the number of seconds since it began."""

    number: int
    route: str
    account: str
    seconds: float


class Event(NamedTuple):
    """Something that happens at a time of the clock, and the number of seconds until then."""

    what: str
    at: str
    seconds: float


class ClockShown(NamedTuple):
    """The time as text, the kind of the clock, the calls under way, and the next events."""

    now: str
    kind: str
    waiting: list[Waiting]
    events: list[Event]


def clock_of(service: Service, calls: Iterable[CallRecord]) -> ClockShown:
    """Return the clock of a service, with those of the ``calls`` that are under way."""
    now = service.clock.now()
    waiting = [call for call in calls if call.outcome == UNDER_WAY]
    with service.gate.lock:
        events = sorted(_events(service), key=lambda each: each.seconds)
    return ClockShown(
        now.isoformat(sep=" ", timespec="seconds").replace("+00:00", " UTC"),
        type(service.clock).__name__,
        [
            Waiting(
                call.number,
                call.route,
                "" if call.account is None else call.account.email,
                (now - call.time).total_seconds(),
            )
            for call in waiting[:_MOST_ROWS]
        ],
        events[:_MOST_ROWS],
    )


def _events(service: Service) -> Iterator[Event]:
    """Yield the next attempts of webhooks, and the expiry of tokens that are still valid."""
    clock, tokens = service.clock, service.gate.world.tokens
    for hook in service.webhooks:
        if hook.failed_attempts:
            text = f"a notice is sent again to {shown_url(hook.url)}"
            yield _event(text, hook.retry_at, clock.micros)
    for _, grant in tokens.valid():
        end = tokens.end_of(grant)
        if end is not None and not tokens.is_expired(grant):
            text = f"an access token of {grant.account.email} expires"
            yield _event(text, end, clock.micros)


def _event(text: str, micros: int, now: int) -> Event:
    at = (EPOCH + timedelta(microseconds=micros)).strftime("%Y-%m-%d %H:%M:%S")
    return Event(text, at, max(0.0, (micros - now) / SECOND))
