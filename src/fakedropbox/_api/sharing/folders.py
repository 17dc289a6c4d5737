"""Shared folders: `list_mountable_folders`."""

from __future__ import annotations

from typing import Any

from dropbox import sharing

from fakedropbox._api.registry import route
from fakedropbox.calls import Call


@route(sharing.list_mountable_folders)
def list_mountable_folders(_call: Call, _arg: Any) -> Any:
    """Return the folders that the caller may mount (S10-13).

    There are none, as the double has no shared folders yet.
    """
    return sharing.ListFoldersResult([])
