"""A job queue for remote backends, kept as JSON files in a Dropbox or in a folder.

A user uploads a job; a worker beside the hardware takes the next job of its
backend, runs it and writes back the result:

    provider = DropboxProvider(DropboxLoginInformation(...))
    job_id = provider.upload_job(job, "fermions", "ada")
    ...
    provider.get_status("fermions", "ada", job_id).status

Providers, which keep the queue:

- `StorageProvider`: the interface of all providers
- `DropboxProvider`: the provider named ``default`` in a Dropbox
- `DropboxProviderExtended`: a provider with a name of its own in a Dropbox
- `LocalProvider`: a provider in a folder of this machine
- `validate_active`: a decorator for the methods of a provider that has to be active
- `Clock`: the interface of the clock of a provider
- `SystemClock`: the machine's clock

Logins, configurations and statuses, as pydantic models:

- `DropboxLoginInformation`: the login of a Dropbox
- `LocalLoginInformation`: the folder of a local provider
- `BackendConfigSchemaIn`: the stored configuration of a backend
- `BackendConfigSchemaOut`: the configuration of a backend for its users
- `BackendStatusSchemaOut`: the status of a backend
- `NextJobSchema`: a job taken from the queue
- `StatusMsgDict`: the status of a job
- `ResultDict`: the result of a job
- `ExperimentDict`: the outcome of one experiment of a job
- `DataDict`: the measurements of an experiment
- `ExperimentalInputDict`: one experiment of a job
- `GateDict`: one instruction of an experiment
- `get_init_status`: a function that returns the first status of a job
- `get_init_results`: a function that returns the first result of a job

Types of strings:

- `BackendNameStr`: the long name of a backend
- `DisplayNameStr`: the short name of a backend
- `ColdAtomStr`: the kind of cold atoms
- `StatusStr`: the status of a job
- `WireOrderStr`: the order of the wires

Errors:

- `StorageError`: a failure of the storage without a more specific class
- `ConnectionLost`: a storage that could not be reached
- `OutOfSpace`: an account or a disk without free space
- `Refused`: a request that the storage would refuse again
- `TokenRefused`: a login that is not accepted
- `MissingScope`: a permission that the app or its token lacks
- `AccessRefused`: a file or folder that may not be read or changed
- `TooLarge`: a file that is larger than the storage accepts
- `NameRefused`: a path that the storage does not accept
- `NotAFile`: a FIFO, socket or device in the place of a file
- `BrokenFile`: a stored file whose content is not valid

These names are loaded when they are first used. The test kit for providers is `dropspool.testing`,
the fixtures for pytest are in `dropspool.pytest_plugin`, and ``dropspool --help`` describes the
command.
"""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, Any

from dropspool._names import refusing

if TYPE_CHECKING:
    from dropspool.clock import Clock, SystemClock
    from dropspool.errors import (
        AccessRefused,
        BrokenFile,
        ConnectionLost,
        MissingScope,
        NameRefused,
        NotAFile,
        OutOfSpace,
        Refused,
        StorageError,
        TokenRefused,
        TooLarge,
    )
    from dropspool.providers.base import StorageProvider, validate_active
    from dropspool.providers.dropbox import DropboxProvider, DropboxProviderExtended
    from dropspool.providers.local import LocalProvider
    from dropspool.schemas import (
        BackendConfigSchemaIn,
        BackendConfigSchemaOut,
        BackendNameStr,
        BackendStatusSchemaOut,
        ColdAtomStr,
        DataDict,
        DisplayNameStr,
        DropboxLoginInformation,
        ExperimentalInputDict,
        ExperimentDict,
        GateDict,
        LocalLoginInformation,
        NextJobSchema,
        ResultDict,
        StatusMsgDict,
        StatusStr,
        WireOrderStr,
        get_init_results,
        get_init_status,
    )

# The application decides where log records go; without a handler of its own they are dropped.
logging.getLogger(__name__).addHandler(logging.NullHandler())

_HOMES = {
    "AccessRefused": "errors",
    "BackendConfigSchemaIn": "schemas",
    "BackendConfigSchemaOut": "schemas",
    "BackendNameStr": "schemas",
    "BackendStatusSchemaOut": "schemas",
    "BrokenFile": "errors",
    "Clock": "clock",
    "ColdAtomStr": "schemas",
    "ConnectionLost": "errors",
    "DataDict": "schemas",
    "DisplayNameStr": "schemas",
    "DropboxLoginInformation": "schemas",
    "DropboxProvider": "providers.dropbox",
    "DropboxProviderExtended": "providers.dropbox",
    "ExperimentDict": "schemas",
    "ExperimentalInputDict": "schemas",
    "GateDict": "schemas",
    "LocalLoginInformation": "schemas",
    "LocalProvider": "providers.local",
    "MissingScope": "errors",
    "NameRefused": "errors",
    "NextJobSchema": "schemas",
    "NotAFile": "errors",
    "OutOfSpace": "errors",
    "Refused": "errors",
    "ResultDict": "schemas",
    "StatusMsgDict": "schemas",
    "StatusStr": "schemas",
    "StorageError": "errors",
    "StorageProvider": "providers.base",
    "SystemClock": "clock",
    "TokenRefused": "errors",
    "TooLarge": "errors",
    "WireOrderStr": "schemas",
    "get_init_results": "schemas",
    "get_init_status": "schemas",
    "validate_active": "providers.base",
}

__all__ = [
    "AccessRefused",
    "BackendConfigSchemaIn",
    "BackendConfigSchemaOut",
    "BackendNameStr",
    "BackendStatusSchemaOut",
    "BrokenFile",
    "Clock",
    "ColdAtomStr",
    "ConnectionLost",
    "DataDict",
    "DisplayNameStr",
    "DropboxLoginInformation",
    "DropboxProvider",
    "DropboxProviderExtended",
    "ExperimentDict",
    "ExperimentalInputDict",
    "GateDict",
    "LocalLoginInformation",
    "LocalProvider",
    "MissingScope",
    "NameRefused",
    "NextJobSchema",
    "NotAFile",
    "OutOfSpace",
    "Refused",
    "ResultDict",
    "StatusMsgDict",
    "StatusStr",
    "StorageError",
    "StorageProvider",
    "SystemClock",
    "TokenRefused",
    "TooLarge",
    "WireOrderStr",
    "get_init_results",
    "get_init_status",
    "validate_active",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        refusing(__name__)(name)
    value = globals()[name] = getattr(importlib.import_module(f"dropspool.{_HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return list(__all__)
