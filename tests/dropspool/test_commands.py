"""Tests of the commands of `dropspool`: on a folder, and on Dropbox through the SDK."""

import json
import re
import shlex
import subprocess
import sys
from datetime import datetime, timedelta, timezone

import click
import pytest
from click.testing import CliRunner
from tests.support.project import SRC

from dropspool._commands import output
from dropspool._commands.exits import MEANINGS, Exit
from dropspool._commands.options import age
from dropspool.cli import main
from dropspool.errors import ConnectionLost
from dropspool.operations import cancel, list_jobs
from dropspool.providers._file_provider import FileProvider
from dropspool.testing.kit import end, result_of, status_of

JOB = {"experiment_0": {"shots": 3}}
MISSING = "20250101_000000_000000-fermions-ada-00000"


def test_the_numbers_of_the_exit_codes_stay_the_same():
    """Scripts compare the numbers."""
    assert {code.name: code.value for code in Exit} == {
        "DONE": 0,
        "FAILED": 1,
        "USAGE": 2,
        "MISSING": 3,
        "JOB_FAILED": 4,
        "NOT_ENDED": 5,
        "WRONG_STATE": 6,
        "ABORTED": 130,
    }


@pytest.fixture(params=["local_queue", "dropbox_queue"])
def queue(request):
    """A queue in a folder or on Dropbox."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def call(queue, tmp_path, monkeypatch, request):
    """A function that runs a command on the queue, and returns its result."""
    monkeypatch.chdir(tmp_path)
    storage = ["--local", str(tmp_path / "dropspool")]
    if queue.provider.name == "fake":
        login = request.getfixturevalue("dropbox_service").login
        for field in ("app_key", "app_secret", "refresh_token"):
            monkeypatch.setenv(f"DROPBOX_{field.upper()}", getattr(login, field))
        storage = ["--dropbox"]

    def run(*words, code=0, text=None, on_storage=True):
        arguments = [*map(str, words), *(storage if on_storage else [])]
        ran = CliRunner().invoke(main, arguments, input=text)
        assert ran.exit_code == code, ran.output
        assert not isinstance(ran.exception, Exception) or isinstance(ran.exception, SystemExit)
        return ran

    return run


def told(ran):
    """Return the JSON that a command printed."""
    return json.loads(ran.stdout)


class TestSubmit:
    def test_a_job_is_queued_and_its_id_printed(self, queue, call):
        job_id = call("submit", "fermions", "--user", "ada", text=json.dumps(JOB)).stdout.strip()
        assert queue.details(job_id).content == JOB
        assert queue.status(job_id).error_message == "None"
        assert queue.step() == job_id

    def test_a_job_is_read_from_a_file(self, queue, call, tmp_path, monkeypatch):
        (tmp_path / "job.json").write_text(json.dumps(JOB))
        monkeypatch.setenv("DROPSPOOL_USER", "Bob-Smith")
        job_id = told(call("submit", "fermions", "job.json", "--json"))["job_id"]
        assert queue.details(job_id).job.user == "Bob-Smith"

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("{", "<stdin>: expected JSON: "),
            ("[]", "a JSON object, got list"),
            ("[" * 100_000, "<stdin>: expected JSON: "),
        ],
    )
    def test_text_that_is_not_a_json_object_is_refused(self, queue, call, text, message):
        ran = call("submit", "fermions", "--user", "ada", text=text, code=Exit.USAGE)
        assert message in ran.stderr
        assert list_jobs(queue.provider) == []

    def test_the_id_of_a_queued_job_is_printed_although_its_status_was_not_stored(
        self, queue, call, monkeypatch
    ):
        """Without the id, the user would queue the job once more, and it would run twice."""

        def fail(*_):
            raise ConnectionLost("no answer")

        monkeypatch.setattr(FileProvider, "upload_status", fail)
        ran = call("submit", "fermions", "--user", "ada", text="{}")
        assert ran.stdout.split() == [job.job_id for job in list_jobs(queue.provider)]
        assert "its first status was not stored: no answer" in ran.stderr

    def test_a_backend_without_a_configuration_is_refused(self, queue, call):
        ran = call("submit", "bosons", "--user", "ada", text="{}", code=Exit.MISSING)
        assert "expected one that has a configuration (fermions), got 'bosons'" in ran.stderr
        assert list_jobs(queue.provider) == []

    def test_an_invalid_user_name_is_refused(self, call):
        ran = call("submit", "fermions", "--user", "a/b", text="{}", code=Exit.USAGE)
        assert "username: expected" in ran.stderr

    def test_a_warning_says_that_the_backend_is_not_operational(self, queue, call):
        call("config", "set", "fermions", "operational=false", "status_msg=no \x1b[31matoms")
        ran = call("submit", "fermions", "--user", "ada", text="{}")
        assert "not operational now (no \\x1b[31matoms): the job waits" in ran.stderr
        assert ran.stdout.strip() in {job.job_id for job in list_jobs(queue.provider)}


class TestStatus:
    def test_a_running_job_is_shown_with_its_worker(self, queue, call):
        job_id = queue.submit(JOB)
        queue.take()
        shown = call("status", job_id).stdout
        assert re.search(r"^state +running$", shown, re.MULTILINE)
        assert re.search(r"^attempt +1$", shown, re.MULTILINE)
        assert "shots" not in shown
        assert '"shots": 3' in call("status", job_id, "--content").stdout

    def test_the_json_of_a_job_has_all_fields(self, queue, call):
        job_id = queue.submit(JOB)
        queue.take()
        queue.fail(job_id, "no atoms")
        found = told(call("status", job_id, "--json"))
        assert found == {
            "job_id": job_id,
            "backend": "fermions",
            "user": "ada",
            "state": "error",
            "queued_at": found["queued_at"],
            "detail": "The job cannot be run.",
            "error_message": "no atoms",
            "worker": None,
            "attempt": None,
            "last_sign_of_life": None,
            "given_back": None,
            "content": JOB,
        }

    def test_a_missing_job_has_an_exit_code_of_its_own(self, call):
        assert "there is no such job" in call("status", MISSING, code=Exit.MISSING).stderr
        assert "job_id: expected" in call("status", "job", code=Exit.USAGE).stderr

    def test_a_message_cannot_change_the_terminal(self, queue, call):
        job_id = queue.submit()
        queue.take()
        queue.fail(job_id, "\x1b[2J[red]gone[/red]\x07")
        shown = call("status", job_id).stdout
        assert "\\x1b[2J[red]gone[/red]\\x07" in shown
        assert "\x1b" not in shown


class TestResult:
    def test_a_result_is_shown_as_a_table(self, queue, call):
        job_id = queue.submit(JOB)
        queue.step()
        shown = call("result", job_id).stdout
        assert re.search(r"^experiment_0 +3 +0: 3$", shown, re.MULTILINE)

    def test_the_json_output_is_the_stored_result(self, queue, call):
        job_id = queue.submit(JOB)
        queue.step()
        found = told(call("result", job_id, "--json"))
        stored = queue.result(job_id).model_dump(mode="json")
        name = "local" if queue.provider.name == "local" else "dropbox"
        assert found == {**stored, "backend_name": f"{name}_fermions_simulator"}

    def test_a_failed_job_and_one_that_has_not_ended_have_their_own_exit_codes(self, queue, call):
        failed, waiting = queue.submit(), queue.submit()
        queue.take()
        queue.fail(failed, "no atoms")
        assert "no atoms" in call("result", failed, code=Exit.JOB_FAILED).stderr
        assert waiting in call("result", waiting, code=Exit.NOT_ENDED).stderr
        cancel(queue.provider, waiting)
        ran = call("result", waiting, code=Exit.JOB_FAILED)
        assert ran.stderr == f"Error: {waiting}: The job was cancelled.\n"
        assert call("result", MISSING, code=Exit.MISSING).stdout == ""

    def test_a_result_without_success_is_shown_if_its_job_is_done(self, queue, call):
        """A program may store any result with `DONE`."""
        job_id = queue.submit(JOB)
        queue.take()
        stored = result_of(job_id).model_copy(update={"success": False})
        queue.provider.update_in_database(stored, status_of(job_id), job_id, queue.backend)
        assert told(call("result", job_id, "--json"))["success"] is False

    def test_result_with_wait_ends_when_the_job_ends(self, queue, call, monkeypatch):
        job_id = queue.submit(JOB)
        pauses = []
        monkeypatch.setattr(
            "dropspool.clock.SystemClock.sleep", lambda *_: pauses.append(queue.step())
        )
        call("result", job_id, "--wait", "60")
        assert pauses == [job_id]


class TestList:
    def test_jobs_are_listed_by_backend_user_and_state(self, queue, call):
        first, second = queue.submit(user="ada"), queue.submit(user="Bob-Smith")
        queue.step()
        shown = call("list").stdout
        assert re.search(rf"^{first} +done +fermions +ada ", shown, re.MULTILINE)
        assert re.search(rf"^{second} +queued +fermions +Bob-Smith ", shown, re.MULTILINE)
        assert [job["job_id"] for job in told(call("list", "--json"))] == [first, second]
        for filters in (["--user", "ada"], ["--state", "done"]):
            found = told(call("list", "--json", "--backend", "fermions", *filters))
            assert [job["job_id"] for job in found] == [first]
        assert told(call("list", "--json", "--backend", "bosons")) == []


class TestCancelAndRequeue:
    def test_cancel_and_requeue_report_failures_and_change_the_other_jobs(self, queue, call):
        done, waiting, other = queue.submit(), queue.submit(), queue.submit()
        queue.step()
        ran = call("cancel", done, waiting, MISSING, other, code=Exit.WRONG_STATE)
        assert ran.stdout.splitlines() == [f"cancelled {waiting}", f"cancelled {other}"]
        assert f"{done}: expected a job that is queued or running" in ran.stderr
        assert "there is no such job" in ran.stderr
        assert told(call("requeue", waiting, "--json")) == {"requeued": [waiting]}
        assert queue.drain() == [waiting]
        assert "final" in call("requeue", done, code=Exit.WRONG_STATE).stderr


class TestRecover:
    def test_the_jobs_of_a_dead_worker_are_queued_again(self, queue, call):
        job_id = queue.submit()
        queue.take()
        queue.crash()
        queue.wait(queue.provider.lease_seconds + 1)
        ran = call("recover", "fermions")
        assert ran.stdout.splitlines() == [f"requeued {job_id}"]
        assert told(call("recover", "--json")) == {"fermions": []}

    def test_a_broken_backend_does_not_keep_others_from_being_repaired(self, queue, call):
        job_id = queue.submit()
        queue.take()
        queue.crash()
        queue.wait(queue.provider.lease_seconds + 1)
        queue.provider.upload_string("{", "Backend_files/Config/broken", "config")
        ran = call("recover", code=Exit.FAILED)
        assert ran.stdout.splitlines() == [f"requeued {job_id}"]
        assert "broken/config.json: expected JSON" in ran.stderr

    def test_a_missing_backend_is_reported(self, call):
        for words in (["recover", "bosons"], ["config", "show", "bosons"]):
            shown = call(*words, code=Exit.MISSING).stderr
            assert "bosons/config.json: display_name: expected a backend with a conf" in shown


class TestPrune:
    @pytest.fixture
    def old(self, queue):
        """The ids of two old jobs, one done and one cancelled."""
        done, cancelled = queue.submit(), queue.submit()
        queue.step()
        cancel(queue.provider, cancelled)
        queue.wait(timedelta(days=2).total_seconds())
        return [done, cancelled]

    def test_a_dry_run_shows_the_jobs_that_would_be_deleted(self, queue, call, old):
        found = told(call("prune", "--older-than", "1d", "--dry-run", "--json"))
        assert sorted(job["job_id"] for job in found) == sorted(old)
        assert len(list_jobs(queue.provider)) == 2

    def test_prune_asks_before_it_deletes(self, queue, call, old):
        ran = call("prune", "--older-than", "1d", text="n\n", code=1)
        assert all(job_id in ran.stdout for job_id in old)
        assert len(list_jobs(queue.provider)) == 2
        ran = call("prune", "--older-than", "1d", text="y\n")
        assert "deleted the files of 2 jobs" in ran.stdout
        assert list_jobs(queue.provider) == []

    def test_prune_with_json_requires_the_option_yes(self, call, old):
        assert "--yes" in call("prune", "--older-than", "1d", "--json", code=Exit.USAGE).stderr
        ran = call("prune", "--older-than", "1d", "--state", "error", "--json", "--yes")
        assert told(ran) == {"deleted": old[1:]}

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("90s", timedelta(seconds=90)),
            ("5m", timedelta(minutes=5)),
            ("1.5h", timedelta(hours=1.5)),
            ("30d", timedelta(days=30)),
            ("2w", timedelta(weeks=2)),
        ],
    )
    def test_an_age_is_a_number_with_a_unit(self, text, expected):
        assert age(text) == expected

    def test_an_age_that_is_too_large_is_refused(self):
        with pytest.raises(click.BadParameter, match="at most 999999999d, got '99999999999w'"):
            age("99999999999w")

    @pytest.mark.parametrize("text", ["30", "d", "-1d", "1y"])
    def test_an_age_without_a_valid_number_and_unit_is_refused(self, text):
        with pytest.raises(click.BadParameter, match=f"such as 30d; got '{text}'"):
            age(text)


class TestConfig:
    def test_config_show_prints_a_line_for_each_backend_or_all_fields_of_one(
        self, call, backend_config
    ):
        assert re.search(r"^fermions +1.2.3 +True ", call("config", "show").stdout, re.MULTILINE)
        assert re.search(
            r"^max_shots +1000$", call("config", "show", "fermions").stdout, re.MULTILINE
        )
        fields = told(call("config", "show", "fermions", "--json"))
        assert fields["gates"] == backend_config.gates
        assert told(call("config", "show", "--json")) == {"fermions": fields}
        assert "bosons" in call("config", "show", "bosons", code=Exit.MISSING).stderr

    def test_broken_configurations_do_not_hide_the_others(self, queue, call):
        for name in ("broken", "other"):
            queue.provider.upload_string("{", f"Backend_files/Config/{name}", "config")
        for words in (["show"], ["show", "--json"], ["validate"], ["validate", "--json"]):
            ran = call("config", *words, code=Exit.FAILED)
            assert "fermions" in ran.stdout
            assert "broken/config.json: expected JSON" in ran.stderr
            assert "other/config.json: expected JSON" in ran.stderr

    def test_config_set_changes_fields(self, queue, call):
        call("config", "set", "fermions", "max_shots=7", "supported_instructions=[]", "status_msg=")
        found = queue.provider.get_config("fermions")
        assert (found.max_shots, found.supported_instructions, found.status_msg) == (7, [], "")
        call("config", "set", "fermions", "status_msg=null")
        assert queue.provider.get_config("fermions").status_msg is None

    def test_a_configuration_is_stored_from_a_file(self, queue, call, tmp_path, backend_config):
        content = {**backend_config.model_dump(), "description": "Bosons."}
        del content["display_name"]
        (tmp_path / "bosons.json").write_text(json.dumps(content))
        call("config", "set", "bosons", "--file", "bosons.json", "max_shots=5")
        found = queue.provider.get_config("bosons")
        assert (found.display_name, found.description, found.max_shots) == ("bosons", "Bosons.", 5)

    @pytest.mark.parametrize(
        ("words", "code", "message"),
        [
            (["fermions"], Exit.USAGE, "expected --file or FIELD=VALUE"),
            (["fermions", "max_shots"], Exit.USAGE, "expected FIELD=VALUE, got 'max_shots'"),
            (["fermions", "max_shots=many"], Exit.USAGE, "max_shots: "),
            (["fermions", "gates=[1"], Exit.USAGE, "gates: expected JSON"),
            (["fermions", "max_shot=1"], Exit.USAGE, "got ['max_shot']"),
            (["bosons", "max_shots=1"], Exit.MISSING, "bosons"),
            (["fermions", "--file", "none.json"], Exit.USAGE, "none.json: expected a file"),
            (["fermions", "--file", "deep.json"], Exit.USAGE, "deep.json: expected a file"),
            (["fermions", "--file", "list.json"], Exit.USAGE, "expected a JSON object, got list"),
            (["fermions", "--file", "few.json"], Exit.USAGE, "few.json: version: Field required"),
        ],
    )
    def test_config_set_with_wrong_arguments_stores_nothing(
        self, queue, call, tmp_path, words, code, message
    ):
        (tmp_path / "list.json").write_text("[]")
        (tmp_path / "deep.json").write_text("[" * 100_000)
        (tmp_path / "few.json").write_text("{}")
        before = queue.provider.get_config("fermions")
        assert message in call("config", "set", *words, code=code).stderr
        assert queue.provider.get_config("fermions") == before

    def test_config_validate_checks_stored_configurations(self, queue, call):
        assert call("config", "validate").stdout == "fermions: valid\n"
        queue.provider.upload({"version": 1}, "Backend_files/Config/broken", "config")
        ran = call("config", "validate", "broken", code=1)
        assert "broken: version: " in ran.stdout
        assert told(call("config", "validate", "--json", code=1))["fermions"] == []

    def test_config_validate_checks_files_without_a_storage(self, call, tmp_path, backend_config):
        (tmp_path / "good.json").write_text(json.dumps(backend_config.model_dump()))
        ran = call("config", "validate", "good.json", on_storage=False)
        assert ran.stdout == "good.json: valid\n"
        assert "expected a FILE" in call("config", "validate", on_storage=False, code=2).stderr


def test_metrics_are_json(queue, call):
    queue.submit()
    assert told(call("metrics"))["backends"]["fermions"]["queued"] == 1


class TestStorageOptions:
    @pytest.mark.parametrize(
        ("words", "message"), [([], "got neither"), (["--local", ".", "--dropbox"], "got both")]
    )
    def test_exactly_one_storage_is_needed(self, words, message):
        ran = CliRunner().invoke(main, ["list", *words])
        assert (ran.exit_code, message in ran.stderr) == (Exit.USAGE, True)

    def test_a_missing_folder_is_reported_and_not_created(self, tmp_path):
        ran = CliRunner().invoke(main, ["list", "--local", str(tmp_path / "none")])
        assert ran.exit_code == Exit.FAILED
        assert "--local: base_path: expected a folder" in ran.stderr
        assert not (tmp_path / "none").exists()

    def test_missing_credentials_are_named_and_none_is_shown(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        for name in ("APP_KEY", "APP_SECRET", "REFRESH_TOKEN"):
            monkeypatch.delenv(f"DROPBOX_{name}", raising=False)
        monkeypatch.setenv("DROPBOX_APP_KEY", "key-0123")
        ran = CliRunner().invoke(main, ["list", "--dropbox"])
        assert ran.exit_code == Exit.FAILED
        assert "DROPBOX_APP_SECRET, DROPBOX_REFRESH_TOKEN" in ran.output
        assert "key-0123" not in ran.output

    @pytest.mark.usefixtures("dropbox_active")
    def test_a_refused_login_shows_no_secret(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        for name in ("APP_KEY", "APP_SECRET", "REFRESH_TOKEN"):
            monkeypatch.setenv(f"DROPBOX_{name}", f"wrong-{name.lower()}")
        ran = CliRunner().invoke(main, ["list", "--dropbox"])
        assert ran.exit_code == Exit.FAILED
        assert "refused the login" in ran.stderr
        assert "wrong-" not in ran.output


def commands(group=main, words=()):
    """Yield each command that is not hidden with its words, including the commands in groups."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))
        elif not command.hidden:
            yield pytest.param((*words, name), command, id=" ".join((*words, name)))


@pytest.mark.parametrize(("words", "command"), [*commands()])
def test_the_examples_in_the_help_have_valid_arguments(words, command):
    if words == ("crash-points",):
        return
    examples = re.findall(r"^  (dropspool .*)$", command.epilog, re.MULTILINE)
    assert examples
    for example in examples:
        given = shlex.split(example.partition("<")[0])
        assert tuple(given[1 : len(words) + 1]) == words
        parser = command.make_parser(click.Context(command))
        parser.parse_args(given[len(words) + 1 :])


def test_the_help_lists_the_exit_codes():
    shown = CliRunner().invoke(main, ["--help"]).stdout
    assert all(re.search(rf"^ +{code.value} +[A-Zacrw]", shown, re.MULTILINE) for code in Exit)
    assert MEANINGS.keys() == set(Exit)


def test_a_table_that_is_not_printed_to_a_terminal_has_whole_lines_and_no_colours(
    monkeypatch, capsys
):
    long = "x" * 300
    output.print_table(["job", "state"], [(long, "done")])
    shown = capsys.readouterr().out
    assert long in shown
    assert "\x1b" not in shown


MOMENT = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone.utc)
ROWS = [("a" * 40, "done", "chloé", MOMENT), ("数据", "error", None, ""), ("b\x1b[2J", "x", 1.5, 0)]


def test_a_long_table_has_the_same_layout_as_a_short_one(capsys):
    output.print_table(["job", "state", "user", "queued"], ROWS)
    short = capsys.readouterr().out.splitlines()
    output.print_table(["job", "state", "user", "queued"], ROWS * 100)
    assert capsys.readouterr().out.splitlines() == [short[0], *short[1:] * 100]


def test_a_long_table_on_a_terminal_has_colours_and_one_line_for_each_row(monkeypatch, capsys):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    output.print_table(["job", "state"], [("line 1\nline 2", "done")] * 200)
    header, *lines = capsys.readouterr().out.splitlines()
    assert header == "\x1b[1mjob\x1b[0m             \x1b[1mstate\x1b[0m"
    assert lines == ["line 1\\nline 2  \x1b[32mdone\x1b[0m"] * 200


def test_a_long_table_does_not_render_each_cell(monkeypatch, capsys):
    rendered = []
    console = output.Console
    monkeypatch.setattr(
        output, "Console", lambda **options: rendered.append(1) or console(**options)
    )
    output.print_table(["job", "state"], [("a", "done")] * 10_000)
    assert len(rendered) < 20
    assert len(capsys.readouterr().out.splitlines()) == 10_001


def test_text_that_the_output_cannot_encode_is_shown_as_escape_sequences(local_queue, tmp_path):
    """Regression: a job was queued and its id not shown, and no jobs were listed."""
    storage = ("--local", str(tmp_path / "dropspool"))

    def run(*words, charset="latin-1"):
        ran = CliRunner(charset=charset).invoke(main, [*words, *storage], input=json.dumps(JOB))
        assert ran.exit_code == 0, ran.output
        return ran.stdout

    shown = run("submit", "fermions", "--user", "Ω").strip()
    job_id = shown.replace("\\u03a9", "Ω")
    assert [job.job_id for job in list_jobs(local_queue.provider)] == [job_id]
    assert f"{shown}  queued" in run("list")
    assert f"{job_id}  queued" in run("list", charset="utf-8")


def test_the_commands_run_as_a_process(local_queue, tmp_path):
    """Check the exit code, the id on standard output, and errors on standard error."""

    def run(*words, **options):
        return subprocess.run(  # noqa: S603 -- this very interpreter
            [sys.executable, "-c", "from dropspool.cli import main; main()", *words],
            capture_output=True,
            text=True,
            check=False,
            env={"PYTHONPATH": str(SRC), "PATH": ""},
            **options,
        )

    storage = ("--local", str(tmp_path / "dropspool"))
    submitted = run("submit", "fermions", "--user", "ada", *storage, input=json.dumps(JOB))
    job_id = submitted.stdout.strip()
    assert (submitted.returncode, submitted.stderr) == (0, "")
    waiting = run("result", job_id, *storage)
    assert (waiting.returncode, waiting.stdout) == (Exit.NOT_ENDED, "")
    assert job_id in waiting.stderr
    local_queue.take()
    end(local_queue.provider, job_id)
    assert run("result", job_id, *storage).returncode == 0
