"""Tests of the deprecated routes `create_shared_link` and `get_shared_links`."""

import pytest
from dropbox.exceptions import ApiError
from tests.support.doors import refusal
from tests.support.links import LATER, PASSWORD, shared, tag, with_files

pytestmark = [
    with_files,
    pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning"),
]


@pytest.mark.evidence("S7-03", "S7-04", "S7-07", "S7-14")
def test_an_existing_link_is_returned(dbx):
    first = dbx.sharing_create_shared_link("/docs/A b.txt", short_url=True)
    link = dbx.sharing_list_shared_links("/Docs/a b.txt").links[0]
    assert (first.url, first.path) == (link.url, "/Docs/a b.txt")
    assert (tag(first.visibility), first.expires) == ("public", None)
    assert dbx.sharing_create_shared_link("/Docs/a b.txt") == first


@pytest.mark.evidence("S7-01", "S7-02", "S7-09")
def test_the_json_keys_have_a_fixed_order(wire):
    created = wire.rpc("sharing/create_shared_link", {"path": "/d.zip"}).json()
    assert list(created) == ["url", "visibility", "path"]
    listed = wire.rpc("sharing/get_shared_links", {}).json()
    assert listed == {"links": [{".tag": "path", **created}]}


@pytest.mark.evidence("S7-05", "S7-06", "S7-08")
def test_a_path_without_an_item_is_refused(dbx):
    for path in ("/none", "id:" + "A" * 22, "ns:1/x"):
        assert refusal(dbx.sharing_create_shared_link, path) == "path/not_found"
    for path in ("", "/", "x", "rev:", "rev:xyz", "/a\0b", "/" + "x" * 2_000_000, "//"):
        assert refusal(dbx.sharing_create_shared_link, path) == "path/malformed_path"


@pytest.mark.evidence("S7-10", "S7-11", "S7-12", "S7-14")
def test_links_are_listed_as_by_the_newer_route(pro, dbx):
    shared(pro, "/Docs", expires=LATER, **PASSWORD)
    shared(pro, "/Docs/a b.txt", audience="no_one")
    for path in (None, ""):
        found = pro.sharing_get_shared_links(path).links
        assert [link.path for link in found] == ["/Docs", "/Docs/a b.txt"]
    assert [tag(link.visibility) for link in found] == ["password", "shared_folder_only"]
    assert [link.expires for link in found] == [LATER, None]
    found = pro.sharing_get_shared_links("/Docs/a b.txt").links
    assert [link.path for link in found] == ["/Docs/a b.txt", "/Docs"]
    assert pro.sharing_get_shared_links("/d.zip").links == []
    assert dbx.sharing_get_shared_links().links == []


@pytest.mark.evidence("S7-12")
@pytest.mark.parametrize(("path", "reason"), [("/none", "not_found"), ("x", "malformed_path")])
def test_the_error_of_a_refused_path_is_not_found_or_malformed_path(dbx, path, reason):
    with pytest.raises(ApiError) as caught:
        dbx.sharing_get_shared_links(path)
    assert caught.value.error.get_path() == reason


@pytest.mark.evidence("S7-10")
def test_the_number_of_links_is_limited(dbx, monkeypatch):
    monkeypatch.setattr("fakedropbox._api.sharing.old_links.OLD_SHARED_LINKS", 1)
    for path in ("/d.zip", "/Docs"):
        dbx.sharing_create_shared_link(path)
    assert [link.path for link in dbx.sharing_get_shared_links().links] == ["/d.zip"]
