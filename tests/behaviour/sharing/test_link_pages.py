"""Tests of the pages of links: for browsers, and for programs that download."""

import io
import re
import zipfile
from urllib.parse import quote, urlsplit

import pytest
import requests
from dropbox.files import WriteMode
from tests.support.browser import Browser, Document, error_of, location
from tests.support.doors import refusal
from tests.support.links import NOT_FOUND, at, dl, shared

FILES = {
    "/Docs/a b.txt": b"0123456789",
    "/Docs/deep/c.docx": b"c",
    "/Docs/x.web": b"{}",
    "/t.csv": b"a,b\n",
    "/page.html": b"<script>",
    "/p.png": b"png",
    "/noext": b"?",
    "/d.zip": b"zip",
}
CONTENT_URL = re.compile(
    r"https://uc[0-9a-f]{26}\.dl\.dropboxusercontent\.com"
    r"(/cd/0/get/[\w-]+/file\?dl=1#|/cd/0/inline/[\w-]+/file#|/zip_download_get/[\w-]+\?dl=1)"
)
pytestmark = pytest.mark.dropbox(files=FILES, plan="pro")


@pytest.fixture
def owner(service):
    return service.client()


@pytest.fixture
def browser(wire):
    return Browser(wire.session)


class TestFiles:
    @pytest.mark.evidence("S1-14", "S1-15", "S1-39")
    @pytest.mark.parametrize("query", ["dl=0", "", "dl=2", "raw=0", "dl=", "dl=0&dl=1", "x=%00&y"])
    def test_the_page_names_the_file_and_offers_the_download(self, owner, browser, query):
        link = shared(owner, "/d.zip")
        page = browser.session.get(dl(link, query) if query else dl(link, "x=1"))
        assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        document = Document(page.text)
        assert document.title == "Dropbox - d.zip"
        assert "3 bytes" in document.text
        assert browser.follow(page, "Download").content == b"zip"

    @pytest.mark.evidence("S1-28", "S1-31", "O4.1-04", "S1-15")
    def test_dl_1_redirects_to_a_download(self, owner, browser):
        link = shared(owner, "/t.csv")
        redirect = browser.open(dl(link, "1"))
        assert CONTENT_URL.fullmatch(location(redirect))
        assert "/cd/0/get/" in location(redirect)
        reply = browser.session.get(location(redirect))
        assert (reply.status_code, reply.content) == (200, b"a,b\n")
        assert reply.headers["Content-Type"] == "application/binary"
        assert reply.headers["Content-Disposition"] == (
            "attachment; filename=\"t.csv\"; filename*=UTF-8''t.csv"
        )
        assert reply.headers["X-Content-Type-Options"] == "nosniff"

    @pytest.mark.evidence("S1-28", "S1-31", "S1-27")
    @pytest.mark.parametrize(
        ("path", "kind"),
        [
            ("/t.csv", "text/plain"),
            ("/page.html", "text/plain"),
            ("/p.png", "image/png"),
            ("/noext", "application/octet-stream"),
        ],
    )
    def test_raw_1_redirects_to_content_that_the_browser_shows(self, owner, browser, path, kind):
        link = shared(owner, path)
        redirect = browser.open(dl(link, "raw=1"))
        assert CONTENT_URL.fullmatch(location(redirect))
        assert "/cd/0/inline/" in location(redirect)
        shown = browser.session.get(location(redirect))
        direct = browser.open(at(link, "dl.dropboxusercontent.com"))
        for reply in (shown, direct):
            assert (reply.status_code, reply.content) == (200, FILES[path])
            assert reply.headers["Content-Type"] == kind
            assert reply.headers["Content-Disposition"].startswith('inline; filename="')
            assert reply.headers["Content-Security-Policy"] == "sandbox"
            assert reply.headers["Referrer-Policy"] == "no-referrer"

    @pytest.mark.evidence("S1-29")
    @pytest.mark.parametrize("program", ["curl/8.5.0", "Wget/1.21.4"])
    def test_curl_and_wget_get_the_file_in_place_of_its_page(self, owner, browser, program):
        link, folder = shared(owner, "/t.csv"), shared(owner, "/Docs")
        headers = {"User-Agent": program}
        assert browser.session.get(link.url, headers=headers).content == b"a,b\n"
        assert browser.session.get(dl(link, "x=1"), headers=headers).url.endswith("/file")
        assert "Docs" in browser.session.get(folder.url, headers=headers).text
        headers = {"User-Agent": f"Mozilla/5.0 {program}"}
        assert "Download" in browser.session.get(link.url, headers=headers).text

    @pytest.mark.evidence("S1-37")
    def test_dl_1_has_precedence_over_raw_and_the_first_value_is_used(self, owner, browser):
        link = shared(owner, "/t.csv")
        for query, part in (("raw=1&dl=1", "get"), ("dl=0&raw=1", "inline"), ("dl=1&dl=0", "get")):
            assert f"/cd/0/{part}/" in location(browser.open(dl(link, query)))

    @pytest.mark.evidence("S1-31", "S1-27")
    def test_content_supports_ranges_and_head(self, owner, browser):
        link = shared(owner, "/Docs/a b.txt")
        get = browser.session.get
        for url in (
            location(browser.open(dl(link, "1"))),
            location(browser.open(dl(link, "raw=1"))),
            at(link, "dl.dropboxusercontent.com"),
            at(link, "dl.dropboxusercontent.com", "1"),
        ):
            whole = get(url)
            assert whole.headers["Accept-Ranges"] == "bytes"
            part = get(url, headers={"Range": "bytes=2-4"})
            assert (part.status_code, part.content) == (206, b"234")
            assert part.headers["Content-Range"] == "bytes 2-4/10"
            assert part.headers["Content-Type"] == whole.headers["Content-Type"]
            assert part.headers["Content-Disposition"] == whole.headers["Content-Disposition"]
            assert get(url, headers={"Range": "bytes=10-"}).status_code == 416
            known = {"If-None-Match": whole.headers["Etag"]}
            assert get(url, headers=known).status_code == 304
            head = browser.session.head(url)
            assert (head.status_code, head.content, head.headers["Content-Length"]) == (
                200,
                b"",
                "10",
            )
        assert whole.headers["Content-Disposition"].startswith("attachment; ")
        head = browser.session.head(link.url)
        assert (head.status_code, head.content) == (200, b"")
        assert location(browser.session.head(dl(link, "1")))

    @pytest.mark.evidence("S1-31", "S1-44", "S1-13")
    def test_former_hosts_redirect_to_the_present_ones(self, owner, browser):
        link = shared(owner, "/t.csv")
        assert location(browser.open(at(link, "dropbox.com", "1"))) == dl(link, "1")
        there = location(browser.open(at(link, "dl.dropbox.com", "1")))
        assert there == at(link, "dl.dropboxusercontent.com", "1")
        for host in ("dropbox.com", "dl.dropbox.com"):
            assert browser.session.get(at(link, host, "1")).content == b"a,b\n"

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_the_favicon_is_not_found_and_its_request_is_not_recorded(
        self, service, owner, browser, method
    ):
        content = urlsplit(location(browser.open(dl(shared(owner, "/page.html"), "1")))).netloc
        before = len(service.calls)
        for host in ("www.dropbox.com", "dl.dropboxusercontent.com", content):
            assert browser.session.request(method, f"https://{host}/favicon.ico").status_code == 404
        assert len(service.calls) == before
        assert not service.calls.missing

    @pytest.mark.evidence("S1-17", "S1-19")
    def test_a_link_shows_the_file_as_it_is_now(self, owner, browser):
        link = shared(owner, "/t.csv")
        content = location(browser.open(dl(link, "1")))
        owner.files_move_v2("/t.csv", "/Docs/new.csv")
        owner.files_upload(b"new", "/Docs/new.csv", mode=WriteMode.overwrite)
        assert Document(browser.open(link.url).text).title == "Dropbox - new.csv"
        assert browser.session.get(dl(link, "1")).content == b"new"
        assert browser.session.get(content).content == b"new"

    def test_requests_reaches_a_link_while_the_service_is_active(self, service, owner):
        link = shared(owner, "/t.csv")
        with service.activate():
            reply = requests.get(dl(link, "1"), timeout=5)
        assert (reply.content, len(reply.history)) == (b"a,b\n", 1)


NAMES = [
    "<b onclick=x>bold & \"quoted\" 'too'.txt",
    "résumé, 日本語 😀.pdf",
    "\u202eevil\u202cgpj.exe",
    "مرحبا.txt",
    "x" * 251 + ".txt",
    "{{ 7 * 7 }}%{# no #}.txt",
    "100%41.txt",
    ".pdf",
]


class TestNames:
    @pytest.mark.evidence("S1-31", "S1-39")
    @pytest.mark.parametrize("name", NAMES, ids=ascii)
    def test_any_name_is_shown_and_downloaded_unchanged(self, service, owner, browser, name):
        service.seed_files({f"/Names/{name}": b"content"})
        link, folder = shared(owner, f"/Names/{name}"), shared(owner, "/Names")
        page = browser.session.get(link.url)
        assert "<b " not in page.text
        document = Document(page.text)
        assert document.title == f"Dropbox - {name}"
        assert name in document.text
        inside = browser.follow(browser.session.get(folder.url), name)
        assert Document(inside.text).title == f"Dropbox - {name}"
        reply = browser.follow(inside, "Download")
        assert reply.content == b"content"
        header = reply.headers["Content-Disposition"]
        quoted, encoded = re.fullmatch(
            r"attachment; filename=\"([^\"]*)\"; filename\*=UTF-8''(.*)", header
        ).groups()
        assert encoded == quote(name, safe="")
        assert len(quoted) == len(name)
        assert quoted.isascii()
        assert "\\" not in quoted


class TestFolders:
    @pytest.mark.evidence("S1-39", "S1-15", "S1-25")
    def test_the_page_of_a_folder_lists_its_entries(self, service, owner, browser):
        service.seed_files({}, folders=["/Docs/zoo", "/Docs/deep/empty"])
        page = browser.session.get(shared(owner, "/Docs").url)
        document = Document(page.text)
        assert document.title == "Dropbox - Docs"
        assert list(document.links) == ["deep", "zoo", "a b.txt", "x.web", "Download"]
        deep = browser.follow(page, "deep")
        assert list(Document(deep.text).links) == ["Up", "empty", "c.docx", "Download"]
        assert browser.follow(deep, "Up").url == page.url
        file = browser.follow(deep, "c.docx")
        assert Document(file.text).title == "Dropbox - c.docx"
        assert browser.follow(file, "Up").url == deep.url
        assert browser.follow(file, "Download").content == b"c"
        empty = browser.follow(deep, "empty")
        assert "This folder is empty" in empty.text

    @pytest.mark.evidence("S1-08")
    def test_an_item_in_a_folder_has_a_url_of_its_own(self, owner, browser):
        link = shared(owner, "/Docs")
        page = browser.session.get(link.url)
        url = browser.follow(page, "a b.txt").url
        ours, theirs = urlsplit(link.url), urlsplit(url)
        _, scl, fo, item, token = ours.path.split("/")
        _, *same, inner, name = theirs.path.split("/")
        assert same == [scl, fo, item]
        assert re.fullmatch(r"A[\w-]{22}", inner)
        assert (inner != token, name, theirs.query) == (True, "a%20b.txt", ours.query)
        assert browser.session.get(url.replace("a%20b", "A%20B")).status_code == 200
        assert refusal(owner.sharing_get_shared_link_metadata, url) == NOT_FOUND
        for wrong in (
            url.replace(inner, token),
            url.replace("a%20b.txt", "x.web"),
            url.replace("a%20b.txt", "none"),
            url.replace("a%20b.txt", "..%2ft.csv"),
            url.replace("a%20b.txt", "a%20b.txt/deep"),
            url.replace("rlkey=", "rlkey=x"),
            link.url.replace(token, inner),
        ):
            error_of(browser.session.get(wrong), 404)
        owner.files_move_v2("/Docs/a b.txt", "/a b.txt")
        error_of(browser.session.get(url), 404)

    @pytest.mark.evidence("S1-27", "S1-30")
    def test_a_folder_is_downloaded_as_a_zip(self, owner, browser):
        link = shared(owner, "/Docs")
        redirect = browser.open(dl(link, "1"))
        assert "/zip_download_get/" in location(redirect)
        assert CONTENT_URL.fullmatch(location(redirect))
        headers = {"Range": "bytes=2-4"}
        for url in (location(redirect), at(link, "dl.dropboxusercontent.com")):
            reply = browser.session.get(url, headers=headers)
            assert reply.status_code == 200
            assert reply.headers["Content-Type"] == "application/zip"
            assert reply.headers["Content-Disposition"] == (
                "attachment; filename=\"Docs.zip\"; filename*=UTF-8''Docs.zip"
            )
            with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
                assert archive.testzip() is None
                assert archive.namelist() == ["/", "a b.txt", "deep/", "deep/c.docx"]
                assert archive.read("a b.txt") == b"0123456789"
        deep = browser.follow(browser.follow(browser.session.get(link.url), "deep"), "Download")
        with zipfile.ZipFile(io.BytesIO(deep.content)) as archive:
            assert archive.namelist() == ["/", "c.docx"]
        assert "deep.zip" in deep.headers["Content-Disposition"]
        head = browser.session.head(location(redirect))
        assert (head.status_code, head.content) == (200, b"")
        assert "Download" in browser.session.get(dl(link, "raw=1")).text

    @pytest.mark.evidence("S1-30", "F5-04")
    @pytest.mark.parametrize(("limit", "value"), [("ZIP_ENTRIES", 4), ("ZIP_BYTES", 12)])
    def test_a_folder_that_is_too_large_is_refused(
        self, service, owner, browser, monkeypatch, limit, value
    ):
        monkeypatch.setattr(f"fakedropbox._api.files.zips.{limit}", value)
        reply = browser.session.get(dl(shared(owner, "/Docs"), "1"))
        assert "to be downloaded as a ZIP file" in error_of(reply, 400)
        assert service.calls[-1].fact == "S1-30"
