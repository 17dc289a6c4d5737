"""Tests of the page of a server: who may see it, what it shows, and that it shows no secrets."""

import re
import socket
import subprocess
import sys
from contextlib import suppress
from html import unescape
from urllib.parse import urlsplit

import pytest
import requests
from dropbox.async_ import LaunchResultBase
from dropbox.exceptions import DropboxException
from dropbox.files import WriteMode
from requests.exceptions import RequestException
from tests.support.page import entered

from fakedropbox import FakeDropboxService, faults
from fakedropbox._page.arguments import argument_of
from fakedropbox._page.copies import copies_of
from fakedropbox.server.page.entry import Entry
from fakedropbox.server.page.following import Follower
from fakedropbox.server.page.routes import page_routes
from fakedropbox.server.running import Server, Settings

HOSTILE = "/<script>alert(1)</script>\"'>&amp;\u202egnp.txt"


@pytest.fixture(scope="module")
def server():
    service = FakeDropboxService()
    with Server(service, settings=Settings(has_page=True)) as running:
        yield running


@pytest.fixture
def service(server):
    server.service.reset()
    server.service.faults.clear()
    return server.service


@pytest.fixture
def browser(server):
    """A session that has entered the page; ``browser.open`` requests a path below it."""
    return entered(server)


def number_of_rows(reply):
    return reply.text.count("<tr id=")


def called(service, path="/none"):
    with suppress(DropboxException):
        service.client().files_get_metadata(path)


class TestEntry:
    def test_an_address_works_once_and_leaves_a_strict_cookie(self, server):
        address = server.page_address()
        assert address.startswith("http://127.0.0.1:")
        first = requests.get(address, timeout=30, allow_redirects=False)
        assert (first.status_code, first.headers["Location"]) == (303, "/_fake/")
        cookie = first.headers["Set-Cookie"]
        assert {"httponly", "samesite=strict", "path=/_fake"} <= set(cookie.lower().split("; "))
        second = requests.get(address, timeout=30, allow_redirects=False)
        assert second.status_code == 403
        assert "Set-Cookie" not in second.headers
        assert "It works once" in second.text

    def test_each_route_but_that_of_static_files_needs_the_cookie(self, server, service):
        called(service)
        origin = server.page_address().partition("/_fake")[0]
        wrong = {f"fakedropbox-{urlsplit(origin).port}": "wrong"}
        routes = [each for each in page_routes(Entry(server)) if "{name}" not in each.path]
        assert len(routes) >= 20
        for route in routes:
            url = f"{origin}/_fake{route.path.replace('{number:int}', '1')}"
            (method,) = route.methods - {"HEAD"}
            own = {"Origin": origin} if method == "POST" else {}
            for cookies in ({}, wrong):
                for key in ("", "?key=wrong"):
                    reply = requests.request(
                        method, f"{url}{key}", cookies=cookies, headers=own, timeout=30
                    )
                    assert reply.status_code == 403, route.path
                    assert "get_metadata" not in reply.text

    def test_the_cookie_of_another_server_is_not_accepted(self, browser):
        with Server(FakeDropboxService(), settings=Settings(has_page=True)) as other:
            port = urlsplit(other.page_address()).port
            value = browser.cookies[f"fakedropbox-{urlsplit(browser.origin).port}"]
            reply = requests.get(
                f"http://127.0.0.1:{port}/_fake/",
                cookies={f"fakedropbox-{port}": value},
                timeout=30,
            )
        assert reply.status_code == 403

    def test_over_https_the_cookie_is_secure(self, server):
        key = server.page_address().partition("?")[2]
        url = f"{server.url}/_fake/?{key}"
        reply = requests.get(url, verify=str(server.ca_file), timeout=30, allow_redirects=False)
        assert (reply.status_code, "Secure" in reply.headers["Set-Cookie"]) == (303, True)

    @pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "api.dropboxapi.com", ""])
    def test_a_request_under_another_host_name_is_refused(self, browser, host):
        for path in ("/", "/page/calls", "/page/changes", "/page/page.css"):
            reply = browser.get(f"{browser.origin}/_fake{path}", headers={"Host": host})
            assert reply.status_code == 421

    @pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1"])
    def test_a_request_from_another_origin_is_refused(self, browser, origin):
        reply = browser.get(f"{browser.origin}/_fake/", headers={"Origin": origin})
        assert reply.status_code == 403
        own = browser.get(f"{browser.origin}/_fake/", headers={"Origin": browser.origin})
        assert own.status_code == 200
        assert "Access-Control-Allow-Origin" not in own.headers

    @pytest.mark.parametrize("site", ["cross-site", "same-site"])
    def test_a_page_of_another_site_can_link_to_the_page_but_not_send_requests(self, browser, site):
        for mode, status in (("no-cors", 403), ("cors", 403), ("navigate", 200)):
            headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}
            assert browser.get(f"{browser.origin}/_fake/", headers=headers).status_code == status
        own = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
        assert browser.get(f"{browser.origin}/_fake/", headers=own).status_code == 200

    def test_the_plain_http_address_has_the_page_only(self, browser, server):
        token = {"Authorization": f"Bearer {server.control_token}"}
        login = {"Authorization": f"Bearer {server.service.login.access_token}"}
        for path, headers in (
            ("/_fake/tree", token),
            ("/_fake/reset", token),
            ("/2/users/get_current_account", login),
            ("/oauth2/token", {}),
        ):
            reply = requests.post(f"{browser.origin}{path}", headers=headers, timeout=30)
            assert reply.status_code in (404, 405), path

    def test_the_plain_http_address_is_on_this_machine_only(self, server):
        port = urlsplit(server.page_address()).port
        with pytest.raises(OSError, match=r"refused|unreachable"):
            socket.create_connection(("127.0.0.2", port), timeout=5)

    def test_a_server_with_has_page_false_has_no_page(self, dropbox_server, http):
        assert http.send("/_fake/", method="GET").status_code == 405
        assert http.send("/_fake/page/calls", method="GET").status_code == 405
        with pytest.raises(ValueError, match="expected a server with a page"):
            dropbox_server.page_address()


class TestSafety:
    def test_pages_calls_and_scripts_have_the_security_headers(self, browser, service):
        called(service)
        for path in ("/", "/page/calls", "/page/calls/1", "/page/calls/9", "/page/page.js"):
            headers = browser.open(path).headers
            policy = headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'self'; ")
            assert "unsafe" not in policy
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["X-Frame-Options"] == "DENY"

    def test_there_is_no_inline_script_and_no_other_host(self, browser, service):
        called(service)
        for path in ("/", "/page/calls/1"):
            text = browser.open(path).text
            assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bon\w+=|javascript:|style=", text)
            assert not re.search(r"(src|href|action)=[\"'](?!/_fake/|data:)", text)

    def test_a_hostile_name_is_shown_as_text(self, browser, service):
        service.client().files_upload(b"", HOSTILE)
        for path in ("/", "/page/calls", "/page/calls/1"):
            text = browser.open(path, query="<script>" if path == "/" else "").text
            assert "<script>alert" not in text
            assert "&lt;script&gt;alert(1)" in text
            assert "\\u202egnp.txt" in unescape(text)

    def test_half_a_surrogate_pair_is_shown_as_an_escape(self, browser, service):
        with suppress(Exception):
            service.client().files_get_metadata("/\ud800\x1b")
        for path in ("/", "/page/calls/1"):
            reply = browser.open(path)
            assert reply.status_code == 200
        assert "ud800" in browser.open("/page/calls/1").text

    def test_a_hostile_query_is_text(self, browser):
        text = browser.open("/", query='"><script>alert(1)</script>:x').text
        assert "<script>alert" not in text
        assert "&#34;&gt;&lt;script&gt;" in text

    def test_no_secret_is_shown(self, browser, server, service):
        login = service.login
        secrets = [login.app_secret, login.refresh_token, login.access_token, server.control_token]
        for secret in secrets:
            form = {"grant_type": "refresh_token", "refresh_token": secret, "client_id": "x"}
            url = f"{server.url}/oauth2/token"
            requests.post(url, data=form, verify=str(server.ca_file), timeout=30)
        called(service)
        texts = [browser.open(f"/page/calls/{number}").text for number in range(1, 6)]
        texts += [browser.open("/").text]
        assert "oauth2/token" in texts[0]
        assert not [secret for secret in secrets for text in texts if secret in text]


class TestCalls:
    def test_calls_are_listed_the_last_ones_first(self, browser, service):
        assert "No calls yet." in browser.open("/").text
        for path in ("/a", "/b"):
            called(service, path)
        text = browser.open("/page/calls").text
        assert "2 calls" in text
        assert text.index(">/b<") < text.index(">/a<")
        assert "path/<wbr>not_found" in text
        assert list(service.calls)[-1].number == 2  # viewing the page is not a call

    def test_the_account_the_app_and_the_door_of_a_call_are_listed(self, browser, service):
        called(service)
        for text in ("owner@example.com", service.calls[-1].app, "direct"):
            assert f'<td class="wide">{text}</td>' in browser.open("/page/calls").text

    def test_a_query_selects_calls(self, browser, service):
        for path in ("/a", "/b"):
            called(service, path)
        for at in ("/", "/page/calls"):
            reply = browser.open(at, query="path:/b")
            assert number_of_rows(reply) == 1
            assert "1 of 2 calls" in reply.text
        assert "No call matches." in browser.open("/page/calls", query="path:/c").text
        wrong = browser.open("/page/calls", query="pat:/c")
        assert "expected a property such as &#39;path&#39;" in wrong.text

    def test_only_the_last_of_many_calls_are_shown(self, browser, service):
        for _ in range(205):
            called(service)
        reply = browser.open("/")
        assert number_of_rows(reply) == 200
        assert "205 calls, the last 200 are shown" in reply.text
        assert browser.open("/page/calls/1").text.count("<article") == 1

    def test_a_batch_shows_some_of_its_paths(self, browser, service):
        dbx = service.client()
        dbx.files_create_folder_batch([f"/{number}" for number in range(5)])
        assert "and 2 more" in browser.open("/").text

    def test_calls_that_are_not_kept_are_counted(self):
        service = FakeDropboxService(max_calls=2)
        for _ in range(5):
            called(service)
        with Server(service, settings=Settings(has_page=True)) as server:
            text = requests.get(server.page_address(), timeout=30).text
        assert "2 calls; the first 3 are no longer kept" in text

    def test_the_stream_reports_new_calls(self, browser, service):
        url = f"{browser.origin}/_fake/page/changes"
        with browser.get(url, stream=True, timeout=30) as reply:
            assert reply.headers["Content-Type"].startswith("text/event-stream")
            lines = (line for line in reply.iter_lines() if line)
            assert next(lines) == b"event: changed"
            next(lines)
            called(service)
            assert next(lines) == b"event: changed"

    def test_a_stop_ends_the_stream(self):
        with Server(FakeDropboxService(), settings=Settings(has_page=True)) as server:
            session = requests.Session()
            address = server.page_address()
            session.get(address, timeout=30)
            url = address.partition("?")[0] + "page/changes"
            reply = session.get(url, stream=True, timeout=30)
            reply.raw.read(1)
        with suppress(requests.RequestException):
            assert b"changed" in reply.content


class TestDetail:
    def test_a_fact_is_shown_with_its_statement(self, browser, service):
        called(service)
        text = unescape(browser.open("/page/calls/1").text)
        assert "Dropbox does so, by the fact F10-01." in text
        assert "An item that does not exist is reported with status 409" in text

    def test_a_planned_fault_is_named(self, browser, service):
        service.faults.server_error("files/get_metadata", optional=True)
        called(service)
        text = unescape(browser.open("/page/calls/1").text)
        assert "A fault happened to this call." in text
        assert "server_error('files/get_metadata', optional=True)" in text

    def test_a_stub_is_named(self, browser, service):
        service.stub("riviera/get_text_async", LaunchResultBase.async_job_id("1"))
        service.client().riviera_get_text_async()
        assert "that of a stub" in browser.open("/page/calls/1").text

    def test_the_page_says_what_to_do_about_a_route_that_is_not_faked(self, browser, service):
        with suppress(Exception):
            service.client().riviera_get_text_async()
        text = unescape(browser.open("/page/calls/1").text)
        assert "fakedropbox does not have this route" in text
        assert "service.stub('riviera/get_text_async', …)" in text

    def test_the_page_has_no_reason_for_a_success_and_says_if_a_refusal_has_no_fact(
        self, browser, service
    ):
        service.client().files_upload(b"four", "/a")
        text = browser.open("/page/calls/1").text
        assert "<h3>Why</h3>" not in text
        assert "4 bytes" in text
        called(service)
        service.calls[-1].fact = None
        assert "No fact is recorded" in browser.open("/page/calls/2").text

    def test_headers_and_answer_are_shown_without_secrets(self, browser, server, service):
        service.seed_files({"/<a>.txt": b"1"})
        reply = requests.post(
            f"{server.url}/2/files/get_temporary_link",
            json={"path": "/<a>.txt"},
            headers={"Authorization": f"Bearer {service.login.access_token}", "X-Own": "hidden"},
            verify=str(server.ca_file),
            timeout=30,
        )
        text = browser.open("/page/calls/1").text
        shown = unescape(text)
        for each in ("Authorization: Bearer …", "X-Own: …", "Content-Type: application/json"):
            assert each.casefold() in shown.casefold()
        assert '<span class="status">200</span>' in text
        assert '"name": "<a>.txt"' in shown
        assert '"link": "…"' in shown
        assert "<a>" not in text
        for secret in (reply.json()["link"], service.login.access_token, "hidden"):
            assert secret not in shown

    def test_the_answer_of_a_direct_client_is_shown_without_headers(self, browser, service):
        service.client().files_upload(b"four", "/a")
        text = unescape(browser.open("/page/calls/1").text)
        assert '"path_display": "/a"' in text
        assert "<summary>Headers</summary>" not in text

    def test_another_service_of_the_server_keeps_its_answers_too(self, browser, server):
        other = FakeDropboxService()
        with server.serving(other):
            other.client().files_upload(b"four", "/of another")
            assert "/of another" in browser.open("/page/calls/1").text
            assert "content_hash" in browser.open("/page/calls/1").text

    @pytest.mark.usefixtures("service")
    def test_the_page_says_that_a_call_is_no_longer_kept(self, browser):
        assert "Call 7 is no longer kept." in browser.open("/page/calls/7").text
        assert browser.open("/page/calls/x").status_code in (404, 405)
        assert browser.open("/page/nothing").status_code == 404


class TestFiles:
    """Contents and hostile names of files; the other tests of files are in `test_page_files`."""

    def test_file_content_is_sent_as_an_attachment_and_never_as_a_page(self, browser, service):
        content = b"<script>alert(1)</script>"
        service.seed_files({"/a.html": content})
        reply = browser.open("/page/files/content", path="/a.html")
        assert reply.content == content
        assert reply.headers["Content-Disposition"] == "attachment"
        assert reply.headers["Content-Type"] == "application/octet-stream"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert browser.open("/page/files/content", path="/none").status_code == 404

    def test_a_hostile_name_is_shown_as_text_and_its_link_works(self, browser, service):
        service.seed_files({HOSTILE: b"inside"})
        text = browser.open("/page/files", find="alert").text
        assert "<script>alert" not in text
        addresses = re.findall(r'href="/_fake(/page/files/content[^"]*)"', text)
        assert browser.open(unescape(addresses[0])).content == b"inside"


class TestOverview:
    def test_faults_are_shown_as_planned_and_as_happened(self, browser, service):
        text = browser.open("/page/faults").text
        assert "No faults are planned." in text
        assert "No fault has happened" in text
        service.faults.server_error("files/get_metadata", times=9, optional=True)
        called(service)
        text = unescape(browser.open("/page/faults").text)
        left = service.faults.planned()[0][1]
        assert 0 < left < 9
        assert f'<td class="number">{left}</td>' in text
        shown = re.findall(r"<code>(server_error\('files/get_metadata', .*?)</code>", text)
        assert len(shown) == 10 - left

    def test_people_are_shown_without_their_secrets(self, browser, service):
        service.accounts.create("ada@example.com", "<i>Ada</i>", plan="pro")
        app = service.apps.create("Small", folder="Small", scopes=["files.metadata.read"])
        text = browser.open("/page/people").text
        for shown in ("ada@example.com", "&lt;i&gt;Ada", "pro", "Apps/Small", app.key):
            assert shown in text
        for secret in (app.secret, service.login.app_secret, service.login.access_token):
            assert secret not in text

    def test_coverage_shows_what_was_called_and_what_is_not_faked(self, browser, service):
        text = browser.open("/page/coverage").text
        assert "No route was called." in text
        called(service)
        service.client().files_list_folder("")
        with suppress(Exception):
            service.client().riviera_get_text_async()
        text = browser.open("/page/coverage").text
        (address,) = re.findall(r'href="/_fake(/[^"]*)">files/get_metadata<', text)
        assert number_of_rows(browser.open(unescape(address))) == 1
        assert "riviera/get_text_async is not implemented" in text

    @pytest.mark.parametrize("panel", ["files", "faults", "people", "coverage"])
    @pytest.mark.usefixtures("service")
    def test_a_panel_is_marked_in_the_navigation_and_named_in_the_title(self, browser, panel):
        text = browser.open(f"/page/{panel}").text
        assert f'href="/_fake/page/{panel}" aria-current="page"' in text
        assert text.count("aria-current") == 1
        assert f"<title>fakedropbox: {panel}</title>" in text


@pytest.fixture
def recorded(dropbox_service):
    """Records of five calls: the fourth has no argument, the fifth a path with odd characters."""
    dbx = dropbox_service.client()
    path = '/it\'s "x" $HOME \\ \u00e9\x7f.txt'
    with suppress(DropboxException):
        dbx.files_get_metadata("/none")
    dbx.files_upload(b"x", "/a", mode=WriteMode.overwrite)
    dbx.files_download("/a")
    dbx.users_get_current_account()
    with suppress(DropboxException):
        dbx.files_delete_v2(path)
    return list(dropbox_service.calls)


class TestCopies:
    def texts(self, record):
        return {copy.name: copy.text for copy in copies_of(record)}

    @pytest.mark.parametrize("form", ["curl", "Python"])
    def test_a_copied_text_makes_the_same_call_again(
        self, dropbox_server, dropbox_service, recorded, tmp_path, form
    ):
        (tmp_path / "FILE").write_bytes(b"content")
        program = {"curl": ["bash"], "Python": [sys.executable]}[form]
        for record in recorded:
            text = self.texts(record)[form]
            done = subprocess.run(  # noqa: S603 -- the text under test
                program,
                input=text,
                env={"PATH": "/usr/bin:/bin", **dropbox_server.environ},
                capture_output=True,
                text=True,
                check=False,
                cwd=tmp_path,
            )
            assert done.returncode == 0, done.stderr
            again = dropbox_service.calls[-1]
            assert (again.route, again.outcome) == (record.route, record.outcome), text
            assert again.door == "https"
            asked, repeated = argument_of(record), argument_of(again)
            if record.route == "files/upload":
                del asked[
                    "content_hash"
                ]  # the copied text omits it, as the content is not recorded
            assert repeated == asked
        assert len(dropbox_service.calls) == 2 * len(recorded)

    def test_the_copied_pytest_test_passes(self, dropbox_server, recorded):
        for record in recorded:
            names = {}
            exec(self.texts(record)["pytest"], names)  # noqa: S102 -- the text under test
            names[f"test_call_{record.number}"](dropbox_server)

    @pytest.mark.parametrize(
        "fault",
        [
            faults.rate_limit("files/*", times=2, skip=1),
            faults.server_error("files/upload", path="/a", at_most=3),
            faults.lost_reply("files/upload"),
            faults.too_many_write_operations("files/upload", optional=True),
        ],
        ids=lambda each: type(each).__name__,
    )
    def test_the_copied_pytest_test_plans_the_fault_of_the_call(self, dropbox_server, fault):
        service = FakeDropboxService()
        service.faults.add(fault)
        dbx = service.client(max_retries_on_error=0, max_retries_on_rate_limit=0)
        for _ in range(fault.skip + 1):
            with suppress(DropboxException, RequestException):
                dbx.files_upload(b"x", "/a", mode=WriteMode.overwrite)
        failed = service.calls[-1]
        assert failed.fault is not None
        names = {}
        exec(self.texts(failed)["pytest"], names)  # noqa: S102 -- the text under test
        with dropbox_server.serving(FakeDropboxService()):
            names[f"test_call_{failed.number}"](dropbox_server)
            dropbox_server.service.faults.verify()

    def test_the_copied_fault_has_the_route_of_the_call_or_is_the_one_that_happened(
        self, dropbox_service, recorded
    ):
        shown = [self.texts(record)["fault"] for record in recorded]
        assert (
            shown[0] == "faults.route_error('files/get_metadata', 'path/not_found', path='/none')"
        )
        assert shown[1] == "faults.server_error('files/upload', path='/a')"
        for text in shown:
            planned = eval(text, {"faults": faults})  # noqa: S307 -- the text under test
            assert planned.route in [record.route for record in recorded]
        dropbox_service.faults.rate_limit("users/*", retry_after=0)
        dropbox_service.client().users_get_current_account()
        failed = next(each for each in dropbox_service.calls if each.fault)
        assert self.texts(failed)["fault"] == "faults.rate_limit('users/*', retry_after=0)"

    def test_the_copied_fault_has_the_error_of_the_call_if_the_route_has_that_error(self, service):
        for outcome, shown in (
            ("path/not_found", "route_error('files/get_metadata', 'path/not_found', path='/none')"),
            ("invalid_access_token", "server_error('files/get_metadata', path='/none')"),
        ):
            called(service)
            service.calls[-1].outcome = outcome
            assert self.texts(service.calls[-1])["fault"] == f"faults.{shown}"

    def test_a_token_request_has_no_text_to_copy_as_its_secrets_are_not_recorded(
        self, dropbox_service
    ):
        with suppress(Exception):
            dropbox_service.session().post("https://api.dropboxapi.com/oauth2/token", data={})
        assert copies_of(dropbox_service.calls[-1]) == []


class TestFollower:
    def test_the_follower_notices_calls_that_begin_end_or_are_cleared(self):
        service, follower = FakeDropboxService(max_calls=3), Follower()
        calls = service.calls
        assert follower.has_news(calls)
        assert not follower.has_news(calls)
        record = calls.open("files/upload", "direct")
        assert follower.has_news(calls)
        assert not follower.has_news(calls)
        record.outcome = "ok"
        assert follower.has_news(calls)
        assert not follower.has_news(calls)
        for _ in range(5):
            called(service)
        assert follower.has_news(calls)
        assert not follower.has_news(calls)
        state = calls.state()
        called(service)
        assert follower.has_news(calls)
        calls.resume(state)
        assert follower.has_news(calls)
        assert not follower.has_news(calls)
        calls.clear()
        called(service)
        assert follower.has_news(calls)
        assert follower.has_news(FakeDropboxService().calls)
