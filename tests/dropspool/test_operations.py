"""Tests of `dropspool.operations`: of jobs, of waiting for results, and of configurations."""

import contextlib
import errno
import json
import math
from datetime import datetime, timedelta, timezone

import pytest
from tests.support.queues import LEASE, watch_changes
from tests.support.storages import DOORS, FolderStorage, make_storage

from dropspool.clock import SystemClock
from dropspool.errors import OutOfSpace, StorageError
from dropspool.operations import (
    WrongState,
    cancel,
    change_config,
    config_problems,
    job_details,
    list_jobs,
    prune,
    requeue,
    snapshot,
    wait_for_result,
)
from dropspool.testing._faults import Died, meanwhile
from dropspool.testing.kit import BACKEND, check_at_rest, config, end, submit, take
from fakedropbox import ManualClock

DAY = timedelta(days=1)
A_DAY_LATER = DAY.total_seconds() + 1
MISSING = "20250101_000000_000000-fermions-ada-00000"


@pytest.fixture(params=[*DOORS, "folder"])
def storage(request):
    """A Dropbox or a folder; not that of pyfakefs, which is ten times slower with equal results."""
    return make_storage(request.param, request)


@pytest.fixture
def at(storage):
    """A function that returns the state of a job as `list_jobs` reports it."""
    provider = storage.provider()

    def state(job_id):
        return {job.job_id: job.state for job in list_jobs(provider)}.get(job_id)

    return state


def one_of_each(provider):
    """Queue four jobs, and leave one in each state; return their ids by state."""
    done, failed, running, queued = (submit(provider) for _ in range(4))
    for status in ("DONE", "ERROR"):
        end(provider, take(provider), status)
    take(provider)
    return {"done": done, "error": failed, "running": running, "queued": queued}


@pytest.mark.parametrize("storage", ["sdk"], indirect=True)
def test_a_listing_reads_no_file(backend, storage):
    one_of_each(backend)
    before = len(storage.service.calls)
    list_jobs(backend, backend=BACKEND, user="ada")
    assert [call.route for call in storage.service.calls[before:]] == ["files/list_folder"] * 4


class TestListing:
    def test_jobs_can_be_listed_by_state(self, backend, storage):
        ids = one_of_each(backend)
        for state, job_id in ids.items():
            (job,) = list_jobs(backend, state=state)
            assert (job.job_id, job.backend, job.user, job.state) == (
                job_id,
                BACKEND,
                "ada",
                state,
            )
            assert abs(storage.clock.now() - job.queued_at) < timedelta(seconds=60)
        assert [job.job_id for job in list_jobs(backend)] == sorted(ids.values())

    def test_jobs_can_be_listed_by_user_and_by_backend(self, backend):
        backend.upload_config(config("bosons"), "bosons")
        of_bob = submit(backend, "Bob-Smith")
        of_bosons = backend.upload_job({}, "bosons", "ada")
        of_ada = submit(backend, "ada")
        end(backend, take(backend))
        end(backend, take(backend))
        assert [job.job_id for job in list_jobs(backend, user="Bob-Smith")] == [of_bob]
        assert [job.job_id for job in list_jobs(backend, user="ada")] == [of_bosons, of_ada]
        assert [job.job_id for job in list_jobs(backend, backend="bosons")] == [of_bosons]
        assert list_jobs(backend, user="bob-smith") == []
        assert list_jobs(backend, user="ada", state="error") == []

    def test_files_that_are_not_jobs_are_left_out(self, backend, storage):
        storage.seed_files(
            {
                f"/Backend_files/Queued_Jobs/{BACKEND}/notes.json": b"{}",
                f"/Backend_files/Queued_Jobs/bosons/job-{MISSING}.json": b"{}",
                "/Backend_files/Deleted_Jobs/job-20250101_000000-x.json": b"{}",
            }
        )
        assert list_jobs(backend) == []

    def test_the_time_of_a_job_is_read_from_an_id_of_the_replaced_system(self, backend, storage):
        old = {
            "20250102_030405-fermions-ada-0a1b2": datetime(
                2025, 1, 2, 3, 4, 5, tzinfo=timezone.utc
            ),
            "20259999_030405-fermions-ada-0a1b2": None,
        }
        storage.seed_files(
            {f"/Backend_files/Queued_Jobs/{BACKEND}/job-{job_id}.json": b"{}" for job_id in old}
        )
        assert {job.job_id: job.queued_at for job in list_jobs(backend)} == old

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"state": "gone"}, "state: expected one of queued, running, done, error, got 'gone'"),
            ({"backend": "No"}, "display_name: expected"),
            ({"user": "a/b"}, "username: expected"),
        ],
    )
    def test_list_jobs_refuses_a_wrong_filter(self, backend, wrong, message):
        with pytest.raises(ValueError, match=message):
            list_jobs(backend, **wrong)


class TestDetails:
    def test_the_details_of_a_running_job_include_its_worker(self, backend, storage):
        job_id = submit(backend, x=1)
        worker = storage.provider(worker_id="night shift")
        take(worker)
        found = job_details(backend, job_id)
        assert (found.job.state, found.worker, found.attempt) == ("running", "night shift", 1)
        assert found.content == {"x": 1}
        assert found.last_sign_of_life is not None

    def test_the_details_of_an_ended_job_have_its_texts_and_no_worker(self, backend):
        job_id = submit(backend)
        take(backend)
        end(backend, job_id, "ERROR")
        found = job_details(backend, job_id)
        assert (found.job.state, found.detail, found.worker) == ("error", "as told", None)

    def test_the_details_of_an_unreadable_job_have_no_content(self, backend, storage):
        storage.seed_files({f"/Backend_files/Queued_Jobs/{BACKEND}/job-{MISSING}.json": b"{"})
        found = job_details(backend, MISSING)
        assert (found.job.state, found.content) == ("queued", None)

    def test_a_job_is_done_even_if_a_crash_prevented_the_move_of_its_file(self, backend, storage):
        """The result and the status are written before the file is moved."""
        job_id = submit(backend)
        take(backend)
        end(backend, job_id)
        provider = storage.provider()
        provider.files.move(
            f"/Backend_files/Finished_Jobs/{BACKEND}/ada/job-{job_id}.json",
            f"/Backend_files/Running_Jobs/job-{job_id}.json",
        )
        assert job_details(backend, job_id).job.state == "done"

    def test_a_missing_job_and_an_invalid_id_have_different_errors(self, backend):
        with pytest.raises(FileNotFoundError, match="there is no such job"):
            job_details(backend, MISSING)
        with pytest.raises(ValueError, match="job_id: expected DATE_TIME-BACKEND-USER-DIGITS"):
            job_details(backend, "job")

    def test_a_job_of_a_user_whose_name_differs_only_in_case_is_another_job(self, backend):
        job_id = submit(backend, "Bob")
        with pytest.raises(FileNotFoundError):
            job_details(backend, job_id.replace("Bob", "bob"))


class TestCancel:
    def test_a_waiting_job_that_is_cancelled_is_not_run(self, backend, storage, at):
        job_id = submit(backend)
        cancel(backend, job_id)
        assert take(backend) == "None"
        status = backend.get_status(BACKEND, "ada", job_id)
        assert (status.status, status.detail, status.error_message) == (
            "ERROR",
            "The job was cancelled.",
            "cancelled",
        )
        assert at(job_id) == "error"
        check_at_rest(storage.files, [job_id])

    def test_the_worker_of_a_cancelled_job_loses_its_lease(self, backend, storage, at):
        job_id = submit(backend)
        worker = storage.provider()
        take(worker)
        cancel(backend, job_id)
        assert not worker.renew(job_id, BACKEND)
        assert at(job_id) == "error"
        check_at_rest(storage.files, [job_id])

    def test_a_running_job_without_a_claim_can_be_cancelled(self, backend, storage, at):
        storage.seed_files({f"/Backend_files/Running_Jobs/job-{MISSING}.json": b"{}"})
        cancel(backend, MISSING)
        assert at(MISSING) == "error"
        check_at_rest(storage.files, [MISSING])

    @pytest.mark.parametrize("status", ["DONE", "ERROR"])
    def test_cancel_refuses_an_ended_job_and_changes_nothing(self, backend, storage, status):
        job_id = submit(backend)
        take(backend)
        end(backend, job_id, status)
        before = storage.files
        with pytest.raises(WrongState, match="queued or running, but it has ended"):
            cancel(backend, job_id)
        assert storage.files == before

    def test_a_job_that_ends_during_its_cancellation_stays_done(
        self, backend, storage, at, monkeypatch
    ):
        job_id = submit(backend)
        take(backend)
        operator = storage.provider()
        read, first = operator.files.read, []

        def read_and_end(path):
            if "claim-" in path and not first:
                first.append(path)
                end(backend, job_id)
            return read(path)

        monkeypatch.setattr(operator.files, "read", read_and_end)
        with pytest.raises(WrongState, match="it has ended"):
            cancel(operator, job_id)
        assert at(job_id) == "done"
        check_at_rest(storage.files, [job_id])

    def test_cancel_refuses_a_job_that_ends_just_before_it_is_cancelled(
        self, backend, storage, at, monkeypatch
    ):
        job_id = submit(backend)
        take(backend)
        operator = storage.provider()
        looks = []

        def end_after_the_second_look(look):
            def looking(path):
                try:
                    return look(path)
                finally:
                    if "/Result/" in path:
                        looks.append(path)
                        if len(looks) == 2:
                            end(backend, job_id)

            return looking

        for name in ("exists", "read"):
            look = end_after_the_second_look(getattr(operator.files, name))
            monkeypatch.setattr(operator.files, name, look)
        with pytest.raises(WrongState, match="but it is done"):
            cancel(operator, job_id)
        assert at(job_id) == "done"
        check_at_rest(storage.files, [job_id])

    def test_cancel_raises_if_the_claim_changes_in_each_attempt(
        self, backend, storage, monkeypatch
    ):
        job_id = submit(backend)
        worker = storage.provider()
        take(worker)
        update = backend.files.update

        def update_after_a_renewal(*args):
            worker.renew(job_id, BACKEND)
            return update(*args)

        monkeypatch.setattr(backend.files, "update", update_after_a_renewal)
        with pytest.raises(StorageError, match="changed by others in each attempt"):
            cancel(backend, job_id)
        assert worker.renew(job_id, BACKEND)

    def test_a_job_with_an_unreadable_claim_can_be_cancelled(self, backend, storage, at):
        job_id = submit(backend)
        storage.seed_files({f"/Backend_files/Running_Jobs/claim-{job_id}.json": b"{"})
        cancel(backend, job_id)
        assert at(job_id) == "error"
        check_at_rest(storage.files, [job_id])


class TestRequeue:
    @pytest.fixture
    def failed(self, backend, storage):
        """The id of a job that a worker has ended in an error."""
        job_id, worker = submit(backend), storage.provider()
        take(worker)
        end(worker, job_id, "ERROR")
        return job_id

    def test_a_failed_job_that_is_queued_again_is_run(self, backend, storage):
        job_id = submit(backend, x=1)
        take(backend)
        end(backend, job_id, "ERROR")
        requeue(backend, job_id)
        check_at_rest(storage.files, [job_id])
        assert backend.get_status(BACKEND, "ada", job_id).error_message == "None"
        assert take(backend) == job_id
        assert backend.get_job_content("Backend_files/Running_Jobs", job_id) == {"x": 1}
        end(backend, job_id)
        assert backend.get_status(BACKEND, "ada", job_id).status == "DONE"
        check_at_rest(storage.files, [job_id])

    def test_a_cancelled_job_that_is_queued_again_is_run(self, backend):
        job_id = submit(backend)
        cancel(backend, job_id)
        requeue(backend, job_id)
        assert take(backend) == job_id

    def test_a_failed_job_without_a_status_gets_one_when_it_is_queued_again(self, backend, storage):
        storage.seed_files({f"/Backend_files/Deleted_Jobs/job-{MISSING}.json": b"{}"})
        requeue(backend, MISSING)
        assert backend.get_status(BACKEND, "ada", MISSING).error_message == "None"

    def test_requeue_refuses_a_job_that_has_not_failed_and_changes_nothing(self, backend, storage):
        ids = one_of_each(backend)
        before = storage.files
        for state in ("queued", "running"):
            with pytest.raises(WrongState, match=f"but it is {state}"):
                requeue(backend, ids[state])
        with pytest.raises(WrongState, match="a result, which is final; submit the job again"):
            requeue(backend, ids["done"])
        assert storage.files == before

    def test_requeue_refuses_a_job_that_another_process_is_changing(self, backend, storage):
        job_id = submit(backend)
        cancel(backend, job_id)
        storage.seed_files(
            {f"/Backend_files/Running_Jobs/claim-{job_id}.json": b'{"worker": "other"}'}
        )
        with pytest.raises(WrongState, match="another process has"):
            requeue(backend, job_id)

    def test_a_result_stored_while_the_job_is_queued_again_wins(
        self, backend, failed, at, monkeypatch
    ):
        """A worker that was thought to be dead ends the job while it is queued again."""
        job_id, move = failed, backend.files.move

        def move_and_end(source, target):
            move(source, target)
            monkeypatch.undo()
            backend.files.create(f"/Backend_files/Result/{BACKEND}/ada/result-{job_id}.json", b"{}")
            status = backend.get_status(BACKEND, "ada", job_id).model_copy(
                update={"status": "DONE"}
            )
            backend.files.replace(
                f"/Backend_files/Status/{BACKEND}/ada/status-{job_id}.json",
                json.dumps(status.model_dump()).encode(),
            )

        monkeypatch.setattr(backend.files, "move", move_and_end)
        with pytest.raises(WrongState, match="but the job is done"):
            requeue(backend, job_id)
        assert at(job_id) == "done"

    def test_requeue_refuses_a_job_that_a_late_worker_moves_to_the_finished_jobs(
        self, backend, failed, at, monkeypatch
    ):
        """A worker that was thought to be dead moves the job just before it is queued again."""
        job_id, move = failed, backend.files.move

        def move_late(source, target):
            monkeypatch.undo()
            move(source, f"/Backend_files/Finished_Jobs/{BACKEND}/ada/job-{job_id}.json")
            move(source, target)

        monkeypatch.setattr(backend.files, "move", move_late)
        with pytest.raises(WrongState, match="but it is done"):
            requeue(backend, job_id)
        assert at(job_id) == "done"

    def test_requeue_raises_if_the_status_changes_in_each_attempt(self, backend, monkeypatch):
        job_id = submit(backend)
        cancel(backend, job_id)

        def changed(path, *_):
            raise FileExistsError(errno.EEXIST, "changed", path)

        monkeypatch.setattr(backend.files, "update", changed)
        with pytest.raises(StorageError, match="changed by others 5 times"):
            requeue(backend, job_id)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("operation", [cancel, requeue, "running"])
def test_a_crash_of_an_operation_is_repaired(storage, backend_config, operation, after):
    """Check a crash at each change: afterwards, the job has ended or can be run."""
    provider = storage.provider()
    provider.upload_config(backend_config, BACKEND)
    for die_at in range(20):
        job_id = submit(provider)
        if operation == "running":
            take(provider)
        elif operation == requeue:
            cancel(provider, job_id)
        operator = storage.provider()
        changes = watch_changes(operator.files, die_at=die_at, after=after)
        with contextlib.suppress(Died):
            (cancel if operation == "running" else operation)(operator, job_id)
        storage.wait(2 * LEASE)
        provider.recover(BACKEND)
        check_at_rest(storage.files, [job_id])
        if take(provider) == job_id:
            end(provider, job_id)
            check_at_rest(storage.files, [job_id])
        if changes.made <= die_at:
            break
    assert die_at >= 4


class TestPrune:
    @pytest.fixture
    def clock(self, storage):
        """The clock of the storage: for a folder, that of the system."""
        return SystemClock() if isinstance(storage, FolderStorage) else storage.clock

    def test_the_files_of_ended_jobs_are_deleted_after_some_time(self, backend, storage, clock):
        ids = one_of_each(backend)
        storage.wait(A_DAY_LATER)
        new = submit(backend)
        take(backend)
        assert [*prune(backend, DAY, clock=clock, dry_run=True)]
        gone = {job.job_id: job.state for job in prune(backend, DAY, clock=clock)}
        assert gone == {ids["done"]: "done", ids["error"]: "error"}
        left = "".join(storage.files)
        assert not any(job_id in left for job_id in gone)
        for job_id in (ids["running"], ids["queued"], new):
            assert job_id in left
        assert [*prune(backend, DAY, clock=clock)] == []

    def test_a_dry_run_changes_nothing(self, backend, storage, clock):
        ids = one_of_each(backend)
        storage.wait(A_DAY_LATER)
        before = storage.files
        found = [job.job_id for job in prune(backend, DAY, clock=clock, dry_run=True)]
        assert sorted(found) == sorted([ids["done"], ids["error"]])
        assert storage.files == before

    def test_prune_counts_the_age_of_a_job_from_its_end(self, backend, storage, clock):
        job_id = submit(backend)
        storage.wait(A_DAY_LATER)
        take(backend)
        end(backend, job_id)
        storage.wait(A_DAY_LATER / 2)
        assert [*prune(backend, DAY, clock=clock, dry_run=True)] == []
        assert [*prune(backend, DAY, clock=clock)] == []
        storage.wait(A_DAY_LATER / 2)
        assert [job.job_id for job in prune(backend, DAY, clock=clock)] == [job_id]

    def test_jobs_can_be_deleted_by_user_backend_and_state(self, backend, storage, clock):
        ids = one_of_each(backend)
        storage.wait(A_DAY_LATER)
        for nothing in ({"user": "bob"}, {"backend": "bosons"}):
            assert [*prune(backend, DAY, clock=clock, **nothing)] == []
        gone = [job.job_id for job in prune(backend, DAY, clock=clock, state="error")]
        assert gone == [ids["error"]]

    def test_old_jobs_can_be_deleted_in_a_full_storage(self, backend, storage, clock):
        """A claim needs space itself, so the first job that is done is deleted without one."""
        ids = one_of_each(backend)
        storage.wait(A_DAY_LATER)
        take(backend)  # writes the configuration, whose time shows that the jobs are old
        let_be_full(backend.files)
        gone = [job.job_id for job in prune(backend, DAY, clock=clock)]
        assert gone == [ids["done"], ids["error"]]
        assert not any(job_id in "".join(storage.files) for job_id in gone)

    def test_all_ended_jobs_can_be_deleted_in_a_full_storage_if_any_age_is_enough(
        self, backend, clock
    ):
        ids = one_of_each(backend)
        let_be_full(backend.files)
        gone = [job.job_id for job in prune(backend, timedelta(), clock=clock)]
        assert gone == [ids["done"], ids["error"]]

    @pytest.mark.parametrize(
        ("state", "act"),
        [
            ("error", take),
            ("done", lambda _: None),
            ("done", lambda backend: backend.delete_folder(f"Backend_files/Config/{BACKEND}")),
        ],
        ids=["failed", "not stamped", "no configuration"],
    )
    def test_jobs_that_may_be_recent_or_queued_again_are_kept_in_a_full_storage(
        self, backend, storage, clock, state, act
    ):
        one_of_each(backend)
        storage.wait(A_DAY_LATER)
        act(backend)
        let_be_full(backend.files)
        before = storage.files
        with pytest.raises(OutOfSpace):
            [*prune(backend, DAY, clock=Ahead(clock), state=state)]
        assert storage.files == before

    def test_prune_keeps_files_that_are_not_files_of_the_queue(self, backend, storage, clock):
        job_id = submit(backend)
        take(backend)
        end(backend, job_id)
        theirs = {
            f"/Backend_files/Finished_Jobs/{BACKEND}/ada/notes.json": b"{}",
            f"/Backend_files/Result/{BACKEND}/ada/result-plot.json": b"{}",
            f"/Backend_files/Deleted_Jobs/unreadable-1/status-{job_id}.json": b"{",
            "/other.json": b"{}",
        }
        storage.seed_files(theirs)
        storage.wait(A_DAY_LATER)
        assert len([*prune(backend, DAY, clock=clock)]) == 1
        config_file = f"/Backend_files/Config/{BACKEND}/config.json"
        assert {*storage.files} == {*theirs, config_file}

    def test_a_wrong_clock_of_the_caller_deletes_nothing(self, backend, storage, clock):
        """The clock of the storage decides."""
        one_of_each(backend)
        before = storage.files
        assert [*prune(backend, DAY, clock=Ahead(clock))] == []
        assert storage.files == before

    def test_a_job_of_a_user_whose_clock_is_ahead_is_deleted(self, backend, storage, clock):
        late = storage.provider(clock=Ahead(clock))
        job_id = submit(late)
        end(backend, take(backend))
        storage.wait(A_DAY_LATER)
        assert [job.job_id for job in prune(backend, DAY, clock=clock)] == [job_id]

    @pytest.mark.parametrize("kind", ["status", "result"])
    @pytest.mark.parametrize("dry_run", [True, False])
    def test_a_folder_in_place_of_a_file_is_kept_and_other_jobs_are_deleted(
        self, backend, storage, clock, caplog, kind, dry_run
    ):
        blocked, other = submit(backend), submit(backend)
        for _ in range(2):
            end(backend, take(backend), "ERROR")
        path = f"/Backend_files/{kind.title()}/fermions/ada/{kind}-{blocked}.json"
        with contextlib.suppress(FileNotFoundError):
            backend.files.delete(path)
        storage.seed_files({f"{path}/thesis.txt": b"precious"})
        storage.wait(A_DAY_LATER)
        found = [job.job_id for job in prune(backend, DAY, dry_run=dry_run, clock=clock)]
        if dry_run and kind == "result":
            assert found == [blocked, other]  # a dry run does not look for the result
        else:
            assert found == [other]
            assert f"{blocked}: kept: " in caplog.text
        assert storage.read(f"{path}/thesis.txt") == b"precious"
        assert backend.get_file_queue("Backend_files/Running_Jobs") == []

    def test_a_job_that_another_process_has_claimed_is_not_deleted(self, backend, storage, clock):
        job_id = submit(backend)
        cancel(backend, job_id)
        storage.seed_files(
            {f"/Backend_files/Running_Jobs/claim-{job_id}.json": b'{"worker": "other"}'}
        )
        storage.wait(A_DAY_LATER)
        assert [*prune(backend, DAY, clock=clock)] == []

    def test_a_job_that_was_queued_again_meanwhile_is_not_deleted(self, backend, storage, clock):
        job_id = submit(backend)
        cancel(backend, job_id)
        storage.wait(A_DAY_LATER)
        found = prune(backend, DAY, clock=clock)
        requeue(backend, job_id)
        assert [*found] == []
        assert take(backend) == job_id

    def test_jobs_of_the_replaced_system_are_deleted(self, backend, storage, clock):
        """Their files may lack a status."""
        old = "20200101_000000-fermions-ada-0a1b2"
        path = f"/Backend_files/Finished_Jobs/{BACKEND}/ada/job-{old}.json"
        storage.seed_files({path: b"{}"})
        storage.wait(A_DAY_LATER)
        assert [job.job_id for job in prune(backend, DAY, clock=clock)] == [old]
        assert path not in storage.files

    @pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
    def test_after_a_crash_a_recovery_and_another_deletion_leave_no_files_of_the_job(
        self, backend, storage, clock, after
    ):
        for die_at in range(10):
            job_id = submit(backend)
            take(backend)
            end(backend, job_id)
            storage.wait(A_DAY_LATER)
            operator = storage.provider()
            changes = watch_changes(operator.files, die_at=die_at, after=after)
            with contextlib.suppress(Died):
                [*prune(operator, DAY, clock=clock)]
            storage.wait(2 * LEASE)
            backend.recover(BACKEND)
            storage.wait(A_DAY_LATER)
            [*prune(backend, DAY, clock=clock)]
            assert {*storage.files} == {f"/Backend_files/Config/{BACKEND}/config.json"}
            if changes.made <= die_at:
                break
        assert die_at == 5

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"older_than": -DAY}, "older_than: expected 0 or more"),
            ({"older_than": DAY, "state": "queued"}, "state: expected one of done, error"),
        ],
    )
    def test_prune_refuses_wrong_arguments(self, backend, wrong, message):
        with pytest.raises(ValueError, match=message):
            prune(backend, **wrong)


def let_be_full(files):
    """Make a storage refuse new files as if it were full, until something is deleted."""
    create, delete, is_full = files.create, files.delete, [True]

    def create_if_there_is_room(path, data):
        if is_full:
            raise OutOfSpace(errno.ENOSPC, "no space left", path)
        return create(path, data)

    def delete_and_make_room(path, revision=None):
        delete(path, revision)
        is_full.clear()

    files.create, files.delete = create_if_there_is_room, delete_and_make_room


class Ahead:
    """A clock that is 1,000 days ahead."""

    def __init__(self, clock):
        self._clock = clock
        self.sleep = clock.sleep

    def now(self):
        return self._clock.now() + 1000 * DAY


class SteppingClock:
    """A clock that calls the next of some functions after each sleep."""

    def __init__(self, clock, *steps):
        self._clock, self._steps, self.slept = clock, iter(steps), []

    def now(self):
        return self._clock.now()

    def sleep(self, seconds):
        self.slept.append(seconds)
        self._clock.advance(seconds)
        next(self._steps, lambda: None)()


@pytest.mark.parametrize("storage", ["sdk"], indirect=True)
class TestWaitOnDropbox:
    """`wait_for_result` waits for a change of the status by long polls."""

    LONGPOLL = "files/list_folder/longpoll"

    def test_the_waiting_request_ends_when_the_job_ends(self, backend, storage):
        job_id = submit(backend)
        take(backend)
        before = storage.clock.now()
        storage.service.faults.add(meanwhile(self.LONGPOLL, lambda: end(backend, job_id, x=1)))
        result = wait_for_result(storage.provider(), job_id, clock=storage.clock)
        assert result.header == {"x": 1}
        assert storage.clock.now() - before < timedelta(seconds=5)

    def test_waiting_for_an_hour_makes_few_requests(self, backend, storage):
        job_id = submit(backend)
        provider = storage.provider()
        before = len(storage.service.calls)
        with pytest.raises(TimeoutError):
            wait_for_result(provider, job_id, timeout=3600, clock=storage.clock)
        assert len(storage.service.calls) - before < 300

    def test_the_status_is_read_again_after_a_lost_connection(self, backend, storage):
        job_id = submit(backend)
        take(backend)
        storage.service.faults.connection_refused(self.LONGPOLL)
        clock = SteppingClock(storage.clock, lambda: end(backend, job_id))
        assert wait_for_result(storage.provider(), job_id, clock=clock).status == "DONE"
        assert clock.slept == [1]

    def test_an_early_answer_without_a_change_is_followed_by_a_pause(self, backend, storage):
        job_id = submit(backend)
        take(backend)
        clock = SteppingClock(ManualClock(), lambda: None, lambda: end(backend, job_id))
        # A longpoll advances only the clock of the service, so it takes no time by `clock`.
        assert wait_for_result(storage.provider(), job_id, clock=clock).status == "DONE"
        assert clock.slept == [1, 1]


@pytest.mark.parametrize("storage", ["folder"], indirect=True)
class TestWait:
    def test_the_result_is_returned_when_the_job_has_ended(self, backend, storage):
        job_id = submit(backend)
        clock = SteppingClock(
            storage.clock, lambda: take(backend), lambda: None, lambda: end(backend, job_id, x=1)
        )
        result = wait_for_result(backend, job_id, clock=clock, poll=2)
        assert (result.status, result.header) == ("DONE", {"x": 1})
        assert clock.slept == [2, 2, 2]

    def test_a_failed_job_has_a_result_without_success(self, backend, storage):
        job_id = submit(backend)
        cancel(backend, job_id)
        result = wait_for_result(backend, job_id, clock=SteppingClock(storage.clock))
        assert (result.status, result.success, result.results) == ("ERROR", False, [])

    def test_a_timeout_raises_an_error_with_the_last_status(self, backend, storage):
        job_id = submit(backend)
        clock = SteppingClock(storage.clock)
        with pytest.raises(TimeoutError, match=rf"{job_id}: .* within 2.5 seconds, .* QUEUED"):
            wait_for_result(backend, job_id, timeout=2.5, clock=clock)
        assert sum(clock.slept) == pytest.approx(2.5)

    def test_a_timeout_beyond_the_range_of_the_clock_has_no_effect(self, backend, storage):
        job_id = submit(backend)
        end(backend, take(backend))
        assert wait_for_result(backend, job_id, timeout=1e300, clock=storage.clock).success

    def test_a_job_without_a_status_is_waited_for(self, backend, storage):
        job_id = backend.upload_job({}, BACKEND, "ada")
        clock = SteppingClock(storage.clock, lambda: (take(backend), end(backend, job_id)))
        assert wait_for_result(backend, job_id, clock=clock).status == "DONE"

    @pytest.mark.parametrize("has_status", [True, False])
    @pytest.mark.parametrize("is_taken", [True, False])
    def test_a_job_that_is_deleted_meanwhile_is_reported(
        self, backend, storage, has_status, is_taken
    ):
        """Regression: it was waited for for ever, or until the time-out."""
        job_id = submit(backend) if has_status else backend.upload_job({}, BACKEND, "ada")
        if is_taken:
            take(backend)
        folder = "Running_Jobs" if is_taken else f"Queued_Jobs/{BACKEND}"
        clock = SteppingClock(
            storage.clock,
            lambda: None,
            lambda: backend.delete_file(f"Backend_files/{folder}", f"job-{job_id}"),
        )
        with pytest.raises(FileNotFoundError, match="there is no such job"):
            wait_for_result(backend, job_id, timeout=100, clock=clock)
        assert clock.slept == [1, 1]

    def test_a_timeout_says_that_a_job_has_no_status(self, backend, storage):
        job_id = submit(backend)
        end(backend, take(backend))
        backend.delete_file(f"Backend_files/Status/{BACKEND}/ada", f"status-{job_id}")
        with pytest.raises(TimeoutError, match="but it has no status"):
            wait_for_result(backend, job_id, timeout=2, clock=SteppingClock(storage.clock))

    def test_wait_for_result_refuses_wrong_arguments(self, backend):
        for wrong in ({"timeout": -1}, {"timeout": float("nan")}, {"poll": 0}):
            with pytest.raises(ValueError, match=f"{next(iter(wrong))}: expected"):
                wait_for_result(backend, MISSING, **wrong)
        with pytest.raises(FileNotFoundError):
            wait_for_result(backend, MISSING)


class TestSnapshot:
    def test_a_snapshot_counts_the_jobs_of_each_backend_by_state(self, backend, storage):
        one_of_each(backend)
        storage.wait(60)
        found = snapshot(backend, clock=storage.clock)
        numbers = json.loads(json.dumps(found))["backends"][BACKEND]
        assert {state: numbers[state] for state in ("queued", "running", "done", "error")} == {
            "queued": 1,
            "running": 1,
            "done": 1,
            "error": 1,
        }
        assert numbers["oldest_queued_seconds"] == pytest.approx(60, abs=1)
        assert numbers["operational"] is True
        assert datetime.fromisoformat(numbers["last_queue_check"]) <= storage.clock.now()
        assert datetime.fromisoformat(found["time"]) == storage.clock.now()

    def test_a_snapshot_includes_backends_without_a_valid_configuration(self, backend, storage):
        gone = MISSING.replace("fermions", "gone")
        storage.seed_files(
            {
                "/Backend_files/Config/broken/config.json": b"{",
                "/Backend_files/Config/folder/config.json/x": b"",
                f"/Backend_files/Running_Jobs/job-{gone}.json": b"{}",
            }
        )
        found = snapshot(backend, clock=storage.clock)["backends"]
        assert set(found) == {"fermions", "broken", "folder", "gone"}
        assert found["broken"]["operational"] is None
        assert found["gone"]["running"] == 1
        assert found["gone"]["oldest_queued_seconds"] is None


class TestConfigs:
    def test_changing_a_field_of_a_configuration_keeps_the_other_fields(self, backend, storage):
        path = f"/Backend_files/Config/{BACKEND}/config.json"
        stored = json.loads(storage.read(path))
        storage.seed_files({path: json.dumps({**stored, "mine": 1}).encode()})
        changed = change_config(backend, BACKEND, {"operational": False, "status_msg": "closed"})
        assert (changed.operational, changed.status_msg) == (False, "closed")
        assert json.loads(storage.read(path)) == {
            **stored,
            "mine": 1,
            "operational": False,
            "status_msg": "closed",
        }

    def test_a_change_of_a_configuration_keeps_that_of_another_process_at_the_same_time(
        self, backend, storage
    ):
        operator, other = storage.provider(), storage.provider()
        update, first = operator.files.update, []

        def update_second(*args):
            if not first:
                first.append(args)
                change_config(other, BACKEND, {"max_shots": 7})
            return update(*args)

        operator.files.update = update_second
        change_config(operator, BACKEND, {"operational": False})
        config = backend.get_config(BACKEND)
        assert (config.operational, config.max_shots) == (False, 7)

    def test_changing_a_configuration_raises_if_others_change_it_each_time(
        self, backend, monkeypatch
    ):
        def changed(path, *_):
            raise FileExistsError(errno.EEXIST, "changed", path)

        monkeypatch.setattr(backend.files, "update", changed)
        with pytest.raises(StorageError, match="changed by others 5 times"):
            change_config(backend, BACKEND, {"operational": False})

    def test_an_invalid_change_of_a_configuration_stores_nothing(self, backend, storage):
        before = storage.files
        with pytest.raises(ValueError, match=r"max_shots: .*integer"):
            change_config(backend, BACKEND, {"max_shots": "many"})
        assert storage.files == before
        change_config(backend, BACKEND, {"operational": True})
        assert storage.files == before

    def test_a_valid_configuration_has_no_problem(self, backend_config):
        assert config_problems(backend_config.model_dump(), BACKEND) == []
        assert config_problems(backend_config.model_dump()) == []

    def test_each_problem_of_a_configuration_names_its_field(self, backend_config):
        content = backend_config.model_dump()
        del content["version"], content["num_wires"]
        assert [text.partition(":")[0] for text in config_problems(content)] == [
            "version",
            "num_wires",
        ]
        content = {**backend_config.model_dump(), "max_shots": 0, "gates": [{}]}
        assert config_problems(content, "bosons") == [
            "max_shots: expected at least 1, got 0",
            "gates.0: expected a field 'name'",
            "display_name: expected 'bosons', got 'fermions'",
        ]

    def test_a_value_that_json_does_not_have_is_a_problem(self, backend_config):
        content = {
            **backend_config.model_dump(),
            "last_queue_check": datetime(2026, 1, 2, tzinfo=timezone.utc),
            "gates": [{"name": "rlz", "angle": math.nan}],
            "temperature": math.inf,
        }
        assert [text.partition(": Out of")[0] for text in config_problems(content)] == [
            "gates: expected only values that JSON has",
            "temperature: expected only values that JSON has",
        ]

    def test_a_value_that_json_does_not_have_can_be_corrected(self, backend, storage):
        path = f"/Backend_files/Config/{BACKEND}/config.json"
        stored = json.loads(storage.read(path))
        broken = {**stored, "gates": [{"name": "rlz", "angle": math.nan}]}
        storage.seed_files({path: json.dumps(broken).encode()})
        with pytest.raises(ValueError, match="gates: expected only values that JSON has"):
            change_config(backend, BACKEND, {"max_shots": 7})
        change_config(backend, BACKEND, {"gates": stored["gates"]})
        assert json.loads(storage.read(path)) == stored
