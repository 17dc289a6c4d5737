"""Tests of the commands `fakedropbox serve` and `fakedropbox run`, started as from a shell."""

import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner
from tests.support.commands import CLEAN, PROGRAM, ask, serving

from fakedropbox import FakeDropboxService, Personality
from fakedropbox.cli import main
from fakedropbox.server.launch import personality_of


def run(*arguments, **options):
    return subprocess.run(  # noqa: S603 -- this very interpreter
        [*PROGRAM, *arguments], capture_output=True, text=True, env=CLEAN, check=False, **options
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_runs_until_it_is_interrupted(tmp_path, number):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_bytes(b"hello")
    with serving(tmp_path, "--files", str(folder), "--seed", "7") as (process, environ):
        assert environ["DROPBOX_APP_KEY"] == FakeDropboxService(7).login.app_key
        assert ask(environ, "get_metadata", {"path": "/a.txt"}).json()["size"] == 5
        process.send_signal(number)
        output = process.communicate(timeout=30)[0]
        assert process.returncode == 0
    lines = dict(line.split(": ", 1) for line in output.splitlines())
    assert lines["url"] == environ["FAKEDROPBOX_URL"]
    assert lines["proxy"] == environ["HTTPS_PROXY"]
    assert lines["environment"] == str(tmp_path / "env.json")
    for secret in (
        "DROPBOX_ACCESS_TOKEN",
        "DROPBOX_REFRESH_TOKEN",
        "DROPBOX_APP_SECRET",
        "FAKEDROPBOX_CONTROL_TOKEN",
    ):
        assert environ[secret] not in output
    assert not (tmp_path / "env.json").exists()


def test_run_returns_the_exit_code_of_the_command(tmp_path):
    code = (
        "import dropbox, os, sys\n"
        "with dropbox.Dropbox(os.environ['DROPBOX_ACCESS_TOKEN']) as dbx:\n"
        "    print(dbx.files_upload(b'x', sys.argv[1]).path_display)\n"
        "sys.exit(7)\n"
    )
    completed = run(
        "run", "--app-folder", "Small", "--", sys.executable, "-c", code, "/from the SDK"
    )
    assert (completed.returncode, completed.stdout) == (7, "/from the SDK\n"), completed.stderr
    assert run("run", "--", sys.executable, "-c", "").returncode == 0
    killed = "import os; os.kill(os.getpid(), 9)"
    assert run("run", "--", sys.executable, "-c", killed).returncode == 137


def test_run_begins_with_a_seed_file(tmp_path):
    seed = tmp_path / "seed.toml"
    seed.write_text('chance = 6\n[files]\n"/a.txt" = "hello"\n', "utf-8")
    code = (
        "from fakedropbox.control import Control\n"
        "import os\n"
        "ctl = Control()\n"
        "ctl.seed_files({'/b': b''})\n"
        "ctl.reset(to='seed')\n"
        "print(ctl.files(), os.environ['DROPBOX_APP_KEY'])\n"
    )
    for options, number in (((), 6), (("--seed", "7"), 7)):
        done = run("run", "--seed-file", str(seed), *options, "--", sys.executable, "-c", code)
        key = FakeDropboxService(number).login.app_key
        assert done.stdout == f"{{'/a.txt': b'hello'}} {key}\n", done.stderr


def test_a_reset_to_the_seed_restores_the_seed_file_and_one_to_the_beginning_does_not(tmp_path):
    seed, folder = tmp_path / "seed.toml", tmp_path / "folder"
    seed.write_text('[files]\n"/seeded" = ""\n"/both" = "of the seed"\n', "utf-8")
    folder.mkdir()
    (folder / "both").write_bytes(b"of the folder")
    code = (
        "from fakedropbox.control import Control\n"
        "ctl = Control()\n"
        "states = [ctl.files()]\n"
        "ctl.seed_files({'/later': b''})\n"
        "for to in ('seed', 'beginning'):\n"
        "    ctl.reset(to=to)\n"
        "    states.append(ctl.files())\n"
        "print(*states, sep='\\n')\n"
    )
    options = ("--files", str(folder), "--seed-file", str(seed))
    done = run("run", *options, "--", sys.executable, "-c", code)
    with_the_seed, beginning = (
        "{'/both': b'of the seed', '/seeded': b''}",
        "{'/both': b'of the folder'}",
    )
    assert done.stdout.splitlines() == [with_the_seed, with_the_seed, beginning], done.stderr


def test_run_serves_an_account_on_the_given_plan():
    code = "from fakedropbox.control import Control; print(next(iter(Control().accounts))['plan'])"
    completed = run("run", "--plan", "pro", "--", sys.executable, "-c", code)
    assert completed.stdout == "pro\n", completed.stderr


def test_run_of_an_unknown_command_returns_127():
    completed = run("run", "--", "no-such-command")
    assert completed.returncode == 127
    assert completed.stderr == (
        "Error: command: expected a program that can be started, got no-such-command, which is not "
        "on the search path\n"
    )


def test_run_forwards_a_termination_to_the_command(tmp_path):
    started = tmp_path / "started"
    code = f"import pathlib, time; pathlib.Path({str(started)!r}).touch(); time.sleep(60)"
    command = [*PROGRAM, "run", "--", sys.executable, "-c", code]
    process = subprocess.Popen(command, env=CLEAN)  # noqa: S603 -- this very interpreter
    while not started.exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.terminate()
    assert process.wait(30) == 143


class TestBadOptions:
    @pytest.mark.parametrize(
        ("arguments", "reason"),
        [
            (["serve", "--host", "0.0.0.0"], "host: expected 127.0.0.1 or ::1 or localhost"),  # noqa: S104 -- it is refused
            (["serve", "--personality", "nonsense"], "personality: expected one of 'recorded'"),
            (
                ["serve", "--personality", "nonsense=1"],
                "expected a field of Personality such as ",
            ),
            (["serve", "--personality", "page_size=0"], "page_size: expected at least 1"),
            (
                ["serve", "--personality", "page_size=x"],
                "page_size: expected a whole number, got 'x'",
            ),
            (["serve", "--scopes", "nonsense"], "--scopes: expected one such as"),
            (["serve", "--app-folder", "a/b"], "--app-folder: expected the name of a folder"),
            (["run", "--plan", "plus", "x"], "plan: expected one of basic, pro, business"),
            (["serve", "--plan", ""], "plan: expected one of basic, pro, business, got ''"),
            (["serve", "--files", "no such folder"], "Directory 'no such folder' does not exist"),
            (["run"], "Missing argument 'COMMAND...'"),
        ],
    )
    def test_an_invalid_option_is_reported(self, arguments, reason):
        completed = CliRunner().invoke(main, arguments)
        assert completed.exit_code != 0
        assert reason in completed.output

    def test_an_invalid_seed_file_and_one_beside_a_state_file_are_refused(self, tmp_path):
        seed, state = tmp_path / "seed.toml", tmp_path / "state.db"
        seed.write_text("[file]\n", "utf-8")
        done = CliRunner().invoke(main, ["serve", "--seed-file", str(seed)])
        assert done.exit_code == 1
        assert "seed.toml: file: expected no such key; did you mean 'files'?" in done.output
        seed.write_text("", "utf-8")
        options = ["--seed-file", str(seed), "--state", str(state)]
        done = CliRunner().invoke(main, ["run", *options, "--", sys.executable, "-c", ""])
        assert done.exit_code == 1
        assert "--seed-file: expected it without --state" in done.output
        assert not state.exists()

    def test_a_symlink_out_of_the_folder_is_refused(self, tmp_path):
        (tmp_path / "secret").write_text("x")
        folder = tmp_path / "folder"
        (folder / "below").mkdir(parents=True)
        (folder / "below" / "link").symlink_to(tmp_path / "secret")
        completed = CliRunner().invoke(main, ["serve", "--files", str(folder)])
        assert completed.exit_code == 1
        assert "'/below/link' is a link that leads out of the directory" in completed.output
        (folder / "below" / "link").unlink()
        (folder / "below" / "link").symlink_to(tmp_path)
        assert "leads out" in CliRunner().invoke(main, ["serve", "--files", str(folder)]).output

    def test_an_env_file_that_cannot_be_written_is_reported(self, tmp_path):
        completed = CliRunner().invoke(main, ["serve", "--env-file", str(tmp_path / "no" / "env")])
        assert completed.exit_code == 1
        assert "No such file or directory" in completed.output

    def test_a_missing_extra_is_reported(self):
        hidden = "import sys; sys.modules['uvicorn'] = None\n"
        code = hidden + "from fakedropbox.cli import main; main()"
        command = [sys.executable, "-c", code]
        completed = subprocess.run(  # noqa: S603 -- this very interpreter
            [*command, "run", "--", "true"], capture_output=True, text=True, check=False
        )
        assert completed.returncode == 1
        assert completed.stderr.endswith(
            "the extra `server` is not installed; pip install 'fakedropbox[server]'\n"
        )
        subprocess.run([*command, "coverage"], capture_output=True, check=True)  # noqa: S603 -- this very interpreter


def test_personality_of_reads_presets_and_fields():
    assert personality_of([]) == personality_of(["recorded"]) == Personality.recorded
    found = personality_of(["recorded", "page_size=3", "list_order=name", "astral_names=false"])
    assert (found.page_size, found.list_order, found.astral_names) == (3, "name", False)


def test_symlinks_within_the_folder_are_followed(tmp_path):
    folder = tmp_path / "folder"
    (folder / "real").mkdir(parents=True)
    (folder / "real" / "a").write_bytes(b"x")
    (folder / "link").symlink_to("real")
    with serving(tmp_path, "--files", str(folder)) as (_, environ):
        assert ask(environ, "get_metadata", {"path": "/link/a"}).status_code == 200
