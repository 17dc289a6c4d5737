"""Tests of the further services of a server, which several test workers can share."""

import base64
import io
import subprocess
import sys
import threading
from contextlib import closing
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from dropbox.account import PhotoSourceArg
from dropbox.oauth import DropboxOAuth2FlowNoRedirect
from PIL import Image
from tests.support.browser import Browser
from tests.support.links import PASSWORD, SECRET, shared
from tests.support.receiver import Receiver

from fakedropbox import FakeDropboxService, Personality
from fakedropbox.clock import ManualClock, RunningClock
from fakedropbox.control import Control
from fakedropbox.server.launch import Options, launched
from fakedropbox.server.running import Server
from fakedropbox.server.services import HostedService

PROGRAM = """
import os, sys
import dropbox
from fakedropbox.control import Control

ctl, dbx, text = Control(), dropbox.Dropbox(os.environ["DROPBOX_ACCESS_TOKEN"]), sys.argv[1]
ctl.reset()
for number in range(10):
    dbx.files_upload(text.encode(), f"/{text}-{number}")
    assert [each.name for each in dbx.files_list_folder("").entries] == [
        f"{text}-{each}" for each in range(number + 1)
    ]
assert len(ctl.calls(query="route:files/upload outcome:ok")) == 10
ctl.faults.lost_reply("files/get_metadata", optional=True)
assert len(ctl.faults.planned()) == 1
print(ctl.clock.advance(3600).isoformat())
"""
"""The tests of a worker: it resets its service, and finds only what it has made itself."""


@pytest.fixture
def worker(dropbox_server):
    """A further service of the server."""
    return dropbox_server.services.create("worker")


@pytest.fixture
def own(dropbox_server, worker):
    """A client of the control interface with the token of the service ``worker``."""
    return Control(dropbox_server.url, worker.control_token, dropbox_server.ca_file)


@pytest.fixture
def send(dropbox_server):
    """Return a function that sends a call over HTTPS with a token, and returns the response."""

    def send(route, arg, token, **kwargs):
        return requests.post(
            f"{dropbox_server.url}/2/{route}",
            json=arg,
            headers={} if token is None else {"Authorization": f"Bearer {token}"},
            verify=str(dropbox_server.ca_file),
            timeout=30,
            **kwargs,
        )

    return send


def names_in(reply):
    return sorted(each["name"] for each in reply.json()["entries"])


@pytest.fixture
def browser(dropbox_server):
    """A browser that uses the proxy of the server."""
    with closing(requests.Session()) as session:
        session.trust_env = False
        session.verify = str(dropbox_server.ca_file)
        session.proxies = {"https": dropbox_server.proxy_url}
        yield Browser(session)


def test_two_workers_share_a_server_side_by_side(ctl):
    workers = [ctl.services.create(f"worker-{number}") for number in range(2)]
    running = [
        subprocess.Popen(  # noqa: S603 -- this very interpreter
            [sys.executable, "-c", PROGRAM, each["name"]],
            env=each["environ"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for each in workers
    ]
    for each in running:
        out, errors = each.communicate(timeout=120)
        assert each.returncode == 0, errors
        assert out == "2026-01-01T01:00:00+00:00\n"
    assert ctl.tree() == "/"
    assert ctl.calls() == []
    assert ctl.faults.planned() == []


class TestChoice:
    def test_a_request_reaches_the_service_of_its_access_token(
        self, worker, own, send, dropbox_service
    ):
        own.seed_files({"/theirs": b"1"})
        dropbox_service.seed_files({"/first": b"1"})
        for service, name in ((worker.service, "theirs"), (dropbox_service, "first")):
            reply = send("files/list_folder", {"path": ""}, service.login.access_token)
            assert names_in(reply) == [name]
        assert [len(worker.service.calls), len(dropbox_service.calls)] == [1, 1]

    def test_an_expired_or_revoked_token_is_refused_by_its_own_service(self, worker, send):
        token = worker.service.login.access_token
        worker.service.clock.advance(5 * 3600)
        assert "expired_access_token" in send("users/get_current_account", None, token).text
        worker.service.client(worker.service.login).auth_token_revoke()
        assert "invalid_access_token" in send("users/get_current_account", None, token).text
        assert len(worker.service.calls.of("users/get_current_account")) == 2

    def test_an_unknown_token_is_refused_by_the_first_service(self, worker, send, dropbox_service):
        assert send("users/get_current_account", None, "nobody").status_code in (400, 401)
        assert [len(worker.service.calls), len(dropbox_service.calls)] == [0, 1]

    def test_a_request_reaches_the_service_of_its_app_key(self, dropbox_server, worker, send):
        login = worker.service.login
        form = {"grant_type": "refresh_token", "refresh_token": login.refresh_token}
        by_form = {**form, "client_id": login.app_key, "client_secret": login.app_secret}
        for data, auth in ((by_form, None), (form, (login.app_key, login.app_secret))):
            reply = requests.post(
                f"{dropbox_server.url}/oauth2/token",
                data=data,
                auth=auth,
                verify=str(dropbox_server.ca_file),
                timeout=30,
            )
            token = reply.json()["access_token"]
            assert send("users/get_current_account", None, token).status_code == 200
        assert len(worker.service.calls.of("oauth2/token")) == 2

    def test_a_longpoll_reaches_the_service_of_its_cursor(self, worker, own, send):
        dbx = worker.service.client()
        cursor = dbx.files_list_folder_get_latest_cursor("").cursor
        own.seed_files({"/new": b""})
        reply = send("files/list_folder/longpoll", {"cursor": cursor, "timeout": 30}, None)
        assert reply.json() == {"changes": True}
        assert len(worker.service.calls.of("files/list_folder/longpoll")) == 1
        for wrong in ({"cursor": "x"}, {"cursor": 1}, [], "x"):
            assert send("files/list_folder/longpoll", wrong, None).status_code in (400, 409)

    def test_an_authorize_page_belongs_to_the_service_of_its_app(self, worker, browser):
        login = worker.service.login
        flow = DropboxOAuth2FlowNoRedirect(login.app_key, login.app_secret)
        page = browser.open(flow.start())
        assert browser.press(page, "allow").status_code == 200
        assert len(worker.service.calls.of("oauth2/authorize")) == 2

    def test_links_and_file_requests_reach_the_service_that_made_them(
        self, worker, browser, dropbox_service
    ):
        service = worker.service
        service.seed_files({"/folder/a.txt": b"theirs"})
        dbx = service.client()
        link = dbx.sharing_create_shared_link_with_settings("/folder/a.txt")
        folder = dbx.sharing_create_shared_link_with_settings("/folder")
        temporary = dbx.files_get_temporary_link("/folder/a.txt").link
        request = dbx.file_requests_create("Homework", "/Homework").url
        before = len(service.calls)
        for url, text in (
            (link.url.replace("dl=0", "dl=1"), "theirs"),
            (link.url, "a.txt"),
            (folder.url, "a.txt"),
            (temporary, "theirs"),
            (request, "Homework"),
        ):
            reply = browser.session.get(url, timeout=30)
            assert (reply.status_code, text in reply.text) == (200, True), url
        assert browser.session.get(temporary + "x", timeout=30).status_code == 404
        assert len(service.calls) >= before + 5
        assert len(dropbox_service.calls) == 1  # the link that does not exist

    def test_a_link_with_a_password_is_opened(self, dropbox_server, browser):
        service = dropbox_server.services.create("pro", plan="pro").service
        service.seed_files({"/a.txt": b"1"})
        link = shared(service.client(), "/a.txt", **PASSWORD)
        page = browser.session.get(link.url, timeout=30)
        assert "Enter the password" in page.text
        opened = browser.fill(page, password=SECRET)
        assert "a.txt" in opened.text
        assert len(dropbox_server.service.calls) == 0

    def test_the_address_of_a_photo_reaches_the_service_that_made_it(self, worker, browser):
        dbx = worker.service.client()
        image = io.BytesIO()
        Image.new("RGB", (256, 256)).save(image, "PNG")
        photo = PhotoSourceArg.base64_data(base64.b64encode(image.getvalue()).decode())
        dbx.account_set_profile_photo(photo)
        url = dbx.users_get_current_account().profile_photo_url
        assert browser.session.get(url, timeout=30).status_code == 200
        assert browser.session.get(url.replace("get/", "get/x"), timeout=30).status_code == 404

    @pytest.mark.parametrize("value", ["%%%", "\u00e9"])
    def test_malformed_credentials_are_refused_by_the_first_service(self, worker, http, value):
        headers = {"Authorization": f"Basic {value}"}
        assert http.send("/2/check/app", b"{}", headers=headers).status_code in (400, 401)
        assert len(worker.service.calls) == 0

    def test_a_malformed_url_in_a_form_is_refused_by_the_first_service(
        self, worker, http, dropbox_service
    ):
        http.authorization = {}
        reply = http.send("/2/files/get_metadata", b"url=http://[")
        assert (reply.status_code, "Invalid HTTP request" in reply.text) == (400, False)
        assert [len(worker.service.calls), len(dropbox_service.calls)] == [0, 1]

    def test_a_request_reaches_the_service_of_its_team_token(self, worker, send):
        team = worker.service.teams.create("Acme", ["boss@example.com"])
        login = worker.service.logins.create(team=team)
        assert send("team/get_info", None, login.access_token).json()["name"] == "Acme"

    def test_a_request_reaches_the_service_of_a_token_in_its_url(self, dropbox_server, worker):
        reply = requests.post(
            f"{dropbox_server.url}/2/users/get_current_account",
            params={"authorization": f"Bearer {worker.service.login.access_token}"},
            verify=str(dropbox_server.ca_file),
            timeout=30,
        )
        assert reply.status_code == 200
        assert len(worker.service.calls) == 1


class TestControl:
    def test_a_service_is_created_seeded_reset_and_deleted(self, ctl, send):
        made = ctl.services.create(plan="pro", app_folder="App")
        assert made["name"] == "service-1"
        token = made["login"]["access_token"]
        assert made["environ"]["DROPBOX_ACCESS_TOKEN"] == token
        assert [each["name"] for each in ctl.services] == ["service-1"]
        assert [each["app_key"] for each in ctl.services] == [made["login"]["app_key"]]
        ctl.services.seed("service-1", {"/Apps/App/a": b"1"}, folders=["/Apps/App/b"])
        assert names_in(send("files/list_folder", {"path": ""}, token)) == ["a", "b"]
        ctl.services.reset("service-1")
        assert names_in(send("files/list_folder", {"path": ""}, token)) == []
        ctl.services.delete("service-1")
        assert list(ctl.services) == []
        assert send("files/list_folder", {"path": ""}, token).status_code == 401
        assert ctl.services.create()["name"] == "service-2"

    def test_create_accepts_the_options_of_a_service(self, ctl, dropbox_server):
        scopes = ["files.metadata.read"]
        ctl.services.create("new", personality="documented", plan="pro", scopes=scopes, seed=7)
        service = dropbox_server.services.get("new").service
        assert service.personality == Personality.documented
        assert service.scopes == frozenset(scopes)
        assert service.accounts.default.plan == "pro"
        assert service.login == FakeDropboxService(7, "documented", scopes=scopes).login

    def test_a_default_name_skips_names_in_use(self, ctl):
        ctl.services.create("service-1")
        assert ctl.services.create()["name"] == "service-2"

    def test_the_token_of_a_service_controls_that_service_only(self, own, worker, ctl):
        own.seed_files({"/theirs": b"1"})
        own.clock.advance(60)
        number = own.snapshot()
        own.faults.rate_limit("files/upload")
        assert own.login == worker.service.login
        assert (ctl.tree(), ctl.faults.planned()) == ("/", [])
        assert ctl.clock.now() != own.clock.now()
        with pytest.raises(ValueError, match="snapshot: expected"):
            ctl.restore(number)
        own.restore(number)
        assert own.faults.planned() == []
        for call in (
            own.services.create,
            lambda: own.services.delete("worker"),
            own.services.__iter__,
        ):
            with pytest.raises(PermissionError, match="control token of the server itself"):
                call()

    def test_after_its_deletion_the_token_of_a_service_is_refused(self, own, ctl):
        ctl.services.delete("worker")
        with pytest.raises(PermissionError, match="the control token is missing or wrong"):
            own.tree()

    @pytest.mark.parametrize("name", ["", "a b", "-a", "é", "a" * 65, "../x"])
    def test_a_name_with_other_than_the_allowed_characters_is_refused(self, ctl, name):
        with pytest.raises(ValueError, match="name: expected at most 64 ASCII letters"):
            ctl.services.create(name)

    @pytest.mark.usefixtures("worker")
    def test_names_and_seeds_are_unique(self, ctl, dropbox_server):
        with pytest.raises(ValueError, match="name: expected one that no other service has"):
            ctl.services.create("worker")
        ctl.services.create("five", seed=5)
        with pytest.raises(ValueError, match=r"seed: expected one that no other .* got 5"):
            ctl.services.create("again", seed=5)
        with pytest.raises(ValueError, match=r"seed: expected one that no other .* got 0"):
            ctl.services.create("first", seed=0)  # the seed of the first service
        ctl.services.delete("five")
        ctl.services.create("again", seed=5)
        tokens = {each.service.login.access_token for each in dropbox_server.services}
        assert len(tokens) == 2

    def test_an_unknown_name_is_refused(self, ctl):
        for call in (ctl.services.reset, ctl.services.delete):
            with pytest.raises(ValueError, match=r"\(none has been created\), got 'x'"):
                call("x")
        with pytest.raises(ValueError, match=r"name: expected the name of a service"):
            ctl.services.seed("x", {})

    def test_a_wrong_option_creates_nothing(self, ctl):
        for option in ({"plan": "x"}, {"personality": "x"}, {"scopes": ["x"]}, {"app_folder": "/"}):
            with pytest.raises(ValueError, match=f"{next(iter(option))}: expected"):
                ctl.services.create(**option)
        assert list(ctl.services) == []


class TestInTheProcess:
    def test_a_service_has_the_class_and_the_kind_of_clock_of_the_first(self, worker):
        assert isinstance(worker, HostedService)
        assert type(worker.service) is FakeDropboxService
        assert type(worker.service.clock) is ManualClock
        with Server(FakeDropboxService(clock=RunningClock())) as server:
            made = server.services.create()
            assert type(made.service.clock) is RunningClock
            assert len(server.services) == 1
            assert made.control_token not in repr(made)

    def test_further_services_end_with_the_service_that_is_served(self, dropbox_server):
        before = dropbox_server.service
        with dropbox_server.serving(FakeDropboxService(seed=1)):
            dropbox_server.services.create("inner")
        assert len(dropbox_server.services) == 0
        assert dropbox_server.service is before

    def test_a_server_with_a_state_file_has_one_service_only(self, tmp_path):
        options = Options(state=tmp_path / "box.db")
        with launched(options, FakeDropboxService) as server:
            ctl = Control(server.url, server.control_token, server.ca_file)
            with pytest.raises(ValueError, match="services: expected a server without a state"):
                ctl.services.create()
            assert list(ctl.services) == []

    def test_the_log_names_the_service(self):
        lines = []
        with launched(Options(log=lines.append), FakeDropboxService) as server:
            made = server.services.create("worker")
            made.service.client().users_get_current_account()
            server.service.client().users_get_current_account()
        assert [" service=worker " in line for line in lines] == [True, False]

    def test_webhooks_of_a_further_service_are_delivered(self, worker, send, own):
        arrived = threading.Semaphore(0)
        with Receiver() as receiver:
            receiver.before_answer = arrived.release
            own.webhooks.add(receiver.url)
            assert arrived.acquire(timeout=30)  # the challenge
            send("files/create_folder_v2", {"path": "/new"}, worker.service.login.access_token)
            assert arrived.acquire(timeout=30)

    def test_faults_happen_to_the_service_that_planned_them(self, worker, own, send):
        own.faults.server_error("users/get_current_account")
        first = send("users/get_current_account", None, worker.service.login.access_token)
        assert first.status_code == 500

    def test_requests_for_what_is_not_faked_are_counted_by_their_service(
        self, worker, send, dropbox_service
    ):
        reply = send("riviera/get_text_async", {}, worker.service.login.access_token)
        assert reply.status_code == 400
        assert sum(worker.service.calls.missing.values()) == 1
        assert sum(dropbox_service.calls.missing.values()) == 0


def test_a_service_has_the_variables_of_its_server_with_its_own_control_token(
    worker, dropbox_server
):
    assert worker.environ.keys() == dropbox_server.environ.keys()
    assert worker.environ["FAKEDROPBOX_CONTROL_TOKEN"] == worker.control_token
    assert parse_qs(urlsplit(worker.environ["FAKEDROPBOX_URL"]).query) == {}
