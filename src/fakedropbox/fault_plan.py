"""The old module of `fakedropbox.faults.FaultPlan`."""

from __future__ import annotations

from typing import Any

from fakedropbox._base.deprecation import renamed_value

_RENAMED = {
    "FaultPlan": "fakedropbox.faults.FaultPlan",
}


def __getattr__(name: str) -> Any:
    return renamed_value(__name__, name, _RENAMED)
