"""Tests of a server's webhooks: notifications, and registration through the control interface."""

import json
import threading
import time

import pytest
from tests.support.receiver import Receiver

TIMEOUT = 30  # seconds; each notification normally arrives in less than one


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        receiver.arrived = threading.Semaphore(0)
        receiver.before_answer = receiver.arrived.release
        yield receiver


def test_a_change_is_notified(ctl, receiver, http, dropbox_service):
    ctl.webhooks.add(receiver.url)
    assert receiver.arrived.acquire(timeout=TIMEOUT)  # the challenge
    http.upload({"path": "/new"})
    assert receiver.arrived.acquire(timeout=TIMEOUT)
    account_id = dropbox_service.accounts.default.account_id
    assert account_id.encode() in receiver.requests[-1].body


@pytest.mark.evidence("O7-05")
def test_a_failed_notification_is_retried_when_the_services_clock_advances(ctl, receiver, http):
    ctl.webhooks.add(receiver.url)
    assert receiver.arrived.acquire(timeout=TIMEOUT)
    receiver.status = 500
    http.upload({"path": "/new"})
    assert receiver.arrived.acquire(timeout=TIMEOUT)
    receiver.status = 200
    assert not receiver.arrived.acquire(timeout=0.3)  # the service's clock stands still
    ctl.clock.advance(10)
    assert receiver.arrived.acquire(timeout=TIMEOUT)


def test_an_endpoint_may_call_the_server_before_it_answers(ctl, receiver, http):
    receiver.before_answer = lambda: http.rpc("users/get_current_account", None)
    ctl.webhooks.add(receiver.url)


def test_invalid_webhooks_are_refused(ctl, receiver):
    with pytest.raises(ValueError, match="app: expected the key of an app"):
        ctl.webhooks.add(receiver.url, "nobody")
    with pytest.raises(ValueError, match="on this machine unless allow_remote"):
        ctl.webhooks.add("http://hooks.example.com/")
    with pytest.raises(ValueError, match="url: expected one of the app's webhooks"):
        ctl.webhooks.remove(receiver.url)
    ctl.webhooks.add(receiver.url)
    ctl.webhooks.remove(receiver.url)


def test_an_app_is_created_with_redirects_and_auto_approve(ctl, dropbox_service):
    made = ctl.apps.create("x", redirect_uris=["https://a.example.com/"], auto_approve=True)
    app = dropbox_service.apps.by_key(made["key"])
    assert app.redirect_uris == {"https://a.example.com/"}
    assert app.auto_approve


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
