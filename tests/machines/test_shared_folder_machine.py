"""Tests of `SharedFolderMachine`: short searches, and long ones in the campaign."""

from collections import Counter
from contextlib import contextmanager

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.support.campaigns import run_campaign
from tests.support.folder_machine import ThreePeople, TwoPeople, with_personality

from fakedropbox import Personality
from fakedropbox.machines._example import Example

PRESETS = [Personality.recorded, Personality.documented, Personality.hostile]
MACHINES = [
    with_personality(machine, preset) for machine in (TwoPeople, ThreePeople) for preset in PRESETS
]
SHORT = settings(
    max_examples=3,
    stateful_step_count=20,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
)


def class_name(machine):
    return machine.__name__


@pytest.mark.parametrize("machine", MACHINES, ids=class_name)
def test_a_short_search_of_shared_folders_finds_no_difference(machine):
    run_state_machine_as_test(machine, settings=SHORT)


@pytest.mark.campaign
@pytest.mark.parametrize("machine", MACHINES, ids=class_name)
def test_20000_steps_of_shared_folders_find_no_difference(machine, capsys, monkeypatch):
    """Print how many calls or entries of each rule succeeded, and how many were refused."""
    run_campaign(machine, capsys, counted_by_rule(monkeypatch))


def counted_by_rule(monkeypatch):
    """Return a table that counts the expected results and refusals of each rule from now on."""
    table, current = {}, []
    rule, expected = Example.rule, Example.expected

    @contextmanager
    def named(example, name):
        current[:] = [name]
        with rule(example, name) as calls:
            yield calls

    def counted(example, predict, outcome):
        table.setdefault(current[0], Counter())["refused" if outcome.chain else "ok"] += 1
        return expected(example, predict, outcome)

    monkeypatch.setattr(Example, "rule", named)
    monkeypatch.setattr(Example, "expected", counted)
    return table
