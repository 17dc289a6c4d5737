"""A copy that is kept up to date by cursors alone: the promise of §6.2 (F6.2-09).

Whatever happens between and during the pages, applying the entries in the order in which
they come ends at what a new listing shows.
"""

from contextlib import nullcontext

import pytest
from dropbox.exceptions import ApiError
from dropbox.files import DeletedMetadata, FileMetadata
from hypothesis import given
from hypothesis import strategies as st
from tests.doors.door_kit import chain, changes, listed, rest_of
from tests.properties.door_ops import Actor, histories

from fakedropbox import FakeDropboxService, Personality

PERSONALITIES = st.builds(
    Personality,
    list_order=st.sampled_from(["creation", "name"]),
    case_only_move=st.sampled_from(["unchanged", "renamed"]),
    deleted_children=st.booleans(),
)
LISTINGS = st.fixed_dictionaries(
    {
        "path": st.sampled_from(["", "", "/a", "/b", "/a/b"]),
        "recursive": st.booleans(),
        "include_deleted": st.booleans(),
        "limit": st.sampled_from([1, 2, 3, 2000]),
    }
)


class Mirror:
    """What a client does that follows the documentation of `ListFolderResult`."""

    def __init__(self):
        self.entries = {}

    def apply(self, entries):
        for entry in entries:
            path = entry.path_lower
            if isinstance(entry, (DeletedMetadata, FileMetadata)):
                below = [known for known in self.entries if known.startswith(f"{path}/")]
                for known in (*below, path):
                    self.entries.pop(known, None)
            if not isinstance(entry, DeletedMetadata):
                self.entries[path] = identity(entry)


def identity(entry):
    """What must be right; a change of case alone is never told (F6.2-10)."""
    return type(entry).__name__, entry.id, getattr(entry, "rev", None)


@pytest.mark.evidence("F6.2-01", "F6.2-05", "F6.2-06", "F6.2-07", "F6.2-08", "F6.2-09", "F6.1-06")
@given(
    before=histories(10),
    during=st.lists(st.tuples(histories(3), st.booleans(), st.booleans()), max_size=6),
    listing=LISTINGS,
    personality=PERSONALITIES,
)
def test_the_mirror_is_right(before, during, listing, personality):
    service = FakeDropboxService(0, personality)
    dbx = service.client()
    actor = Actor(dbx, service)
    for op in before:
        actor.do(op)
    mirror = Mirror()
    refused = None
    try:
        page = dbx.files_list_folder(**listing)
        mirror.apply(page.entries)
        for history, undone, reads in during:
            with service.scratch() if undone else nullcontext():
                for op in history:
                    actor.do(op)
            if reads:
                page = dbx.files_list_folder_continue(page.cursor)
                mirror.apply(page.entries)
        first = rest_of(dbx, page)  # the end of the listing is not yet the end of the changes
        mirror.apply(first[0])
        mirror.apply(changes(dbx, first[1])[0])
        now = listed(dbx, listing["path"], recursive=listing["recursive"])
    except ApiError as error:  # the listed folder is not there, or no more
        refused, now = chain(error.error), []
    assert refused in {None, "path/not_found", "path/not_folder"}
    found = {entry.path_lower: identity(entry) for entry in now}
    assert refused or mirror.entries == found


@pytest.mark.evidence("F6.2-04", "F6.2-05")
@given(before=histories(10), after=histories(10), limit=st.sampled_from([1, 2, 2000]))
def test_a_replayed_cursor_tells_the_same_once_more(before, after, limit):
    service = FakeDropboxService()
    actor = Actor(service.client(), service)
    for op in before:
        actor.do(op)
    latest = service.client().files_list_folder_get_latest_cursor
    cursor = latest("", recursive=True, limit=limit).cursor
    for op in after:
        actor.do(op)
    told = [changes(service.client(), cursor)[0] for _ in range(2)]
    assert told[0] == told[1]
    lower = [entry.path_lower for entry in told[0]]
    assert len(lower) == len(set(lower))  # one entry a path, the latest
