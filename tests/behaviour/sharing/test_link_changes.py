"""Tests of `modify_shared_link_settings` and `revoke_shared_link`."""

from datetime import datetime

import pytest
from tests.support.doors import refusal
from tests.support.links import (
    DENIED,
    INVALID,
    LATER,
    NOT_AUTHORIZED,
    NOT_FOUND,
    PASSWORD,
    SECRET,
    data,
    modified,
    seen,
    shared,
    tag,
    visibility,
    with_files,
)

pytestmark = with_files
MODIFY, REVOKE = "sharing/modify_shared_link_settings", "sharing/revoke_shared_link"
PAST = datetime(2025, 12, 31)  # noqa: DTZ001 -- the SDK's times are naive


@pytest.mark.evidence("S6-02", "S6-03", "S6-08")
def test_a_change_keeps_the_other_settings_and_returns_the_whole_metadata(pro):
    link = shared(pro, "/d.zip", expires=LATER)
    found = modified(pro, link, allow_download=False)
    assert (found.url, found.expires, visibility(found)) == (link.url, LATER, visibility(link))
    assert not found.link_permissions.allow_download
    assert pro.sharing_list_shared_links("/d.zip").links == [found] == [seen(pro, link)]
    found = modified(pro, link, link_password="x")
    assert (found.expires, visibility(found)) == (LATER, ("password", "password"))
    assert not found.link_permissions.allow_download
    found = modified(pro, link, audience="no_one")
    assert visibility(found)[0] == "no_one"
    found = modified(pro, link, audience="public")
    assert visibility(found)[0] == "password"
    assert tag(found.link_permissions.effective_audience) == "public"


@pytest.mark.evidence("S6-05", "S6-06")
def test_an_expiry_can_be_removed(pro):
    link = shared(pro, "/d.zip", expires=LATER)
    again = datetime(2026, 3, 1)  # noqa: DTZ001 -- the SDK's times are naive
    assert modified(pro, link, expires=again).expires == again
    assert refusal(modified, pro, link, expires=LATER, remove_expiration=True) == INVALID
    assert seen(pro, link).expires == again
    for _ in range(2):
        assert modified(pro, link, remove_expiration=True).expires is None
    found = modified(pro, link, remove_expiration=True, link_password="x")
    assert visibility(found)[0] == "password"


@pytest.mark.evidence("S6-09", "S2-21")
def test_a_password_can_be_changed_and_removed(pro, dbx):
    link = shared(pro, "/d.zip", **PASSWORD)
    modified(pro, link, link_password="new")
    assert refusal(data, dbx, link, link_password=SECRET) == DENIED
    for kept in ({"require_password": True}, {"requested_visibility": "password"}):
        modified(pro, link, **kept)
        assert data(dbx, link, link_password="new") == b"zip"
    assert visibility(modified(pro, link, require_password=False)) == ("public", "public")
    assert data(dbx, link) == b"zip"
    assert refusal(modified, pro, link, require_password=True) == INVALID
    modified(pro, link, **PASSWORD)
    assert visibility(modified(pro, link, requested_visibility="public"))[0] == "public"
    assert data(dbx, link, link_password="any") == b"zip"


@pytest.mark.evidence("S6-04", "S6-07", "S6-08", "S6-12", "S2-20", "S2-22")
@pytest.mark.parametrize(
    ("plan", "given", "expected"),
    [
        ("basic", {}, INVALID),
        ("basic", {"link_password": None, "expires": None}, INVALID),
        ("basic", {"expires": LATER}, NOT_AUTHORIZED),
        ("basic", {"require_password": True}, NOT_AUTHORIZED),
        ("basic", {"allow_download": False}, NOT_AUTHORIZED),
        ("basic", {"requested_visibility": "password"}, NOT_AUTHORIZED),
        ("pro", {"audience": "team"}, NOT_AUTHORIZED),
        ("pro", {"expires": PAST}, INVALID),
        ("pro", {"access": "viewer"}, INVALID),
        ("pro", {"access": "editor"}, INVALID),
        ("pro", {"requested_visibility": "public", "audience": "no_one"}, INVALID),
    ],
)
def test_a_refused_change_changes_nothing(client_of, service, plan, given, expected):
    owner = client_of(plan)
    link = shared(owner, "/d.zip")
    before = service.snapshot()
    assert refusal(modified, owner, link, **given) == expected
    assert not service.gate.world.files.undo.changed_since(before.mark)
    assert seen(owner, link) == link


@pytest.mark.evidence("S6-01", "S6-21")
def test_absent_settings_are_like_empty_ones(service, wire):
    link = shared(service.client(), "/d.zip")
    reply = wire.rpc(MODIFY, {"url": link.url})
    assert reply.json()["error_summary"].startswith(INVALID)
    reply = wire.rpc(MODIFY, {"url": link.url, "remove_expiration": True})
    assert (reply.status_code, reply.json()["url"]) == (200, link.url)


@pytest.mark.evidence("S6-11", "S6-16", "S6-19")
def test_only_the_owner_changes_or_revokes_a_link(dbx, pro):
    link = shared(dbx, "/d.zip")
    for given in ({}, {"audience": "public"}, {"expires": LATER}):
        assert refusal(modified, pro, link, **given) == DENIED
    assert refusal(pro.sharing_revoke_shared_link, link.url) == DENIED
    assert seen(dbx, link) == link


@pytest.mark.evidence("S6-13", "O0-02")
def test_revoking_returns_null(service, wire):
    link = shared(service.client(), "/d.zip")
    reply = wire.rpc(REVOKE, {"url": link.url})
    assert (reply.status_code, reply.text) == (200, "null")


@pytest.mark.evidence("S6-14", "S6-15", "S6-17")
def test_revoking_a_link_that_does_not_exist_is_refused(dbx):
    link = shared(dbx, "/d.zip")
    assert dbx.sharing_revoke_shared_link(link.url.replace("dl=0", "dl=1")) is None
    for url in (
        link.url,
        "https://www.dropbox.com/sh/48r2abc/AAAS-niuW?dl=0",
        "https://www.dropbox.com/s/abcdefghijklmno/a.txt?dl=0",
    ):
        assert refusal(dbx.sharing_revoke_shared_link, url) == NOT_FOUND
        assert refusal(dbx.sharing_get_shared_link_metadata, url) == NOT_FOUND
    for url in (
        "https://www.dropbox.com/al0w4e11j0e1kp3/file_for_sharing.docx?dl=0",
        "https://www.testlink.de",
        "https://www.dropbox.com/s/",
        "",
    ):
        assert refusal(dbx.sharing_revoke_shared_link, url) == "shared_link_malformed"


@pytest.mark.evidence("S6-20", "S1-25")
def test_revoking_keeps_the_links_above_and_below(dbx, other):
    links = [shared(dbx, path) for path in ("/Docs", "/Docs/deep", "/Docs/deep/c.docx")]
    dbx.sharing_revoke_shared_link(links[1].url)
    assert seen(dbx, links[0]) == links[0]
    assert seen(dbx, links[2]) == links[2]
    dbx.sharing_revoke_shared_link(links[2].url)
    assert data(other, links[0], path="/deep/c.docx") == b"c"
