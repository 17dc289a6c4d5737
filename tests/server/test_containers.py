"""Tests of the options for containers and for programs in other languages."""

import errno
import json
import os
import re
import signal
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner
from tests.support.commands import CLEAN, PROGRAM, ask, serving
from tests.support.plain_http import Http, connected, read_head, rest
from tests.support.project import ROOT

from fakedropbox import FakeDropboxService
from fakedropbox.cli import main
from fakedropbox.control import Control
from fakedropbox.server import launch
from fakedropbox.server.launch import Options, launched
from fakedropbox.server.running import Server, Settings
from fakedropbox.server.time_outs import TimeOuts

HEALTH = "/_fake/health"
_TWO = "export FAKEDROPBOX_URL=https://localhost:1\nexport FAKEDROPBOX_CONTROL_TOKEN=x\n"


def served(**settings):
    return Server(FakeDropboxService(), settings=Settings(**settings))


def control_of(server):
    return Control(server.url, server.control_token, server.ca_file)


class TestHostname:
    def test_the_urls_the_proxy_and_the_certificate_have_the_name(self):
        with served(hostnames=("Fake-Dropbox", "second.internal", "10.1.2.3")) as server:
            port = server.url.rpartition(":")[2]
            assert server.url == f"https://fake-dropbox:{port}"
            assert re.fullmatch(r"http://fake-dropbox:\d+", server.environ["HTTPS_PROXY"])
            assert server.environ["FAKEDROPBOX_URL"] == server.url
            assert server.environ["DROPBOX_API_HOST"] == f"fake-dropbox:{port}"
            assert server.environ["NO_PROXY"] == "localhost,127.0.0.1,::1,fake-dropbox"
            assert "https.proxyHost=fake-dropbox" in server.environ["JAVA_TOOL_OPTIONS"]
            for name in ("fake-dropbox", "second.internal", "10.1.2.3", "localhost"):
                assert self._verified(server, name).startswith("HTTP/1.1 401 ")

    @pytest.mark.parametrize("name", ["fake_dropbox", "ab--cd", "xn--a", "_"])
    def test_the_certificate_has_names_that_are_not_those_of_the_internet(self, name):
        """Compose makes a name with an underscore of the name of a service."""
        with served(hostnames=(name,)) as server:
            assert self._verified(server, name).startswith("HTTP/1.1 401 ")

    @pytest.mark.parametrize(
        ("name", "is_in_the_certificate"),
        [("My_Machine", True), ("my machine", False), ("", False)],
    )
    def test_the_own_name_of_the_machine_stops_no_server(
        self, name, is_in_the_certificate, monkeypatch
    ):
        monkeypatch.setattr(socket, "gethostname", lambda: name)
        with Server(FakeDropboxService(), allow_remote=True) as server:
            assert self._verified(server, "localhost").startswith("HTTP/1.1 401 ")
            if is_in_the_certificate:
                assert self._verified(server, name).startswith("HTTP/1.1 401 ")

    def _verified(self, server, name):
        """Return the head of a response that is received after a check of the server's name."""
        port = int(server.url.rpartition(":")[2])
        context = ssl.create_default_context(cafile=server.ca_file)
        with (
            socket.create_connection(("127.0.0.1", port), timeout=30) as raw,
            context.wrap_socket(raw, server_hostname=name) as tls,
        ):
            tls.sendall(f"POST /_fake/tree HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
            return read_head(tls)

    @pytest.mark.parametrize("name", ["", "a b", "a:80", "https://a", "-a", "a..b", "x" * 254])
    def test_a_text_that_is_not_a_host_name_is_refused(self, name):
        done = CliRunner().invoke(main, ["serve", f"--hostname={name}"])
        assert done.exit_code == 1
        assert (
            f"--hostname: expected the name or the address of a host, without a port, got {name!r}"
            in done.output
        )


class TestCaDir:
    def test_clients_trust_the_certificate_of_the_next_run(self, tmp_path):
        directory = tmp_path / "a" / "ca"
        with served(ca_dir=directory) as server:
            assert server.ca_file == directory / "ca.pem"
            assert server.environ["JAVA_TOOL_OPTIONS"].startswith(
                f"-Djavax.net.ssl.trustStore={directory / 'ca.p12'}"
            )
            trusted, java = server.ca_file.read_bytes(), (directory / "ca.p12").read_bytes()
        copy = tmp_path / "copy.pem"
        copy.write_bytes(trusted)
        with served(ca_dir=directory) as server:
            assert requests.get(f"{server.url}{HEALTH}", verify=str(copy), timeout=30).ok
        assert ((directory / "ca.pem").read_bytes(), (directory / "ca.p12").read_bytes()) == (
            trusted,
            java,
        )
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
        assert modes["ca-key.pem"] == 0o600
        assert modes.keys() == {"ca.pem", "ca.p12", "ca-key.pem"}
        assert b"PRIVATE" not in trusted

    def test_the_variables_name_the_certificate_for_clients_in_any_directory(
        self, tmp_path, monkeypatch
    ):
        monkeypatch.chdir(tmp_path)
        with served(ca_dir=Path("ca")) as server:
            assert server.environ["SSL_CERT_FILE"] == str(tmp_path / "ca/ca.pem")
            assert f"trustStore={tmp_path / 'ca/ca.p12'} " in server.environ["JAVA_TOOL_OPTIONS"]

    @pytest.mark.parametrize("there", ["ca.pem", "ca-key.pem"])
    def test_a_directory_with_a_key_or_a_certificate_alone_is_refused_and_kept(
        self, tmp_path, there
    ):
        (tmp_path / there).write_text("mine")
        done = CliRunner().invoke(main, ["serve", "--ca-dir", str(tmp_path)])
        assert done.exit_code == 1
        assert f"--ca-dir: expected ca.pem and ca-key.pem in {tmp_path}" in done.output
        assert f"got {there} only; use another directory" in done.output
        assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [(there, "mine")]

    def test_files_that_are_not_certificates_are_refused(self, tmp_path):
        for name in ("ca.pem", "ca-key.pem"):
            (tmp_path / name).write_text("mine")
        done = CliRunner().invoke(main, ["serve", "--ca-dir", str(tmp_path)])
        assert done.exit_code == 1
        assert "--ca-dir: expected the certificate and key of an authority in" in done.output
        assert (tmp_path / "ca.pem").read_text() == "mine"

    def test_a_directory_that_cannot_be_made_is_reported(self, tmp_path):
        (tmp_path / "file").touch()
        done = CliRunner().invoke(main, ["serve", "--ca-dir", str(tmp_path / "file" / "ca")])
        assert done.exit_code == 1
        assert "--ca-dir: expected a directory that can be read and written, got" in done.output

    def test_a_dangling_link_is_not_written_through(self, tmp_path):
        target = tmp_path / "elsewhere"
        directory = tmp_path / "ca"
        directory.mkdir()
        (directory / "ca.pem").symlink_to(target)
        with pytest.raises(ValueError, match=r"got ca\.pem only"):
            served(ca_dir=directory)
        assert not target.exists()


class TestControlTokenFile:
    def test_a_new_token_is_written_and_then_used_again(self, tmp_path):
        file = tmp_path / "token"
        options = Options(control_token_file=file)
        for _ in range(2):
            with launched(options, FakeDropboxService) as server:
                assert file.read_text() == f"{server.control_token}\n"
                assert control_of(server).tree() == "/"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def test_a_token_that_the_user_has_written_is_used(self, tmp_path):
        file = tmp_path / "token"
        file.write_text("  a-token-of-our-own \n")
        with launched(Options(control_token_file=file), FakeDropboxService) as server:
            assert server.control_token == "a-token-of-our-own"
        assert file.read_text() == "  a-token-of-our-own \n"

    @pytest.mark.parametrize(
        "text", ["", "short", "with a blank in it", "n\u00f6t-ascii-at-all-here"]
    )
    def test_a_file_without_a_valid_token_is_refused(self, tmp_path, text):
        file = tmp_path / "token"
        file.write_text(text, "utf-8")
        done = CliRunner().invoke(main, ["serve", "--control-token-file", str(file)])
        assert done.exit_code == 1
        assert "--control-token-file: expected a file with a token of 16 or more" in done.output
        assert not text or text not in done.output
        assert file.read_text("utf-8") == text

    def test_a_special_file_and_a_missing_directory_are_refused(self, tmp_path):
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        with (
            pytest.raises(ValueError, match="control_token_file: expected a regular file, got"),
            launched(Options(control_token_file=pipe), FakeDropboxService),
        ):
            pass
        missing = ["serve", "--control-token-file", str(tmp_path / "no" / "file")]
        done = CliRunner().invoke(main, missing)
        assert "--control-token-file: expected a file that can be written" in done.output


class TestHealth:
    def test_a_request_for_health_needs_no_token(self, dropbox_server):
        reply = requests.get(
            f"{dropbox_server.url}{HEALTH}", verify=str(dropbox_server.ca_file), timeout=30
        )
        assert (reply.status_code, reply.json()["status"]) == (200, "ok")
        assert reply.json().keys() == {"status", "version"}
        assert list(dropbox_server.service.calls) == []

    def test_a_request_for_health_may_use_any_host(self, http):
        assert http.send(HEALTH, method="GET", headers={"Host": "10.1.2.3:8443"}).ok

    def test_only_get_and_head_are_answered(self, http):
        assert http.send(HEALTH, method="HEAD").status_code == 200
        assert http.send(HEALTH, method="POST").status_code == 401  # taken for an operation


class TestReady:
    def test_the_url_is_written_to_the_descriptor_which_is_then_closed(self, tmp_path):
        reader, writer = os.pipe()
        command = [*PROGRAM, "serve", "--ready-fd", str(writer)]
        env = {**CLEAN, "TMPDIR": str(tmp_path)}
        process = subprocess.Popen(  # noqa: S603 -- this very interpreter
            command, pass_fds=[writer], stdout=subprocess.PIPE, text=True, env=env
        )
        os.close(writer)
        try:
            with open(reader) as ready:  # noqa: PTH123 -- it opens a file descriptor
                url = ready.read()  # it returns when the server closes the descriptor
            assert re.fullmatch(r"https://127\.0\.0\.1:\d+\n", url)
            socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 30).close()
        finally:
            process.terminate()
            output = process.communicate(timeout=30)[0]
        assert f"url: {url}" in output

    def test_a_descriptor_that_is_not_open_is_refused(self):
        done = CliRunner().invoke(main, ["serve", "--ready-fd", "97"])
        assert done.exit_code == 2
        assert "--ready-fd: expected the number of an open file descriptor, got 97" in done.output


class TestSignals:
    def test_a_signal_ends_the_program_also_while_it_starts(self, monkeypatch):
        @contextmanager
        def slow(*_):
            os.kill(os.getpid(), signal.SIGTERM)
            yield pytest.fail("the signal did not end the start")

        monkeypatch.setattr(launch, "launched", slow)
        before = signal.getsignal(signal.SIGTERM)
        try:
            done = CliRunner().invoke(main, ["serve"])
        finally:
            signal.signal(signal.SIGTERM, before)
        assert (done.exit_code, done.output) == (128 + signal.SIGTERM, "")

    def test_the_program_ends_without_a_last_garbage_collection(self):
        code = (
            "import atexit, gc\n"
            "atexit.register(lambda: print(gc.get_freeze_count() > 10_000))\n"
            "from fakedropbox.cli import main\n"
            "main(['run', '--', 'true'])\n"
        )
        done = subprocess.run(  # noqa: S603 -- the program under test
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert done.stdout == "True\n"


class TestEnvironment:
    def test_serve_without_env_file_writes_a_private_temporary_file(self, tmp_path):
        env = {**CLEAN, "TMPDIR": str(tmp_path)}
        process = subprocess.Popen(  # noqa: S603 -- this very interpreter
            [*PROGRAM, "serve"], stdout=subprocess.PIPE, text=True, env=env
        )
        try:
            lines = dict(process.stdout.readline().rstrip("\n").split(": ", 1) for _ in range(5))
            file = Path(lines["environment"])
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            script = f". {file} && printf %s $FAKEDROPBOX_CONTROL_TOKEN"
            token = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)  # noqa: S603, S607 -- any shell
            assert token.stdout
            assert token.stdout not in str(lines)
        finally:
            process.terminate()
            process.communicate(timeout=30)
        assert list(tmp_path.iterdir()) == []

    def test_run_gives_the_variables_of_serve(self, tmp_path):
        code = "import json, os; print(json.dumps(dict(os.environ)))"
        command = [*PROGRAM, "run", "--", sys.executable, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=CLEAN)  # noqa: S603 -- this very interpreter
        with serving(tmp_path) as (_, environ):
            assert environ.keys() <= json.loads(done.stdout).keys()

    def test_tokens_are_random_without_a_seed(self, tmp_path):
        seed = tmp_path / "seed.toml"
        seed.write_text("", "utf-8")

        def token(**options):
            with launched(Options(**options), FakeDropboxService) as server:
                return server.service.login.access_token

        for options in ({}, {"seed_file": seed}):
            tokens = {token(**options), token(**options), FakeDropboxService().login.access_token}
            assert len(tokens) == 3
        known = FakeDropboxService(5).login.access_token
        assert token(seed=5) == token(seed=5, seed_file=seed) == known
        seed.write_text("chance = 5", "utf-8")
        assert token(seed_file=seed) == known
        state = tmp_path / "state"
        assert token(state=state) == token(state=state)


class TestWait:
    def test_wait_lasts_until_the_file_and_the_server_are_there(self, tmp_path):
        """Start `wait` before the server, with an environment file of an earlier server."""
        file = tmp_path / "env.json"
        stale = {"FAKEDROPBOX_URL": "https://127.0.0.1:9", "FAKEDROPBOX_CONTROL_TOKEN": "x"}
        file.write_text(json.dumps({**stale, "FAKEDROPBOX_CA_FILE": str(tmp_path / "none")}))
        command = [*PROGRAM, "wait", "--env-file", str(file)]
        waiting = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=CLEAN)  # noqa: S603 -- this very interpreter
        with serving(tmp_path) as (_, environ):
            output = waiting.communicate(timeout=30)[0]
        assert (waiting.returncode, output) == (0, f"{environ['FAKEDROPBOX_URL']}\n")

    def test_the_token_of_an_earlier_server_at_the_same_address_is_not_accepted(
        self, tmp_path, dropbox_server
    ):
        file = tmp_path / "env"
        stale = {**dropbox_server.environ, "FAKEDROPBOX_CONTROL_TOKEN": "earlier"}
        for environ, code, text in (
            (stale, 1, "no server after 0.01 seconds: the control token is missing or wrong"),
            (dropbox_server.environ, 0, dropbox_server.url),
        ):
            file.write_text("".join(f"export {k}='{v}'\n" for k, v in environ.items()))
            done = CliRunner().invoke(main, ["wait", "--env-file", str(file), "--timeout", "0.01"])
            assert (done.exit_code, text in done.output) == (code, True), done.output

    def test_the_environment_variables_of_the_process_name_the_server(self, dropbox_server):
        done = CliRunner().invoke(main, ["wait"], env=dropbox_server.environ)
        assert done.output == f"{dropbox_server.url}\n"

    @pytest.mark.parametrize(
        ("name", "text", "reason"),
        [
            ("env", None, "No such file"),
            ("env", "", "has no FAKEDROPBOX_URL"),
            ("env", f"{_TWO}export FAKEDROPBOX_CA_FILE=", "has no FAKEDROPBOX_CA_FILE"),
            ("env.json", '{"FAKEDROPBOX_URL": ""}', "has no FAKEDROPBOX_URL"),
            ("env.json", "[]", "env_file: expected a JSON object in"),
            ("env.json", "{", "Expecting property name"),
        ],
    )
    def test_a_wait_that_fails_reports_the_last_reason(self, tmp_path, name, text, reason):
        file = tmp_path / name
        if text is not None:
            file.write_text(text)
        done = CliRunner().invoke(main, ["wait", "--env-file", str(file), "--timeout", "0.01"])
        assert done.exit_code == 1
        assert reason in done.output


class TestLog:
    def test_each_call_has_one_line_without_secrets(self):
        lines = []
        with launched(Options(log=lines.append), FakeDropboxService) as server:
            http = Http(server)
            http.upload({"path": "/a b\n\u202e\x1b[31m"}, b"abc")
            server.service.faults.rate_limit("files/get_metadata")
            for _ in range(2):
                http.rpc("files/get_metadata", {"path": "/none"})
            control_of(server).reset()  # this does not remove the lines written so far
            http.send("/oauth2/token", "grant_type=refresh_token&refresh_token=secret-of-mine")
        login = server.service.login
        who = f"account=owner@example.com app={login.app_key}"
        hostile = r"/a b\n\u202e\u001b[31m"
        more = "size=3 fact=F3.2-09"
        fault = "fault=rate_limit('files/get_metadata') fact=F1.5-07"
        shown = [re.sub(r"^time=[0-9T:.+-]+ call=", "", line) for line in lines]
        assert shown[:3] == [
            rf'1 route=files/upload path="{hostile}" outcome=path/malformed_path {who} {more}',
            f"2 route=files/get_metadata path=/none outcome=too_many_requests {who} {fault}",
            f"3 route=files/get_metadata path=/none outcome=path/not_found {who} fact=F10-01",
        ]
        assert shown[3].startswith("1 route=oauth2/token outcome=")
        for secret in (login.access_token, login.refresh_token, "secret-of-mine"):
            assert secret not in "".join(lines)

    def test_run_writes_the_log_to_standard_error(self):
        code = (
            "import requests, os\n"
            "url = os.environ['FAKEDROPBOX_URL'] + '/2/users/get_current_account'\n"
            "requests.post(url, verify=os.environ['SSL_CERT_FILE'])"
        )
        command = [*PROGRAM, "run", "--log", "--", sys.executable, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=CLEAN)  # noqa: S603 -- this very interpreter
        (line,) = done.stderr.splitlines()
        assert re.match(r"time=\S+ call=1 route=users/get_current_account outcome=", line)

    def test_a_call_succeeds_though_the_log_cannot_be_written(self):
        def full(line):
            raise OSError(errno.ENOSPC, "No space left on device", line)

        with launched(Options(log=full), FakeDropboxService) as server:
            assert Http(server).upload({"path": "/a"}, b"abc").status_code == 200
            hosted = server.operate("services/create", {})
            assert ask(hosted.environ, "get_metadata", {"path": "/a"}).status_code == 409
            assert server.service.files == {"/a": b"abc"}

    def test_run_goes_on_though_nobody_reads_standard_error(self):
        code = (
            "import dropbox, os\n"
            "with dropbox.Dropbox(os.environ['DROPBOX_ACCESS_TOKEN']) as dbx:\n"
            "    for number in range(3):\n"
            "        print(dbx.files_upload(b'x', f'/{number}').path_display)\n"
            "raise SystemExit(7)"
        )
        command = [*PROGRAM, "run", "--log", "--", sys.executable, "-c", code]
        reading, writing = os.pipe()
        os.close(reading)
        try:
            done = subprocess.run(  # noqa: S603 -- this very interpreter
                command, stdout=subprocess.PIPE, stderr=writing, text=True, check=False, env=CLEAN
            )
        finally:
            os.close(writing)
        assert (done.returncode, done.stdout.split()) == (7, ["/0", "/1", "/2"])


class TestLimits:
    def test_a_body_of_200_mb_for_the_control_interface_is_refused(self, dropbox_server, http):
        http.authorization = {"Authorization": f"Bearer {dropbox_server.control_token}"}
        with connected(dropbox_server) as tls:
            head = f"POST /_fake/reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: {200 << 20}"
            tls.sendall(f"{head}\r\nExpect: 100-continue\r\n\r\n".encode())
            assert read_head(tls).startswith("HTTP/1.1 413 ")
        assert http.send("/_fake/reset", b"{}").status_code == 200

    def test_max_body_applies_to_all_requests_also_in_chunks(self):
        with served(max_body=1000) as server:
            http = Http(server)
            assert http.upload({"path": "/a"}, b"x" * 1000).status_code == 200
            for body in (b"x" * 1001, iter([b"x" * 600, b"x" * 600])):
                reply = http.upload({"path": "/b"}, body)
                assert (reply.status_code, reply.text) == (
                    413,
                    "fakedropbox: body: expected at most 1000 bytes; see --max-body\n",
                )
            http.authorization = {"Authorization": f"Bearer {server.control_token}"}
            assert http.send("/_fake/reset", b" " * 1001).status_code == 413
            assert http.send("/_fake/reset", iter([b"{}", b" " * 1001])).status_code == 413
            assert server.service.files.keys() == {"/a"}

    def test_max_body_and_the_time_outs_are_options(self):
        options = Options(max_body=10, header_timeout=1.5, idle_timeout=2.5)
        with launched(options, FakeDropboxService) as server:
            assert Http(server).upload({"path": "/a"}, b"x" * 11).status_code == 413
        for option in ("--max-body", "--header-timeout", "--idle-timeout"):
            done = CliRunner().invoke(main, ["serve", option, "0"])
            assert done.exit_code == 2
            assert option in done.output

    @pytest.mark.parametrize(
        ("sent", "time_outs"),
        [
            (b"", TimeOuts(header=0.2, idle=60)),
            (b"GET /_fake/hea", TimeOuts(header=0.2, idle=60)),
            (
                b"POST /2/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nab",
                TimeOuts(60, 0.2),
            ),
            (b"GET /_fake/health HTTP/1.1\r\nHost: localhost\r\n\r\n", TimeOuts(60, 0.2)),
            (
                b"GET /_fake/health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /_fake",
                TimeOuts(header=0.2, idle=60),
            ),
        ],
        ids=["nothing", "part of a head", "part of a body", "no further request", "second head"],
    )
    def test_a_connection_on_which_nothing_comes_is_closed(self, sent, time_outs):
        with served(time_outs=time_outs) as server, connected(server) as tls:
            tls.sendall(sent)
            rest(tls)  # it returns when the server closes the connection

    def test_further_bytes_of_a_head_do_not_extend_the_time_out(self):
        with served(time_outs=TimeOuts(header=0.3, idle=60)) as server, connected(server) as tls:
            tls.settimeout(0.02)
            for _ in range(1000):
                with suppress(TimeoutError):
                    tls.sendall(b"G")
                    if not tls.recv(1):
                        return
        pytest.fail("the server waited for the head as long as bytes arrived")

    def test_the_proxy_closes_a_connection_without_a_request(self):
        with (
            served(time_outs=TimeOuts(header=0.2, idle=60)) as server,
            socket.create_connection(server.proxy_address, timeout=30) as raw,
        ):
            raw.sendall(b"CONNECT api.drop")
            assert raw.recv(1) == b""

    def test_a_long_poll_is_not_idle(self):
        """Check that the time-outs concern the client only, not the time that the server takes."""
        service = FakeDropboxService()
        with Server(service, settings=Settings(time_outs=TimeOuts(0.2, 0.2))) as server:
            http = Http(server)
            cursor = http.rpc("files/list_folder", {"path": ""}).json()["cursor"]
            service.faults.slow("files/list_folder/longpoll", 0)
            http.authorization = {}
            reply = http.rpc("files/list_folder/longpoll", {"cursor": cursor})
            assert reply.json() == {"changes": False}

    @pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system has no /proc")
    @pytest.mark.parametrize(
        ("number", "megabytes"), [(60, 20), pytest.param(300, 100, marks=pytest.mark.campaign)]
    )
    def test_idle_connections_cost_little_memory(self, tmp_path, number, megabytes):
        with serving(tmp_path) as (process, environ):
            ask(environ, "get_metadata", {"path": "/a"})
            before = resident(process)
            context = ssl.create_default_context(cafile=environ["SSL_CERT_FILE"])
            host, _, port = environ["DROPBOX_API_HOST"].partition(":")
            opened = [
                context.wrap_socket(
                    socket.create_connection((host, int(port)), 60), server_hostname="localhost"
                )
                for _ in range(number)
            ]
            grown = resident(process) - before
            for each in opened:
                each.close()
            assert ask(environ, "get_metadata", {"path": "/a"}).status_code == 409
        assert grown < megabytes * 1e6


def resident(process):
    """Return the memory that a process uses, in bytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


class TestFolder:
    @pytest.fixture(autouse=True)
    def _temporary(self, tmp_path, monkeypatch):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def test_the_folder_of_a_killed_server_is_removed_at_the_next_start(self, tmp_path):
        with serving(tmp_path) as (process, _):
            (left,) = tmp_path.glob("fakedropbox-server-*")
            with served():
                assert left.exists()  # because its server is running
                assert len(list(tmp_path.glob("fakedropbox-server-*"))) == 2
            process.kill()
            process.wait(30)
        assert left.exists()
        with served() as server:
            assert not left.exists()
            assert server.ca_file.parent in tmp_path.iterdir()
        assert list(tmp_path.glob("fakedropbox-server-*")) == []

    def test_files_and_folders_of_other_programs_are_kept(self, tmp_path):
        other = tmp_path / "other"
        other.mkdir()
        for path in (other, tmp_path / "fakedropbox-server-without-lock"):
            path.mkdir(exist_ok=True)
            (path / "kept").touch()
        (other / ".lock").touch()
        (tmp_path / "fakedropbox-server-link").symlink_to(other)
        (tmp_path / "fakedropbox-server-file").touch()
        linked = tmp_path / "fakedropbox-server-linked"
        linked.mkdir()
        (linked / ".lock").symlink_to(other / ".lock")
        before = sorted(tmp_path.rglob("*"))
        with served():
            pass
        assert sorted(tmp_path.rglob("*")) == before


class TestOwnSite:
    @pytest.mark.parametrize("host", ["evil.example", "api.dropboxapi.com", "localhost.evil.org"])
    def test_a_request_for_another_host_is_refused(self, dropbox_server, http, host):
        http.authorization = {"Authorization": f"Bearer {dropbox_server.control_token}"}
        reply = http.send("/_fake/reset", b"{}", {"Host": host})
        assert reply.status_code == 421
        assert "expected a name of this server" in reply.text

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:3000"])
    def test_a_request_from_another_origin_is_refused(self, dropbox_server, http, origin):
        http.authorization = {"Authorization": f"Bearer {dropbox_server.control_token}"}
        preflight = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        for method, headers in (("POST", {"Origin": origin}), ("OPTIONS", preflight)):
            reply = http.send("/_fake/reset", b"{}", headers, method)
            assert reply.status_code == 403
            assert "Access-Control-Allow-Origin" not in reply.headers

    def test_the_servers_own_origin_and_an_allowed_one_are_admitted(self):
        with launched(
            Options(allow_origin=["http://localhost:3000"]), FakeDropboxService
        ) as server:
            http = Http(server)
            http.authorization = {"Authorization": f"Bearer {server.control_token}"}
            reply = http.send("/_fake/tree", b"{}", {"Origin": server.url})
            assert reply.status_code == 200
            assert "Access-Control-Allow-Origin" not in reply.headers
            allowed = {"Origin": "http://localhost:3000"}
            reply = http.send("/_fake/tree", b"{}", allowed)
            assert reply.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
            asked = {
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization",
            }
            reply = http.send("/_fake/tree", headers={**allowed, **asked}, method="OPTIONS")
            assert reply.status_code == 200
            other = http.send("/_fake/tree", b"{}", {"Origin": "http://localhost:3001"})
            assert other.status_code == 403


def test_the_command_of_the_dockerfile_in_the_documents_serves(tmp_path):
    text = (ROOT / "docs/how-to/containers.md").read_text("utf-8")
    health, command = (
        json.loads(re.search(rf"^{word} (\[.*\])$", text, re.MULTILINE).group(1))
        for word in ("HEALTHCHECK .* CMD", "ENTRYPOINT")
    )

    def here(words):
        """Return the arguments for this machine: its directory, a free port, a known host name."""
        changed = {"8443": "0", "fakedropbox": "localhost"}
        return [changed.get(word, word.replace("/shared", str(tmp_path))) for word in words[1:]]

    process = subprocess.Popen(  # noqa: S603 -- this very interpreter
        [*PROGRAM, *here(command)],
        stdout=subprocess.DEVNULL,
        env={**CLEAN, "TMPDIR": str(tmp_path)},
    )
    try:
        arguments = here(health)
        arguments[-1] = "30"  # the server may start slowly
        found = subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, check=True)  # noqa: S603 -- this very interpreter
        assert found.stdout.startswith("https://localhost:")
    finally:
        process.terminate()
        process.wait(30)
