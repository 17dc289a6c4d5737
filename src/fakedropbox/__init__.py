"""fakedropbox: a faithful in-memory Dropbox for testing code that uses Dropbox.

Each public name is loaded when it is first used, so importing this package is cheap.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from fakedropbox._base import factory

if TYPE_CHECKING:
    from fakedropbox import faults as faults
    from fakedropbox.client import FakeDropbox as FakeDropbox
    from fakedropbox.client import FakeDropboxTeam as FakeDropboxTeam
    from fakedropbox.clock import ManualClock as ManualClock
    from fakedropbox.clock import SystemClock as SystemClock
    from fakedropbox.errors import NotImplementedInFake as NotImplementedInFake
    from fakedropbox.errors import NotThroughFake as NotThroughFake
    from fakedropbox.errors import SnapshotInvalid as SnapshotInvalid
    from fakedropbox.errors import UnfiredFault as UnfiredFault
    from fakedropbox.login import Login as Login
    from fakedropbox.mock import mock_dropbox as mock_dropbox
    from fakedropbox.personality import Personality as Personality
    from fakedropbox.service import FakeDropboxService as FakeDropboxService

__version__ = "0.2.0"

_HOMES = {
    "FakeDropbox": "client",
    "FakeDropboxService": "service",
    "FakeDropboxTeam": "client",
    "Login": "login",
    "ManualClock": "clock",
    "NotImplementedInFake": "errors",
    "NotThroughFake": "errors",
    "Personality": "personality",
    "SnapshotInvalid": "errors",
    "SystemClock": "clock",
    "UnfiredFault": "errors",
    "faults": None,
    "mock_dropbox": "mock",
}

__all__ = [
    "FakeDropbox",
    "FakeDropboxService",
    "FakeDropboxTeam",
    "Login",
    "ManualClock",
    "NotImplementedInFake",
    "NotThroughFake",
    "Personality",
    "SnapshotInvalid",
    "SystemClock",
    "UnfiredFault",
    "faults",
    "mock_dropbox",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'fakedropbox' has no attribute {name!r}")
    home = _HOMES[name]
    if home is None:
        return importlib.import_module(f"fakedropbox.{name}")
    value = getattr(importlib.import_module(f"fakedropbox.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


def _new_service(**options: Any) -> Any:
    return __getattr__("FakeDropboxService")(**options)


factory.new_service = _new_service
