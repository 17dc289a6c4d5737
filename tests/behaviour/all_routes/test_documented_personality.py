"""What the documentation permits, one choice at a time: order, sizes of pages, repetitions."""

from itertools import pairwise

import pytest
from dropbox.files import WriteMode
from tests.support.doors import KINDS, changes, listed, paths, rows

from fakedropbox import FakeDropboxService, Personality

NAMES = [f"/{number}" for number in range(12)]


def filled(dbx, names=NAMES):
    for name in names:
        dbx.files_upload(name.encode(), name)


def pages(dbx, page):
    """Every page, the given one first."""
    found = [page]
    while found[-1].has_more:
        found.append(dbx.files_list_folder_continue(found[-1].cursor))
    return found


class TestOrder:
    @pytest.mark.dropbox(personality=Personality(list_order="shuffled"))
    def test_a_listing_in_any_order(self, dbx):
        filled(dbx)
        orders = {tuple(paths(listed(dbx, "", limit=limit))) for limit in (1, 2, 5, 2000)}
        assert len(orders) > 1
        assert all(sorted(order) == sorted(NAMES) for order in orders)

    @pytest.mark.evidence("F6.1-08")
    @pytest.mark.dropbox(personality=Personality(list_order="shuffled"))
    @pytest.mark.parametrize("limit", [1, 3, 2000])
    def test_with_tombstones(self, dbx, limit):
        filled(dbx)
        for name in NAMES[::2]:
            dbx.files_delete_v2(name)
        found = listed(dbx, "", include_deleted=True, limit=limit)
        assert sorted(rows(found)) == sorted(
            ("deleted" if index % 2 == 0 else "file", name) for index, name in enumerate(NAMES)
        )

    @pytest.mark.evidence("F6.2-07")
    @pytest.mark.dropbox(personality=Personality(change_order="shuffled"))
    def test_a_rename_may_tell_the_new_name_first(self, dbx):
        dbx.files_upload(b"x", "/a")
        cursor = dbx.files_list_folder_get_latest_cursor("").cursor
        dbx.files_move_v2("/a", "/b")
        told = {tuple(rows(changes(dbx, cursor)[0])) for _ in range(12)}
        both = ("deleted", "/a"), ("file", "/b")
        assert told == {both, both[::-1]}

    @pytest.mark.evidence("F6.2-09")
    @pytest.mark.dropbox(
        personality=Personality(change_order="shuffled", deleted_children=False), seed=3
    )
    def test_a_folder_that_went_and_came_back_stays_in_order(self, dbx):
        dbx.files_upload(b"x", "/a/b")
        cursor = dbx.files_list_folder_get_latest_cursor("", recursive=True).cursor
        dbx.files_delete_v2("/a")
        dbx.files_upload(b"y", "/a/c")
        for _ in range(12):
            assert rows(changes(dbx, cursor)[0]) == [
                ("deleted", "/a"),
                ("folder", "/a"),
                ("file", "/a/c"),
            ]


class TestPages:
    @pytest.mark.evidence("F6.1-02", "F6.1-03", "F10-06")
    @pytest.mark.dropbox(personality=Personality(uneven_pages=True))
    def test_sizes(self, dbx):
        filled(dbx)
        sizes, empties = set(), 0
        for _ in range(60):
            read = pages(dbx, dbx.files_list_folder("", limit=5))
            assert paths(entry for page in read for entry in page.entries) == NAMES
            lengths = [len(page.entries) for page in read[:-1]]
            assert (0, 0) not in pairwise(lengths)
            sizes |= set(lengths)
            empties += lengths.count(0)
        assert sizes == set(range(8))  # up to two more than was asked for
        assert empties

    @pytest.mark.evidence("F6.1-02")
    @pytest.mark.dropbox(personality=Personality(page_size=5))
    def test_without_a_limit(self, dbx):
        cursor = dbx.files_list_folder_get_latest_cursor("").cursor
        filled(dbx)
        for first in (dbx.files_list_folder(""), dbx.files_list_folder_continue(cursor)):
            assert [len(page.entries) for page in pages(dbx, first)] == [5, 5, 2]

    @pytest.mark.evidence("F6.1-03")
    @pytest.mark.dropbox(personality=Personality(uneven_pages=True))
    def test_of_changes_too(self, dbx):
        cursor = dbx.files_list_folder_get_latest_cursor("", limit=5).cursor
        filled(dbx)
        sizes = set()
        for _ in range(60):
            read = pages(dbx, dbx.files_list_folder_continue(cursor))
            assert paths(entry for page in read for entry in page.entries) == NAMES
            sizes |= {len(page.entries) for page in read[:-1]}
        assert sizes == set(range(8))

    @pytest.mark.evidence("F6.1-06", "F6.1-03")
    @pytest.mark.dropbox(personality=Personality(uneven_pages=True))
    def test_the_listed_folder_is_never_lost(self, dbx):
        dbx.files_upload(b"x", "/a/b")
        for _ in range(20):
            assert paths(listed(dbx, "/a", recursive=True, limit=1)) == ["/a", "/a/b"]

    @pytest.mark.evidence("F6.1-03")
    @pytest.mark.dropbox(personality=Personality.documented)
    def test_more_after_nothing(self, dbx):
        page = dbx.files_list_folder("")
        assert (page.entries, page.has_more) == ([], True)
        assert not dbx.files_list_folder_continue(page.cursor).has_more


@pytest.mark.evidence("F6.2-05")
@pytest.mark.dropbox(personality=Personality(repeated_entries=True))
class TestRepeated:
    def test_what_did_not_change_goes_and_comes_back(self, dbx):
        filled(dbx, ["/a/b", "/a/c", "/d"])
        cursor = dbx.files_list_folder_get_latest_cursor("", recursive=True).cursor
        dbx.files_upload(b"e", "/e")
        told = {tuple(rows(changes(dbx, cursor)[0])) for _ in range(40)}
        again = [("deleted", "/a"), ("folder", "/a"), ("file", "/a/b"), ("file", "/a/c")]
        assert told == {
            (("file", "/e"),),
            (*again, ("file", "/e")),
            (("deleted", "/d"), ("file", "/d"), ("file", "/e")),
            (("deleted", "/e"), ("file", "/e"), ("file", "/e")),
        }

    def test_one_level_only_where_only_one_is_listed(self, dbx):
        filled(dbx, ["/a/b"])
        cursor = dbx.files_list_folder_get_latest_cursor("").cursor
        dbx.files_upload(b"x", "/a/c")
        dbx.files_create_folder_v2("/z")
        told = {tuple(rows(changes(dbx, cursor)[0])) for _ in range(40)}
        assert (("deleted", "/a"), ("folder", "/a"), ("folder", "/z")) in told

    def test_a_big_folder_is_left_alone(self, dbx):
        filled(dbx, [f"/a/{number}" for number in range(11)])
        cursor = dbx.files_list_folder_get_latest_cursor("", recursive=True).cursor
        dbx.files_upload(b"x", "/a/0", mode=WriteMode.overwrite)
        assert {len(changes(dbx, cursor)[0]) for _ in range(20)} == {1}

    def test_nothing_happened_is_still_nothing(self, dbx):
        filled(dbx, ["/a"])
        cursor = dbx.files_list_folder_get_latest_cursor("").cursor
        assert all(changes(dbx, cursor)[0] == [] for _ in range(20))
        assert not dbx.files_list_folder_longpoll(cursor).changes


def test_one_seed_one_story():
    def story(seed):
        dbx = FakeDropboxService(seed, Personality.documented).client()
        cursor = dbx.files_list_folder_get_latest_cursor("", recursive=True).cursor
        filled(dbx)
        told = changes(dbx, cursor)[0] + listed(dbx)
        return [(KINDS[type(entry)], entry.path_lower) for entry in told]

    assert story(1) == story(1)
    assert story(1) != story(2)
