"""Tests of the page of a server in headless Chromium: live updates, speed, and attacks.

They need `selenium`, and Chromium with its driver (Debian's `chromium` and `chromium-driver`).
"""

from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from dropbox.exceptions import DropboxException
from tests.support.waiting import first_paint, type_keys, waited

HOSTILE = "/<img src=x onerror=alert(1)><script>document.title='bad'</script>\u202egnp.txt"
DOWN, ENTER, ESCAPE = "\ue015", "\ue007", "\ue00c"


def called(service, path):
    with suppress(DropboxException):
        service.client().files_get_metadata(path)


def row(chromium, text):
    return chromium.find_element("xpath", f"//tbody/tr[contains(., '{text}')]")


def type_on(chromium, text, key):
    """Type a key on the link of the row with a text."""

    def typed(each):
        row(each, text).find_element("tag name", "a").send_keys(key)
        return True

    waited(chromium, typed)


def test_calls_appear_as_they_happen_and_the_search_narrows_them(chromium, service):
    assert "No calls yet." in chromium.find_element("id", "calls").text
    for path in ("/first", "/second"):
        called(service, path)
        waited(chromium, lambda each, path=path: "path/not_found" in row(each, path).text)
    chromium.find_element("id", "query").send_keys("path:/first")
    waited(chromium, lambda each: len(each.find_elements("css selector", "tbody tr")) == 1)
    called(service, "/third")  # the query applies to new calls, too
    status = waited(
        chromium, lambda each: each.find_element("xpath", "//p[contains(., '1 of 3 calls')]")
    )
    assert status.get_attribute("role") == "status"


def test_a_call_is_opened_and_closed_with_the_keyboard_alone(chromium, service):
    for path in ("/first", "/second"):
        called(service, path)
    row(chromium, "/second")
    body = chromium.find_element("tag name", "body")
    body.send_keys("/")
    assert chromium.switch_to.active_element.get_attribute("id") == "query"
    type_keys(chromium, DOWN)
    type_keys(chromium, DOWN)
    type_keys(chromium, ENTER)
    detail = chromium.find_element("css selector", "#call article")
    assert '"path": "/first"' in detail.text
    assert "F10-01" in detail.text
    type_keys(chromium, ESCAPE)
    waited(chromium, lambda each: not each.find_element("id", "call").text)
    assert "/first" in chromium.switch_to.active_element.find_element("xpath", "../..").text


def test_a_new_call_does_not_take_the_focus(chromium, service):
    called(service, "/first")
    type_on(chromium, "/first", DOWN)
    focused = chromium.switch_to.active_element.get_attribute("href")
    called(service, "/second")
    row(chromium, "/second")
    assert chromium.switch_to.active_element.get_attribute("href") == focused


def test_a_hostile_name_is_inert(chromium, service):
    service.client().files_upload(b"", HOSTILE)
    type_on(chromium, "onerror", ENTER)
    shown = chromium.find_element("css selector", "#call pre").text
    assert "onerror=alert(1)" in shown
    assert "\\u202e" in shown
    assert chromium.title == "fakedropbox: calls"
    found = "return document.querySelectorAll('main img, main script').length"
    assert chromium.execute_script(found) == 0


def test_ten_thousand_calls_are_shown_in_less_than_a_second(chromium, server, service):
    """On a busy machine, check only that they take less than 3 times as long as an empty list."""
    address = f"{origin(server)}/_fake/"
    empty = min(first_paint(chromium, address) for _ in range(3))
    dbx = service.client()
    for _ in range(10_000):
        dbx.users_get_current_account()
    painted = min(first_paint(chromium, address) for _ in range(3))
    assert "10000 calls, the last 200 are shown" in chromium.find_element("id", "calls").text
    assert painted < max(1000, 3 * empty), (painted, empty)


def origin(server):
    return server.page_address().partition("/_fake")[0]


def fetched(chromium, url, **options):
    """Return what a script of the current page reads at a URL, or the name of its error."""
    script = """
        const [url, options, done] = arguments;
        fetch(url, options).then((reply) => reply.text())
            .then((text) => done(text || 'nothing'), (error) => done(error.name));
    """
    return chromium.execute_async_script(script, url, options)


@pytest.mark.parametrize(
    "of", ["data:text/html,<h1>evil", "http://localhost:{port}/_fake/page/page.css"]
)
def test_a_page_of_another_site_can_neither_read_nor_change_anything(
    started, chromium, server, service, of
):
    """The browser has the cookie of the page; ``localhost`` is another site here."""
    called(service, "/secret-name")
    service.seed_files({"/kept": b""})
    started.get(of.format(port=urlsplit(origin(server)).port))
    for path in ("/_fake/", "/_fake/page/calls", "/_fake/page/calls/1"):
        for mode in ("cors", "no-cors"):
            options = {"credentials": "include", "mode": mode}
            assert fetched(started, origin(server) + path, **options) in ("TypeError", "nothing")
    token = {"Authorization": f"Bearer {server.control_token}"}
    for headers in ({}, token):
        for url in (server.url, origin(server)):
            options = {"method": "POST", "headers": headers, "body": "{}", "mode": "cors"}
            assert fetched(started, f"{url}/_fake/reset", **options) == "TypeError"
    assert service.files == {"/kept": b""}
    started.get_log("browser")  # removes the refusals from the log


def test_a_page_under_another_host_name_is_refused(started, chromium, server):
    port = urlsplit(origin(server)).port
    started.get(f"http://evil.example:{port}/_fake/")
    text = started.find_element("tag name", "body").text
    assert "Host: expected a name of this server" in text
    started.get_log("browser")
    assert chromium is started
