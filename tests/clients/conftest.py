"""Programs of other people, against a server: as their users run them, nothing of them changed.

Where a program is not there its tests are skipped, with the reason; where the environment
has FAKEDROPBOX_ALL_CLIENTS they fail.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def _missing(what):
    reason = f"{what} is not installed"
    if "FAKEDROPBOX_ALL_CLIENTS" in os.environ:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def missing():
    """Tells that something is not there, and ends the test."""
    return _missing


@pytest.fixture
def environ(dropbox_server, tmp_path):
    """A clean environment with what leads programs to the server."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {**kept, "HOME": str(tmp_path), **dropbox_server.environ}


@pytest.fixture
def program(environ, tmp_path):
    """Runs a program, which must be there, and gives back what it printed."""

    def run(*command, code=0):
        if shutil.which(command[0]) is None:
            _missing(command[0])
        done = subprocess.run(  # noqa: S603 -- the programs that these tests are about
            list(map(str, command)),
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture
def node(program, environ):
    """Runs a script with the official SDK for JavaScript, from where `npm` has put it."""
    modules = Path(os.environ.get("FAKEDROPBOX_NODE_MODULES", "node_modules")).resolve()
    if not (modules / "dropbox").is_dir():
        _missing("the npm package dropbox")
    environ["NODE_PATH"] = str(modules)
    return lambda script: program("node", "-e", script)
