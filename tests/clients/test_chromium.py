"""Tests of the pages of Dropbox in headless Chromium, which reaches them through the proxy.

They need `selenium`, and Chromium with its driver (Debian's `chromium` and `chromium-driver`).
"""

import base64
import hashlib
import io
import shutil
import ssl
import zipfile
from importlib.util import find_spec
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from dropbox.oauth import DropboxOAuth2Flow, DropboxOAuth2FlowNoRedirect, NotApprovedException
from tests.support.links import PASSWORD, SECRET, dl, shared
from tests.support.receiver import Receiver

AUTHORIZE = "https://www.dropbox.com/oauth2/authorize"


def key_hash(server):
    """Return the hash of a server's public key, so that Chromium can be configured to trust it."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    url = urlsplit(server.url)
    shown = ssl.get_server_certificate((url.hostname, url.port), ca_certs=str(server.ca_file))
    key = x509.load_pem_x509_certificate(shown.encode()).public_key()
    raw = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(raw).digest()).decode()


@pytest.fixture(scope="module")
def start_chromium(tmp_path_factory, missing):
    """Return a function that starts the browser of this module, or returns the started one."""
    paths = [shutil.which(name) or missing(name) for name in ("chromium", "chromedriver")]
    if find_spec("selenium") is None:
        missing("selenium")
    from selenium import webdriver

    started = []

    def start(server):
        if not started:
            options = webdriver.ChromeOptions()
            options.binary_location = paths[0]
            for argument in (
                "headless=new",
                "no-sandbox",
                "disable-dev-shm-usage",
                "disable-background-networking",
                f"user-data-dir={tmp_path_factory.mktemp('chromium')}",
                f"proxy-server={server.proxy_url}",
                f"ignore-certificate-errors-spki-list={key_hash(server)}",
            ):
                options.add_argument(f"--{argument}")
            service = webdriver.ChromeService(paths[1])
            started.append(webdriver.Chrome(options=options, service=service))
            started[0].implicitly_wait(10)
        return started[0]

    yield start
    for chromium in started:
        chromium.quit()


@pytest.fixture
def chromium(start_chromium, dropbox_server):
    return start_chromium(dropbox_server)


@pytest.fixture
def app(dropbox_service):
    return dropbox_service.apps.create("Photo & <b>Co</b>")


@pytest.fixture
def redirect_server():
    with Receiver() as receiver:
        yield receiver


def press(chromium, text):
    chromium.find_element("xpath", f"//button[.='{text}']").click()


def redirect_parameters(chromium, redirect_server):
    """Return the parameters with which the browser was redirected to the app."""
    chromium.find_element("xpath", "//body[not(.//form)]")
    assert chromium.current_url.startswith(redirect_server.url)
    return dict(parse_qsl(urlsplit(chromium.current_url).query))


@pytest.mark.evidence("O2.1-01", "O2.1-02")
def test_the_user_can_choose_an_account_and_allow_or_cancel(
    chromium, dropbox_active, app, redirect_server
):
    other = dropbox_active.accounts.create("other@example.com", "<i>Other One")
    flow = DropboxOAuth2Flow(app.key, redirect_server.url, {}, "csrf", app.secret, use_pkce=True)
    chromium.get(flow.start())
    assert chromium.title == "Let Photo & <b>Co</b> use your Dropbox?"
    chromium.find_element("xpath", "//label[contains(., '<i>Other One')]").click()
    press(chromium, "Allow")
    result = flow.finish(redirect_parameters(chromium, redirect_server))
    assert result.account_id == other.account_id
    chromium.get(flow.start())
    press(chromium, "Cancel")
    with pytest.raises(NotApprovedException):
        flow.finish(redirect_parameters(chromium, redirect_server))
    callbacks = [each for each in redirect_server.requests if each.path.startswith("/hook")]
    assert ["Referer" in each.headers for each in callbacks] == [False, False]


@pytest.mark.evidence("O2.1-03")
def test_a_code_can_be_obtained_with_the_keyboard_alone(chromium, dropbox_active, app):
    flow = DropboxOAuth2FlowNoRedirect(app.key, app.secret)
    chromium.get(flow.start())
    chromium.switch_to.active_element.send_keys("\ue007")  # Enter
    field = chromium.find_element("id", "code")
    assert chromium.switch_to.active_element == field
    result = flow.finish(field.get_attribute("value"))
    assert result.account_id == dropbox_active.accounts.default.account_id


@pytest.mark.evidence("O2.1-04")
def test_an_approved_app_is_redirected_without_asking_again(chromium, app, redirect_server):
    parameters = {
        "response_type": "code",
        "client_id": app.key,
        "redirect_uri": redirect_server.url,
    }
    chromium.get(f"{AUTHORIZE}?{urlencode(parameters)}")
    press(chromium, "Allow")
    redirect_parameters(chromium, redirect_server)
    chromium.get(f"{AUTHORIZE}?{urlencode(parameters)}")
    assert "code" in redirect_parameters(chromium, redirect_server)


def test_an_error_page_shows_the_invalid_value_as_text(chromium):
    chromium.get(f'{AUTHORIZE}?client_id=<script>alert("x")</script>')
    shown = chromium.find_element("tag name", "main").text
    assert 'Invalid client_id: "<script>alert("x")</script>".' in shown


NAME = "<b>é \u202egpj 'x' & \"y\".txt"


@pytest.fixture
def downloads(chromium, tmp_path):
    """The folder into which the browser downloads."""
    chromium.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    return tmp_path


def downloaded(chromium, folder):
    """Return the content of the only file that the browser downloads, when it is complete."""
    from selenium.webdriver.support.wait import WebDriverWait

    def complete(_):
        return [path for path in folder.iterdir() if path.suffix != ".crdownload"]

    (path,) = WebDriverWait(chromium, 30, poll_frequency=0.05).until(complete)
    return path.read_bytes()


@pytest.mark.evidence("S1-16", "S1-33", "S1-08", "S1-39")
@pytest.mark.dropbox(plan="pro", files={f"/Docs/deep/{NAME}": b"content", "/Docs/a.txt": b"a"})
def test_a_folder_behind_a_password_can_be_browsed(chromium, dropbox_service, downloads):
    link = shared(dropbox_service.client(), "/Docs", **PASSWORD)
    chromium.get(link.url)
    assert chromium.title == "Dropbox - Password Required"
    chromium.switch_to.active_element.send_keys("wrong\ue007")  # Enter
    assert chromium.find_element("css selector", "[role=alert]").text == "Incorrect password"
    chromium.switch_to.active_element.send_keys(f"{SECRET}\ue007")
    chromium.find_element("link text", "deep").click()
    chromium.find_element("xpath", "//h1[.='deep']")
    chromium.find_element("css selector", "li a").click()
    heading = chromium.find_element("xpath", "//h1[contains(., 'gpj')]")
    assert heading.get_property("textContent") == NAME
    assert chromium.find_elements("css selector", "main b") == []
    chromium.find_element("link text", "Download").click()
    assert downloaded(chromium, downloads) == b"content"


@pytest.mark.evidence("S1-15", "S1-28", "S1-30", "S1-31")
@pytest.mark.dropbox(
    files={"/Docs/a.txt": b"a", "/page.html": b"<script>document.title=1</script>"}
)
def test_a_link_downloads_or_shows_the_file_as_its_url_requests(
    chromium, dropbox_service, downloads
):
    dbx = dropbox_service.client()
    page, folder = shared(dbx, "/page.html"), shared(dbx, "/Docs")
    chromium.get(dl(page, "raw=1"))
    assert chromium.current_url.split("/")[2].startswith("uc")
    assert "<script>" in chromium.find_element("tag name", "pre").text
    chromium.get(folder.url)
    chromium.find_element("link text", "Download").click()
    with zipfile.ZipFile(io.BytesIO(downloaded(chromium, downloads))) as archive:
        assert archive.read("a.txt") == b"a"
    dbx.sharing_revoke_shared_link(folder.url)
    chromium.get(folder.url)
    assert chromium.title == "Dropbox - 404"


@pytest.mark.evidence("S1-34")
@pytest.mark.dropbox(plan="business", files={"/a.txt": b"a"})
def test_a_link_for_the_team_asks_the_visitor_to_sign_in(chromium, dropbox_service):
    link = shared(dropbox_service.client(), "/a.txt", audience="team")
    chromium.get(link.url)
    press(chromium, "Sign in")
    assert chromium.find_element("xpath", "//h1[.='a.txt']")
    assert chromium.current_url == link.url


@pytest.mark.evidence("P1-57", "P1-58")
@pytest.mark.dropbox(plan="pro")
def test_a_stranger_uploads_files_to_a_request(chromium, dropbox_service, tmp_path):
    dbx = dropbox_service.client()
    made = dbx.file_requests_create("<b>Home</b>", "/Docs", description="By 'Monday' & not later")
    chosen = [tmp_path / 'é "q".tar.gz', tmp_path / "b.txt"]
    for file in chosen:
        file.write_bytes(b"\r\n--\x00" + file.suffix.encode())
    chromium.get(made.url)
    assert chromium.title == "<b>Home</b>"
    assert "By 'Monday' & not later" in chromium.find_element("tag name", "main").text
    chromium.switch_to.active_element.send_keys("Ada L")
    chromium.find_element("id", "file").send_keys("\n".join(map(str, chosen)))
    press(chromium, "Upload")
    chromium.find_element("xpath", "//h1[.='Thank you']")
    shown = [each.text for each in chromium.find_elements("css selector", "li")]
    assert shown == [file.name for file in chosen]
    assert dropbox_service.files == {
        '/Docs/é "q".tar - Ada L.gz': b"\r\n--\x00.gz",
        "/Docs/b - Ada L.txt": b"\r\n--\x00.txt",
    }
    dbx.file_requests_update(made.id, open=False)
    chromium.get(made.url)
    assert "closed" in chromium.find_element("tag name", "main").text
