"""Tests that `DropboxMachine` finds each bug of an option, a limit or an older form of a call."""

import pytest
from hypothesis import seed
from tests.support.detail_machine import machine_with
from tests.support.planted_detail_bugs import DETAIL_BUGS
from tests.support.shrinking import check_finds

# These bugs are found in a second or two each; the campaign looks for the others.
QUICK = set()
SEEDS = {}
ALL_BUGS = [
    pytest.param(bug, marks=[] if bug in QUICK else [pytest.mark.campaign], id=bug)
    for bug in DETAIL_BUGS
]


@pytest.mark.untraced
@pytest.mark.parametrize("bug", ALL_BUGS)
def test_the_machine_finds_the_planted_bug_of_a_detail(bug):
    plant, rules = DETAIL_BUGS[bug]
    check_finds(seed(SEEDS.get(bug, 0))(machine_with(rules)), bug, plant)
