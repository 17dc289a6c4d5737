"""The interface of storage providers, and the methods that are the same for all of them."""

from __future__ import annotations

import functools
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

from dropspool.layout import checked_display_name, parse_job_file, queue_folder
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
    """A storage in which jobs wait for their backend and users find their results.

    `name` is the provider's part of a backend's long name, in lower case. A worker keeps a
    job that it has taken for `lease_seconds`; other workers may take the job afterwards. A
    job that workers have taken `max_attempts` times without ending it ends in an error.
    Where a method takes a ``storage_path``, slashes at its ends make no difference; a
    ``job_id`` beside it is the name of a file without ``.json``.

    Every method checks the names in its arguments before it sends any request to the
    storage. It raises `ValueError` for an invalid name and `TypeError` if the argument is
    not a string. A failure of the storage raises `OSError` or one of its subclasses in
    `dropspool.errors`.

    The common arguments are:

    - ``display_name``: the short name of a backend, of lower case letters a to z and digits
    - ``username``: the name of a user, which can be the name of a folder
    - ``job_id``: the id that `upload_job` returned
    - ``job_dict``, ``content_dict``: a mapping that is equal when read back from JSON, except that
      a tuple in it is read back as a list

    Raises:
        ValueError: ``name`` is empty or contains anything but ASCII letters and digits.
        TypeError: ``name`` is not a string.
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
        """Write text to ``{storage_path}/{job_id}.json``, replacing an existing file."""

    @abstractmethod
    def upload(self, content_dict: Mapping[str, Any], storage_path: str, job_id: str) -> None:
        """Write a mapping as JSON to ``{storage_path}/{job_id}.json``, replacing a file there.

        Raises:
            ValueError: the mapping would not be equal when read back from JSON.
        """

    @abstractmethod
    def get_file_content(self, storage_path: str, job_id: str) -> dict[str, Any]:
        """Return the JSON object in ``{storage_path}/{job_id}.json``.

        Raises:
            FileNotFoundError: there is no such file.
            BrokenFile: the file does not contain a JSON object.
        """

    @abstractmethod
    def get_job_content(self, storage_path: str, job_id: str) -> dict[str, Any]:
        """Return the JSON object in ``{storage_path}/job-{job_id}.json``.

        Raises:
            FileNotFoundError: there is no such file.
            BrokenFile: the file does not contain a JSON object.
        """

    @abstractmethod
    def update_file(self, content_dict: Mapping[str, Any], storage_path: str, job_id: str) -> None:
        """Replace the existing file ``{storage_path}/{job_id}.json``.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: the mapping would not be equal when read back from JSON.
        """

    @abstractmethod
    def move_file(self, start_path: str, final_path: str, job_id: str) -> None:
        """Move ``{job_id}.json`` from one folder to another; only on an active provider.

        Raises:
            FileNotFoundError: there is no such file.
            FileExistsError: the other folder already contains a file of this name.
        """

    @abstractmethod
    def delete_file(self, storage_path: str, job_id: str) -> None:
        """Delete ``{storage_path}/{job_id}.json``; only on an active provider.

        Raises:
            FileNotFoundError: there is no such file.
        """

    @abstractmethod
    def get_file_queue(self, storage_path: str) -> list[str]:
        """Return the sorted names of the files in a folder, with ``.json``; [] if it is missing."""

    # Backends

    @abstractmethod
    def upload_config(self, config_dict: BackendConfigSchemaIn, display_name: str) -> None:
        """Store the configuration of a backend, replacing the one that is there.

        The later of the two time stamps (`last_queue_check`) is kept.
        """

    @abstractmethod
    def get_config(self, display_name: str) -> BackendConfigSchemaIn:
        """Return the stored configuration of a backend.

        Raises:
            FileNotFoundError: the backend has no configuration.
            BrokenFile: the stored file is not a valid configuration.
        """

    @abstractmethod
    def get_backends(self) -> list[str]:
        """Return the names of all backends with a configuration folder.

        Only on an active provider.
        """

    @abstractmethod
    def timestamp_queue(self, display_name: str) -> None:
        """Store the current time as `last_queue_check` in the configuration of a backend.

        Raises:
            FileNotFoundError: the backend has no configuration.
            BrokenFile: the stored file is not a valid configuration; nothing was changed.
        """

    @validate_active
    def get_backend_dict(self, display_name: str) -> BackendConfigSchemaOut:
        """Return the configuration of a backend for its users; only on an active provider.

        Raises:
            FileNotFoundError: the backend has no configuration.
            BrokenFile: the stored file is not a valid configuration.
        """
        return self.backend_dict_to_qiskit(self._named_config(display_name))

    def get_backend_status(self, display_name: str) -> BackendStatusSchemaOut:
        """Return the status of a backend: whether it can be used, and the number of waiting jobs.

        Raises:
            FileNotFoundError: the backend has no configuration.
            BrokenFile: the stored file is not a valid configuration.
        """
        status = self.backend_dict_to_qiskit_status(self._named_config(display_name))
        # Counted, because the number in the configuration is what somebody wrote there once.
        return status.model_copy(update={"pending_jobs": len(self.waiting_jobs(display_name))})

    # Jobs

    @abstractmethod
    def upload_job(self, job_dict: Mapping[str, Any], display_name: str, username: str) -> str:
        """Queue a job and return its id; the job with the smallest id is taken first.

        Later jobs of one provider object have greater ids. If the clocks of two objects are
        wrong by ``a`` and by ``b`` seconds, a job is taken before an earlier one only if that
        one was queued less than ``abs(a - b)`` seconds before it. (If a clock is set back,
        its object continues from the latest time that it has used, a microsecond later for
        each job.)

        Raises:
            ValueError: the job would not be equal when read back from JSON, or the names of its
                files would be longer than file systems accept.
            FileNotFoundError: the backend has no configuration.
        """

    @abstractmethod
    def upload_status(self, display_name: str, username: str, job_id: str) -> StatusMsgDict:
        """Store the first status of a job, unless it has one, and return the stored status.

        Raises:
            ValueError: ``job_id`` is not the id of a job of this user for this backend.
        """

    @abstractmethod
    def get_status(self, display_name: str, username: str, job_id: str) -> StatusMsgDict:
        """Return the status of a user's job; ``ERROR`` if the user has no such job.

        The answer for a job that has not ended is ``QUEUED`` or ``RUNNING``, depending on the
        folder in which the job is.

        Raises:
            BrokenFile: the stored file is not a valid status.
        """

    @abstractmethod
    def get_result(self, display_name: str, username: str, job_id: str) -> ResultDict:
        """Return the result of a user's job; status ``ERROR`` and no success if there is none.

        ``backend_name`` is the current long name of the backend, None if the backend no
        longer has a configuration.

        Raises:
            BrokenFile: the stored result or the configuration is not valid.
        """

    @abstractmethod
    def get_next_job_in_queue(self, display_name: str) -> NextJobSchema:
        """Take the oldest job that waits for a backend; set the backend's `last_queue_check`.

        The job belongs to this provider for `lease_seconds`, longer if the lease is renewed.

        Raises:
            FileNotFoundError: the backend has no configuration; no job was taken.
            BrokenFile: the stored file is not a valid configuration; no job was taken.
        """

    @abstractmethod
    def update_in_database(
        self,
        result_dict: ResultDict,
        status_msg_dict: StatusMsgDict,
        job_id: str,
        display_name: str,
    ) -> bool | None:
        """Store the status of a running job; with ``DONE`` or ``ERROR``, end the job.

        The first result of a job is final: the job is done then, whatever status or result
        is stored later. An error is final, too, except that a job that was given up is done
        when a late worker brings its result. The call of a worker that has lost the job changes
        nothing if it reports an error, or a result after an error: it returns False then. The
        call may be repeated, and a repetition completes missing steps.

        Raises:
            FileNotFoundError: the status ends the job, but the job has no file.
            ValueError: ``job_id`` is not the id of a job for this backend.
            OSError: one of `dropspool.errors.PERMANENT` if the result can never be stored; the
                job can then be ended with the status ``ERROR``.
        """

    def waiting_jobs(self, display_name: str) -> list[str]:
        """Return the ids of the jobs that wait for a backend, in the order of their ids.

        Nothing is taken, and `last_queue_check` is not changed.
        """
        checked_display_name(display_name)
        jobs = map(parse_job_file, self.get_file_queue(queue_folder(display_name)))
        return sorted(job.job_id for job in jobs if job and job.display_name == display_name)

    def wait_for_jobs(
        self,
        backends: Collection[str],  # noqa: ARG002 -- used by subclasses
        timeout: float,  # noqa: ARG002 -- used by subclasses
    ) -> frozenset[str] | None:
        """Wait until jobs are queued for some of these backends, and return those backends.

        Return None without waiting if the storage cannot wait, as this method does: then the queues
        have to be looked at regularly. The first call returns all backends without waiting. The set
        is empty if ``timeout`` seconds have passed, and also if only other backends got jobs.
        """
        return None

    def give_back(self, job_id: str, display_name: str) -> None:  # noqa: B027 -- optional
        """Queue a running job of this worker again, because this worker does not end it.

        So the attempt does not count towards `max_attempts`. A provider without this method
        leaves it to `recover`.
        """

    def renew(self, job_id: str, display_name: str) -> bool:  # noqa: ARG002 -- used by subclasses
        """Keep a running job for `lease_seconds`; return False if another worker may have it."""
        return True

    @abstractmethod
    def recover(self, display_name: str) -> list[str]:
        """Repair a backend's jobs after crashes, and return a list of the actions taken.

        A job with a result is completed. A running job without a valid claim is queued again,
        or ended in an error if it has been taken `max_attempts` times. A running job without
        any claim, as left by programs that write none, is first given `lease_seconds`. Any
        process may call this at any time.

        Raises:
            FileNotFoundError: the backend has no configuration.
            BrokenFile: the stored file is not a valid configuration.
        """

    # Conversions

    def long_backend_name(self, display_name: str, simulator: bool) -> str:
        """Return the long name of a backend, which contains the name of the provider."""
        kind = "simulator" if simulator else "hardware"
        return f"{self.name}_{checked_display_name(display_name)}_{kind}"

    def backend_dict_to_qiskit(self, config: BackendConfigSchemaIn) -> BackendConfigSchemaOut:
        """Convert a stored configuration to the one for users.

        Raises:
            ValueError: the configuration has no `display_name`.
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
        """Convert a stored configuration to the status of the backend.

        Raises:
            ValueError: the configuration has no `display_name`.
        """
        return BackendStatusSchemaOut(
            backend_name=self.long_backend_name(_display_name_of(config), config.simulator),
            backend_version=config.version,
            operational=config.operational,
            pending_jobs=config.pending_jobs or 0,
            status_msg=config.status_msg or "",
        )

    def _named_config(self, display_name: str) -> BackendConfigSchemaIn:
        # The name of the folder is used: `display_name` may be missing in the file, or different.
        return self.get_config(display_name).model_copy(update={"display_name": display_name})


def _display_name_of(config: BackendConfigSchemaIn) -> str:
    if config.display_name is None:
        raise ValueError("config.display_name: expected the name of the backend, got None")
    return config.display_name
