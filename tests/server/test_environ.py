"""Tests of the environment variables for clients, and of the file that holds them."""

import json
import shlex
import stat
import subprocess

import pytest
from click.testing import CliRunner

from fakedropbox import FakeDropboxService
from fakedropbox.cli import main
from fakedropbox.server.environ import EnvFile


def test_environ_has_the_variables_of_common_clients(dropbox_server, dropbox_service):
    found = dropbox_server.environ
    login = dropbox_service.login
    here = dropbox_server.url.removeprefix("https://")
    for name in ("API", "API_CONTENT", "API_NOTIFY", "WEB"):
        assert found[f"DROPBOX_{name}_HOST"] == here
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"):
        assert found[name] == str(dropbox_server.ca_file)
    assert found["HTTPS_PROXY"] == found["https_proxy"] == dropbox_server.proxy_url
    assert found["DROPBOX_APP_KEY"] == login.app_key
    assert found["DROPBOX_APP_SECRET"] == login.app_secret
    assert found["DROPBOX_REFRESH_TOKEN"] == login.refresh_token
    assert found["DROPBOX_ACCESS_TOKEN"] == login.access_token
    assert found["FAKEDROPBOX_CONTROL_TOKEN"] == dropbox_server.control_token
    java = dict(word[2:].split("=") for word in found["JAVA_TOOL_OPTIONS"].split())
    assert java["javax.net.ssl.trustStore"].endswith(".p12")
    assert f"http://{java['https.proxyHost']}:{java['https.proxyPort']}" == dropbox_server.proxy_url


def test_private_keys_are_not_written_to_files(dropbox_server):
    directory = dropbox_server.ca_file.parent
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert sorted(path.name for path in directory.iterdir()) == [".lock", "ca.p12", "ca.pem"]
    assert b"PRIVATE" not in dropbox_server.ca_file.read_bytes()


NAMES = ("FAKEDROPBOX_URL", "FAKEDROPBOX_CONTROL_TOKEN", "DROPBOX_APP_KEY")
VALUES = dict(zip(NAMES, ("plain", 'it\'s "$HOME" `x`\\', ""), strict=True))


@pytest.fixture(params=["env", "env.json"])
def path(request, tmp_path):
    return tmp_path / request.param


def read(path):
    """Return the values of `NAMES` that a program finds in an environment file."""
    if path.suffix == ".json":
        return json.loads(path.read_text())
    shown = "|".join(f"${name}" for name in NAMES)
    script = f'. {shlex.quote(str(path))} && printf "%s" "{shown}"'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)  # noqa: S603, S607 -- any shell
    return dict(zip(NAMES, done.stdout.split("|"), strict=True))


def test_an_env_file_is_written_for_a_shell_or_as_json_and_removed_at_the_end(path):
    with EnvFile(path).written(VALUES):
        assert read(path) == VALUES
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert list(path.parent.iterdir()) == []


def test_an_empty_env_file_is_written_in_place_and_left_empty(path):
    path.touch(0o644)
    inode = path.stat().st_ino
    with EnvFile(path).written(VALUES):
        assert read(path) == VALUES
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_ino == inode
    assert path.read_bytes() == b""


def test_the_env_file_of_a_killed_server_is_used_again(path):
    with EnvFile(path).written({**VALUES, "DROPBOX_APP_KEY": "of before" * 100}):
        left = path.read_bytes()
    path.write_bytes(left)
    file = EnvFile(path)
    assert path.read_bytes() == left
    file.empty()
    assert path.read_bytes() == b""
    with file.written(VALUES):
        assert read(path) == VALUES


def test_an_env_file_that_another_server_has_overwritten_is_kept(path):
    with EnvFile(path).written(VALUES):
        with EnvFile(path).written({**VALUES, "FAKEDROPBOX_URL": "another"}):
            other = path.read_bytes()
        path.write_bytes(other)
    assert path.read_bytes() == other


@pytest.mark.parametrize(
    "text",
    [
        "SECRET=of a project\n",
        "[]",
        '{"FAKEDROPBOX_URL": "x"}',
        json.dumps({**VALUES, "SECRET": "of a project"}),
    ],
)
def test_a_foreign_env_file_is_refused_and_kept(path, text):
    path.write_text(text)
    expected = "env_file: expected a file that fakedropbox wrote, an empty one or a new one, got"
    with pytest.raises(ValueError, match=expected):
        EnvFile(path)
    assert path.read_text() == text


@pytest.mark.parametrize("option", ["--env-file", "--state"])
def test_a_server_that_fails_to_start_leaves_all_files_as_they_were(option, path):
    """The option for a plan is wrong, which is found before either file is written."""
    with EnvFile(path).written(VALUES):
        left = path.read_bytes()
    before = {"--env-file": left, "--state": b""}[option]
    path.write_bytes(before)
    done = CliRunner().invoke(main, ["serve", option, str(path), "--plan", "gold"])
    assert "--plan: expected one of" in done.output
    assert path.read_bytes() == before


def test_a_server_that_finds_its_port_in_use_leaves_the_env_file_of_the_other_server(path):
    with EnvFile(path).written(VALUES), FakeDropboxService().serve() as server:
        port = server.url.rpartition(":")[2]
        done = CliRunner().invoke(main, ["serve", "--env-file", str(path), "--port", port])
        assert "Address already in use" in done.output
        assert read(path) == VALUES
