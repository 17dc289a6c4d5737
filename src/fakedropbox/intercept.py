"""The old module of `fakedropbox.mock_dropbox`."""

from __future__ import annotations

from typing import Any

from fakedropbox._base.deprecation import renamed_value

_RENAMED = {
    "mock_dropbox": "fakedropbox.mock_dropbox",
}


def __getattr__(name: str) -> Any:
    return renamed_value(__name__, name, _RENAMED)
