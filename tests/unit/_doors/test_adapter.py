"""Tests of the recognition of Dropbox's hosts, under the names that the environment gives them."""

import dropbox
import pytest
from dropbox import session

from fakedropbox import FakeDropboxService
from fakedropbox._doors.adapter import host_of

SERVER = "127.0.0.1:8443"


@pytest.fixture
def behind_a_server(monkeypatch):
    """The SDK's hosts as `fakedropbox run` sets them: the address of a server, for all hosts."""
    for name in ("API_HOST", "API_CONTENT_HOST", "API_NOTIFICATION_HOST", "WEB_HOST"):
        monkeypatch.setattr(session, name, SERVER)


@pytest.mark.parametrize(
    ("path", "host"),
    [
        ("/2/files/get_metadata", "api.dropboxapi.com"),
        ("/2/files/upload", "content.dropboxapi.com"),
        ("/2/files/list_folder/longpoll", "notify.dropboxapi.com"),
        ("/2/unknown/route", "api.dropboxapi.com"),
        ("/oauth2/token", "api.dropboxapi.com"),
        ("/unknown/page", "www.dropbox.com"),
        ("/_fake/reset", None),
    ],
)
def test_the_path_decides_which_host_a_server_stands_for(behind_a_server, path, host):
    assert host_of(f"https://{SERVER}{path}", "POST") == host


def test_a_page_of_links_has_its_own_host(behind_a_server):
    assert host_of(f"https://{SERVER}/apitl/1/AAA", "GET") == "dl.dropboxusercontent.com"


@pytest.mark.parametrize("url", ["https://127.0.0.1:9999/2/files/upload", "https://example.com/"])
def test_other_hosts_and_ports_are_not_dropbox(behind_a_server, url):
    assert host_of(url) is None


def test_real_host_names_are_recognized_while_the_sdk_uses_a_server(behind_a_server):
    assert host_of("https://Content.DropboxAPI.com/2/files/upload") == "content.dropboxapi.com"


def test_an_active_service_answers_while_the_sdk_uses_a_server(behind_a_server):
    with FakeDropboxService(files={"/a": b"1"}).activate() as service:
        dbx = dropbox.Dropbox(service.login.access_token)
        dbx.files_upload(b"2", "/b")
        assert len(dbx.files_list_folder("").entries) == 2
    assert [call.route for call in service.calls] == ["files/upload", "files/list_folder"]
