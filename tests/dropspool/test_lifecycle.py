"""A test of the lifecycle of a queue on a hostile Dropbox, as a Hypothesis state machine.

`pytest -m campaign` runs 100,000 steps of it.
"""

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from dropspool.testing import DropboxSubject, FolderSubject, lifecycle_machine
from fakedropbox import Personality


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
