"""Tests of outdated pages: the server shows another service now, or the service was deleted."""

import re

import pytest
from tests.support.page import entered

from fakedropbox import FakeDropboxService
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
    """A server with the services ``worker-1`` and ``worker-2``, of which the first is shown."""
    with running.serving(FakeDropboxService()):
        running.services.create("worker-1")
        running.services.create("worker-2")
        chosen(entered(running), "worker-1")
        yield running
        running.services.clear()


def chosen(browser, name):
    url = f"{browser.origin}/_fake/page/service"
    return browser.post(url, data={"name": name}, headers={"Origin": browser.origin})


def named(service):
    return {"X-FakeDropbox-Service": service}


def forms_of(browser, panel):
    """Return the addresses to which the forms of a panel are sent."""
    found = re.findall(r'<form[^>]* action="([^"]*)"', browser.open(f"/page/{panel}").text)
    return [each for each in found if "?" in each]


@pytest.mark.parametrize("look", LOOKS)
def test_a_page_of_another_service_is_loaded_again(server, look):
    browser = entered(server)
    url = f"{browser.origin}/_fake{look}"
    assert browser.get(url, headers={**HTMX, **named("worker-1")}).status_code == 200
    reply = browser.get(url, headers={**HTMX, **named("worker-2")})
    assert (reply.status_code, reply.headers["HX-Refresh"], reply.text) == (204, "true", "")


def test_each_page_names_its_service_in_requests_and_forms(server):
    browser = entered(server)
    for panel in ("", "page/files", *(f"page/{each.name}" for each in PANELS)):
        assert '{"X-FakeDropbox-Service": "worker-1"}' in browser.open(f"/{panel}").text, panel
    for panel in ("files", *(each.name for each in PANELS)):
        forms = forms_of(browser, panel)
        assert forms or panel == "coverage", panel
        assert all(each.endswith("?service=worker-1") for each in forms), panel


@pytest.mark.parametrize("after", ["worker-2", ""])
def test_the_form_of_another_service_changes_nothing(server, after):
    """Another browser chooses a service, while the form of the former one is still shown."""
    first, second = entered(server), entered(server)
    [address] = {each for each in forms_of(first, "files") if "upload" in each}
    chosen(second, after)
    fields = {"path": (None, ""), "file": ("new", b"1")}
    url = f"{first.origin}{address}"
    reply = first.post(url, files=fields, headers={"Origin": first.origin})
    assert (reply.status_code, "Nothing was changed" in reply.text) == (400, True)
    assert (after or "the first service") in reply.text
    assert all(each.service.files == {} for each in server.services)
    assert server.service.files == {}
    chosen(second, "worker-1")
    first.post(url, files=fields, headers={"Origin": first.origin})
    assert server.services.get("worker-1").service.files == {"/new": b"1"}


@pytest.mark.parametrize("by_header", [True, False])
def test_the_action_of_a_deleted_service_does_not_reach_the_first_one(server, by_header):
    browser = entered(server)
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
