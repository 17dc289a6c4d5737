"""Tests that `DropboxMachine` finds each bug of shared links planted into the double."""

import pytest
from hypothesis import seed
from tests.support.link_machine import LinkMachine
from tests.support.planted_link_bugs import LINK_BUGS
from tests.support.shrinking import difference_after, first_difference, shrunk

SEEDS = {}
RARE = set()
ALL_BUGS = [
    pytest.param(bug, marks=[pytest.mark.campaign] if bug in RARE else [], id=bug)
    for bug in LINK_BUGS
]


@pytest.mark.untraced
@pytest.mark.parametrize("bug", ALL_BUGS)
def test_the_machine_finds_the_planted_bug_of_links(bug):
    machine = seed(SEEDS.get(bug, 0))(type("Seeded", (LinkMachine,), {}))
    with LINK_BUGS[bug]():
        steps = first_difference(machine)
        assert steps is not None, f"the machine did not find the bug: {bug}"
        found = shrunk(machine, steps)
    print(f"\n| {bug} | {found.rule} | {found.steps} | {found.what[:150]}")
    assert difference_after(machine, steps) is None, f"the steps fail without the bug, too: {bug}"
