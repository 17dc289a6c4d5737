"""Tests of the HTML file about a failed test, and of the command that opens it."""

import os
import re
import subprocess
import sys
import webbrowser
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from html import unescape
from io import BytesIO
from itertools import product

import dropbox
import pytest
import requests
from click.testing import CliRunner
from dropbox.async_ import LaunchResultBase
from dropbox.exceptions import DropboxException
from dropbox.files import CommitInfo, RelocationPath, ThumbnailArg, UploadSessionCursor
from dropbox.sharing import SharedLinkSettings
from PIL import Image
from stone.backends.python_rsrc.stone_validators import ValidationError
from tests.support.html_dump import DumpPage
from tests.support.pytest_runs import PLAIN
from tests.support.receiver import Receiver

# Imported once here, because an in-process run of pytest discards the modules that it imports.
import fakedropbox.client
import fakedropbox.service  # noqa: F401
from fakedropbox import NotImplementedInFake, faults
from fakedropbox._page import dump as dump_module
from fakedropbox._page.dump import dump
from fakedropbox._page.html_files import page_in, title_of, write_page
from fakedropbox._page.used import Used, watch
from fakedropbox.cli import main
from fakedropbox.errors import RouteError

HOSTILE = "/<script>document.title='bad'<\uff0fscript><img src=x onerror=alert(1)>\"'&\u202egnp.txt"
FAILING = """
def test_failing(dropbox_service, fake_dropbox):
    fake_dropbox.files_upload(b"four", "/a.txt")
    fake_dropbox.files_get_metadata("/none")
"""


@dataclass(frozen=True)
class Overload(faults.Fault):
    """A fault that a suite has defined itself."""

    route: str = "files/delete_v2"
    times: int = 1

    def apply(self, call, call_next):  # noqa: ARG002 -- the signature of all faults
        raise RouteError("too_many_write_operations")


def page_of(service, test="test_x.py::test_x", failure="", advice=()):
    return DumpPage(dump(Used(service, 0), test, failure, list(advice)))


@pytest.fixture
def service(dropbox_service):
    dropbox_service.gate.keep_exchanges()
    return dropbox_service


class TestPage:
    def test_the_page_shows_the_failure_the_calls_and_the_reason(self, service):
        dbx = service.client()
        dbx.files_upload(b"four", "/a.txt")
        with pytest.raises(DropboxException):
            dbx.files_get_metadata("/none")
        page = page_of(service, failure="E   ApiError(…)", advice=["Do this."])
        page.expect_alone()
        assert page.title == "test_x.py::test_x"
        for shown in (
            *("E   ApiError(…)", "Do this.", "2 calls", "files/upload", "/none"),
            *("path/not_found", "by the fact F10-01", '"path": "/none"', '"error_summary": '),
            *('curl "$FAKEDROPBOX_URL/2/files/get_metadata"', "/a.txt", "1 entry"),
        ):
            assert shown in page.text, shown

    def test_the_last_failed_call_has_hints_without_links(self, service):
        dbx = service.client()
        service.seed_files({"/A/report.txt": b"1", "/A/other.txt": b"1"})
        for path in ("/A/others.txt", "/A/reports.txt"):
            with pytest.raises(DropboxException):
                dbx.files_get_metadata(path)
        dbx.files_get_metadata("/A/other.txt")
        page = page_of(service)
        page.expect_alone()
        assert "The account has /A/report.txt." in page.text
        assert "The account has /A/other.txt." not in page.text
        assert "/_fake" not in page.text

    def test_hints_name_only_files_and_sessions_that_still_exist(self, service):
        service.seed_files({"/a.txt": b"1"})
        dbx = service.client()
        with pytest.raises(DropboxException):
            dbx.files_upload(b"2", "/a.txt")
        assert "The account has /a.txt." in page_of(service).text
        dbx.files_delete_v2("/a.txt")
        assert "The account has /a.txt." not in page_of(service).text
        session = dbx.files_upload_session_start(b"four").session_id
        with pytest.raises(DropboxException):
            dbx.files_upload_session_append_v2(b"more", UploadSessionCursor(session, 9))
        assert "the session has 4 bytes" in page_of(service).text
        dbx.files_upload_session_finish(b"", UploadSessionCursor(session, 4), CommitInfo("/b.txt"))
        assert "the session has" not in page_of(service).text

    def test_a_fault_is_explained_with_who_planned_it(self, service):
        service.faults.lost_reply("files/upload")
        with pytest.raises(requests.ConnectionError):
            service.client().files_upload(b"1", "/a.txt")
        shown = page_of(service).text
        assert "The test planned lost_reply('files/upload'): it has happened 1 time" in shown
        assert "The call takes effect, but the connection breaks before the reply" in shown
        shown = DumpPage(dump(Used(service, 0, whole_run=True), "test", "", [])).text
        assert "A test, perhaps an earlier one, planned lost_reply(" in shown

    def test_the_docstring_of_a_fault_class_of_a_test_is_not_shown(self, service):
        service.faults.add(Overload())
        with pytest.raises(DropboxException):
            service.client().files_delete_v2("/a.txt")
        page = page_of(service)
        assert "A fault happened to this call." in page.text
        assert "a suite has defined" not in page.text

    def test_listings_whose_further_pages_were_not_fetched_are_named(self, service):
        service.seed_files({f"/{folder}/{n}": b"" for folder in "ab" for n in range(4)})
        dbx = service.client()
        dbx.files_list_folder("/a", limit=2)
        page = dbx.files_list_folder("/b", limit=2)
        assert page.has_more
        for folder in "ab":
            text = f"files/list_folder /{folder}, returned one page of several"
            assert text in page_of(service).text, folder
        while page.has_more:
            page = dbx.files_list_folder_continue(page.cursor)
        shown = page_of(service).text
        assert "Call 1, files/list_folder /a, returned one page of several, and the last" in shown
        assert "files/list_folder /b, returned one page" not in shown

    def test_pages_of_a_listing_that_an_earlier_test_began_are_named(self, service):
        service.seed_files({f"/{n}": b"" for n in range(4)})
        dbx = service.client()
        first = dbx.files_list_folder("", limit=1)
        before = len(service.calls)
        dbx.files_list_folder_continue(first.cursor)
        shown = DumpPage(dump(Used(service, before), "test", "", [])).text
        assert "files/list_folder/continue, returned one page of several" in shown

    def test_calls_whose_item_was_renamed_by_autorename_are_named(self, service):
        service.seed_files({"/A/n.txt": b"1", "/other": b"2", "/free": b"3"})
        dbx = service.client()
        dbx.files_upload(b"22", "/a/n.txt", autorename=True)
        dbx.files_copy_v2("/other", "/a/n.txt", autorename=True)
        dbx.files_copy_v2("/other", "/a/new.txt", autorename=True)
        dbx.files_upload(b"33", service.client().files_get_metadata("/free").id, autorename=True)
        session = dbx.files_upload_session_start(b"four").session_id
        commit = CommitInfo("/a/n.txt", autorename=True)
        dbx.files_upload_session_finish(b"", UploadSessionCursor(session, 4), commit)
        shown = page_of(service).text
        for number, route in ((1, "upload"), (2, "copy_v2"), (7, "upload_session/finish")):
            assert f"Call {number}, files/{route} /a/n.txt, wrote /a/n (" in shown, route
        assert "/a/new.txt, wrote" not in shown

    def test_batches_with_autorename_can_be_shown(self, service):
        service.seed_files({"/a.txt": b"1", "/b.txt": b"2"})
        dbx = service.client()
        moves = [RelocationPath("/a.txt", "/b.txt")]
        dbx.files_create_folder_batch(["/new"], autorename=True)
        dbx.files_copy_batch_v2(moves, autorename=True)
        dbx.files_move_batch_v2(moves, autorename=True)
        shown = page_of(service).text
        for route in ("create_folder_batch", "copy_batch_v2", "move_batch_v2"):
            assert f"files/{route}" in shown

    def test_a_service_that_keeps_no_answers_has_no_advice_about_them(self, dropbox_service):
        dropbox_service.seed_files({"/1": b"", "/2": b""})
        dropbox_service.client().files_list_folder("", limit=1)
        assert "one page of several" not in page_of(dropbox_service).text

    def test_without_a_failed_call_the_page_says_that_refusals_by_the_sdk_are_not_calls(
        self, service
    ):
        with pytest.raises(ValidationError):
            service.client().files_get_metadata("a.txt")
        assert "No call was made. What the SDK itself refuses" in page_of(service).text
        service.client().files_list_folder("")
        assert "No call failed. What the SDK itself refuses" in page_of(service).text
        assert "itself refuses" not in page_of(service, advice=["Do this."]).text
        with pytest.raises(DropboxException):
            service.client().files_get_metadata("/a.txt")
        assert "itself refuses" not in page_of(service).text

    def test_the_failed_calls_before_the_last_one_are_named(self, service):
        for number in range(5):
            with pytest.raises(DropboxException):
                service.client().files_get_metadata(f"/{number}")
            if number == 1:
                assert "Failed before: files/get_metadata path/not_found" in page_of(service).text
        html = page_of(service).html
        section = html.partition('id="failure"')[2].partition("</section>")[0]
        assert re.findall(r'href="#call-(\d)"', section) == ["5", "2", "3", "4"]
        assert "of 4 calls that failed before" in section

    def test_a_call_has_marks_and_its_account_if_there_are_several_accounts(self, service):
        summary = r"<summary><time>.*?</summary>"
        service.faults.lost_reply("files/upload")
        with pytest.raises(requests.ConnectionError):
            service.client().files_upload(b"1", "/a.txt")
        service.stub("riviera/get_text_async", LaunchResultBase.async_job_id("1"))
        service.client().riviera_get_text_async()
        first, second = re.findall(summary, page_of(service).html, re.DOTALL)
        assert '<span class="mark">fault</span>' in first
        assert '<span class="mark">stub</span>' in second
        assert "owner@example.com" not in first
        ada = service.accounts.create("ada@example.com")
        with pytest.raises(DropboxException):
            service.client(account=ada).files_get_metadata("/b.txt")
        page = page_of(service)
        assert "ada@example.com" in re.findall(summary, page.html, re.DOTALL)[2]
        assert "/b.txt path/not_found by ada@example.com" in " ".join(page.text.split())

    def test_the_last_failed_call_is_open(self, service):
        dbx = service.client()
        for path in ("/first", "/second"):
            with pytest.raises(DropboxException):
                dbx.files_get_metadata(path)
        dbx.files_list_folder("")
        html = page_of(service).html
        assert html.count("data-found open>") == 1
        assert "/second" in html.partition("data-found open>")[2].partition("</summary>")[0]

    def test_an_unused_service_has_a_page_too(self, service):
        page = page_of(service)
        page.expect_alone()
        assert "The test made no calls." in page.text
        assert "0 entries" in page.text

    def test_deleted_entries_mounts_links_requests_and_planned_faults_are_shown(self, service):
        ada = service.accounts.create("ada@example.com", "Ada")
        service.seed_files({"/A/b.txt": b"1", "/A/c": b"", "/gone": b"", "/c": b""})
        dbx = service.client()
        service.share_folder("/A", members=[ada])
        dbx.files_delete_v2("/gone")
        dbx.files_delete_v2("/A/b.txt")
        dbx.sharing_create_shared_link_with_settings("/c")
        dbx.file_requests_create("Homework", "/Homework")
        service.faults.rate_limit("files/upload", times=3, optional=True)
        page = page_of(service)
        for shown in (
            *("ada@example.com", "/gone", "/A/b.txt", "deleted", "shared"),
            *("/c: public", "Homework", "rate_limit('files/upload', times=3, optional=True)"),
        ):
            assert shown in page.text, shown
        assert page.html.count('class="deleted"') == 3  # /gone, and /A/b.txt in both accounts

    @pytest.mark.dropbox(allow_not_implemented=True)
    def test_each_panel_is_shown_as_it_was_at_the_end(self, service):
        service.seed_files({"/of-before": b"1"})
        watch(service)
        ada = service.accounts.create("ada@example.com", "Ada")
        team = service.teams.create("Acme", ["boss@example.com"])
        login = service.logins.create(ada, scopes=["files.metadata.read"])
        dbx = service.client()
        dbx.files_upload(b"four", "/new.txt")
        dbx.files_delete_v2("/of-before")
        service.clock.advance(5 * 3600)
        with pytest.raises(NotImplementedInFake):
            dbx.riviera_get_text_async()
        with Receiver() as receiver:
            service.webhooks.add(f"{receiver.url}?key=hush")
            receiver.status = 500
            service.seed_files({"/c": b""})
            service.webhooks.deliver()
        service.faults.lost_reply("files/upload", path="/x", optional=True)
        page = page_of(service)
        page.expect_alone()
        parts = dict(
            re.findall(r'<section class="panel" id="(\w+)">(.*?)</section>', page.html, re.DOTALL)
        )
        assert list(parts)[-6:] == ["faults", "clock", "people", "webhooks", "state", "coverage"]
        for part, shown in {
            "faults": ("their paths are /new.txt", ">1<"),
            "clock": ("2026-01-01 05:00:00 UTC", "No call is under way.", receiver.url),
            "people": ("Ada", "Acme", team.team_id, "business", ">expired</span>", "boss@"),
            "webhooks": (receiver.url, "1 failed", ">500<"),
            "state": ("file /new.txt, 4 bytes", "file /of-before, 1 bytes", "the account"),
            "coverage": ("files/upload", "riviera/get_text_async is not implemented"),
        }.items():
            for text in shown:
                assert text in unescape(parts[part]), (part, text)
        for secret in ("hush", login.access_token, login.app_secret, login.refresh_token):
            assert secret not in page.html
        assert not re.search(r"<form(?! id=\"search)|<button(?![^>]*copy)|/_fake/page", page.html)

    def test_a_service_that_was_not_watched_has_no_changes(self, service):
        page = page_of(service)
        assert "Changes since the beginning" not in page.text
        assert 'href="#state"' not in page.html

    @pytest.mark.dropbox(allow_not_implemented=True)
    def test_changes_and_missing_routes_are_those_of_the_test(self, service):
        dbx = service.client()
        for _ in range(2):
            watch(service)
            with pytest.raises(NotImplementedInFake):
                dbx.riviera_get_text_async()
        dbx.files_upload(b"1", "/new")
        service.calls.missing["of another test"] += 1
        watch(service)
        page = page_of(service)
        assert "of another test" not in page.text
        assert "There is no difference in files" in page.text

    def test_many_changes_are_shown_in_part(self, service, monkeypatch):
        monkeypatch.setattr(dump_module, "_MOST_ROWS", 4)
        watch(service)
        service.seed_files({f"/{number}": b"" for number in range(5)})
        assert "5 differences, the first 4 are shown" in page_of(service).text

    def test_hostile_names_are_text(self, service):
        service.client().files_upload(b"1", HOSTILE)
        with pytest.raises(DropboxException):
            service.client().files_get_metadata("/</script><script>alert(2)</script>")
        page = page_of(service, test=f"test.py::test[{HOSTILE}]", failure=HOSTILE)
        page.expect_alone()
        assert "onerror=alert(1)" in page.text
        assert "\u202e" not in page.html
        assert page.html.count("<script") == 1

    def test_no_secret_is_in_the_page(self, service):
        service.seed_files({"/a.txt": b"confidential"})
        dbx = service.client()
        settings = SharedLinkSettings(link_password="geheim", require_password=True)
        url = dbx.sharing_create_shared_link_with_settings("/a.txt").url
        with pytest.raises(DropboxException):
            dbx.sharing_modify_shared_link_settings(url, settings)
        dbx.sharing_get_shared_link_metadata(url)
        temporary = dbx.files_get_temporary_link("/a.txt").link
        reference = dbx.files_copy_reference_get("/a.txt").copy_reference
        dbx.files_copy_reference_save(reference, "/b.txt")
        dbx.files_download("/a.txt")
        request = dbx.file_requests_create("Homework", "/Homework").url
        dbx.files_save_url("/c", "https://example.com/?key=v3rborgen")
        login = service.login
        html = page_of(service).html
        secrets = [url, "geheim", temporary, reference, request, "v3rborgen", "confidential"]
        secrets += [login.access_token, login.refresh_token, login.app_secret]
        assert [secret for secret in secrets if secret in html] == []
        assert "sharing/modify_shared_link_settings" in html

    @pytest.mark.evidence("P1-03")
    @pytest.mark.parametrize("over_http", [False, True])
    def test_no_id_of_a_file_request_is_in_the_page(self, service, over_http):
        """The URL of a file request ends with its id."""
        session = service.session() if over_http else None
        dbx = service.client()
        if over_http:
            dbx = dropbox.Dropbox(service.login.access_token, session=session)
        first, second = (dbx.file_requests_create("Homework", f"/{n}") for n in "12")
        dbx.file_requests_get(first.id)
        dbx.file_requests_list_v2()
        dbx.file_requests_update(first.id, open=False)
        dbx.file_requests_delete([first.id])
        with pytest.raises(DropboxException):
            dbx.file_requests_get(first.id)
        requests_page = service.session().get(second.url)
        assert requests_page.status_code == 200
        html = page_of(service).html
        assert "file_requests/update" in html
        assert "Homework" in html
        assert [each.id for each in (first, second) if each.id in html] == []

    @pytest.mark.evidence("F1.4-04", "F1.4-16")
    def test_no_secret_that_a_refusal_quotes_is_in_the_page(self, service):
        token = service.login.access_token
        secret = "hush-hush"
        settings = {"link_password": [secret]}
        headers = {"Dropbox-API-Arg": '{"path": "/a"}', "Content-Type": "text/plain"}
        for host, route, body, more in (
            ("api", "sharing/get_shared_link_metadata", {"url": [secret]}, {}),
            ("api", "sharing/modify_shared_link_settings", {"url": "", "settings": settings}, {}),
            ("api", "file_requests/get", {"id": f"{secret}'\n!"}, {}),
            ("api", "file_requests/delete", {"ids": [f"{secret}!"]}, {}),
            ("content", "files/download", {"url": secret}, headers),
        ):
            url = f"https://{host}.dropboxapi.com/2/{route}"
            more = {"Authorization": f"Bearer {token}", **more}  # noqa: PLW2901 -- completed
            reply = service.session().post(url, json=body, headers=more)
            assert reply.status_code == 400, route
            assert secret in reply.text, route
        html = page_of(service).html
        assert secret not in html
        for shown in ("url: '…' expected to be a string", "settings.link_password: '…'"):
            assert shown in unescape(html)

    def test_no_thumbnail_is_in_the_page(self, service):
        image = BytesIO()
        Image.new("RGB", (4, 4)).save(image, "png")
        service.seed_files({"/a.png": image.getvalue()})
        [entry] = service.client().files_get_thumbnail_batch([ThumbnailArg("/a.png")]).entries
        thumbnail = entry.get_success().thumbnail
        assert thumbnail
        assert thumbnail not in page_of(service).html

    def test_many_calls_and_files_are_shown_in_part(self, service, monkeypatch):
        monkeypatch.setattr(dump_module, "_MOST_CALLS", 3)
        monkeypatch.setattr(dump_module, "_MOST_ROWS", 4)
        service.seed_files({f"/{number}": b"" for number in range(5)})
        for number in range(5):
            service.client().files_get_metadata(f"/{number}")
        page = page_of(service)
        assert "5 calls, the last 3 are here" in page.text
        assert "5 entries, the first 4 are here" in page.text
        assert page.html.count("<details class=") == 3
        assert page.html.count("<tr data-found") == 4


class TestPytest:
    def run(self, pytester, suite, *arguments, **options):
        pytester.makepyfile(test_suite=suite)
        return pytester.runpytest_inprocess(*PLAIN, *arguments, **options)

    def page(self, pytester):
        (path,) = pytester.path.glob("out/*/index.html")
        return DumpPage(path.read_text("utf-8"))

    def test_a_failed_test_gets_a_page_with_its_error_and_answers(self, pytester):
        self.run(pytester, FAILING, "--fake-dropbox-dump=out").assert_outcomes(failed=1)
        page = self.page(pytester)
        page.expect_alone()
        assert page.title == "test_suite.py::test_failing"
        assert "ApiError" in page.text
        assert '"server_modified": ' in page.text  # of the answer to the upload

    def test_the_error_for_an_unfired_fault_is_shown_without_our_code(self, pytester):
        suite = "def test_it(dropbox_faults): dropbox_faults.lost_reply('files/upload')"
        self.run(pytester, suite, "--fake-dropbox-dump=out").assert_outcomes(passed=1, errors=1)
        page = self.page(pytester)
        assert re.search(r"E +fakedropbox.errors.UnfiredFault: planned, but never", page.text)
        for code in ("def verify", "result = yield", "_check_happened"):
            assert code not in page.text

    def test_a_page_replaces_that_of_an_earlier_run_and_no_other_file(self, pytester):
        for _ in range(2):
            self.run(pytester, FAILING, "--fake-dropbox-dump=out").assert_outcomes(failed=1)
        (path,) = pytester.path.glob("out/*/index.html")
        path.write_text("<!doctype html>\nof a person")
        result = self.run(pytester, FAILING, "--fake-dropbox-dump=out")
        result.stdout.fnmatch_lines(["cannot be shown: *expected a file *index.html*"])
        assert path.read_text() == "<!doctype html>\nof a person"

    def test_a_page_is_written_with_pyfakefs_and_under_mock_dropbox(self, pytester):
        suite = """
        import unittest, dropbox
        from fakedropbox import mock_dropbox

        @mock_dropbox(files={"/a.txt": b"1"})
        class TestCase(unittest.TestCase):
            def test_it(self):
                login = self.dropbox_service.login
                dropbox.Dropbox(login.access_token).files_get_metadata("/none")

        def test_fs(fs, fake_dropbox): fake_dropbox.files_get_metadata("/none")
        """
        plugin = "-p", "pyfakefs.pytest_plugin"  # PLAIN leaves it out
        run = self.run(pytester, suite, *plugin, "--fake-dropbox-dump=out")
        run.assert_outcomes(failed=2)
        pages = [DumpPage(each.read_text()) for each in pytester.path.glob("out/*/index.html")]
        assert {page.title for page in pages} == {
            "test_suite.py::TestCase::test_it",
            "test_suite.py::test_fs",
        }
        assert all("path/not_found" in page.text for page in pages)
        case = next(page for page in pages if "TestCase" in page.title)
        assert "Authorization: Bearer …" in case.text

    def test_without_the_option_for_dumps_no_answers_are_kept(self, pytester):
        suite = """
        def test_it(dropbox_service): assert dropbox_service.gate.exchanges is None
        """
        self.run(pytester, suite).assert_outcomes(passed=1)

    def test_the_page_has_the_answers_of_the_service_of_a_whole_run(self, pytester):
        suite = """
        import dropbox, os

        def test_it():
            dbx = dropbox.Dropbox(os.environ["TOKEN"])
            dbx.files_upload(b"1", "/a")
            dbx.files_get_metadata("/none")
        """
        options = ["--fake-dropbox", "--fake-dropbox-env=TOKEN=access_token"]
        pytester.makepyfile(test_suite=suite)
        run = pytester.runpytest_inprocess(*PLAIN, *options, "--fake-dropbox-dump=out")
        run.assert_outcomes(failed=1)
        assert '"server_modified": ' in self.page(pytester).text


SUITE = """
import unittest

import dropbox

from fakedropbox import mock_dropbox


@mock_dropbox
class TestReport(unittest.TestCase):
    def setUp(self):
        self.dbx = dropbox.Dropbox(self.dropbox_service.login.access_token)

    def test_refused(self):
        self.dbx.files_get_metadata("/none")

    def test_passes(self):
        self.dbx.files_list_folder("")

    @mock_dropbox
    def test_own(self, dropbox_service):
        assert dropbox_service.files == {"/of own": b""}


class TestBlock(unittest.TestCase):
    def test_block(self):
        with mock_dropbox(files={"/of block": b""}) as service:
            self.assertEqual(service.files, {})


class TestPlanned(unittest.TestCase):
    @mock_dropbox
    def test_function(self, dropbox_service):
        dropbox_service.faults.lost_reply("files/upload")

    def test_block(self):
        with mock_dropbox() as service:
            service.faults.lost_reply("files/upload")


if __name__ == "__main__":
    unittest.main()
"""


class TestUnittest:
    def run(self, tmp_path, suite=SUITE, **environ):
        if suite is not None:
            (tmp_path / "suite.py").write_text(suite)
        return subprocess.run(
            [sys.executable, "suite.py"],
            env={**os.environ, **environ},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def test_each_failed_test_gets_a_page_that_its_error_names(self, tmp_path):
        done = self.run(tmp_path, FAKEDROPBOX_DUMP="out")
        assert "FAILED" in done.stderr
        paths = list(tmp_path.glob("out/*/index.html"))
        pages = {title_of(path): DumpPage(path.read_text("utf-8")) for path in paths}
        assert {
            "__main__.TestReport.test_refused",
            "__main__.TestBlock.test_block",
        } <= set(pages)
        assert "test_passes" not in "".join(pages)
        refused = pages["__main__.TestReport.test_refused"]
        refused.expect_alone()
        for shown in ("ApiError", "Authorization: Bearer …", '"error_summary": "path/not_found'):
            assert shown in refused.text
        assert "/of block" in pages["__main__.TestBlock.test_block"].text
        for name in ("test_function", "test_block"):  # whose planned fault did not happen
            unfired = pages[f"__main__.TestPlanned.{name}"]
            assert "has not happened. No call of files/upload was made." in unfired.text
        for path in paths:
            assert f"fake Dropbox: {path.as_uri()}" in done.stderr

    def test_each_failed_test_gets_its_own_page(self, tmp_path):
        for name in "ab":
            (tmp_path / name).mkdir()
            (tmp_path / name / "tests.py").write_text(VIEWS)
        (tmp_path / "suite.py").write_text(
            "import contextlib, unittest\n"
            "import a.tests, b.tests\n"
            "for plain in (a.tests.plain, b.tests.plain):\n"
            "    with contextlib.suppress(AssertionError): plain()\n"
            "unittest.main(None, argv=['', 'a.tests', 'b.tests'])\n"
        )
        done = self.run(tmp_path, None, FAKEDROPBOX_DUMP="out")
        assert "FAILED" in done.stderr
        paths = list(tmp_path.glob("out/*/index.html"))
        pages = {title_of(path): path.read_text("utf-8") for path in paths}
        tests = ["test_upload", "test_unfired", "test_block"]
        expected = {
            f"{module}.{case}.{test}": f"{module} {case} {test}"
            for module in ("a.tests", "b.tests")
            for case, test in [
                *((case, test) for case in ("TestViews", "TestFurther") for test in tests),
                ("TestAsync", "test_upload"),
            ]
        }
        for folder in "ab":
            module = f"{folder}.tests"
            expected[f"{folder}/tests.py::plain"] = f"{module} plain"
            expected[f"{module}.TestWithout"] = f"{module} TestWithout setUpClass"
            expected[f"{folder}/tests.py::load_tests.<locals>.act"] = f"{module} act"
            for case, part in product(("TestParts", "TestAgain"), "xy"):
                title = f"{module}.{case}.test_parts (part='{part}')"
                expected[title] = f"{module} TestParts {part}"
        assert set(pages) == set(expected)
        assert [title for title, file in expected.items() if file not in pages[title]] == []

    @pytest.mark.skipif(os.name == "nt", reason="Windows keeps a directory that is in use")
    def test_a_page_is_written_if_the_working_directory_has_been_deleted(self, tmp_path):
        gone = tmp_path / "gone"
        gone.mkdir()
        suite = (
            f"import os; os.rmdir({str(gone)!r})\n"
            "from fakedropbox import mock_dropbox\n"
            "@mock_dropbox\n"
            "def act(): raise AssertionError\n"
            "act()\n"
        )
        environ = {**os.environ, "FAKEDROPBOX_DUMP": str(tmp_path / "out")}
        done = subprocess.run(  # noqa: S603 -- our own program
            [sys.executable, "-c", suite], env=environ, cwd=gone, check=False, timeout=60
        )
        assert done.returncode == 1
        [path] = tmp_path.glob("out/*/index.html")
        assert title_of(path) == "<string>::act"

    def test_a_page_that_cannot_be_written_does_not_hide_the_error(self, tmp_path):
        (tmp_path / "file").write_text("of a person")
        done = self.run(tmp_path, FAKEDROPBOX_DUMP="file")
        assert "ApiError" in done.stderr
        assert "the page of the test cannot be written" in done.stderr
        assert (tmp_path / "file").read_text() == "of a person"

    def test_without_the_variable_for_dumps_no_page_is_written(self, tmp_path):
        done = self.run(tmp_path, FAKEDROPBOX_DUMP="")
        assert "FAILED" in done.stderr
        assert "fake Dropbox:" not in done.stderr
        assert [path.name for path in tmp_path.iterdir() if path.is_dir()] in ([], ["__pycache__"])


VIEWS = """
import unittest

from fakedropbox import mock_dropbox


class Base:
    @classmethod
    def setUpClass(cls):
        if cls.__name__ == "TestWithout":
            with mock_dropbox(files={f"/{cls.__module__} {cls.__name__} setUpClass": b""}):
                raise AssertionError

    def name(self):
        return f"{self.__module__} {type(self).__name__} {self._testMethodName}"

    @mock_dropbox
    def test_upload(self, dropbox_service):
        dropbox_service.seed_files({f"/{self.name()}": b""})
        raise AssertionError

    @mock_dropbox
    def test_unfired(self, dropbox_service):
        dropbox_service.seed_files({f"/{self.name()}": b""})
        dropbox_service.faults.lost_reply("files/upload")

    def test_block(self):
        with mock_dropbox(files={f"/{self.name()}": b""}):
            raise AssertionError


class TestViews(Base, unittest.TestCase):
    pass


class TestFurther(Base, unittest.TestCase):
    pass


class TestWithout(Base, unittest.TestCase):
    pass


class TestAsync(unittest.IsolatedAsyncioTestCase):
    @mock_dropbox
    async def test_upload(self, dropbox_service):
        dropbox_service.seed_files({f"/{self.__module__} TestAsync test_upload": b""})
        raise AssertionError


@mock_dropbox
class TestParts(unittest.TestCase):
    def test_parts(self):
        for part in "xy":
            with self.subTest(part=part):
                self.dropbox_service.seed_files({f"/{self.__module__} TestParts {part}": b""})
                raise AssertionError


@mock_dropbox
class TestAgain(TestParts):  # with two services: its attribute is the last one
    pass


@mock_dropbox
class TestEnded(unittest.TestCase):
    def test_skipped(self):
        self.skipTest("not here")

    @unittest.expectedFailure
    def test_fails_as_expected(self):
        raise AssertionError


class TestEndedFunctions(unittest.TestCase):
    @mock_dropbox
    def test_skipped(self, dropbox_service):
        self.skipTest("not here")

    def test_skipped_in_a_block(self):
        with mock_dropbox():
            self.skipTest("not here")

    @unittest.expectedFailure
    @mock_dropbox
    def test_fails_as_expected(self):
        raise AssertionError

    @mock_dropbox
    @unittest.expectedFailure
    def test_too(self):
        raise AssertionError

    @unittest.expectedFailure
    def test_fails_as_expected_in_a_block(self):
        with mock_dropbox():
            raise AssertionError


@unittest.expectedFailure
class TestExpected(unittest.TestCase):
    @mock_dropbox
    def test_fails(self):
        raise AssertionError


def load_tests(loader, tests, pattern):
    @mock_dropbox
    def act(dropbox_service):
        dropbox_service.seed_files({f"/{__name__} act": b""})
        raise AssertionError

    tests.addTest(unittest.FunctionTestCase(act))
    return tests


@mock_dropbox
def plain(dropbox_service):
    dropbox_service.seed_files({f"/{__name__} plain": b""})
    raise AssertionError
"""


class TestView:
    @pytest.fixture
    def opened(self, monkeypatch):
        addresses = []
        monkeypatch.setattr(webbrowser, "open", addresses.append)
        return addresses

    def view(self, *arguments):
        return CliRunner().invoke(main, ["view", *map(str, arguments)])

    def write(self, tmp_path, *names):
        html = "<!doctype html>\n<!-- Written by fakedropbox -->\n<title>{}</title>"
        return [write_page("DUMP", tmp_path, name, html.format(name)) for name in names]

    def test_a_single_page_is_opened(self, tmp_path, opened):
        (page,) = self.write(tmp_path, "one")
        for given in (tmp_path, page.parent, page):
            done = self.view(given)
            assert (done.exit_code, done.output) == (0, f"{page.as_uri()}\n")
        assert opened == 3 * [page.as_uri()]

    def test_several_pages_are_listed(self, tmp_path, opened):
        self.write(tmp_path, "test_a", "test_b[&lt;script&gt;]")
        (tmp_path / "foreign").mkdir()
        (tmp_path / "foreign" / "index.html").write_text("<title>of a person</title>")
        for _ in range(2):
            assert self.view(tmp_path).exit_code == 0
        own = tmp_path / "index.html"
        assert opened == 2 * [own.as_uri()]
        text = own.read_text("utf-8")
        assert text.count("<li>") == 2
        assert "of a person" not in text
        assert "test_b[&lt;script&gt;]" in text
        assert page_in("DUMP", tmp_path) == own

    def test_the_list_has_the_reason_of_each_failure_that_has_one(self, tmp_path, service):
        with pytest.raises(DropboxException):
            service.client().files_get_metadata("/<b>")
        failed = dump(Used(service, 0), "test_10", "E   ApiError", [])
        service.calls.clear()
        texts = {
            "test_10": failed,
            "test_2": dump(Used(service, 0), "test_2", "", ["Do this."]),
            "test_3": dump(
                Used(service, 0), "test_3", "E   AssertionError: 1\nE    + 2\n\na:1", []
            ),
            "test_4": dump(Used(service, 0), "test_4", "", []),
        }
        for name, text in texts.items():
            write_page("DUMP", tmp_path, name, text)
        listed = page_in("DUMP", tmp_path).read_text("utf-8")
        gists = re.findall(r">(test_\d+)</a>\s*(?:<p[^>]*>(.*?)</p>)?\s*</li>", listed)
        assert gists == [
            ("test_2", "Do this."),
            ("test_3", "AssertionError: 1"),
            ("test_4", ""),
            ("test_10", "files/get_metadata /&lt;b&gt; path/not_found"),
        ]
        style = listed.partition("<style>")[2].partition("</style>")[0]
        assert b64encode(sha256(unescape(style).encode()).digest()).decode() in listed

    def test_no_browser_is_opened_if_not_wanted(self, tmp_path, opened):
        self.write(tmp_path, "one")
        assert self.view(tmp_path, "--no-browser").output.startswith("file://")
        assert opened == []

    def test_a_directory_without_pages_and_a_foreign_file_are_refused(self, tmp_path, opened):
        empty = self.view(tmp_path)
        assert empty.exit_code == 1
        assert "DUMP: expected a file or a directory that --fake-dropbox-dump" in empty.output
        foreign = tmp_path / "page.html"
        foreign.write_text("<!doctype html>")
        refused = self.view(foreign)
        assert (refused.exit_code, opened) == (1, [])
        assert f"DUMP: expected a page that fakedropbox wrote, got {foreign}" in refused.output
        self.write(tmp_path, "one", "two")
        (tmp_path / "index.html").write_text("of a person")
        refused = self.view(tmp_path)
        assert refused.exit_code == 1
        assert "index.html, which has other content" in refused.output
        assert (tmp_path / "index.html").read_text() == "of a person"
        assert self.view(tmp_path / "none").exit_code == 2
        assert opened == []
