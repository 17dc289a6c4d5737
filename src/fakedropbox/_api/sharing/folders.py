"""Shared folders: `list_mountable_folders`."""

from __future__ import annotations

from typing import Any

from dropbox import sharing

from fakedropbox._api.registry import route
from fakedropbox.calls import Call


@route(sharing.list_mountable_folders)
def list_mountable_folders(_call: Call, _arg: Any) -> Any:
    """The folders that the caller may mount (S10-13): none, as nothing can be shared yet."""
    return sharing.ListFoldersResult([])
