"""Tests of the signals that stop a worker, and of their difference from an executor's errors."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from tests.support.project import ROOT, SRC
from tests.support.queues import LEASE
from tests.support.storages import FolderStorage
from tests.support.workers import execute, has_ended, work

from dropspool._worker import signals
from dropspool.testing.kit import check_at_rest, jobs_in, submit
from dropspool.worker import Execution, Stop

BOTH = [signal.SIGINT, signal.SIGTERM]


@pytest.fixture
def default_handlers():
    """The signal handlers of a program that sets none: Ctrl-C raises `KeyboardInterrupt`."""
    before = {number: signal.getsignal(number) for number in BOTH}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def press_once(_):
    """Press Ctrl-C while the executor runs."""
    signal.raise_signal(signal.SIGINT)


def press_once_and_catch(_):
    """Press Ctrl-C while the executor runs, and catch `KeyboardInterrupt` in the executor."""
    with contextlib.suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    return []


@pytest.mark.usefixtures("default_handlers")
class TestCtrlC:
    @pytest.mark.parametrize("executor", [press_once, press_once_and_catch])
    def test_ctrl_c_without_stop_gives_the_job_back_and_is_raised(self, storage, backend, executor):
        job_id = submit(backend)
        given = []
        backend.give_back = lambda *args: given.append(args)
        with pytest.raises(KeyboardInterrupt):
            work(storage, backend, {"fermions": executor})
        assert given == [(job_id, "fermions")]
        assert jobs_in(storage.files)[job_id].status != "ERROR"

    def test_a_system_exit_of_a_handler_is_raised_by_the_worker(self, storage, backend):
        submit(backend)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
        with pytest.raises(SystemExit, match="7"):
            work(storage, backend, {"fermions": lambda _: signal.raise_signal(signal.SIGTERM)})

    def test_the_first_ctrl_c_with_stop_lets_the_job_end(self, storage, backend):
        ids = [submit(backend), submit(backend)]
        requests = []
        with Stop(requests.append) as stop:
            executors = {"fermions": lambda job: press_once(job) or execute(job)}
            assert work(storage, backend, executors, stop=stop) == ids[:1]
        assert requests == [1]
        check_at_rest(storage.files)

    @pytest.mark.parametrize("timeout", [None, 60], ids=["main thread", "own thread"])
    def test_the_second_ctrl_c_with_stop_gives_the_job_back(self, storage, backend, timeout):
        job_id = submit(backend)
        given, requests, events = [], [], []
        asked, released = threading.Event(), threading.Event()
        backend.give_back = lambda *args: given.append(args)

        def take_note(number):
            requests.append(number)
            asked.set()

        def press_twice_and_hang(_):
            signal.raise_signal(signal.SIGINT)
            asked.wait(30)
            signal.raise_signal(signal.SIGINT)
            released.wait(30)

        executors = {"fermions": Execution(press_twice_and_hang, timeout=timeout)}
        with Stop(take_note) as stop, pytest.raises(KeyboardInterrupt):
            work(storage, backend, executors, stop=stop, on_event=events.append)
        released.set()
        assert given == [(job_id, "fermions")]
        assert requests == [1, 2]
        assert [event.kind for event in events] == ["started", "taken", "given back", "stopped"]

    def test_a_handler_that_the_executor_has_set_stays(self, storage, backend):
        def handler(*_):
            pass

        submit(backend)
        work(
            storage, backend, {"fermions": lambda _: signal.signal(signal.SIGTERM, handler) and []}
        )
        assert signal.getsignal(signal.SIGTERM) is handler

    def test_a_worker_may_run_in_another_thread(self, storage, backend):
        job_id = submit(backend)
        ended = []
        thread = threading.Thread(target=lambda: ended.extend(work(storage, backend)))
        thread.start()
        thread.join()
        assert ended == [job_id]

    def test_the_worker_restores_the_earlier_signal_handlers(self, storage, backend):
        submit(backend)
        with Stop() as stop:
            inner = signal.getsignal(signal.SIGINT)
            work(storage, backend, stop=stop)
            assert signal.getsignal(signal.SIGINT) is inner
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


class TestStop:
    def test_stop_can_be_used_only_in_the_main_thread(self):
        errors = []

        def enter():
            with pytest.raises(RuntimeError, match="main thread"), Stop():
                pass
            errors.append("raised")

        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        assert errors == ["raised"]

    def test_a_request_to_stop_ends_one_pause_and_later_ones_have_their_full_length(
        self, monkeypatch
    ):
        """Regression: after SIGTERM, a worker made all of its attempts without a pause."""
        stop = Stop()
        slept = virtual_time(monkeypatch, stop.request)
        stop.sleep(60)  # the request to stop comes after 10 s
        assert 10 <= sum(slept) < 10.5
        assert stop()
        stop.sleep(60)
        assert 70 <= sum(slept) < 70.5

    def test_a_request_to_stop_before_a_pause_ends_the_pause(self, monkeypatch):
        stop = Stop()
        slept = virtual_time(monkeypatch)
        stop.request()
        stop.sleep(60)
        stop.sleep(1)
        assert sum(slept) == pytest.approx(1)

    def test_every_request_to_stop_after_the_first_raises_keyboard_interrupt(self):
        stop = Stop()
        stop.request()
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                stop.request()


def virtual_time(monkeypatch, after_10_seconds=None):
    """Let `Stop` sleep in virtual time, and return the seconds of its sleeps."""
    slept = []

    class Time:
        @staticmethod
        def monotonic():
            return sum(slept)

        @staticmethod
        def sleep(seconds):
            slept.append(seconds)
            if after_10_seconds is not None and sum(slept) - seconds < 10 <= sum(slept):
                after_10_seconds()

    monkeypatch.setattr(signals, "time", Time)
    return slept


PROGRAM = """
import sys
from dropspool import LocalLoginInformation, LocalProvider
from dropspool.worker import Execution, Stop, run
from tests.support.executors import obey

if __name__ == "__main__":
    provider = LocalProvider(LocalLoginInformation(base_path=sys.argv[1]))
    executors = {"fermions": Execution(obey, subprocess=True)}
    with Stop(lambda number: print("asked", number, flush=True)) as stop:
        run(provider, executors, clock=stop, stop=stop, on_event=lambda e: print(e, flush=True))
"""


class TestProcesses:
    @pytest.fixture
    def start(self, tmp_path):
        """A function that starts a worker in a process, on the folder `jobs`."""
        program = tmp_path / "program.py"
        program.write_text(PROGRAM)
        environ = {**os.environ, "PYTHONPATH": f"{SRC}{os.pathsep}{ROOT}"}
        started = []

        def start():
            worker = subprocess.Popen(  # noqa: S603 -- this very interpreter
                [sys.executable, str(program), str(tmp_path / "jobs")],
                env=environ,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            started.append(worker)
            return worker

        yield start
        for worker in started:
            worker.kill()
            worker.communicate()

    def test_a_killed_worker_ends_its_processes_and_two_signals_give_the_job_back(
        self, tmp_path, start, backend_config
    ):
        (tmp_path / "jobs").mkdir()
        storage = FolderStorage(tmp_path / "jobs")
        provider = storage.provider()
        provider.upload_config(backend_config, "fermions")
        pids = tmp_path / "pids"
        job_id = submit(provider, hang=str(pids))

        killed = start()
        read_until(killed, f"{job_id}: taken")
        hanging = read_pids(pids)
        killed.kill()
        assert all(map(has_ended, hanging))

        pids.unlink()
        storage.wait(LEASE + 2)
        stopped = start()
        read_until(stopped, f"{job_id}: taken")
        hanging = read_pids(pids)
        stopped.send_signal(signal.SIGINT)
        read_until(stopped, "asked 1")
        stopped.send_signal(signal.SIGTERM)
        rest, errors = stopped.communicate(timeout=60)
        assert rest.splitlines() == ["asked 2", f"{job_id}: given back", "fermions: stopped"]
        assert errors.endswith("KeyboardInterrupt\n")
        assert all(map(has_ended, hanging))
        assert jobs_in(storage.files)[job_id].places == ["Queued_Jobs"]


def read_until(process, line):
    """Read the lines of a process up to this one."""
    while (found := process.stdout.readline().rstrip("\n")) != line:
        assert found, process.communicate()


def read_pids(path):
    """Return the ids of the processes that the executor has written."""
    for _ in range(600):
        if path.exists() and path.read_text():
            return [*map(int, path.read_text().split())]
        time.sleep(0.05)
    raise TimeoutError(path)
