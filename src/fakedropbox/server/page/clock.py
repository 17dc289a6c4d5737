"""The panel of the clock: the time, a form to advance it, and the calls that wait for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from fakedropbox._core.service import Service
from fakedropbox._core.webhooks import shown_url
from fakedropbox.clock import EPOCH, SECOND
from fakedropbox.server.call_query import UNDER_WAY
from fakedropbox.server.page.panel import Arguments, Form, Panel

_MOST_ROWS = 50
_STEPS = (("1 second", 1), ("1 minute", 60), ("1 hour", 3600), ("1 day", 86400))


class _Event(NamedTuple):
    """Something that happens at a time of the clock, and the number of seconds until then."""

    what: str
    at: str
    seconds: float


class Clock(Panel):
    """The panel of the clock."""

    name = "clock"

    def values(self, query: Mapping[str, str]) -> dict[str, Any]:  # noqa: ARG002 -- the base's signature
        """Return the time, the calls under way, and the next events on the clock."""
        service = self.shown.service
        waiting = [call for call in service.calls.kept() if call.outcome == UNDER_WAY]
        now = service.clock.now()
        return {
            "now": now.isoformat(sep=" ", timespec="seconds").replace("+00:00", " UTC"),
            "clock": type(service.clock).__name__,
            "steps": _STEPS,
            "waiting": [
                (call.number, call.route, call.account and call.account.email, (now - call.time))
                for call in waiting[:_MOST_ROWS]
            ],
            "events": sorted(_events(service), key=lambda each: each.seconds)[:_MOST_ROWS],
        }

    @property
    def actions(self) -> Mapping[str, Arguments]:
        """The operations of the forms."""
        return {"clock/advance": _seconds}


def _events(service: Service) -> list[_Event]:
    """Return the next attempts of webhooks, and the expiry of tokens that are still valid."""
    clock, tokens, found = service.clock, service.gate.world.tokens, []
    for hook in service.webhooks:
        if hook.failed_attempts:
            text = f"a notice is sent again to {shown_url(hook.url)}"
            found.append(_event(text, hook.retry_at, clock.micros))
    for _, grant in tokens.valid():
        end = tokens.end_of(grant)
        if end is not None and not tokens.is_expired(grant):
            text = f"an access token of {grant.account.email} expires"
            found.append(_event(text, end, clock.micros))
    return found


def _event(text: str, micros: int, now: int) -> _Event:
    at = (EPOCH + timedelta(microseconds=micros)).strftime("%Y-%m-%d %H:%M:%S")
    return _Event(text, at, max(0.0, (micros - now) / SECOND))


def _seconds(form: Form) -> dict[str, Any]:
    return {"seconds": form.number("seconds", float)}
