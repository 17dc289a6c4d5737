"""The backends of a worker, and the jobs that it has taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from threading import Thread

from dropspool._worker.executions import Execution, pause_after
from dropspool._worker.lease import Lease
from dropspool._worker.outcomes import Failed, Finished, Outcome
from dropspool._worker.runners import Runner
from dropspool.schemas import ExperimentDict, ResultDict, StatusMsgDict

LONG_AGO = datetime.min.replace(tzinfo=timezone.utc)


@dataclass
class Job:
    """A job that the worker has taken; ``due`` is the time of its next run, if it has failed."""

    job_id: str
    lease: Lease
    runs: int = 0
    due: datetime | None = None


@dataclass
class Backend:
    """A backend of the worker.

    - ``version``: the version in its configuration, which was read at ``configured_at``
    - ``recovered_at``, ``seen_at``: the times of the last recovery and of the last request
    - ``is_unavailable``: True if it could not be served; then it is left alone until
      ``rests_until``
    - ``occupied_by``: while it is left alone because its executor has not returned, the thread of
      the executor
    - ``retries``: the jobs that wait for another run
    """

    name: str
    execution: Execution
    runner: Runner
    version: str = ""
    configured_at: datetime = LONG_AGO
    recovered_at: datetime = LONG_AGO
    seen_at: datetime = LONG_AGO
    is_unavailable: bool = False
    rests_until: datetime | None = None
    occupied_by: Thread | None = None
    retries: list[Job] = field(default_factory=list)

    def rests(self, now: datetime) -> bool:
        """Return whether the backend is still left alone, after an error that concerned it."""
        if self.rests_until is not None and self.rests_until <= now:
            self.rests_until = None
        return self.rests_until is not None

    def may_repeat(self, job: Job, failure: Failed) -> bool:
        """Return whether a job that has failed is run again."""
        return failure.may_be_repeated and job.runs <= self.execution.retries

    def postpone(self, job: Job, now: datetime) -> float:
        """Let a job wait for its next run, and return the number of seconds until then."""
        pause = pause_after(self.execution, job.runs)
        job.due = now + timedelta(seconds=pause)
        self.retries.append(job)
        return pause

    def due_retry(self, now: datetime) -> Job | None:
        """Return a job whose next run is due, which then no longer waits; None if there is none."""
        for job in self.retries:
            if job.due is not None and job.due <= now:
                self.retries.remove(job)
                return job
        return None

    def moments(self) -> list[datetime]:
        """Return the times at which there will be something to do for this backend."""
        if self.rests_until is not None:
            return [self.rests_until]  # no job is run before, even if it is due
        return [job.due for job in self.retries if job.due is not None]

    def ending(self, job_id: str, outcome: Outcome) -> tuple[ResultDict, StatusMsgDict]:
        """Return the result and the status with which a job ends."""
        status = StatusMsgDict(
            job_id=job_id, status="DONE", detail="The job was run.", error_message="None"
        )
        result = ResultDict(
            display_name=self.name, backend_version=self.version, job_id=job_id, status="DONE"
        )
        if isinstance(outcome, Finished):
            result.results = [ExperimentDict.model_validate(each) for each in outcome.results]
        else:
            status.status = result.status = "ERROR"
            status.detail, status.error_message = outcome.detail, outcome.message
            result.success = False
        return result, status
