"""The old name of `fakedropbox.simulate.call_faults`."""

from __future__ import annotations

from typing import Any

from fakedropbox._base.deprecation import renamed_value

_RENAMED = {
    "MISHAPS": "fakedropbox.simulate.call_faults.CALL_FAULTS",
    "Mishap": "fakedropbox.simulate.call_faults.FaultName",
    "crash": "fakedropbox.simulate.crash",
}


def __getattr__(name: str) -> Any:
    return renamed_value(__name__, name, _RENAMED)
