"""Property tests of a mirror that is kept up to date by cursors alone (F6.2-09).

A client that applies the entries in the order of their arrival ends with the same files and
folders as a new listing, even if they change between the pages.
"""

from contextlib import contextmanager, nullcontext

import pytest
from dropbox.exceptions import ApiError
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.doors import chain, changes, listed, sdk_client
from tests.support.mirror import Mirror, identity
from tests.support.operations import Actor, histories

from fakedropbox import FakeDropboxService, Personality

PERSONALITIES = st.one_of(
    st.just(Personality.documented),
    st.builds(
        Personality,
        wire=st.sampled_from(["classic", "compact"]),
        list_order=st.sampled_from(["rev", "creation", "name", "shuffled"]),
        change_order=st.sampled_from(["journal", "shuffled"]),
        uneven_pages=st.booleans(),
        empty_first_page=st.booleans(),
        repeated_entries=st.booleans(),
        case_only_move=st.sampled_from(["unchanged", "renamed"]),
        deleted_children=st.booleans(),
    ),
)
LISTINGS = st.fixed_dictionaries(
    {
        "path": st.sampled_from(["", "", "/a", "/b", "/a/b", "id:/a"]),
        "recursive": st.booleans(),
        "include_deleted": st.booleans(),
        "limit": st.sampled_from([1, 2, 3, 2000]),
    }
)


@contextmanager
def sdk_clients(service):
    with service.activate():
        yield sdk_client(service)


DOORS = {
    "direct": lambda service: nullcontext(service.client()),
    "sdk": sdk_clients,
}


class Follower:
    """A client that keeps a mirror, and its first eight cursors, each with a copy of the mirror."""

    def __init__(self, dbx, listing):
        self.dbx = dbx
        self.mirror = Mirror()
        self.page = None
        self.past = []
        self._keep(dbx.files_list_folder(**listing))

    def _keep(self, page):
        self.page = page
        self.mirror.apply(page.entries)
        if len(self.past) < 8:
            self.past.append((page.cursor, self.mirror.entries.copy()))

    def read_on(self):
        self._keep(self.dbx.files_list_folder_continue(self.page.cursor))

    def mirrors_now(self):
        """Yield the mirror that results from each kept cursor and its copy of the mirror."""
        for cursor, entries in self.past:
            mirror = Mirror()
            mirror.entries = entries
            # The first call may only finish the listing; the second one reads later changes.
            first, later = changes(self.dbx, cursor)
            mirror.apply(first)
            mirror.apply(changes(self.dbx, later)[0])
            yield mirror.entries


def follow(service, dbx, before, during, listing):
    """Return the mirrors after all operations, and the entries of a new listing."""
    actor = Actor(service.client(), service)
    for op in before:
        actor.do(op)
    try:
        if listing["path"].startswith("id:"):
            named = dbx.files_get_metadata(listing["path"].removeprefix("id:"))
            listing = {**listing, "path": named.id}
        follower = Follower(dbx, listing)
        for history, undone, reads in during:
            with service.scratch() if undone else nullcontext():
                for op in history:
                    actor.do(op)
            if reads:
                follower.read_on()
        if listing["path"].startswith("id:"):  # a cursor for an id stays valid after a move
            service.client().files_move_v2(listing["path"], "/moved", autorename=True)
        mirrors = list(follower.mirrors_now())
        now = listed(dbx, listing["path"], recursive=listing["recursive"])
    except ApiError as error:  # the listed folder does not exist, was deleted, or is a file
        gone = {"path/not_found", "path/not_folder", "from_lookup/not_found"}
        if chain(error.error) not in gone:
            raise
        return [], {}
    return mirrors, {entry.path_lower: identity(entry) for entry in now}


DURING = st.lists(st.tuples(histories(3), st.booleans(), st.booleans()), max_size=6)


@pytest.mark.evidence("F6.2-01", "F6.2-05", "F6.2-06", "F6.2-07", "F6.2-08", "F6.2-09", "F6.1-06")
@pytest.mark.evidence("F3.1-10")
@pytest.mark.parametrize("door", DOORS)
@given(
    before=histories(10),
    during=DURING,
    listing=LISTINGS,
    personality=PERSONALITIES,
    seed=st.integers(0, 3),
)
def test_a_mirror_continued_from_any_cursor_equals_a_new_listing(
    door, before, during, listing, personality, seed
):
    service = FakeDropboxService(seed, personality)
    with DOORS[door](service) as dbx:
        mirrors, now = follow(service, dbx, before, during, listing)
    assert all(mirror == now for mirror in mirrors)


@pytest.mark.campaign
@pytest.mark.parametrize("door", DOORS)
@settings(max_examples=5000)
@given(
    before=histories(40),
    during=st.lists(st.tuples(histories(8), st.booleans(), st.booleans()), max_size=12),
    listing=LISTINGS,
    personality=PERSONALITIES,
    seed=st.integers(0, 99),
)
def test_a_mirror_equals_a_new_listing_after_long_histories(
    door, before, during, listing, personality, seed
):
    service = FakeDropboxService(seed, personality)
    with DOORS[door](service) as dbx:
        mirrors, now = follow(service, dbx, before, during, listing)
    assert all(mirror == now for mirror in mirrors)


@pytest.mark.evidence("F6.2-04", "F6.2-05")
@given(before=histories(10), after=histories(10), limit=st.sampled_from([1, 2, 2000]))
def test_a_replayed_cursor_reports_the_same_changes_again(before, after, limit):
    service = FakeDropboxService()
    actor = Actor(service.client(), service)
    for op in before:
        actor.do(op)
    latest = service.client().files_list_folder_get_latest_cursor
    cursor = latest("", recursive=True, limit=limit).cursor
    for op in after:
        actor.do(op)
    reported = [changes(service.client(), cursor)[0] for _ in range(2)]
    assert reported[0] == reported[1]
    lower = [entry.path_lower for entry in reported[0]]
    assert len(lower) == len(set(lower))  # one entry for each path: the latest
