"""Tests of the panel of files: folders, revisions, previews, and changes by forms."""

import io
import re
import shutil
import zipfile
from html import unescape

import pytest
import requests
from tests.support.page import entered
from tests.support.refusing_services import with_locked_file

from fakedropbox import FakeDropboxService
from fakedropbox.server.launch import Options, launched
from fakedropbox.server.running import Server, Settings

PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx"
    b"\x9cc\xf8\xcf\xc0\xf0\x1f\0\x05\0\x01\xff\x89\x99=\x1d\0\0\0\0IEND\xaeB`\x82"
)


@pytest.fixture(scope="module")
def server():
    with Server(FakeDropboxService(), settings=Settings(has_page=True)) as running:
        yield running


@pytest.fixture
def service(server):
    server.service.reset()
    server.service.faults.clear()
    return server.service


@pytest.fixture
def browser(server, service):
    assert service is server.service
    return entered(server)


def names(reply):
    """Return the names in the list, in order."""
    found = re.findall(r'<td class="what"><a [^>]*>([^<]*)</a>', reply.text)
    return [unescape(name) for name in found]


def post(browser, action, files=(), **fields):
    """Send a form of the panel as a browser does."""
    parts = [(name, (None, value)) for name, value in fields.items()]
    parts += [("file", each) for each in files]
    url = f"{browser.origin}/_fake/page/files/{action}"
    return browser.post(url, files=parts, headers={"Origin": browser.origin})


class TestFolders:
    def test_a_folder_is_listed_with_its_folders_first_and_deleted_entries(self, browser, service):
        service.seed_files({"/b": b"12345", "/A/c": b"", "/gone": b""}, folders=["/Z"])
        service.client().files_delete_v2("/gone")
        top = browser.open("/page/files")
        assert names(top) == ["A/", "Z/", "b", "gone"]
        assert "4 entries" in top.text
        assert '<td class="number">5</td>' in top.text
        assert top.text.count('class="deleted"') == 1
        below = browser.open("/page/files", path="/A")
        assert names(below) == ["c"]

    def test_deleted_folders_lead_to_their_deleted_entries(self, browser, service):
        service.seed_files({"/A/B/c.txt": b"1"})
        service.client().files_delete_v2("/A")
        assert names(browser.open("/page/files")) == ["A/"]
        assert names(browser.open("/page/files", path="/A")) == ["B/"]
        inner = browser.open("/page/files", path="/a/b")
        assert names(inner) == ["c.txt"]
        assert "This folder is deleted." in inner.text
        assert "<form action" not in inner.text.partition("</header>")[2]

    def test_a_missing_path_is_reported_on_a_whole_page(self, browser, service):
        service.seed_files({"/a": b""})
        for path in ("/none", "id:x", "/a/b"):
            reply = browser.open("/page/files", path=path)
            assert (reply.status_code, "There is no file or folder" in reply.text) == (404, True)
            assert '<nav aria-label="Panels">' in reply.text

    def test_a_path_of_a_file_opens_it_beside_its_folder(self, browser, service):
        service.seed_files({"/A/b": b"", "/A/c": b""})
        reply = browser.open("/page/files", path="/A/b")
        assert names(reply) == ["b", "c"]
        address = "/page/files/one?account=owner%40example.com&path=%2FA%2Fb"
        assert f'hx-get="/_fake{address}" hx-trigger="load"' in unescape(reply.text)
        assert "<h2>/A/b</h2>" in browser.open(address).text

    def test_the_page_of_a_missing_account_never_shows_another_account(self, browser, service):
        """A page may be of an account that a reset has removed since."""
        service.seed_files({"/a": b"1"})
        account = "bob@example.com"
        for part in ("", "/one", "/changes", "/content", "/image", "/zip"):
            reply = browser.open(f"/page/files{part}", account=account, path="/a")
            assert (reply.status_code, "no account" in reply.text) == (404, True), part
        for action in ("upload", "delete"):
            reply = post(browser, action, [("a", b"2")], account=account, path="/a")
            assert (reply.status_code, "Nothing was changed" in reply.text) == (400, True)
        assert service.files == {"/a": b"1"}

    def test_a_part_of_the_page_of_a_missing_account_reloads_the_whole_page(self, browser):
        url = f"{browser.origin}/_fake/page/files/one?account=bob@example.com&path=/a"
        reply = browser.get(url, headers={"HX-Request": "true"})
        assert (reply.status_code, reply.headers["HX-Refresh"]) == (204, "true")

    def test_the_entries_of_another_account_and_of_mounts_are_listed(self, browser, service):
        ada = service.accounts.create("ada@example.com", "Ada")
        service.seed_files({"/A/b.txt": b"four"})
        service.seed_files({"/of ada": b"1"}, account=ada)
        service.share_folder("/A", members=[ada])
        other = browser.open("/page/files", account="ada@example.com")
        assert names(other) == ["A/", "of ada"]
        assert '<span class="mark">shared</span>' in other.text
        inside = browser.open("/page/files", account="ada@example.com", path="/A")
        assert names(inside) == ["b.txt"]
        assert "shared by owner@example.com, with ada@example.com (editor)" in inside.text
        file = browser.open("/page/files/one", account="ada@example.com", path="/A/b.txt")
        assert "four" in file.text

    def test_unmounted_shared_items_are_listed(self, browser, service):
        ada = service.accounts.create("ada@example.com", "Ada")
        service.seed_files({"/A/b.txt": b"four"})
        service.share_folder("/A", members=[ada], mount=False)
        text = browser.open("/page/files", account="ada@example.com").text
        assert "not mounted: A/" in text

    def test_many_entries_are_listed_page_by_page(self, browser, service):
        service.seed_files({f"/{number:05}": b"" for number in range(450)})
        first = browser.open("/page/files")
        assert names(first) == [f"{number:05}" for number in range(200)]
        assert "450 entries, 1 to 200 are shown" in first.text
        assert 'rel="prev"' not in first.text
        (more,) = re.findall(r'<a rel="next" href="/_fake([^"]*)"', first.text)
        second = browser.open(unescape(more))
        assert names(second)[0] == "00200"
        (more,) = re.findall(r'<a rel="next" href="/_fake([^"]*)"', second.text)
        last = browser.open(unescape(more))
        assert names(last) == [f"{number:05}" for number in range(400, 450)]
        assert 'rel="next"' not in last.text
        assert names(browser.open("/page/files", start="-1")) == names(first)

    def test_a_search_finds_a_part_of_a_path_anywhere(self, browser, service):
        service.seed_files({"/A/report.txt": b"", "/b/c/Report 2.txt": b"", "/other": b""})
        reply = browser.open("/page/files", find="REPORT")
        assert names(reply) == ["/A/report.txt", "/b/c/Report 2.txt"]
        assert "2 of all entries have REPORT in the path" in reply.text
        assert "There is nothing with such a path." in browser.open("/page/files", find="z").text

    def test_links_are_named_without_their_urls(self, browser, service):
        service.seed_files({"/A/b.txt": b"1"})
        dbx = service.client()
        urls = [
            dbx.sharing_create_shared_link_with_settings(path).url for path in ("/A", "/A/b.txt")
        ]
        folder = browser.open("/page/files", path="/A").text
        assert "public, by owner@example.com" in folder
        assert '<span class="mark">link</span>' in folder
        file = browser.open("/page/files/one", path="/A/b.txt").text
        assert "<dt>Link</dt><dd>public, by owner@example.com</dd>" in file
        assert not [url for url in urls if url in folder + file]

    def test_a_folder_is_saved_as_zip(self, browser, service):
        service.seed_files({"/A/b.txt": b"four", "/c": b"1"})
        for path, expected in (("/A", {"A/", "A/b.txt"}), ("", {"/", "A/", "A/b.txt", "c"})):
            reply = browser.open("/page/files/zip", path=path)
            assert reply.headers["Content-Disposition"] == "attachment"
            assert set(zipfile.ZipFile(io.BytesIO(reply.content)).namelist()) == expected
        assert browser.open("/page/files/zip", path="/none").status_code == 404
        assert browser.open("/page/files/zip", path="/c").status_code == 404


class TestOneFile:
    def test_a_file_is_shown_as_text_or_in_hexadecimal(self, browser, service):
        service.seed_files({"/t": "<b>\u202eé\r\nx".encode(), "/h": b"\xff\x00A" * 1000, "/e": b""})
        text = browser.open("/page/files/one", path="/t").text
        assert "&lt;b&gt;\\u202eé\nx</pre>" in text
        binary = browser.open("/page/files/one", path="/h").text
        assert "000010  00 41 ff 00" in binary
        assert ".A..A" in binary
        assert "0003f0  " in binary
        assert "000400" not in binary
        assert "The file is empty." in browser.open("/page/files/one", path="/e").text
        assert "is not there any more" in browser.open("/page/files/one", path="/none").text

    def test_a_long_text_ends_at_a_whole_character(self, browser, service):
        service.seed_files({"/t": "é".encode() * 40_000, "/odd": b"a" + "é".encode() * 40_000})
        for path in ("/t", "/odd"):
            text = browser.open("/page/files/one", path=path).text
            assert "The beginning, as text" in text
            assert "ééé</pre>" in text

    def test_only_an_image_is_shown_as_an_image(self, browser, service):
        svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
        service.seed_files({"/i.html": PNG, "/s.svg": svg, "/w": b"RIFF\0\0\0\0WEBPx"})
        text = browser.open("/page/files/one", path="/i.html").text
        (address,) = re.findall(r'<img class="preview" src="/_fake([^"]*)"', text)
        reply = browser.open(unescape(address))
        assert (reply.content, reply.headers["Content-Type"]) == (PNG, "image/png")
        assert "sandbox" in reply.headers["Content-Security-Policy"]
        assert browser.open("/page/files/image", path="/w").headers["Content-Type"] == "image/webp"
        assert "<img" not in browser.open("/page/files/one", path="/s.svg").text
        for path in ("/s.svg", "/none"):
            assert browser.open("/page/files/image", path=path).status_code == 404

    def test_all_revisions_can_be_seen_also_under_former_names(self, browser, service):
        dbx = service.client()
        service.seed_files({"/a": b"first"})
        dbx.files_move_v2("/a", "/b")
        service.seed_files({"/b": b"second", "/a": b"another file"})
        text = browser.open("/page/files/one", path="/b").text
        revs = re.findall(r"hx-get=\"/_fake/page/files/one\?([^\"]*)\"", text)
        assert len(revs) == 3
        assert text.count(">Changes</button>") == 2  # none for the oldest one
        assert '<span class="path">/a</span>' in text
        oldest = browser.open(f"/page/files/one?{unescape(revs[-1])}").text
        assert "first</pre>" in oldest
        assert "an earlier revision" in oldest
        assert "Delete" not in oldest
        saved = browser.open(f"/page/files/content?{unescape(revs[-1])}")
        assert saved.content == b"first"

    def test_a_deleted_file_can_be_seen(self, browser, service):
        service.seed_files({"/a": b"content"})
        service.client().files_delete_v2("/a")
        text = browser.open("/page/files/one", path="/a").text
        assert "content</pre>" in text
        assert ">deleted</p>" in text
        assert "Delete" not in text

    def test_the_difference_of_two_texts_is_shown(self, browser, service):
        service.seed_files({"/a": b"same\n<old>\nend"})
        service.seed_files({"/a": b"same\n<new>\nend\r"})
        text = browser.open("/page/files/changes", path="/a").text
        assert "<ins>&lt;new&gt;</ins>" in text
        assert "<del>&lt;old&gt;</del>" in text
        assert "<ins>end\\r</ins>" in text
        assert "<span>same</span>" in text

    @pytest.mark.parametrize(
        ("old", "new", "told"),
        [
            (b"1", b"\xff\0", "At least one revision is not a text: 1 and 2 bytes."),
            (b"a" * 65536 + b"1", b"a" * 65536 + b"2", "The first 65,536 bytes of both revisions"),
            (None, b"1", "There is no earlier revision."),
        ],
    )
    def test_the_page_says_why_a_difference_cannot_be_shown(self, browser, service, old, new, told):
        for content in (old, new):
            if content is not None:
                service.seed_files({"/a": content})
        assert told in browser.open("/page/files/changes", path="/a").text

    def test_a_long_difference_is_truncated(self, browser, service):
        for text in ("a\n", "b\n"):
            service.seed_files({"/a": (text * 1000).encode()})
        text = browser.open("/page/files/changes", path="/a").text
        assert text.count("<del>") == 399
        assert "Only the first 400 lines are shown." in text

    def test_a_moved_file_has_the_same_content_in_both_revisions(self, browser, service):
        service.seed_files({"/a": b"1"})
        service.client().files_move_v2("/a", "/b")
        text = browser.open("/page/files/changes", path="/b").text
        assert "Both revisions have the same content." in text

    def test_the_people_with_access_to_a_file_are_shown(self, browser, service):
        from dropbox.sharing import MemberSelector

        service.accounts.create("ada@example.com", "Ada")
        service.seed_files({"/a": b"1"})
        member = MemberSelector.email("ada@example.com")
        service.client().sharing_add_file_member("/a", [member], quiet=True)
        assert "shared with ada@example.com" in browser.open("/page/files/one", path="/a").text
        assert '<span class="mark">shared</span>' in browser.open("/page/files").text


class TestChanges:
    def test_files_are_uploaded_to_a_folder(self, browser, service):
        service.seed_files({"/A/old": b"1"})
        files = [("new.txt", b"<b>"), ("old", b"2")]
        reply = post(browser, "upload", files, account="owner@example.com", path="/A")
        assert reply.status_code == 200
        assert names(reply) == ["new.txt", "old"]
        assert service.files == {"/A/old": b"2", "/A/new.txt": b"<b>"}
        assert list(service.calls) == []  # a change by the page is not a call

    def test_a_file_and_a_folder_are_deleted(self, browser, service):
        service.seed_files({"/A/b": b"", "/A/c": b"", "/d": b""})
        reply = post(browser, "delete", path="/A/b", folder="/A")
        assert names(reply) == ["c", "b"][::-1] or names(reply) == ["b", "c"]
        assert service.files == {"/A/c": b"", "/d": b""}
        assert names(post(browser, "delete", path="/A")) == ["A/", "d"]
        assert service.files == {"/d": b""}

    def test_a_change_applies_to_the_files_of_the_shown_account(self, browser, service):
        ada = service.accounts.create("ada@example.com", "Ada")
        post(browser, "upload", [("a", b"1")], account="ada@example.com", path="")
        assert (service.files, service.files_of(ada)) == ({}, {"/a": b"1"})

    def test_the_page_says_why_a_change_is_refused_and_nothing_changes(self, browser, service):
        service.seed_files({"/A/b": b""})
        nothing = post(browser, "upload", account="owner@example.com", path="/A")
        refused = post(browser, "upload", [("x" * 300, b"1"), ("good", b"")], path="/A")
        gone = post(browser, "delete", path="/none", folder="")
        nowhere = post(browser, "delete", path="", folder="")
        root = post(browser, "delete", path="/", folder="")
        for reply, reason in (
            (nothing, "Choose a file first."),
            (refused, "Dropbox refuses"),
            (gone, "path_lookup/not_found"),
            (nowhere, "expected a path that begins with a slash"),
            (root, "The root folder is unsupported."),
        ):
            assert reply.status_code == 400
            assert "Nothing was changed." in reply.text
            assert reason in reply.text, reply.text
        assert service.files == {"/A/b": b""}

    def test_the_page_says_that_a_change_is_not_faked_and_nothing_changes(self, server):
        with server.serving(with_locked_file()):
            browser = entered(server)
            for reply in (
                post(browser, "delete", path="/team/a", folder="/team"),
                post(browser, "upload", [("a", b"2")], path="/team"),
            ):
                assert reply.status_code == 400
                assert "Nothing was changed." in reply.text
                assert "locked" in reply.text
            assert server.service.files == {"/team/a": b"1"}

    def test_a_body_that_is_not_a_form_is_refused(self, browser):
        url = f"{browser.origin}/_fake/page/files/delete"
        reply = browser.post(url, data={"path": "/"}, headers={"Origin": browser.origin})
        assert (reply.status_code, "multipart/form-data" in reply.text) == (400, True)

    @pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1:1"])
    @pytest.mark.parametrize("action", ["upload", "delete"])
    def test_a_form_from_another_origin_is_refused(self, browser, service, action, origin):
        service.seed_files({"/a": b""})
        headers = {} if origin is None else {"Origin": origin}
        url = f"{browser.origin}/_fake/page/files/{action}"
        parts = [("path", (None, "/a" if action == "delete" else "")), ("file", ("b", b"1"))]
        reply = browser.post(url, files=parts, headers=headers)
        assert reply.status_code == 403
        assert service.files == {"/a": b""}

    @pytest.mark.parametrize("action", ["upload", "delete"])
    def test_a_form_without_the_cookie_is_refused(self, browser, service, action):
        service.seed_files({"/a": b""})
        url = f"{browser.origin}/_fake/page/files/{action}"
        parts = [("path", (None, "/a" if action == "delete" else "")), ("file", ("b", b"1"))]
        headers = {"Origin": browser.origin}
        assert requests.post(url, files=parts, headers=headers, timeout=30).status_code == 403
        assert browser.get(url).status_code in (404, 405)
        assert service.files == {"/a": b""}

    def test_an_origin_that_may_use_the_control_interface_may_not_use_the_page(self):
        origin = "http://localhost:3000"
        settings = Settings(has_page=True, allow_origins=(origin,))
        with Server(FakeDropboxService(), settings=settings) as server:
            server.service.seed_files({"/a": b""})
            browser = entered(server)
            url = f"{browser.origin}/_fake/page/files/delete"
            reply = browser.post(url, files=[("path", (None, "/a"))], headers={"Origin": origin})
            assert reply.status_code == 403
            assert server.service.files == {"/a": b""}

    def test_a_body_that_is_too_large_is_refused(self):
        settings = Settings(has_page=True, max_body=1000)
        with Server(FakeDropboxService(), settings=settings) as server:
            reply = post(entered(server), "upload", [("a", b"x" * 2000)], path="")
            assert reply.status_code == 413
            assert server.service.files == {}

    def test_a_change_is_written_to_the_state_file_immediately(self, tmp_path):
        options = Options(state=tmp_path / "now" / "state", has_page=True)
        tmp_path.joinpath("now").mkdir()
        with launched(options, FakeDropboxService) as server:
            post(entered(server), "upload", [("a", b"1")], path="")
            shutil.copytree(tmp_path / "now", tmp_path / "later")  # as a killed server leaves it
        options = Options(state=tmp_path / "later" / "state")
        with launched(options, FakeDropboxService) as server:
            assert server.service.files == {"/a": b"1"}
