"""Tests of the worker loop on both providers: jobs, errors, recovery, polling and stopping."""

import logging
import threading
from pathlib import Path

import pytest
from tests.support.queues import LEASE, RUNNING
from tests.support.storages import FOLDERS, make_storage
from tests.support.workers import RecordingClock, execute, in_turn, work

from dropspool import ConnectionLost, MissingScope, StorageError, TokenRefused
from dropspool.testing.kit import check_at_rest, jobs_in, submit
from dropspool.worker import run


class TestJobs:
    def test_jobs_run_in_order_and_have_a_result_and_a_status(self, storage, backend):
        ids = [submit(backend, user, n=n) for n, user in enumerate("cab")]
        assert work(storage, backend) == ids
        check_at_rest(storage.files)
        result = backend.get_result("fermions", "a", ids[1])
        assert (result.status, result.success, result.backend_version) == ("DONE", True, "1.2.3")
        assert result.results[0].header == {"n": 1}
        status = backend.get_status("fermions", "a", ids[1])
        assert (status.status, status.error_message) == ("DONE", "None")

    def test_the_worker_alternates_between_backends(self, storage, backend, backend_config):
        backend.upload_config(backend_config, "bosons")
        order = []
        executors = {
            name: lambda _, name=name: order.append(name) or [] for name in ("fermions", "bosons")
        }
        for name in ("fermions", "fermions", "fermions", "bosons"):
            backend.upload_job({}, name, "ada")
        work(storage, backend, executors)
        assert order == ["fermions", "bosons", "fermions", "fermions"]

    def test_the_log_has_one_line_per_job(self, storage, backend, caplog):
        ids = [submit(backend), submit(backend, error="no")]
        with caplog.at_level(logging.INFO, "dropspool.worker"):
            work(storage, backend)
        lines = [r.getMessage() for r in caplog.records if r.levelno == logging.INFO]
        assert lines == [f"{ids[0]}: DONE in 0.0 s", f"{ids[1]}: ERROR in 0.0 s: ValueError: no"]

    def test_run_ends_a_waiting_job(self, storage, backend):
        job_id = submit(backend)
        run(backend, {"fermions": execute}, clock=storage.clock, max_idle=0)
        assert backend.get_status("fermions", "ada", job_id).status == "DONE"

    def test_a_broken_job_ends_in_an_error_and_the_next_one_is_run(self, storage, backend):
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
    def test_an_invalid_result_ends_the_job_in_an_error(self, storage, backend, results):
        job_id = submit(backend)
        for result in [results] if not isinstance(results, list) else results:
            if isinstance(result, dict):
                result.update(shots=1, success=True, data={"memory": []})
        work(storage, backend, {"fermions": lambda _: results})
        assert backend.get_status("fermions", "ada", job_id).status == "ERROR"
        check_at_rest(storage.files)

    def test_a_job_that_is_deleted_while_it_runs_is_logged(self, storage, backend, caplog):
        first, second = submit(backend), submit(backend)

        def delete_job(_):
            backend.delete_file(RUNNING, f"job-{first}")
            return []

        executors = {"fermions": in_turn(delete_job, execute)}
        assert work(storage, backend, executors) == [second]
        assert f"{first}: gone" in caplog.text


class TestExecutorErrors:
    @pytest.mark.parametrize(
        ("error", "message"),
        [
            ("expected 1 shot", "ValueError: expected 1 shot"),
            ("no /home/lab/secret.txt there", "ValueError: no … there"),
            ("no '/home/the lab/secret.txt' there", "ValueError: no … there"),
            (r"no C:\lab\secret.txt there", "ValueError: no … there"),
            ("no lab/secret.txt, sorry", "ValueError: no … sorry"),
        ],
    )
    def test_the_message_for_the_user_hides_paths(self, storage, backend, error, message):
        job_id = submit(backend, error=error)
        work(storage, backend)
        status = backend.get_status("fermions", "ada", job_id)
        assert (status.status, status.error_message) == ("ERROR", message)
        assert backend.get_result("fermions", "ada", job_id).status == "ERROR"
        check_at_rest(storage.files)

    def test_the_message_of_an_os_error_hides_the_file(self, storage, backend):
        job_id = submit(backend)
        work(storage, backend, {"fermions": lambda _: Path("secret.csv").read_bytes()})
        message = backend.get_status("fermions", "ada", job_id).error_message
        assert message == "FileNotFoundError: No such file or directory"


class TestRecovery:
    def test_a_worker_recovers_jobs_at_its_start(self, storage, backend):
        job_id = submit(backend)
        backend.get_next_job_in_queue("fermions")
        storage.wait(LEASE + 2)
        assert work(storage, storage.provider()) == [job_id]
        check_at_rest(storage.files)

    def test_a_worker_recovers_jobs_while_it_is_idle(self, storage, backend):
        """The lease of the other worker ends after this worker has started."""
        worker = storage.provider()
        job_id = submit(backend)
        backend.get_next_job_in_queue("fermions")

        class ClockOfStorage:
            now = storage.clock.now

            @staticmethod
            def sleep(seconds):
                storage.wait(seconds)

        assert work(storage, worker, clock=ClockOfStorage, poll=30, max_idle=200) == []
        assert work(storage, worker, clock=ClockOfStorage, poll=30, max_idle=3 * LEASE) == [job_id]

    def test_the_lease_is_renewed_while_the_job_runs(self, storage, backend_config):
        provider = storage.provider(lease_seconds=0.05)
        renew, renewed = provider.renew, threading.Event()
        answers = iter([OSError("away"), True, True])

        def renew_and_notify(*args):
            answer = next(answers, None)
            if isinstance(answer, OSError):
                raise answer
            done = renew(*args)
            renewed.set()
            return done

        provider.renew = renew_and_notify
        provider.upload_config(backend_config, "fermions")
        job_id = submit(provider)

        def wait(_):
            assert renewed.wait(30)
            return []

        assert work(storage, provider, {"fermions": wait}) == [job_id]
        check_at_rest(storage.files)


class TestStorageErrors:
    METHODS = ("recover", "get_next_job_in_queue", "get_job_content", "update_in_database")

    @pytest.mark.parametrize("method", METHODS)
    @pytest.mark.parametrize("error", [ConnectionLost("away"), StorageError("HTTP 503")])
    @pytest.mark.parametrize("after", [True, False])
    def test_temporary_errors_are_retried_with_increasing_pauses(
        self, storage, backend, method, error, after
    ):
        ids = [submit(backend), submit(backend)]
        call = getattr(backend, method)
        left = [9]

        def failing(*args):
            if after and left[0] == 9:
                call(*args)
            left[0] -= 1
            if left[0] >= 0:
                raise error
            return call(*args)

        setattr(backend, method, failing)
        start = storage.clock.now()
        pauses = []
        clock = RecordingClock(storage.clock, pauses)
        assert set(work(storage, backend, clock=clock)) <= set(ids)
        # A job whose claim succeeded without a reply is recovered after its lease.
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
    def test_a_permanent_error_is_raised(self, storage, backend, error):
        def refused(_):
            raise error

        backend.get_next_job_in_queue = refused
        with pytest.raises(type(error)):
            work(storage, backend)

    def test_a_missing_configuration_raises_file_not_found(self, storage, provider):
        with pytest.raises(FileNotFoundError, match="fermions"):
            work(storage, provider)

    def test_a_stop_ends_the_retries(self, storage, backend):
        def away(_):
            raise ConnectionLost("away")

        backend.get_next_job_in_queue = away
        pauses = []
        clock = RecordingClock(storage.clock, pauses)
        assert work(storage, backend, clock=clock, stop=lambda: len(pauses) == 3) == []


class TestPolling:
    """Tests of a worker whose storage cannot report new jobs, so that it polls."""

    @pytest.fixture(params=FOLDERS)
    def storage(self, request):
        """A folder of each kind."""
        return make_storage(request.param, request)

    def test_the_worker_stops_after_max_idle_seconds(self, storage, backend):
        pauses = []
        work(storage, backend, clock=RecordingClock(storage.clock, pauses), poll=2, max_idle=5)
        assert pauses == [2, 2, 1]

    def test_a_job_resets_the_idle_time(self, storage, backend):
        class SubmittingClock(RecordingClock):
            def sleep(self, seconds):
                super().sleep(seconds)
                if len(self._pauses) == 2:
                    submit(backend)

        pauses = []
        work(storage, backend, clock=SubmittingClock(storage.clock, pauses), poll=1, max_idle=3)
        assert pauses == [1] * 5


class TestStopping:
    def test_the_worker_takes_no_job_after_stop_returns_true(self, storage, backend):
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
    def test_an_invalid_argument_is_refused_with_its_name(self, executors, options):
        name = next(iter(options), "executors")
        with pytest.raises(ValueError, match=f"{name}: expected"):
            run(None, executors, **options)
