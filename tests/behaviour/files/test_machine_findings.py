"""What the state machine found, as examples: the shortest programs that showed it."""

import pytest
from tests.support.doors import changes, rest_of, rows

from fakedropbox import Personality

LATER = pytest.mark.evidence("F6.2-09")


@LATER
def test_a_listing_that_ends_late_has_more_to_tell(dbx):
    """What is deleted behind the place where a listing stands is told before its end."""
    for name in ("a", "b", "c"):
        dbx.files_create_folder_v2(f"/{name}")
    page = dbx.files_list_folder("", limit=2)
    dbx.files_delete_v2("/a")
    assert rows(rest_of(dbx, page)[0]) == [
        ("folder", "/a"),
        ("folder", "/b"),
        ("folder", "/c"),
        ("deleted", "/a"),
    ]


@LATER
def test_a_listing_in_which_nothing_happened_ends_as_before(dbx):
    for name in ("a", "b"):
        dbx.files_create_folder_v2(f"/{name}")
    page = dbx.files_list_folder("", limit=1)
    assert page.has_more
    assert not dbx.files_list_folder_continue(page.cursor).has_more


@LATER
@pytest.mark.evidence("F6.2-08")
@pytest.mark.parametrize("listed", ["/above/a", "/a"])
@pytest.mark.dropbox(personality=Personality(deleted_children=False))
def test_children_are_told_where_their_folders_own_entry_cannot_be(dbx, listed):
    """A cursor of a folder that went and came again: nobody else says that a child is gone."""
    dbx.files_upload(b"x", f"{listed}/b")
    cursor = dbx.files_list_folder(listed).cursor
    everything = dbx.files_list_folder("", recursive=True).cursor
    top = listed[: listed.index("/", 1)] if listed.count("/") > 1 else listed
    dbx.files_delete_v2(top)
    dbx.files_upload(b"x", f"{listed}/c")
    assert rows(changes(dbx, cursor)[0]) == [
        ("deleted", f"{listed}/b"),
        ("file", f"{listed}/c"),
    ]
    told = [path for kind, path in rows(changes(dbx, everything)[0]) if kind == "deleted"]
    assert told == [top]
