"""fakedropbox: a faithful in-memory Dropbox for testing code that uses Dropbox.

- `FakeDropbox`: a client, which is a `dropbox.Dropbox` without a network
- `FakeDropboxTeam`: a client for a team, which is a `dropbox.DropboxTeam`
- `FakeDropboxService`: one Dropbox, with its accounts, apps and files, and all ways to reach it
- `mock_dropbox`: a decorator and context manager that makes every SDK client use a new service
- `faults`: the module of the failures that can be planned for a service
- `Personality`: the choice of a behaviour where that of the real Dropbox is not certain
- `Login`: the credentials of one account through one app
- `ManualClock`: a clock that advances only when a program advances it; the default of a service
- `SystemClock`: the machine's clock
- `NotImplementedInFake`: the error for a part of Dropbox that is not faked
- `NotThroughFake`: the error for a library that would reach the real Dropbox
- `SnapshotInvalid`: the error for a snapshot that cannot be restored
- `UnfiredFault`: the error for a planned fault that happened less often than planned
- `UnusableAfterFork`: the error for state that a forked process cannot use

These names are loaded when they are first used, so importing this package is cheap. More is in
these modules:

- `fakedropbox.service`: the service, and its snapshots
- `fakedropbox.calls`: the record of the calls of a service
- `fakedropbox.clock`: all clocks
- `fakedropbox.control`: the remote control of a server in another process
- `fakedropbox.server`: the server over HTTPS, for other processes and languages
- `fakedropbox.simulate`: crashes, lost replies and races, in every order
- `fakedropbox.strategies`: Hypothesis strategies for names, paths, trees, faults and calls
- `fakedropbox.machines`: state machines that compare a Dropbox, real or fake, with a model
- `fakedropbox.recording`: recordings of exchanges with the real Dropbox, without secrets

The fixtures for pytest are in `fakedropbox.pytest_plugin`; ``pytest --fixtures`` lists them. The
command is ``fakedropbox``; ``fakedropbox --help`` describes it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from fakedropbox._base import factory
from fakedropbox._base.public import no_attribute

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
    from fakedropbox.errors import UnusableAfterFork as UnusableAfterFork
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
    "UnusableAfterFork": "errors",
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
    "UnusableAfterFork",
    "faults",
    "mock_dropbox",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise no_attribute(__name__, name)
    home = _HOMES[name]
    if home is None:
        return importlib.import_module(f"fakedropbox.{name}")
    value = getattr(importlib.import_module(f"fakedropbox.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def _new_service(**options: Any) -> Any:
    return __getattr__("FakeDropboxService")(**options)


factory.new_service = _new_service
