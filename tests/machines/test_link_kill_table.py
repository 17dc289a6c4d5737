"""Tests that `DropboxMachine` finds each bug of shared links planted into the double."""

import pytest
from hypothesis import seed
from tests.support.link_machine import LinkMachine
from tests.support.planted_link_bugs import LINK_BUGS
from tests.support.shrinking import check_finds

# These bugs are found in a second or two each; the campaign looks for the others.
QUICK = {
    "a link survives the deletion of its folder",
    "a wrong password opens a link",
    "the owner needs no password",
    "the links of all accounts are listed",
    "a teammate counts as the owner",
    "a revoked link is still found by its url",
    "the path of a link is that of its creation",
    "a team link is open to every team",
    "an app reads links of every audience",
}
# With these seeds the search is short; after a change of the machine it may take longer.
SEEDS = {"a cursor outlives the link": 1, "a change to the past is accepted": 4}
ALL_BUGS = [
    pytest.param(bug, marks=[] if bug in QUICK else [pytest.mark.campaign], id=bug)
    for bug in LINK_BUGS
]


@pytest.mark.untraced
@pytest.mark.parametrize("bug", ALL_BUGS)
def test_the_machine_finds_the_planted_bug_of_links(bug):
    machine = seed(SEEDS.get(bug, 0))(type("Seeded", (LinkMachine,), {}))
    check_finds(machine, bug, LINK_BUGS[bug])
