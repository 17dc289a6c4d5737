"""The old name of `dropspool.testing.subjects`."""

from __future__ import annotations

from typing import Any

from fakedropbox._base.deprecation import renamed_value

_RENAMED = {
    "InAFolder": "dropspool.testing.FolderSubject",
    "OnDropbox": "dropspool.testing.DropboxSubject",
    "ThroughTheSdk": "dropspool.testing.DropboxSdkSubject",
}


def __getattr__(name: str) -> Any:
    return renamed_value(__name__, name, _RENAMED)
