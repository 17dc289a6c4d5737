"""The kit with which a storage provider is proved, ours and yours.

    from dropspool.testing import Capabilities, StorageProviderContract

    class TestMyProvider(StorageProviderContract):
        capabilities = Capabilities(storage="folder")

        def make_provider(self, bench, clock):
            return MyProvider(bench.folder, clock=clock)

The names below are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dropspool.testing.bench import Bench as Bench
    from dropspool.testing.bench import Capabilities as Capabilities
    from dropspool.testing.bench import Subject as Subject
    from dropspool.testing.contract import StorageProviderContract as StorageProviderContract
    from dropspool.testing.kill_matrix import kills as kills
    from dropspool.testing.known_bad import KNOWN_BAD as KNOWN_BAD
    from dropspool.testing.machine import JobLifecycleMachine as JobLifecycleMachine
    from dropspool.testing.machine import lifecycle_machine as lifecycle_machine

_HOMES = {
    "KNOWN_BAD": "known_bad",
    "Bench": "bench",
    "Capabilities": "bench",
    "JobLifecycleMachine": "machine",
    "StorageProviderContract": "contract",
    "Subject": "bench",
    "kills": "kill_matrix",
    "lifecycle_machine": "machine",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605 -- one list


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"dropspool.testing.{_HOMES[name]}")
    value = globals()[name] = getattr(module, name)
    return value


def __dir__() -> list[str]:
    return __all__
