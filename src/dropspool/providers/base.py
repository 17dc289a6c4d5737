"""What every storage provider can do, and what all of them do the same way."""

from __future__ import annotations

import functools
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

from dropspool.layout import checked_display_name
from dropspool.schemas import (
    BackendConfigSchemaIn,
    BackendConfigSchemaOut,
    BackendStatusSchemaOut,
    NextJobSchema,
    ResultDict,
    StatusMsgDict,
)

P = ParamSpec("P")
ResultT = TypeVar("ResultT")
ProviderT = TypeVar("ProviderT", bound="StorageProvider")

_NAME = re.compile("[A-Za-z0-9]+")


def validate_active(
    method: Callable[Concatenate[ProviderT, P], ResultT],
) -> Callable[Concatenate[ProviderT, P], ResultT]:
    """Make a method of a provider raise `ValueError` while the provider is not active."""

    @functools.wraps(method)
    def checked(self: ProviderT, /, *args: P.args, **kwargs: P.kwargs) -> ResultT:
        if not self.is_active:
            raise ValueError(f"{method.__name__}: the storage provider {self.name!r} is not active")
        return method(self, *args, **kwargs)

    return checked


class StorageProvider(ABC):
    """A place where jobs wait for their backend, and where their results are found.

    `name` is the provider's part of a backend's long name, in lower case. `lease_seconds`
    is for how long a job that was taken is left to who took it, `max_attempts` how often it
    is taken at most by those who are not heard of again. Where a method takes a
    ``storage_path``, slashes at its ends make no difference; a ``job_id`` beside it is the
    name of a file without ``.json``.

    Every method checks the names that it is given before it asks the storage for
    anything, and raises `ValueError` or, where no string was given, `TypeError`.
    What the storage cannot do raises `OSError`, by the classes of `dropspool.errors`.

    Raises:
        ValueError: ``name`` is empty or holds anything but ASCII letters and digits.
        TypeError: ``name`` is no string.
    """

    lease_seconds: float = 300
    max_attempts: int = 5

    def __init__(self, name: str, is_active: bool = True) -> None:
        if not isinstance(name, str):
            raise TypeError(f"name: expected a str, got {name!r}")
        if not _NAME.fullmatch(name):
            raise ValueError(f"name: expected letters and digits, at least one, got {name!r}")
        self.name = name.lower()
        self.is_active = is_active

    # Files

    @abstractmethod
    def upload_string(self, content_string: str, storage_path: str, job_id: str) -> None:
        """Write text to ``{storage_path}/{job_id}.json``, replacing what is there."""

    @abstractmethod
    def upload(self, content_dict: Mapping[str, Any], storage_path: str, job_id: str) -> None:
        """Write a mapping as JSON to ``{storage_path}/{job_id}.json``, replacing what is there.

        Raises:
            ValueError: JSON cannot say it so that it is read back equal.
        """

    @abstractmethod
    def get_file_content(self, storage_path: str, job_id: str) -> dict[str, Any]:
        """The JSON object in ``{storage_path}/{job_id}.json``.

        Raises:
            FileNotFoundError: there is no such file.
            BrokenFile: it holds no JSON object.
        """

    @abstractmethod
    def get_job_content(self, storage_path: str, job_id: str) -> dict[str, Any]:
        """The JSON object in ``{storage_path}/job-{job_id}.json``.

        Raises:
            FileNotFoundError: there is no such file.
            BrokenFile: it holds no JSON object.
        """

    @abstractmethod
    def update_file(self, content_dict: Mapping[str, Any], storage_path: str, job_id: str) -> None:
        """Replace ``{storage_path}/{job_id}.json``, which exists.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: JSON cannot say the content so that it is read back equal.
        """

    @abstractmethod
    def move_file(self, start_path: str, final_path: str, job_id: str) -> None:
        """Move ``{job_id}.json`` from one folder to another; for active providers.

        Raises:
            FileNotFoundError: there is no such file.
            FileExistsError: there is one of that name in the other folder.
        """

    @abstractmethod
    def delete_file(self, storage_path: str, job_id: str) -> None:
        """Delete ``{storage_path}/{job_id}.json``; for active providers.

        Raises:
            FileNotFoundError: there is no such file.
        """

    @abstractmethod
    def get_file_queue(self, storage_path: str) -> list[str]:
        """The names of the files in a folder, with ``.json``, sorted; none in a missing one."""

    # Backends

    @abstractmethod
    def upload_config(self, config_dict: BackendConfigSchemaIn, display_name: str) -> None:
        """Store the configuration of a backend, replacing what is there.

        Of two stamps (`last_queue_check`) the later one is kept.
        """

    @abstractmethod
    def get_config(self, display_name: str) -> BackendConfigSchemaIn:
        """The configuration of a backend, as it is stored.

        Raises:
            FileNotFoundError: it has none.
            BrokenFile: what is stored is none.
        """

    @abstractmethod
    def get_backends(self) -> list[str]:
        """The names of all backends that have a configuration folder; for active providers."""

    @abstractmethod
    def timestamp_queue(self, display_name: str) -> None:
        """Note in the configuration of a backend that its queue is looked at now.

        Raises:
            FileNotFoundError: it has none.
            BrokenFile: what is stored is none; nothing was changed.
        """

    @validate_active
    def get_backend_dict(self, display_name: str) -> BackendConfigSchemaOut:
        """The configuration of a backend, as users are told; for active providers.

        Raises:
            FileNotFoundError: it has none.
            BrokenFile: what is stored is none.
        """
        return self.backend_dict_to_qiskit(self._named_config(display_name))

    def get_backend_status(self, display_name: str) -> BackendStatusSchemaOut:
        """Whether a backend can be used.

        Raises:
            FileNotFoundError: it has no configuration.
            BrokenFile: what is stored is none.
        """
        return self.backend_dict_to_qiskit_status(self._named_config(display_name))

    # Jobs

    @abstractmethod
    def upload_job(self, job_dict: Mapping[str, Any], display_name: str, username: str) -> str:
        """Queue a job, and return its id, by which it is taken: the least first.

        Later jobs of one provider object have greater ids. Of two objects, whose clocks are
        wrong by ``a`` and by ``b`` seconds, a job overtakes only those that were queued
        less than ``abs(a - b)`` seconds before it. (Where a clock was put back, its object
        counts on from the furthest that it was ahead, a microsecond for each job.)

        Raises:
            ValueError: JSON cannot say the job so that it is read back equal.
        """

    @abstractmethod
    def upload_status(self, display_name: str, username: str, job_id: str) -> StatusMsgDict:
        """Store the first status of a job, unless it has one, and return what is stored.

        Raises:
            ValueError: ``job_id`` is not of a job of that user for that backend.
        """

    @abstractmethod
    def get_status(self, display_name: str, username: str, job_id: str) -> StatusMsgDict:
        """The status of a user's job; ``ERROR`` when that user has no such job.

        Raises:
            BrokenFile: what is stored is no status.
        """

    @abstractmethod
    def get_result(self, display_name: str, username: str, job_id: str) -> ResultDict:
        """The result of a user's job; ``ERROR`` and no success when there is none.

        ``backend_name`` is the long name that the backend has now, None when it has no
        configuration any more.

        Raises:
            BrokenFile: what is stored is no result, or no configuration.
        """

    @abstractmethod
    def get_next_job_in_queue(self, display_name: str) -> NextJobSchema:
        """Take the oldest job that waits for a backend, and stamp its configuration.

        The job is this provider's for `lease_seconds`, and longer if it is renewed.

        Raises:
            FileNotFoundError: the backend has no configuration; nothing was taken.
            BrokenFile: what is stored is none; nothing was taken.
        """

    @abstractmethod
    def update_in_database(
        self,
        result_dict: ResultDict,
        status_msg_dict: StatusMsgDict,
        job_id: str,
        display_name: str,
    ) -> None:
        """Store how a running job has come on; with ``DONE`` or ``ERROR``, end it.

        The first result of a job stands, and makes it done whatever else is said of it.
        The call may be repeated, and a repetition completes what is missing.

        Raises:
            FileNotFoundError: a job that is to end is nowhere.
            ValueError: ``job_id`` is not of a job for that backend.
        """

    def renew(self, job_id: str, display_name: str) -> bool:  # noqa: ARG002 -- for those with leases
        """Keep a running job for another `lease_seconds`; False if others may have it by now."""
        return True

    @abstractmethod
    def recover(self, display_name: str) -> list[str]:
        """Put right what a crash left of a backend's jobs, and return what was done.

        What has a result is completed, and what nobody has a claim to that still holds is
        queued again, or ended in an error when it has been taken `max_attempts` times.
        Anyone may ask for it at any time.

        Raises:
            FileNotFoundError: the backend has no configuration.
            BrokenFile: what is stored is none.
        """

    # Conversions

    def long_backend_name(self, display_name: str, simulator: bool) -> str:
        """The name of a backend among those of all providers."""
        kind = "simulator" if simulator else "hardware"
        return f"{self.name}_{checked_display_name(display_name)}_{kind}"

    def backend_dict_to_qiskit(self, config: BackendConfigSchemaIn) -> BackendConfigSchemaOut:
        """A stored configuration, as users are told.

        Raises:
            ValueError: it does not name its backend.
        """
        display_name = _display_name_of(config)
        return BackendConfigSchemaOut(
            **config.model_dump(exclude={"display_name"}),
            display_name=display_name,
            memory=True,
            backend_version=config.version,
            n_qubits=config.num_wires,
            backend_name=self.long_backend_name(display_name, config.simulator),
            basis_gates=[gate["name"] for gate in config.gates if "name" in gate],
        )

    def backend_dict_to_qiskit_status(
        self, config: BackendConfigSchemaIn
    ) -> BackendStatusSchemaOut:
        """What a stored configuration says of the backend's status.

        Raises:
            ValueError: it does not name its backend.
        """
        return BackendStatusSchemaOut(
            backend_name=self.long_backend_name(_display_name_of(config), config.simulator),
            backend_version=config.version,
            operational=config.operational,
            pending_jobs=config.pending_jobs or 0,
            status_msg=config.status_msg or "",
        )

    def _named_config(self, display_name: str) -> BackendConfigSchemaIn:
        # The folder says whose configuration it is; the file may not, or may say otherwise.
        return self.get_config(display_name).model_copy(update={"display_name": display_name})


def _display_name_of(config: BackendConfigSchemaIn) -> str:
    if config.display_name is None:
        raise ValueError("config.display_name: expected the name of the backend, got None")
    return config.display_name
