"""The panel of the state: snapshots, the difference of two, resets, and the services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakedropbox._page.inventory import differences, inventory_of
from fakedropbox.server.page.panel import Arguments, Form, Panel, no_arguments

_MOST_ROWS = 500


class State(Panel):
    """The panel of the state."""

    name = "state"

    def values(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Return the snapshots, and the difference of two states, snapshots or the present one."""
        snapshots = self.shown.snapshots
        numbers = snapshots.of(self.shown.service)
        before, after = query.get("before", ""), query.get("after", "")
        known = {"": None, **{str(number): number for number in numbers}}
        lines = None
        if before in known and after in known and (before or after):
            with self.shown.service.gate.lock:
                now = inventory_of(self.shown.service)
            first, second = (
                now if (number := known[each]) is None else snapshots.inventory(number)
                for each in (before, after)
            )
            lines = differences(first, second)
        return {
            "numbers": dict(reversed(numbers.items())),
            "before": before,
            "after": after,
            "lines": None if lines is None else lines[:_MOST_ROWS],
            "number_of_lines": 0 if lines is None else len(lines),
        }

    @property
    def actions(self) -> Mapping[str, Arguments]:
        """The operations that the forms carry out, with the readers of their arguments."""
        return {
            "snapshot": no_arguments,
            "restore": _snapshot,
            "reset": _reset,
            "services/create": _service,
            "services/delete": _named,
        }


def _snapshot(form: Form) -> dict[str, Any]:
    return {"snapshot": form.number("snapshot")}


def _reset(form: Form) -> dict[str, Any]:
    return form.given("to")


def _service(form: Form) -> dict[str, Any]:
    return form.given("name", "personality", "plan")


def _named(form: Form) -> dict[str, Any]:
    return form.given("name")
