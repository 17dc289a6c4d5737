"""Tests that `SharedFolderMachine` finds each bug of shared folders planted into the double."""

import pytest
from tests.support.drawn_folder_bugs import DRAWN_BUGS
from tests.support.folder_machine import ThreePeople
from tests.support.planted_folder_bugs import FOLDER_BUGS
from tests.support.shrinking import check_finds

# These bugs are found in a second or two each; the campaign looks for the others.
QUICK = {
    "mounts take no space",
    "a mount has no sharing information",
    "the time of the invitation is one second late",
}
BUGS = FOLDER_BUGS | DRAWN_BUGS
ALL_BUGS = [
    pytest.param(bug, marks=[] if bug in QUICK else [pytest.mark.campaign], id=bug) for bug in BUGS
]


@pytest.mark.untraced
@pytest.mark.parametrize("bug", ALL_BUGS)
def test_the_machine_finds_the_planted_bug_of_shared_folders(bug):
    check_finds(type("Seeded", (ThreePeople,), {}), bug, BUGS[bug])
