"""Tests that `DropboxMachine` finds each bug of an option, a limit or an older form of a call."""

import pytest
from hypothesis import seed, settings
from tests.support.detail_machine import Lockable, machine_with
from tests.support.planted_detail_bugs import DETAIL_BUGS
from tests.support.shrinking import SEARCH, check_finds, first_difference

# These bugs are found in a second or two each; the campaign looks for the others.
QUICK = {
    "a client_modified in the future is cut",
    "a folder in a newer one is listed before it",
    "a past revision has the present name",
    "a restored file needs no room",
    "a strict update of a missing file creates it",
    "an empty last piece of a batch does not close",
    "an unknown extension is that of a document",
    "the length of a property is that of its text",
}
ALL_BUGS = [
    pytest.param(bug, marks=[] if bug in QUICK else [pytest.mark.campaign], id=bug)
    for bug in DETAIL_BUGS
]


def test_each_bug_can_be_planted():
    for bug in DETAIL_BUGS.values():
        with bug.plant():
            pass


@pytest.mark.untraced
@pytest.mark.parametrize("bug", ALL_BUGS)
def test_the_machine_finds_the_planted_bug_of_a_detail(bug):
    plant, rules = DETAIL_BUGS[bug]
    check_finds(seed(0)(machine_with(rules)), bug, plant)


@pytest.mark.campaign
@pytest.mark.parametrize(
    "bug", ["a copied folder needs no room", "an older batch keeps what it did before a refusal"]
)
def test_the_machine_with_all_rules_finds_a_bug_that_few_random_calls_show(bug):
    with DETAIL_BUGS[bug].plant():
        assert first_difference(Lockable, settings(SEARCH, max_examples=600)) is not None
