"""Tests of the page with failures of a program: the opened call says why, and where to look."""

import re
from contextlib import suppress
from html import unescape

import pytest
import requests
from dropbox.exceptions import DropboxException

from fakedropbox import FakeDropboxService, NotImplementedInFake
from fakedropbox.login import Login
from fakedropbox.server.running import Server, Settings


def conflict(service):
    service.seed_files({"/Reports/today.txt": b"old"})
    service.client().files_upload(b"new", "/Reports/today.txt")


def missing_scope(service):
    login = service.logins.create(scopes=["files.metadata.read"])
    service.client(login).files_upload(b"new", "/a.txt")


def fault_of_an_earlier_test(service):
    service.faults.rate_limit("files/*", times=2)
    service.client(max_retries_on_rate_limit=0).files_upload(b"1", "/a.txt")


def expired_token(service):
    service.clock.advance(5 * 3600)
    service.client(Login(access_token=service.login.access_token)).files_list_folder("")


def token_of_another_run(service):
    token = FakeDropboxService(seed=1).login.access_token
    service.client(Login(access_token=token)).files_list_folder("")


def route_that_is_not_faked(service):
    service.client().riviera_get_text_async()


def file_of_another_account(service):
    ada = service.accounts.create("ada@example.com")
    service.client(account=ada).files_upload(b"1", "/a.txt")
    service.client().files_get_metadata("/a.txt")


def file_outside_of_the_apps_folder(service):
    app = service.apps.create("App", folder="App")
    service.seed_files({"/a.txt": b"1"})
    service.client(service.logins.create(app=app)).files_download("/a.txt")


def misspelt_path(service):
    service.seed_files({"/Reports/today.txt": b"1"})
    service.client().files_download("/Report/today.txt")


def cursor_from_before_a_reset(service):
    dbx = service.client()
    cursor = dbx.files_list_folder("").cursor
    service.reset()
    dbx.files_list_folder_continue(cursor)


FAILURES = {
    conflict: ("The account has /Reports/today.txt.", "Mode `add` onto a file with other"),
    missing_scope: ("needs the scope files.content.write, which the token lacks", "People"),
    fault_of_an_earlier_test: ("A test planned it, perhaps an earlier", "rate_limit('files/*'"),
    expired_token: ("four hours by the clock of the service, 2026-01-01 05:00:00 UTC", "Clock"),
    token_of_another_run: ("The service has not issued this token", "People"),
    route_that_is_not_faked: ("fakedropbox does not have this route", "answered by a stub"),
    file_of_another_account: ("The account ada@example.com has /a.txt.", "Files"),
    file_outside_of_the_apps_folder: (
        "The app sees its folder only, so /a.txt means /Apps/App/a.txt.",
        "The account owner@example.com has /a.txt.",
    ),
    misspelt_path: ("The account has /Reports/today.txt.", "Files"),
    cursor_from_before_a_reset: ("A reset of the service ends all cursors", "F6.2-03"),
}


@pytest.fixture(scope="module")
def server():
    with Server(FakeDropboxService(), settings=Settings(has_page=True)) as running:
        yield running


def opened_call(server):
    """Return the text of the last call, and the links in it, as the page shows them."""
    session = requests.Session()
    session.trust_env = False
    page = session.get(server.page_address(), timeout=30)
    number = server.service.calls[-1].number
    first = page.text.partition("<tbody>")[2].partition("</tr>")[0]
    assert f'id="row-{number}" class="error"' in first
    origin = page.url.partition("/_fake")[0]
    detail = session.get(f"{origin}/_fake/page/calls/{number}", timeout=30).text
    links = re.findall(r'<a href="([^"]*)"', detail)
    assert links or "cursor" in detail
    for link in links:
        assert session.get(origin + unescape(link), timeout=30).status_code == 200
    session.close()
    return unescape(re.sub("<[^>]*>", "", detail))


@pytest.mark.parametrize("failure", FAILURES, ids=lambda each: each.__name__)
def test_the_opened_call_says_why_it_failed(server, failure):
    with server.serving(FakeDropboxService()):
        with pytest.raises((DropboxException, NotImplementedInFake)):
            failure(server.service)
        text = opened_call(server)
    for expected in FAILURES[failure]:
        assert expected in text


def test_a_success_has_no_hints(server):
    with server.serving(FakeDropboxService()):
        server.service.client().files_list_folder("")
        with suppress(DropboxException):
            server.service.client().files_get_metadata("/nowhere")
        text = opened_call_without_links(server)
    assert "The account" not in text


def opened_call_without_links(server):
    session = requests.Session()
    session.trust_env = False
    origin = session.get(server.page_address(), timeout=30).url.partition("/_fake")[0]
    found = [session.get(f"{origin}/_fake/page/calls/{number}", timeout=30) for number in (1, 2)]
    session.close()
    assert all('class="hint"' not in each.text for each in found)
    return "".join(each.text for each in found)
