"""Tests of open pages when another tab chooses another service, or their service is deleted.

Each browser shows the service that was chosen in it, whatever others show.
"""

import re

import pytest
import requests
from tests.support.page import Visitor, entered

from fakedropbox import FakeDropboxService
from fakedropbox.control import Control
from fakedropbox.server.page.routes import PANELS
from fakedropbox.server.running import Server, Settings

HTMX = {"HX-Request": "true"}
LOOKS = ["/page/calls", "/page/calls/1", "/page/files/one", *(f"/page/{p.name}" for p in PANELS)]


@pytest.fixture(scope="module")
def running():
    with Server(FakeDropboxService(), settings=Settings(has_page=True)) as running:
        yield running


@pytest.fixture
def server(running):
    """A server with the services ``worker-1`` and ``worker-2``."""
    with running.serving(FakeDropboxService()):
        running.services.create("worker-1")
        running.services.create("worker-2")
        yield running
        running.services.clear()


@pytest.fixture
def browser(server):
    """A browser in which ``worker-1`` was chosen."""
    with entered(server) as found:
        chosen(found, "worker-1")
        yield found


def shown_in(browser):
    """Return the name of the service that a browser shows."""
    [name] = re.findall(r"Service <strong>(.*?)</strong>", browser.open("/").text) or [""]
    return name


def chosen(browser, name):
    url = f"{browser.origin}/_fake/page/service"
    return browser.post(url, data={"name": name}, headers={"Origin": browser.origin})


def named(service):
    return {"X-FakeDropbox-Service": service}


def forms_of(browser, panel):
    """Return the addresses with a query to which forms of a panel are sent."""
    found = re.findall(r'<form[^>]* action="([^"]*)"', browser.open(f"/page/{panel}").text)
    return [each for each in found if "?" in each]


@pytest.mark.parametrize("look", LOOKS)
def test_an_open_page_is_loaded_again_after_another_service_was_chosen(browser, look):
    url = f"{browser.origin}/_fake{look}"
    assert browser.get(url, headers={**HTMX, **named("worker-1")}).status_code == 200
    reply = browser.get(url, headers={**HTMX, **named("worker-2")})
    assert (reply.status_code, reply.headers["HX-Refresh"], reply.text) == (204, "true", "")


def test_each_page_names_its_service_in_requests_and_forms(browser):
    for panel in ("", "page/files", *(f"page/{each.name}" for each in PANELS)):
        assert '{"X-FakeDropbox-Service": "worker-1"}' in browser.open(f"/{panel}").text, panel
    for panel in ("files", *(each.name for each in PANELS)):
        forms = forms_of(browser, panel)
        assert forms or panel == "coverage", panel
        assert all(each.endswith("?service=worker-1") for each in forms), panel


@pytest.mark.parametrize("after", ["worker-2", ""])
def test_a_form_of_a_service_that_is_no_longer_chosen_changes_nothing(server, browser, after):
    """Another tab chooses a service, while the form of the former one is still shown."""
    [address] = {each for each in forms_of(browser, "files") if "upload" in each}
    chosen(browser, after)
    fields = {"path": (None, ""), "file": ("new", b"1")}
    url = f"{browser.origin}{address}"
    reply = browser.post(url, files=fields, headers={"Origin": browser.origin})
    assert (reply.status_code, "Nothing was changed" in reply.text) == (400, True)
    assert (after or "the first service") in reply.text
    assert all(each.service.files == {} for each in server.services)
    assert server.service.files == {}
    chosen(browser, "worker-1")
    browser.post(url, files=fields, headers={"Origin": browser.origin})
    assert server.services.get("worker-1").service.files == {"/new": b"1"}


@pytest.mark.parametrize("by_header", [True, False])
def test_an_action_of_a_deleted_service_does_not_reach_the_first_service(
    server, browser, by_header
):
    server.service.seed_files({"/kept": b"1"})
    server.services.delete("worker-1")
    query = "" if by_header else "?service=worker-1"
    headers = {"Origin": browser.origin, **(named("worker-1") if by_header else {})}
    fields = {"operation": "reset", "to": "beginning"}
    url = f"{browser.origin}/_fake/page/state{query}"
    reply = browser.post(url, data=fields, headers=headers)
    assert (reply.status_code, reply.headers["HX-Retarget"]) == (400, "#notice")
    assert 'id="notice" class="notice" role="alert"' in reply.text
    assert server.service.files == {"/kept": b"1"}


def test_each_browser_shows_the_service_that_was_chosen_in_it(server, browser):
    with entered(server) as second, entered(server) as third:
        chosen(second, "worker-2")
        server.services.get("worker-2").service.seed_files({"/of-two": b""})
        assert [shown_in(each) for each in (browser, second, third)] == ["worker-1", "worker-2", ""]
        assert [">of-two<" in each.open("/page/files").text for each in (browser, second)] == [
            False,
            True,
        ]
        fields = {"operation": "clock/advance", "seconds": "5"}
        headers = {"Origin": second.origin}
        assert second.post(f"{second.origin}/_fake/page/clock", data=fields, headers=headers).ok
        times = {each.name: each.service.clock.now().second for each in server.services}
        assert times == {"worker-1": 0, "worker-2": 5}
        assert server.service.clock.now().second == 0


class TestPageOfOneService:
    """The page opened with the control token of one service: it shows and changes only that one."""

    @pytest.fixture
    def address(self, server):
        token = server.services.get("worker-1").control_token
        return Control(server.url, token, server.ca_file).show(browser=False)

    @pytest.fixture
    def bound(self, address):
        with Visitor(address) as found:
            yield found

    def test_the_page_of_one_service_offers_no_other_service(self, bound):
        assert shown_in(bound) == "worker-1"
        text = bound.open("/page/state").text
        assert "worker-2" not in text
        assert "Create a service" not in text
        for name in ("worker-2", "", "worker-1"):
            reply = chosen(bound, name)
            assert (reply.status_code, "the only one to be seen" in reply.text) == (400, True)
        assert shown_in(bound) == "worker-1"

    def test_the_page_of_one_service_carries_out_no_operation_of_the_server(self, server, bound):
        for fields in (
            {"operation": "services/create", "name": "worker-3"},
            {"operation": "services/delete", "name": "worker-2"},
        ):
            url = f"{bound.origin}/_fake/page/state"
            reply = bound.post(url, data=fields, headers={"Origin": bound.origin})
            assert reply.status_code == 400
            assert "this one is of one service only" in reply.text
        assert [each.name for each in server.services] == ["worker-1", "worker-2"]
        url = f"{bound.origin}/_fake/page/clock"
        fields = {"operation": "clock/advance", "seconds": "5"}
        assert bound.post(url, data=fields, headers={"Origin": bound.origin}).ok
        assert server.services.get("worker-1").service.clock.now().second == 5

    @pytest.mark.parametrize("again", [False, True], ids=["deleted", "replaced"])
    def test_the_page_of_one_service_ends_with_the_service(self, server, bound, again):
        token = server.services.get("worker-1").control_token
        ctl = Control(server.url, token, server.ca_file)
        unused = [ctl.show(browser=False) for _ in range(2)]
        server.services.delete("worker-1")
        if again:
            server.services.create("worker-1")
        for path in ("/", "/page/files", "/page/changes", "/page/state"):
            assert bound.open(path).status_code == 403
        assert requests.get(unused[0], timeout=30).status_code == 403
        with entered(server) as other:  # it keeps its own cookie
            assert other.get(unused[1]).status_code == 200
