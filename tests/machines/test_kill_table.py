"""Tests that the machine finds each planted bug of the double."""

import pytest
from tests.support.planted_bugs import BUGS
from tests.support.shrinking import difference_after, first_difference, shrunk

from fakedropbox import FakeDropbox
from fakedropbox.machines import DropboxMachine

# These bugs need long searches, so only the campaign looks for them.
RARE = {
    "an outdated update of a doc is accepted",
    "a thumbnail is the picture itself",
    "a thumbnail has the metadata of another revision",
    "an upload link never renames",
    "search in content finds names only",
    "tag lost by a move",
}
ALL_BUGS = [
    pytest.param(bug, marks=[pytest.mark.campaign] if bug in RARE else [], id=bug) for bug in BUGS
]


class Machine(DropboxMachine):
    strict = True
    urls = {"https://example.com/x": b"x"}  # noqa: RUF012 -- as in `DropboxMachine`

    def make_client(self):
        client = FakeDropbox()
        client.service.web = self.urls
        return client


@pytest.mark.parametrize("bug", ALL_BUGS)
def test_the_machine_finds_the_planted_bug(bug):
    with BUGS[bug]():
        steps = first_difference(Machine)
        assert steps is not None, f"the machine did not find the bug: {bug}"
        found = shrunk(Machine, steps)
    print(f"\n| {bug} | {found.rule} | {found.steps} | {found.what[:150]}")
    assert difference_after(Machine, steps) is None, f"the steps fail without the bug, too: {bug}"
