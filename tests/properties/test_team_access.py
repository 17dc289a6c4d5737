"""Properties of the access to the files of teams: nobody gets more than the facts permit."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.team_access import Model, steps

STEPS, HISTORIES = 20, 1000


def check(history):
    model = Model()
    for step in history:
        model.do(step)


@pytest.mark.evidence(
    "O4.7-03", "P4-03", "P4-04", "P4-20", "P8-12", "P8-17", "P8-18", "P8-19", "S13-10"
)
@settings(max_examples=30)
@given(st.lists(steps, min_size=STEPS, max_size=STEPS))
def test_a_call_reads_and_changes_only_files_that_the_facts_permit(history):
    check(history)


@pytest.mark.campaign
@pytest.mark.untraced
@settings(max_examples=HISTORIES)
@given(st.lists(steps, min_size=STEPS, max_size=STEPS))
def test_twenty_thousand_steps_read_and_change_only_files_that_the_facts_permit(history):
    check(history)
