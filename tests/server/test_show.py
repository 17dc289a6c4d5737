"""Tests of `service.show`, `Control.show` and `fakedropbox show`, which open the page."""

import json
import os
import subprocess
import sys
import textwrap
import webbrowser

import pytest
import requests
from click.testing import CliRunner
from tests.support.page import Visitor
from tests.support.receiver import Receiver

from fakedropbox import FakeDropboxService
from fakedropbox._core.webhooks import Webhooks
from fakedropbox.cli import main
from fakedropbox.control import Control
from fakedropbox.server import running
from fakedropbox.server.running import Server, Settings


@pytest.fixture
def opened(monkeypatch):
    """The addresses that a browser was asked to open; no browser is started."""
    addresses = []
    monkeypatch.setattr(webbrowser, "open", addresses.append)
    return addresses


@pytest.fixture
def service(dropbox_service):
    yield dropbox_service
    if dropbox_service._page is not None:
        dropbox_service._page.stop()


def test_the_page_is_opened_and_shows_calls_with_their_answers(service, opened):
    service.client().files_upload(b"1", "/before")
    address = service.show()
    assert opened == [address]
    assert address.startswith("http://127.0.0.1:")
    service.client().files_upload(b"four", "/after")
    visitor = Visitor(address)
    assert "/after" in visitor.open("/").text
    assert "server_modified" in visitor.open("/page/calls/2").text
    # Call 1 was made before `show`, so that its answer was not kept.
    assert "server_modified" not in visitor.open("/page/calls/1").text
    assert visitor.open("/page/files").status_code == 200


def test_no_browser_is_opened_if_not_wanted(service, opened):
    address = service.show(browser=False)
    assert opened == []
    assert requests.get(address, timeout=30).status_code == 200


def test_a_second_address_leads_to_the_same_page(service, opened):
    first, second = service.show(), service.show()
    assert opened == [first, second]
    assert first != second
    assert first.partition("?")[0] == second.partition("?")[0]


def test_a_stopped_page_is_started_again(service, opened):
    service.show()
    service._page.stop()
    assert requests.get(service.show(), timeout=30).status_code == 200
    assert len(opened) == 2


def test_opening_the_page_delivers_no_webhooks(service, opened, monkeypatch):
    delivered = []
    monkeypatch.setattr(running, "_DELIVERY_SECONDS", 0.001)
    monkeypatch.setattr(Webhooks, "deliver", lambda _: delivered.append(1))
    with Receiver() as receiver:
        service.webhooks.add(receiver.url)
        visitor = Visitor(service.show())
        service.client().files_upload(b"1", "/a")
        for _ in range(10):
            visitor.open("/")
    assert opened
    assert delivered == []


def test_a_wrong_argument_is_refused(service):
    with pytest.raises(TypeError, match="browser: expected bool, got 1"):
        service.show(browser=1)
    with pytest.raises(TypeError, match="browse"):
        service.show(browse=False)
    assert service._page is None


def test_the_page_ends_with_the_process_and_leaves_nothing_behind(tmp_path):
    program = """
        from fakedropbox import FakeDropboxService
        service = FakeDropboxService()
        print(service.show(browser=False))
        import os
        print(service._page.ca_file)
    """
    done = subprocess.run(  # noqa: S603 -- our own program
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=tmp_path,
    )
    address, file = done.stdout.split()
    assert done.stderr == ""
    assert not os.path.exists(file)  # noqa: PTH110 -- a text
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=5)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_starts_a_page_of_its_own():
    program = """
        import os, requests
        from fakedropbox import FakeDropboxService
        service = FakeDropboxService()
        first = service.show(browser=False)
        if os.fork() == 0:
            second = service.show(browser=False)
            assert second.partition("?")[0] != first.partition("?")[0]
            assert requests.get(second, timeout=30).status_code == 200
            service._page.stop()
            os._exit(7)
        _, status = os.wait()
        assert os.waitstatus_to_exitcode(status) == 7
        assert requests.get(first, timeout=30).status_code == 200
    """
    program = textwrap.dedent(program)
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)  # noqa: S603 -- our own


class TestOfServer:
    """`Control.show` and `fakedropbox show`: new addresses of the page of a running server."""

    @pytest.fixture
    def server(self):
        with Server(FakeDropboxService(), settings=Settings(has_page=True)) as server:
            yield server

    @pytest.fixture
    def ctl(self, server):
        return Control(server.url, server.control_token, server.ca_file)

    def test_each_address_lets_one_browser_in(self, ctl, server, opened):
        addresses = [ctl.show(), ctl.show()]
        assert opened == addresses
        assert len(set(addresses)) == 2
        server.service.seed_files({"/a.txt": b""})
        for address in addresses:
            assert address.startswith("http://127.0.0.1:")
            with Visitor(address) as visitor:
                assert ">a.txt<" in visitor.open("/page/files").text
            assert requests.get(address, timeout=30).status_code == 403

    def test_no_browser_is_opened_if_not_wanted(self, ctl, opened):
        assert ctl.show(browser=False)
        assert opened == []
        with pytest.raises(TypeError, match="browser: expected bool, got 1"):
            ctl.show(browser=1)

    def test_a_remote_address_begins_with_the_url_of_the_server(self, ctl, server):
        address = ctl.show(browser=False, remote=True)
        assert address.startswith(f"{server.url}/_fake/?key=")
        with requests.Session() as session:
            reply = session.get(address, timeout=30, verify=str(server.ca_file))
        assert (reply.status_code, "No calls yet." in reply.text) == (200, True)

    def test_a_server_without_a_page_cannot_be_shown(self, dropbox_server):
        ctl = Control(dropbox_server.url, dropbox_server.control_token, dropbox_server.ca_file)
        with pytest.raises(ValueError, match=r"show: expected a server with a page, such as"):
            ctl.show()

    def test_a_wrong_argument_is_named(self, ctl):
        with pytest.raises(ValueError, match="remote: expected a valid boolean, got 'x'"):
            ctl.show(browser=False, remote="x")

    def run(self, *arguments, **options):
        return CliRunner().invoke(main, ["show", *arguments], **options)

    def test_the_command_opens_the_page_and_prints_its_address(self, server, opened, tmp_path):
        file = tmp_path / "env.json"
        file.write_text(json.dumps(server.environ))
        done = self.run("--env-file", str(file))
        assert done.exit_code == 0, done.output
        assert opened == [done.output.strip()]
        with Visitor(opened[0]):
            pass
        done = self.run("--no-browser", "--remote", env=server.environ)
        assert done.output.startswith(f"{server.url}/_fake/?key=")
        assert len(opened) == 1

    def test_the_command_says_why_it_cannot_show_a_server(self, dropbox_server, opened, tmp_path):
        for arguments, env, reason in (
            (["--env-file", str(tmp_path / "none")], {}, "No such file"),
            ([], dropbox_server.environ, "expected a server with a page"),
            ([], {**dropbox_server.environ, "FAKEDROPBOX_CONTROL_TOKEN": "x"}, "missing or wrong"),
            ([], {"FAKEDROPBOX_URL": "x"}, "the environment has no FAKEDROPBOX_CONTROL_TOKEN"),
        ):
            done = self.run(*arguments, env=env)
            assert done.exit_code == 1
            assert reason in done.output
        assert opened == []
