"""Tests of the rules of the state machine: each shows a mistake that no other rule shows."""

from datetime import timedelta

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.support.known_bad import KNOWN_BAD, Bad

from dropspool import layout
from dropspool.providers._endings import Endings, first_status
from dropspool.providers._json import encode
from dropspool.schemas import NextJobSchema
from dropspool.testing import DropboxSubject, JobLifecycleMachine, lifecycle_machine

RULES = {
    name
    for name in vars(JobLifecycleMachine)
    if hasattr(getattr(JobLifecycleMachine, name), "hypothesis_stateful_rule")
}

KNOWN = {
    "submit": "a file name is cut at its first dot",
    "crash": "the status DONE is written before the result",
    "go_wrong": "a repeated move is mistaken for a lost race",
}
"""The known mistakes that one rule shows."""


class ShowsEverybody(Bad):
    """Every user sees the jobs of all."""

    def get_status(self, display_name, username, job_id):
        job = layout.parse_job_id(job_id)
        return super().get_status(display_name, job.username if job else username, job_id)


class FirstStatusOnce(Bad):
    """The first status of a job cannot be stored again."""

    def err(self):
        class Begins(Endings):
            def begin(self, job):
                status = first_status(job)
                self._files.create(job.status, encode("status", status.model_dump()))
                return status

        self._endings = Begins(self._files)


class ErrorIsDone(Bad):
    """A job that ends in an error goes to the folder of the finished ones."""

    def err(self):
        class Ends(Endings):
            def _file_away(self, job, target, *, waiting=True):  # noqa: ARG002 -- that is the mistake
                super()._file_away(job, job.finished, waiting=waiting)

        self._endings = Ends(self._files)


class OneJobOnly(Bad):
    """A worker that has ended a job finds no other one."""

    has_ended = False

    def update_in_database(self, result_dict, status_msg_dict, job_id, display_name):
        self.has_ended = True
        return super().update_in_database(result_dict, status_msg_dict, job_id, display_name)

    def get_next_job_in_queue(self, display_name):
        found = super().get_next_job_in_queue(display_name) if not self.has_ended else None
        return found or NextJobSchema(job_id="None", job_json_path="None")


class ReportReleases(Bad):
    """A worker that reports a status of its job no longer has the job."""

    def update_in_database(self, result_dict, status_msg_dict, job_id, display_name):
        stored = super().update_in_database(result_dict, status_msg_dict, job_id, display_name)
        if status_msg_dict.status == "QUEUED":
            self._claims.release(layout.parse_job_id(job_id))
        return stored


class RenewsOnce(Bad):
    """A worker that has renewed a lease takes the job for lost."""

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


class LateErrorEnds(Bad):
    """A worker that has lost a job can still end it in an error."""

    def _end_in_error(self, job, status):
        return self._endings.fail(job, status)


class ShortLease(Bad):
    """A lease ends after 250 seconds in place of 300."""

    def err(self):
        self._claims._lease_of = lambda _: timedelta(seconds=250)


MISTAKES = {
    **{rule: KNOWN_BAD[words].make for rule, words in KNOWN.items()},
    "look": ShowsEverybody,
    "upload_status": FirstStatusOnce,
    "take": ErrorIsDone,
    "end": OneJobOnly,
    "report": ReportReleases,
    "renew": RenewsOnce,
    "recover": RecoveryForgets,
    "wait": ShortLease,
}
"""A provider with a mistake for each rule."""


def machine_for(mistaken):
    """Return the machine for a provider with a mistake."""

    class Mistaken(DropboxSubject):
        def make_provider(self, bench, clock):
            return mistaken(bench, clock)

    return lifecycle_machine(Mistaken())


def finds(rule, *, without=()):
    """Return whether the machine finds the mistake for a rule, without some of its rules."""
    machine = machine_for(MISTAKES[rule])
    search = settings(
        max_examples=400,
        stateful_step_count=20,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )
    try:
        run_state_machine_as_test(type("Some", (machine,), dict.fromkeys(without)), settings=search)
    except Exception:  # noqa: BLE001 -- a provider with a mistake may raise anything
        return True
    return False


def test_each_rule_has_a_mistake():
    assert MISTAKES.keys() == RULES


@pytest.mark.untraced
@pytest.mark.parametrize("rule", sorted(RULES))
def test_the_machine_finds_the_mistake(rule):
    assert finds(rule)


@pytest.mark.campaign
@pytest.mark.parametrize("rule", sorted(RULES))
def test_the_machine_does_not_find_the_mistake_without_the_rule(rule):
    assert not finds(rule, without=[rule])


def test_an_error_of_a_worker_that_has_lost_its_job_does_not_explain_an_end():
    state = machine_for(LateErrorEnds)()
    state.begin(which=0, skews=[0, 0], queued=1)
    state.take(who=0)
    state.wait(seconds=310)
    state.recover(who=1)
    with pytest.raises(AssertionError, match="ended in an error that no worker reported"):
        state.end(who=0, status="ERROR")
    state.jobs.clear()
    state.teardown()
