"""Tests of the page after a failed call: it says why the call failed, and where to look."""

import re
from contextlib import suppress
from html import unescape

import pytest
import requests
from dropbox.exceptions import DropboxException
from tests.support.program_failures import FAILURES

from fakedropbox import FakeDropboxService, NotImplementedInFake, Personality
from fakedropbox.server.running import Server, Settings


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
    for link in links:
        assert session.get(origin + unescape(link), timeout=30).status_code == 200
    session.close()
    return unescape(re.sub("<[^>]*>", "", detail)), links


@pytest.mark.parametrize("failure", FAILURES, ids=lambda each: each.__name__)
def test_the_opened_call_says_why_it_failed(server, failure):
    with server.serving(FakeDropboxService()):
        with pytest.raises((DropboxException, NotImplementedInFake)):
            failure(server.service)
        text, links = opened_call(server)
    told = FAILURES[failure]
    for expected in (*told.texts, told.panel):
        assert expected in text
    assert [untrue for untrue in told.untrue if untrue in text] == []
    assert bool(links) == bool(told.panel)


def test_a_success_and_a_lookup_of_a_missing_path_have_no_hints(server):
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


@pytest.mark.parametrize(
    ("field", "value", "call"),
    [
        ("case_only_move", "conflict", lambda dbx: dbx.files_move_v2("/a", "/A")),
        (
            "into_itself",
            "cant_move_folder_into_itself",
            lambda dbx: dbx.files_move_v2("/a", "/a/b"),
        ),
        ("astral_names", False, lambda dbx: dbx.files_create_folder_v2("/\U0001f600")),
    ],
)
def test_the_field_of_the_personality_that_causes_an_error_is_named(server, field, value, call):
    with server.serving(FakeDropboxService(personality=Personality(**{field: value}))):
        dbx = server.service.client()
        dbx.files_create_folder_v2("/a")
        with pytest.raises(DropboxException):
            call(dbx)
        text, _ = opened_call(server)
    assert f"The personality decides on this: {field} is {value!r}." in text


def test_a_lag_of_the_personality_is_named_if_an_item_is_not_found(server):
    lagging = Personality(lag_entries=9, lag_seconds=60)
    with server.serving(FakeDropboxService(personality=lagging)):
        with pytest.raises(DropboxException):
            server.service.client().files_get_metadata("id:AAAAAAAAAAAAAAAAAAAAAA")
        text, _ = opened_call(server)
    assert "The personality's lag_entries is 9: by its id, a new item may not be found yet." in text
