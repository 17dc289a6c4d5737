"""The machine finds each of many mistakes that a Dropbox could make."""

import pytest
from tests.support.planted_bugs import BUGS
from tests.support.shrinking import difference_after, first_difference, shrunk

from fakedropbox import FakeDropbox
from fakedropbox.machines import DropboxMachine

# What needs many steps to come up is looked for in the campaign.
RARE = {
    "an outdated update of a doc is accepted",
    "a thumbnail is the picture itself",
    "a thumbnail has the metadata of another revision",
    "an upload link never renames",
    "search in content finds names only",
    "tag lost by a move",
}
EACH = [
    pytest.param(bug, marks=[pytest.mark.campaign] if bug in RARE else [], id=bug) for bug in BUGS
]


class Machine(DropboxMachine):
    strict = True
    urls = {"https://example.com/x": b"x"}  # noqa: RUF012 -- as the machine has it

    def make_client(self):
        client = FakeDropbox()
        client.service.web = self.urls
        return client


@pytest.mark.parametrize("bug", EACH)
def test_the_machine_finds(bug):
    with BUGS[bug]():
        steps = first_difference(Machine)
        assert steps is not None, "not found"
        found = shrunk(Machine, steps)
    print(f"\n| {bug} | {found.rule} | {found.steps} | {found.what[:150]}")
    assert difference_after(Machine, steps) is None, "found without the bug, too"
