"""Webhooks, sent over real HTTP to this machine."""

import hashlib
import hmac
import json

import dropbox
import pytest
from dropbox.files import WriteMode
from tests.support.receiver import Receiver

from fakedropbox import FakeDropboxService

PAUSES = (10, 20, 40, 80, 160, 320)


@pytest.fixture
def service():
    return FakeDropboxService(files={"/a.txt": b"a"})


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def hook(service, receiver):
    """The receiver, registered on the default app; the challenge is forgotten."""
    service.webhooks.add(receiver.url)
    receiver.requests.clear()
    return receiver


def told(receiver):
    """The account ids that each notice so far names; they are forgotten."""
    bodies = [json.loads(each.body) for each in receiver.requests]
    receiver.requests.clear()
    return [body["list_folder"]["accounts"] for body in bodies]


def mine(service):
    return [service.accounts.default.account_id]


class TestRegistration:
    @pytest.mark.evidence("O7-01")
    @pytest.mark.parametrize(("path", "mark"), [("/hook", "?"), ("/hook?key=hush", "&")])
    def test_a_challenge_comes_first(self, service, receiver, path, mark):
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
    def test_another_answer_is_none(self, service, receiver, change, got):
        vars(receiver).update(change)
        with pytest.raises(ValueError, match=f"url: .*challenge, got {got}"):
            service.webhooks.add(receiver.url + "?key=hush")
        assert len(receiver.requests) == 1  # it is not tried again, and no redirect followed
        assert len(service.webhooks) == 0

    def test_nobody_there(self, service):
        with Receiver() as gone:
            pass
        with pytest.raises(ValueError, match="got no response") as caught:
            service.webhooks.add(gone.url + "?key=hush")
        assert "hush" not in str(caught.value)

    def test_each_is_one(self, service, hook):
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
    def test_only_to_this_machine(self, service, sent, url):
        with pytest.raises(ValueError, match="url: "):
            service.webhooks.add(url)
        assert sent == []

    def test_unless_it_is_allowed(self, service, receiver):
        url = receiver.url.replace("127.0.0.1", "127.1")  # this machine, but it does not say so
        with pytest.raises(ValueError, match="url: expected an address on this machine"):
            service.webhooks.add(url)
        service.webhooks.add(url, allow_remote=True)
        assert len(receiver.requests) == 1

    @pytest.mark.parametrize("url", ["", "localhost", "ftp://localhost/", "http:///x", 5, None])
    def test_what_is_no_url(self, service, url):
        with pytest.raises((TypeError, ValueError), match="url: expected"):
            service.webhooks.add(url)

    def test_another_services_app(self, service, receiver):
        with pytest.raises(ValueError, match="app: expected an app of this service"):
            service.webhooks.add(receiver.url, FakeDropboxService(seed=1).apps.default)
        with pytest.raises(TypeError, match="app: "):
            service.webhooks.add(receiver.url, "key")

    def test_it_ends(self, service, hook):
        service.client().files_upload(b"", "/new")
        service.webhooks.remove(hook.url)
        assert (len(service.webhooks), service.webhooks.deliver(), hook.requests) == (0, 0, [])
        with pytest.raises(ValueError, match="url: expected one of the app's webhooks"):
            service.webhooks.remove(hook.url)


class TestANotice:
    @pytest.mark.evidence("O7-02", "O7-03")
    def test_as_it_is_sent(self, service, hook):
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
    def test_every_change_counts(self, service, hook, change):
        change(service.client())
        service.webhooks.deliver()
        assert told(hook) == [mine(service)]

    def test_what_changes_nothing_does_not(self, service, hook):
        dbx = service.client()
        dbx.files_list_folder("")
        dbx.files_upload(b"a", "/a.txt")  # the same content (F4-02)
        with pytest.raises(dropbox.exceptions.ApiError):
            dbx.files_delete_v2("/nothing")
        assert service.webhooks.deliver() == 0
        assert told(hook) == []

    @pytest.mark.evidence("O7-04")
    def test_many_changes_of_many_accounts_are_one_notice(self, service, hook):
        others = [service.accounts.create(f"{name}@example.com") for name in "bc"]
        stranger = service.accounts.create("nobody@example.com")
        logins = [service.login, *[service.logins.create(other) for other in others]]
        for _ in range(3):
            for login in logins:
                service.client(login).files_upload(b"", "/new", autorename=True)
        other_app = service.apps.create("other")
        service.client(service.logins.create(stranger, other_app)).files_upload(b"", "/theirs")
        assert service.webhooks.deliver() == 1
        assert told(hook) == [[*mine(service), *[other.account_id for other in others]]]
        assert service.webhooks.deliver() == 0

    def test_only_from_when_the_app_was_let_in(self, service, hook):
        other = service.accounts.create("other@example.com")
        service.client(service.logins.create(other, service.apps.create("first"))).files_upload(
            b"", "/a"
        )
        login = service.logins.create(other)
        assert service.webhooks.deliver() == 0
        service.client(login).files_upload(b"", "/b")
        service.webhooks.deliver()
        assert told(hook) == [[other.account_id]]
        service.client(login).files_upload(b"", "/c")
        service.client(login).auth_token_revoke()
        assert service.webhooks.deliver() == 0

    def test_the_first_of_several_links_counts(self, service, hook):
        other = service.accounts.create("other@example.com")
        service.client(service.logins.create(other)).files_upload(b"", "/a")
        service.logins.create(other)
        service.webhooks.deliver()
        assert told(hook) == [[other.account_id]]

    def test_a_code_counts_from_when_it_was_given(self, service, hook):
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
        assert told(hook) == [[other.account_id]]

    def test_an_app_folder_is_all_that_its_app_hears_of(self, service, hook):
        app = service.apps.create("small", folder="Small")
        service.webhooks.add(hook.origin + "/small", app)
        hook.requests.clear()
        login = service.logins.create(app=app)
        service.client(login).files_list_folder("")  # the folder itself is no news to its app
        service.client().files_upload(b"", "/outside")
        service.webhooks.deliver()
        assert [each.path for each in hook.requests] == ["/hook"]
        first, second = service.webhooks
        assert first.seen == second.seen  # what it cannot see is not looked at again
        service.client(login).files_upload(b"", "/inside")
        service.webhooks.deliver()
        assert [each.path for each in hook.requests[1:]] == ["/hook", "/small"]
        service.client().files_delete_v2("/Apps/Small")
        service.webhooks.deliver()
        assert [each.path for each in hook.requests[3:]] == ["/hook"]

    def test_it_may_use_the_service_before_it_answers(self, service, hook):
        seen = []
        dbx = service.client()
        cursor = dbx.files_list_folder("").cursor
        hook.before_answer = lambda: seen.extend(dbx.files_list_folder_continue(cursor).entries)
        dbx.files_upload(b"", "/new")
        with service.activate():
            service.webhooks.deliver()
        assert [entry.path_display for entry in seen] == ["/new"]

    def test_a_change_meanwhile_is_told_next_time(self, service, hook):
        dbx = service.client()
        dbx.files_upload(b"", "/one")
        hook.before_answer = lambda: dbx.files_upload(b"", "/two", autorename=True)
        service.webhooks.deliver()
        hook.before_answer = lambda: None
        service.webhooks.deliver()
        assert told(hook) == [mine(service)] * 2
        assert service.webhooks.deliver() == 0

    def test_it_is_no_call(self, service, hook):
        service.client().files_upload(b"", "/one")
        service.webhooks.deliver()
        assert len(hook.requests) == 1
        assert [call.route for call in service.calls] == ["files/upload"]


@pytest.mark.evidence("O7-05")
class TestAgain:
    @pytest.mark.parametrize("status", [500, 404, 204, 302])
    def test_until_it_is_accepted(self, service, hook, status):
        service.client().files_upload(b"", "/one")
        hook.status = status
        for pause in PAUSES[:2]:
            assert service.webhooks.deliver() == 0
            assert len(told(hook)) == 1
            service.clock.advance(pause - 0.001)
            assert service.webhooks.deliver() == 0
            assert told(hook) == []
            service.clock.advance(0.001)
        hook.status = 200
        assert service.webhooks.deliver() == 1
        assert told(hook) == [mine(service)]
        service.client().files_upload(b"", "/two")
        assert service.webhooks.deliver() == 1  # at once again
        assert [each.lost for each in service.webhooks] == [0]

    def test_it_is_given_up_after_ten_minutes(self, service, hook):
        service.client().files_upload(b"", "/one")
        hook.status = 500
        service.webhooks.deliver()
        began = service.clock.time()
        for pause in PAUSES:
            service.clock.advance(pause)
            service.webhooks.deliver()
        assert 600 <= service.clock.time() - began <= 660
        assert len(told(hook)) == 7
        hook.status = 200
        service.clock.advance(10_000)
        assert service.webhooks.deliver() == 0
        assert [each.lost for each in service.webhooks] == [1]
        service.client().files_upload(b"", "/two")
        assert service.webhooks.deliver() == 1

    def test_with_what_has_changed_meanwhile(self, service, hook):
        other = service.accounts.create("other@example.com")
        service.client(service.logins.create(other)).files_upload(b"", "/theirs")
        hook.status = 500
        service.webhooks.deliver()
        assert told(hook) == [[other.account_id]]
        service.client().files_upload(b"", "/mine")
        service.webhooks.deliver()
        assert told(hook) == []
        service.clock.advance(10)
        service.webhooks.deliver()
        assert told(hook) == [[*mine(service), other.account_id]]

    def test_one_that_is_down_keeps_no_other_waiting(self, service, hook):
        with Receiver() as second:
            service.webhooks.add(second.url)
            second.requests.clear()
            hook.status = 500
            service.client().files_upload(b"", "/one")
            assert service.webhooks.deliver() == 1
            assert (len(told(hook)), len(told(second))) == (1, 1)
        service.client().files_upload(b"", "/two")
        assert service.webhooks.deliver() == 0  # nobody there any more


class TestState:
    def test_it_is_rolled_back(self, service, hook):
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

    def test_a_notice_that_a_restore_overtakes(self, service, hook):
        snapshot = service.snapshot()
        service.client().files_upload(b"", "/one")
        hook.before_answer = lambda: service.restore(snapshot)
        assert service.webhooks.deliver() == 1
        hook.before_answer = lambda: None
        told(hook)
        service.client().files_upload(b"", "/other")
        assert service.webhooks.deliver() == 1

    def test_a_new_beginning_has_none(self, service, hook):
        service.client().files_upload(b"", "/one")
        hook.before_answer = service.reset
        service.webhooks.deliver()
        assert len(service.webhooks) == 0
