"""Tests of the rules of the state machines: each shows a mistake that no other rule shows."""

import pytest
from hypothesis import settings
from tests.support.known_bad import Bad
from tests.support.mistakes_of_rules import MISTAKES, SEARCH, finds, machine_for, rules_of

from dropspool.testing import JobLifecycleMachine, JobQueueMachine

ALL_RULES = [(base, rule) for base in MISTAKES for rule in sorted(rules_of(base))]

RARE = {(JobQueueMachine, "crash"), (JobQueueMachine, "go_wrong"), (JobQueueMachine, "wait")}
"""The rules whose mistakes need long searches, so only the campaign looks for them."""

LONG = settings(SEARCH, max_examples=2000)
"""The settings of these searches."""

FEW = settings(SEARCH, max_examples=20)
"""The settings of a search that is short, for tests that run it to its end."""

QUICK = {(JobLifecycleMachine, "end"), (JobQueueMachine, "look")}
"""The rules that are left out of a search in each run; the campaign leaves out each of them."""


@pytest.mark.parametrize("base", MISTAKES)
def test_there_is_a_mistake_for_each_rule(base):
    assert MISTAKES[base].keys() == rules_of(base)


@pytest.mark.untraced
@pytest.mark.parametrize(
    ("base", "rule"),
    [
        pytest.param(*each, marks=[pytest.mark.campaign] if each in RARE else [])
        for each in ALL_RULES
    ],
)
def test_a_machine_finds_the_mistake_for_each_of_its_rules(base, rule):
    assert finds(base, rule, search=LONG if (base, rule) in RARE else SEARCH)


@pytest.mark.untraced
@pytest.mark.parametrize(("base", "rule"), sorted(QUICK, key=str))
def test_a_short_search_without_a_rule_does_not_find_the_mistake_for_it(base, rule):
    assert not finds(base, rule, without=[rule], search=FEW)


@pytest.mark.campaign
@pytest.mark.parametrize(("base", "rule"), ALL_RULES)
def test_a_machine_without_a_rule_does_not_find_the_mistake_for_it(base, rule):
    search = LONG if (base, rule) in RARE else SEARCH
    assert not finds(base, rule, without=[rule], search=search)


class LateErrorEnds(Bad):
    """A worker that has lost a job can still end it in an error."""

    def _end_in_error(self, job, status):
        return self._endings.fail(job, status)


def test_the_machine_reports_an_end_in_an_error_by_a_worker_that_has_lost_its_job():
    state = machine_for(JobLifecycleMachine, LateErrorEnds)()
    state.begin(which=0, skews=[0, 0], queued=1)
    state.take(who=0)
    state.wait(seconds=310)
    state.recover(who=1)
    with pytest.raises(AssertionError, match="ended in an error that no worker reported"):
        state.end(who=0, status="ERROR")
    state.jobs.clear()
    state.teardown()
