"""Tests that the page alone tells why a program failed, on a server and from disk, in Chromium.

They need `selenium`, and Chromium with its driver (Debian's `chromium` and `chromium-driver`).
"""

from contextlib import suppress

import pytest
from dropbox.exceptions import DropboxException
from tests.support.program_failures import FAILURES
from tests.support.waiting import waited

from fakedropbox import FakeDropboxService, NotImplementedInFake
from fakedropbox._page.dump import dump
from fakedropbox._page.used import Used, watch

ENTER = "\ue007"
UNFIRED = "No call of files/upload had such a path; their paths are /reports/today.txt."


@pytest.fixture
def service(server):
    with server.serving(FakeDropboxService()) as serving:
        yield serving.service


def run(failure, service):
    """Run a test that fails, and return its error."""
    with pytest.raises((DropboxException, NotImplementedInFake)) as raised:
        failure(service)
    return raised.value


def unfired_fault(service):
    """Make a call that the planned fault does not match, because the paths differ."""
    service.faults.lost_reply("files/upload", path="/report/today.txt")
    service.client().files_upload(b"1", "/reports/today.txt")


def with_text(chromium, text):
    """Return the visible elements that contain a text."""
    found = chromium.find_elements("xpath", f"//*[text()[contains(., '{text}')]]")
    return [each for each in found if each.is_displayed()]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda each: each.__name__)
def test_opening_a_failed_call_from_the_list_shows_why_it_failed(chromium, service, failure):
    run(failure, service)
    told = FAILURES[failure]
    first = "#calls tbody tr:first-child"
    waited(chromium, lambda each: each.find_element("css selector", f"{first}.error"))

    def opened(each):
        each.find_element("css selector", f"{first} a").send_keys(ENTER)
        return True

    waited(chromium, opened)  # tried again if the page replaces the list meanwhile
    why = waited(chromium, lambda each: each.find_element("css selector", "#call .why"))
    for text in told.texts:
        assert text in why.text
    assert why.location["y"] + why.size["height"] < 900  # it is seen without scrolling
    if told.panel:
        why.find_element("link text", told.panel).click()
        current = waited(
            chromium, lambda each: each.find_element("css selector", "nav [aria-current=page]")
        )
        assert current.text == told.panel


@pytest.mark.parametrize("failure", FAILURES, ids=lambda each: each.__name__)
def test_the_page_from_disk_shows_why_the_open_call_failed(started, service, tmp_path, failure):
    watch(service)
    error = run(failure, service)
    shown = written(started, tmp_path, service, failure.__name__, error)
    [opened] = shown.find_elements("css selector", ".call[open]")
    why = opened.find_element("css selector", ".why")
    for text in FAILURES[failure].texts:
        assert text in why.text
    assert shown.get_log("browser") == []


def written(started, tmp_path, service, name, error):
    """Write the page of a failed test, and open it."""
    file = tmp_path / "index.html"
    page = dump(Used(service, 0), f"test_program.py::{name}", f"E   {error}", [])
    file.write_text(page, "utf-8")
    started.get(file.as_uri())
    return started


def test_the_page_says_why_a_planned_fault_did_not_happen(chromium, server, service, tmp_path):
    watch(service)
    unfired_fault(service)
    with pytest.raises(AssertionError, match="planned, but never happened") as raised:
        service.faults.verify()
    chromium.find_element("link text", "Faults").click()
    waited(chromium, lambda each: with_text(each, UNFIRED))
    shown = written(chromium, tmp_path, service, "test_unfired", raised.value)
    assert with_text(shown, UNFIRED)[0].location["y"] < 400
    service.faults.clear()


def test_a_random_fault_of_the_personality_is_not_said_to_be_planned(chromium, server):
    service = FakeDropboxService(personality="hostile")
    with server.serving(service):
        dbx = service.client(max_retries_on_error=0, max_retries_on_rate_limit=0)
        while not [each for each in service.calls if each.fault]:
            with suppress(DropboxException):
                dbx.files_get_metadata("/none")
        chromium.get(chromium.current_url)
        chromium.find_element("id", "query").send_keys("fault:")
        waited(chromium, lambda each: len(each.find_elements("css selector", "tbody tr")) == 1)
        chromium.find_element("css selector", "tbody a").click()
        why = waited(chromium, lambda each: each.find_element("css selector", "#call .why"))
        assert "the personality's fail_one_in is 10, so calls fail at random" in why.text
