"""A test kit for storage providers: those of `dropspool` and your own.

    from dropspool.testing import Capabilities, StorageProviderContract

    class TestMyProvider(StorageProviderContract):
        capabilities = Capabilities(storage="folder")

        def make_provider(self, bench, clock):
            return MyProvider(bench.folder, clock=clock)

- `StorageProviderContract`: the tests that every provider must pass, to be subclassed
- `JobQueueContract`: the tests that any queue must pass, which use its verbs only
- `JobQueue`: the verbs of a queue
- `Taken`: a job that a worker has taken
- `JobState`: the state of a job for its user
- `ProviderQueue`: the verbs of a storage provider
- `QueueSubject`: the base class of test subjects that make queues
- `Capabilities`: the capabilities of a provider; the tests of missing ones are skipped
- `Subject`: the base class of test subjects, which make providers and show their files
- `Bench`: a storage and a clock, on which the tests run
- `lifecycle_machine`: a function that returns the state machine for a subject
- `JobLifecycleMachine`: the state machine of users, workers, crashes and faults
- `queue_machine`: a function that returns the state machine for any queue
- `JobQueueMachine`: the state machine for any queue
- `DropboxSubject`: dropspool's provider on Dropbox, with a client in memory
- `DropboxSdkSubject`: dropspool's provider on Dropbox, with the unmodified SDK
- `FolderSubject`: dropspool's provider in a folder
- `kills`: a function that runs the contract without pytest, and yields the tests that fail
- `Kill`: a test that failed, and the smallest example that it found
- `SimulatedQueue`: a queue with one backend, whose worker runs one job at a time

These names are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from fakedropbox._base.deprecation import renamed_value
from fakedropbox._base.extras import missing_extra

if TYPE_CHECKING:
    from dropspool.testing._contract_verbs import JobQueueContract as JobQueueContract
    from dropspool.testing._kills import Kill as Kill
    from dropspool.testing._kills import kills as kills
    from dropspool.testing._queue_machine import JobQueueMachine as JobQueueMachine
    from dropspool.testing._queue_machine import queue_machine as queue_machine
    from dropspool.testing.bench import Bench as Bench
    from dropspool.testing.bench import Capabilities as Capabilities
    from dropspool.testing.bench import QueueSubject as QueueSubject
    from dropspool.testing.bench import Subject as Subject
    from dropspool.testing.contract import StorageProviderContract as StorageProviderContract
    from dropspool.testing.machine import JobLifecycleMachine as JobLifecycleMachine
    from dropspool.testing.machine import lifecycle_machine as lifecycle_machine
    from dropspool.testing.queue import SimulatedQueue as SimulatedQueue
    from dropspool.testing.subjects import DropboxSdkSubject as DropboxSdkSubject
    from dropspool.testing.subjects import DropboxSubject as DropboxSubject
    from dropspool.testing.subjects import FolderSubject as FolderSubject
    from dropspool.testing.verbs import JobQueue as JobQueue
    from dropspool.testing.verbs import JobState as JobState
    from dropspool.testing.verbs import ProviderQueue as ProviderQueue
    from dropspool.testing.verbs import Taken as Taken

_HOMES = {
    "Bench": "bench",
    "Capabilities": "bench",
    "FolderSubject": "subjects",
    "JobLifecycleMachine": "machine",
    "JobQueue": "verbs",
    "JobQueueContract": "_contract_verbs",
    "JobQueueMachine": "_queue_machine",
    "JobState": "verbs",
    "Kill": "_kills",
    "DropboxSubject": "subjects",
    "ProviderQueue": "verbs",
    "QueueSubject": "bench",
    "SimulatedQueue": "queue",
    "StorageProviderContract": "contract",
    "Subject": "bench",
    "Taken": "verbs",
    "DropboxSdkSubject": "subjects",
    "kills": "_kills",
    "lifecycle_machine": "machine",
    "queue_machine": "_queue_machine",
}

_RENAMED = {
    "InAFolder": "dropspool.testing.FolderSubject",
    "OnDropbox": "dropspool.testing.DropboxSubject",
    "ThroughTheSdk": "dropspool.testing.DropboxSdkSubject",
}

__all__ = [
    "Bench",
    "Capabilities",
    "DropboxSdkSubject",
    "DropboxSubject",
    "FolderSubject",
    "JobLifecycleMachine",
    "JobQueue",
    "JobQueueContract",
    "JobQueueMachine",
    "JobState",
    "Kill",
    "ProviderQueue",
    "QueueSubject",
    "SimulatedQueue",
    "StorageProviderContract",
    "Subject",
    "Taken",
    "kills",
    "lifecycle_machine",
    "queue_machine",
]

_KNOWN_BAD_HAS_MOVED = (
    "KNOWN_BAD is no longer part of dropspool.testing: the providers with known mistakes have moved"
    " to the test tree of the project (tests/support/known_bad.py) and are not installed; `kills`"
    " tries the contract on providers with mistakes of your own"
)


def __getattr__(name: str) -> Any:
    if name == "KNOWN_BAD":
        # After an AttributeError, `from dropspool.testing import KNOWN_BAD` would hide the message.
        raise ImportError(_KNOWN_BAD_HAS_MOVED, name=name)
    if name not in _HOMES:
        return renamed_value(__name__, name, _RENAMED)
    try:
        module = importlib.import_module(f"dropspool.testing.{_HOMES[name]}")
    except ModuleNotFoundError as missing:
        raise missing_extra(f"{__name__}.{name}", missing, "testing") from missing
    value = globals()[name] = getattr(module, name)
    return value


def __dir__() -> list[str]:
    return list(__all__)
