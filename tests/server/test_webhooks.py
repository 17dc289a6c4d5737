"""Tests of a server's webhooks: notifications, and registration through the control interface."""

import threading

import pytest
from tests.support.receiver import Receiver

from fakedropbox.control import Control

TIMEOUT = 30  # seconds; each notification normally arrives in less than one


@pytest.fixture
def control(dropbox_server):
    return Control(dropbox_server.url, dropbox_server.control_token, dropbox_server.ca_file)


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        receiver.arrived = threading.Semaphore(0)
        receiver.before_answer = receiver.arrived.release
        yield receiver


def test_a_change_is_notified(control, receiver, http, dropbox_service):
    control.webhooks.add(receiver.url)
    assert receiver.arrived.acquire(timeout=TIMEOUT)  # the challenge
    http.upload({"path": "/new"})
    assert receiver.arrived.acquire(timeout=TIMEOUT)
    account_id = dropbox_service.accounts.default.account_id
    assert account_id.encode() in receiver.requests[-1].body


@pytest.mark.evidence("O7-05")
def test_a_failed_notification_is_retried_when_the_services_clock_advances(control, receiver, http):
    control.webhooks.add(receiver.url)
    assert receiver.arrived.acquire(timeout=TIMEOUT)
    receiver.status = 500
    http.upload({"path": "/new"})
    assert receiver.arrived.acquire(timeout=TIMEOUT)
    receiver.status = 200
    assert not receiver.arrived.acquire(timeout=0.3)  # the service's clock stands still
    control.clock.advance(10)
    assert receiver.arrived.acquire(timeout=TIMEOUT)


def test_an_endpoint_may_call_the_server_before_it_answers(control, receiver, http):
    receiver.before_answer = lambda: http.rpc("users/get_current_account", None)
    control.webhooks.add(receiver.url)


def test_invalid_webhooks_are_refused(control, receiver):
    with pytest.raises(ValueError, match="app: expected the key of an app"):
        control.webhooks.add(receiver.url, "nobody")
    with pytest.raises(ValueError, match="on this machine unless allow_remote"):
        control.webhooks.add("http://hooks.example.com/")
    with pytest.raises(ValueError, match="url: expected one of the app's webhooks"):
        control.webhooks.remove(receiver.url)
    control.webhooks.add(receiver.url)
    control.webhooks.remove(receiver.url)


def test_an_app_is_created_with_redirects_and_auto_approve(control, dropbox_service):
    made = control.apps.create("x", redirect_uris=["https://a.example.com/"], auto_approve=True)
    app = dropbox_service.apps.by_key(made["key"])
    assert app.redirect_uris == {"https://a.example.com/"}
    assert app.auto_approve
