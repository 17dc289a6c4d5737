"""Tests of the HTML file about a failed test, and of the command that opens it."""

import os
import re
import subprocess
import sys
import webbrowser
from html import unescape

import pytest
from click.testing import CliRunner
from dropbox.exceptions import DropboxException
from dropbox.sharing import SharedLinkSettings
from tests.support.html_dump import DumpPage
from tests.support.pytest_runs import PLAIN
from tests.support.receiver import Receiver

# Imported once here, because an in-process run of pytest discards the modules that it imports.
import fakedropbox.client
import fakedropbox.service  # noqa: F401
from fakedropbox import NotImplementedInFake
from fakedropbox._page import dump as dump_module
from fakedropbox._page.dump import dump
from fakedropbox._page.html_files import page_in, title_of, write_page
from fakedropbox._page.used import Used, watch
from fakedropbox.cli import main

HOSTILE = "/<script>document.title='bad'<\uff0fscript><img src=x onerror=alert(1)>\"'&\u202egnp.txt"
FAILING = """
def test_failing(dropbox_service, fake_dropbox):
    fake_dropbox.files_upload(b"four", "/a.txt")
    fake_dropbox.files_get_metadata("/none")
"""


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
        assert page.html.count('class="deleted"') == 3  # one of them in both accounts

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

    def test_without_the_option_no_answers_are_kept(self, pytester):
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
    def run(self, tmp_path, **environ):
        (tmp_path / "suite.py").write_text(SUITE)
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
            "suite.py::TestBlock.test_block",
        } <= set(pages)
        assert "test_passes" not in "".join(pages)
        refused = pages["__main__.TestReport.test_refused"]
        refused.expect_alone()
        for shown in ("ApiError", "Authorization: Bearer …", '"error_summary": "path/not_found'):
            assert shown in refused.text
        assert "/of block" in pages["suite.py::TestBlock.test_block"].text
        for name in ("test_function", "test_block"):  # whose planned fault did not happen
            unfired = pages[f"suite.py::TestPlanned.{name}"]
            assert "has not happened. No call of files/upload was made." in unfired.text
        for path in paths:
            assert f"fake Dropbox: {path.as_uri()}" in done.stderr

    def test_a_page_that_cannot_be_written_does_not_hide_the_error(self, tmp_path):
        (tmp_path / "file").write_text("of a person")
        done = self.run(tmp_path, FAKEDROPBOX_DUMP="file")
        assert "ApiError" in done.stderr
        assert "the page of the test cannot be written" in done.stderr
        assert (tmp_path / "file").read_text() == "of a person"

    def test_without_the_environment_variable_no_page_is_written(self, tmp_path):
        done = self.run(tmp_path, FAKEDROPBOX_DUMP="")
        assert "FAILED" in done.stderr
        assert "fake Dropbox:" not in done.stderr
        assert [path.name for path in tmp_path.iterdir() if path.is_dir()] in ([], ["__pycache__"])


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
