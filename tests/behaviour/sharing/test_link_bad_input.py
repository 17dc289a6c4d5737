"""Tests of links with hostile input: it is refused, and nothing is changed or kept."""

import json

import pytest
from dropbox.exceptions import ApiError, BadInputError
from dropbox.files import SharedLink
from tests.support.doors import chain
from tests.support.links import NOT_FOUND, PASSWORD, SECRET, modified, seen, shared, with_files

from fakedropbox._api.sharing.urls import _address_of

pytestmark = with_files
MEGABYTES = 3 * 1024 * 1024
LINK = "https://www.dropbox.com/scl/fi/abcdefghijklmnopqrstu/a.txt?rlkey=x&dl=0"
HOSTILE = [
    f"{LINK}\0",
    LINK.replace("/a.txt", "/a\0.txt"),
    LINK.replace("www", "www\n"),
    LINK + "x" * MEGABYTES,
    "https://www.dropbox.com/scl/fi/" + "a/" * MEGABYTES,
    "https://www.dropbox.com@example.com/scl/fi/a/b?rlkey=c",
    "https://user@www.dropbox.com/scl/fi/a/b?rlkey=c",
    "https://www.dropbox.com:443/scl/fi/a/b?rlkey=c",
    "https://www.dropbox.com.example.com/scl/fi/a/b?rlkey=c",
    "https://www.dropbox.com/scl/fi/../../a",
    "javascript:alert(1)",
    "\ud800",
    "🐈" * 1000,
]


@pytest.mark.evidence("S5-03", "S6-14")
@pytest.mark.parametrize("url", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_url_is_refused(dbx, service, url):
    before = service.snapshot()
    for call, expected in (
        (lambda: dbx.sharing_get_shared_link_metadata(url), [NOT_FOUND]),
        (lambda: dbx.sharing_revoke_shared_link(url), [NOT_FOUND, "shared_link_malformed"]),
        (lambda: dbx.files_list_folder("", shared_link=SharedLink(url)), ["path/not_found"]),
    ):
        with pytest.raises((ApiError, BadInputError)) as caught:
            call()
        assert isinstance(caught.value, ApiError)
        assert chain(caught.value.error) in expected
    assert not service.gate.world.files.undo.changed_since(before.mark)


def test_urls_of_megabytes_are_not_cached(dbx):
    link = shared(dbx, "/d.zip")
    _address_of.cache_clear()
    for number in range(3):
        with pytest.raises(ApiError):
            dbx.sharing_get_shared_link_metadata(f"{link.url}&{number}" + "x" * MEGABYTES)
    assert _address_of.cache_info().currsize == 0


def test_no_password_is_in_the_record_of_calls(pro, service):
    link = shared(pro, "/Docs", **PASSWORD)
    modified(pro, link, link_password=SECRET)
    seen(pro, link, link_password=SECRET)
    pro.sharing_get_shared_link_file(link.url, "/a b.txt", SECRET)
    pro.files_list_folder("", shared_link=SharedLink(link.url, SECRET))
    pro.files_list_folder_get_latest_cursor("", shared_link=SharedLink(link.url, SECRET))
    for call in service.calls:
        assert SECRET not in repr(call)
        assert SECRET not in repr(call.arg)
    settings = service.calls.of("sharing/create_shared_link_with_settings")[0].arg.settings
    assert (settings.link_password, settings.require_password) == ("…", True)
    stored = next(
        service.gate.world.files.shared_links.owned_by(service.calls[0].account.account_id)
    )
    assert SECRET not in repr(stored.settings)


def test_no_password_is_in_the_record_of_thumbnails(wire, service):
    arg = {"resource": {".tag": "link", "url": LINK, "password": SECRET}}
    url = "https://content.dropboxapi.com/2/files/get_thumbnail_v2"
    assert wire.send(url, None, {"Dropbox-API-Arg": json.dumps(arg)}).status_code == 409
    (call,) = service.calls
    assert call.arg.resource.get_link().password == "…"
    assert SECRET not in repr(call.arg)


def test_an_argument_without_a_password_is_recorded_as_it_is(dbx, service):
    link = shared(dbx, "/d.zip")
    seen(dbx, link)
    (call,) = service.calls.of("sharing/get_shared_link_metadata")
    assert (call.arg.url, call.arg.link_password) == (link.url, None)
    assert call.account == service.accounts.default
