"""The old location of `Kill` and `kills`, which are now in `dropspool.testing`."""

from __future__ import annotations

from typing import Any

from fakedropbox._base.deprecation import renamed_value

_RENAMED = {
    "Kill": "dropspool.testing.Kill",
    "kills": "dropspool.testing.kills",
}


def __getattr__(name: str) -> Any:
    return renamed_value(__name__, name, _RENAMED)
