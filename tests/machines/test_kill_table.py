"""Tests that `DropboxMachine` finds each bug of files and their properties in `planted_bugs`."""

import pytest
from hypothesis import seed
from tests.support.files_machine import FilesMachine
from tests.support.planted_bugs import BUGS
from tests.support.shrinking import check_finds

# These bugs need long searches, so only the campaign looks for them.
RARE = {
    "an outdated update of a doc is accepted",
    "a thumbnail is the picture itself",
    "a thumbnail has the metadata of another revision",
    "an upload link never renames",
    "search in content finds names only",
    "tag lost by a move",
}
# With these seeds the search is short; after a change of the machine it may take longer.
SEEDS = {
    "a batch of thumbnails repeats the first": 58,
    "a doc gets no text": 7,
    "a saved url has a wrong hash": 3,
    "a search by properties matches any field": 68,
    "a search by properties returns the folder": 42,
    "an outdated update of a doc is accepted": 13,
    "an upload link works twice": 9,
    "append batch sends each the first piece": 64,
    "autorename starts at 2": 7,
    "batch stops at the first failure": 3,
    "case sensitive lookup": 1,
    "copy forgets client modified": 6,
    "copy keeps the id": 6,
    "cursor that skips": 5,
    "delete not recursive": 36,
    "deleted entries are not listed": 14,
    "deletions are not reported": 26,
    "id changed by a move": 8,
    "listing misses the last page": 30,
    "longpoll always reports changes": 48,
    "lost tombstone": 14,
    "nfd not composed": 6,
    "overwritten move target": 12,
    "path lower by the latest unicode": 3,
    "property kept after its removal": 1,
    "restore gives the first content": 38,
    "revisions oldest first": 6,
    "search finds a deleted file": 32,
    "session accepts a wrong offset": 10,
    "session outlives its finish": 21,
    "strict conflict ignored": 7,
    "tag lost by a move": 3,
    "update ignores the rev": 8,
    "zip misses a file": 14,
}
ALL_BUGS = [
    pytest.param(bug, marks=[pytest.mark.campaign] if bug in RARE else [], id=bug) for bug in BUGS
]


@pytest.mark.untraced
@pytest.mark.parametrize("bug", ALL_BUGS)
def test_the_machine_finds_the_planted_bug(bug):
    machine = seed(SEEDS.get(bug, 0))(type("Seeded", (FilesMachine,), {}))
    check_finds(machine, bug, BUGS[bug])
