"""Tests of the panels with actions: each form carries out one control operation."""

import json
import re
import threading
from contextlib import suppress
from dataclasses import fields
from html import unescape

import pytest
import requests
from dropbox.exceptions import DropboxException
from tests.support.receiver import Receiver
from tests.support.refusing_services import with_seed_that_fails_later

from fakedropbox import FakeDropboxService, faults
from fakedropbox._api.stub_answers import answer_from_json
from fakedropbox.clock import ManualClock, SystemClock
from fakedropbox.control import Control, fault_to_json
from fakedropbox.faults import KINDS
from fakedropbox.server.operations import OPERATIONS
from fakedropbox.server.page.coverage import Coverage
from fakedropbox.server.page.routes import PANELS
from fakedropbox.server.page.shown import Shown
from fakedropbox.server.running import Server, Settings

HOSTILE = "<script>alert(1)</script>\"'>\u202e"
PANEL_NAMES = [each.name for each in PANELS]


@pytest.fixture(scope="module")
def server():
    with Server(FakeDropboxService(), settings=Settings(has_page=True)) as running:
        yield running


@pytest.fixture
def service(server):
    with server.serving(FakeDropboxService()):
        yield server.service


class Page:
    """A browser that has entered the page of a server."""

    def __init__(self, server):
        self.session = requests.Session()
        self.session.trust_env = False
        address = server.page_address()
        self.session.get(address, timeout=30)
        self.origin = address.partition("/_fake")[0]

    def get(self, panel, **params):
        """Return the text of a panel."""
        reply = self.session.get(f"{self.origin}/_fake/page/{panel}", params=params, timeout=30)
        assert reply.status_code == 200
        return reply.text

    def send(self, panel, *, headers=None, **fields):
        """Send a form of a panel, and return the response."""
        return self.session.post(
            f"{self.origin}/_fake/page/{panel}",
            data=fields,
            headers={"Origin": self.origin} if headers is None else headers,
            timeout=30,
        )

    def act(self, panel, operation, **fields):
        """Carry out an operation, and return the text of the panel."""
        reply = self.send(panel, operation=operation, **fields)
        assert reply.status_code == 200, notice_of(reply.text)
        return reply.text

    def refused(self, panel, operation, **fields):
        """Send a form that is refused, and return the reason in the notice."""
        reply = self.send(panel, operation=operation, **fields)
        assert reply.status_code == 400
        assert reply.headers["HX-Retarget"] == "#notice"
        return notice_of(reply.text)


@pytest.fixture
def page(server, service):
    found = Page(server)
    yield found
    found.session.close()
    assert server.service is service


def notice_of(text):
    (found,) = re.findall(r'<p id="notice"[^>]*>(.*?)</p>', text, re.DOTALL)
    return unescape(found)


def taken(page):
    """Take a snapshot, and return its number."""
    (number,) = re.findall(r"Snapshot (\d+) is taken.", page.act("state", "snapshot"))
    return number


class TestProtection:
    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Origin": "null"},
            {"Origin": "http://evil.example"},
            {"Origin": "http://localhost"},
        ],
        ids=lambda headers: headers.get("Origin", "none"),
    )
    def test_a_form_of_another_site_changes_nothing(self, page, service, headers):
        service.seed_files({"/kept": b""})
        for panel, operation in (("state", "reset"), ("faults", "faults/clear")):
            reply = page.send(panel, operation=operation, headers=headers)
            assert reply.status_code == 403
        assert service.files == {"/kept": b""}
        assert page.send("service", name="", headers=headers).status_code == 403

    def test_the_origin_must_have_the_scheme_and_the_port_of_the_page(self, page, service):
        port = page.origin.rpartition(":")[2]
        for origin in (f"https://127.0.0.1:{port}", "http://127.0.0.1:1", page.origin + "0"):
            reply = page.send("state", operation="reset", headers={"Origin": origin})
            assert reply.status_code == 403, origin
        assert page.send("clock", operation="clock/advance", seconds="1").status_code == 200
        assert service.clock.now().second == 1

    def test_a_form_without_the_cookie_changes_nothing(self, page, service):
        service.seed_files({"/kept": b""})
        port = page.origin.rpartition(":")[2]
        for cookies in ({}, {f"fakedropbox-{port}": "wrong"}):
            reply = requests.post(
                f"{page.origin}/_fake/page/state",
                data={"operation": "reset"},
                headers={"Origin": page.origin},
                cookies=cookies,
                timeout=30,
            )
            assert reply.status_code == 403
        assert service.files == {"/kept": b""}

    @pytest.mark.parametrize("panel", PANEL_NAMES)
    def test_an_operation_that_a_panel_does_not_have_is_refused(self, page, panel):
        for operation in ("", "files", "nothing"):
            reason = page.refused(panel, operation)
            assert "operation: expected one of " in reason

    def test_each_action_is_an_operation_of_the_control_interface(self, server):
        for panel in PANELS:
            assert panel(Shown(server)).actions.keys() <= OPERATIONS.keys()

    @pytest.mark.parametrize("panel", PANEL_NAMES)
    def test_each_panel_is_marked_in_the_navigation(self, page, panel):
        assert f'href="/_fake/page/{panel}" aria-current="page"' in page.get(panel)

    @pytest.mark.parametrize("panel", PANEL_NAMES)
    def test_each_panel_has_no_inline_scripts_or_styles_and_posts_only_to_panels(self, page, panel):
        text = page.get(panel)
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bon\w+=|javascript:|style=", text)
        for form in re.findall(r"<form[^>]*>", text):
            assert 'method="post" action="/_fake/page/' in form or 'method="get"' in form

    def test_hostile_texts_are_escaped_in_each_panel(self, page, service):
        app = service.apps.create(HOSTILE)
        service.accounts.create("ada@example.com", HOSTILE)
        service.teams.create(HOSTILE, ["x@example.com"])
        service.logins.create(app=app)
        service.faults.rate_limit("files/*", path=f"/{HOSTILE}", optional=True)
        number = taken(page)
        service.seed_files({f"/{HOSTILE}": b""})
        texts = [page.get(panel) for panel in PANEL_NAMES]
        texts += [page.get("state", before=number), page.get("faults", path=HOSTILE, kind=HOSTILE)]
        texts += [page.send(panel, operation=HOSTILE).text for panel in PANEL_NAMES]
        for text in texts:
            assert "<script>alert" not in text
            assert "\u202e" not in text
        assert sum("&lt;script&gt;" in text for text in texts) >= 10


class TestFaults:
    def test_a_fault_is_planned_happens_and_is_removed(self, page, service):
        assert "No faults are planned." in page.get("faults")
        text = page.act(
            "faults",
            "faults/add",
            kind="route_error",
            route="files/get_metadata",
            tags="path/not_found",
            times="2",
            path="/a",
        )
        planned = faults.route_error("files/get_metadata", "path/not_found", times=2, path="/a")
        assert service.faults.planned() == [(planned, 2)]
        assert notice_of(text) == "The fault is planned."
        with suppress(DropboxException):
            service.client().files_get_metadata("/a")
        text = page.get("faults")
        # The fault has happened once, and will happen once more.
        assert '<td class="number">1</td><td class="number">1</td>' in text
        (fault,) = re.findall(r'name="fault" value="([^"]*)"', text)
        assert json.loads(unescape(fault)) == fault_to_json(planned)
        assert (
            '<tr><td>1</td><td><a href="/_fake/?query=fault%3A+route%3Afiles%2Fget_metadata' in text
        )
        page.act("faults", "faults/remove", fault=unescape(fault))
        assert service.faults.planned() == []
        assert "fault: expected one that is planned" in page.refused(
            "faults", "faults/remove", fault=unescape(fault)
        )

    def test_all_faults_are_removed(self, page, service):
        service.faults.lost_reply("files/upload")
        assert "No faults are planned." in page.act("faults", "faults/clear")
        assert service.faults.planned() == []

    def test_the_purpose_of_a_kind_is_shown_without_backticks(self, page):
        text = page.get("faults", kind="rate_limit")
        assert "429 <code>too_many_requests</code>; the call has no effect." in text

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_form_has_the_fields_of_each_kind_of_fault(self, page, service, kind):
        text = page.get("faults", kind=kind, path="/given")
        inputs = re.findall(r'<(?:input|select) name="(\w+)"|type="checkbox" name="(\w+)"', text)
        names = {first or second for first, second in inputs} - {"kind"}
        assert names == {each.name for each in fields(KINDS[kind])} - {"values"}
        assert 'value="/given"' in text
        needed = {"seconds": "1.5"} if "seconds" in names else {"tags": "path/not_found"}
        route = "files/list_folder/continue" if kind == "reset_cursor" else "files/delete*"
        route = "files/get_metadata" if kind == "route_error" else route
        route = "files/upload" if kind == "insufficient_space" else route
        route = "files/download" if kind in ("truncated_body", "slow_body") else route
        page.act(
            "faults", "faults/add", kind=kind, route=route, optional="true", skip="1", **needed
        )
        ((fault, _),) = service.faults.planned()
        assert (type(fault), fault.optional, fault.skip) == (KINDS[kind], True, 1)

    def test_a_wrong_field_is_named_and_nothing_is_planned(self, page, service):
        for given, reason in (
            ({"route": "files/uplod"}, "route: expected one such as 'files/upload'"),
            ({"route": ""}, "route: expected a value"),
            ({"route": "files/upload", "times": "x"}, "times: expected a number, got 'x'"),
            ({"route": "files/upload", "times": "0"}, "times: expected a whole number above 0"),
            ({"route": "files/upload", "kind": "x"}, "kind: expected one of rate_limit"),
        ):
            assert reason in page.refused(
                "faults", "faults/add", **{"kind": "slow", "seconds": "1", **given}
            )
        assert "faults/remove: " in page.refused("faults", "faults/remove", fault="{")
        assert service.faults.planned() == []

    def test_a_fault_with_a_function_is_shown_without_a_button(self, page, service):
        service.faults.when(lambda _: False, faults.lost_reply("files/upload", optional=True))
        text = page.get("faults")
        assert "when(" in unescape(text)
        assert 'name="fault"' not in text


class TestClock:
    def test_the_clock_is_advanced(self, page, service):
        before = service.clock.now()
        assert "2026-01-01 00:00:00 UTC" in page.get("clock")
        assert "2026-01-01 01:00:00 UTC" in page.act("clock", "clock/advance", seconds="3600")
        assert (service.clock.now() - before).total_seconds() == 3600
        for text in ("", "x", "-1", "nan"):
            assert "seconds: expected" in page.refused("clock", "clock/advance", seconds=text)

    def test_the_page_says_that_a_clock_cannot_be_advanced(self, server):
        with server.serving(FakeDropboxService(clock=SystemClock())):
            page = Page(server)
            assert "SystemClock" in page.get("clock")
            reason = page.refused("clock", "clock/advance", seconds="1")
            page.session.close()
        assert "cannot be advanced" in reason

    def test_a_waiting_call_and_the_next_events_are_shown(self, page, service):
        text = page.get("clock")
        assert "No call is under way." in text
        assert "an access token of owner@example.com expires" in text
        assert '<td class="number">14400</td>' in text
        clock = service.clock
        assert isinstance(clock, ManualClock)
        reached, go_on = threading.Event(), threading.Event()

        def sleeper(_seconds):
            reached.set()
            assert go_on.wait(30)

        clock.sleeper = sleeper
        service.faults.slow("files/get_metadata", 90)

        def wait():
            with suppress(DropboxException):
                service.client().files_get_metadata("/a")

        thread = threading.Thread(target=wait)
        thread.start()
        try:
            assert reached.wait(30)
            clock.advance(90)
            text = page.get("clock")
        finally:
            go_on.set()
            thread.join()
        assert ">files/get_metadata</a>" in text
        assert '<td class="number">90.0</td>' in text

    def test_the_page_says_that_nothing_waits_without_valid_tokens_and_webhooks(
        self, page, service
    ):
        service.clock.advance(5 * 3600)
        assert "Nothing waits for a time." in page.get("clock")


class TestPeople:
    def test_a_login_is_created_as_lines_of_an_environment(self, page, service):
        ada = service.accounts.create("ada@example.com")
        text = page.act("people", "logins/create", account=ada.email, scopes="files.metadata.read")
        lines = dict(re.findall(r"^(?:.*>)?export (\w+)=([^\s<]*)", text, re.MULTILINE))
        grant = service.gate.world.tokens.grant(lines["DROPBOX_ACCESS_TOKEN"])
        assert grant.account.email == "ada@example.com"
        assert grant.scopes == {"files.metadata.read", "account_info.read"}
        assert lines.keys() == {
            "DROPBOX_APP_KEY",
            "DROPBOX_APP_SECRET",
            "DROPBOX_REFRESH_TOKEN",
            "DROPBOX_ACCESS_TOKEN",
        }
        again = page.get("people")
        for secret in (lines["DROPBOX_ACCESS_TOKEN"], lines["DROPBOX_REFRESH_TOKEN"]):
            assert secret in text
            assert secret not in again

    def test_tokens_are_masked_with_scopes_and_expiry(self, page, service):
        login = service.login
        text = page.get("people")
        assert f"<code>…{login.access_token[-4:]}</code>" in text
        assert login.access_token not in text
        assert "2026-01-01 04:00:00" in text
        service.logins.create(scopes=["files.metadata.read"])
        service.logins.create(
            scopes=["files.metadata.read", "files.content.read", "files.metadata.write"]
        )
        text = page.get("people")
        assert "account_info.read files.metadata.read</td>" in text
        assert "<details><summary>4</summary>account_info.read files.content.read" in text
        service.clock.advance(5 * 3600)
        assert '<span class="outcome">expired</span>' in page.get("people")
        service.client().auth_token_revoke()
        assert login.access_token[-4:] not in page.get("people")

    def test_accounts_apps_and_teams_are_created(self, page, service):
        page.act("people", "accounts/create", email="ada@example.com", name="Ada L", plan="pro")
        ada = service.accounts.by_email("ada@example.com")
        assert (ada.display_name, ada.plan, ada.email_verified) == ("Ada L", "pro", False)
        assert "not verified" in page.get("people")
        text = page.act(
            "people",
            "apps/create",
            name="Small",
            folder="Small",
            scopes="files.metadata.read",
            redirect_uris="https://a.example/ https://b.example/",
            auto_approve="true",
        )
        app = list(service.apps)[-1]
        assert (app.name, app.folder, app.auto_approve) == ("Small", "Small", True)
        assert app.redirect_uris == {"https://a.example/", "https://b.example/"}
        assert f"DROPBOX_APP_SECRET={app.secret}" in text
        assert app.secret not in page.get("people")
        text = page.act(
            "people", "teams/create", name="Acme", members="boss@example.com b@example.com"
        )
        (team,) = service.teams
        assert [each.email for each in service.teams.members(team)] == [
            "boss@example.com",
            "b@example.com",
        ]
        assert "team_admin" in text
        text = page.act("people", "logins/create", team=team.team_id)
        assert "Acme</td>" in text

    def test_the_reason_for_a_refused_operation_is_shown(self, page):
        reason = page.refused("people", "accounts/create", email="x")
        assert reason.startswith("accounts/create: email: expected")
        assert "scopes: " in page.refused("people", "logins/create", scopes="nothing")

    def test_only_the_last_tokens_are_shown_of_many(self, page, service):
        for _ in range(205):
            service.logins.create()
        assert "The last 200 of 206." in page.get("people")


class TestWebhooks:
    def test_a_webhook_is_registered_retried_and_removed(self, page, service):
        assert "No webhooks are registered." in page.get("webhooks")
        with Receiver() as receiver:
            text = page.act("webhooks", "webhooks/add", url=f"{receiver.url}?key=hush")
            assert receiver.url in text
            assert "at the next change" in text
            receiver.status = 500
            service.client().files_upload(b"", "/new")
            service.webhooks.deliver()
            text = page.get("webhooks")
            assert '<span class="outcome">1 failed</span>, 2026-01-01 00:00:10' in text
            assert '<td><span class="outcome">500</span></td>' in text
            assert "a notice is sent again to" in page.get("clock")
            receiver.status = 200
            text = page.act("webhooks", "webhooks/deliver", now="true")
            assert notice_of(text) == "1 notice accepted."
            assert '<span class="outcome">200</span>' in text
            assert "hush" not in text
            page.act("webhooks", "webhooks/remove", number="0")
        assert len(service.webhooks) == 0
        assert "number: expected that of a webhook, got 0" in page.refused(
            "webhooks", "webhooks/remove", number="0"
        )

    def test_a_receiver_that_does_not_respond_is_reported(self, page, service):
        with Receiver() as receiver:
            service.webhooks.add(receiver.url)
        service.client().files_upload(b"", "/new")
        text = page.act("webhooks", "webhooks/deliver", now="true")
        assert notice_of(text) == "0 notices accepted."
        assert "no response" in text

    def test_a_remote_webhook_is_refused_unless_its_box_is_ticked(self, page):
        reason = page.refused("webhooks", "webhooks/add", url="http://192.0.2.1/")
        assert "on this machine unless" in reason


class TestState:
    def test_a_snapshot_is_taken_and_restored(self, page, service):
        assert "No snapshots have been taken." in page.get("state")
        service.seed_files({"/a": b"1"})
        number = taken(page)
        service.seed_files({"/b": b"2"})
        later = taken(page)
        assert "no longer" not in page.get("state")
        page.act("state", "restore", snapshot=number)
        assert service.files == {"/a": b"1"}
        text = page.get("state")
        assert f"<td>{later}, which can no longer be restored</td>" in text
        assert f'name="snapshot" value="{number}"' in text
        assert f'name="snapshot" value="{later}"' not in text
        assert "expected the number of a snapshot" in page.refused(
            "state", "restore", snapshot="999"
        )

    def test_the_difference_of_two_states_is_shown(self, page, service):
        ada = service.accounts.create("ada@example.com")
        service.seed_files(
            {"/changed": b"1", "/removed": b"1", "/moved": b"1", "/shared/x": b"1", "/same": b"1"}
        )
        first = taken(page)
        text = page.get("state", before=first, after="")
        assert "There is no difference" in text
        dbx = service.client()
        dbx.files_delete_v2("/removed")
        dbx.files_move_v2("/moved", "/there")
        dbx.files_create_folder_v2("/folder")
        service.seed_files({"/changed": b"123", "/added": b"12"})
        service.share_folder("/shared", members=[ada])
        service.accounts.create("new@example.com")
        service.faults.lost_reply("files/upload", optional=True)
        service.clock.advance(5)
        second = taken(page)
        for params in ({"before": first, "after": second}, {"before": first}):
            text = unescape(re.sub("<[^>]*>", " ", page.get("state", **params)))
            found = re.findall(r"(added|removed|changed|moved) +(.*?)  +(\S*@\S*)?", text)
            assert sorted((kind, what) for kind, what, _ in found) == [
                ("added", "file /added, 2 bytes"),
                ("added", "file /shared/x, 1 bytes"),  # for Ada
                ("added", "folder /folder"),
                ("added", "planned fault lost_reply('files/upload', optional=True), 1 left"),
                ("added", "shared folder /shared"),
                ("added", "the account"),
                ("changed", "/changed: 1 bytes, then 3 bytes"),
                ("changed", "/shared/x: a new revision, with the same content"),
                ("changed", "/shared: folder, then shared folder"),
                ("changed", "calls: 0, then 3"),
                ("changed", "time: 2026-01-01 00:00:00+00:00, then 2026-01-01 00:00:05+00:00"),
                ("moved", "/moved to /there"),
                ("removed", "file /removed, 1 bytes"),
            ]
        backwards = page.get("state", before=second, after=first)
        assert "/there to /moved" in backwards
        assert '<span class="removed">removed</span></td><td>planned fault' in backwards
        assert '<span class="removed">removed</span></td><td>the account' in backwards
        assert "<h2>Difference between" not in page.get("state", before="999")

    def test_the_service_is_reset_to_the_beginning_or_its_seed(self, server):
        with server.serving(FakeDropboxService(seed=lambda made: made.seed_files({"/s": b"1"}))):
            page = Page(server)
            server.service.seed_files({"/new": b""})
            page.act("state", "reset", to="seed")
            assert server.service.files == {"/s": b"1"}
            page.act("state", "reset", to="beginning")
            assert server.service.files == {}
            page.session.close()

    def test_the_page_says_that_a_seed_does_not_exist(self, page):
        assert "has no seed of your own" in page.refused("state", "reset", to="seed")

    def test_the_page_says_that_the_seed_raised(self, server):
        with server.serving(with_seed_that_fails_later()):
            page = Page(server)
            server.service.seed_files({"/new": b""})
            refused = page.refused("state", "reset", to="seed")
            assert "the seed raised LookupError('no longer')" in refused
            assert sorted(server.service.files) == ["/new", "/seeded"]
            page.session.close()

    def test_another_service_is_created_shown_and_deleted(self, page, server, service):
        page.act("state", "services/create", name="worker")
        (worker,) = server.services
        page.act("clock", "clock/advance", seconds="5")
        text = page.send("service", name="worker").text
        assert "Service <strong>worker</strong>" in text
        page.act("faults", "faults/add", kind="lost_reply", route="files/upload")
        number = taken(page)
        worker.service.seed_files({"/theirs": b""})
        assert "file /theirs, 0 bytes" in page.get("state", before=number)
        files = page.get("files")
        assert ">theirs<" in files
        assert "Service <strong>worker</strong>" in files
        calls = page.session.get(f"{page.origin}/_fake/", timeout=30).text
        assert "Service <strong>worker</strong>" in calls
        assert len(worker.service.faults.planned()) == 1
        assert service.faults.planned() == []
        assert worker.service.clock.now() != service.clock.now()
        page.act("state", "services/delete", name="worker")
        assert "Service <strong>" not in page.get("clock")
        assert page.send("service", name="worker").status_code == 400

    def test_a_long_list_of_differences_is_shortened(self, page, service):
        first = taken(page)
        service.seed_files({f"/{number}": b"" for number in range(505)})
        assert "505 differences, the first 500 are shown" in page.get("state", before=first)


class TestCoverage:
    def test_a_route_that_is_not_faked_gets_a_stub(self, page, service):
        dbx = service.client()
        with suppress(Exception):
            dbx.riviera_get_text_async()
        text = page.get("coverage")
        assert "Stub riviera/get_text_async</a>" in text
        text = page.get("coverage", route="riviera/get_text_async")
        (example,) = re.findall(r"<textarea[^>]*>(.*?)</textarea>", text, re.DOTALL)
        page.act("coverage", "stub", route="riviera/get_text_async", result=unescape(example))
        assert dbx.riviera_get_text_async() is not None
        assert '<span class="mark">stub</span>' in page.get("coverage")

    def test_the_error_for_a_wrong_result_of_a_stub_names_it(self, page):
        stub = {"panel": "coverage", "operation": "stub"}
        assert "result: expected JSON" in page.refused(
            **stub, route="riviera/get_text_async", result="{"
        )
        assert "result: riviera/get_text_async: expected" in page.refused(
            **stub, route="riviera/get_text_async", result="1"
        )
        assert "expected one that is not faked" in page.refused(**stub, route="files/upload")

    def test_each_route_that_can_have_a_stub_has_an_example_that_works(self, server):
        panel = Coverage(Shown(server))
        routes = panel.values({})["stubbable"]
        assert len(routes) > 50
        for route in routes:
            values = panel.values({"route": route})
            answer_from_json(route, json.loads(values["example"]), b"")

    def test_a_download_has_a_field_for_its_content(self, page, server):
        panel = Coverage(Shown(server))
        kinds = {
            panel.values({"route": route})["is_download"]: route
            for route in panel.values({})["stubbable"]
        }
        for is_download, route in kinds.items():
            assert ('name="content"' in page.get("coverage", route=route)) == is_download


def test_the_control_interface_lists_webhooks_and_deliveries_as_the_page_does(server, service):
    ctl = Control(server.url, server.control_token, server.ca_file)
    with Receiver() as receiver:
        ctl.webhooks.add(f"{receiver.url}?key=hush")
        key = service.apps.default.key
        shown = {"url": receiver.url, "app": key, "failed_attempts": 0, "retry_at": None, "lost": 0}
        assert list(ctl.webhooks) == [shown]
        receiver.status = 503
        service.client().files_upload(b"", "/new")
        service.webhooks.deliver()
        (hook,) = ctl.webhooks
        assert (hook["failed_attempts"], hook["retry_at"]) == (1, "2026-01-01T00:00:10+00:00")
        assert ctl.webhooks.deliver() == 0
        receiver.status = 200
        assert ctl.webhooks.deliver(now=True) == 1
        found = [
            (each["status"], each["accounts"], each["url"]) for each in ctl.webhooks.deliveries
        ]
    accounts = [service.accounts.default.email]
    assert found == [(503, accounts, receiver.url), (200, accounts, receiver.url)]


def test_the_control_interface_removes_one_fault(server, service):
    ctl = Control(server.url, server.control_token, server.ca_file)
    one, two = faults.lost_reply("files/upload"), faults.rate_limit("files/upload")
    ctl.faults.script([one, two])
    ctl.faults.remove(one)
    assert service.faults.planned() == [(two, 1)]
    with pytest.raises(ValueError, match="fault: expected one that is planned, got lost_reply"):
        ctl.faults.remove(one)
