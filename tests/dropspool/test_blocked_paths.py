"""Tests of files whose names are too long, or whose paths are blocked by something else."""

import contextlib
import errno
import json
import logging
import os
import socket
from datetime import timedelta

import pytest
from tests.support.queues import LEASE, RUNNING
from tests.support.storages import DOORS, FolderStorage, make_storage

from dropspool import NameRefused, NotAFile, layout
from dropspool.errors import PERMANENT, AccessRefused, Refused, TooLarge
from dropspool.operations import WrongState, cancel, job_details, list_jobs, prune, requeue
from dropspool.testing.kit import (
    check_at_rest,
    config,
    drain,
    end,
    jobs_in,
    status_of,
    submit,
    take,
)
from dropspool.worker import jobs, run

QUEUE = "/Backend_files/Queued_Jobs/fermions"
OLD = "20250101_000000_000000-fermions-ada-00000"


class TestNames:
    @pytest.mark.parametrize("user", ["é" * 103, "文" * 69, "a" * 206])
    def test_a_job_whose_file_names_would_be_too_long_is_refused(self, storage, backend, user):
        """The limit is in bytes, and applies to the longest file name of the job."""
        before = storage.files
        with pytest.raises(ValueError, match="username: expected") as raised:
            backend.upload_job({}, "fermions", user)
        assert user in str(raised.value)
        assert storage.files == before

    @pytest.mark.parametrize("user", ["é" * 102, "文" * 68, "a" * 205])
    def test_a_job_with_the_longest_names_can_be_submitted_run_and_ended(
        self, storage, backend, user
    ):
        job_id = submit(backend, user)
        assert take(backend) == job_id
        assert backend.renew(job_id, "fermions")
        end(backend, job_id)
        check_at_rest(storage.files)
        assert backend.get_result("fermions", user, job_id).success

    def test_the_error_for_a_long_username_says_how_many_bytes_it_may_have(self, backend):
        with pytest.raises(ValueError, match="at most 205 bytes in UTF-8, got 206 in"):
            backend.upload_job({}, "fermions", "é" * 103)

    def test_jobs_of_users_with_too_long_names_are_reported_as_missing(self, backend):
        """Only Dropbox can store a job of such a user; a folder gives the answers of Dropbox."""
        user = "é" * 150
        job_id = OLD.replace("-ada-", f"-{user}-")
        status = backend.get_status("fermions", user, job_id)
        assert status.detail == "Could not find the status file."
        assert not backend.get_result("fermions", user, job_id).success

    def test_the_details_of_a_job_that_nobody_can_take_are_shown(self, backend, monkeypatch):
        job_id = submit(backend)
        read = backend.files.read

        def refuse(path):
            if "/claim-" in path:
                raise NameRefused(errno.ENAMETOOLONG, "File name too long", path)
            return read(path)

        monkeypatch.setattr(backend.files, "read", refuse)
        assert job_details(backend, job_id).job.state == "queued"

    @pytest.mark.parametrize("error", [NameRefused, AccessRefused, IsADirectoryError])
    def test_a_job_that_cannot_be_claimed_is_passed_over_and_reported(self, backend, caplog, error):
        first, second = submit(backend), submit(backend)
        create = backend.files.create

        def refuse(path, data):
            if f"claim-{first}" in path:
                raise error(errno.EINVAL, "no", path)
            return create(path, data)

        backend.files.create = refuse
        with caplog.at_level(logging.WARNING, "dropspool"):
            assert take(backend) == second
        assert f"{first}.json: passed over" in caplog.text
        assert take(backend) == "None"

    def test_a_job_with_a_folder_in_place_of_its_claim_is_passed_over(
        self, storage, backend, caplog
    ):
        first, second = submit(backend), submit(backend)
        storage.seed_files({f"{RUNNING}/claim-{first}.json/x": b""})
        with caplog.at_level(logging.WARNING, "dropspool"):
            assert take(backend) == second
        assert f"{first}.json: passed over" in caplog.text
        assert backend.recover("fermions") == []

    def test_files_without_a_valid_job_name_are_reported_once_and_do_not_block_jobs(
        self, storage, backend, caplog
    ):
        storage.seed_files({f"{QUEUE}/job-2024-fermions-ada-1.json": b"{}"})
        job_id = submit(backend)
        with caplog.at_level(logging.WARNING, "dropspool"):
            assert [take(backend) for _ in range(3)] == [job_id, "None", "None"]
        assert caplog.text.count("job-2024-fermions-ada-1.json: never taken") == 1


class TestResults:
    """A job is done only if a readable result is at the path of its result."""

    @pytest.fixture
    def job_id(self, backend):
        job_id = submit(backend)
        assert take(backend) == job_id
        return job_id

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"job_id": 7}'])
    def test_a_result_that_cannot_be_read_is_kept_aside_and_replaced(
        self, storage, backend, job_id, content, caplog
    ):
        path = layout.parse_job_id(job_id).result
        storage.seed_files({path: content})
        end(backend, job_id, n=1)
        assert backend.get_status("fermions", "ada", job_id).status == "DONE"
        assert backend.get_result("fermions", "ada", job_id).header == {"n": 1}
        assert [data for name, data in storage.files.items() if "/unreadable-" in name] == [content]
        assert path in caplog.text
        check_at_rest(storage.files)

    @pytest.mark.parametrize("blocker", ["folder", "file in place of a folder"])
    def test_a_blocked_result_path_raises_a_permanent_error_and_the_job_can_end_in_an_error(
        self, storage, backend, job_id, blocker
    ):
        path = layout.parse_job_id(job_id).result
        blocking = f"{path}/x" if blocker == "folder" else path.rpartition("/")[0]
        storage.seed_files({blocking: b"not ours"})
        with pytest.raises(PERMANENT):
            end(backend, job_id)
        assert backend.get_status("fermions", "ada", job_id).status == "RUNNING"
        end(backend, job_id, "ERROR")
        assert backend.get_status("fermions", "ada", job_id).status == "ERROR"
        assert storage.read(blocking) == b"not ours"
        check_at_rest(storage.files)

    @pytest.mark.parametrize("content", [b"", None])
    def test_a_recovery_ignores_a_folder_or_an_empty_file_in_place_of_the_result(
        self, storage, backend, job_id, content
    ):
        path = layout.parse_job_id(job_id).result
        storage.seed_files({f"{path}/x": b""} if content is None else {path: content})
        storage.wait(LEASE + 2)
        assert storage.provider().recover("fermions") == [f"requeued {job_id}"]
        assert backend.get_status("fermions", "ada", job_id).status == "QUEUED"

    # pyfakefs raises another error than a file system when a file is to replace a folder.
    @pytest.mark.parametrize("storage", [*DOORS, "folder"], indirect=True)
    def test_recovery_passes_over_a_job_whose_status_path_is_blocked(
        self, storage, backend, caplog
    ):
        """The job cannot end, but others can."""
        blocked = backend.upload_job({}, "fermions", "ada")
        path = layout.parse_job_id(blocked).status
        storage.seed_files({f"{path}/x": b""})
        other = submit(backend)
        assert [take(backend), take(backend)] == [blocked, other]
        for status in ("DONE", "ERROR"):
            with pytest.raises(PERMANENT):
                end(backend, blocked, status)
        storage.wait(LEASE + 2)
        fresh = storage.provider()
        with caplog.at_level(logging.WARNING, "dropspool"):
            assert fresh.recover("fermions") == [f"requeued {other}"]
        assert f"{blocked}: passed over by the recovery" in caplog.text
        assert drain(fresh) == [other]

    def test_a_result_is_written_if_the_existing_one_is_deleted_while_it_is_read(
        self, storage, backend, job_id
    ):
        path = layout.parse_job_id(job_id).result
        storage.seed_files({path: b"{}"})
        read = backend.files.read

        def delete_and_read(name):
            if name == path:
                backend.files.read = read
                backend.files.delete(path)
            return read(name)

        backend.files.read = delete_and_read
        end(backend, job_id, n=1)
        assert backend.get_result("fermions", "ada", job_id).header == {"n": 1}

    def test_a_result_that_others_change_again_and_again_raises_an_error(
        self, storage, backend, job_id
    ):
        storage.seed_files({layout.parse_job_id(job_id).result: b"{}"})

        def changed_by_others(*_):
            raise FileExistsError

        backend.files.update = changed_by_others
        with pytest.raises(OSError, match="changed by others 5 times"):
            end(backend, job_id)

    def test_ending_a_job_whose_file_is_missing_leaves_no_claim(self, storage, backend, job_id):
        backend.delete_file(RUNNING, f"job-{job_id}")
        with pytest.raises(FileNotFoundError):
            end(backend, job_id)
        assert jobs_in(storage.files)[job_id].claim is None


class TestDropbox:
    @pytest.fixture(params=DOORS)
    def storage(self, request):
        return make_storage(request.param, request)

    def test_the_upload_of_a_result_that_is_too_large_is_not_repeated(
        self, storage, backend, monkeypatch
    ):
        job_id = submit(backend)
        take(backend)
        monkeypatch.setattr("fakedropbox._api.files.commits.UPLOAD_BYTES", 100)
        before = storage.requests
        with pytest.raises(TooLarge):
            end(backend, job_id, n="x" * 200)
        assert storage.requests == before + 1

    def test_a_refused_login_ends_a_take_and_a_recovery(self, storage, backend):
        """It concerns all jobs, so none of them is passed over."""
        submit(backend)
        take(backend)
        submit(backend)
        storage.wait(LEASE + 2)
        for act in (take, lambda worker: worker.recover("fermions")):
            worker = storage.provider()
            storage.service.faults.missing_scope("files/upload", path="*/claim-*")
            with pytest.raises(Refused):
                act(worker)
            storage.service.faults.verify()


def test_the_status_of_a_blocked_job_can_be_read_by_its_user(storage, backend):
    job_id = submit(backend)
    storage.seed_files({f"{RUNNING}/claim-{job_id}.json/x": b""})
    assert backend.get_status("fermions", "ada", job_id).status == "QUEUED"
    assert json.loads(storage.read(layout.parse_job_id(job_id).status)) == {
        **status_of(job_id, "INITIALIZING", "Got your json.").model_dump()
    }


class TestNamesThatCannotBeClaimed:
    """Jobs whose names are too long for some of their files; other programs may queue them."""

    JOB_ID = OLD.replace("-ada-", f"-{'é' * 102}x-")

    @pytest.fixture
    def provider(self, tmp_path, backend_config):
        provider = FolderStorage(tmp_path).provider()
        provider.upload_config(backend_config, "fermions")
        return provider

    @pytest.mark.parametrize("more", ["", "x", "xx", "xxx"])
    def test_a_job_whose_name_is_too_long_for_a_claim_can_be_cancelled(self, provider, more):
        """Check also a name that fits, and one that is too long only for the status and result."""
        job_id = self.JOB_ID.replace("x-", f"x{more}-")
        provider.files.create(f"{QUEUE}/job-{job_id}.json", b"{}")
        cancel(provider, job_id)
        assert [job.state for job in list_jobs(provider)] == ["error"]
        assert job_details(provider, job_id).job.state == "error"
        assert take(provider) == "None"

    def test_a_job_that_can_have_no_result_ends_in_an_error(self, provider):
        job_id = OLD.replace("-ada-", f"-{'é' * 102}xx-")
        provider.files.create(f"{QUEUE}/job-{job_id}.json", b"{}")
        assert len(layout.parse_job_id(job_id).result.rpartition("/")[2].encode()) == 256
        run(provider, {"fermions": lambda _: []}, max_idle=0)
        assert [job.state for job in list_jobs(provider)] == ["error"]


def put(place, kind):
    """Put a folder, FIFO or socket at a path; return a function that checks if it still exists."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    if kind == "folder":
        place.mkdir()
        return place.is_dir
    if kind == "fifo":
        os.mkfifo(place)
        return place.is_fifo
    # The path that is given to `bind` has at most about 100 characters.
    with contextlib.chdir(place.parent), socket.socket(socket.AF_UNIX) as opened:
        opened.bind(place.name)
    return place.is_socket


NOT_FILES = (NotAFile, IsADirectoryError)


@pytest.mark.parametrize("kind", ["fifo", "socket", "folder"])
class TestSomethingElseInAFolder:
    """Something other than a file at a path blocks no other job, and is not deleted."""

    @pytest.fixture
    def storage(self, tmp_path):
        return FolderStorage(tmp_path)

    @pytest.mark.parametrize(
        "place", ["status", "result", "running", "finished", "deleted", "claim"]
    )
    def test_other_jobs_run_if_a_file_of_a_job_is_replaced_by_something_else(
        self, storage, backend, kind, place
    ):
        blocked, other = submit(backend), submit(backend)
        path = getattr(layout.parse_job_id(blocked), place)
        stands = put(storage.base / path[1:], kind)
        worker = storage.provider()
        execute = {"fermions": lambda _: []}
        assert other in [*jobs(worker, execute, max_idle=0)]
        storage.wait(2 * LEASE)
        worker.recover("fermions")
        for operation in (cancel, requeue, job_details):
            with contextlib.suppress(*NOT_FILES, WrongState, FileExistsError):
                operation(backend, blocked)
        pruned = {job.job_id for job in prune(backend, timedelta())}
        assert other in pruned
        assert stands()
        left = [found for found in storage.base.rglob(f"job-{blocked}.json") if found.is_file()]
        assert len(left) == (blocked not in pruned)

    def test_get_status_names_a_status_path_that_is_not_a_regular_file(
        self, storage, backend, kind
    ):
        job_id = submit(backend)
        path = layout.parse_job_id(job_id).status
        put(storage.base / path[1:], kind)
        with pytest.raises(NOT_FILES, match=r"a FIFO, socket or device|Is a directory") as raised:
            backend.get_status("fermions", "ada", job_id)
        assert raised.value.filename == path

    @pytest.mark.parametrize("change", ["replace", "delete", "move", "update"])
    def test_changes_of_files_are_refused_for_a_fifo_socket_or_folder(
        self, storage, backend, kind, change
    ):
        if kind == "folder" and change == "delete":
            return  # `delete` is to delete folders, too
        stands = put(storage.base / "a", kind)
        given = {"replace": (b"",), "delete": (), "move": ("/b",), "update": (b"", "1")}[change]
        with pytest.raises(NOT_FILES):
            getattr(backend.files, change)("/a", *given)
        assert stands()

    def test_other_backends_work_if_a_configuration_is_not_a_regular_file(
        self, storage, backend, kind
    ):
        path = layout.config_path("fermions")
        stands = put(storage.base / path[1:], kind)
        backend.upload_config(config("bosons"), "bosons")
        provider = storage.provider()
        for call in (
            lambda: provider.get_config("fermions"),
            lambda: provider.upload_config(config(), "fermions"),
            lambda: provider.upload_job({}, "fermions", "ada"),
        ):
            with pytest.raises(NOT_FILES):
                call()
        job_id = provider.upload_job({}, "bosons", "ada")
        execute = dict.fromkeys(("fermions", "bosons"), lambda _: [])
        assert [*jobs(provider, execute, max_idle=0)] == [job_id]
        assert stands()
