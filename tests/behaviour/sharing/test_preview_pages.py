"""Tests of the pages behind the preview URLs of files."""

import pytest
from tests.support.browser import Browser, Document, error_of
from tests.support.shared_folders import email

FILE = "/Docs/ä b.csv"


@pytest.fixture
def owner(service):
    service.seed_files({FILE: b"a,b\n"})
    return service.client()


@pytest.fixture
def preview(owner, friend):
    """The preview URL of a file that was shared with ``friend``."""
    owner.sharing_add_file_member(FILE, [email(friend.email)])
    return owner.sharing_get_file_metadata(FILE).preview_url


@pytest.fixture
def browser(service):
    return Browser(service.session())


def signed_in(browser, page, account):
    """Fill in the form that asks for the account."""
    assert "/login" in page.url
    return browser.fill(page, account=account.account_id)


@pytest.mark.evidence("S1-34", "S14-30")
def test_a_member_sees_the_page_and_downloads(preview, browser, friend):
    page = signed_in(browser, browser.session.get(preview), friend)
    assert page.url == preview
    assert Document(page.text).title == "Dropbox - ä b.csv"
    assert browser.follow(page, "Download").content == b"a,b\n"
    shown = browser.session.get(preview.replace("dl=0", "raw=1"))
    assert shown.content == b"a,b\n"


@pytest.mark.evidence("S1-34", "S14-30")
def test_accounts_without_access_do_not_see_the_page(preview, owner, browser, service, friend):
    stranger = service.accounts.create("stranger@example.com")
    page = signed_in(browser, browser.session.get(preview), stranger)
    assert "don't have access" in error_of(page, 403)
    login = browser.session.get("https://www.dropbox.com/login")
    browser.fill(login, account=friend.account_id)
    content = browser.session.get(preview.replace("dl=0", "dl=1"), allow_redirects=False)
    assert browser.session.get(content.headers["Location"]).content == b"a,b\n"
    owner.sharing_unshare_file(FILE)
    error_of(browser.session.get(preview), 403)
    owner.files_delete_v2(FILE)
    error_of(browser.session.get(preview), 404)
    assert browser.session.get(content.headers["Location"]).status_code == 410


@pytest.mark.evidence("S1-34", "S1-36")
def test_a_preview_url_without_a_file_is_not_found(preview, browser):
    error_of(browser.session.get(preview.replace("/fi/", "/fi/0")), 404)
    error_of(browser.session.get(preview + "&rlkey=a"), 404)
