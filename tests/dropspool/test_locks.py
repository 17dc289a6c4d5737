"""Tests of locks in forked processes: a lock that a thread of the parent holds is free there."""

import os
import signal
import threading
import time

import pytest

from dropspool._locks import ForkSafeLock
from dropspool.testing.kit import submit, take
from dropspool.worker import Event, Metrics

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="os.fork does not exist on this platform"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]
LIMIT_SECONDS = 30


def ends_in_a_fork(work):
    """Call a function in a forked process, and return whether it ends without an error."""
    child = os.fork()
    if not child:
        outcome = 1
        try:
            work()
            outcome = 0
        finally:
            os._exit(outcome)
    end = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


@pytest.fixture
def forked_while_locked():
    """A function that forks while another thread holds a lock."""

    def forked(lock, work):
        locked, done = threading.Event(), threading.Event()

        def hold():
            with lock:
                locked.set()
                done.wait(2 * LIMIT_SECONDS)

        thread = threading.Thread(target=hold)
        thread.start()
        locked.wait()
        try:
            return ends_in_a_fork(work)
        finally:
            done.set()
            thread.join()

    return forked


def test_threads_exclude_each_other():
    lock, order = ForkSafeLock(), []
    with lock:
        thread = threading.Thread(target=lambda: (lock.__enter__(), order.append("second")))
        thread.start()
        thread.join(0.05)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


@pytest.mark.parametrize("storage", ["folder"], indirect=True)
def test_jobs_are_numbered_and_renewed_in_a_fork(backend, forked_while_locked):
    submit(backend)
    job_id = take(backend)
    assert forked_while_locked(backend._numbering, lambda: submit(backend))
    held = backend._claims._held[job_id].lock
    assert forked_while_locked(held, lambda: backend.renew(job_id, "fermions"))


@pytest.mark.parametrize("storage", ["direct"], indirect=True)
def test_a_client_is_made_and_a_queue_read_in_a_fork(backend, storage, forked_while_locked):
    files = storage.provider().files
    assert forked_while_locked(files._building, files._client)
    folder = files.following("/Backend_files").__self__
    assert forked_while_locked(folder._reading, lambda: folder.files)


def test_metrics_are_read_in_a_fork(forked_while_locked, dropbox_clock):
    metrics = Metrics()
    metrics.count(Event("started", dropbox_clock.now(), "fermions"))
    assert forked_while_locked(metrics._lock, metrics.snapshot)
