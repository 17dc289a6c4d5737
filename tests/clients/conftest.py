"""Fixtures that run unmodified third-party clients against a server.

If a program is not installed, its tests are skipped. If the environment variable
FAKEDROPBOX_ALL_CLIENTS is set, they fail instead.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.support.chromium import direct_chromium

from fakedropbox import FakeDropboxService
from fakedropbox.server.running import Server, Settings


def _end_test_without(program_name):
    reason = f"{program_name} is not installed"
    if "FAKEDROPBOX_ALL_CLIENTS" in os.environ:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def missing():
    """Return the function that skips or fails a test because a program is not installed."""
    return _end_test_without


@pytest.fixture
def environ(dropbox_server, tmp_path):
    """Return a clean environment with the variables that lead programs to the server."""
    variables = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {**variables, "HOME": str(tmp_path), **dropbox_server.environ}


@pytest.fixture
def program(environ, tmp_path):
    """Return a function that runs an installed program and returns its output."""

    def run(*command, code=0):
        if shutil.which(command[0]) is None:
            _end_test_without(command[0])
        completed = subprocess.run(  # noqa: S603 -- the programs under test
            list(map(str, command)),
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert completed.returncode == code, completed.stdout + completed.stderr
        return completed.stdout

    return run


@pytest.fixture
def node(program, environ):
    """Return a function that runs a script with the npm package of the official JavaScript SDK."""
    modules = Path(os.environ.get("FAKEDROPBOX_NODE_MODULES", "node_modules")).resolve()
    if not (modules / "dropbox").is_dir():
        _end_test_without("the npm package dropbox")
    environ["NODE_PATH"] = str(modules)
    return lambda script: program("node", "-e", script)


# The page of a server in headless Chromium


@pytest.fixture(scope="module")
def server():
    """A running server with its web page turned on."""
    with Server(FakeDropboxService(), settings=Settings(has_page=True)) as running:
        yield running


@pytest.fixture(scope="module")
def started(tmp_path_factory, missing):
    """The browser that a module uses; it resolves ``evil.example`` to this machine."""
    with direct_chromium(tmp_path_factory.mktemp("chromium"), missing) as chromium:
        yield chromium


@pytest.fixture
def service(server):
    """The service of the server, as it was at the beginning."""
    server.service.reset()
    return server.service


@pytest.fixture
def chromium(started, server, service):
    """The browser, which has entered the page; at the end, it must have reported no error."""
    assert service is server.service
    started.delete_all_cookies()
    started.get(server.page_address())
    started.find_element("id", "query")
    started.get_log("browser")
    yield started
    assert [each["message"] for each in started.get_log("browser")] == []
