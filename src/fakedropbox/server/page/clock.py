"""The panel of the clock: the time, a form to advance it, and the calls that wait for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakedropbox._page.clock import clock_of
from fakedropbox.server.page.panel import Arguments, Form, Panel

_STEPS = (("1 second", 1), ("1 minute", 60), ("1 hour", 3600), ("1 day", 86400))


class Clock(Panel):
    """The panel of the clock."""

    name = "clock"

    def values(self, query: Mapping[str, str]) -> dict[str, Any]:  # noqa: ARG002 -- the base's signature
        """Return the time, the calls under way, and the next events on the clock."""
        service = self.shown.service
        return {"clock": clock_of(service, service.calls.kept()), "steps": _STEPS}

    @property
    def actions(self) -> Mapping[str, Arguments]:
        """The operations that the forms carry out, with the readers of their arguments."""
        return {"clock/advance": _seconds}


def _seconds(form: Form) -> dict[str, Any]:
    return {"seconds": form.number("seconds", float)}
