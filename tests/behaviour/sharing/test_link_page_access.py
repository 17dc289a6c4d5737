"""Tests of the access to the pages of links: passwords, audiences, ended links, and bad input."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from tests.support.browser import Browser, Document, error_of, location
from tests.support.links import LATER, PASSWORD, SECRET, at, dl, modified, seen, shared

from fakedropbox import FakeDropboxService

FILES = {
    "/Docs/a b.txt": b"0123456789",
    "/Docs/x.web": b"{}",
    "/t.csv": b"a,b\n",
    "/p.png": b"png",
    "/d.zip": b"zip",
}
DEAD_TEXT = "We can't find the page you're looking for."
pytestmark = pytest.mark.dropbox(files=FILES, plan="pro")


@pytest.fixture
def owner(service):
    return service.client()


@pytest.fixture
def browser(service):
    return Browser(service.session())


class TestPasswords:
    @pytest.fixture
    def link(self, owner):
        return shared(owner, "/t.csv", **PASSWORD)

    @pytest.mark.evidence("S1-16", "S1-33")
    @pytest.mark.parametrize("query", ["dl=0", "dl=1", "raw=1"])
    def test_the_right_password_opens_the_link(self, link, wire, query):
        browser = Browser(wire.session)
        page = browser.session.get(dl(link, query), headers={"User-Agent": "curl/8"})
        assert urlsplit(page.url).path == "/sm/password"
        document = Document(page.text)
        assert document.title == "Dropbox - Password Required"
        assert "Enter the password for this link" in document.text
        assert "t.csv" not in document.text
        wrong = browser.fill(page, password="open")
        assert (wrong.status_code, urlsplit(wrong.url).path) == (200, "/sm/auth")
        assert "Incorrect password" in Document(wrong.text).text
        assert urlsplit(browser.open(dl(link, query)).headers["Location"]).path == "/sm/password"
        right = browser.fill(wrong, password=SECRET)
        if query == "dl=0":
            assert right.url == link.url
            assert Document(right.text).title == "Dropbox - t.csv"
            right = browser.follow(right, "Download")
        assert right.content == b"a,b\n"

    @pytest.mark.evidence("S1-33")
    def test_the_password_form_answers_a_script_with_json(self, link, browser):
        page = browser.session.get(link.url)
        wrong = browser.fill(page, is_xhr="true", password="open")
        assert (wrong.status_code, wrong.json()) == (200, {"status": "error"})
        assert "sm_auth" not in wrong.cookies
        (token,) = [each.value for each in browser.session.cookies if each.name == "t"]
        assert re.fullmatch(r"[\w-]{24}", token)
        right = browser.fill(page, is_xhr="true", password=SECRET, url=None)
        assert (right.status_code, right.json()) == (200, {"status": "authed"})
        assert right.headers["Content-Type"] == "application/json"
        assert "sm_auth" in right.cookies
        assert browser.session.get(dl(link, "1")).content == b"a,b\n"

    def test_a_browser_can_open_several_links_each_with_its_own_password(
        self, link, owner, browser
    ):
        other = shared(owner, "/Docs", **{**PASSWORD, "link_password": "other"})
        browser.fill(browser.session.get(link.url), password=SECRET)
        assert "Incorrect" in browser.fill(browser.session.get(other.url), password=SECRET).text
        page = browser.fill(browser.session.get(other.url), password="other")
        assert browser.follow(page, "a b.txt").status_code == 200
        assert "Download" in browser.session.get(link.url).text

    def test_a_changed_password_is_asked_for_again(self, link, owner, browser):
        form = browser.session.get(link.url)
        assert "Download" in browser.fill(form, password=SECRET).text
        modified(owner, link, link_password="new")
        assert "Enter the password" in browser.session.get(link.url).text
        assert "Incorrect" in browser.fill(form, password=SECRET).text
        modified(owner, link, require_password=False)
        assert "Download" in browser.session.get(link.url).text
        assert "Download" in browser.fill(form).text

    @pytest.mark.evidence("S1-44")
    def test_the_host_for_downloads_redirects_to_the_password_page(self, link, browser):
        there = location(browser.open(at(link, "dl.dropboxusercontent.com")))
        assert there == link.url
        assert "Enter the password" in browser.session.get(there).text

    @pytest.mark.evidence("S1-38")
    def test_the_form_of_another_site_is_refused(self, link, service, browser):
        page = browser.session.get(link.url)
        for token in (None, "", "x", "é"):
            error_of(browser.fill(page, t=token, password=SECRET), 403)
        browser.session.cookies.clear()
        error_of(browser.fill(page, t="", password=SECRET), 403)
        reply = browser.fill(page, password=SECRET)
        assert "tried to do something we can't verify" in error_of(reply, 403)
        assert service.calls[-1].fact == "S1-38"

    def test_the_password_form_redirects_only_to_its_own_link(self, link, owner, browser):
        other, folder = shared(owner, "/d.zip"), shared(owner, "/Docs")
        inside = browser.follow(browser.session.get(folder.url), "a b.txt").url
        page = browser.session.get(link.url)
        for url in (
            "https://evil.example/",
            "//evil.example/",
            other.url,
            inside,
            "/home",
            "",
            None,
        ):
            reply = browser.fill(page, password=SECRET, url=url, allow_redirects=False)
            assert location(reply) == urlsplit(link.url)._replace(scheme="", netloc="").geturl()

    def test_the_password_form_redirects_to_no_item_under_the_key_of_another_link(
        self, link, owner, browser
    ):
        folder = shared(owner, "/Docs")
        inside = browser.follow(browser.session.get(folder.url), "a b.txt").url
        modified(owner, folder, **PASSWORD)
        page = browser.session.get(folder.url)
        keys = [parse_qs(urlsplit(each.url).query)["rlkey"][0] for each in (folder, link)]
        assert keys[0] in inside
        url = inside.replace(*keys)
        reply = browser.fill(page, password=SECRET, url=url, allow_redirects=False)
        assert location(reply) == urlsplit(folder.url)._replace(scheme="", netloc="").geturl()

    def test_the_password_form_redirects_to_an_item_with_a_name_outside_ascii(
        self, service, owner, wire
    ):
        service.seed_files({"/Docs/é 日本.txt": b"1"})
        browser = Browser(wire.session)
        link = shared(owner, "/Docs")
        item = browser.follow(browser.session.get(link.url), "é 日本.txt").url
        modified(owner, link, **PASSWORD)
        page = browser.session.get(item)
        for url in (item, unquote(item), unquote(item).removeprefix("https://www.dropbox.com")):
            reply = browser.fill(page, password=SECRET, url=url)
            assert Document(reply.text).title == "Dropbox - é 日本.txt"

    def test_no_password_is_recorded_or_sent(self, link, service, browser):
        page = browser.session.get(link.url)
        browser.fill(page, password=f"{SECRET}?")
        reply = browser.fill(page, password=SECRET, allow_redirects=False)
        assert SECRET not in repr([vars_of(call) for call in service.calls])
        assert SECRET not in repr(reply.headers)
        assert [call.route for call in service.calls][-3:] == ["sm/password", "sm/auth", "sm/auth"]

    def test_a_password_of_a_megabyte_is_wrong(self, link, service, browser):
        page = browser.session.get(link.url)
        mark = service.gate.world.files.undo.mark()
        assert "Incorrect" in browser.fill(page, password="x" * 1024 * 1024).text
        assert "Incorrect" in browser.fill(page, password=None).text
        assert not service.gate.world.files.undo.changed_since(mark)

    @pytest.mark.parametrize("content_id", ["", "x", "A" * 35, "ü", "\0", "x" * 10_000, "="])
    def test_the_password_page_of_an_unknown_link_is_not_found(self, browser, content_id):
        params = {"cont": "https://www.dropbox.com/", "content_id": content_id}
        page = browser.session.get("https://www.dropbox.com/sm/password", params=params)
        assert DEAD_TEXT in error_of(page, 404)


def vars_of(call):
    return call.route, call.arg, call.outcome


def revoked(service, url):
    service.client().sharing_revoke_shared_link(url)


def deleted(service, _url):
    service.client().files_delete_v2("/t.csv")


def expired(service, _url):
    service.clock.advance(32 * 24 * 3600)


each_end = pytest.mark.parametrize("end", [revoked, deleted, expired])


@pytest.mark.evidence("S1-20", "S1-22", "S1-23", "S1-36")
class TestDeadLinks:
    def all_urls(self, link):
        hosts = ("www.dropbox.com", "dropbox.com", "dl.dropboxusercontent.com", "dl.dropbox.com")
        return [at(link, host, value) for host in hosts for value in ("0", "1", "raw=1")]

    @pytest.fixture
    def link(self, owner):
        return shared(owner, "/t.csv", expires=LATER)

    @each_end
    def test_an_ended_link_gives_the_same_page_as_an_unknown_link(
        self, service, browser, link, end
    ):
        unknown = browser.session.get(link.url.replace("rlkey=", "rlkey=x"))
        assert DEAD_TEXT in error_of(unknown, 404)
        end(service, link.url)
        for url in self.all_urls(link):
            reply = browser.session.get(url)
            assert (reply.status_code, reply.text) == (404, unknown.text)
            assert "t.csv" not in repr(reply.headers)
        assert service.calls[-1].fact == "S1-36"

    @pytest.mark.evidence("S1-32")
    @each_end
    def test_the_content_url_of_an_ended_link_returns_410(self, service, browser, link, end):
        urls = [location(browser.open(dl(link, value))) for value in ("1", "raw=1")]
        assert [browser.session.get(url).status_code for url in urls] == [200, 200]
        end(service, link.url)
        for url in urls:
            assert "a,b" not in error_of(browser.session.get(url), 410)

    @each_end
    def test_the_password_form_of_an_ended_link_is_not_found(
        self, service, owner, browser, link, end
    ):
        modified(owner, link, **PASSWORD)
        page = browser.session.get(link.url)
        end(service, link.url)
        error_of(browser.session.get(page.url), 404)
        for password in (SECRET, "wrong"):
            assert DEAD_TEXT in error_of(browser.fill(page, password=password), 404)

    @pytest.mark.evidence("S1-21")
    def test_a_restored_file_has_its_page_again(self, owner, browser, link):
        rev = owner.files_get_metadata("/t.csv").rev
        owner.files_delete_v2("/t.csv")
        owner.files_upload(b"other", "/t.csv")
        assert browser.session.get(link.url).status_code == 404
        owner.files_delete_v2("/t.csv")
        owner.files_restore("/t.csv", rev)
        assert browser.session.get(dl(link, "1")).content == b"a,b\n"


class TestContentUrls:
    @pytest.mark.evidence("S1-32")
    def test_a_content_url_expires(self, service, owner, browser):
        for path in ("/t.csv", "/Docs"):
            url = location(browser.open(dl(shared(owner, path), "1")))
            service.clock.advance(4 * 3600 - 1)
            assert browser.session.get(url).status_code == 200
            service.clock.advance(1)
            assert "expired" in error_of(browser.session.get(url), 410)
            assert service.calls[-1].outcome == "gone"

    def test_a_content_url_with_a_changed_path_is_not_found(self, owner, browser):
        kept, shown = (
            location(browser.open(dl(shared(owner, path), query)))
            for path, query in (("/t.csv", "1"), ("/p.png", "raw=1"))
        )
        for url in (
            kept.replace("/get/", "/inline/"),
            shown.replace("/inline/", "/get/"),
            kept.replace("/cd/0/get/", "/zip_download_get/"),
            kept.replace("/get/", "/get/x"),
            re.sub("/get/.*/", "/get//", kept),
            re.sub("/get/.*", "/get/é", kept),
        ):
            error_of(browser.session.get(url), 404)

    def test_an_item_that_has_left_the_folder_is_not_found(self, owner, browser):
        page = browser.session.get(shared(owner, "/Docs").url)
        file = browser.follow(page, "a b.txt")
        url = location(browser.open(file.url.replace("dl=0", "dl=1")))
        assert browser.session.get(url).content == b"0123456789"
        owner.files_move_v2("/Docs/a b.txt", "/a b.txt")
        error_of(browser.session.get(url), 404)


@pytest.mark.evidence("S1-35")
class TestWithoutDownload:
    def test_a_link_without_downloads_shows_the_name_only(self, owner, browser):
        for path in ("/t.csv", "/Docs"):
            link = shared(owner, path)
            content = location(browser.open(dl(link, "1")))
            modified(owner, link, allow_download=False)
            page = browser.session.get(link.url)
            assert path[1:] in page.text
            assert "Download" not in page.text
            for url in (dl(link, "1"), at(link, "dl.dropboxusercontent.com"), content):
                assert "cannot be downloaded" in error_of(browser.open(url), 403)
        inside = browser.follow(page, "a b.txt")
        assert "Download" not in inside.text
        error_of(browser.session.get(inside.url.replace("dl=0", "raw=1")), 403)

    def test_a_document_that_can_only_be_exported_is_not_downloaded(self, owner, browser):
        page = browser.follow(browser.session.get(shared(owner, "/Docs").url), "x.web")
        assert "Download" not in page.text
        error_of(browser.session.get(page.url.replace("dl=0", "dl=1")), 403)


@pytest.mark.evidence("S1-34", "S5-17")
@pytest.mark.dropbox(files=FILES, plan="business")
class TestAudiences:
    def sign_in(self, browser, page, account):
        return browser.fill(page, account=account.account_id)

    @pytest.mark.parametrize("audience", ["team", "no_one"])
    def test_only_the_audience_can_open_the_link(self, service, owner, browser, audience):
        link = shared(owner, "/t.csv", audience=audience)
        mate = service.accounts.create("mate@example.com", "<i>Mate", plan="business")
        stranger = service.accounts.create("stranger@example.com", "Stranger")
        for value in ("0", "1", "raw=1"):
            page = browser.session.get(dl(link, value), headers={"User-Agent": "curl/8"})
            assert urlsplit(page.url).path == "/login"
            assert "t.csv" not in Document(page.text).text
        assert "<i>Mate" in Document(page.text).text
        there = location(browser.open(at(link, "dl.dropboxusercontent.com")))
        assert there == link.url
        refused = self.sign_in(browser, page, stranger)
        assert "You don't have access" in error_of(refused, 403)
        assert service.calls[-1].fact == "S1-34"
        form = browser.session.get("https://www.dropbox.com/login")
        may_read = self.sign_in(browser, form, mate)
        assert urlsplit(may_read.url).path == "/login"
        status = 200 if audience == "team" else 403
        assert browser.session.get(link.url).status_code == status
        self.sign_in(browser, page, service.accounts.default)
        assert browser.session.get(dl(link, "1")).content == b"a,b\n"

    def test_a_link_for_the_team_can_have_a_password(self, service, owner, browser):
        link = shared(owner, "/t.csv", audience="team", **PASSWORD)
        page = self.sign_in(browser, browser.session.get(link.url), service.accounts.default)
        assert "Enter the password" in page.text
        assert "Download" in browser.fill(page, password=SECRET).text

    def test_the_sign_in_form_redirects_only_to_pages_of_dropbox(self, browser):
        page = browser.session.get("https://www.dropbox.com/login")
        for cont in ("https://evil.example/", "//evil.example", "/\\evil.example", "x", "/a\r\nb"):
            assert location(browser.fill(page, cont=cont, allow_redirects=False)) == "/login"
        for cont in ("/scl/fi/x", "https://www.dropbox.com/scl/fi/x"):
            assert location(browser.fill(page, cont=cont, allow_redirects=False)) == "/scl/fi/x"

    def test_an_invalid_sign_in_form_signs_nobody_in(self, browser):
        page = browser.session.get("https://www.dropbox.com/login")
        error_of(browser.fill(page, t="x"), 403)
        assert "Choose an account" in error_of(browser.fill(page, account="dbid:x"), 400)
        assert "session" not in browser.session.cookies


class TestBadInput:
    @pytest.mark.evidence("S1-38")
    def test_the_page_of_a_link_accepts_only_get_and_head(self, service, owner, browser):
        link = shared(owner, "/t.csv")
        mark = service.gate.world.files.undo.mark()
        for url in (link.url, dl(link, "1"), at(link, "dl.dropboxusercontent.com")):
            error_of(browser.session.post(url, {"password": "x"}), 403)
            for method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
                reply = browser.session.request(method, url, data=b"x")
                error_of(reply, 405)
                assert reply.headers["Allow"] == "GET, HEAD"
        assert not service.gate.world.files.undo.changed_since(mark)
        assert seen(owner, link) == link

    @pytest.mark.evidence("S1-36")
    @pytest.mark.parametrize(
        "path",
        [
            "/scl/",
            "/s/",
            "/s/abcdefghijklmno/a.txt?dl=1",
            "/sh/abcdefghijklmno/AAAabc?dl=0",
            "/sh/abcdefghijklmno/AAAabc/deep/a.txt?dl=1",
            "/s/dl/abcdefghijklmno/a.txt",
            "/scl/fi/x/a.txt",
            "/scl/fo/x/h?rlkey=x",
            "/scl/fi/%00/a%00?rlkey=%00",
            "/scl/fi/%ff%fe/a?rlkey=%ff",
            "/scl/fi/a%2f..%2f../b?rlkey=",
            "/scl/fo/x/y/" + "d/" * 1000 + "?rlkey=x",
            "/scl/fi/x/a?" + "rlkey=x&" * 1000,
        ],
        ids=lambda path: path[:40],
    )
    def test_a_url_without_a_link_is_not_found(self, service, browser, path):
        mark = service.gate.world.files.undo.mark()
        for host in ("www.dropbox.com", "dl.dropboxusercontent.com"):
            error_of(browser.session.get(f"https://{host}{path}"), 404)
        assert not service.gate.world.files.undo.changed_since(mark)

    def test_a_link_of_another_service_is_not_found(self, browser):
        link = shared(FakeDropboxService(seed=9, files=FILES).client(), "/t.csv")
        error_of(browser.session.get(link.url), 404)

    def test_a_content_url_of_another_service_is_not_found(self, owner, browser):
        theirs = FakeDropboxService(seed=9, files=FILES)
        url = location(Browser(theirs.session()).open(dl(shared(theirs.client(), "/t.csv"), "1")))
        shared(owner, "/t.csv")
        error_of(browser.session.get(url), 404)

    def test_a_url_of_megabytes_is_not_found(self, service, owner):
        link = shared(owner, "/Docs")
        session = service.session()
        long = "x" * 3 * 1024 * 1024
        for url in (f"{link.url}&x={long}", link.url.replace("?", f"/{long}?")):
            error_of(session.get(url), 404)

    @pytest.mark.evidence("S1-26")
    def test_a_planned_rate_limit_of_a_link_shows_that_it_has_too_much_traffic(
        self, service, owner, browser
    ):
        link = shared(owner, "/t.csv")
        service.faults.rate_limit("scl")
        reply = browser.session.get(dl(link, "1"))
        assert "generating too much traffic" in error_of(reply, 429)
        assert browser.session.get(dl(link, "1")).content == b"a,b\n"

    def test_the_record_of_calls_keeps_no_secret_of_a_url(self, service, owner, browser):
        link = shared(owner, "/t.csv")
        browser.session.get(f"{dl(link, '1')}&password=secret")
        page, content = service.calls[-2:]
        assert (page.route, page.arg, page.outcome) == ("scl", {"dl": "1"}, "ok")
        assert (content.route, content.arg, content.outcome) == ("cd/0/get", {}, "ok")
