"""Tests of webhooks, sent over real HTTP to this machine: challenges, notifications, retries."""

import hashlib
import hmac
import json

import dropbox
import pytest
from dropbox.files import WriteMode
from tests.support.receiver import Receiver

from fakedropbox import FakeDropboxService

RETRY_DELAYS = (10, 20, 40, 80, 160, 320)


@pytest.fixture
def service():
    return FakeDropboxService(files={"/a.txt": b"a"})


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def hook(service, receiver):
    """The receiver, registered for the default app; the challenge is removed from its requests."""
    service.webhooks.add(receiver.url)
    receiver.requests.clear()
    return receiver


def pop_notified_accounts(receiver):
    """Return the account ids of each notification so far, and clear the receiver's requests."""
    bodies = [json.loads(each.body) for each in receiver.requests]
    receiver.requests.clear()
    return [body["list_folder"]["accounts"] for body in bodies]


def default_account_ids(service):
    return [service.accounts.default.account_id]


class TestRegistration:
    @pytest.mark.evidence("O7-01")
    @pytest.mark.parametrize(("path", "mark"), [("/hook", "?"), ("/hook?key=hush", "&")])
    def test_add_sends_a_challenge(self, service, receiver, path, mark):
        service.webhooks.add(receiver.origin + path)
        (arrived,) = receiver.requests
        assert arrived.method == "GET"
        address, _, challenge = arrived.path.partition(f"{mark}challenge=")
        assert address == path
        assert len(challenge) >= 32
        (hook,) = service.webhooks
        assert (hook.app, hook.url) == (service.apps.default, receiver.origin + path)
        assert repr(hook) == f"<Webhook of {hook.app.key}: {receiver.url}, 0 lost>"
        assert len(service.webhooks) == 1

    @pytest.mark.evidence("O7-01")
    @pytest.mark.parametrize(
        ("change", "got"),
        [
            ({"echo": lambda _: "hello"}, "another text"),
            ({"echo": lambda text: f"<p>{text}</p>"}, "another text"),
            ({"status": 500}, "500"),
            ({"status": 302}, "302"),
            ({"status": 204}, "204"),
        ],
    )
    def test_add_refuses_a_wrong_answer_to_the_challenge(self, service, receiver, change, got):
        vars(receiver).update(change)
        with pytest.raises(ValueError, match=f"url: .*challenge, got {got}"):
            service.webhooks.add(receiver.url + "?key=hush")
        assert len(receiver.requests) == 1  # no retry, and no redirect is followed
        assert len(service.webhooks) == 0

    def test_add_refuses_a_url_where_no_server_answers(self, service):
        with Receiver() as closed:
            pass
        with pytest.raises(ValueError, match="got no response") as caught:
            service.webhooks.add(closed.url + "?key=hush")
        assert "hush" not in str(caught.value)

    def test_add_refuses_a_duplicate_for_the_same_app(self, service, hook):
        with pytest.raises(ValueError, match="url: expected a URL that is not yet a webhook"):
            service.webhooks.add(hook.url)
        assert hook.requests == []
        other = service.apps.create("other")
        service.webhooks.add(hook.url, other)
        assert [each.app for each in service.webhooks] == [service.apps.default, other]

    @pytest.mark.parametrize(
        "url",
        [
            "http://192.0.2.1/hook",
            "https://hooks.example.com/",
            "http://localhost.example.com/",
            "http://localhost@example.com/",
        ],
    )
    def test_add_refuses_a_remote_url(self, service, connect_attempts, url):
        with pytest.raises(ValueError, match="url: "):
            service.webhooks.add(url)
        assert connect_attempts == []

    def test_add_accepts_a_remote_url_if_it_is_allowed(self, service, receiver):
        # 127.1 is the same address as 127.0.0.1, but `add` does not recognize it as local.
        url = receiver.url.replace("127.0.0.1", "127.1")
        with pytest.raises(ValueError, match="url: expected an address on this machine"):
            service.webhooks.add(url)
        service.webhooks.add(url, allow_remote=True)
        assert len(receiver.requests) == 1

    @pytest.mark.parametrize("url", ["", "localhost", "ftp://localhost/", "http:///x", 5, None])
    def test_add_refuses_a_value_that_is_not_a_url(self, service, url):
        with pytest.raises((TypeError, ValueError), match="url: expected"):
            service.webhooks.add(url)

    def test_add_refuses_the_app_of_another_service(self, service, receiver):
        with pytest.raises(ValueError, match="app: expected an app of this service"):
            service.webhooks.add(receiver.url, FakeDropboxService(seed=1).apps.default)
        with pytest.raises(TypeError, match="app: "):
            service.webhooks.add(receiver.url, "key")

    def test_remove_stops_the_notifications(self, service, hook):
        service.client().files_upload(b"", "/new")
        service.webhooks.remove(hook.url)
        assert (len(service.webhooks), service.webhooks.deliver(), hook.requests) == (0, 0, [])
        with pytest.raises(ValueError, match="url: expected one of the app's webhooks"):
            service.webhooks.remove(hook.url)


class TestNotification:
    @pytest.mark.evidence("O7-02", "O7-03")
    def test_request_has_the_headers_and_body_of_dropbox(self, service, hook):
        service.client().files_upload(b"", "/new")
        assert service.webhooks.deliver() == 1
        (arrived,) = hook.requests
        account, app = service.accounts.default, service.apps.default
        body = (
            f'{{"list_folder": {{"accounts": ["{account.account_id}"]}}, '
            f'"delta": {{"users": [{account.uid}]}}}}'
        )
        assert (arrived.method, arrived.path, arrived.body.decode()) == ("POST", "/hook", body)
        signature = hmac.new(app.secret.encode(), arrived.body, hashlib.sha256).hexdigest()
        assert arrived.headers.items() == [
            ("Host", hook.origin.removeprefix("http://")),
            ("user-agent", "DropboxWebhooks/1.0"),
            ("accept", "*/*"),
            ("accept-encoding", "gzip,deflate"),
            ("content-type", "application/json"),
            ("x-dropbox-signature", signature),
            ("content-length", str(len(body))),
        ]

    @pytest.mark.parametrize(
        "change",
        [
            lambda dbx: dbx.files_upload(b"2", "/a.txt", mode=WriteMode.overwrite),
            lambda dbx: dbx.files_delete_v2("/a.txt"),
            lambda dbx: dbx.files_move_v2("/a.txt", "/b.txt"),
            lambda dbx: dbx.files_create_folder_v2("/folder"),
        ],
    )
    def test_an_upload_a_deletion_a_move_and_a_new_folder_are_notified(self, service, hook, change):
        change(service.client())
        service.webhooks.deliver()
        assert pop_notified_accounts(hook) == [default_account_ids(service)]

    def test_calls_without_a_change_are_not_notified(self, service, hook):
        dbx = service.client()
        dbx.files_list_folder("")
        dbx.files_upload(b"a", "/a.txt")  # unchanged content is no change (F4-02)
        with pytest.raises(dropbox.exceptions.ApiError):
            dbx.files_delete_v2("/nothing")
        assert service.webhooks.deliver() == 0
        assert pop_notified_accounts(hook) == []

    @pytest.mark.evidence("O7-04")
    def test_many_changes_of_many_accounts_are_sent_in_one_notification(self, service, hook):
        others = [service.accounts.create(f"{name}@example.com") for name in "bc"]
        stranger = service.accounts.create("nobody@example.com")
        logins = [service.login, *[service.logins.create(other) for other in others]]
        for _ in range(3):
            for login in logins:
                service.client(login).files_upload(b"", "/new", autorename=True)
        other_app = service.apps.create("other")
        service.client(service.logins.create(stranger, other_app)).files_upload(b"", "/theirs")
        assert service.webhooks.deliver() == 1
        assert pop_notified_accounts(hook) == [
            [*default_account_ids(service), *[other.account_id for other in others]]
        ]
        assert service.webhooks.deliver() == 0

    def test_only_changes_made_while_the_app_is_linked_are_notified(self, service, hook):
        other = service.accounts.create("other@example.com")
        service.client(service.logins.create(other, service.apps.create("first"))).files_upload(
            b"", "/a"
        )
        login = service.logins.create(other)
        assert service.webhooks.deliver() == 0
        service.client(login).files_upload(b"", "/b")
        service.webhooks.deliver()
        assert pop_notified_accounts(hook) == [[other.account_id]]
        service.client(login).files_upload(b"", "/c")
        service.client(login).auth_token_revoke()
        assert service.webhooks.deliver() == 0

    def test_changes_after_the_first_of_several_logins_are_notified(self, service, hook):
        other = service.accounts.create("other@example.com")
        service.client(service.logins.create(other)).files_upload(b"", "/a")
        service.logins.create(other)
        service.webhooks.deliver()
        assert pop_notified_accounts(hook) == [[other.account_id]]

    def test_changes_after_the_authorization_code_was_issued_are_notified(self, service, hook):
        other = service.accounts.create("other@example.com")
        code = service.authorize(account=other)
        service.client(service.logins.create(other, service.apps.create("first"))).files_upload(
            b"", "/a"
        )
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": service.login.app_key,
            "client_secret": service.login.app_secret,
        }
        service.session().post("https://api.dropboxapi.com/oauth2/token", form)
        service.webhooks.deliver()
        assert pop_notified_accounts(hook) == [[other.account_id]]

    def test_an_app_with_a_folder_is_notified_only_of_changes_in_it(self, service, hook):
        app = service.apps.create("small", folder="Small")
        service.webhooks.add(hook.origin + "/small", app)
        hook.requests.clear()
        login = service.logins.create(app=app)
        # This call creates the folder of the app, which is not a change for the app.
        service.client(login).files_list_folder("")
        service.client().files_upload(b"", "/outside")
        service.webhooks.deliver()
        assert [each.path for each in hook.requests] == ["/hook"]
        first, second = service.webhooks
        assert first.seen == second.seen  # the change outside its folder is not checked again
        service.client(login).files_upload(b"", "/inside")
        service.webhooks.deliver()
        assert [each.path for each in hook.requests[1:]] == ["/hook", "/small"]
        service.client().files_delete_v2("/Apps/Small")
        service.webhooks.deliver()
        assert [each.path for each in hook.requests[3:]] == ["/hook"]

    def test_a_receiver_can_use_the_service_before_it_answers(self, service, hook):
        seen = []
        dbx = service.client()
        cursor = dbx.files_list_folder("").cursor
        hook.before_answer = lambda: seen.extend(dbx.files_list_folder_continue(cursor).entries)
        dbx.files_upload(b"", "/new")
        with service.activate():
            service.webhooks.deliver()
        assert [entry.path_display for entry in seen] == ["/new"]

    def test_a_change_during_a_delivery_is_notified_next_time(self, service, hook):
        dbx = service.client()
        dbx.files_upload(b"", "/one")
        hook.before_answer = lambda: dbx.files_upload(b"", "/two", autorename=True)
        service.webhooks.deliver()
        hook.before_answer = lambda: None
        service.webhooks.deliver()
        assert pop_notified_accounts(hook) == [default_account_ids(service)] * 2
        assert service.webhooks.deliver() == 0

    def test_a_delivery_is_not_recorded_as_a_call(self, service, hook):
        service.client().files_upload(b"", "/one")
        service.webhooks.deliver()
        assert len(hook.requests) == 1
        assert [call.route for call in service.calls] == ["files/upload"]


@pytest.mark.evidence("O7-05")
class TestRetries:
    @pytest.mark.parametrize("status", [500, 404, 204, 302])
    def test_a_delivery_is_retried_until_it_is_accepted(self, service, hook, status):
        service.client().files_upload(b"", "/one")
        hook.status = status
        for pause in RETRY_DELAYS[:2]:
            assert service.webhooks.deliver() == 0
            assert len(pop_notified_accounts(hook)) == 1
            service.clock.advance(pause - 0.001)
            assert service.webhooks.deliver() == 0
            assert pop_notified_accounts(hook) == []
            service.clock.advance(0.001)
        hook.status = 200
        assert service.webhooks.deliver() == 1
        assert pop_notified_accounts(hook) == [default_account_ids(service)]
        service.client().files_upload(b"", "/two")
        # There is no pause, because the last delivery succeeded.
        assert service.webhooks.deliver() == 1
        assert [each.lost for each in service.webhooks] == [0]

    def test_a_delivery_is_given_up_after_ten_minutes(self, service, hook):
        service.client().files_upload(b"", "/one")
        hook.status = 500
        service.webhooks.deliver()
        began = service.clock.time()
        for pause in RETRY_DELAYS:
            service.clock.advance(pause)
            service.webhooks.deliver()
        assert 600 <= service.clock.time() - began <= 660
        assert len(pop_notified_accounts(hook)) == 7
        hook.status = 200
        service.clock.advance(10_000)
        assert service.webhooks.deliver() == 0
        assert [each.lost for each in service.webhooks] == [1]
        service.client().files_upload(b"", "/two")
        assert service.webhooks.deliver() == 1

    def test_a_retry_includes_later_changes(self, service, hook):
        other = service.accounts.create("other@example.com")
        service.client(service.logins.create(other)).files_upload(b"", "/theirs")
        hook.status = 500
        service.webhooks.deliver()
        assert pop_notified_accounts(hook) == [[other.account_id]]
        service.client().files_upload(b"", "/mine")
        service.webhooks.deliver()
        assert pop_notified_accounts(hook) == []
        service.clock.advance(10)
        service.webhooks.deliver()
        assert pop_notified_accounts(hook) == [[*default_account_ids(service), other.account_id]]

    def test_a_failing_receiver_does_not_delay_the_others(self, service, hook):
        with Receiver() as second:
            service.webhooks.add(second.url)
            second.requests.clear()
            hook.status = 500
            service.client().files_upload(b"", "/one")
            assert service.webhooks.deliver() == 1
            assert (len(pop_notified_accounts(hook)), len(pop_notified_accounts(second))) == (1, 1)
        service.client().files_upload(b"", "/two")
        assert service.webhooks.deliver() == 0  # one receiver has to wait, the other is closed


class TestState:
    def test_restore_rolls_webhooks_back(self, service, hook):
        snapshot = service.snapshot()
        before = list(service.webhooks)
        for _ in range(2):
            service.client().files_upload(b"", "/one")
            assert service.webhooks.deliver() == 1
            hook.status = 500
            service.client().files_upload(b"", "/two")
            service.webhooks.deliver()
            service.webhooks.remove(hook.url)
            hook.status = 200
            service.webhooks.add(hook.origin + "/other")
            service.restore(snapshot)
            assert list(service.webhooks) == before
            assert service.webhooks.deliver() == 0

    def test_a_restore_during_a_delivery_keeps_later_deliveries_working(self, service, hook):
        snapshot = service.snapshot()
        service.client().files_upload(b"", "/one")
        hook.before_answer = lambda: service.restore(snapshot)
        assert service.webhooks.deliver() == 1
        hook.before_answer = lambda: None
        pop_notified_accounts(hook)
        service.client().files_upload(b"", "/other")
        assert service.webhooks.deliver() == 1

    def test_reset_removes_all_webhooks(self, service, hook):
        service.client().files_upload(b"", "/one")
        hook.before_answer = service.reset
        service.webhooks.deliver()
        assert len(service.webhooks) == 0


class TestDeliveries:
    def test_each_attempt_is_kept_until_the_next_reset(self, service, hook):
        hook.status = 503
        service.client().files_upload(b"", "/new")
        service.webhooks.deliver()
        service.clock.advance(10)
        hook.status = 200
        service.webhooks.deliver()
        first, second = service.webhooks.deliveries
        assert [first.status, second.status] == [503, 200]
        assert (second.time - first.time).total_seconds() == 10
        assert first.accounts == (service.accounts.default,)
        assert (first.url, first.app) == (hook.url, service.apps.default)
        service.reset()
        assert service.webhooks.deliveries == []

    def test_without_a_response_the_status_is_0_and_the_repr_has_no_query(self, service):
        with Receiver() as receiver:
            service.webhooks.add(f"{receiver.url}?key=hush")
        service.client().files_upload(b"", "/new")
        service.webhooks.deliver()
        (delivery,) = service.webhooks.deliveries
        assert delivery.status == 0
        assert repr(delivery) == f"<Delivery to {receiver.url}: no response>"

    def test_failed_notices_are_sent_again_without_a_pause_if_asked(self, service, hook):
        hook.status = 500
        service.client().files_upload(b"", "/new")
        assert service.webhooks.deliver() == 0
        hook.status = 200
        assert service.webhooks.deliver() == 0  # the clock stands still
        assert service.webhooks.deliver(now=True) == 1
        assert service.webhooks.deliver(now=True) == 0
        with pytest.raises(TypeError, match="now: expected bool"):
            service.webhooks.deliver(now=1)

    @pytest.mark.usefixtures("hook")
    def test_only_the_last_hundred_deliveries_are_kept(self, service):
        for number in range(105):
            service.client().files_upload(b"", f"/{number}")
            service.webhooks.deliver()
        assert len(service.webhooks.deliveries) == 100
