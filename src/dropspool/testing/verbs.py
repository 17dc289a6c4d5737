"""The verbs of a job queue, by which the tests use any queue, whatever its files look like.

A queue of your own needs an adapter with these methods; `ProviderQueue` is that of a storage
provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, Protocol

from dropspool.providers.base import StorageProvider
from dropspool.testing.kit import BACKEND, result_of, status_of

_MISSING = "Missing status file for "


class Taken(NamedTuple):
    """A job that a worker has taken: its id, ``job``, and the ``content`` from its user."""

    job: str
    content: Mapping[str, Any]


class JobState(NamedTuple):
    """The state of a job for its user: its ``status``, and its ``result`` if it is done."""

    status: Literal["waiting", "running", "done", "failed", "missing"]
    result: Mapping[str, Any] | None = None


class JobQueue(Protocol):
    """A queue as one process sees it: the verbs that its users and workers have.

    A verb raises `OSError`, or one of its subclasses, if the storage fails; what it did is then
    unknown. A queue without leases answers `renew` with True, and one without a recovery does
    nothing in `recover`; its `Capabilities` say so.
    """

    @property
    def lease_seconds(self) -> float:
        """The seconds for which a worker keeps a job that it has taken or renewed."""

    def submit(self, content: Mapping[str, Any], user: str) -> str:
        """Queue a job and return its id."""

    def take(self) -> Taken | None:
        """Take the next job; return None if none waits."""

    def renew(self, job: str) -> bool:
        """Keep a job for another lease; return False if another worker may have it."""

    def finish(self, job: str, result: Mapping[str, Any]) -> bool:
        """End a job with its result; return False if that came too late and changed nothing."""

    def fail(self, job: str, message: str) -> bool:
        """End a job in an error; return False if that came too late and changed nothing."""

    def state(self, job: str, user: str) -> JobState:
        """Return the state of a job for a user, ``missing`` if this user has no such job."""

    def recover(self) -> object:
        """Return the jobs of dead workers to the queue, or end them; any process may call it."""


class ProviderQueue:
    """The verbs of a storage provider, for the jobs of one backend."""

    def __init__(self, provider: StorageProvider, backend: str = BACKEND) -> None:
        self._provider = provider
        self._backend = backend

    @property
    def lease_seconds(self) -> float:
        """The seconds for which a worker keeps a job."""
        return self._provider.lease_seconds

    def submit(self, content: Mapping[str, Any], user: str) -> str:
        """Queue a job with its first status."""
        job = self._provider.upload_job(content, self._backend, user)
        self._provider.upload_status(self._backend, user, job)
        return job

    def take(self) -> Taken | None:
        """Take the next job and read its content."""
        lost: set[str] = set()
        while True:
            job = self._provider.get_next_job_in_queue(self._backend)
            if job.job_id == "None":
                return None
            try:
                content = self._provider.get_job_content(job.job_json_path, job.job_id)
            except FileNotFoundError:
                # The lease has ended meanwhile, and another worker may have ended the job.
                if job.job_id in lost:
                    raise
                lost.add(job.job_id)
            else:
                return Taken(job.job_id, content)

    def renew(self, job: str) -> bool:
        """Keep a job for another lease."""
        return self._provider.renew(job, self._backend)

    def finish(self, job: str, result: Mapping[str, Any]) -> bool:
        """End a job with a result, which is stored as the header of a `ResultDict`."""
        return self._end(job, "DONE", dict(result))

    def fail(self, job: str, message: str) -> bool:
        """End a job in an error."""
        return self._end(job, "ERROR", {}, message)

    def _end(self, job: str, status: str, header: dict[str, Any], message: str = "None") -> bool:
        told = status_of(job, status).model_copy(update={"error_message": message})
        result = result_of(job, self._backend).model_copy(update={"header": header})
        stored = self._provider.update_in_database(result, told, job, self._backend)
        return stored is not False

    def state(self, job: str, user: str) -> JobState:
        """Return the state of a job, whose result is the header of the stored `ResultDict`."""
        status = self._provider.get_status(self._backend, user, job)
        if status.error_message == f"{_MISSING}{job}.":
            return JobState("missing")
        if status.status == "DONE":
            result = self._provider.get_result(self._backend, user, job)
            return JobState("done", result.header if result.success else None)
        if status.status == "ERROR":
            return JobState("failed")
        return JobState("running" if status.status == "RUNNING" else "waiting")

    def recover(self) -> list[str]:
        """Repair the jobs of the backend."""
        return self._provider.recover(self._backend)
