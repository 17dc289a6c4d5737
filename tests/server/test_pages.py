"""Tests of a server's OAuth pages."""

from urllib.parse import parse_qsl

import dropbox
from tests.support.doors import through_https


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
