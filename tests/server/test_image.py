"""Tests of the Dockerfile and the compose file in the documents, in containers without Docker.

Its commands run as they stand, in namespaces of Linux: as the first process, as the user of the
image, with a root that is read-only, and reached from another container over a network. The
downloads of the base image and of the packages are left out.
"""

import json
import os
import re
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest
from tests.support.containers import Container, Image, Network, container, reason_against
from tests.support.project import ROOT

TEXT = (ROOT / "docs/how-to/containers.md").read_text("utf-8")
[DOCKERFILE] = re.findall(r"^```dockerfile\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
[COMPOSE] = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
[PROGRAM] = re.findall(
    r"^```py\n(import os\n\nimport dropbox\n.*?)^```", TEXT, re.DOTALL | re.MULTILINE
)
BY_PROXY = """
import requests
answer = requests.post(
    "https://api.dropboxapi.com/2/users/get_current_account",
    headers={"Authorization": f"Bearer {os.environ['DROPBOX_ACCESS_TOKEN']}"},
)
assert answer.json()["email"] == "owner@example.com"
"""
"""A client that knows no other host than Dropbox's."""

NOT_HERE = reason_against()

pytestmark = pytest.mark.skipif(bool(NOT_HERE), reason=NOT_HERE)


def instruction(word):
    """Return the arguments of each instruction with this name in the Dockerfile."""
    return re.findall(rf"^{word} (.*)$", DOCKERFILE, re.MULTILINE)


def command_in(text):
    """Return the command at the end of a line of the Dockerfile."""
    return json.loads(text[text.index("[") :])


[ENTRYPOINT] = map(command_in, instruction("ENTRYPOINT"))
[HEALTHCHECK] = map(command_in, instruction("HEALTHCHECK"))
INSTALLED, PREPARED = instruction("RUN")
[USER] = map(int, instruction("USER"))


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """The image that the Dockerfile describes, with the packages of this machine."""
    made = Image(tmp_path_factory.mktemp("image"))
    assert "fakedropbox[server]" in INSTALLED
    made.run(PREPARED)
    assert made.id_of("app") == USER
    return made


@pytest.fixture
def volume(image, tmp_path):
    """A new volume, which gets the owner and the mode of the directory in the image."""
    folder, found = tmp_path / "volume", (image.root / "shared").stat()
    folder.mkdir(mode=found.st_mode & 0o777)
    os.chown(folder, found.st_uid, found.st_gid)
    assert found.st_uid == USER
    return folder


def healthy(box: Container):
    """Run the health check of the image up to 20 times, until it succeeds; return its output."""
    for _ in range(20):
        if box.has_ended:
            pytest.fail(box.ended()[1])
        done = box.run(*HEALTHCHECK)
        if done.returncode == 0:
            return done.stdout
    return done.stdout + done.stderr


def test_the_image_serves_another_container(image, volume, tmp_path):
    assert 'user: "1000"' in COMPOSE
    [command] = re.findall(r"command: sh -c '(.*) && npm test'", COMPOSE)
    assert re.findall(r"shared:/shared(:ro)?]", COMPOSE) == ["", ":ro"]
    network = Network("fakedropbox", "tests")
    program = tmp_path / "volume" / "test_report.py"
    more = f"{PROGRAM}\n\ntest_the_report_is_found()\n{BY_PROXY}"
    program.write_text(f"{more}\nprint('passed')\n")
    with container(
        image, volume, *ENTRYPOINT, network=network, name="fakedropbox", user=USER
    ) as server:
        assert healthy(server) == "https://fakedropbox:8443\n"
        owners = {path.name: path.stat() for path in [volume / "env", volume / "ca/ca-key.pem"]}
        assert {each.st_uid for each in owners.values()} == {USER}
        assert {each.st_mode & 0o777 for each in owners.values()} == {0o600}
        here = ["sh", "-c", f"{command} && python /shared/test_report.py"]
        with container(
            image, volume, *here, network=network, name="tests", user=1000, reads=True
        ) as tests:
            assert tests.ended() == (0, "passed\n")
        log = server.run("sh", "-c", "cat /proc/1/cmdline | tr '\\0' ' '").stdout
        assert " serve --host 0.0.0.0 " in log
        server.signal(signal.SIGTERM)
        status, output = server.ended()
    assert status == 0
    assert "route=files/get_metadata path=/report.txt outcome=ok" in output
    assert not (volume / "env").exists()


def test_a_request_under_another_host_name_is_refused(image, volume):
    network = Network("fakedropbox", "tests")
    code = """
import requests, ssl, socket
context = ssl.create_default_context(cafile="/shared/ca/ca.pem")
for host in ("fakedropbox:8443", "evil.example", "10.93.0.2:8443"):
    with socket.create_connection(("fakedropbox", 8443), 30) as raw:
        with context.wrap_socket(raw, server_hostname="fakedropbox") as tls:
            head = f"POST /_fake/tree HTTP/1.1\\r\\nHost: {host}\\r\\nConnection: close\\r\\n\\r\\n"
            tls.sendall(head.encode())
            print(tls.recv(99).split()[1].decode())
"""
    with container(
        image, volume, *ENTRYPOINT, network=network, name="fakedropbox", user=USER
    ) as server:
        healthy(server)
        with container(
            image, volume, "python", "-c", code, network=network, name="tests", reads=True
        ) as tests:
            assert tests.ended() == (0, "401\n421\n421\n")


def test_the_first_process_ends_at_sigterm_also_while_it_starts(image, volume):
    """A process with the number 1 ignores every signal for which it has no handler."""
    with container(image, volume, *ENTRYPOINT, user=USER) as server:
        while b"serve" not in Path(f"/proc/{server.first}/cmdline").read_bytes():
            time.sleep(0.01)
        while not server.has_ended:
            with suppress(IndexError, ProcessLookupError):  # it has just ended
                server.signal(signal.SIGTERM)  # repeatedly, because Python starts without a handler
            time.sleep(0.05)
        status, _ = server.ended()
    assert status == 128 + signal.SIGTERM
    assert not (volume / "env").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_server_leaves_nothing_behind(image, volume, number):
    with container(image, volume, *ENTRYPOINT, user=USER) as server:
        healthy(server)
        server.signal(number)
        assert server.ended()[0] == 0
    assert sorted(each.name for each in volume.iterdir()) == ["ca"]


def test_clients_trust_the_server_after_a_restart(image, volume):
    trusted = []
    for _ in range(2):
        with container(image, volume, *ENTRYPOINT, user=USER) as server:
            healthy(server)
            trusted.append((volume / "ca/ca.pem").read_bytes())
    assert trusted[0] == trusted[1]


def test_the_error_for_a_volume_of_another_user_names_it(image, tmp_path):
    volume = tmp_path / "foreign"
    volume.mkdir(mode=0o755)
    with container(image, volume, *ENTRYPOINT, user=USER) as server:
        status, output = server.ended()
    assert status == 1
    assert "--env-file: expected a file that can be written, in an existing folder" in output or (
        "--ca-dir: expected a directory that can be read and written" in output
    )
    assert "/shared" in output
    assert "Permission denied" in output
    assert list(volume.iterdir()) == []


def test_the_error_for_a_missing_temporary_directory_names_it(image, volume):
    with container(image, volume, *ENTRYPOINT, user=USER, has_tmp=False) as server:
        status, output = server.ended()
    assert status == 1
    assert "temporary directory" in output
