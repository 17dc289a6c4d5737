"""Tests of the panel of files, and of the page of a failed test, in headless Chromium.

They need `selenium`, and Chromium with its driver (Debian's `chromium` and `chromium-driver`).
"""

from contextlib import suppress

import pytest
from dropbox.exceptions import DropboxException
from tests.support.waiting import first_paint, waited

from fakedropbox import FakeDropboxService
from fakedropbox._page.dump import dump
from fakedropbox._page.used import Used

HOSTILE = "<img src=x onerror=alert(1)><script>document.title='bad'<\uff0fscript>\u202egnp.txt"
PAGE = "/_fake/page/files"
SHOWN = "return document.querySelector('#call article')"
DOWN, ENTER, ESCAPE = "\ue015", "\ue007", "\ue00c"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63f8cfc0f01f000500"
    "01ff89993d1d0000000049454e44ae426082"
)


def show(chromium, query=""):
    chromium.get(f"{chromium.current_url.partition('/_fake')[0]}{PAGE}{query}")
    chromium.find_element("id", "calls")


def names(chromium):
    return [each.text for each in chromium.find_elements("css selector", "#calls tbody a")]


def link(chromium, text):
    return chromium.find_element("link text", text)


def detail(chromium):
    return chromium.find_element("css selector", "#call article")


def test_folders_and_a_file_are_opened_and_closed_with_the_keyboard_alone(chromium, service):
    service.seed_files({"/A/b.txt": b"first\nsame", "/A/c.txt": b""})
    service.seed_files({"/A/b.txt": b"second\nsame"})
    show(chromium)
    chromium.find_element("tag name", "body").send_keys(DOWN)
    chromium.switch_to.active_element.send_keys(ENTER)
    waited(chromium, lambda each: names(each) == ["b.txt", "c.txt"])
    chromium.find_element("tag name", "body").send_keys(DOWN)
    chromium.switch_to.active_element.send_keys(ENTER)
    assert "second\nsame" in detail(chromium).text
    button = detail(chromium).find_element("xpath", ".//button[.='Changes']")
    button.send_keys(ENTER)
    shown = chromium.find_element("css selector", ".difference")
    assert [each.text for each in shown.find_elements("tag name", "ins")] == ["second"]
    assert [each.text for each in shown.find_elements("tag name", "del")] == ["first"]
    earlier = detail(chromium).find_elements("css selector", "table a")[1]
    earlier.send_keys(ENTER)
    waited(chromium, lambda each: "an earlier revision" in detail(each).text)
    assert "first\nsame" in detail(chromium).text
    chromium.find_element("tag name", "body").send_keys(ESCAPE)
    waited(chromium, lambda each: not each.find_element("id", "call").text)
    assert chromium.switch_to.active_element.text == "b.txt"
    chromium.switch_to.active_element.send_keys("/")
    assert chromium.switch_to.active_element.get_attribute("id") == "path"


def test_files_are_uploaded_and_deleted_by_forms(chromium, service, tmp_path):
    """Check forms in a browser, because the browser itself chooses the Origin header."""
    service.seed_files({"/A/old": b"1"})
    paths = [tmp_path / name for name in ("new.txt", "more.txt")]
    for path in paths:
        path.write_bytes(b"content")
    show(chromium, "?path=/A")
    chromium.find_element("id", "upload").send_keys("\n".join(map(str, paths)))
    chromium.find_element("xpath", "//button[.='Upload']").click()
    waited(chromium, lambda each: names(each) == ["more.txt", "new.txt", "old"])
    assert service.files["/A/new.txt"] == b"content"
    link(chromium, "old").click()
    detail(chromium).find_element("xpath", ".//summary[.='Delete']").click()
    detail(chromium).find_element("xpath", ".//button[.='Delete old']").click()
    deleted = waited(
        chromium, lambda each: each.find_elements("css selector", "tr.deleted a") or None
    )
    assert [each.text for each in deleted] == ["old"]
    assert sorted(service.files) == ["/A/more.txt", "/A/new.txt"]
    chromium.find_element("xpath", "//summary[.='Delete this folder']").click()
    chromium.find_element("xpath", "//button[starts-with(., 'Delete A')]").click()
    waited(chromium, lambda each: names(each) == ["A/"])
    assert service.files == {}


def test_an_image_is_shown(chromium, service):
    service.seed_files({"/image": PNG})
    show(chromium)
    link(chromium, "image").click()
    image = chromium.find_element("css selector", "img.preview")
    loaded = "return arguments[0].complete && arguments[0].naturalWidth"
    assert waited(chromium, lambda each: each.execute_script(loaded, image)) == 1


def test_hostile_names_and_contents_are_inert(chromium, service):
    content = b"<script>document.title='bad'</script><img src=x onerror=alert(1)>"
    service.seed_files({f"/{HOSTILE}": content, f"/{HOSTILE} folder/a.html": content})
    show(chromium)
    assert [name for name in names(chromium) if "onerror=alert(1)" in name]
    chromium.find_elements("css selector", "#calls tbody a")[1].click()
    assert "document.title='bad'" in detail(chromium).text
    assert chromium.title == "fakedropbox: files"
    found = "return document.querySelectorAll('main img, main script').length"
    assert chromium.execute_script(found) == 0
    chromium.find_element("tag name", "body").send_keys(ESCAPE)
    chromium.find_elements("css selector", "#calls tbody a")[0].click()
    waited(chromium, lambda each: names(each) == ["a.html"])
    assert chromium.title == "fakedropbox: files"
    assert chromium.execute_script(found) == 0


def test_ten_thousand_files_are_shown_in_less_than_a_second(chromium, service):
    """On a busy machine, check only that they take less than 3 times as long as an empty list."""
    address = f"{chromium.current_url.partition('/_fake')[0]}{PAGE}"
    empty = min(first_paint(chromium, address) for _ in range(3))
    service.seed_files({f"/{number:05}": b"" for number in range(10_000)})
    painted = min(first_paint(chromium, address) for _ in range(3))
    assert "10,000 entries, 1 to 200 are shown" in chromium.find_element("id", "calls").text
    assert painted < max(1000, 3 * empty), (painted, empty)
    found = min(first_paint(chromium, f"{address}?find=9999") for _ in range(3))
    assert names(chromium) == ["/09999"]
    assert found < max(1000, 3 * empty), (found, empty)


@pytest.fixture
def dumped(tmp_path):
    """The address of the page of a failed test on disk, with hostile names."""
    service = FakeDropboxService(files={f"/{HOSTILE}": b"1"})
    service.gate.keep_exchanges()
    dbx = service.client()
    for path in ("/first", f"/{HOSTILE}", "/last"):
        with suppress(DropboxException):
            dbx.files_get_metadata(path)
    file = tmp_path / "index.html"
    file.write_text(dump(Used(service, 0), f"test[{HOSTILE}]", HOSTILE, []), "utf-8")
    return file.as_uri()


def shown_calls(chromium):
    found = chromium.find_elements("css selector", ".call:not([hidden]) > summary")
    return [each for each in found if each.is_displayed()]


def test_the_page_of_a_failed_test_works_from_disk(started, dumped):
    started.get(dumped)
    assert "onerror=alert(1)" in started.title
    assert len(shown_calls(started)) == 3
    opened = started.find_element("css selector", ".call[open]")
    assert "/last" in opened.text
    assert "F10-01" in opened.text
    body = started.find_element("tag name", "body")
    body.send_keys("/")
    started.switch_to.active_element.send_keys("first")
    waited(started, lambda each: len(shown_calls(each)) == 1)
    assert started.find_element("id", "found").text == "1 of the calls here match"
    started.switch_to.active_element.send_keys(DOWN)
    started.switch_to.active_element.send_keys(ENTER)
    waited(
        started,
        lambda each: '"path": "/first"' in shown_calls(each)[0].find_element("xpath", "..").text,
    )
    started.find_element("id", "query").clear()
    started.find_element("id", "query").send_keys(" ")
    started.find_element("id", "errors").click()
    waited(started, lambda each: len(shown_calls(each)) == 2)
    found = "return document.querySelectorAll('img, script:not(:last-child), iframe').length"
    assert started.execute_script(found) == 0
    assert [each["message"] for each in started.get_log("browser")] == []


def test_no_other_script_can_run_on_the_page_of_a_failed_test(started, dumped):
    """Check that the policy of the page holds even if some text were not escaped."""
    started.get(dumped)
    script = """
        const added = document.createElement('script');
        added.textContent = "document.title = 'bad'";
        document.body.append(added);
        document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="document.title=1">');
    """
    started.execute_script(script)
    assert "onerror" in started.title
    assert [each for each in started.get_log("browser") if "Content Security Policy" in str(each)]


def test_a_hint_of_a_call_opens_the_file_that_it_names(chromium, service):
    service.seed_files({"/A/report.txt": b"found"})
    with suppress(DropboxException):
        service.client().files_get_metadata("/A/reports.txt")
    chromium.get(f"{chromium.current_url.partition('/_fake')[0]}/_fake/")

    def entered(each):
        link(each, "files/get_metadata").send_keys(ENTER)
        return True

    waited(chromium, entered)  # tried again if the page replaces the list meanwhile
    detail(chromium).find_element("link text", "Files").send_keys(ENTER)
    waited(chromium, lambda each: "found" in detail(each).text)
    [row] = chromium.find_elements("css selector", "#calls tbody a")
    assert row.get_attribute("textContent") == "report.txt"
    chromium.find_element("tag name", "body").send_keys(ESCAPE)
    waited(chromium, lambda each: not each.execute_script(SHOWN))


def test_an_opened_file_gets_the_focus_in_a_narrow_window(chromium, service):
    service.seed_files({"/b.txt": b"1"})
    chromium.set_window_size(500, 800)
    show(chromium)
    link(chromium, "b.txt").send_keys(ENTER)
    assert "/b.txt" in detail(chromium).text
    assert chromium.switch_to.active_element.get_attribute("id") == "call"
    chromium.switch_to.active_element.send_keys(ESCAPE)
    assert chromium.switch_to.active_element.text == "b.txt"
    chromium.set_window_size(1280, 900)
