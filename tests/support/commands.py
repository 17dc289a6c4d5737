"""Helpers that start `fakedropbox serve` in a separate process and send requests to it."""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager

import requests

PROGRAM = [sys.executable, "-c", "from fakedropbox.cli import main; main()"]
CLEAN = {
    name: value
    for name, value in os.environ.items()
    if not name.lower().endswith("_proxy") and not name.startswith("DROPBOX_")
}


@contextmanager
def serving(tmp_path, *options):
    """Yield a running `serve` process and the variables of its environment file."""
    file = tmp_path / "env.json"
    file.unlink(missing_ok=True)  # a killed process leaves it behind
    command = [*PROGRAM, "serve", "--env-file", str(file), *options]
    env = {**CLEAN, "TMPDIR": str(tmp_path)}  # a killed process leaves its temporary folder
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)  # noqa: S603 -- this very interpreter
    try:
        while not (file.exists() and file.stat().st_size):
            assert process.poll() is None, f"serve ended early with status {process.returncode}"
            time.sleep(0.02)
        yield process, json.loads(file.read_text())
    finally:
        process.kill()
        process.communicate()


def ask(environ, route, arg, body=None, **headers):
    """Send a request for a route of `files` to the server, and return the response."""
    kind = "application/json" if body is None else "application/octet-stream"
    given = {
        "Authorization": f"Bearer {environ['DROPBOX_ACCESS_TOKEN']}",
        "Content-Type": kind,
        **({} if body is None else {"Dropbox-API-Arg": json.dumps(arg)}),
    }
    return requests.post(
        f"{environ['FAKEDROPBOX_URL']}/2/files/{route}",
        data=json.dumps(arg) if body is None else body,
        headers={**given, **headers},
        verify=environ["REQUESTS_CA_BUNDLE"],
        timeout=30,
    )


def run_python(code):
    """Run code in a new process, and return the words that it prints."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- this very interpreter
    assert done.returncode == 0, done.stderr
    return done.stdout.split()
