"""Tests of the actions of the page in headless Chromium, and of attacks on them."""

import json
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import pytest
import requests
from dropbox.exceptions import DropboxException
from tests.support.page import entered
from tests.support.receiver import Receiver
from tests.support.waiting import waited

from fakedropbox import FakeDropboxService, faults

HOSTILE = "<img src=x onerror=alert(1)><script>document.title='bad'</script>"
DOWN, ENTER = "\ue015", "\ue007"


@pytest.fixture
def service(server):
    with server.serving(FakeDropboxService(files={"/kept": b"1"})) as serving:
        yield serving.service


@pytest.fixture
def open_panel(chromium, server):
    """Return a function that opens a panel."""

    def show(name):
        chromium.get(f"{origin(server)}/_fake/page/{name}")

    return show


def origin(server):
    return server.page_address().partition("/_fake")[0]


def notice(chromium, text):
    """Wait for a notice, and return its role."""
    path = f"//p[@id='notice'][contains(., {json.dumps(text)})]"
    return waited(chromium, lambda each: each.find_element("xpath", path).get_attribute("role"))


def press(chromium, text):
    """Press a button by its text, as soon as it is there."""

    def pressed(each):
        each.find_element("xpath", f"//button[normalize-space()={json.dumps(text)}]").click()
        return True

    waited(chromium, pressed)


def follow(chromium, text):
    """Follow a link by its text, as soon as it is there."""

    def followed(each):
        each.find_element("link text", text).click()
        return True

    waited(chromium, followed)


def unfold(chromium, text):
    chromium.find_element("xpath", f"//summary[normalize-space()={json.dumps(text)}]").click()


def fill(chromium, name, text):
    field = chromium.find_element("xpath", f"//details[@open]//input[@name={json.dumps(name)}]")
    field.clear()
    field.send_keys(text)


def test_a_fault_is_planned_happens_and_is_removed(chromium, open_panel, service):
    open_panel("faults")
    kind = chromium.find_element("name", "kind")
    kind.send_keys("route_error")
    kind.send_keys(ENTER)
    waited(chromium, lambda each: each.find_elements("name", "tags"))
    fill(chromium, "route", "files/get_metadata")
    fill(chromium, "tags", "path/not_found")
    fill(chromium, "path", "/kept")
    press(chromium, "Plan")
    assert notice(chromium, "The fault is planned.") == "status"
    planned = faults.route_error("files/get_metadata", "path/not_found", path="/kept")
    assert service.faults.planned() == [(planned, 1)]
    with suppress(DropboxException):
        service.client().files_get_metadata("/kept")
    # The page shows without a reload that the fault has happened.
    waited(chromium, lambda each: each.find_elements("xpath", "//tr[@class='over']"))
    press(chromium, "Remove")
    assert notice(chromium, "The fault is removed.") == "status"
    assert service.faults.planned() == []


def test_a_wrong_field_is_reported_and_the_typed_values_stay(chromium, open_panel):
    open_panel("faults")
    fill(chromium, "route", "files/uplod")
    press(chromium, "Plan")
    assert notice(chromium, "expected one such as 'files/upload', got 'files/uplod'") == "alert"
    assert chromium.find_element("name", "route").get_attribute("value") == "files/uplod"
    assert all("400" in each["message"] for each in chromium.get_log("browser"))


def test_the_clock_is_advanced_with_the_keyboard_alone(chromium, open_panel, service):
    open_panel("clock")
    before = service.clock.now()
    button = chromium.find_element("xpath", "//button[@aria-label='Advance by 1 hour']")
    button.send_keys(ENTER)
    assert notice(chromium, "The clock is advanced.") == "status"
    assert "2026-01-01 01:00:00 UTC" in chromium.find_element("id", "live").text
    assert (service.clock.now() - before).total_seconds() == 3600


def test_a_new_login_is_shown_once_as_lines_to_copy(chromium, open_panel, service):
    open_panel("people")
    unfold(chromium, "New login")
    fill(chromium, "scopes", "files.metadata.read")
    press(chromium, "Create the login")
    lines = waited(chromium, lambda each: each.find_element("css selector", ".result pre").text)
    token = lines.rpartition("=")[2]
    assert service.gate.world.tokens.grant(token) is not None
    open_panel("people")
    assert token not in chromium.page_source


def test_a_state_is_compared_and_restored(chromium, open_panel, service):
    open_panel("state")
    press(chromium, "Take a snapshot")
    notice(chromium, "is taken.")
    service.seed_files({f"/{HOSTILE}": b"1"})
    follow(chromium, "Changes since then")
    rows = waited(chromium, lambda each: each.find_element("xpath", "//tr[contains(., 'added')]"))
    assert HOSTILE.partition("/")[0] in rows.text
    assert chromium.execute_script("return document.querySelectorAll('main img').length") == 0
    assert chromium.title == "fakedropbox: state"
    press(chromium, "Restore")
    notice(chromium, "The snapshot is restored.")
    assert service.files == {"/kept": b"1"}


def test_a_route_gets_a_stub_from_an_example(chromium, open_panel, service):
    with suppress(Exception):
        service.client().riviera_get_text_async()
    open_panel("coverage")
    follow(chromium, "Stub riviera/get_text_async")
    press(chromium, "Answer with this")
    notice(chromium, "The route has a stub")
    assert service.client().riviera_get_text_async().is_async_job_id()


def test_a_webhook_is_registered_and_its_failed_notice_sent_again(chromium, open_panel, service):
    open_panel("webhooks")
    with Receiver() as receiver:
        fill(chromium, "url", receiver.url)
        press(chromium, "Register")
        assert notice(chromium, "The webhook is registered.") == "status"
        receiver.status = 500
        service.client().files_upload(b"", "/new")
        waited(chromium, lambda each: "1 failed" in each.find_element("id", "live").text)
        receiver.status = 200
        press(chromium, "Send failed notices again now")
        notice(chromium, "1 notice accepted.")
        assert "200" in chromium.find_element("id", "live").text
        press(chromium, "Remove")
        notice(chromium, "The webhook is removed.")
    assert len(service.webhooks) == 0


def test_the_page_shows_the_service_that_is_chosen(chromium, open_panel, server):
    server.services.create("worker")
    open_panel("state")
    chromium.find_element("xpath", "//button[@aria-label='Show worker']").click()
    assert "worker" in chromium.find_element("css selector", ".service").text
    chromium.find_element("xpath", "//button[@aria-label='Show the first service']").click()
    waited(chromium, lambda each: "Service worker" not in each.page_source)


def test_a_page_shows_the_service_chosen_in_another_tab_but_not_in_another_browser(
    chromium, open_panel, server
):
    """Two people look at one server: each sees the service chosen in their own browser."""
    server.services.create("worker")
    server.services.create("other")
    chromium.get(f"{origin(server)}/_fake/")
    url = f"{origin(server)}/_fake/page/service"
    headers = {"Origin": origin(server)}
    with entered(server) as second:
        second.post(url, data={"name": "other"}, headers=headers)
    name = f"fakedropbox-{urlsplit(origin(server)).port}"
    with requests.Session() as tab:  # like another tab of the browser, with the same cookie
        tab.cookies.set(name, chromium.get_cookie(name)["value"])
        tab.post(url, data={"name": "worker"}, headers=headers)
        waited(
            chromium, lambda each: each.find_element("css selector", ".service").text.split()[1:]
        )
        assert chromium.find_element("css selector", ".service").text == "Service worker"
        open_panel("state")
        tab.post(url, data={"name": ""}, headers=headers)
    press(chromium, "Take a snapshot")
    assert notice(chromium, "The page now shows the first service") == "alert"
    assert all("400" in each["message"] for each in chromium.get_log("browser"))


def test_arrow_keys_scroll_panels_without_a_list(chromium, open_panel, service):
    service.accounts.create("zoe@example.com")
    open_panel("files")
    chromium.find_element("id", "account").send_keys(DOWN)
    chosen = "return document.getElementById('account').value"
    assert chromium.execute_script(chosen) == "zoe@example.com"
    for panel, is_taken in (("faults", False), ("files", True)):
        open_panel(panel)
        script = """
            const event = new KeyboardEvent('keydown', {
                key: 'ArrowDown', bubbles: true, cancelable: true,
            });
            return !document.body.dispatchEvent(event);
        """
        # If the page does not handle the key, the browser scrolls. The list may still be loading.
        waited(chromium, lambda each, js=script, is_=is_taken: each.execute_script(js) is is_)


class Evil:
    """A site on this machine, at another port, whose page sets a cookie and sends a form."""

    def __init__(self, body, cookie="evil=1"):

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Set-Cookie", cookie)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                """Log nothing."""

        # With threads, because a browser opens connections that it does not use.
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "evil.example"])
@pytest.mark.parametrize("path", ["/_fake/page/state", "/_fake/reset"])
def test_a_form_of_another_site_changes_nothing(chromium, server, service, host, path):
    """The browser has the cookie of the page; another port is another origin, too."""
    form = (
        f"<form method=post action='{origin(server)}{path}'>"
        "<input name=operation value=reset><input name=to value=beginning></form>"
        "<script>document.forms[0].submit()</script>"
    )
    service.seed_files({"/new": b"1"})  # a reset would remove this file
    with Evil(form) as evil:
        chromium.get(f"http://{host}:{evil.port}/")
        waited(chromium, lambda each: urlsplit(each.current_url).port != evil.port)
    assert service.files == {"/kept": b"1", "/new": b"1"}
    chromium.get_log("browser")  # removes the refusals from the log


def test_a_page_under_another_host_name_reaches_no_action(chromium, server, service):
    """DNS rebinding: a script under that name has the origin of the form, which is refused."""
    service.seed_files({"/new": b"1"})
    port = urlsplit(origin(server)).port
    chromium.get(f"http://evil.example:{port}/_fake/page/state")
    script = """
        const done = arguments[0];
        const body = new URLSearchParams({operation: "reset"});
        fetch("/_fake/page/state", {method: "POST", body})
            .then((reply) => done(reply.status), (error) => done(error.name));
    """
    assert chromium.execute_async_script(script) == 421
    assert service.files == {"/kept": b"1", "/new": b"1"}
    chromium.get_log("browser")


def test_a_cookie_set_by_another_server_does_not_open_the_page(chromium, server):
    """Cookies ignore ports: another server of this machine can set one of the same name."""
    port = urlsplit(origin(server)).port
    chromium.delete_all_cookies()
    with Evil("<p>evil", f"fakedropbox-{port}=guess; Path=/_fake") as evil:
        chromium.get(f"http://127.0.0.1:{evil.port}/")
    chromium.get(f"{origin(server)}/_fake/page/people")
    assert "It works once" in chromium.find_element("tag name", "main").text
    chromium.get_log("browser")


def test_the_cookie_of_the_page_cannot_be_read_by_scripts(chromium, server):
    chromium.get(f"{origin(server)}/_fake/page/people")
    assert chromium.get_cookie(f"fakedropbox-{urlsplit(origin(server)).port}")["httpOnly"]
    assert "fakedropbox-" not in chromium.execute_script("return document.cookie")
