"""Tests of the cost of links: it does not depend on links and accounts that a call does not use."""

import sys
from datetime import timedelta

import pytest
from tests.support.links import settings

from fakedropbox import FakeDropboxService


def number_of_calls(function):
    """Return the number of Python functions that are called meanwhile.

    It is the smallest of several, as the first time fills caches, and a collection of garbage may
    call functions, too.
    """
    found = []

    def count(_frame, event, _arg):
        found[-1] += event == "call"

    before = sys.getprofile()
    for _ in range(5):
        found.append(0)
        sys.setprofile(count)
        try:
            function()
        finally:
            sys.setprofile(before)
    return min(found)


CALLS = {
    "metadata": lambda dbx, url: dbx.sharing_get_shared_link_metadata(url),
    "content": lambda dbx, url: dbx.sharing_get_shared_link_file(url),
    "list": lambda dbx, _: dbx.sharing_list_shared_links("/a/b.txt"),
    "modify": lambda dbx, url: dbx.sharing_modify_shared_link_settings(
        url, settings(audience="public")
    ),
    "get_metadata": lambda dbx, _: dbx.files_get_metadata("/a/b.txt"),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.untraced
def test_other_links_and_accounts_do_not_matter(name):
    service = FakeDropboxService(files={"/a/b.txt": b"1"})
    service.calls.recording = False
    dbx = service.client()
    url = dbx.sharing_create_shared_link_with_settings("/a/b.txt").url
    few = number_of_calls(lambda: CALLS[name](dbx, url))
    for number in range(50):
        service.seed_files({f"/{number}": b""})
        dbx.sharing_create_shared_link_with_settings(f"/{number}")
        service.accounts.create(f"{number}@example.com")
    assert number_of_calls(lambda: CALLS[name](dbx, url)) == few
    assert dbx.sharing_list_shared_links("/a/b.txt").links[0].url == url


def test_an_expired_link_is_forgotten_when_another_is_made():
    service = FakeDropboxService(files={"/a": b"1"}, plan="pro")
    dbx, links = service.client(), service.gate.world.files.shared_links
    before = service.snapshot()
    for _ in range(3):
        expires = service.clock.utcnow() + timedelta(seconds=1)
        dbx.sharing_create_shared_link_with_settings("/a", settings(expires=expires))
        service.clock.advance(2)
    assert len(links._by_key) == len(links._by_node) == 1
    assert [len(each) for each in links._by_owner.values()] == [1]
    service.restore(before)
    assert links._by_key == links._by_node == {}


def test_a_page_of_links_does_not_grow_with_the_links_before_it(monkeypatch):
    monkeypatch.setattr("fakedropbox._api.sharing.links.SHARED_LINKS_PAGE", 5)
    service = FakeDropboxService(files={f"/{number}": b"" for number in range(200)})
    dbx = service.client()
    for number in range(200):
        dbx.sharing_create_shared_link_with_settings(f"/{number}")
    cursors = [dbx.sharing_list_shared_links().cursor]
    while len(cursors) < 30:
        cursors.append(dbx.sharing_list_shared_links(cursor=cursors[-1]).cursor)
    costs = [
        number_of_calls(lambda c=cursor: dbx.sharing_list_shared_links(cursor=c))
        for cursor in (cursors[0], cursors[-1])
    ]
    assert costs[0] == costs[1]
