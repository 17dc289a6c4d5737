"""The faults of the replaced system, one by one: it has each of them, our providers have none.

Each test runs on all of them, and on the replaced system it has to fail in the way that
is given with it. The run ends with the table.
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
    """Run a test on all systems; the replaced one fails it with one of these errors."""
    fails = pytest.mark.xfail(raises=errors, strict=True, reason="the replaced system's fault")
    replaced = pytest.param("replaced", marks=fails)
    systems = [name for name in SYSTEMS if name != "replaced"]
    return pytest.mark.parametrize("storage", [*systems, replaced], indirect=True)


@pytest.fixture
def storage(request, record_property):
    number = request.function.__name__.removeprefix("test_fault_")
    record_property(PROPERTY, [number, request.function.__doc__, request.param])
    if request.param == "replaced":
        request.getfixturevalue("dropbox_active")
        return Replaced(request.getfixturevalue("dropbox_service"))
    return make_storage(request.param, request)


@pytest.fixture
def backend(storage, backend_config):
    provider = storage.provider()
    provider.upload_config(backend_config, "fermions")
    return provider


def seam(provider):
    """What a provider reads and writes by."""
    return getattr(provider, "files", provider)


def on_dropbox(storage):
    return isinstance(storage, DropboxStorage)


@fails_there(AssertionError)
def test_fault_01(storage, backend):
    """The listing reads one page: a long queue is cut."""
    storage.seed_files({f"/{QUEUE}/job-{n}.json": b"{}" for n in range(10)})
    assert len(backend.get_file_queue(QUEUE)) == 10


@fails_there(AssertionError)
def test_fault_02(storage, backend, monkeypatch):
    """Ids carry whole seconds and have no order; a collision loses a job."""
    monkeypatch.setattr("dropspool.layout.secrets.randbelow", lambda _: 10)
    monkeypatch.setattr(getattr(backend, "_chance", backend), "getrandbits", lambda _: 10, False)
    ids = [backend.upload_job({"n": n}, "fermions", user) for n, user in enumerate(["b", "a", "a"])]
    assert len(backend.get_file_queue(QUEUE)) == 3
    assert [backend.get_next_job_in_queue("fermions").job_id for _ in ids] == ids


@fails_there(ApiError)
def test_fault_03(storage, backend):
    """The loser of a race for a job gets an uncaught error."""
    ids = [submit(backend), submit(backend)]
    other = storage.provider()
    listed = other.get_file_queue(QUEUE)
    assert backend.get_next_job_in_queue("fermions").job_id == ids[0]
    other.get_file_queue = lambda _: listed
    assert other.get_next_job_in_queue("fermions").job_id == ids[1]


@fails_there(ApiError)
def test_fault_04(storage, backend):
    """A crash within a completion leaves a job half done, and completing it again fails."""
    for at in range(4):
        job_id = submit(backend)
        worker = storage.provider()
        assert worker.get_next_job_in_queue("fermions").job_id == job_id
        watch_changes(seam(worker), die_at=at, names=WRITES)
        with suppress(Died):
            end(worker, job_id)
        end(storage.provider(), job_id)
        assert backend.get_status("fermions", "ada", job_id).status == "DONE"
        assert backend.get_result("fermions", "ada", job_id).success


@fails_there(requests.ConnectionError)
def test_fault_05(storage, backend):
    """A reply lost after the commit is misread."""
    job_id = submit(backend)
    if isinstance(storage, FolderStorage):
        # A system call has no reply to lose; what comes nearest is an error just after it.
        move = backend.files.move

        def moved(*args):
            move(*args)
            backend.files.move = move
            raise ConnectionLost

        backend.files.move = moved
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
def test_fault_06(storage, backend):
    """A hyphen in a user's name breaks the folder; a slash leaves it."""
    job_id = submit(backend, "Bob-Smith")
    assert backend.get_next_job_in_queue("fermions").job_id == job_id
    end(backend, job_id)
    assert backend.get_result("fermions", "Bob-Smith", job_id).success
    with pytest.raises(ValueError, match="username"):
        backend.upload_job({}, "fermions", "../bob")


@fails_there(AssertionError)
def test_fault_07(storage, backend, backend_config):
    """The configuration is written back without a look at its revision."""
    operator = storage.provider()
    method = "read" if seam(backend) is not backend else "get_config"
    read = getattr(seam(backend), method)

    def read_and_changed_by_others(*args):
        found = read(*args)
        setattr(seam(backend), method, read)
        operator.upload_config(backend_config.model_copy(update={"num_wires": 99}), "fermions")
        return found

    setattr(seam(backend), method, read_and_changed_by_others)
    backend.timestamp_queue("fermions")
    config = backend.get_config("fermions")
    assert (config.num_wires, config.last_queue_check) == (99, storage.clock.now())


@fails_there(AssertionError, SystemExit)
def test_fault_08(storage, backend):
    """A failed listing becomes an empty queue; a bad token ends the process."""
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
def test_fault_09(storage, backend):
    """Three requests for each useful one."""
    asked = storage.service.calls if on_dropbox(storage) else recorded(backend.files)
    before = len(asked)
    job_id = submit(backend)
    job = backend.get_next_job_in_queue("fermions")
    backend.get_job_content(job.job_json_path, job_id)
    end(backend, job_id)
    backend.get_status("fermions", "ada", job_id)
    backend.get_result("fermions", "ada", job_id)
    assert len(asked) - before <= 16


def recorded(files):
    """What is asked of the files of a provider, from now on."""
    asked, within = [], []

    def recording(name, method):
        def record(*args):
            if not within:  # one method may use another
                asked.append(name)
            within.append(name)
            try:
                return method(*args)
            finally:
                within.pop()

        return record

    for name in ("read", "exists", "names", "create", "replace", "update", "move", "delete"):
        setattr(files, name, recording(name, getattr(files, name)))
    return asked


@fails_there(AssertionError)
def test_fault_10(storage, backend):
    """A broken file at the head is never disposed of."""
    broken = "20250101_000000_000000-fermions-ada-00000"
    storage.seed_files({f"/{QUEUE}/job-{broken}.json": b"{"})
    whole = submit(backend)
    for _ in range(2):
        worker = storage.provider()
        with suppress(ValueError):  # its process ends, and another takes its place
            job = worker.get_next_job_in_queue("fermions")
            worker.get_job_content(job.job_json_path, job.job_id)
            end(worker, job.job_id)
    assert backend.get_status("fermions", "ada", whole).status == "DONE"
    assert backend.get_status("fermions", "ada", broken).detail == "The job cannot be read."
    assert f"/Backend_files/Deleted_Jobs/job-{broken}.json" in storage.files


@fails_there(AssertionError)
def test_fault_11(storage, backend):
    """Users Bob and bob share a folder, and each other's jobs."""
    job_id = submit(backend, "Bob")
    for asked in (job_id, job_id.replace("Bob", "bob")):
        assert "Could not find" in backend.get_status("fermions", "bob", asked).detail
    assert backend.get_status("fermions", "Bob", job_id).status == "INITIALIZING"


@fails_there(ValidationError)
def test_fault_12(storage, backend):
    """An empty queue crashes."""
    job = backend.get_next_job_in_queue("fermions")
    assert (job.job_id, job.job_json_path) == ("None", "None")


@fails_there(ApiError)
def test_fault_13(storage, backend):
    """A user's name with a dot loses its job."""
    job_id = submit(backend, "ada.l")
    assert backend.get_next_job_in_queue("fermions").job_id == job_id
    end(backend, job_id)
    assert backend.get_result("fermions", "ada.l", job_id).success


@fails_there(FileNotFoundError)
def test_fault_14(storage, backend):
    """Every API error becomes "file not found"."""
    storage.seed_files({"/a/one.json/two": b""})
    with pytest.raises(IsADirectoryError):
        backend.get_file_content("a", "one")
    if on_dropbox(storage):
        storage.service.faults.missing_scope("files/download")
        with pytest.raises(MissingScope, match=r"files\.content\.read"):
            backend.get_file_content("a", "one")
