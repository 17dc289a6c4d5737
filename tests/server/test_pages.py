"""Tests of a server's pages: OAuth, and shared links at the server's own address."""

from urllib.parse import parse_qsl

import dropbox
import pytest
from tests.support.browser import Browser
from tests.support.doors import through_https
from tests.support.links import PASSWORD, SECRET, shared


def test_the_oauth_flow_of_the_sdk_works_through_the_authorize_page(
    monkeypatch, dropbox_server, ctl
):
    app = ctl.apps.create("machine", auto_approve=True)
    through_https(monkeypatch, dropbox_server)
    flow = dropbox.DropboxOAuth2Flow(
        app["key"],
        "http://localhost:9/done",
        {},
        "csrf",
        app["secret"],
        token_access_type="offline",
    )
    with flow.requests_session as session:
        reply = session.get(flow.start("state"), allow_redirects=False)
        there, _, query = reply.headers["Location"].partition("?")
        assert there == "http://localhost:9/done"
        found = flow.finish(dict(parse_qsl(query)))
    assert found.refresh_token
    with dropbox.Dropbox(found.access_token) as dbx:
        assert dbx.users_get_current_account().email == "owner@example.com"


def test_the_page_of_a_link_at_the_own_address_leads_to_this_server(http, dropbox_service):
    dropbox_service.seed_files({"/a.txt": b"1", "/Docs/b.txt": b"2"})
    dbx = dropbox_service.client()
    for path, content in (("/a.txt", b"1"), ("/Docs", b"PK")):
        url = dbx.sharing_create_shared_link_with_settings(path).url
        here = url.replace("https://www.dropbox.com", http.url).replace("dl=0", "dl=1")
        found = http.session.get(here)
        assert found.url.startswith(f"{http.url}/")
        assert found.content.startswith(content)


@pytest.mark.dropbox(plan="pro", files={"/a.txt": b"1"})
def test_a_password_opens_a_link_at_the_own_address(http, dropbox_service):
    link = shared(dropbox_service.client(), "/a.txt", **PASSWORD)
    browser = Browser(http.session)
    here = link.url.replace("https://www.dropbox.com", http.url)
    page = browser.fill(browser.session.get(here), password=SECRET)
    assert page.url == here
    assert browser.follow(page, "Download").content == b"1"
