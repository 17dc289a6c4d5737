"""Tests of the pages behind links in headless Chromium: no text in them runs as a script."""

from urllib.parse import urlsplit

import pytest
from tests.support.chromium import direct_chromium

from fakedropbox import FakeDropboxService

SCRIPT = "<script>document.title='bad'<\\script><img src=x onerror=document.title='bad'>"
CONTENT = b"<script>document.title='bad'</script><img src=x onerror=\"document.title='bad'\">"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory, missing):
    """The browser of this module, which accepts the certificate of the server."""
    folder = tmp_path_factory.mktemp("chromium")
    with direct_chromium(folder, missing, "ignore-certificate-errors") as started:
        yield started


def is_inert(chromium):
    """Return whether no text of the page became an element or ran as a script."""
    found = "return document.querySelectorAll('img[src=x], main script, body > script').length"
    return chromium.title != "bad" and chromium.execute_script(found) == 0


def at(server, url):
    """Return a URL of Dropbox at the address of the server."""
    parts = urlsplit(url)
    return f"{server.url}{parts.path}?{parts.query}"


@pytest.fixture
def service(server):
    with server.serving(FakeDropboxService(plan="pro")) as serving:
        yield serving.service


def name_of(text):
    """Return a text as the name of a file, which has no slashes."""
    return text.replace("/", "\u2215").replace("\\", "\u2216")


@pytest.mark.parametrize("dl", ["0", "1", None], ids=["page", "download", "raw"])
def test_a_script_in_the_name_or_content_of_a_file_does_not_run(chromium, server, service, dl):
    path = f"/{name_of(SCRIPT)}.html"
    service.seed_files({path: CONTENT})
    url = service.client().sharing_create_shared_link_with_settings(path).url
    chromium.get("data:text/html,<title>before")
    wanted = url.replace("dl=0", "raw=1" if dl is None else f"dl={dl}")
    chromium.get(at(server, wanted))
    assert is_inert(chromium)
    if dl == "0":
        shown = chromium.find_element("tag name", "body").text
        assert "document.title='bad'" in shown


def test_a_script_in_the_names_of_a_folder_does_not_run(chromium, server, service):
    service.seed_files({f"/{name_of(SCRIPT)}/{name_of(SCRIPT)}.txt": CONTENT})
    url = service.client().sharing_create_shared_link_with_settings(f"/{name_of(SCRIPT)}").url
    chromium.get(at(server, url))
    assert is_inert(chromium)
    link = chromium.find_element("css selector", "main a[href*='/scl/']")
    assert "document.title='bad'" in link.text
    link.click()
    assert is_inert(chromium)


def test_a_script_in_the_title_of_a_file_request_does_not_run(chromium, server, service):
    made = service.client().file_requests_create(SCRIPT, "/Homework", description=SCRIPT)
    chromium.get(at(server, made.url))
    assert is_inert(chromium)
    assert "document.title='bad'" in chromium.find_element("tag name", "main").text


def test_a_script_in_an_address_does_not_run(chromium, server, service):
    assert service.login
    script = "<script>document.title=1</script>"
    for path in (f"/scl/fi/x/{script}?rlkey=1&dl=0", "/s/<svg onload=1>"):
        chromium.get(f"{server.url}{path}")
        assert is_inert(chromium)


def test_the_page_of_the_server_shows_the_call_of_a_link_as_text(chromium, server, service):
    path = f"/{name_of(SCRIPT)}.html"
    service.seed_files({path: CONTENT})
    url = service.client().sharing_create_shared_link_with_settings(path).url
    chromium.get(at(server, url))
    chromium.get(server.page_address())
    assert "document.title='bad'" in chromium.find_element("id", "calls").text
    assert chromium.title == "fakedropbox: calls"
    assert is_inert(chromium)
