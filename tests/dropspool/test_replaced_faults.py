"""Tests of faults that the system replaced by dropspool has and our providers do not have.

Each test runs on all systems. On the replaced system it must fail with one of the errors
given to `fails_there`. The docstring of a test describes the fault of the replaced system. The
run ends with a table of these faults.
"""

from contextlib import suppress

import pytest
import requests
from dropbox.exceptions import ApiError
from pydantic import ValidationError
from tests.support.fault_table import PROPERTY, SYSTEMS
from tests.support.queues import watch_changes
from tests.support.replaced_system import ReplacedProvider
from tests.support.storages import DropboxStorage, FolderStorage, make_storage

from dropspool import ConnectionLost, DropboxLoginInformation, MissingScope, TokenRefused
from dropspool.testing._faults import FILE_CHANGES, Died
from dropspool.testing.kit import end, submit
from fakedropbox import Personality

QUEUE = "Backend_files/Queued_Jobs/fermions"
WRITES = (*FILE_CHANGES, "upload", "update_file", "move_file")

pytestmark = pytest.mark.dropbox(personality=Personality(page_size=3))


class Replaced(DropboxStorage):
    """A Dropbox with the replaced system in place of our provider."""

    def provider(self, name="fake"):
        login = DropboxLoginInformation.model_validate(self.service.login, from_attributes=True)
        return ReplacedProvider(login, name, clock=self.clock)


def fails_there(*errors):
    """Run a test on all systems; on the replaced one it must fail with one of these errors."""
    fails = pytest.mark.xfail(
        raises=errors, strict=True, reason="the replaced system has this fault"
    )
    replaced = pytest.param("replaced", marks=fails)
    systems = [name for name in SYSTEMS if name != "replaced"]
    return pytest.mark.parametrize("storage", [*systems, replaced], indirect=True)


@pytest.fixture
def storage(request, record_property):
    """A storage of each system; it records the fault of the test for the table."""
    number = request.function.__name__.removeprefix("test_fault_")[:2]
    record_property(PROPERTY, [number, request.function.__doc__, request.param])
    if request.param == "replaced":
        request.getfixturevalue("dropbox_active")
        return Replaced(request.getfixturevalue("dropbox_service"))
    return make_storage(request.param, request)


@pytest.fixture
def backend(storage, backend_config):
    """A provider on the storage with the configuration of `fermions`."""
    provider = storage.provider()
    provider.upload_config(backend_config, "fermions")
    return provider


def file_methods(provider):
    """Return the object by whose methods a provider reads and writes its files."""
    return getattr(provider, "files", provider)


def on_dropbox(storage):
    return isinstance(storage, DropboxStorage)


@fails_there(AssertionError)
def test_fault_01_a_listing_has_all_pages(storage, backend):
    """In the replaced system, a listing has one page only, so a long queue is incomplete."""
    storage.seed_files({f"/{QUEUE}/job-{n}.json": b"{}" for n in range(10)})
    assert len(backend.get_file_queue(QUEUE)) == 10


@fails_there(AssertionError)
def test_fault_02_ids_are_unique_and_ordered(storage, backend, monkeypatch):
    """In the replaced system, ids have no order within a second, and a collision loses a job."""
    monkeypatch.setattr("dropspool.layout.secrets.randbelow", lambda _: 10)
    monkeypatch.setattr(getattr(backend, "_chance", backend), "getrandbits", lambda _: 10, False)
    ids = [backend.upload_job({"n": n}, "fermions", user) for n, user in enumerate(["b", "a", "a"])]
    assert len(backend.get_file_queue(QUEUE)) == 3
    assert [backend.get_next_job_in_queue("fermions").job_id for _ in ids] == ids


@fails_there(ApiError)
def test_fault_03_the_loser_of_a_race_takes_the_next_job(storage, backend):
    """In the replaced system, the loser of a race for a job gets an uncaught error."""
    ids = [submit(backend), submit(backend)]
    other = storage.provider()
    listed = other.get_file_queue(QUEUE)
    assert backend.get_next_job_in_queue("fermions").job_id == ids[0]
    other.get_file_queue = lambda _: listed
    assert other.get_next_job_in_queue("fermions").job_id == ids[1]


@fails_there(ApiError)
def test_fault_04_a_completion_can_be_repeated_after_a_crash(storage, backend):
    """In the replaced system, a job that a crash left partly completed cannot be completed."""
    for at in range(4):
        job_id = submit(backend)
        worker = storage.provider()
        assert worker.get_next_job_in_queue("fermions").job_id == job_id
        watch_changes(file_methods(worker), die_at=at, names=WRITES)
        with suppress(Died):
            end(worker, job_id)
        end(storage.provider(), job_id)
        assert backend.get_status("fermions", "ada", job_id).status == "DONE"
        assert backend.get_result("fermions", "ada", job_id).success


@fails_there(requests.ConnectionError)
def test_fault_05_a_lost_reply_after_the_commit_is_handled(storage, backend):
    """In the replaced system, a lost reply after the commit is taken for a failed request."""
    job_id = submit(backend)
    if isinstance(storage, FolderStorage):
        # A system call has no reply. The closest equivalent is an error just after the call.
        move = backend.files.move

        def move_and_lose_reply(*args):
            move(*args)
            backend.files.move = move
            raise ConnectionLost

        backend.files.move = move_and_lose_reply
        with pytest.raises(ConnectionLost):
            backend.get_next_job_in_queue("fermions")
        assert backend.recover("fermions") == [f"requeued {job_id}"]
    else:
        storage.service.faults.lost_reply("files/move_v2")
    assert backend.get_next_job_in_queue("fermions").job_id == job_id
    if on_dropbox(storage):
        storage.service.faults.server_error("files/move_v2", when="after")
    end(backend, job_id)
    assert backend.get_status("fermions", "ada", job_id).status == "DONE"


@fails_there(AssertionError)
def test_fault_06_usernames_with_hyphens_work_and_slashes_are_refused(storage, backend):
    """In the replaced system, a hyphen or a slash in a username gives a wrong folder."""
    job_id = submit(backend, "Bob-Smith")
    assert backend.get_next_job_in_queue("fermions").job_id == job_id
    end(backend, job_id)
    assert backend.get_result("fermions", "Bob-Smith", job_id).success
    with pytest.raises(ValueError, match="username"):
        backend.upload_job({}, "fermions", "../bob")


@fails_there(AssertionError)
def test_fault_07_timestamp_queue_keeps_a_concurrent_change(storage, backend, backend_config):
    """In the replaced system, the configuration is overwritten without a check of its revision."""
    operator = storage.provider()
    method = "read" if file_methods(backend) is not backend else "get_config"
    read = getattr(file_methods(backend), method)

    def read_before_another_change(*args):
        found = read(*args)
        setattr(file_methods(backend), method, read)
        operator.upload_config(backend_config.model_copy(update={"num_wires": 99}), "fermions")
        return found

    setattr(file_methods(backend), method, read_before_another_change)
    backend.timestamp_queue("fermions")
    config = backend.get_config("fermions")
    assert (config.num_wires, config.last_queue_check) == (99, storage.clock.now())


@fails_there(AssertionError, SystemExit)
def test_fault_08_a_failed_listing_and_a_refused_token_raise(storage, backend):
    """In the replaced system, a failed listing seems empty; a refused token ends the process."""
    storage.seed_files({"/a/file": b""})
    try:
        found = backend.get_file_queue("a/file")
    except NotADirectoryError:
        found = None
    assert found is None
    if on_dropbox(storage):
        storage.service.faults.revoked_token("files/*")
        with pytest.raises(TokenRefused):
            backend.get_file_queue("a")


@fails_there(AssertionError)
def test_fault_09_a_job_needs_at_most_16_requests(storage, backend):
    """In the replaced system, each use of a file also requests a token and the account."""
    calls = storage.service.calls if on_dropbox(storage) else recorded_calls(backend.files)
    before = len(calls)
    job_id = submit(backend)
    job = backend.get_next_job_in_queue("fermions")
    backend.get_job_content(job.job_json_path, job_id)
    end(backend, job_id)
    backend.get_status("fermions", "ada", job_id)
    backend.get_result("fermions", "ada", job_id)
    assert len(calls) - before <= 16


def recorded_calls(files):
    """Return a list to which each later call of the files of a provider adds its method."""
    calls, active = [], []

    def recording(name, method):
        def record(*args):
            if not active:  # one method may call another
                calls.append(name)
            active.append(name)
            try:
                return method(*args)
            finally:
                active.pop()

        return record

    for name in ("read", "exists", "names", "create", "replace", "update", "move", "delete"):
        setattr(files, name, recording(name, getattr(files, name)))
    return calls


@fails_there(AssertionError)
def test_fault_10_a_broken_job_does_not_block_the_queue(storage, backend):
    """In the replaced system, a broken job ends the worker, and stays among the running jobs."""
    broken = "20250101_000000_000000-fermions-ada-00000"
    storage.seed_files({f"/{QUEUE}/job-{broken}.json": b"{"})
    whole = submit(backend)
    for _ in range(2):
        worker = storage.provider()
        with suppress(ValueError):  # the process ends with the error, and another one continues
            job = worker.get_next_job_in_queue("fermions")
            worker.get_job_content(job.job_json_path, job.job_id)
            end(worker, job.job_id)
    assert backend.get_status("fermions", "ada", whole).status == "DONE"
    assert backend.get_status("fermions", "ada", broken).detail == "The job cannot be read."
    assert f"/Backend_files/Deleted_Jobs/job-{broken}.json" in storage.files


@fails_there(AssertionError)
def test_fault_11_usernames_that_differ_in_case_are_separate(storage, backend):
    """In the replaced system, the users Bob and bob share a folder and see each other's jobs."""
    job_id = submit(backend, "Bob")
    for wanted in (job_id, job_id.replace("Bob", "bob")):
        assert "Could not find" in backend.get_status("fermions", "bob", wanted).detail
    assert backend.get_status("fermions", "Bob", job_id).status == "QUEUED"


@fails_there(ValidationError)
def test_fault_12_an_empty_queue_returns_no_job(storage, backend):
    """In the replaced system, an empty queue raises an error."""
    job = backend.get_next_job_in_queue("fermions")
    assert (job.job_id, job.job_json_path) == ("None", "None")


@fails_there(ApiError)
def test_fault_13_usernames_with_dots_work(storage, backend):
    """In the replaced system, no worker can take a job of a user with a dot in the name."""
    job_id = submit(backend, "ada.l")
    assert backend.get_next_job_in_queue("fermions").job_id == job_id
    end(backend, job_id)
    assert backend.get_result("fermions", "ada.l", job_id).success


@fails_there(FileNotFoundError)
def test_fault_14_api_errors_have_different_classes(storage, backend):
    """In the replaced system, every API error of a read becomes "file not found"."""
    storage.seed_files({"/a/one.json/two": b""})
    with pytest.raises(IsADirectoryError):
        backend.get_file_content("a", "one")
    if on_dropbox(storage):
        storage.service.faults.missing_scope("files/download")
        with pytest.raises(MissingScope, match=r"files\.content\.read"):
            backend.get_file_content("a", "one")
