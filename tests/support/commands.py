"""`fakedropbox serve` as a process of its own, and requests to it."""

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
    """A `serve` that runs, and the variables of its environment file."""
    file = tmp_path / "env.json"
    file.unlink(missing_ok=True)  # a killed one leaves it
    command = [*PROGRAM, "serve", "--env-file", str(file), *options]
    env = {**CLEAN, "TMPDIR": str(tmp_path)}  # the killed one leaves its folder there
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)  # noqa: S603 -- this very interpreter
    try:
        while not file.exists():
            assert process.poll() is None
            time.sleep(0.02)
        yield process, json.loads(file.read_text())
    finally:
        process.kill()
        process.communicate()


def ask(environ, route, arg, body=None, **headers):
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
