"""Tests of claims, leases and recovery, on both providers."""

import itertools
import json
import logging
import os
import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from tests.support.queues import LEASE, RUNNING, watch_changes
from tests.support.storages import DOORS

from dropspool import BrokenFile, ConnectionLost, StorageError, layout
from dropspool.clock import SystemClock
from dropspool.operations import job_details
from dropspool.providers._claims import Claims
from dropspool.providers._endings import Endings
from dropspool.testing._faults import Died
from dropspool.testing.kit import (
    check_always,
    check_at_rest,
    drain,
    end,
    jobs_in,
    result_of,
    status_of,
    submit,
    take,
)

DAY = 24 * 3600

# pyfakefs is a hundred times slower than a real folder, and these tests read all files often.
without_fakefs = pytest.mark.parametrize("storage", [*DOORS, "folder"], indirect=True)


@pytest.fixture
def other(storage):
    """The provider of another worker, as if in another process."""
    return storage.provider()


class TestClaims:
    def test_a_claim_names_its_worker_and_a_renewal_changes_its_counter(self, storage, backend):
        job_id = submit(backend)
        take(backend)
        claim = json.loads(storage.read(f"{RUNNING}/claim-{job_id}.json"))
        counts = {"counter", "attempt", "given_back"}
        assert set(claim) == {"worker", "lease_seconds", "nonce", *counts}
        assert (len(claim["nonce"]), claim["counter"], claim["attempt"]) == (32, 0, 1)
        assert claim["lease_seconds"] == LEASE
        assert backend.renew(job_id, "fermions")
        renewed = json.loads(storage.read(f"{RUNNING}/claim-{job_id}.json"))
        assert renewed == {**claim, "counter": 1}
        end(backend, job_id)
        check_at_rest(storage.files)

    def test_a_claimed_job_is_skipped(self, storage, backend, other):
        first, second = submit(backend), submit(backend)
        storage.seed_files({f"{RUNNING}/claim-{first}.json": b"{}"})
        assert take(other) == second

    def test_a_lease_lasts_and_ends_by_the_clock_of_the_storage(self, storage, backend, other):
        job_id = submit(backend)
        take(backend)
        storage.wait(LEASE - 2)
        assert other.recover("fermions") == []
        assert backend.renew(job_id, "fermions")
        storage.wait(LEASE - 2)
        assert other.recover("fermions") == []
        storage.wait(4)
        assert other.recover("fermions") == [f"requeued {job_id}"]
        assert other.recover("fermions") == []
        check_at_rest(storage.files)
        assert not backend.renew(job_id, "fermions")
        assert take(other) == job_id

    @pytest.mark.parametrize("years", [-10, 0, 10])
    def test_a_lease_does_not_depend_on_the_clock_of_a_worker(self, storage, backend, years):
        job_id = submit(backend)
        take(backend)

        class Wrong(SystemClock):
            def now(self):
                return storage.clock.now() + timedelta(days=366 * years)

        wrong = storage.provider(clock=Wrong())
        assert wrong.recover("fermions") == []
        storage.wait(LEASE + 2)
        assert wrong.recover("fermions") == [f"requeued {job_id}"]

    def test_a_clock_that_runs_backwards_does_not_end_a_lease(self, storage, backend):
        job_id = submit(backend)
        take(backend)

        class Backwards(SystemClock):
            hours = 0

            def now(self):
                self.hours += 1
                return storage.clock.now() - timedelta(hours=self.hours)

        backwards = storage.provider(clock=Backwards())
        for _ in range(3):
            assert backwards.recover("fermions") == []
        end(backend, job_id)
        assert backwards.recover("fermions") == []
        check_at_rest(storage.files)

    @pytest.mark.usefixtures("backend")
    def test_a_new_worker_with_the_same_id_recovers_the_job_of_the_earlier_one(self, storage):
        first = storage.provider(worker_id="laser")
        job_id = submit(first)
        take(first)
        assert storage.provider(worker_id="maser").recover("fermions") == []
        assert first.recover("fermions") == []  # this worker runs the job
        assert storage.provider(worker_id="laser").recover("fermions") == [f"requeued {job_id}"]
        check_at_rest(storage.files)

    def test_a_renewal_of_a_lost_claim_fails_and_is_logged(self, storage, backend, other, caplog):
        job_id = submit(backend)
        take(backend)
        storage.wait(LEASE + 2)
        other.recover("fermions")
        assert take(other) == job_id
        with caplog.at_level(logging.WARNING, "dropspool"):
            assert not backend.renew(job_id, "fermions")
        assert "the lease had run out" in caplog.text
        assert "or the job was cancelled" in caplog.text
        assert other.renew(job_id, "fermions")
        # The first worker has lost its claim, but it has a result, and the first result is kept.
        end(backend, job_id, n=1)
        end(other, job_id, n=2)
        check_at_rest(storage.files)
        assert backend.get_result("fermions", "ada", job_id).header == {"n": 1}

    @pytest.mark.parametrize("next_call", ["renew", "end"])
    def test_a_worker_keeps_its_claim_when_the_reply_to_a_renewal_is_lost(
        self, storage, backend, next_call
    ):
        job_id = submit(backend)
        take(backend)
        update = backend.files.update

        def update_and_lose_reply(*args):
            update(*args)
            raise ConnectionLost

        backend.files.update = update_and_lose_reply
        with pytest.raises(ConnectionLost):
            backend.renew(job_id, "fermions")
        backend.files.update = update
        if next_call == "renew":
            assert backend.renew(job_id, "fermions")
            assert json.loads(storage.read(f"{RUNNING}/claim-{job_id}.json"))["counter"] == 2
        end(backend, job_id)
        check_at_rest(storage.files)

    @pytest.mark.parametrize("first", ["renew", "release"])
    def test_one_thread_may_renew_a_claim_while_another_one_ends_the_job(
        self, storage, backend, first, caplog
    ):
        job_id = submit(backend)
        take(backend)
        renewed, threads = [], []
        update, delete = backend.files.update, backend.files.delete

        def start(act):
            threads.append(threading.Thread(target=act))
            threads[0].start()

        def update_while_it_ends(path, data, revision):
            if "claim-" in path and first == "renew" and not threads:
                start(lambda: end(backend, job_id))
            return update(path, data, revision)

        def delete_while_it_is_renewed(path, revision=None):
            if "claim-" in path and first == "release":
                start(lambda: renewed.append(backend.renew(job_id, "fermions")))
            return delete(path, revision)

        backend.files.update, backend.files.delete = (
            update_while_it_ends,
            delete_while_it_is_renewed,
        )
        if first == "renew":
            renewed.append(backend.renew(job_id, "fermions"))
        else:
            end(backend, job_id)
        threads[0].join()
        assert renewed == [first == "renew"]
        assert not backend.renew(job_id, "fermions")
        assert "the lease had run out" not in caplog.text
        check_at_rest(storage.files)

    @pytest.mark.parametrize("change", [None, b"{", b'{"nonce": "x"}'])
    def test_a_claim_that_another_worker_wrote_is_not_deleted(
        self, storage, backend, change, caplog
    ):
        job_id = submit(backend)
        take(backend)
        path = f"{RUNNING}/claim-{job_id}.json"
        if change is None:
            backend.files.delete(path)
        else:
            storage.seed_files({path: change})
        end(backend, job_id)
        assert "others took over" in caplog.text
        assert storage.files.get(path) == change
        assert not backend.renew(job_id, "fermions")

    def test_a_renewal_during_a_recovery_keeps_the_claim(self, storage, backend, other):
        job_id = submit(backend)
        take(backend)
        storage.wait(LEASE + 2)
        read = other.files.read

        def slow_read(path):
            found = read(path)
            if "claim-" in path:
                other.files.read = read
                assert backend.renew(job_id, "fermions")
            return found

        other.files.read = slow_read
        assert other.recover("fermions") == []
        end(backend, job_id)
        check_at_rest(storage.files)

    def test_ending_a_job_raises_after_five_conflicts_of_its_status(self, backend):
        job_id = submit(backend)
        take(backend)

        def changed_by_others(*_):
            raise FileExistsError

        backend.files.update = changed_by_others
        with pytest.raises(StorageError, match=f"status-{job_id}.json: changed by others 5 times"):
            end(backend, job_id, "ERROR")

    def test_a_job_without_a_first_status_can_end_in_an_error(self, storage, backend):
        job_id = backend.upload_job({}, "fermions", "ada")
        take(backend)
        end(backend, job_id, "ERROR")
        check_at_rest(storage.files)
        assert backend.get_status("fermions", "ada", job_id).detail == "as told"

    def test_a_job_without_a_claim_cannot_be_renewed(self, backend):
        assert not backend.renew(submit(backend), "fermions")
        with pytest.raises(ValueError, match="job_id: expected"):
            backend.renew("x", "fermions")

    @pytest.mark.parametrize(
        ("options", "kind"),
        [
            ({"lease_seconds": 0}, ValueError),
            ({"lease_seconds": float("inf")}, ValueError),
            ({"lease_seconds": float("nan")}, ValueError),
            ({"lease_seconds": "5"}, TypeError),
            ({"max_attempts": 0}, ValueError),
            ({"max_attempts": 1.5}, TypeError),
            ({"worker_id": ""}, ValueError),
            ({"worker_id": 5}, TypeError),
        ],
    )
    def test_an_invalid_option_is_refused_with_its_name_and_value(self, storage, options, kind):
        ((name, value),) = options.items()
        with pytest.raises(kind, match=f"{name}: expected .*{value!r}"):
            storage.provider(**options)


class TestSeizing:
    """Tests of `Claims.seize`, by which a user who cancels a job takes it from its worker."""

    @pytest.fixture
    def job(self, backend):
        return layout.parse_job_id(submit(backend))

    @pytest.fixture
    def claims(self, other):
        return Claims(other.files, "user", LEASE)

    def test_an_unclaimed_a_claimed_and_an_abandoned_job_can_be_seized(
        self, storage, backend, job, claims
    ):
        assert claims.seize(job)
        claims.release(job)
        assert take(backend) == job.job_id
        assert claims.seize(job)
        assert not backend.renew(job.job_id, "fermions")
        claims.abandon(job)
        assert claims.seize(job)
        claims.release(job)
        assert job.claim not in storage.files

    def test_a_claim_that_appears_or_disappears_during_the_attempt_is_seized(
        self, storage, other, job, claims
    ):
        read, create = other.files.read, other.files.create

        def delete_and_read(path):
            other.files.read = read
            storage.seed_files({path: b"{}"})
            found = read(path)
            other.files.delete(path)
            return found

        def create_too_late(path, data):
            other.files.create = create
            storage.seed_files({path: b"{}"})
            return create(path, data)

        other.files.read, other.files.create = delete_and_read, create_too_late
        assert claims.seize(job)
        assert json.loads(storage.read(job.claim))["worker"] == "user"

    def test_a_claim_that_others_change_five_times_is_not_seized(self, storage, other, job, claims):
        storage.seed_files({job.claim: b"{}"})

        def changed_by_others(*_):
            raise FileExistsError

        other.files.update = changed_by_others
        assert not claims.seize(job)


class TestRecovery:
    def test_a_recovery_without_unfinished_jobs_changes_nothing(self, storage, backend):
        assert backend.recover("fermions") == []
        done, failed, queued = submit(backend), submit(backend), submit(backend)
        end(backend, take(backend))
        end(backend, take(backend), "ERROR")
        before = jobs_in(storage.files)
        assert backend.recover("fermions") == []
        assert jobs_in(storage.files) == before
        assert set(before) == {done, failed, queued}

    def test_a_recovery_without_a_configuration_is_refused(self, provider, storage):
        storage.seed_files({f"{RUNNING}/job-20260101_000000-fermions-ada-00000.json": b"{}"})
        with pytest.raises(FileNotFoundError):
            provider.recover("fermions")
        assert len(storage.files) == 1

    def test_files_of_other_backends_and_foreign_files_are_not_changed(self, storage, backend):
        foreign = {
            f"{RUNNING}/{name}": b"x"
            for name in (
                "job-20260101_000000-bosons-ada-00000.json",
                "claim-20260101_000000-bosons-ada-00000.json",
                "notes.txt",
                "claim-.json",
                "job-20260101_000000-fermions-ada-00000.json/folder",
            )
        }
        foreign["/Backend_files/Result/fermions/ada/notes.txt"] = b"x"
        foreign["/Backend_files/Result/fermions/notes.txt"] = b"x"
        storage.seed_files(foreign)
        assert backend.recover("fermions") == []
        assert foreign.items() <= storage.files.items()

    def test_a_running_job_without_a_claim_is_queued_again_after_a_lease(
        self, storage, backend, other
    ):
        """The system that dropspool replaces writes no claims, and may still be running it."""
        job_id = "20260101_000000-fermions-ada-00000"
        storage.seed_files({f"{RUNNING}/job-{job_id}.json": b'{"x": 1}'})
        assert backend.recover("fermions") == []
        storage.wait(LEASE - 2)
        assert other.recover("fermions") == []
        assert f"{RUNNING}/job-{job_id}.json" in storage.files
        storage.wait(4)
        assert other.recover("fermions") == [f"requeued {job_id}"]
        check_at_rest(storage.files)
        assert drain(backend) == [job_id]

    def test_a_claim_made_for_a_program_without_claims_is_deleted_after_it_ends_the_job(
        self, storage, backend
    ):
        job_id = "20260101_000000-fermions-ada-00000"
        storage.seed_files({f"{RUNNING}/job-{job_id}.json": b'{"x": 1}'})
        backend.recover("fermions")
        folder = "Backend_files/Result/fermions/ada"
        backend.upload(result_of(job_id).model_dump(), folder, f"result-{job_id}")
        backend.move_file(RUNNING, "Backend_files/Finished_Jobs/fermions/ada", f"job-{job_id}")
        storage.wait(LEASE + 2)
        assert backend.recover("fermions") == [f"completed {job_id}"]
        check_at_rest(storage.files)

    def test_a_claim_that_is_released_during_a_recovery_is_not_created_again(
        self, storage, backend, other
    ):
        job_id = submit(backend)
        path = f"{RUNNING}/claim-{job_id}.json"
        storage.seed_files({path: b'{"worker": "another"}'})
        names = other.files.names

        def names_before_the_release(folder):
            found = names(folder)
            other.files.delete(path)
            return found

        other.files.names = names_before_the_release
        assert other.recover("fermions") == []
        assert path not in storage.files
        assert take(backend) == job_id

    def test_a_job_that_a_slow_worker_moves_during_a_recovery_waits_again_after_one_lease(
        self, storage, backend, other
    ):
        """The worker moves the job after its lease has ended, before a step of the recovery."""
        for step in itertools.count():
            job_id = submit(backend)
            slow, healer = storage.provider(), storage.provider()
            moves, steps = [slow.files.move], itertools.count()

            def after_a_lease(*ends, step=step, healer=healer, moves=moves, steps=steps):
                def moving(method):
                    def moved(*arguments):
                        if next(steps) == step:
                            moves.pop()(*ends)
                        return method(*arguments)

                    return moved

                for name in ("update", "move", "exists"):
                    setattr(healer.files, name, moving(getattr(healer.files, name)))
                storage.wait(LEASE + 2)
                healer.recover("fermions")
                for move in moves:
                    move(*ends)

            slow.files.move = after_a_lease
            assert take(slow) == job_id
            storage.wait(LEASE + 2)
            other.recover("fermions")
            check_at_rest(storage.files)
            assert drain(other) == [job_id]
            check_at_rest(storage.files)
            if next(steps) <= step:
                break
        assert step == 5

    @pytest.mark.parametrize("place", ["Queued_Jobs/fermions", "Running_Jobs", "Deleted_Jobs"])
    @pytest.mark.parametrize("status", [None, "INITIALIZING", "ERROR", "DONE"])
    def test_a_job_with_a_result_is_completed(self, storage, backend, place, status):
        """Check each folder and status; the job or its claim is in the folder of running jobs."""
        job_id = submit(backend)
        end(backend, take(backend))
        backend.move_file(
            "Backend_files/Finished_Jobs/fermions/ada", f"Backend_files/{place}", f"job-{job_id}"
        )
        status_file = ("Backend_files/Status/fermions/ada", f"status-{job_id}")
        if status is None:
            backend.delete_file(*status_file)
        else:
            backend.upload(status_of(job_id, status).model_dump(), *status_file)
        if place != "Running_Jobs":
            storage.seed_files({f"{RUNNING}/claim-{job_id}.json": b'{"worker": "dead"}'})
            storage.wait(LEASE + 2)
        assert storage.provider().recover("fermions") == [f"completed {job_id}"]
        check_at_rest(storage.files)

    def test_a_done_job_that_is_queued_again_keeps_its_result_when_it_is_run_again(
        self, storage, backend
    ):
        """A user repeats an upload whose reply was lost, after a worker has done the job."""
        job_id = submit(backend)
        end(backend, take(backend), n=1)
        storage.seed_files({f"/Backend_files/Queued_Jobs/fermions/job-{job_id}.json": b"{}"})
        assert backend.get_status("fermions", "ada", job_id).status == "DONE"
        assert drain(backend) == [job_id]
        check_at_rest(storage.files)
        assert backend.get_result("fermions", "ada", job_id).header == {"n": 1}

    @pytest.mark.parametrize("waiting", [0, 2])
    def test_a_recovery_costs_the_same_for_any_number_of_ended_jobs(
        self, storage, backend, waiting
    ):
        """Only the folder of the running jobs is listed."""
        costs = []
        for _ in range(2):
            for status in ("DONE", "ERROR", "DONE"):
                submit(backend, f"user {len(costs)}")
                end(backend, take(backend), status)
            ids = [submit(backend) for _ in range(waiting)]
            before = storage.requests
            assert backend.recover("fermions") == []
            costs.append(storage.requests - before)
            for job_id in ids:
                backend.delete_file("Backend_files/Queued_Jobs/fermions", f"job-{job_id}")
        assert costs[0] == costs[1] <= 2

    def test_a_job_in_two_folders_is_requeued_once(self, storage, backend):
        job_id = submit(backend)
        take(backend)
        storage.seed_files({f"/Backend_files/Queued_Jobs/fermions/job-{job_id}.json": b"{}"})
        storage.wait(LEASE + 2)
        assert backend.recover("fermions") == [f"requeued {job_id}"]
        check_at_rest(storage.files)
        assert drain(backend) == [job_id]
        check_at_rest(storage.files)

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"null"])
    def test_a_broken_claim_is_kept_aside_and_its_job_requeued(
        self, storage, backend, other, content, caplog
    ):
        job_id = submit(backend)
        take(backend)
        storage.seed_files({f"{RUNNING}/claim-{job_id}.json": content})
        with caplog.at_level(logging.WARNING, "dropspool"):
            assert other.recover("fermions") == [f"requeued {job_id}"]
        assert f"claim-{job_id}.json" in caplog.text
        check_at_rest(storage.files)
        assert self.kept_aside(storage) == [content]
        assert not backend.renew(job_id, "fermions")

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"status": "FINE"}'])
    @pytest.mark.parametrize("ended", [True, False])
    def test_a_broken_status_is_kept_aside_and_replaced(
        self, storage, backend, content, ended, caplog
    ):
        job_id = submit(backend)
        take(backend)
        if ended:
            end(backend, job_id)
            backend.move_file("Backend_files/Finished_Jobs/fermions/ada", RUNNING, f"job-{job_id}")
        path = f"/Backend_files/Status/fermions/ada/status-{job_id}.json"
        storage.seed_files({path: content})
        with pytest.raises(BrokenFile):
            backend.get_status("fermions", "ada", job_id)
        storage.wait(LEASE + 2)
        with caplog.at_level(logging.WARNING, "dropspool"):
            action = "completed" if ended else "requeued"
            assert storage.provider().recover("fermions") == [f"{action} {job_id}"]
        assert f"status-{job_id}.json" in caplog.text
        check_at_rest(storage.files)
        assert self.kept_aside(storage) == [content]
        status = backend.get_status("fermions", "ada", job_id).status
        assert status == ("DONE" if ended else "QUEUED")

    @staticmethod
    def kept_aside(storage):
        """Return the data of the unreadable files that a recovery has kept."""
        return [data for path, data in storage.files.items() if "/unreadable-" in path]

    def test_a_job_that_cannot_be_read_is_moved_to_the_deleted_jobs(self, storage, backend):
        """`get_job_content` moves it, so it is moved even if the error ends the worker."""
        broken = "20250101_000000_000000-fermions-ada-00000"
        storage.seed_files({f"/Backend_files/Queued_Jobs/fermions/job-{broken}.json": b"{"})
        whole = submit(backend)
        job = backend.get_next_job_in_queue("fermions")
        with pytest.raises(BrokenFile, match=broken):
            backend.get_job_content(job.job_json_path, job.job_id)
        assert backend.get_status("fermions", "ada", broken).status == "ERROR"
        assert storage.read(f"/Backend_files/Deleted_Jobs/job-{broken}.json") == b"{"
        check_at_rest(storage.files)
        assert drain(backend) == [whole]


class TestConflicts:
    """Workers and recoveries act on the same job, and its files stay consistent."""

    @pytest.mark.parametrize("first", ["DONE", "ERROR"])
    @pytest.mark.parametrize("second", ["DONE", "ERROR"])
    def test_an_error_of_a_worker_that_lost_the_job_is_ignored_but_the_first_result_is_kept(
        self, storage, backend, other, first, second
    ):
        job_id = submit(backend)
        take(backend)
        storage.wait(LEASE + 2)
        other.recover("fermions")
        take(other)
        before = jobs_in(storage.files)[job_id]
        end(backend, job_id, first, n=1)
        if first == "ERROR":
            assert jobs_in(storage.files)[job_id] == before
        end(other, job_id, second, n=2)
        check_at_rest(storage.files)
        if "DONE" in (first, second):
            header = {"n": 1 if first == "DONE" else 2}
            assert backend.get_result("fermions", "ada", job_id).header == header
        else:
            assert backend.get_status("fermions", "ada", job_id).status == "ERROR"

    @pytest.mark.parametrize("taken", [True, False])
    def test_an_error_of_the_worker_that_has_the_job_is_final(
        self, storage, backend, other, taken, caplog
    ):
        """Without the lease, a worker cannot end the job in an error, nor change a final error."""
        job_id = submit(backend)
        take(backend)
        storage.wait(LEASE + 2)
        other.recover("fermions")
        if taken:
            take(other)
        end(backend, job_id, "ERROR")
        assert "no longer this worker's" in caplog.text
        expected = "RUNNING" if taken else "QUEUED"
        assert other.get_status("fermions", "ada", job_id).status == expected
        if not taken:
            take(other)
        end(other, job_id, "ERROR")
        ended = jobs_in(storage.files)[job_id]
        assert ended.status == "ERROR"
        for status in ("DONE", "ERROR", "QUEUED"):
            end(backend, job_id, status)
            assert jobs_in(storage.files)[job_id] == ended
        check_at_rest(storage.files)

    def test_an_error_of_a_worker_whose_clock_stands_still_is_ignored(
        self, storage, backend, other
    ):
        class Still:
            sleep = storage.clock.sleep
            moment = storage.clock.now()

            def now(self):
                return self.moment

        job_id = submit(backend)
        late = storage.provider(clock=Still())
        take(late)
        storage.wait(LEASE + 2)
        other.recover("fermions")
        take(other)
        before = jobs_in(storage.files)[job_id]
        end(late, job_id, "ERROR")
        assert jobs_in(storage.files)[job_id] == before

    def test_a_cancelled_job_stays_cancelled_when_its_worker_ends_it_later(
        self, storage, backend, other
    ):
        """The process that seizes the claim ends the job, and the worker notices that in time."""
        job_id = submit(backend)
        take(backend)
        job = layout.parse_job_id(job_id)
        claims, endings = Claims(other.files, "somebody", LEASE), Endings(other.files)
        assert claims.seize(job)
        endings.fail(job, status_of(job_id, "ERROR", "cancelled"))
        claims.release(job)
        storage.wait(10)
        assert not backend.renew(job_id, "fermions")
        end(backend, job_id, "DONE")
        assert backend.get_status("fermions", "ada", job_id).detail == "cancelled"
        check_at_rest(storage.files)

    def test_a_result_of_a_worker_that_lost_the_job_is_completed_if_that_worker_dies(
        self, storage, backend, other
    ):
        """Its claim shows the recovery which job it was ending."""
        for at in range(20):
            job_id = submit(backend)
            worker = storage.provider()
            assert take(worker) == job_id
            storage.wait(LEASE + 2)
            other.recover("fermions")
            changes = watch_changes(worker.files, die_at=at)
            with suppress(Died):
                end(worker, job_id)
            storage.wait(LEASE + 2)
            other.recover("fermions")
            check_at_rest(storage.files)
            drain(other)
            if changes.made <= at:
                return
        pytest.fail("20 changes are more than this end should need")

    @pytest.mark.parametrize("lease", [10, 3000])
    def test_a_claim_lasts_as_long_as_its_worker_has_set(self, storage, backend, lease):
        """Workers with other settings neither steal the job nor wait longer for it."""
        worker, other = storage.provider(lease_seconds=lease), storage.provider()
        job_id = submit(backend)
        take(worker)
        storage.wait(lease - 2)
        assert other.recover("fermions") == []
        storage.wait(4)
        assert other.recover("fermions") == [f"requeued {job_id}"]

    @pytest.mark.parametrize("lease", ["absent", None, "x", -1, 10**400])
    def test_a_claim_without_a_valid_lease_lasts_as_long_as_one_of_the_recovering_worker(
        self, storage, backend, other, lease
    ):
        job_id = submit(backend)
        take(backend)
        path = f"{RUNNING}/claim-{job_id}.json"
        claim = json.loads(storage.read(path)) | {"lease_seconds": lease}
        if lease == "absent":
            del claim["lease_seconds"]
        storage.seed_files({path: json.dumps(claim).encode()})
        storage.wait(LEASE - 2)
        assert other.recover("fermions") == []
        storage.wait(4)
        assert other.recover("fermions") == [f"requeued {job_id}"]

    def test_a_recovery_in_another_thread_keeps_a_claim_that_is_just_being_created(
        self, storage, backend
    ):
        """The file is there, and the thread that has created it does not know that yet."""
        job_id = submit(backend)
        create, actions = backend.files.create, []

        def create_and_recover(path, data):
            stored = create(path, data)
            if "claim-" in path:
                thread = threading.Thread(
                    target=lambda: actions.extend(backend.recover("fermions"))
                )
                thread.start()
                thread.join()
            return stored

        backend.files.create = create_and_recover
        assert take(backend) == job_id
        assert actions == []
        assert f"{RUNNING}/claim-{job_id}.json" in storage.files
        assert backend.renew(job_id, "fermions")
        end(backend, job_id)
        check_at_rest(storage.files)

    def test_a_recovery_in_another_thread_keeps_a_claim_that_is_just_being_taken_again(
        self, storage, backend, other
    ):
        job_id = submit(backend)
        take(other)
        storage.wait(LEASE + 2)
        assert backend.recover("fermions") == [f"requeued {job_id}"]
        update, actions = backend.files.update, []

        def update_and_recover(path, data, revision):
            stored = update(path, data, revision)
            if "claim-" in path:
                backend.files.update = update
                thread = threading.Thread(
                    target=lambda: actions.extend(backend.recover("fermions"))
                )
                thread.start()
                thread.join()
            return stored

        backend.files.update = update_and_recover
        assert take(backend) == job_id
        assert actions == []
        assert backend.renew(job_id, "fermions")

    @pytest.mark.parametrize("storage", ["folder"], indirect=True)
    @pytest.mark.parametrize(("ahead", "is_requeued"), [(DAY - 60, False), (DAY + 60, True)])
    def test_a_claim_from_a_wrong_clock_does_not_last_for_years(
        self, storage, backend, other, ahead, is_requeued
    ):
        """In a folder, the clock of the machine was ahead and has been set back since."""
        job_id = submit(backend)
        take(backend)
        claim = storage.base / f"{RUNNING[1:]}/claim-{job_id}.json"
        moment = claim.stat().st_mtime + ahead
        os.utime(claim, (moment, moment))
        assert other.recover("fermions") == [f"requeued {job_id}"] * is_requeued

    def test_a_job_that_is_given_back_waits_again_and_the_attempt_does_not_count(
        self, storage, backend, other
    ):
        """A user may stop workers any number of times: only crashes count as attempts."""
        job_id = submit(backend)
        for _ in range(2):
            take(backend)
            backend.give_back(job_id, "fermions")
            check_at_rest(storage.files)
        assert take(other) == job_id
        claim = json.loads(storage.read(f"{RUNNING}/claim-{job_id}.json"))
        assert (claim["attempt"], claim["given_back"]) == (1, 2)
        assert job_details(other, job_id).given_back == 2
        backend.give_back(job_id, "fermions")  # has no effect: `other` has the job
        assert other.get_status("fermions", "ada", job_id).status == "RUNNING"

    def test_a_job_that_disappeared_while_it_was_run_is_given_back_without_an_error(
        self, storage, backend
    ):
        job_id = submit(backend)
        take(backend)
        backend.delete_file(RUNNING, f"job-{job_id}")
        backend.give_back(job_id, "fermions")
        assert f"{RUNNING}/claim-{job_id}.json" not in storage.files

    def test_a_job_that_was_queued_twice_is_given_back_once(self, storage, backend):
        job_id = submit(backend)
        take(backend)
        storage.seed_files({f"/Backend_files/Queued_Jobs/fermions/job-{job_id}.json": b"{}"})
        backend.give_back(job_id, "fermions")
        check_at_rest(storage.files)
        assert drain(backend) == [job_id]

    @without_fakefs
    @pytest.mark.parametrize("first", ["DONE", "ERROR"])
    @pytest.mark.parametrize("second", ["DONE", "ERROR", "recover", "take"])
    @pytest.mark.parametrize("at", range(6))
    def test_another_worker_between_two_steps_of_an_end_leaves_a_consistent_job(
        self, storage, backend, other, first, second, at
    ):
        job_id = submit(backend)
        take(backend)
        storage.wait(LEASE + 2)
        rival = storage.provider()
        if second in ("DONE", "ERROR"):
            other.recover("fermions")
            take(other)
        changes = []

        def watch():
            check_always(storage.files)
            changes.append(None)
            if len(changes) == at:
                if second == "recover":
                    rival.recover("fermions")
                elif second == "take":
                    rival.recover("fermions")
                    rival.get_next_job_in_queue("fermions")
                else:
                    end(other, job_id, second, n=2)
                check_always(storage.files)

        watch_changes(backend.files, then=watch)
        end(backend, job_id, first, n=1)
        storage.wait(LEASE + 2)
        storage.provider().recover("fermions")
        drain(storage.provider())
        storage.provider().recover("fermions")
        check_at_rest(storage.files)
        assert jobs_in(storage.files)[job_id].status in ("DONE", "ERROR")

    def test_two_simultaneous_recoveries_requeue_each_job_once(self, storage, backend, other):
        ids = [submit(backend) for _ in range(3)]
        for _ in ids:
            take(backend)
        storage.wait(LEASE + 2)
        watch_changes(other.files, then=lambda: storage.provider().recover("fermions"))
        other.recover("fermions")
        check_at_rest(storage.files)
        assert drain(backend) == ids


@without_fakefs
class TestCrashes:
    """A worker may die before or after any change; a recovery repairs the state."""

    @staticmethod
    def work(provider, status):
        """Take a job, renew its claim, and end it."""
        job_id = take(provider)
        provider.renew(job_id, "fermions")
        end(provider, job_id, status, n=1)

    @pytest.mark.parametrize("status", ["DONE", "ERROR"])
    @pytest.mark.parametrize("after", [True, False])
    def test_a_recovery_repairs_the_state_after_the_death_of_a_worker(
        self, storage, backend, status, after
    ):
        for at in range(20):
            job_id = submit(backend)
            worker = storage.provider()
            changes = watch_changes(
                worker.files, die_at=at, after=after, then=lambda: check_always(storage.files)
            )
            with suppress(Died):
                self.work(worker, status)
            check_always(storage.files)
            storage.wait(LEASE + 2)
            recoverer = storage.provider()
            recoverer.recover("fermions")
            check_at_rest(storage.files)
            assert recoverer.recover("fermions") == []
            drain(recoverer, status=status)
            check_at_rest(storage.files)
            assert jobs_in(storage.files)[job_id].status == status
            if changes.made <= at:
                break
        assert at == (8 if status == "DONE" else 7)

    @pytest.mark.parametrize("after", [True, False])
    def test_a_second_recovery_completes_one_whose_process_died(self, storage, backend, after):
        for at in range(40):
            ids = [submit(backend) for _ in range(2)]
            worker = storage.provider()
            taken = [take(worker) for _ in ids]
            assert taken == ids
            watch_changes(worker.files, die_at=1)
            with pytest.raises(Died):
                end(worker, ids[0])
            storage.wait(LEASE + 2)
            recoverer = storage.provider()
            changes = watch_changes(
                recoverer.files, die_at=at, after=after, then=lambda: check_always(storage.files)
            )
            with suppress(Died):
                recoverer.recover("fermions")
            storage.wait(LEASE + 2)
            storage.provider().recover("fermions")
            check_at_rest(storage.files)
            assert drain(storage.provider()) == ids[1:]
            check_at_rest(storage.files)
            if changes.made <= at:
                break
        assert at == 8

    def test_a_worker_recovers_its_own_job_after_an_exception(self, storage, backend):
        """The process is still alive: an exception has interrupted the call."""
        job_id = submit(backend)
        changes = watch_changes(backend.files, die_at=2, after=True)
        with pytest.raises(Died):
            take(backend)
        changes.die_at = None
        assert backend.recover("fermions") == [f"requeued {job_id}"]
        check_at_rest(storage.files)
        assert drain(backend) == [job_id]
