"""Tests of processes that are forked while other threads use a service."""

import gc
import os
import signal
import threading
import time
import weakref
from collections import Counter
from contextlib import contextmanager

import pytest
from dropbox.exceptions import ApiError

from fakedropbox import FakeDropboxService
from fakedropbox._base import forks
from fakedropbox._base.forks import Guard
from fakedropbox._files.blobs import SPILL_BYTES
from fakedropbox.clock import RunningClock
from fakedropbox.errors import UnusableAfterFork
from fakedropbox.server.running import Server
from fakedropbox.server.state import StateFile

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="os.fork does not exist on this platform"),
    # From Python 3.12 on, a fork in a process with threads warns; that is what is tested here.
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]
WHOLE, REFUSED, WRONG = 0, 3, 4
HUNG = -signal.SIGKILL
_LIMIT_SECONDS = 30


def in_a_fork(work):
    """Call a function in a forked process, and return the outcome: `HUNG` if it does not end."""
    child = os.fork()
    if not child:
        exit_after(work)
    return outcome_of(child)


def exit_after(work):
    """Call a function in this forked process, and exit with its outcome."""
    outcome = WRONG
    try:
        work()
        outcome = WHOLE
    except UnusableAfterFork:
        outcome = REFUSED
    finally:
        os._exit(outcome)


def outcome_of(child):
    """Return the outcome of a forked process, which is killed if it does not end."""
    end = time.monotonic() + _LIMIT_SECONDS
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)  # there is no `waitpid` with a time limit
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def use(service):
    """Use a service in many ways that take locks, and check that its state is consistent."""
    dbx = service.client()
    dbx.files_upload(b"child", "/of the child")
    page = dbx.files_list_folder("", recursive=True)
    listed = {entry.path_display for entry in page.entries if hasattr(entry, "rev")}
    while page.has_more:
        page = dbx.files_list_folder_continue(page.cursor)
        listed |= {entry.path_display for entry in page.entries if hasattr(entry, "rev")}
    # Each file is moved with its folder: it is in the one or the other, never in both or none.
    pairs = Counter(path.rpartition("/")[2] for path in listed if "/pair" in path)
    assert all(number == 1 for number in pairs.values()), pairs
    assert listed == service.files.keys()
    service.clock.sleep(1)
    service.faults.lost_reply("files/upload", optional=True)
    service.faults.clear()
    with service.scratch():
        service.accounts.create("child@example.com")
        service.apps.create("child")
        service.logins.create()
        service.webhooks.deliver()
    assert len(service.accounts) < 10
    dbx.files_delete_v2("/of the child")


@contextmanager
def busy(*works):
    """Call functions in threads, again and again, while in the context."""
    ended = threading.Event()
    errors = []

    def repeat(work):
        number = 0
        while not ended.is_set():
            number += 1
            try:
                work(number)
            except Exception as error:  # noqa: BLE001 -- checked below
                errors.append(error)
                return

    threads = [threading.Thread(target=repeat, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join(_LIMIT_SECONDS)
    assert errors == []


def fork_under_load(service, times):
    """Fork while three threads use a service, and return the number of each outcome."""
    dbx = service.client()
    dbx.files_upload(b"x", "/a/pair")
    service.faults.slow("files/download", 0, times=10**9, optional=True)

    def move(number):
        ends = ("/a", "/b") if number % 2 else ("/b", "/a")
        dbx.files_move_v2(*ends)

    def write(number):
        dbx.files_upload(str(number).encode(), f"/w/{number % 20}", autorename=True)
        dbx.files_delete_v2("/w")

    def look(_number):
        dbx.files_list_folder("", recursive=True)
        try:
            dbx.files_download("/a/pair")
        except ApiError:
            service.clock.sleep(1)

    with busy(move, write, look):
        found = Counter(in_a_fork(lambda: use(service)) for _ in range(times))
    service.faults.clear()
    return found


def test_forks_beside_busy_threads_never_hang_and_see_a_whole_state():
    found = fork_under_load(FakeDropboxService(), 6)
    assert found.keys() <= {WHOLE, REFUSED}
    assert found[WHOLE]


@pytest.mark.campaign
def test_a_hundred_forks_beside_busy_threads_never_hang(capsys):
    found = fork_under_load(FakeDropboxService(), 100)
    with capsys.disabled():
        print(f"\n100 forks: {found[WHOLE]} whole, {found[REFUSED]} refused, {found[HUNG]} hung")
    assert found.keys() <= {WHOLE, REFUSED}
    assert found[WHOLE] >= 90


def held(lock):
    """Let a thread hold a lock until the returned function is called."""
    inside, ended = threading.Event(), threading.Event()

    def hold():
        with lock:
            inside.set()
            ended.wait(_LIMIT_SECONDS)

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    assert inside.wait(_LIMIT_SECONDS)

    def end():
        ended.set()
        thread.join(_LIMIT_SECONDS)

    return end


@pytest.fixture
def _impatient(monkeypatch):
    monkeypatch.setattr(forks, "PATIENCE_SECONDS", 0.05)


@pytest.mark.usefixtures("_impatient")
def test_state_that_another_thread_is_changing_is_refused_in_the_fork_alone():
    service = FakeDropboxService(files={"/a": b"x"})
    dbx, accounts, apps = service.client(), service.accounts, service.apps
    uses = [
        lambda: dbx.files_get_metadata("/a"),
        lambda: dbx.files_upload(b"", "/b"),
        lambda: dbx.check_user("x"),
        lambda: service.session().post("https://api.dropboxapi.com/oauth2/token", data={}),
        lambda: service.files,
        service.tree,
        service.snapshot,
        service.reset,
        lambda: service.accounts,
        lambda: service.apps,
        lambda: service.seed_files({}),
        service.logins.create,
        lambda: service.web,
        lambda: accounts.create("new@example.com"),
        apps.create,
    ]

    def refusals():
        for each in uses:
            with pytest.raises(UnusableAfterFork, match="service: another thread was changing it"):
                each()
        fresh = FakeDropboxService(files={"/a": b"new"})
        with fresh.activate():
            assert fresh.client().files_get_metadata("/a").size == 3

    end = held(service.gate.lock)
    try:
        assert in_a_fork(refusals) == WHOLE
    finally:
        end()
    use(service)  # the parent process can use its service as before


def test_a_fork_waits_for_a_change_that_ends_soon():
    service = FakeDropboxService()
    with busy():
        end = held(service.gate.lock)
        timer = threading.Timer(0.1, end)
        timer.start()
        assert in_a_fork(lambda: use(service)) == WHOLE
        timer.join()


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize(
    ("lock", "use_it"),
    [
        (lambda service: service.clock._guard.lock, lambda service: service.clock.advance(1)),
        (lambda service: service.faults._guard.lock, lambda service: service.faults.planned()),
        (lambda service: service.gate.world.chance._guard.lock, use),
    ],
    ids=["clock", "faults", "chance"],
)
def test_state_that_was_locked_at_a_fork_refuses_its_use_rather_than_hangs(lock, use_it):
    service = FakeDropboxService()
    end = held(lock(service))
    try:
        assert in_a_fork(lambda: use_it(service)) == REFUSED
    finally:
        end()
    use_it(service)


def test_a_thread_that_forks_during_its_own_change_continues_in_both_processes():
    service = FakeDropboxService()
    forked = []

    def download(_url):
        forked.append(os.fork())
        return b"x"

    service.web = download
    dbx = service.client()
    dbx.files_save_url("/saved", "https://example.com/")
    if not forked[0]:
        exit_after(lambda: use(service))
    assert outcome_of(forked[0]) == WHOLE
    use(service)


def test_a_fork_during_a_webhook_delivery_neither_waits_nor_is_refused():
    service = FakeDropboxService()
    end = held(service.webhooks._delivering.lock)
    try:
        assert in_a_fork(lambda: use(service)) == WHOLE
    finally:
        end()


def test_two_threads_can_fork_at_the_same_time():
    services = [FakeDropboxService() for _ in range(2)]
    found = []

    def fork(service):
        with service.gate.lock:
            found.append(in_a_fork(lambda: use(service)))

    threads = [threading.Thread(target=fork, args=(service,)) for service in services]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_LIMIT_SECONDS)
    assert found == [WHOLE, WHOLE]


def test_large_data_of_the_parent_is_refused_in_a_fork_and_stays_unchanged():
    large = bytes(range(256)) * (SPILL_BYTES // 256 + 1)
    service = FakeDropboxService(files={"/large": large, "/small": b"x"})

    def work():
        assert service.read("/small") == b"x"
        for call in (lambda: service.read("/large"), lambda: service.files):
            with pytest.raises(UnusableAfterFork, match="content of more than 8388608 bytes"):
                call()
        service.client().files_upload(large[1:], "/own")
        assert service.read("/own") == large[1:]
        service.client().files_delete_v2("/large")
        service.reset()
        gc.collect()  # must not close the parent's file, since that would undo its changes
        assert service.read("/large") == large  # the initial files are stored again

    assert in_a_fork(work) == WHOLE
    assert service.read("/large") == large


def test_a_state_file_is_left_to_the_parent(tmp_path):
    path = tmp_path / "state"
    file = StateFile(path, {})
    with Server(FakeDropboxService(clock=RunningClock()), state=file) as server:
        server.operate("clock/advance", {"seconds": 1})
        log = path.with_name("state-wal").stat().st_size

        def work():
            server.service.seed_files({"/of the fork": b"x"})
            server.service.client().files_upload(b"x", "/of the fork, too")
            file.close()
            gc.collect()

        assert in_a_fork(work) == WHOLE
        assert path.with_name("state-wal").stat().st_size == log > 0
        server.operate("clock/advance", {"seconds": 1})
        assert server.service.files == {}
    assert file.rows()["clock"] == [(("clock",), "[2000000]", b"")]
    assert "of the fork" not in repr(file.rows()["node"])
    file.close()


def test_content_in_a_state_file_cannot_be_read_in_a_forked_process(tmp_path):
    file = StateFile(tmp_path / "state", {})
    with Server(FakeDropboxService(clock=RunningClock()), state=file) as server:
        server.service.client().files_upload(b"kept", "/a")
    file.close()
    file = StateFile(tmp_path / "state", {})
    with Server(FakeDropboxService(clock=RunningClock()), state=file) as server:
        service = server.service

        def work():
            with pytest.raises(UnusableAfterFork, match="state file"):
                service.read("/a")
            service.client().files_upload(b"new", "/b")
            assert service.read("/b") == b"new"

        assert in_a_fork(work) == WHOLE
        assert service.files == {"/a": b"kept"}
    file.close()


def test_a_stop_in_a_forked_process_does_not_stop_the_server(tmp_path):
    with FakeDropboxService().serve() as server:

        def work():
            server.stop()

        assert in_a_fork(work) == WHOLE
        assert server.ca_file.exists()


def test_the_lock_of_a_running_clock_is_a_guard():
    clock = RunningClock()
    assert isinstance(clock._guard, Guard)


def test_a_deleted_service_leaves_no_guards():
    gc.collect()
    before = len(forks._living())
    service = FakeDropboxService()
    found = weakref.ref(service)
    assert len(forks._living()) > before
    del service
    gc.collect()
    assert found() is None
    assert len(forks._living()) == before


def test_the_fork_hooks_release_every_lock():
    guards = [Guard("one"), Guard("two"), Guard()]
    forks._begin_fork()
    forks._release()
    for guard in guards:
        end = held(guard.lock)  # in another thread
        end()
        guard.check()
