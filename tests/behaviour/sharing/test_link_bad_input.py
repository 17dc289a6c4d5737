"""Tests of links with unusual or hostile input: what is refused changes nothing."""

import json
from datetime import timedelta

import pytest
from dropbox.exceptions import ApiError, BadInputError
from dropbox.files import SharedLink
from tests.support.doors import chain, refusal
from tests.support.links import (
    DENIED,
    FILES,
    INVALID,
    NOT_FOUND,
    PASSWORD,
    SECRET,
    data,
    modified,
    seen,
    settings,
    shared,
    with_files,
)

from fakedropbox import FakeDropboxService
from fakedropbox._api.sharing.urls import _address_of

pytestmark = with_files
MEGABYTES = 3 * 1024 * 1024
LINK = "https://www.dropbox.com/scl/fi/abcdefghijklmnopqrstu/a.txt?rlkey=x&dl=0"

# Functions that turn the URL of a working link into one that is not the URL of a link.
OTHERS = {
    "empty": lambda _: "",
    "NUL at the end": lambda url: f"{url}\0",
    "NUL in the name": lambda url: url.replace("?", "\0?"),
    "line break": lambda url: url.replace("www", "www\n"),
    "blank before": lambda url: f" {url}",
    "megabytes of query": lambda url: url + "&x" * MEGABYTES,
    "megabytes of path": lambda url: url.replace("?", "/a" * MEGABYTES + "?"),
    "no scheme": lambda url: url.removeprefix("https://"),
    "another scheme": lambda url: url.replace("https", "ftp"),
    "script": lambda _: "javascript:alert(1)",
    "another host": lambda url: url.replace("dropbox.com", "example.com"),
    "another site of ours": lambda url: url.replace("www.", "api."),
    "a longer host": lambda url: url.replace(".com", ".com.example.com"),
    "a host with a final dot": lambda url: url.replace(".com", ".com."),
    "user info": lambda url: url.replace("www", "user:word@www"),
    "user info that looks like the host": lambda url: url.replace(".com", ".com@example.com"),
    "port": lambda url: url.replace(".com", ".com:443"),
    "backslashes": lambda url: url.replace("/", "\\"),
    "look-alike in the host": lambda url: url.replace("dropbox", "dr\u043epbox"),
    "look-alike in the scheme": lambda url: url.replace("https", "http\u017f"),
    "look-alike in the path": lambda url: url.replace("/scl/", "/\u017fcl/"),
    "Punycode": lambda url: url.replace("dropbox", "xn--drpbox-4nf"),
    "full-width dots": lambda url: url.replace(".", "\uff0e"),
    "lone surrogate": lambda _: "\ud800",
    "emoji": lambda _: "\U0001f408" * 1000,
}
NOT_THIS_LINK = {
    "another item": lambda url: url.replace("/fi/", "/fi/x"),
    "a path above": lambda url: url.replace("/fi/", "/fi/../fi/"),
    "upper-case path": lambda url: url.replace("/scl/", "/SCL/"),
    "a key less": lambda url: url.split("?")[0],
    "another key": lambda url: url.replace("rlkey=", "rlkey=x"),
    "an empty key before it": lambda url: url.replace("rlkey=", "rlkey=&rlkey="),
    "key with an escape": lambda url: url.replace("rlkey=", "rlkey=%00"),
}


def calls_with(dbx, url):
    """Return a call of each of five routes that take the URL of a link, and its error.

    A header cannot have megabytes, so the route with the argument in a header gets no such URL.
    """
    link = SharedLink(url)
    calls = {
        "get_shared_link_metadata": (lambda: dbx.sharing_get_shared_link_metadata(url), NOT_FOUND),
        "get_shared_link_file": (lambda: dbx.sharing_get_shared_link_file(url), NOT_FOUND),
        "modify": (
            lambda: dbx.sharing_modify_shared_link_settings(url, settings(audience="no_one")),
            NOT_FOUND,
        ),
        "list_folder": (lambda: dbx.files_list_folder("", shared_link=link), "path/not_found"),
        "revoke": (lambda: dbx.sharing_revoke_shared_link(url), "shared_link_malformed"),
    }
    if len(url) > MEGABYTES:
        del calls["get_shared_link_file"]
    return calls


def refused_without_change(service, call):
    """Check that a call is refused and changes nothing, and return its tags, or 400."""
    before = service.snapshot()
    with pytest.raises((ApiError, BadInputError)) as caught:
        call()
    assert not service.gate.world.files.undo.changed_since(before.mark)
    return chain(caught.value.error) if isinstance(caught.value, ApiError) else 400


@pytest.mark.evidence("S1-13", "S5-03", "S6-11", "S6-14")
@pytest.mark.parametrize("kind", OTHERS)
def test_a_url_that_is_not_of_a_link_is_refused(dbx, service, kind):
    link = shared(dbx, "/Docs/a b.txt")
    url = OTHERS[kind](link.url)
    for name, (call, expected) in calls_with(dbx, url).items():
        assert refused_without_change(service, call) == expected, name
    assert seen(dbx, link) == link


@pytest.mark.evidence("S1-11", "S5-02", "S6-11", "S6-15")
@pytest.mark.parametrize("kind", NOT_THIS_LINK)
def test_a_url_of_an_unknown_link_is_refused(dbx, service, kind):
    link = shared(dbx, "/Docs/a b.txt")
    url = NOT_THIS_LINK[kind](link.url)
    for name, (call, expected) in calls_with(dbx, url).items():
        tags = NOT_FOUND if name == "revoke" else expected
        assert refused_without_change(service, call) == tags, name
    assert seen(dbx, link) == link


def test_a_link_of_another_service_is_refused(dbx, service):
    url = shared(FakeDropboxService(seed=9, files=FILES).client(), "/d.zip").url
    for name, (call, expected) in calls_with(dbx, url).items():
        tags = NOT_FOUND if name == "revoke" else expected
        assert refused_without_change(service, call) == tags, name


@pytest.mark.evidence("S1-11", "S1-13", "S5-21")
@pytest.mark.parametrize(
    "form",
    [
        lambda url: url.replace("https://www.dropbox.com", "HTTPS://WWW.DropBox.COM"),
        lambda url: url.replace("https://www.", "http://"),
        lambda url: url.replace("&dl=0", "&st=abcdefgh&dl=1&raw=1") + "#page",
        lambda url: url.replace("?", "?e=1&"),
    ],
)
def test_other_forms_of_a_url_name_the_same_link(dbx, form):
    link = shared(dbx, "/Docs/a b.txt")
    assert dbx.sharing_get_shared_link_metadata(form(link.url)) == link
    dbx.sharing_revoke_shared_link(form(link.url))
    assert refusal(seen, dbx, link) == NOT_FOUND


def wrong_paths(service, other):
    """Return paths that name nothing that the caller can link, each with its error."""
    theirs = other.files_get_metadata("/d.zip")
    mine, account = service.accounts.default.namespace_id, other.users_get_current_account()
    home = next(each for each in service.accounts if each.account_id == account.account_id)
    return {
        "/": "malformed_path",
        f"ns:{mine}": "malformed_path",
        f"ns:{mine}/": "malformed_path",
        "/none": "not_found",
        "/d.zip/x": "not_found",
        "/Docs/": "malformed_path",
        "/..": "malformed_path",
        "/a\0b": "malformed_path",
        "/" + "x" * MEGABYTES: "malformed_path",
        theirs.id: "not_found",
        "id:AAAAAAAAAAAAAAAAAAAAAA": "not_found",
        f"ns:{home.namespace_id}/d.zip": "not_found",
        f"ns:{home.namespace_id}": "not_found",
        "ns:999999999999/x": "not_found",
        f"rev:{theirs.rev}": "not_found",
        "rev:0123456789": "not_found",
    }


@pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")
@pytest.mark.evidence("S2-08", "S2-09", "S4-08", "S4-10", "S7-05", "S7-08", "S7-12")
def test_a_path_that_names_no_item_of_the_caller_is_refused(dbx, service, other):
    shared(other, "/d.zip")
    for path, reason in wrong_paths(service, other).items():
        old = reason
        if path.startswith("rev:"):  # the older routes do not accept such a path
            old = "malformed_path"
        for call, expected in (
            (lambda path: shared(dbx, path), f"path/{reason}"),
            (dbx.sharing_list_shared_links, f"path/{reason}"),
            (dbx.sharing_create_shared_link, f"path/{old}"),
            (dbx.sharing_get_shared_links, "path"),
        ):
            found = refused_without_change(service, lambda call=call, path=path: call(path))
            assert found == expected, path[:80]
        assert other.sharing_list_shared_links().links != []


@pytest.mark.evidence("S5-04", "S5-06")
@pytest.mark.parametrize("password", ["p\u00e4ssw\u00f6rd \U0001f511", "nul\0nul", " ", "x" * 1000])
def test_any_text_of_1_to_1000_characters_can_be_a_password(pro, dbx, password):
    link = shared(pro, "/d.zip", link_password=password)
    assert data(dbx, link, link_password=password) == b"zip"
    for wrong in (None, "", f"{password}x", password[:-1]):
        assert refusal(data, dbx, link, link_password=wrong) == DENIED
        assert refusal(seen, dbx, link, link_password=wrong) == DENIED
    assert refusal(seen, dbx, link, link_password="x" * MEGABYTES) == DENIED


@pytest.mark.dropbox(plan="pro")
@pytest.mark.evidence("S2-03", "S2-20")
@pytest.mark.parametrize(
    "route", ["create_shared_link_with_settings", "modify_shared_link_settings"]
)
@pytest.mark.parametrize(
    ("expires", "expected"),
    [
        ("2025-12-31T23:59:59Z", INVALID),
        ("0001-01-01T00:00:00Z", INVALID),
        ("9999-12-31T23:59:59Z", 200),
        ("2026-02-30T00:00:00Z", 400),
        ("2026-02-01T00:00:00.5Z", 400),
        ("2026-02-01T00:00:00+02:00", 400),
        ("2026-02-01T00:00:00", 400),
        ("10000-01-01T00:00:00Z", 400),
        ("", 400),
        (1767225600, 400),
    ],
)
def test_an_expiry_of_a_wrong_form_or_time_is_refused(wire, service, route, expires, expected):
    owner = service.client()
    before = shared(owner, "/Docs")
    arg = {"path": "/d.zip"} if route.startswith("create") else {"url": before.url}
    reply = wire.rpc(f"sharing/{route}", {**arg, "settings": {"expires": expires}})
    if expected == INVALID:
        assert reply.status_code == 409
        assert reply.json()["error_summary"].startswith(INVALID)
    else:
        assert reply.status_code == expected
    if expected == 200:
        assert reply.json()["expires"] == expires
    else:
        assert owner.sharing_list_shared_links().links == [before]


@pytest.mark.evidence("S2-20", "S1-22")
def test_the_parts_of_a_second_in_an_expiry_are_dropped(pro, service):
    service.clock.advance(0.25)
    soon = service.clock.utcnow() + timedelta(seconds=0.5)  # in the current second
    assert refusal(shared, pro, "/d.zip", expires=soon) == INVALID
    link = shared(pro, "/d.zip", expires=soon + timedelta(seconds=1))
    assert link.expires.microsecond == 0
    service.clock.advance(0.75)
    assert refusal(seen, pro, link) == NOT_FOUND


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
