"""Tests of the cached order of recursive listings: it equals a newly sorted one."""

from contextlib import suppress

import pytest
from dropbox.exceptions import ApiError
from dropbox.files import WriteMode
from hypothesis import given
from hypothesis import strategies as st
from tests.support.doors import listed, paths

from fakedropbox import FakeDropboxService, Personality

FOLDERS = ["/a", "/a/b", "/c", "/a/b/d"]
PATHS = st.builds("{}/{}".format, st.sampled_from(["", *FOLDERS]), st.sampled_from("abcxy"))
CHANGES = st.one_of(
    st.tuples(st.just("upload"), PATHS),
    st.tuples(st.just("create"), PATHS),
    st.tuples(st.just("delete"), PATHS),
    st.tuples(st.just("move"), PATHS, PATHS),
    st.tuples(st.just("copy"), PATHS, PATHS),
    st.just(("list",)),
    st.just(("snapshot",)),
    st.just(("restore",)),
)


def listed_tree(service):
    (tree,) = service.gate.world.files.trees.values()
    return getattr(tree, "copy", tree)  # listings read the copy, if they lag


def listings(service, dbx):
    """Return the paths of recursive listings of three folders, each in its cached order."""
    found = {}
    for path in ("", "/a", "/a/b"):
        for deleted in (False, True):
            with suppress(ApiError):
                entries = listed(dbx, path, recursive=True, include_deleted=deleted)
                found[path, deleted] = paths(entries)
    return found


def change(service, dbx, what, ends, number, snapshots):
    if what == "upload":
        dbx.files_upload(b"%d" % number, *ends, mode=WriteMode.overwrite)
    elif what == "create":
        dbx.files_create_folder_v2(*ends)
    elif what == "delete":
        dbx.files_delete_v2(*ends)
    elif what == "move":
        dbx.files_move_v2(*ends)
    elif what == "copy":
        dbx.files_copy_v2(*ends)
    elif what == "snapshot":
        snapshots.append(service.snapshot())
    elif what == "restore" and snapshots:
        service.restore(snapshots.pop())
    else:
        listings(service, dbx)


@pytest.mark.evidence("F6.1-01")
@pytest.mark.parametrize(
    "personality",
    [Personality.recorded, Personality(lag_entries=3, lag_seconds=1, deleted_children=False)],
    ids=["recorded", "lagging"],
)
@given(changes=st.lists(CHANGES, max_size=20))
def test_a_cached_order_equals_a_newly_sorted_one(personality, changes):
    service = FakeDropboxService(
        personality=personality, files={f"{path}/x": b"" for path in FOLDERS}
    )
    dbx, snapshots = service.client(), []
    listings(service, dbx)
    for number, (what, *ends) in enumerate(changes):
        with suppress(ApiError):
            change(service, dbx, what, ends, number, snapshots)
    service.clock.advance(2)
    kept = listings(service, dbx)
    listed_tree(service).derived.clear()
    assert kept == listings(service, dbx)


def test_the_cached_order_of_a_listing_is_rebuilt_after_many_changes():
    service = FakeDropboxService(files={"/a/x": b"", "/a/y": b""})
    dbx = service.client()
    listed(dbx, recursive=True)
    (first,) = listed_tree(service).derived.values()
    orders = []
    for number in range(1010):
        dbx.files_upload(b"%d" % number, "/a/x", mode=WriteMode.overwrite)
        assert paths(listed(dbx, recursive=True)) == ["/a", "/a/y", "/a/x"]
        orders += listed_tree(service).derived.values()
    assert orders[0] is first
    assert orders[-1] is not first  # a new order, without the file's former places


def test_only_the_most_recently_used_orders_are_cached():
    folders = [f"/{number}" for number in range(20)]
    service = FakeDropboxService(files={f"{path}/x": b"" for path in folders})
    dbx = service.client()
    for path in (*folders, "/3"):
        assert paths(listed(dbx, path, recursive=True)) == [path, f"{path}/x"]
    kept = listed_tree(service).derived
    assert len(kept) == 8
    assert next(reversed(kept)) == (number_of(service, "/3"), False)


def number_of(service, path):
    return service.gate.world.files.views[listed_tree(service).namespace_id].node(path).number
