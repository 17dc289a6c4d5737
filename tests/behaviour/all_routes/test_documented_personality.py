"""Tests of the `documented` personality: varying orders and page sizes, repeated entries."""

from itertools import pairwise

import pytest
from dropbox.files import WriteMode
from tests.support.doors import KINDS, changes, listed, paths, rows

from fakedropbox import FakeDropboxService, Personality

NAMES = [f"/{number}" for number in range(12)]


def upload_files(dbx, names=NAMES):
    for name in names:
        dbx.files_upload(name.encode(), name)


def pages(dbx, page):
    """Return all pages of a listing, starting with the given one."""
    found = [page]
    while found[-1].has_more:
        found.append(dbx.files_list_folder_continue(found[-1].cursor))
    return found


class TestOrder:
    @pytest.mark.dropbox(personality=Personality(list_order="shuffled"))
    def test_a_listing_may_have_any_order(self, dbx):
        upload_files(dbx)
        orders = {tuple(paths(listed(dbx, "", limit=limit))) for limit in (1, 2, 5, 2000)}
        assert len(orders) > 1
        assert all(sorted(order) == sorted(NAMES) for order in orders)

    @pytest.mark.evidence("F6.1-08")
    @pytest.mark.dropbox(personality=Personality(list_order="shuffled"))
    @pytest.mark.parametrize("limit", [1, 3, 2000])
    def test_a_shuffled_listing_has_every_tombstone(self, dbx, limit):
        upload_files(dbx)
        for name in NAMES[::2]:
            dbx.files_delete_v2(name)
        found = listed(dbx, "", include_deleted=True, limit=limit)
        assert sorted(rows(found)) == sorted(
            ("deleted" if index % 2 == 0 else "file", name) for index, name in enumerate(NAMES)
        )

    @pytest.mark.evidence("F6.2-07")
    @pytest.mark.dropbox(personality=Personality(change_order="shuffled"))
    def test_a_rename_may_report_the_new_name_first(self, dbx):
        dbx.files_upload(b"x", "/a")
        cursor = dbx.files_list_folder_get_latest_cursor("").cursor
        dbx.files_move_v2("/a", "/b")
        reported = {tuple(rows(changes(dbx, cursor)[0])) for _ in range(12)}
        both = ("deleted", "/a"), ("file", "/b")
        assert reported == {both, both[::-1]}

    @pytest.mark.evidence("F6.2-09")
    @pytest.mark.dropbox(
        personality=Personality(change_order="shuffled", deleted_children=False), seed=3
    )
    def test_a_folder_deleted_and_created_again_is_reported_in_order(self, dbx):
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
    def test_pages_of_a_listing_vary_in_size(self, dbx):
        upload_files(dbx)
        sizes, empties = set(), 0
        for _ in range(60):
            read = pages(dbx, dbx.files_list_folder("", limit=5))
            assert paths(entry for page in read for entry in page.entries) == NAMES
            lengths = [len(page.entries) for page in read[:-1]]
            assert (0, 0) not in pairwise(lengths)
            sizes |= set(lengths)
            empties += lengths.count(0)
        assert sizes == set(range(8))  # up to two more than the limit
        assert empties

    @pytest.mark.evidence("F6.1-02")
    @pytest.mark.dropbox(personality=Personality(page_size=5))
    def test_page_size_applies_without_a_limit(self, dbx):
        cursor = dbx.files_list_folder_get_latest_cursor("").cursor
        upload_files(dbx)
        for first in (dbx.files_list_folder(""), dbx.files_list_folder_continue(cursor)):
            assert [len(page.entries) for page in pages(dbx, first)] == [5, 5, 2]

    @pytest.mark.evidence("F6.1-03")
    @pytest.mark.dropbox(personality=Personality(uneven_pages=True))
    def test_pages_of_changes_vary_in_size(self, dbx):
        cursor = dbx.files_list_folder_get_latest_cursor("", limit=5).cursor
        upload_files(dbx)
        sizes = set()
        for _ in range(60):
            read = pages(dbx, dbx.files_list_folder_continue(cursor))
            assert paths(entry for page in read for entry in page.entries) == NAMES
            sizes |= {len(page.entries) for page in read[:-1]}
        assert sizes == set(range(8))

    @pytest.mark.evidence("F6.1-06", "F6.1-03")
    @pytest.mark.dropbox(personality=Personality(uneven_pages=True))
    def test_a_recursive_listing_in_uneven_pages_contains_the_folder_itself(self, dbx):
        dbx.files_upload(b"x", "/a/b")
        for _ in range(20):
            assert paths(listed(dbx, "/a", recursive=True, limit=1)) == ["/a", "/a/b"]

    @pytest.mark.evidence("F6.1-03")
    @pytest.mark.dropbox(personality=Personality.documented)
    def test_the_first_page_may_be_empty_with_has_more_true(self, dbx):
        page = dbx.files_list_folder("")
        assert (page.entries, page.has_more) == ([], True)
        assert not dbx.files_list_folder_continue(page.cursor).has_more


@pytest.mark.evidence("F6.2-05")
@pytest.mark.dropbox(personality=Personality(repeated_entries=True))
class TestRepeatedEntries:
    def test_unchanged_entries_may_be_reported_as_deleted_and_then_as_existing(self, dbx):
        upload_files(dbx, ["/a/b", "/a/c", "/d"])
        cursor = dbx.files_list_folder_get_latest_cursor("", recursive=True).cursor
        dbx.files_upload(b"e", "/e")
        reported = {tuple(rows(changes(dbx, cursor)[0])) for _ in range(40)}
        again = [("deleted", "/a"), ("folder", "/a"), ("file", "/a/b"), ("file", "/a/c")]
        assert reported == {
            (("file", "/e"),),
            (*again, ("file", "/e")),
            (("deleted", "/d"), ("file", "/d"), ("file", "/e")),
            (("deleted", "/e"), ("file", "/e"), ("file", "/e")),
        }

    def test_a_cursor_that_is_not_recursive_repeats_no_deeper_entries(self, dbx):
        upload_files(dbx, ["/a/b"])
        cursor = dbx.files_list_folder_get_latest_cursor("").cursor
        dbx.files_upload(b"x", "/a/c")
        dbx.files_create_folder_v2("/z")
        reported = {tuple(rows(changes(dbx, cursor)[0])) for _ in range(40)}
        assert (("deleted", "/a"), ("folder", "/a"), ("folder", "/z")) in reported

    def test_the_entries_of_a_folder_with_more_than_ten_files_are_not_repeated(self, dbx):
        upload_files(dbx, [f"/a/{number}" for number in range(11)])
        cursor = dbx.files_list_folder_get_latest_cursor("", recursive=True).cursor
        dbx.files_upload(b"x", "/a/0", mode=WriteMode.overwrite)
        assert {len(changes(dbx, cursor)[0]) for _ in range(20)} == {1}

    def test_nothing_is_repeated_without_a_change(self, dbx):
        upload_files(dbx, ["/a"])
        cursor = dbx.files_list_folder_get_latest_cursor("").cursor
        assert all(changes(dbx, cursor)[0] == [] for _ in range(20))
        assert not dbx.files_list_folder_longpoll(cursor).changes


def test_the_same_seed_makes_the_same_choices():
    def reports(seed):
        dbx = FakeDropboxService(seed, Personality.documented).client()
        cursor = dbx.files_list_folder_get_latest_cursor("", recursive=True).cursor
        upload_files(dbx)
        entries = changes(dbx, cursor)[0] + listed(dbx)
        return [(KINDS[type(entry)], entry.path_lower) for entry in entries]

    assert reports(1) == reports(1)
    assert reports(1) != reports(2)
