"""Tests that acknowledged writes survive a `kill -9` of the server under load."""

import gc
import random
import threading
import time

import pytest
import requests
from tests.support.commands import ask, serving

# Python's `ssl` does not close a socket if the server dies between the connection and the
# handshake. The fixture below collects such sockets here, not during an unrelated test.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")


@pytest.fixture(autouse=True)
def _collect_unclosed_sockets():
    yield
    gc.collect()


WRITERS = 4
ROUNDS_OF_ONE_FILE = 20


class Writer(threading.Thread):
    """A thread that writes until its server is gone, and records the acknowledged writes."""

    def __init__(self, environ, number, round_number):
        super().__init__()
        self.environ = environ
        self.number = number
        self.round_number = round_number
        self.acknowledged = {}

    def run(self):
        count = 0
        while True:
            # Half of the writes create files; the others overwrite the same file.
            name = f"{self.round_number} {count}" if count % 2 else "same"
            path = f"/{self.number}/{name}"
            content = b"%d %d" % (self.round_number, count)
            arg = {"path": path, "mode": "overwrite"}
            try:
                reply = ask(self.environ, "upload", arg, content)
            except requests.RequestException:
                return
            assert reply.status_code == 200, reply.text
            self.acknowledged[path] = reply.json()["rev"]
            count += 1


def kill_repeatedly(tmp_path, rounds, rng):
    """Kill a server under load ``rounds`` times; return the sum of the writes found after each."""
    seen = 0
    for round_number in range(rounds):
        if round_number % ROUNDS_OF_ONE_FILE == 0:
            state, known = tmp_path / f"state {round_number}", {}
        with serving(tmp_path, "--state", str(state)) as (process, environ):
            seen += check(environ, known)
            writers = [Writer(environ, number, round_number) for number in range(WRITERS)]
            for writer in writers:
                writer.start()
            time.sleep(rng.uniform(0, 0.3))
            process.kill()
            for writer in writers:
                writer.join()
                known.update(writer.acknowledged)
    with serving(tmp_path, "--state", str(state)) as (_, environ):
        return seen + check(environ, known)


def check(environ, known):
    """Check that all known writes are found, and return their number."""
    arg = {"path": "", "recursive": True}
    page = ask(environ, "list_folder", arg).json()
    entries = page["entries"]
    while page["has_more"]:
        page = ask(environ, "list_folder/continue", {"cursor": page["cursor"]}).json()
        entries += page["entries"]
    found = {entry["path_display"]: entry["rev"] for entry in entries if "rev" in entry}
    for path, rev in known.items():
        # A later write that was not acknowledged may have replaced this one.
        assert found[path] == rev or (path.endswith("same") and found[path] > rev), path
    return len(known)


def test_acknowledged_writes_survive_three_kills(tmp_path):
    assert kill_repeatedly(tmp_path, 3, random.Random(0)) > 0  # noqa: S311 -- random times


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(10))
def test_acknowledged_writes_survive_twenty_kills(tmp_path, seed):
    seen = kill_repeatedly(tmp_path, 20, random.Random(seed))  # noqa: S311 -- random times
    print(f"{seen} acknowledged writes were found at the next start")
    assert seen > 0
