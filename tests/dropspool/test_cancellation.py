"""Tests that a reported cancellation lasts until its job is queued again, despite crashes."""

import contextlib
import threading
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from tests.support.queues import LEASE, watch_changes
from tests.support.replaced_system import ReplacedProvider
from tests.support.storages import DOORS, DropboxStorage, make_storage

from dropspool import DropboxLoginInformation
from dropspool.operations import WrongState, cancel, prune, requeue
from dropspool.testing._faults import Died
from dropspool.testing.kit import (
    BACKEND,
    check_always,
    check_at_rest,
    config,
    drain,
    end,
    jobs_in,
    result_of,
    status_of,
    submit,
    take,
)
from fakedropbox import FakeDropboxService
from fakedropbox.simulate import interleavings

SHORT = 2
"""Seconds of a lease so short that it ends before its worker checks its claim again."""


@pytest.fixture(params=[*DOORS, "folder"])
def storage(request):
    """A Dropbox or a folder; not that of pyfakefs, which gives the same results."""
    return make_storage(request.param, request)


def before_the_result(worker, act):
    """Make a worker call ``act`` just before it stores its next result."""
    create, acts = worker.files.create, [act]

    def create_later(path, data):
        if "/Result/" in path and acts:
            acts.pop()()
        return create(path, data)

    worker.files.create = create_later


def ended(worker, job_id, status="DONE"):
    """End a job, and return whether the answer to its worker says that the end was stored."""
    answer = worker.update_in_database(
        result_of(job_id), status_of(job_id, status), job_id, BACKEND
    )
    return answer is not False


class TestAtTheLastMoment:
    """A worker that has just written its claim does not read it again before it stores a result."""

    @pytest.fixture
    def worker(self, backend, storage):
        self.job_id = submit(backend)
        worker = storage.provider()
        take(worker)
        return worker

    def test_a_cancelled_job_stays_cancelled(self, backend, storage, worker):
        before_the_result(worker, lambda: cancel(backend, self.job_id))
        assert not ended(worker, self.job_id)
        status = backend.get_status(BACKEND, "ada", self.job_id)
        assert (status.status, status.detail) == ("ERROR", "The job was cancelled.")
        assert not backend.get_result(BACKEND, "ada", self.job_id).success
        check_at_rest(storage.files, [self.job_id])

    def test_the_first_result_wins_over_a_later_cancellation(self, backend, storage, worker):
        move = worker.files.move

        def cancel_and_move(source, target):
            with pytest.raises(WrongState, match="it has ended"):
                cancel(backend, self.job_id)
            return move(source, target)

        worker.files.move = cancel_and_move
        assert ended(worker, self.job_id)
        assert backend.get_result(BACKEND, "ada", self.job_id).success
        check_at_rest(storage.files, [self.job_id])

    def test_a_job_that_was_queued_again_accepts_the_late_result(self, backend, storage, worker):
        def cancel_and_requeue():
            cancel(backend, self.job_id)
            requeue(backend, self.job_id)

        before_the_result(worker, cancel_and_requeue)
        assert ended(worker, self.job_id)
        check_at_rest(storage.files, [self.job_id])
        assert drain(backend) == []

    def test_storing_the_result_of_a_deleted_job_raises_file_not_found_error(
        self, backend, storage, worker
    ):
        def cancel_and_prune():
            cancel(backend, self.job_id)
            assert len([*prune(backend, timedelta())]) == 1

        before_the_result(worker, cancel_and_prune)
        with pytest.raises(FileNotFoundError, match="the job is in no folder"):
            ended(worker, self.job_id)
        assert jobs_in(storage.files)[self.job_id].claim is None

    def test_the_worker_of_a_job_that_was_deleted_earlier_stores_nothing(
        self, backend, storage, worker
    ):
        cancel(backend, self.job_id)
        assert len([*prune(backend, timedelta())]) == 1
        storage.clock.advance(10)  # a worker does not check a claim that it wrote a moment ago
        before = storage.files
        with pytest.raises(FileNotFoundError, match="the job is in no folder"):
            ended(worker, self.job_id)
        assert storage.files == before

    @pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
    @pytest.mark.parametrize("die_at", range(4))
    def test_a_recovery_completes_a_cancellation_after_a_crash_of_the_worker(
        self, backend, storage, worker, die_at, after
    ):
        watch_changes(worker.files, die_at=die_at, after=after)
        before_the_result(worker, lambda: cancel(backend, self.job_id))
        with contextlib.suppress(Died):
            end(worker, self.job_id)
        storage.wait(2 * LEASE)
        storage.provider().recover(BACKEND)
        check_at_rest(storage.files, [self.job_id])
        assert backend.get_status(BACKEND, "ada", self.job_id).status == "ERROR"


@pytest.mark.parametrize("storage", ["direct"], indirect=True)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("end", ["DONE", "ERROR"])
class TestAfterACrashOfTheOperator:
    """The operator dies at each of its changes, and then the worker ends the job."""

    def test_a_cancellation_that_a_recovery_completes_wins_over_a_later_end(
        self, backend, storage, end, after
    ):
        for die_at in range(10):
            job_id = submit(backend)
            worker = storage.provider()
            take(worker)
            changes = died_in(storage, cancel, job_id, die_at, after)
            has_mark = "success" in str(storage.files.get(result_path(job_id)))
            is_ended = ended(worker, job_id, end)
            assert not (is_ended and has_mark)
            storage.wait(2 * LEASE)
            backend.recover(BACKEND)
            check_at_rest(storage.files, [job_id])
            status = backend.get_status(BACKEND, "ada", job_id)
            if has_mark:
                assert (status.status, status.detail) == ("ERROR", "The job was cancelled.")
            else:
                assert status.status == (end if is_ended else "QUEUED")
            drain(backend)
            if changes.made <= die_at:
                break
        assert die_at == 5

    def test_a_crash_while_a_job_is_queued_again_keeps_the_status_last_reported(
        self, backend, storage, end, after
    ):
        for die_at in range(10):
            job_id = submit(backend)
            worker = storage.provider()
            take(worker)
            cancel(backend, job_id)
            changes = died_in(storage, requeue, job_id, die_at, after)
            before = backend.get_status(BACKEND, "ada", job_id)
            is_ended = ended(worker, job_id, end)
            storage.wait(2 * LEASE)
            backend.recover(BACKEND)
            check_at_rest(storage.files, [job_id])
            status = backend.get_status(BACKEND, "ada", job_id)
            assert status.status == (end if is_ended else before.status)
            if not is_ended:
                assert status.detail == before.detail
            drain(backend)
            if changes.made <= die_at:
                break
        assert die_at == 5


def died_in(storage, operation, job_id, die_at, after):
    """Let an operator die at change ``die_at`` of an operation; return the counted changes."""
    operator = storage.provider()
    changes = watch_changes(operator.files, die_at=die_at, after=after)
    with contextlib.suppress(Died):
        operation(operator, job_id)
    return changes


def result_path(job_id):
    return f"/Backend_files/Result/{BACKEND}/ada/result-{job_id}.json"


def test_an_error_of_a_cancelled_job_is_not_stored(backend, storage):
    job_id = submit(backend)
    worker = storage.provider()
    take(worker)
    cancel(backend, job_id)
    assert not ended(worker, job_id, "ERROR")
    assert backend.get_status(BACKEND, "ada", job_id).detail == "The job was cancelled."


@pytest.mark.parametrize("storage", ["sdk"], indirect=True)
def test_a_program_of_the_replaced_system_reads_the_result_of_a_cancelled_job(backend, storage):
    """It gets the answer for a missing result, plus the backend's name and the cause of failure."""
    login = DropboxLoginInformation.model_validate(storage.service.login, from_attributes=True)
    reader = ReplacedProvider(login, "fake", clock=storage.clock)
    job_id = submit(backend)
    before = reader.get_result(BACKEND, "ada", job_id).model_dump()
    cancel(backend, job_id)
    after = reader.get_result(BACKEND, "ada", job_id).model_dump()
    changed = {name: value for name, value in after.items() if value != before[name]}
    assert changed == {
        "backend_name": "fake_fermions_simulator",
        "header": {"detail": "The job was cancelled."},
    }
    assert reader.get_status(BACKEND, "ada", job_id).status == "ERROR"


def test_an_error_may_be_reported_again(backend, storage):
    """The answer to the first report may have been lost."""
    job_id = submit(backend)
    worker = storage.provider()
    take(worker)
    assert ended(worker, job_id, "ERROR")
    assert ended(worker, job_id, "ERROR")


def test_a_result_that_looks_like_a_failure_is_kept(backend, storage):
    """A program may store any result with `DONE`; only the mark of `cancel` is special."""
    job_id = submit(backend)
    take(backend)
    result = result_of(job_id).model_copy(update={"success": False, "status": "ERROR"})
    backend.update_in_database(result, status_of(job_id), job_id, BACKEND)
    with pytest.raises(WrongState, match="a result, which is final"):
        requeue(backend, job_id)
    check_at_rest(storage.files, [job_id])


class TestInEveryOrder:
    """A worker ends a job, while others cancel it, queue it again and recover; one may crash."""

    pytestmark = pytest.mark.untraced

    @pytest.fixture
    def running(self):
        """A storage, a running job, and a function that ends the job as its worker."""
        service = FakeDropboxService(seed=6)
        storage = DropboxStorage(service, direct=True)
        first = storage.provider(worker_id="worker", lease_seconds=SHORT)
        first.upload_config(config(), BACKEND)
        job_id = submit(first)
        take(first)
        (held,) = first._claims._held.values()

        def work(status="DONE"):
            worker = storage.provider(worker_id="worker", lease_seconds=SHORT)
            worker._claims._held[job_id] = replace(held, lock=threading.Lock())
            return ended(worker, job_id, status)

        return storage, job_id, work

    def explore(self, storage, job_id, workers, check, look=check_at_rest, **options):
        """Run the workers in many orders; check the job after a recovery, and when it has run."""

        def recovered(run):
            storage.wait(2 * LEASE)
            provider = storage.provider()
            provider.recover(BACKEND)
            look(storage.files, [job_id])
            check(run, provider.get_status(BACKEND, "ada", job_id))
            drain(provider)
            check_at_rest(storage.files, [job_id])

        report = interleavings(workers, check=recovered, service=storage.service, **options)
        print(f"\n{report}")
        return report

    @pytest.mark.parametrize(
        "options", [{}, pytest.param({"max_faults": 1}, marks=pytest.mark.campaign)]
    )
    def test_a_reported_end_or_cancellation_has_taken_effect(self, running, options):
        storage, job_id, work = running

        def stop():
            with contextlib.suppress(WrongState):
                cancel(storage.provider(), job_id)
                return True
            return False

        def check(run, status):
            is_done, is_cancelled = run.results
            assert not (is_done and is_cancelled)
            if is_done:
                assert status.status == "DONE"
            if is_cancelled:
                assert (status.status, status.detail) == ("ERROR", "The job was cancelled.")

        report = self.explore(storage, job_id, [work, stop], check, **options)
        assert report.complete > 10

    @pytest.mark.parametrize(
        "options",
        [{}, pytest.param({"max_faults": 1}, marks=pytest.mark.campaign)],
        ids=["some", "every"],
    )
    @pytest.mark.parametrize("end", ["DONE", "ERROR"])
    def test_a_job_that_is_queued_again_is_never_lost(self, running, end, options):
        storage, job_id, work = running

        def stop_and_go():
            provider = storage.provider()
            with contextlib.suppress(WrongState):
                cancel(provider, job_id)
                requeue(provider, job_id)
                return True
            return False

        def check(run, status):
            has_ended, is_waiting = run.results
            if has_ended and end == "DONE":
                assert status.status == "DONE"
            elif is_waiting and has_ended is not None:  # the worker has not crashed
                assert status.status == "QUEUED"

        # A worker without its claim may crash between the status and the move of the job's file.
        # The job then waits although it is done, until the next worker ends it.
        workers = [partial(work, end), stop_and_go]
        self.explore(storage, job_id, workers, check, look=check_always, **options)

    @pytest.mark.parametrize(
        "options",
        [{"seeds": range(100)}, pytest.param({}, marks=pytest.mark.campaign)],
        ids=["some", "every"],
    )
    def test_a_recovery_after_the_lease_does_not_undo_a_reported_cancellation(
        self, running, options
    ):
        storage, job_id, work = running
        storage.wait(2 * SHORT)

        def stop():
            with contextlib.suppress(WrongState):
                cancel(storage.provider(), job_id)
                return True
            return False

        def recover():
            storage.provider(worker_id="other").recover(BACKEND)

        def check(run, status):
            is_done, is_cancelled, _ = run.results
            assert not (is_done and is_cancelled)
            if is_cancelled:
                assert (status.status, status.detail) == ("ERROR", "The job was cancelled.")

        self.explore(storage, job_id, [work, stop, recover], check, **options)
