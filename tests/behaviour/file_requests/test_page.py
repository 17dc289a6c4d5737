"""Tests of the page of a file request, on which a stranger uploads without an account."""

from urllib.parse import urljoin

import pytest
import requests
from tests.support.browser import Browser, Document, error_of
from tests.support.doors import changes, content, paths
from tests.support.file_requests import DAY, create, deadline

pytestmark = pytest.mark.dropbox(plan="pro")


@pytest.fixture
def owner(service):
    return service.client()


@pytest.fixture
def browser(wire):
    return Browser(wire.session)


def send(browser, request, *files, name="Ada L"):
    """Upload files, each a pair of name and content, and return the page that comes next."""
    parts = [("file", file) for file in files]
    return browser.session.post(request.url, {"name": name}, files=parts)


@pytest.mark.evidence("P1-57", "P1-48")
def test_the_page_says_what_the_owner_asks_for(owner, browser, service):
    made = create(owner, "<Homework>", description="By <Monday>.", deadline=deadline())
    page = browser.session.get(made.url)
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    document = Document(page.text)
    assert document.title == "<Homework>"
    for text in ("By <Monday>.", "Deadline: 2026-01-11 00:00 UTC", "Given Surname asks for files"):
        assert text in document.text
    assert [(each["name"], each.get("type")) for each in document.inputs] == [
        ("name", None),
        ("file", "file"),
    ]
    assert document.forms == [{"method": "post", "enctype": "multipart/form-data"}]
    assert browser.session.head(made.url).status_code == 200
    plain = Document(browser.session.get(create(owner).url).text)
    assert "Deadline" not in plain.text
    assert [call.account for call in service.calls.where(route="request")] == [None] * 3


@pytest.mark.evidence("P1-49", "P1-58", "P1-47")
def test_an_upload_is_a_new_file_of_the_owner(owner, browser, service):
    made = create(owner)
    cursor = owner.files_list_folder("", recursive=True).cursor
    page = send(browser, made, ("photo.tar.gz", b"\r\n--x\r\n\x00"), ("README", b""))
    document = Document(page.text)
    assert (page.status_code, document.title) == (200, "Thank you")
    assert "photo.tar.gz" in document.text
    found = changes(owner, cursor)[0]
    assert paths(found) == ["/Docs/photo.tar - Ada L.gz", "/Docs/README - Ada L"]
    assert content(owner, "/Docs/photo.tar - Ada L.gz") == b"\r\n--x\r\n\x00"
    assert owner.file_requests_get(made.id).file_count == 2
    owner.files_delete_v2("/Docs/README - Ada L")
    assert owner.file_requests_get(made.id).file_count == 2
    assert service.calls.of("request")[0].size > 0


@pytest.mark.evidence("P1-61")
def test_an_upload_never_overwrites_a_file(owner, browser, service):
    made = create(owner)
    for data in (b"1", b"1", b"2"):
        send(browser, made, ("a.txt", data))
    assert service.files == {
        "/Docs/a - Ada L.txt": b"1",
        "/Docs/a - Ada L (1).txt": b"1",
        "/Docs/a - Ada L (2).txt": b"2",
    }


@pytest.mark.evidence("P1-58")
@pytest.mark.parametrize(
    ("sent", "sender", "stored"),
    [
        ("é x.txt", "Jürgen", "é x - Jürgen.txt"),
        ("../../etc/a.txt", "X", "a - X.txt"),
        ("C:\\x\\a.txt", "X", "a - X.txt"),
        (".env", "X", ".env - X"),
        ('q"t.txt', "X", 'q"t - X.txt'),
        ("a.txt", " a/b\\c ", "a - a b c.txt"),
    ],
)
def test_a_file_with_an_unusual_name_or_sender_is_stored_in_the_destination(
    owner, browser, service, sent, sender, stored
):
    assert send(browser, create(owner), (sent, b"1"), name=sender).status_code == 200
    assert list(service.files) == [f"/Docs/{stored}"]


@pytest.mark.evidence("P1-63", "P1-61")
def test_a_wrong_form_is_refused_and_stores_nothing(owner, browser, service):
    made = create(owner)
    post = browser.session.post
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    for reply, text in (
        (send(browser, made), "expected multipart/form-data"),
        (send(browser, made, ("", b"")), "Choose a file."),
        (send(browser, made, ("a", b""), name=" /"), "Enter your name."),
        (send(browser, made, ("ok", b""), ("a" * 250, b"")), "cannot store a file with the name"),
        (post(made.url, b"--x\r\n\r\n", headers=form), "The form is incomplete."),
        (post(made.url, b"", headers=form), "The form is incomplete."),
        (post(made.url, b"--x--", headers={"Content-Type": "multipart/form-data"}), "a boundary"),
        (post(made.url, b"--x--\r\n", headers=form), "Choose a file."),
    ):
        assert error_of(reply, 400).find(text) >= 0, text
    assert service.files == {}
    assert owner.file_requests_get(made.id).file_count == 0


@pytest.mark.evidence("P1-57", "P1-60")
def test_a_request_that_takes_no_files_has_an_error_page(owner, browser, service):
    closed, late = create(owner, open=False), create(owner, deadline=deadline())
    removed = create(owner, destination="/Gone")
    owner.files_delete_v2("/Gone")
    service.clock.advance(10 * DAY)
    unknown = urljoin(closed.url, "a" * 20)
    for url, status, text in (
        (closed.url, 410, "is closed"),
        (late.url, 410, "is closed"),
        (removed.url, 410, "was removed"),
        (unknown, 404, "We can't find the page"),
        (f"{closed.url}/x", 404, "We can't find the page"),
    ):
        for reply in (
            browser.session.get(url),
            browser.session.post(url, {"name": "X"}, files=[("file", ("a", b"1"))]),
        ):
            assert text in error_of(reply, status)
    assert service.files == {}


@pytest.mark.evidence("P1-62")
def test_no_files_are_stored_if_the_owner_has_too_little_space(owner, browser, service):
    made = create(owner)
    service.set_quota(service.accounts.default, 3)
    reply = send(browser, made, ("a", b"12"), ("b", b"34"))
    assert "does not have enough space" in error_of(reply, 403)
    assert service.files == {}
    assert send(browser, made, ("a", b"123")).status_code == 200


def test_a_form_that_is_too_large_is_refused(owner, browser, service, monkeypatch):
    made = create(owner)
    monkeypatch.setattr("fakedropbox._web.file_request.UPLOAD_BYTES", 500)
    assert send(browser, made, ("a", b"1")).status_code == 200
    assert "too large" in error_of(send(browser, made, ("b", bytes(500))), 400)
    assert len(service.files) == 1


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_put_patch_delete_and_options_are_refused(owner, browser, method):
    reply = browser.session.request(method, create(owner).url)
    assert reply.status_code == 405


def test_the_record_of_an_upload_shows_neither_url_nor_sender(owner, browser, service):
    made = create(owner)
    send(browser, made, ("secret.txt", b"1"), name="Secret Sender")
    (record,) = service.calls.of("request")
    assert (record.route, record.outcome, record.arg) == ("request", "ok", {})


def test_a_large_file_is_stored_whole(owner, service, dropbox_server):
    made, data = create(owner), bytes(range(256)) * 40_000
    url = made.url.replace("https://www.dropbox.com", dropbox_server.url)
    reply = requests.post(
        url,
        {"name": "X"},
        files=[("file", ("big", data))],
        verify=str(dropbox_server.ca_file),
        timeout=30,
    )
    assert reply.status_code == 200
    assert service.files == {"/Docs/big - X": data}


class TestByTheService:
    @pytest.mark.evidence("P1-58", "P1-61")
    def test_upload_to_request_acts_as_a_stranger_without_http(self, owner, service):
        made = create(owner)
        for request in (made.url, made.id):
            service.upload_to_request(request, {"a.txt": b"1", "b": b"2"})
        assert list(service.files) == [
            "/Docs/a - Some Body.txt",
            "/Docs/b - Some Body",
            "/Docs/a - Some Body (1).txt",
            "/Docs/b - Some Body (1)",
        ]
        assert owner.file_requests_get(made.id).file_count == 4
        assert [call.route for call in service.calls][:1] == ["file_requests/create"]
        assert service.calls.of("request") == []

    @pytest.mark.parametrize(
        ("given", "error", "text"),
        [
            (
                {"request": "x"},
                ValueError,
                "request: expected the URL or id of .* got 'x': We can't",
            ),
            ({"request": 1}, TypeError, "request: expected str"),
            ({"files": {}}, ValueError, "files: expected at least one file, got none"),
            ({"files": ["a"]}, TypeError, "files: expected Mapping"),
            ({"files": {1: b""}}, TypeError, "files: expected str"),
            ({"files": {"a": "1"}}, TypeError, "files: expected bytes at 'a', got str"),
            (
                {"files": {"a": b"", "a" * 300: b""}},
                ValueError,
                "files: expected .* cannot store a file",
            ),
            ({"sender": " /"}, ValueError, "sender: expected a name, got ' /'"),
            ({"sender": None}, TypeError, "sender: expected str"),
        ],
    )
    def test_a_wrong_argument_is_refused(self, owner, service, given, error, text):
        made = create(owner)
        with pytest.raises(error, match=text):
            service.upload_to_request(**{"request": made.url, "files": {"a": b""}, **given})
        assert service.files == {}
        assert owner.file_requests_get(made.id).file_count == 0
