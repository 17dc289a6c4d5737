"""Tests of links for an app-folder app."""

import pytest
from tests.support.doors import bad_input, refusal
from tests.support.links import DENIED, data, modified, seen, shared

pytestmark = pytest.mark.dropbox(app_folder="My App")


@pytest.fixture
def full(connect, service):
    """A client of the default account for an app with full access."""
    return connect(service.logins.create(app=service.apps.create("full")))


@pytest.mark.evidence("S15-02", "S15-03", "S4-22")
def test_paths_are_relative_to_the_folder_of_the_app(dbx, full):
    dbx.files_upload(b"x", "/Sub/a.txt")
    link = shared(dbx, "/Sub/a.txt")
    assert link.path_lower == "/sub/a.txt"
    assert seen(dbx, link).path_lower == "/sub/a.txt"
    assert seen(full, link).path_lower == "/apps/my app/sub/a.txt"
    full.files_upload(b"y", "/outside.txt")
    outside = shared(full, "/outside.txt")
    above = shared(full, "/Apps/My App")
    assert dbx.sharing_list_shared_links().links == [link]
    assert dbx.sharing_list_shared_links("/Sub/a.txt").links == [link]
    assert [each.url for each in full.sharing_list_shared_links().links] == [
        link.url,
        outside.url,
        above.url,
    ]
    assert refusal(dbx.sharing_list_shared_links, "/outside.txt") == "path/not_found"
    assert refusal(shared, dbx, "/") == "path/malformed_path"


@pytest.mark.evidence("S15-04", "S15-05")
def test_a_link_to_an_item_outside_the_app_folder_can_only_be_read(dbx, full):
    full.files_upload(b"y", "/outside.txt")
    link = shared(full, "/outside.txt")
    found = seen(dbx, link)
    assert (found.path_lower, found.link_permissions.can_revoke) == (None, False)
    assert data(dbx, link) == b"y"
    assert refusal(modified, dbx, link, audience="public") == DENIED
    assert refusal(dbx.sharing_revoke_shared_link, link.url) == DENIED


@pytest.mark.evidence("O8-01", "S2-08")
def test_a_revision_makes_no_link_to_a_file_that_was_moved_out_of_the_app_folder(dbx, full):
    rev = f"rev:{dbx.files_upload(b'x', '/a.txt').rev}"
    full.files_move_v2("/Apps/My App/a.txt", "/outside.txt")
    assert refusal(shared, dbx, rev) == "path/not_found"
    link = shared(full, rev)
    assert link.path_lower == "/outside.txt"
    assert refusal(dbx.sharing_list_shared_links, rev) == "path/not_found"
    assert full.sharing_list_shared_links(rev).links == [link]


@pytest.mark.evidence("S15-02", "O8-01")
def test_listing_mountable_folders_is_refused(dbx):
    text = bad_input(dbx.sharing_list_mountable_folders)
    assert "not allowed to call this function" in text
