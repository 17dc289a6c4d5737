"""Tests of a worker whose storage refuses or does not answer, and of broken configurations."""

import json
import math
import threading

import pytest
from tests.support.queues import LEASE
from tests.support.storages import DOORS
from tests.support.workers import RecordingClock, execute, in_turn, work

from dropspool import (
    AccessRefused,
    ConnectionLost,
    MissingScope,
    NameRefused,
    OutOfSpace,
    Refused,
    StorageError,
    TokenRefused,
    TooLarge,
)
from dropspool._worker.storage import Pauses
from dropspool.testing.kit import check_at_rest, jobs_in, submit
from dropspool.worker import Metrics
from fakedropbox.clock import ManualClock

PERMANENT = [
    TooLarge("no: payload_too_large"),
    AccessRefused("no"),
    NameRefused("no"),
    Refused("no"),
    IsADirectoryError(),
    NotADirectoryError(),
    FileExistsError(),
]
CONFIG = "/Backend_files/Config/{}/config.json"


def failing(method, *errors, wanted=lambda *_: True):
    """Return a wrapper of a method; its first calls with ``wanted`` arguments raise the errors."""
    left = list(errors)

    def call(*args):
        if left and wanted(*args):
            raise left.pop(0)
        return method(*args)

    return call


def is_done(_, status, *__):
    return status.status == "DONE"


class TestTheEndOfAJob:
    @pytest.mark.parametrize("error", PERMANENT, ids=lambda error: type(error).__name__)
    def test_a_result_that_cannot_be_stored_ends_the_job_in_an_error(self, storage, backend, error):
        """Regression: a result that was too large was written again by one worker after another."""
        first, second = submit(backend), submit(backend)
        backend.update_in_database = failing(backend.update_in_database, error, wanted=is_done)
        assert work(storage, backend) == [first, second]
        status = backend.get_status("fermions", "ada", first)
        assert (status.status, status.detail) == ("ERROR", "The result cannot be stored.")
        assert type(error).__name__ in status.error_message
        check_at_rest(storage.files)

    def test_a_file_in_place_of_the_results_folder_ends_the_job_in_an_error(self, storage, backend):
        first, second = submit(backend), submit(backend)
        storage.seed_files({"/Backend_files/Result": b""})
        assert work(storage, backend) == [first, second]
        for job_id in (first, second):
            status = backend.get_status("fermions", "ada", job_id)
            assert (status.status, status.detail) == ("ERROR", "The result cannot be stored.")

    @pytest.mark.parametrize("storage", DOORS, indirect=True)
    def test_a_result_beyond_the_limit_of_an_upload_ends_the_job_in_an_error(
        self, storage, backend, monkeypatch
    ):
        first, second = submit(backend), submit(backend)
        monkeypatch.setattr("fakedropbox._api.files.commits.UPLOAD_BYTES", 10_000)
        large = [{"header": {}, "shots": 1, "success": True, "data": {"memory": ["0" * 10_000]}}]
        executors = {"fermions": in_turn(lambda _: large, execute)}
        assert work(storage, backend, executors) == [first, second]
        message = backend.get_status("fermions", "ada", first).error_message
        assert message.endswith("Dropbox says payload_too_large")
        check_at_rest(storage.files)

    @pytest.mark.parametrize("error", [TooLarge("no"), MissingScope("no"), TokenRefused("no")])
    def test_a_job_whose_error_cannot_be_stored_does_not_stop_the_others(
        self, storage, backend, error, caplog
    ):
        first, second = submit(backend), submit(backend)
        backend.update_in_database = failing(backend.update_in_database, error, error)
        assert work(storage, backend) == [second]
        assert f"{first}: lost in 0.0 s: its end was not stored: no" in caplog.text
        storage.wait(LEASE + 2)
        assert work(storage, storage.provider()) == [first]
        check_at_rest(storage.files)

    def test_the_lease_is_renewed_until_the_last_write_has_returned(self, storage, backend):
        backend.lease_seconds = 0.05
        renew, update = backend.renew, backend.update_in_database
        renewed = threading.Event()
        waited = []

        def renew_and_notify(*args):
            renewed.set()
            return renew(*args)

        def update_after_a_renewal(*args):
            renewed.clear()
            waited.append(renewed.wait(30))
            return update(*args)

        backend.renew, backend.update_in_database = renew_and_notify, update_after_a_renewal
        submit(backend)
        work(storage, backend)
        assert waited == [True]

    @pytest.mark.parametrize("error", [ConnectionLost("away"), OutOfSpace("full"), OSError("EIO")])
    def test_a_result_is_kept_while_the_storage_does_not_answer_after_a_stop(
        self, storage, backend, error
    ):
        """Regression: five refusals after SIGTERM lost the result of a finished job."""
        job_id = submit(backend)
        stopped, pauses = [], []
        executors = {"fermions": lambda job: stopped.append(1) or execute(job)}
        backend.update_in_database = failing(backend.update_in_database, *[error] * 7)
        clock = RecordingClock(storage.clock, pauses)
        ended = work(storage, backend, executors, clock=clock, stop=lambda: bool(stopped))
        assert ended == [job_id]
        assert len(pauses) == 7
        assert all(2**n / 2 <= pause <= 2**n for n, pause in enumerate(pauses[:6]))
        assert jobs_in(storage.files)[job_id].status == "DONE"

    def test_after_a_stop_a_result_that_cannot_be_stored_is_given_up_after_one_lease(
        self, storage, backend, caplog
    ):
        job_id = submit(backend)
        stopped = []
        executors = {"fermions": lambda job: stopped.append(1) or execute(job)}
        update = backend.update_in_database
        backend.update_in_database = failing(update, *[ConnectionLost("away")] * 99)
        start = storage.clock.now()
        assert work(storage, backend, executors, stop=lambda: bool(stopped)) == []
        passed = (storage.clock.now() - start).total_seconds()
        assert LEASE <= passed <= LEASE + 60
        assert f"{job_id}: lost" in caplog.text

    def test_a_job_that_was_not_read_before_a_stop_is_given_back(self, storage, backend):
        submit(backend)
        given, stopped = [], []

        def away(*_):
            stopped.append(1)
            raise ConnectionLost("away")

        backend.get_job_content = away
        backend.give_back = lambda *args: given.append(args)
        assert work(storage, backend, stop=lambda: bool(stopped)) == []
        (job_id,) = jobs_in(storage.files)
        assert given == [(job_id, "fermions")]

    def test_a_job_that_cannot_be_given_back_waits_for_the_end_of_its_lease(
        self, storage, backend, caplog
    ):
        job_id = submit(backend)
        stopped = []

        def away(*_):
            stopped.append(1)
            raise ConnectionLost("away")

        backend.get_job_content = backend.give_back = away
        assert work(storage, backend, stop=lambda: bool(stopped)) == []
        assert f"{job_id}: left until its lease has ended: away" in caplog.text

    def test_a_job_that_ends_each_worker_by_a_fault_of_the_program_is_given_up(
        self, storage, backend
    ):
        """Regression: the job was given back, so no attempt counted, and it ended every worker."""
        job_id = submit(backend)
        metrics = Metrics()
        for _ in range(2):
            worker = storage.provider(max_attempts=2)
            worker.get_job_content = failing(worker.get_job_content, RuntimeError("a fault"))
            with pytest.raises(RuntimeError, match="a fault"):
                work(storage, worker, metrics=metrics)
            storage.wait(LEASE + 2)
        assert work(storage, storage.provider(max_attempts=2)) == []
        status = backend.get_status("fermions", "ada", job_id)
        assert (status.status, status.detail) == ("ERROR", "The job was given up.")
        check_at_rest(storage.files)
        assert metrics.snapshot()["running"] == {}

    def test_a_job_that_cannot_be_read_ends_in_an_error(self, storage, backend):
        first, second = submit(backend), submit(backend)
        backend.get_job_content = failing(backend.get_job_content, AccessRefused("no"))
        assert work(storage, backend) == [first, second]
        assert jobs_in(storage.files)[first].status == "ERROR"
        check_at_rest(storage.files)


class TestBrokenConfigurations:
    @pytest.fixture
    def backends(self, backend, backend_config):
        """The provider with a second backend, `bosons`."""
        backend.upload_config(backend_config, "bosons")
        return backend

    EXECUTORS = {"bosons": execute, "fermions": execute}  # noqa: RUF012 -- not changed

    @pytest.mark.parametrize("how", ["deleted", "broken", "of another form", "not finite"])
    def test_a_broken_configuration_does_not_stop_the_other_backends(
        self, storage, backends, how, caplog
    ):
        break_config(storage, backends, "bosons", how)
        ids = [submit(backends), submit(backends)]
        assert work(storage, backends, self.EXECUTORS) == ids
        assert [r.getMessage().partition(":")[0] for r in caplog.records] == ["bosons"]

    @pytest.mark.parametrize("how", ["deleted", "broken"])
    def test_a_configuration_that_breaks_while_the_worker_runs_is_waited_for(
        self, storage, backends, how
    ):
        whole = storage.read(CONFIG.format("bosons"))
        jobs = [backends.upload_job({}, "bosons", "ada"), submit(backends), submit(backends)]
        events = []

        def break_it(job):
            break_config(storage, backends, "bosons", how)
            jobs.append(queue_file(storage, "bosons"))
            return execute(job)

        def repair_it(event):
            events.append(event)
            if event.kind == "unavailable":
                storage.seed_files({CONFIG.format("bosons"): whole})

        executors = {"bosons": execute, "fermions": in_turn(break_it, execute)}
        ended = work(storage, backends, executors, poll=7, max_idle=90, on_event=repair_it)
        assert ended == jobs
        told = [str(event).partition(": /")[0] for event in events if event.backend == "bosons"]
        assert told[-4].startswith("bosons: unavailable")
        assert told[-3] == "bosons: available"

    @pytest.mark.parametrize("how", ["deleted", "broken"])
    def test_a_worker_without_any_configuration_raises_at_its_start(self, storage, backends, how):
        for name in ("fermions", "bosons"):
            break_config(storage, backends, name, how)
        with pytest.raises((FileNotFoundError, ValueError), match=r"config\.json"):
            work(storage, backends, self.EXECUTORS)

    @pytest.mark.parametrize("error", [TokenRefused("no"), MissingScope("no")])
    def test_a_login_that_is_refused_after_a_job_ends_the_worker(self, storage, backends, error):
        submit(backends)
        take = backends.get_next_job_in_queue

        def refused_later(name):
            if jobs_in(storage.files) and name == "bosons" and ran:
                raise error
            return take(name)

        ran = []
        backends.get_next_job_in_queue = refused_later
        executors = {"bosons": execute, "fermions": lambda _: ran.append(1) or []}
        with pytest.raises(type(error)):
            work(storage, backends, executors)


def break_config(storage, provider, name, how):
    """Delete or overwrite the configuration of a backend."""
    path = CONFIG.format(name)
    if how == "deleted":
        provider.delete_file(f"Backend_files/Config/{name}", "config")
    elif how == "not finite":
        content = {**json.loads(storage.read(path)), "temperature": math.inf}
        storage.seed_files({path: json.dumps(content).encode()})
    else:
        storage.seed_files({path: b"{" if how == "broken" else b'{"version": 5}'})


def queue_file(storage, name):
    """Queue a job for a backend without a configuration, and return its id."""
    job_id = f"20270101_000000_000000-{name}-ada-00000"
    path = f"/Backend_files/Queued_Jobs/{name}/job-{job_id}.json"
    storage.seed_files({path: json.dumps({}).encode()})
    return job_id


def test_the_first_request_is_repeated_after_temporary_errors(storage, backend):
    job_id = submit(backend)
    backend.get_config = failing(backend.get_config, StorageError("HTTP 503"), OutOfSpace("full"))
    assert work(storage, backend) == [job_id]


class LongestPauses:
    """A source of chance that always draws the longest pause."""

    def uniform(self, _, longest):
        return longest


def test_the_pauses_between_attempts_grow_to_one_minute():
    taken = []
    pauses = Pauses(RecordingClock(ManualClock(), taken), LongestPauses())
    for _ in range(8):
        pauses.after(StorageError("HTTP 503"))
    assert taken == [1, 2, 4, 8, 16, 32, 60, 60]
