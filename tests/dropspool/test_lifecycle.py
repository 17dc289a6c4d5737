"""Tests of the lifecycle of a queue, as a Hypothesis state machine, mostly on a hostile Dropbox.

`pytest -m campaign` runs 100,000 steps of it, also on a folder.
"""

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from dropspool.testing import DropboxSubject, FolderSubject, lifecycle_machine
from fakedropbox import Personality, faults


@pytest.mark.parametrize(
    "subject", [DropboxSubject(), pytest.param(FolderSubject(), marks=pytest.mark.campaign)]
)
@pytest.mark.parametrize("min_steps", [400, pytest.param(100_000, marks=pytest.mark.campaign)])
def test_no_step_violates_an_invariant(subject, min_steps):
    class Counting(lifecycle_machine(subject, [Personality.hostile])):
        steps = 0

        @invariant()
        def count(self):
            Counting.steps += 1

    # Of the 50 steps of an example, at least 40 on average come after its setup.
    run = settings(
        max_examples=min_steps // 40, stateful_step_count=50, deadline=None, database=None
    )
    run_state_machine_as_test(Counting, settings=run)
    print(f"\n{type(subject).__name__}: {Counting.steps} steps")
    assert Counting.steps >= min_steps


def test_an_error_stays_if_its_worker_got_no_answer_and_then_reports_done():
    """Regression: the error is stored, and only the answer to the last step is lost."""
    state = lifecycle_machine(DropboxSubject(), [Personality.documented])()
    try:
        state.begin(which=0, skews=[0, 0], queued=0)
        state.submit(name="ada", who=0)
        state.take(who=0)
        state.go_wrong(fault=faults.lost_reply("files/delete_v2", times=6, optional=True))
        state.end(status="ERROR", who=0)
        state.end(status="DONE", who=0)
        state.all_is_well()
        assert [job.place for job in state.jobs.values()] == ["Deleted_Jobs"]
    finally:
        state.teardown()


def test_a_worker_keeps_its_job_if_its_recovery_cannot_read_the_claim():
    """Regression: the recovery forgot the claim of the worker itself."""
    state = lifecycle_machine(DropboxSubject(), [Personality.documented])()
    try:
        state.begin(which=0, skews=[0, 0], queued=1)
        state.take(who=0)
        state.go_wrong(fault=faults.connection_refused("files/download", times=9, optional=True))
        state.recover(who=0)
        state.bench.service.faults.clear()
        state.renew(who=0)
    finally:
        state.teardown()
