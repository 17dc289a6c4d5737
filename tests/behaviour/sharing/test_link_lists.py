"""Tests of `list_shared_links`."""

import pytest
from dropbox.common import PathRoot
from dropbox.files import SearchOptions
from tests.support.doors import refusal
from tests.support.links import seen, shared, with_files

pytestmark = with_files


@pytest.mark.evidence("S15-07")
def test_links_are_created_and_listed_with_the_home_namespace_as_path_root(dbx, service):
    number = service.accounts.default.namespace_id
    rooted = dbx.with_path_root(PathRoot.namespace_id(str(number)))
    link = shared(rooted, "/d.zip")
    assert link.path_lower == "/d.zip"
    assert rooted.sharing_list_shared_links("/d.zip").links == [link]


def names(links):
    return [link.name for link in links]


@pytest.mark.evidence("S4-02", "S4-04", "S4-05", "S4-07", "S4-12")
def test_a_path_gives_the_links_of_the_item_and_of_the_folders_above(dbx):
    for path in ("/Docs", "/Docs/a b.txt", "/Docs/deep/c.docx", "/d.zip"):
        shared(dbx, path)
    found = dbx.sharing_list_shared_links("/DOCS/deep/c.docx")
    assert names(found.links) == ["c.docx", "Docs"]
    assert (found.has_more, found.cursor) == (False, None)
    assert names(dbx.sharing_list_shared_links("/Docs/deep").links) == ["Docs"]
    assert names(dbx.sharing_list_shared_links("/Docs").links) == ["Docs"]
    direct = dbx.sharing_list_shared_links("/Docs/deep/c.docx", direct_only=True)
    assert names(direct.links) == ["c.docx"]
    assert dbx.sharing_list_shared_links("/Docs/deep", direct_only=True).links == []


@pytest.mark.evidence("S4-06", "S4-11", "S4-14", "S4-18")
def test_without_a_path_all_links_of_the_caller_are_returned(dbx, other):
    assert dbx.sharing_list_shared_links().links == []
    assert dbx.sharing_list_shared_links("/d.zip").links == []
    shared(other, "/d.zip")
    links = [shared(dbx, path) for path in ("/d.zip", "/Docs")]
    found = dbx.sharing_list_shared_links()
    assert (found.links, found.has_more) == (links, False)
    assert found.cursor
    assert dbx.sharing_list_shared_links(cursor=found.cursor).links == []


@pytest.mark.evidence("S4-08", "S4-09", "S4-10")
def test_a_path_without_an_item_is_refused(service, wire):
    dbx = service.client()
    assert refusal(dbx.sharing_list_shared_links, "/none") == "path/not_found"
    assert refusal(dbx.sharing_list_shared_links, "/") == "path/malformed_path"
    assert wire.rpc("sharing/list_shared_links", {"path": ""}).status_code == 400
    assert wire.rpc("sharing/list_shared_links", {"path": None}).json()["links"] == []


@pytest.mark.evidence("S4-01", "S4-12", "F0-53")
def test_the_json_keys_have_a_fixed_order(wire):
    found = wire.rpc("sharing/list_shared_links", {}).json()
    assert list(found) == ["links", "has_more", "cursor"]
    assert list(wire.rpc("sharing/list_shared_links", {"path": "/d.zip"}).json()) == [
        "links",
        "has_more",
    ]


@pytest.mark.evidence("S4-11", "S4-13", "S4-14", "S4-16", "S4-19")
def test_links_come_in_pages(dbx, monkeypatch):
    monkeypatch.setattr("fakedropbox._api.sharing.links.SHARED_LINKS_PAGE", 2)
    links = [shared(dbx, dbx.files_upload(b"", f"/{number}").path_lower) for number in range(5)]
    first = dbx.sharing_list_shared_links()
    assert (first.links, first.has_more) == (links[:2], True)
    second = dbx.sharing_list_shared_links("/d.zip", cursor=first.cursor)
    assert (second.links, second.has_more) == (links[2:4], True)
    for link in links[1:4]:
        dbx.sharing_revoke_shared_link(link.url)
    new = shared(dbx, "/d.zip")
    last = dbx.sharing_list_shared_links(cursor=second.cursor)
    assert (last.links, last.has_more) == ([links[4], new], False)
    again = dbx.sharing_list_shared_links(cursor=first.cursor)
    assert (again.links, again.has_more) == ([links[4], new], False)


@pytest.mark.evidence("S4-15")
def test_a_cursor_of_another_kind_or_account_is_reset(dbx, other):
    theirs = other.sharing_list_shared_links().cursor
    search = dbx.files_search_v2("d", SearchOptions(max_results=1)).cursor
    listing = dbx.files_list_folder("").cursor
    for cursor in (theirs, search, listing, "", "x", "é", "A" * 100_000, f"{theirs}\0"):
        assert refusal(dbx.sharing_list_shared_links, cursor=cursor) == "reset"


@pytest.mark.evidence("S16-02", "S4-19", "S5-02", "S6-18")
def test_a_revoked_link_is_not_found_and_a_new_one_has_another_url(dbx):
    link = shared(dbx, "/d.zip")
    dbx.sharing_revoke_shared_link(link.url)
    assert dbx.sharing_list_shared_links("/d.zip").links == []
    assert refusal(seen, dbx, link) == "shared_link_not_found"
    assert shared(dbx, "/d.zip").url != link.url


def test_a_list_does_not_show_the_links_of_deleted_items(dbx):
    link = shared(dbx, "/Docs/deep/c.docx")
    shared(dbx, "/d.zip")
    dbx.files_delete_v2("/Docs")
    assert names(dbx.sharing_list_shared_links().links) == ["d.zip"]
    assert refusal(dbx.sharing_list_shared_links, link.id) == "path/not_found"
