"""A provider with a mistake for each rule of the state machines of `dropspool.testing`.

No other rule of the machine shows the mistake, so a rule without a body would be noticed.
"""

from datetime import timedelta
from functools import partialmethod
from unittest.mock import patch

from hypothesis import Phase, settings
from hypothesis.stateful import RULE_MARKER, run_state_machine_as_test
from tests.support.known_bad import KNOWN_BAD, Bad

from dropspool import layout
from dropspool.providers import _dropbox_call
from dropspool.providers._endings import Endings, first_status
from dropspool.providers._json import encode
from dropspool.schemas import NextJobSchema
from dropspool.testing import (
    DropboxSubject,
    JobLifecycleMachine,
    JobQueueMachine,
    lifecycle_machine,
    queue_machine,
)

MAKERS = {JobLifecycleMachine: lifecycle_machine, JobQueueMachine: queue_machine}
"""The functions that make a machine for a subject, by the base class of the machine."""

NO_JOB = NextJobSchema(job_id="None", job_json_path="None")


class ShowsEverybody(Bad):
    """Every user sees the status of the jobs of all."""

    def get_status(self, display_name, username, job_id):
        job = layout.parse_job_id(job_id)
        return super().get_status(display_name, job.username if job else username, job_id)


class _BeginsOnce(Endings):
    def begin(self, job):
        status = first_status(job)
        self._files.create(job.status, encode("status", status.model_dump()))
        return status


class FirstStatusOnce(Bad):
    """The first status of a job cannot be stored again."""

    endings = _BeginsOnce


class _OnlyFinished(Endings):
    def _file_away(self, job, target, *, waiting=True):  # noqa: ARG002 -- that is the mistake
        super()._file_away(job, job.finished, waiting=waiting)


class ErrorIsDone(Bad):
    """A job that ends in an error goes to the folder of the finished ones."""

    endings = _OnlyFinished


class OneJobUntilRecovery(Bad):
    """A worker that has ended a job finds no other one, unless it has recovered the queue."""

    has_ended = has_recovered = False

    def update_in_database(self, result_dict, status_msg_dict, job_id, display_name):
        self.has_ended |= status_msg_dict.status in ("DONE", "ERROR")
        return super().update_in_database(result_dict, status_msg_dict, job_id, display_name)

    def recover(self, display_name):
        self.has_recovered = True
        return super().recover(display_name)

    def get_next_job_in_queue(self, display_name):
        if self.has_ended and not self.has_recovered:
            return NO_JOB
        return super().get_next_job_in_queue(display_name)


class OneJobAtATime(Bad):
    """A worker that has a job finds no other one."""

    def get_next_job_in_queue(self, display_name):
        return NO_JOB if self._claims._held else super().get_next_job_in_queue(display_name)


class ReportReleases(Bad):
    """A worker that reports the status `QUEUED` of its job no longer has the job."""

    def update_in_database(self, result_dict, status_msg_dict, job_id, display_name):
        stored = super().update_in_database(result_dict, status_msg_dict, job_id, display_name)
        if status_msg_dict.status == "QUEUED":
            self._claims.release(layout.parse_job_id(job_id))
        return stored


class RenewsOnce(Bad):
    """A worker that has renewed a lease treats the job as lost."""

    def renew(self, job_id, display_name):
        held = super().renew(job_id, display_name)
        self._claims._held.pop(job_id, None)
        return held


class RecoveryForgets(Bad):
    """A worker that recovers the queue forgets its own jobs."""

    def recover(self, display_name):
        actions = super().recover(display_name)
        self._claims._held.clear()
        return actions


class ShortLease(Bad):
    """A lease ends after 250 seconds in place of 300."""

    def err(self):
        self._claims._lease_of = lambda _: timedelta(seconds=250)


class ClaimsAfterTheMove(Bad):
    """A worker moves a job to the running ones and then claims it.

    It repeats these requests more often than any fault lasts, so that only a crash comes between.
    """

    def _take(self, job):
        with patch.object(_dropbox_call, "_PAUSES", (1,) * 30):
            try:
                self._files.move(job.queued, job.running)
            except FileNotFoundError:
                return False
            return self._claims.take(job)


class ErrorIsEmpty(Bad):
    """A queue that cannot be read is empty."""

    def get_next_job_in_queue(self, display_name):
        try:
            return super().get_next_job_in_queue(display_name)
        except OSError:
            return NO_JOB


class RenewsNothing(Bad):
    """A lease can be renewed, but ends as if it had not been."""

    def renew(self, job_id, display_name):  # noqa: ARG002 -- that is the mistake
        return job_id in self._claims._held


MISTAKES = {
    JobLifecycleMachine: {
        "submit": KNOWN_BAD["a file name is cut at its first dot"].make,
        "look": ShowsEverybody,
        "upload_status": FirstStatusOnce,
        "take": ErrorIsDone,
        "end": OneJobUntilRecovery,
        "report": ReportReleases,
        "renew": RenewsOnce,
        "recover": RecoveryForgets,
        "crash": KNOWN_BAD["the status DONE is written before the result"].make,
        "wait": ShortLease,
        "go_wrong": KNOWN_BAD["a repeated move is mistaken for a lost race"].make,
    },
    JobQueueMachine: {
        "submit": KNOWN_BAD["a file name is cut at its first dot"].make,
        "look": ShowsEverybody,
        "take": OneJobAtATime,
        "end": OneJobUntilRecovery,
        "renew": RenewsOnce,
        "recover": RecoveryForgets,
        "crash": ClaimsAfterTheMove,
        "wait": RenewsNothing,
        "go_wrong": ErrorIsEmpty,
    },
}
"""A provider with a mistake for each rule, by the base class of the machine."""

SEARCH = settings(
    max_examples=400,
    stateful_step_count=20,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
)


def rules_of(base):
    """Return the names of the rules of a machine."""
    return {name for name in vars(base) if hasattr(getattr(base, name), RULE_MARKER)}


def machine_for(base, mistaken):
    """Return the machine for a provider with a mistake."""

    class Mistaken(DropboxSubject):
        def make_provider(self, bench, clock):
            return mistaken(bench, clock)

    return MAKERS[base](Mistaken())


def finds(base, rule, *, without=(), search=SEARCH):
    """Return whether a machine finds the mistake for a rule, without some of its rules.

    The functions of those rules are there, but Hypothesis does not call them.
    """
    plain = {name: partialmethod(getattr(base, name)) for name in without}
    machine = type("Some", (machine_for(base, MISTAKES[base][rule]),), plain)
    try:
        run_state_machine_as_test(machine, settings=search)
    except Exception:  # noqa: BLE001 -- a provider with a mistake may raise anything
        return True
    return False
