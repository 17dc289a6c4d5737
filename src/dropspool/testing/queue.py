"""A queue with one backend, for tests of code that submits jobs or runs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dropspool import worker
from dropspool.layout import RUNNING_JOBS
from dropspool.operations import JobDetails, job_details
from dropspool.providers.dropbox import DropboxProviderExtended
from dropspool.providers.local import LocalProvider
from dropspool.schemas import (
    BackendConfigSchemaIn,
    DataDict,
    ExperimentDict,
    ResultDict,
    StatusMsgDict,
)
from fakedropbox.clock import Clock, ManualClock


def measure_zeros(job: Mapping[str, Any]) -> list[ExperimentDict]:
    """Return an outcome of each experiment of a job, in which every shot measures ``0``."""
    return [
        ExperimentDict(
            header={"name": name},
            shots=content.get("shots", 1),
            success=True,
            data=DataDict(memory=["0"] * content.get("shots", 1)),
        )
        for name, content in job.items()
    ]


class SimulatedQueue:
    """A queue with one backend, and a worker that runs one job when the test says so.

    The fixtures `dropbox_queue` and `local_queue` return one. `provider` is for the code under
    test; the worker has a provider of its own, as another process would. All times are those
    of `clock`.

    >>> def test_life_of_a_job(dropbox_queue):
    ...     job_id = dropbox_queue.submit({"experiment_0": {"shots": 3}})
    ...     assert dropbox_queue.step() == job_id
    ...     assert dropbox_queue.status(job_id).status == "DONE"
    ...     assert dropbox_queue.result(job_id).results[0].data.memory == ["0", "0", "0"]

    A job in the middle of its life: `take` it, and then `finish` or `fail` it, or let the worker
    `crash`.

    Args:
        make_provider: a function that returns a new provider, for each process.
        config: the configuration of the backend, with its `display_name`.
        clock: the clock of all processes.
    """

    def __init__(
        self,
        make_provider: Callable[[], DropboxProviderExtended | LocalProvider],
        config: BackendConfigSchemaIn,
        clock: Clock,
    ) -> None:
        if config.display_name is None:
            raise ValueError("config.display_name: expected the name of the backend, got None")
        if not isinstance(clock, ManualClock):
            raise TypeError(f"clock: expected a ManualClock, got {clock!r}")
        self._make_provider = make_provider
        self._provider = make_provider()
        self._worker = make_provider()
        self._backend = config.display_name
        self._clock = clock
        self.executor: worker.Executor = measure_zeros
        self._provider.upload_config(config, self._backend)

    @property
    def provider(self) -> DropboxProviderExtended | LocalProvider:
        """The provider of the users of the queue."""
        return self._provider

    @property
    def backend(self) -> str:
        """The display name of the backend."""
        return self._backend

    @property
    def clock(self) -> ManualClock:
        """The clock of all processes and files; only a test or a pause advances it."""
        return self._clock

    # The user

    def submit(self, job: Mapping[str, Any] | None = None, user: str = "ada") -> str:
        """Queue a job, by default one with one experiment, with its first status; return its id."""
        content = {"experiment_0": {"shots": 1}} if job is None else job
        job_id = self._provider.upload_job(content, self._backend, user)
        self._provider.upload_status(self._backend, user, job_id)
        return job_id

    def status(self, job_id: str) -> StatusMsgDict:
        """Return the status of a job."""
        return self._provider.get_status(self._backend, self.details(job_id).job.user, job_id)

    def result(self, job_id: str) -> ResultDict:
        """Return the result of a job."""
        return self._provider.get_result(self._backend, self.details(job_id).job.user, job_id)

    def details(self, job_id: str) -> JobDetails:
        """Return a job with its state and its worker."""
        return job_details(self._provider, job_id)

    # The worker

    def step(self) -> str | None:
        """Let the worker run the next job by `executor`; return its id, or None if none waits.

        This is one round of `dropspool.worker.run`: it first recovers the jobs of workers that
        crashed.
        """
        return next(self._jobs(), None)

    def drain(self) -> list[str]:
        """Let the worker run all waiting jobs, and return their ids in the order of their ends."""
        return [*self._jobs()]

    def _jobs(self) -> Any:
        return worker.jobs(
            self._worker, {self._backend: self.executor}, clock=self._clock, max_idle=0
        )

    def take(self) -> str | None:
        """Let the worker take the next job without running it; return its id, or None."""
        job_id = self._worker.get_next_job_in_queue(self._backend).job_id
        return None if job_id == "None" else job_id

    def finish(self, job_id: str, results: Sequence[ExperimentDict] | None = None) -> None:
        """Let the worker end a job that it has taken, by default with results of `executor`."""
        content = self._worker.get_job_content(RUNNING_JOBS, job_id)
        self._end(job_id, "DONE", self.executor(content) if results is None else results)

    def fail(self, job_id: str, message: str = "the executor failed") -> None:
        """Let the worker end a job that it has taken in an error."""
        self._end(job_id, "ERROR", [], message)

    def _end(
        self,
        job_id: str,
        status: str,
        results: Sequence[ExperimentDict],
        error_message: str = "None",
    ) -> None:
        result = ResultDict.model_validate(
            {
                "display_name": self._backend,
                "backend_version": self._worker.get_config(self._backend).version,
                "job_id": job_id,
                "success": status == "DONE",
                "status": status,
                "results": results,
            }
        )
        told = StatusMsgDict.model_validate(
            {
                "job_id": job_id,
                "status": status,
                "detail": "The job was run." if status == "DONE" else "The job cannot be run.",
                "error_message": error_message,
            }
        )
        self._worker.update_in_database(result, told, job_id, self._backend)

    def crash(self) -> None:
        """Replace the worker by a new one, as after a crash: jobs that it has taken stay claimed.

        Another `step` runs them when their lease has ended: `wait` for `lease_seconds` of the
        provider.
        """
        self._worker = self._make_provider()

    def wait(self, seconds: float) -> None:
        """Advance the clock."""
        self._clock.advance(seconds)
