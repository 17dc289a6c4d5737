"""The faults that a simulation tries at calls that write: a crash, a 5xx response, a lost reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fakedropbox.calls import Call
from fakedropbox.faults import Fault, Next, When, lost_reply, server_error
from fakedropbox.faults._base import commit
from fakedropbox.simulate.errors import SimulatedCrash

FaultName = Literal["crash_before", "crash_after", "server_error", "lost_reply"]


@dataclass(frozen=True, repr=False)
class crash(Fault):  # noqa: N801 -- as the other faults, it is written as the call that plans it
    """The caller's process dies: the call raises `SimulatedCrash`.

    Args:
        when: "before", or "after" if the call takes effect first.
        route, times, at_most, skip, path, optional: as in `Fault`.
    """

    route: str
    times: int = 1
    when: When = "before"

    def check(self) -> None:
        """Check that ``when`` is ``before`` or ``after``.

        Raises:
            ValueError: it is neither.
        """
        if self.when not in ("before", "after"):
            raise ValueError(f"when: expected 'before' or 'after', got {self.when!r}")

    def apply(self, call: Call, call_next: Next) -> Any:
        """Raise the crash, before or after the call takes effect.

        Raises:
            SimulatedCrash: always.
        """
        if self.when == "after":
            commit(call, call_next)
        raise SimulatedCrash(f"{call.name}: the process died {self.when} the call took effect")


CALL_FAULTS: Mapping[FaultName, Callable[[str], Fault]] = {
    "crash_before": crash,
    "crash_after": lambda route: crash(route, when="after"),
    "server_error": lambda route: server_error(route, when="after"),
    "lost_reply": lost_reply,
}
"""For each name, a function that makes its fault for the route of a call.

A `server_error` comes after the call took effect, and the SDK retries the call; after a
`lost_reply` it does not.
"""
