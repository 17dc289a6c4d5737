"""The life of a queue on a hostile Dropbox; `pytest -m campaign` makes 100,000 steps of it."""

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from dropspool.testing import DropboxSubject, FolderSubject, lifecycle_machine
from fakedropbox import Personality


@pytest.mark.parametrize(
    "subject", [DropboxSubject(), pytest.param(FolderSubject(), marks=pytest.mark.campaign)]
)
@pytest.mark.parametrize("least", [400, pytest.param(100_000, marks=pytest.mark.campaign)])
def test_no_step_breaks_anything(subject, least):
    class Counting(lifecycle_machine(subject, [Personality.hostile])):
        steps = 0

        @invariant()
        def count(self):
            Counting.steps += 1

    # Of the fifty steps of an example, some are its set-up.
    run = settings(max_examples=least // 40, stateful_step_count=50, deadline=None, database=None)
    run_state_machine_as_test(Counting, settings=run)
    print(f"\n{type(subject).__name__}: {Counting.steps} steps")
    assert Counting.steps >= least
