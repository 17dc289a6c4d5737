"""Tests of the cost of links: it does not depend on links and accounts that a call does not use."""

import gc
import sys
from datetime import timedelta

import pytest
from dropbox import files
from tests.support.links import settings
from tests.support.populated import PICTURE

from fakedropbox import FakeDropboxService


def number_of_calls(function):
    """Return the number of calls of Python functions that a function makes, with gc disabled.

    It is the smallest of several, as the first time fills caches.
    """
    found = []

    def count(_frame, event, _arg):
        found[-1] += event == "call"

    before = sys.getprofile()
    gc.disable()
    try:
        for _ in range(5):
            found.append(0)
            sys.setprofile(count)
            try:
                function()
            finally:
                sys.setprofile(before)
    finally:
        gc.enable()
    return min(found)


CALLS = {
    "get_shared_link_metadata": lambda dbx, url, _: dbx.sharing_get_shared_link_metadata(url),
    "get_shared_link_file": lambda dbx, url, _: dbx.sharing_get_shared_link_file(url),
    "list_shared_links": lambda dbx, *_: dbx.sharing_list_shared_links("/a/b.txt"),
    "get_shared_links": lambda dbx, *_: dbx.sharing_get_shared_links("/a/b.txt"),
    "create_shared_link": lambda dbx, *_: dbx.sharing_create_shared_link("/a/b.txt"),
    "modify_shared_link_settings": lambda dbx, url, _: dbx.sharing_modify_shared_link_settings(
        url, settings(audience="public")
    ),
    "create_and_revoke": lambda dbx, *_: dbx.sharing_revoke_shared_link(
        dbx.sharing_create_shared_link_with_settings("/a/other.txt").url
    ),
    "list_folder": lambda dbx, _, folder: dbx.files_list_folder(
        "", shared_link=files.SharedLink(folder)
    ),
    "get_thumbnail_v2": lambda dbx, _, folder: dbx.files_get_thumbnail_v2(
        files.PathOrLink.link(files.SharedLinkFileInfo(folder, "/p.png"))
    ),
    "get_metadata": lambda dbx, *_: dbx.files_get_metadata("/a/b.txt"),
}


@pytest.mark.untraced
@pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    "sizes", [(10, 300), pytest.param((10, 1_000, 10_000), marks=pytest.mark.campaign)]
)
def test_the_cost_of_a_call_does_not_depend_on_other_links_and_accounts(sizes):
    service = FakeDropboxService(
        files={"/a/b.txt": b"1", "/a/other.txt": b"2", "/a/p.png": PICTURE}
    )
    service.calls.recording = False
    dbx = service.client()
    folder = dbx.sharing_create_shared_link_with_settings("/a").url
    url = dbx.sharing_create_shared_link_with_settings("/a/b.txt").url
    CALLS["modify_shared_link_settings"](dbx, url, folder)  # a link with an audience costs more
    made, costs = 0, []
    for size in sizes:
        service.seed_files({f"/{number}": b"" for number in range(made, size)})
        for number in range(made, size):
            dbx.sharing_create_shared_link_with_settings(f"/{number}")
            other = service.accounts.create(f"{number}@example.com")
            if number % 10 == 0:
                service.seed_files({"/a/b.txt": b""}, account=other)
                service.client(account=other).sharing_create_shared_link_with_settings("/a/b.txt")
        made = size
        costs.append(
            {
                name: number_of_calls(lambda call=call: call(dbx, url, folder))
                for name, call in CALLS.items()
            }
        )
    for name in CALLS:
        counts = [cost[name] for cost in costs]
        assert max(counts) - min(counts) <= 1, (name, counts)  # a sorted dict may have two levels
    assert [link.url for link in dbx.sharing_list_shared_links("/a/b.txt").links] == [url, folder]


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


def test_the_cost_of_a_page_of_links_does_not_depend_on_earlier_pages(monkeypatch):
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
