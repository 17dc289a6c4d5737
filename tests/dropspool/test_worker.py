"""The loop beside the hardware, on both providers and in a process of its own."""

import logging
import os
import random
import re
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.project import SRC
from tests.support.queues import LEASE, RUNNING
from tests.support.storages import FolderStorage

from dropspool import ConnectionLost, ExperimentDict, MissingScope, StorageError, TokenRefused
from dropspool.cli import main
from dropspool.testing.kit import check_at_rest, jobs_in, submit
from dropspool.worker import jobs, run


def execute(job):
    """Say what the job says, or fail as it says."""
    if "error" in job:
        raise job["error"] if isinstance(job["error"], BaseException) else ValueError(job["error"])
    return [ExperimentDict(header=job, shots=1, success=True, data={"memory": ["0"]})]


def work(storage, provider, executors=None, **options):
    options = {"clock": storage.clock, "max_idle": 0, "chance": random.Random(0), **options}  # noqa: S311
    return [*jobs(provider, executors or {"fermions": execute}, **options)]


class TestJobs:
    def test_they_are_run_in_order(self, storage, backend):
        ids = [submit(backend, user, n=n) for n, user in enumerate("cab")]
        assert work(storage, backend) == ids
        check_at_rest(storage.files)
        result = backend.get_result("fermions", "a", ids[1])
        assert (result.status, result.success, result.backend_version) == ("DONE", True, "1.2.3")
        assert result.results[0].header == {"n": 1}
        status = backend.get_status("fermions", "a", ids[1])
        assert (status.status, status.error_message) == ("DONE", "None")

    def test_backends_take_turns(self, storage, backend, backend_config):
        backend.upload_config(backend_config, "bosons")
        order = []
        executors = {
            name: lambda _, name=name: order.append(name) or [] for name in ("fermions", "bosons")
        }
        for name in ("fermions", "fermions", "fermions", "bosons"):
            backend.upload_job({}, name, "ada")
        work(storage, backend, executors)
        assert order == ["fermions", "bosons", "fermions", "fermions"]

    def test_one_line_a_job(self, storage, backend, caplog):
        ids = [submit(backend), submit(backend, error="no")]
        with caplog.at_level(logging.INFO, "dropspool.worker"):
            work(storage, backend)
        lines = [r.getMessage() for r in caplog.records if r.levelno == logging.INFO]
        assert lines == [f"{ids[0]}: DONE in 0.0 s", f"{ids[1]}: ERROR in 0.0 s"]

    def test_run_is_the_same(self, storage, backend):
        job_id = submit(backend)
        run(backend, {"fermions": execute}, clock=storage.clock, max_idle=0)
        assert backend.get_status("fermions", "ada", job_id).status == "DONE"

    def test_a_broken_job_blocks_nobody(self, storage, backend):
        broken = "20250101_000000_000000-fermions-ada-00000"
        storage.seed_files({f"/Backend_files/Queued_Jobs/fermions/job-{broken}.json": b"\xff"})
        whole = submit(backend)
        assert work(storage, backend) == [broken, whole]
        check_at_rest(storage.files)
        assert backend.get_status("fermions", "ada", broken).status == "ERROR"

    @pytest.mark.parametrize(
        "results",
        [None, 5, [5], [{"header": {"x": float("nan")}, "shots": 1}], [{"header": {"x": {1}}}]],
    )
    def test_what_is_no_result(self, storage, backend, results):
        job_id = submit(backend)
        for result in [results] if not isinstance(results, list) else results:
            if isinstance(result, dict):
                result.update(shots=1, success=True, data={"memory": []})
        work(storage, backend, {"fermions": lambda _: results})
        assert backend.get_status("fermions", "ada", job_id).status == "ERROR"
        check_at_rest(storage.files)

    def test_a_job_that_is_gone(self, storage, backend, caplog):
        first, second = submit(backend), submit(backend)

        def gone(_):
            backend.delete_file(RUNNING, f"job-{first}")
            return []

        executors = iter([gone, execute])

        def run_next(job):
            return next(executors)(job)

        assert work(storage, backend, {"fermions": run_next}) == [second]
        assert f"{first}: gone" in caplog.text


class TestExecutorErrors:
    @pytest.mark.parametrize(
        ("error", "told"),
        [
            ("expected 1 shot", "ValueError: expected 1 shot"),
            ("no /home/lab/secret.txt there", "ValueError: no … there"),
            ("no '/home/the lab/secret.txt' there", "ValueError: no … there"),
            (r"no C:\lab\secret.txt there", "ValueError: no … there"),
            ("no lab/secret.txt, sorry", "ValueError: no … sorry"),
        ],
    )
    def test_users_are_told_without_paths(self, storage, backend, error, told):
        job_id = submit(backend, error=error)
        work(storage, backend)
        status = backend.get_status("fermions", "ada", job_id)
        assert (status.status, status.error_message) == ("ERROR", told)
        assert backend.get_result("fermions", "ada", job_id).status == "ERROR"
        check_at_rest(storage.files)

    def test_an_error_of_the_system_names_no_file(self, storage, backend):
        job_id = submit(backend)
        work(storage, backend, {"fermions": lambda _: Path("secret.csv").read_bytes()})
        told = backend.get_status("fermions", "ada", job_id).error_message
        assert told == "FileNotFoundError: No such file or directory"

    @pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
    def test_who_ends_the_process_ends_it(self, storage, backend, error):
        job_id = submit(backend)

        def interrupted(_):
            raise error

        with pytest.raises(error):
            work(storage, backend, {"fermions": interrupted})
        storage.wait(LEASE + 2)
        assert work(storage, storage.provider()) == [job_id]


class TestRecovery:
    def test_at_the_start(self, storage, backend):
        job_id = submit(backend)
        backend.get_next_job_in_queue("fermions")
        storage.wait(LEASE + 2)
        assert work(storage, storage.provider()) == [job_id]
        check_at_rest(storage.files)

    def test_and_whenever_a_lease_may_have_ended(self, storage, backend):
        """Who died after this worker began is not forgotten."""
        worker = storage.provider()
        job_id = submit(backend)
        backend.get_next_job_in_queue("fermions")

        class Passing:
            now = storage.clock.now

            @staticmethod
            def sleep(seconds):
                storage.wait(seconds)

        assert work(storage, worker, clock=Passing, poll=30, max_idle=200) == []
        assert work(storage, worker, clock=Passing, poll=30, max_idle=3 * LEASE) == [job_id]

    def test_the_lease_is_renewed_while_the_job_runs(self, storage, backend_config):
        provider = storage.provider(lease_seconds=0.05)
        renew, renewed = provider.renew, threading.Event()
        answers = iter([OSError("away"), True, True])

        def noted(*args):
            answer = next(answers, None)
            if isinstance(answer, OSError):
                raise answer
            done = renew(*args)
            renewed.set()
            return done

        provider.renew = noted
        provider.upload_config(backend_config, "fermions")
        job_id = submit(provider)

        def wait(_):
            assert renewed.wait(30)
            return []

        assert work(storage, provider, {"fermions": wait}) == [job_id]
        check_at_rest(storage.files)

    def test_a_lease_that_others_have(self, storage, backend, caplog):
        backend.lease_seconds = 0.05
        noticed = threading.Event()
        backend.renew = lambda *_: noticed.set()
        job_id = submit(backend)

        def wait(_):
            assert noticed.wait(30)
            return []

        assert work(storage, backend, {"fermions": wait}) == [job_id]
        assert "the lease had run out" in caplog.text


class TestFaults:
    METHODS = ("recover", "get_next_job_in_queue", "get_job_content", "update_in_database")

    @pytest.mark.parametrize("method", METHODS)
    @pytest.mark.parametrize("error", [ConnectionLost("away"), StorageError("HTTP 503")])
    @pytest.mark.parametrize("after", [True, False])
    def test_are_waited_out(self, storage, backend, method, error, after):
        ids = [submit(backend), submit(backend)]
        ask = getattr(backend, method)
        left = [9]

        def failing(*args):
            if after and left[0] == 9:
                ask(*args)
            left[0] -= 1
            if left[0] >= 0:
                raise error
            return ask(*args)

        setattr(backend, method, failing)
        start = storage.clock.now()
        pauses = []
        clock = Recording(storage.clock, pauses)
        assert set(work(storage, backend, clock=clock)) <= set(ids)
        # One that was taken without the worker's knowing is its own to recover.
        storage.wait(LEASE + 2)
        work(storage, storage.provider())
        check_at_rest(storage.files)
        assert {job.status for job in jobs_in(storage.files).values()} == {"DONE"}
        assert len(pauses) >= 9
        bounds = [min(2**n, 60) for n in range(9)]
        assert all(bound / 2 <= p <= bound for p, bound in zip(pauses, bounds, strict=False))
        assert len({pause / bound for pause, bound in zip(pauses, bounds, strict=False)}) > 5
        assert storage.clock.now() > start

    @pytest.mark.parametrize("error", [TokenRefused("no"), MissingScope("no"), PermissionError()])
    def test_what_will_not_pass_is_raised(self, storage, backend, error):
        def refused(_):
            raise error

        backend.get_next_job_in_queue = refused
        with pytest.raises(type(error)):
            work(storage, backend)

    def test_no_configuration(self, storage, provider):
        with pytest.raises(FileNotFoundError, match="fermions"):
            work(storage, provider)

    def test_a_stop_while_the_storage_is_away(self, storage, backend):
        def away(_):
            raise ConnectionLost("away")

        backend.get_next_job_in_queue = away
        pauses = []
        clock = Recording(storage.clock, pauses)
        assert work(storage, backend, clock=clock, stop=lambda: len(pauses) == 3) == []


class Recording:
    def __init__(self, clock, pauses):
        self.now = clock.now
        self._sleep, self._pauses = clock.sleep, pauses

    def sleep(self, seconds):
        self._pauses.append(seconds)
        self._sleep(seconds)


class TestTheEnd:
    def test_idle_for_long_enough(self, storage, backend):
        pauses = []
        work(storage, backend, clock=Recording(storage.clock, pauses), poll=2, max_idle=5)
        assert pauses == [2, 2, 2]

    def test_a_job_begins_the_wait_anew(self, storage, backend):
        class Busy(Recording):
            def sleep(self, seconds):
                super().sleep(seconds)
                if len(self._pauses) == 2:
                    submit(backend)

        pauses = []
        work(storage, backend, clock=Busy(storage.clock, pauses), poll=1, max_idle=3)
        assert pauses == [1] * 5

    def test_told_to_stop(self, storage, backend):
        ids = [submit(backend), submit(backend)]
        ended = []
        assert work(storage, backend, stop=lambda: True) == []
        executors = {"fermions": lambda job: ended.append(1) or execute(job)}
        assert work(storage, backend, executors, stop=lambda: bool(ended)) == ids[:1]
        assert jobs_in(storage.files)[ids[1]].places == ["Queued_Jobs"]

    @pytest.mark.parametrize(
        ("executors", "options"),
        [
            ({}, {}),
            ({"fermions": execute}, {"poll": 0}),
            ({"fermions": execute}, {"poll": float("nan")}),
            ({"fermions": execute}, {"max_idle": -1}),
        ],
    )
    def test_bad_arguments(self, executors, options):
        name = next(iter(options), "executors")
        with pytest.raises(ValueError, match=f"{name}: expected"):
            run(None, executors, **options)


class TestCommand:
    """`dropspool worker`, in a process of its own where signals come in."""

    @pytest.fixture
    def folder(self, tmp_path, backend_config):
        (tmp_path / "jobs").mkdir()
        (tmp_path / "lab.py").write_text(
            textwrap.dedent(
                """
                def execute(job):
                    data = {"memory": ["0"]}
                    return [{"header": job, "shots": 1, "success": True, "data": data}]

                nothing = None
                """
            )
        )
        storage = FolderStorage(tmp_path / "jobs")
        storage.provider().upload_config(backend_config, "fermions")
        return storage

    @staticmethod
    def start(folder, *options):
        environ = {**os.environ, "PYTHONPATH": str(SRC)}
        return subprocess.Popen(  # noqa: S603 -- this very interpreter
            [
                *(sys.executable, "-c", "from dropspool.cli import main; main()", "worker"),
                *("--backend", "fermions=lab:execute", "--local", str(folder.base), *options),
            ],
            cwd=folder.base.parent,
            env=environ,
            stderr=subprocess.PIPE,
            text=True,
        )

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_signal_ends_it(self, folder, number):
        job_id = submit(folder.provider())
        worker = self.start(folder)
        line = worker.stderr.readline()
        assert re.search(rf"{job_id}: DONE in \d+\.\d s", line)
        worker.send_signal(number)
        _, rest = worker.communicate(timeout=30)
        assert (worker.returncode, rest) == (0, "")
        check_at_rest(folder.files)

    @pytest.mark.usefixtures("handlers")
    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["--local", "x"], "--backend"),
            (["--backend", "fermions=lab:execute"], "--local or --dropbox"),
            (["--backend", "a=lab:x", "--local", "x", "--dropbox"], "--local or --dropbox"),
            (["--backend", "fermions", "--local", "x"], "NAME=MODULE:CALLABLE"),
            (["--backend", "fermions=lab:", "--local", "x"], "NAME=MODULE:CALLABLE"),
            (["--backend", "fermions=nolab:execute", "--local", "x"], "nolab"),
            (["--backend", "fermions=math:nothing", "--local", "x"], "nothing"),
            (["--backend", "fermions=math:pi", "--local", "x"], "expected a callable"),
            (["--backend", "fermions=math:sin", "--local", "missing/x"], "missing/x"),
        ],
    )
    def test_what_cannot_be_meant(self, arguments, told):
        ran = CliRunner().invoke(main, ["worker", *arguments])
        assert ran.exit_code != 0
        assert told in ran.output

    @pytest.fixture
    def handlers(self, monkeypatch):
        """The command sets handlers, and these tests run it in their own process."""
        monkeypatch.setattr(signal, "signal", lambda *_: None)
        monkeypatch.setattr(sys, "path", sys.path.copy())
        monkeypatch.setattr(logging, "basicConfig", lambda **_: None)

    @pytest.mark.usefixtures("handlers")
    def test_credentials_are_named_when_they_are_missing(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        for name in ("APP_KEY", "APP_SECRET", "REFRESH_TOKEN"):
            monkeypatch.delenv(f"DROPBOX_{name}", raising=False)
        monkeypatch.setenv("DROPBOX_APP_KEY", "key-0123")
        ran = CliRunner().invoke(main, ["worker", "--backend", "a=math:sin", "--dropbox"])
        assert ran.exit_code == 1
        assert "DROPBOX_APP_SECRET, DROPBOX_REFRESH_TOKEN" in ran.output
        assert "key-0123" not in ran.output

    @pytest.mark.usefixtures("handlers")
    @pytest.mark.parametrize("place", ["environment", ".env"])
    def test_credentials(
        self,
        tmp_path,
        monkeypatch,
        dropbox_active,
        dropbox_provider,
        backend_config,
        place,
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
        monkeypatch.setattr("dropspool.cli._Stop.is_requested", lambda _: ended())
        monkeypatch.setattr("dropspool.cli._Stop.sleep", lambda *_: None)

        def ended():
            return dropbox_provider.get_status("fermions", "ada", job_id).status == "ERROR"

        ran = CliRunner().invoke(main, ["worker", "--backend", "fermions=math:sin", "--dropbox"])
        assert ran.exit_code == 0, ran.output
        assert ended()
