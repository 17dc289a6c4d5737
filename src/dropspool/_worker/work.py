"""The run of one job, from the moment when the worker has it to its end."""

from __future__ import annotations

import logging
from functools import partial

from dropspool._worker.backends import Backend, Job
from dropspool._worker.events import Kind, Teller
from dropspool._worker.messages import message_for_user
from dropspool._worker.outcomes import Failed, Finished, Outcome
from dropspool._worker.storage import Patience, may_pass
from dropspool.clock import Clock
from dropspool.errors import PERMANENT, BrokenFile
from dropspool.layout import RUNNING_JOBS, parse_job_id
from dropspool.providers._endings import is_cancellation
from dropspool.providers.base import StorageProvider

logger = logging.getLogger("dropspool.worker")


class Work:
    """The work of a worker on the jobs that it has taken."""

    def __init__(
        self, provider: StorageProvider, clock: Clock, patience: Patience, teller: Teller
    ) -> None:
        self._provider = provider
        self._clock = clock
        self._insist = patience.insist
        self._tell = teller.tell

    def run(self, backend: Backend, job: Job) -> bool:
        """Run a job and end it; return False if it has not ended, or another process ended it."""
        start = self._clock.now()
        job.runs += 1
        self._tell("taken", backend.name, job.job_id)
        try:
            kind, detail = self._run(backend, job)
        except BaseException as error:
            if isinstance(error, Exception) and not isinstance(error, OSError):
                self._leave(backend, job, error)
            else:
                # The worker has to stop immediately, or while the storage does not answer.
                self.give_back(backend, job)
            raise
        if kind != "retry":
            job.lease.end()
        seconds = (self._clock.now() - start).total_seconds()
        self._tell(kind, backend.name, job.job_id, seconds=seconds, detail=detail)
        return kind in {"done", "failed"}

    def give_back(self, backend: Backend, job: Job) -> None:
        """Queue a job again, because this worker does not end it."""
        job.lease.end()
        try:
            self._provider.give_back(job.job_id, backend.name)
        except OSError as error:
            logger.warning("%s: left until its lease has ended: %s", job.job_id, error)
        else:
            self._tell("given back", backend.name, job.job_id)

    def _leave(self, backend: Backend, job: Job, error: Exception) -> None:
        """Leave a job until its lease has ended, because a fault of the program ends the worker.

        The job may be the cause, so the attempt counts: it must not end every worker.
        """
        job.lease.end()
        detail = f"the worker failed: {message_for_user(error)}"
        self._tell("lost", backend.name, job.job_id, detail=detail)

    def _run(self, backend: Backend, job: Job) -> tuple[Kind, str]:
        """Run a job; return the kind and the detail of the event that ends the run."""
        try:
            # The lease may have been lost while the job waited for its next run.
            outcome = None if job.lease.is_lost else self._outcome(backend, job)
            if outcome is None or job.lease.is_lost:
                return self._lost(backend, job, outcome)
            if isinstance(outcome, Failed) and backend.may_repeat(job, outcome):
                pause = backend.postpone(job, self._clock.now())
                job.lease.report(f"Run {job.runs} failed: {outcome.message}")
                return "retry", f"again in {pause:g} s: {outcome.message}"
            return self._end(backend, job, outcome)
        except BrokenFile as error:
            return "failed", str(error)  # usually from `get_job_content`, which has ended the job
        except FileNotFoundError as error:
            return "gone", str(error)

    def _outcome(self, backend: Backend, job: Job) -> Outcome | None:
        """Run the executor; return None if it was not awaited because the lease was lost."""
        try:
            content = self._insist(
                partial(self._provider.get_job_content, RUNNING_JOBS, job.job_id)
            )
        except PERMANENT as error:
            return Failed(message_for_user(error), "The job cannot be read.", may_be_repeated=False)
        outcome = backend.runner.run(content, job.lease)
        if isinstance(outcome, Failed):
            # There is no traceback if the executor did not raise the error itself.
            why = outcome.trace or outcome.message
            logger.warning("%s: the executor failed: %s", job.job_id, why)
        return outcome

    def _end(self, backend: Backend, job: Job, outcome: Outcome) -> tuple[Kind, str]:
        """Store the outcome of a job, or the reason why it cannot be stored."""
        result, status = backend.ending(job.job_id, outcome)
        try:
            is_stored = self._insist(
                lambda: self._provider.update_in_database(result, status, job.job_id, backend.name),
                after_stop=self._provider.lease_seconds,
            )
        except FileNotFoundError:
            raise
        except OSError as error:
            if may_pass(error) or isinstance(outcome, Failed):
                return "lost", f"its end was not stored: {error}"
            reason = f"the storage refuses the result: {message_for_user(error)}"
            return self._end(backend, job, Failed(reason, "The result cannot be stored."))
        if is_stored is False:
            return self._lost(backend, job, None)
        if isinstance(outcome, Failed):
            return "failed", outcome.message
        return "done", ""

    def _lost(self, backend: Backend, job: Job, outcome: Outcome | None) -> tuple[Kind, str]:
        """Return why a job was lost; store its result, if any, unless the job ended in an error."""
        parsed = parse_job_id(job.job_id)
        assert parsed is not None  # the job came from the queue, so its id is valid
        ask = partial(self._provider.get_status, backend.name, parsed.username, job.job_id)
        status = self._insist(ask)
        if status.status == "ERROR":
            kind: Kind = "cancelled" if is_cancellation(status) else "lost"
            return kind, status.error_message
        if isinstance(outcome, Finished):
            # The first result of a job is kept, whichever worker has it.
            return self._end(backend, job, outcome)
        return "lost", "others have it"
