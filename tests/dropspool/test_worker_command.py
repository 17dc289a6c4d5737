"""Tests of `dropspool worker`: signals, options, credentials, and the lines of its log."""

import contextlib
import io
import logging
import os
import re
import signal
import subprocess
import sys
import textwrap
import time

import pytest
from click.testing import CliRunner
from tests.support.project import SRC
from tests.support.storages import FolderStorage

from dropspool._commands import worker as command
from dropspool._commands.exits import Exit
from dropspool.cli import main
from dropspool.testing.kit import check_at_rest, submit
from dropspool.worker import Event

LAB = """
    import pathlib
    import time

    def execute(job):
        pathlib.Path("entered").touch()
        while job.get("wait") and not pathlib.Path("go").exists():
            time.sleep(0.01)
        if "error" in job:
            raise ValueError(job["error"])
        if "runs" in job:
            runs = pathlib.Path("runs")
            runs.write_text(runs.read_text() + "x" if runs.exists() else "x")
            if len(runs.read_text()) < job["runs"]:
                raise ValueError("not yet")
        data = {"memory": ["0"]}
        return [{"header": job, "shots": 1, "success": True, "data": data}]

    nothing = None
"""


@pytest.fixture
def folder(tmp_path, backend_config):
    """A folder for jobs beside a module with an executor."""
    (tmp_path / "jobs").mkdir()
    (tmp_path / "lab.py").write_text(textwrap.dedent(LAB))
    storage = FolderStorage(tmp_path / "jobs")
    storage.provider().upload_config(backend_config, "fermions")
    return storage


def start(folder, *options):
    """Start the command on the folder."""
    return subprocess.Popen(  # noqa: S603 -- this very interpreter
        [
            *(sys.executable, "-c", "from dropspool.cli import main; main()", "worker"),
            *("--backend", "fermions=lab:execute", "--local", str(folder.base), *options),
        ],
        cwd=folder.base.parent,
        env={**os.environ, "PYTHONPATH": str(SRC)},
        stderr=subprocess.PIPE,
        text=True,
    )


def until(stream, text):
    """Return the lines of a stream up to the first one that contains ``text``."""
    lines = []
    while not lines or text not in lines[-1]:
        lines.append(stream.readline())
        assert lines[-1], lines
    return lines


def until_entered(folder):
    """Wait until the executor of a worker runs."""
    while not (folder.base.parent / "entered").exists():
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_worker_after_its_job(folder, number):
    provider = folder.provider()
    job_id = submit(provider, wait=True)
    waiting = submit(provider)
    worker = start(folder, "--poll", "0.1")
    banner = worker.stderr.readline()
    assert banner == "serving fermions=lab:execute; Ctrl-C ends after the job\n"
    until_entered(folder)
    worker.send_signal(number)
    assert worker.stderr.readline() == f"finishing job {job_id}, again to abort\n"
    (folder.base.parent / "go").touch()
    _, rest = worker.communicate(timeout=30)
    assert re.fullmatch(rf"[-\d]+ [:,\d]+ {job_id}: DONE in \d+\.\d s\n", rest)
    assert worker.returncode == 0
    jobs = check_at_rest(folder.files)
    assert jobs[waiting].places == ["Queued_Jobs"]


def test_a_second_signal_aborts_the_job(folder):
    job_id = submit(folder.provider(), wait=True)
    worker = start(folder)
    worker.stderr.readline()
    until_entered(folder)
    worker.send_signal(signal.SIGINT)
    until(worker.stderr, "again to abort")
    worker.send_signal(signal.SIGINT)
    assert worker.stderr.readline() == f"aborting job {job_id}, which waits again\n"
    worker.communicate(timeout=30)
    assert worker.returncode == Exit.ABORTED


def test_a_signal_ends_an_idle_worker_before_its_next_poll(folder):
    worker = start(folder, "--poll", "30")
    worker.stderr.readline()
    worker.send_signal(signal.SIGTERM)
    assert worker.communicate(timeout=20)[1] == "ending\n"
    assert worker.returncode == 0


def test_many_options_are_accepted_and_once_retries_and_log_level_take_effect(folder):
    provider = folder.provider()
    job_id = submit(provider, runs=2)
    worker = start(
        folder,
        *("--once", "--retries", "1", "--backoff", "0", "--subprocess", "--job-timeout", "20"),
        *("--lease", "77", "--worker-id", "rack-1", "--attempts", "2", "--log-level", "warning"),
    )
    _, lines = worker.communicate(timeout=60)
    assert worker.returncode == 0
    assert provider.get_status("fermions", "ada", job_id).status == "DONE"
    assert (folder.base.parent / "runs").read_text() == "xx"
    assert "DONE" not in lines


@pytest.fixture
def isolated_process(monkeypatch):
    """Keep the command from changing handlers, `sys.path` and logging of this process."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)


@pytest.mark.usefixtures("isolated_process")
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--local", "x"], "--backend"),
        (["--backend", "fermions=lab:execute"], "--local or --dropbox"),
        (["--backend", "a=lab:x", "--local", "x", "--dropbox"], "--local or --dropbox"),
        (["--backend", "a=math:sin", "--backend", "a=math:cos", "--local", "x"], "got 'a' twice"),
        (["--backend", "fermions", "--local", "x"], "NAME=MODULE:CALLABLE"),
        (["--backend", "fermions=lab:", "--local", "x"], "NAME=MODULE:CALLABLE"),
        (["--backend", "fermions=nolab:execute", "--local", "x"], "nolab"),
        (["--backend", "fermions=math:nothing", "--local", "x"], "nothing"),
        (["--backend", "fermions=math:pi", "--local", "x"], "expected a callable"),
        (["--backend", "fermions=math:sin", "--local", "missing/x"], "missing/x"),
    ],
)
def test_invalid_options_are_refused(arguments, text):
    ran = CliRunner().invoke(main, ["worker", *arguments])
    assert ran.exit_code != 0
    assert text in ran.output


@pytest.mark.usefixtures("isolated_process")
@pytest.mark.parametrize("place", ["environment", ".env"])
def test_credentials_are_read_from_the_environment_or_a_dotenv_file(
    tmp_path, monkeypatch, dropbox_active, dropbox_provider, backend_config, place
):
    monkeypatch.chdir(tmp_path)
    login = dropbox_active.login
    secrets = {
        "DROPBOX_APP_KEY": login.app_key,
        "DROPBOX_APP_SECRET": login.app_secret,
        "DROPBOX_REFRESH_TOKEN": login.refresh_token,
    }
    for name, value in secrets.items():
        monkeypatch.delenv(name, raising=False)
        if place == "environment":
            monkeypatch.setenv(name, value)
    if place == ".env":
        lines = [f"{name}={value}\n" for name, value in secrets.items()]
        (tmp_path / ".env").write_text("".join(lines))
    dropbox_provider.upload_config(backend_config, "fermions")
    job_id = submit(dropbox_provider)
    arguments = ["--backend", "fermions=math:sin", "--dropbox", "--once"]
    ran = CliRunner().invoke(main, ["worker", *arguments])
    assert ran.exit_code == 0, ran.output
    assert dropbox_provider.get_status("fermions", "ada", job_id).status == "ERROR"
    assert not any(secret in ran.output for secret in secrets.values())


def test_a_line_of_the_log_cannot_be_forged():
    formatter = command._Indented("%(message)s")
    record = logging.makeLogRecord({"msg": "%s", "args": ("a\nb \x1b[31m",)})
    assert formatter.format(record) == "a\n    b \\x1b[31m"


def test_a_signal_names_the_current_job_only_until_its_end(capfd):
    current = command._Current()
    for kind, job_id in (("taken", "one"), ("progress", "one"), ("recovered", "two")):
        current.note(Event(kind, None, "fermions", job_id))
    current.told(1)
    current.note(Event("done", None, "fermions", "one"))
    current.told(1)
    current.told(2)
    told = "finishing job one, again to abort\nending\naborting\n"
    assert capfd.readouterr().err == told


def test_a_signal_is_reported_if_standard_error_is_redirected_but_not_if_closed(capfd, monkeypatch):
    """An exception in the handler of the first signal would abort the job."""
    current = command._Current()
    with contextlib.redirect_stderr(io.StringIO()):
        current.told(1)
    assert capfd.readouterr().err == "ending\n"
    monkeypatch.setattr(command, "_STDERR", -1)
    current.told(1)
