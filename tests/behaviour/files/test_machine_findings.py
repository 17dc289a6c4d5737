"""Regression tests of bugs that `DropboxMachine` found, each as its shortest example."""

import pytest
from tests.support.doors import changes, rest_of, rows

from fakedropbox import Personality

changed_while_listing = pytest.mark.evidence("F6.2-09")


@changed_while_listing
def test_a_listing_reports_a_deletion_of_an_entry_already_listed(dbx):
    """A deletion of an entry on an earlier page is reported before the end of the listing."""
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


@changed_while_listing
def test_a_listing_without_changes_has_no_extra_page(dbx):
    for name in ("a", "b"):
        dbx.files_create_folder_v2(f"/{name}")
    page = dbx.files_list_folder("", limit=1)
    assert page.has_more
    assert not dbx.files_list_folder_continue(page.cursor).has_more


@changed_while_listing
@pytest.mark.evidence("F6.2-08")
@pytest.mark.parametrize("listed", ["/above/a", "/a"])
@pytest.mark.dropbox(personality=Personality(deleted_children=False))
def test_deleted_children_are_reported_to_a_cursor_of_their_folder(dbx, listed):
    """A cursor of a folder deleted and created again reports the children that were deleted.

    It has no entry for the folder itself, so each deleted child needs an entry.
    """
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
    deleted = [path for kind, path in rows(changes(dbx, everything)[0]) if kind == "deleted"]
    assert deleted == [top]
