"""Tests of a server's webhook notifications and OAuth pages."""

import json
import time
from urllib.parse import parse_qsl

import dropbox
import pytest
from tests.support.doors import through_https
from tests.support.receiver import Receiver

from fakedropbox.control import Control


@pytest.fixture
def ctl(dropbox_server):
    return Control(dropbox_server.url, dropbox_server.control_token, dropbox_server.ca_file)


@pytest.mark.evidence("O7-01", "O7-02")
def test_a_webhook_is_notified_of_a_change_with_its_account(ctl, http, dropbox_service):
    with Receiver() as receiver:
        ctl.webhooks.add(receiver.url)
        assert [arrived.method for arrived in receiver.requests] == ["GET"]
        http.upload({"path": "/a"}, b"x")
        while len(receiver.requests) < 2:
            time.sleep(0.02)
        notification = json.loads(receiver.requests[1].body)
    account = dropbox_service.accounts.default.account_id
    assert notification["list_folder"]["accounts"] == [account]


def test_a_webhook_with_an_invalid_address_or_app_is_refused(ctl):
    with pytest.raises(ValueError, match="url: expected an address on this machine"):
        ctl.webhooks.add("https://example.com/hook")
    with pytest.raises(ValueError, match="app: expected the key of an app, got 'x'"):
        ctl.webhooks.add("http://localhost:1/hook", "x")


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
