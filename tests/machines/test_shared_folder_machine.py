"""Tests of `SharedFolderMachine`: short searches, its reports, and the campaign."""

import itertools
import time
from collections import Counter
from contextlib import contextmanager

import pytest
from hypothesis import Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
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
    table = counted_by_rule(monkeypatch)
    steps, began = 0, time.process_time()

    class Counted(machine):
        def teardown(self):
            nonlocal steps
            steps += self.steps
            super().teardown()

    campaign = settings(max_examples=100, stateful_step_count=50, database=None, print_blob=True)
    for number in itertools.count():
        if steps >= 20_000:
            break
        run_state_machine_as_test(seed(number)(Counted), settings=campaign)
    seconds = time.process_time() - began
    with capsys.disabled():
        print(f"\n{machine.__name__}: {steps} steps, seeds 0 to {number - 1}, {seconds:.0f} s")
        for rule, outcomes in sorted(table.items()):
            print(f"| {rule} | {outcomes['ok']} | {outcomes['refused']} |")


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
