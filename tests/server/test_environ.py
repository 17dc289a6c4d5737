"""Tests of the environment variables for clients, and of the file that holds them."""

import json
import shlex
import stat
import subprocess

import pytest

from fakedropbox.server.environ import write_env_file


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


@pytest.mark.parametrize("name", ["env", "env.json"])
def test_an_env_file_is_written_for_a_shell_or_as_json(tmp_path, name):
    path = tmp_path / name
    values = {"A": "plain", "B": 'it\'s "$HOME" `x`\\', "C": ""}
    path.write_text("of before")
    write_env_file(path, values)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [name]
    if name.endswith(".json"):
        assert json.loads(path.read_text()) == values
        return
    script = f'. {shlex.quote(str(path))} && printf "%s|%s|%s" "$A" "$B" "$C"'
    shown = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)  # noqa: S603, S607 -- any shell
    assert shown.stdout == "|".join(values.values())
