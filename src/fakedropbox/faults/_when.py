"""A fault with a condition of your own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from fakedropbox._base.checks import expect
from fakedropbox.calls import Call
from fakedropbox.faults._base import Fault, Next


@dataclass(frozen=True, repr=False)
class when(Fault):
    """A fault that happens only to calls for which a function returns True.

    The function is called for each call that the fault matches, and must not call the service.
    It works in this process only, not through `Control`.

    Args:
        condition: a function of the `Call`, such as ``lambda call: call.arg.cursor.offset == 8``.
        fault: the fault, with its own arguments: ``route``, ``times``, ``at_most``, ``skip``,
            ``path`` and ``optional`` also apply to the conditional fault.

    >>> from fakedropbox import FakeDropboxService, faults
    >>> plan = FakeDropboxService().faults
    >>> lost = faults.lost_reply("files/upload")
    >>> _ = plan.when(lambda call: len(call.content) > 1000, lost)
    """

    condition: Callable[[Call], object]
    fault: Fault

    def __post_init__(self) -> None:
        if not callable(self.condition):
            raise TypeError(f"condition: expected a function of a call, got {self.condition!r}")
        expect("fault", self.fault, Fault)
        for field in fields(Fault):
            if getattr(self, field.name) != field.default:
                raise TypeError(
                    f"{field.name}: expected it to be an argument of the fault, got it as one of "
                    "when(…)"
                )
            object.__setattr__(self, field.name, getattr(self.fault, field.name))

    @property
    def spot(self) -> tuple[str, int]:
        """The route, and the greatest number of calls that the fault happens to."""
        return self.fault.spot

    @property
    def passes_on(self) -> bool:
        """True if a second planned fault may happen to the same call."""
        return self.fault.passes_on

    def matches(self, call: Call) -> bool:
        return self.fault.matches(call) and bool(self.condition(call))

    def concerns_route(self, name: str) -> bool:
        return self.fault.concerns_route(name)

    def apply(self, call: Call, call_next: Next) -> Any:
        return self.fault.apply(call, call_next)

    def __repr__(self) -> str:
        name = getattr(self.condition, "__qualname__", type(self.condition).__name__)
        return f"when({name}, {self.fault!r})"
