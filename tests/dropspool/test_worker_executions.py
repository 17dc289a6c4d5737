"""Tests of the ways to run an executor: time-outs, retries, processes, progress."""

import importlib
import math
import os
import shutil
import signal
import sys
import threading
from types import MappingProxyType

import pytest
from tests.support.executors import obey
from tests.support.queues import LEASE
from tests.support.storages import DOORS, FolderStorage, make_storage
from tests.support.workers import (
    RecordingClock,
    execute,
    has_ended,
    in_turn,
    raising,
    work,
)

from dropspool import StatusMsgDict, operations
from dropspool._worker.executions import pause_after
from dropspool._worker.outcomes import Failed, attempt
from dropspool.testing.kit import check_at_rest, end, jobs_in, submit, take
from dropspool.worker import Execution, Metrics, report_progress, run


@pytest.fixture(params=[*DOORS, "folder"])
def storage(request):
    """A storage that several threads can use, unlike that of pyfakefs."""
    return make_storage(request.param, request)


def nested(levels):
    """Return dicts inside each other."""
    return {} if levels == 1 else {"a": nested(levels - 1)}


def kinds(events):
    """Return the kinds of the events of jobs, without the progress that a thread reports."""
    return [event.kind for event in events if event.job_id and event.kind != "progress"]


def return_all(hangs):
    """Let the executors that wait for an event return, and wait until they have."""
    hangs.set()
    for thread in threading.enumerate():
        if thread.name == "executor":
            thread.join()


def until_the_lease_is_lost(_):
    """Wait for the end of the thread that renews the lease."""
    (lease,) = [thread for thread in threading.enumerate() if thread.name.startswith("lease of")]
    lease.join(30)
    return []


class TestRetries:
    def test_a_job_that_fails_is_run_again_after_growing_pauses(self, storage, backend):
        ids = [submit(backend, n=n) for n in range(3)]
        starts = []

        def fail_twice(job):
            starts.append((job["n"], (storage.clock.now() - start).total_seconds()))
            if job["n"] == 0 and len(starts) < 5:
                raise OSError("the laser is not locked")
            return execute(job)

        start = storage.clock.now()
        events = []
        executors = {"fermions": Execution(fail_twice, retries=2, backoff=10)}
        ended = work(storage, backend, executors, on_event=events.append)
        assert ended == [ids[1], ids[2], ids[0]]
        assert [n for n, _ in starts] == [0, 1, 2, 0, 0]
        # The clock is virtual: a longpoll that begins just before a run lets 30 seconds pass.
        assert 10 <= starts[3][1] <= 10 + 30
        assert 20 <= starts[4][1] - starts[3][1] <= 20 + 30
        retries = [event.detail for event in events if event.kind == "retry"]
        assert retries == [
            "again in 10 s: OSError: the laser is not locked",
            "again in 20 s: OSError: the laser is not locked",
        ]
        check_at_rest(storage.files)

    def test_the_last_failure_is_the_error_of_the_job(self, storage, backend):
        job_id = submit(backend)
        executors = in_turn(*[raising(ValueError(f"run {n}")) for n in (1, 2, 3)])
        events = []
        work(
            storage,
            backend,
            {"fermions": Execution(executors, retries=2)},
            on_event=events.append,
        )
        assert kinds(events) == ["taken", "retry", "taken", "retry", "taken", "failed"]
        assert backend.get_status("fermions", "ada", job_id).error_message == "ValueError: run 3"

    def test_a_job_that_waits_for_its_next_run_keeps_its_lease(self, storage, backend):
        backend.lease_seconds = 0.05
        renew, renewed = backend.renew, threading.Event()
        backend.renew = lambda *args: renewed.set() or renew(*args)
        submit(backend)
        waited = []

        def wait(event):
            if event.kind == "retry":
                renewed.clear()
                waited.append(renewed.wait(30))

        executors = {"fermions": Execution(in_turn(raising(OSError()), execute), retries=1)}
        work(storage, backend, executors, on_event=wait)
        assert waited == [True]

    @pytest.mark.parametrize("storage", ["folder"], indirect=True)
    def test_rare_checks_of_empty_queues_do_not_delay_the_next_run(self, storage, backend):
        submit(backend)
        start = storage.clock.now()
        executor = Execution(in_turn(raising(OSError()), execute), retries=1, backoff=10)
        assert len(work(storage, backend, {"fermions": executor}, poll=600)) == 1
        assert (storage.clock.now() - start).total_seconds() == pytest.approx(10, abs=1)

    def test_a_job_that_waits_for_its_next_run_is_given_back_at_a_stop(self, storage, backend):
        job_id = submit(backend)
        given, stopped = [], []
        backend.give_back = lambda *args: given.append(args)

        def fail(_):
            stopped.append(1)
            raise ValueError

        executors = {"fermions": Execution(fail, retries=1)}
        assert work(storage, backend, executors, stop=lambda: bool(stopped)) == []
        assert given == [(job_id, "fermions")]

    @pytest.mark.parametrize(
        ("returned", "field"),
        [
            (None, "results: expected a list of ExperimentDict, got NoneType"),
            ("abc", "results: expected a list of ExperimentDict, got str"),
            ([5], "results.0: Input should be"),
            ([{"shots": 1, "success": True}], "results.0.header: Field required"),
            (
                [
                    {
                        "header": {"x": [1, math.nan]},
                        "shots": 1,
                        "success": 1,
                        "data": {"memory": []},
                    }
                ],
                "results.0.header.x.1: expected a value that JSON has",
            ),
            (
                [{"header": {"x": {5: 1}}, "shots": 1, "success": True, "data": {"memory": []}}],
                "results.0.header.x: expected only strings as keys, got 5",
            ),
            (
                [{"header": nested(98), "shots": 1, "success": True, "data": {"memory": []}}],
                "results: expected at most 100 levels of nesting",
            ),
            (
                [
                    {
                        "header": {"x": MappingProxyType({})},
                        "shots": 1,
                        "success": True,
                        "data": {"memory": []},
                    }
                ],
                "results: expected only values that JSON has: Object of type mappingproxy",
            ),
            ([{}] * 2, "results.0.header: Field required; results.0.shots: Field required;"),
            ([{}] * 2, "and 5 more"),
        ],
    )
    def test_an_invalid_return_value_is_reported_with_its_field_and_not_retried(
        self, storage, backend, returned, field
    ):
        job_id = submit(backend)
        runs = []
        executor = Execution(lambda _: runs.append(1) or returned, retries=3)
        work(storage, backend, {"fermions": executor})
        status = backend.get_status("fermions", "ada", job_id)
        assert (status.status, status.detail) == ("ERROR", "The executor returned a wrong result.")
        assert field in status.error_message
        assert len(runs) == 1

    def test_a_return_with_as_many_levels_as_a_file_may_have_is_stored(self, storage, backend):
        job_id = submit(backend)
        outcome = {"header": nested(97), "shots": 1, "success": True, "data": {"memory": []}}
        work(storage, backend, {"fermions": lambda _: [outcome]})
        assert backend.get_result("fermions", "ada", job_id).results[0].header == nested(97)

    def test_an_invalid_value_that_was_assigned_to_a_field_is_reported(self, storage, backend):
        job_id = submit(backend)

        def wrong(job):
            (outcome,) = execute(job)
            outcome.shots = "many"
            return [outcome]

        work(storage, backend, {"fermions": wrong})
        message = backend.get_status("fermions", "ada", job_id).error_message
        assert message.startswith("results.0.shots: Input should be a valid integer")

    def test_outcomes_may_come_from_a_generator(self, storage, backend):
        done, failed = submit(backend), submit(backend)

        def generate(job):
            yield from execute(job)

        def fail(job):
            yield from execute(job)
            raise SystemExit("no")

        work(storage, backend, {"fermions": in_turn(generate, fail)})
        assert len(backend.get_result("fermions", "ada", done).results) == 1
        message = backend.get_status("fermions", "ada", failed).error_message
        assert message == "SystemExit: no"

    @pytest.mark.parametrize(
        ("arguments", "error"),
        [
            ({"executor": 5}, TypeError),
            ({"timeout": 0}, ValueError),
            ({"timeout": math.inf}, ValueError),
            ({"retries": -1}, ValueError),
            ({"backoff": -1}, ValueError),
            ({"backoff": math.nan}, ValueError),
        ],
    )
    def test_an_invalid_option_is_refused_with_its_name(self, arguments, error):
        with pytest.raises(error, match=f"{next(iter(arguments))}: expected"):
            Execution(**{"executor": execute, **arguments})

    def test_the_first_pause_between_runs_is_ten_seconds_by_default(self):
        assert pause_after(Execution(execute), 1) == 10

    def test_the_pause_between_runs_is_at_most_an_hour(self):
        execution = Execution(execute, backoff=100)
        pauses = [pause_after(execution, runs) for runs in (1, 2, 6, 9999)]
        assert pauses == [100, 200, 3200, 3600]


class TestTimeOut:
    def test_a_job_that_takes_too_long_ends_and_the_executor_is_waited_for(self, storage, backend):
        """Two runs at once could disturb the same hardware."""
        hangs = threading.Event()
        first, second = submit(backend), submit(backend)
        overlaps, events = [], []

        def hang(_):
            hangs.wait(30)
            return []

        def look(_):
            overlaps.append(not hangs.is_set())
            return []

        def take_note(event):
            events.append(event)
            if event.kind == "unavailable":
                return_all(hangs)

        executors = {"fermions": Execution(in_turn(hang, look), timeout=1)}
        ended = work(storage, backend, executors, poll=30, max_idle=60, on_event=take_note)
        assert ended == [first, second]
        assert overlaps == [False]
        status = backend.get_status("fermions", "ada", first)
        assert (status.status, status.detail) == ("ERROR", "The job took too long.")
        assert status.error_message == "TimeoutError: it was not ended within 1 seconds"
        told = [event.detail for event in events if event.kind == "unavailable"]
        assert told == ["its executor has not returned from an earlier job yet"]
        check_at_rest(storage.files)

    @pytest.mark.parametrize("storage", ["folder"], indirect=True)
    def test_a_run_that_is_due_does_not_shorten_the_pauses_before_the_executor_returns(
        self, storage, backend
    ):
        """Regression: the worker looked at all queues again and again without a pause."""
        job_id = submit(backend)
        hangs, pauses = threading.Event(), []

        def hang(_):
            hangs.wait(30)
            return []

        def end_later():
            if len(pauses) == 20:
                return_all(hangs)
            return len(pauses) > 99

        executor = Execution(in_turn(hang, execute), timeout=0.1, retries=1, backoff=0.2)
        clock = RecordingClock(storage.clock, pauses)
        ended = work(
            storage,
            backend,
            {"fermions": executor},
            clock=clock,
            poll=1,
            max_idle=90,
            stop=end_later,
        )
        assert ended == [job_id]
        assert set(pauses) == {1}

    @pytest.mark.parametrize("retries", [0, 1])
    def test_a_worker_that_is_to_end_waits_for_an_executor_for_which_jobs_wait(
        self, storage, backend, retries
    ):
        """Regression: it ended as if no job waited."""
        ids = [submit(backend), submit(backend)]
        hangs = threading.Event()

        def hang(_):
            hangs.wait(30)
            return []

        def take_note(event):
            if event.kind == "unavailable":
                hangs.set()

        executor = Execution(in_turn(hang, execute, execute), timeout=0.1, retries=retries)
        ended = work(storage, backend, {"fermions": executor}, on_event=take_note)
        assert sorted(ended) == ids
        check_at_rest(storage.files)

    @pytest.mark.parametrize("retries", [0, 1])
    def test_a_worker_that_is_to_end_raises_if_an_executor_with_jobs_does_not_return(
        self, storage, backend, retries, monkeypatch
    ):
        monkeypatch.setattr("dropspool._worker.loop._LAST_WAIT", 0.3)
        ids = [submit(backend), submit(backend)]
        hangs = threading.Event()
        executor = Execution(lambda _: hangs.wait(30), timeout=0.1, retries=retries)
        with pytest.raises(ChildProcessError, match="fermions: its executor has not returned"):
            work(storage, backend, {"fermions": executor})
        return_all(hangs)
        assert storage.provider().waiting_jobs("fermions") == (ids if retries else ids[1:])

    def test_a_worker_that_is_to_stop_does_not_wait_for_an_executor(self, storage, backend):
        ids = [submit(backend), submit(backend)]
        hangs, told = threading.Event(), []
        executor = Execution(lambda _: hangs.wait(30), timeout=0.1)
        ended = work(
            storage,
            backend,
            {"fermions": executor},
            on_event=lambda event: told.append(event.kind),
            stop=lambda: "unavailable" in told,
        )
        return_all(hangs)
        assert ended == ids[:1]

    def test_a_job_that_ends_before_its_timeout_keeps_its_result_or_error(self, storage, backend):
        ids = [submit(backend), submit(backend, error="no")]
        work(storage, backend, {"fermions": Execution(execute, timeout=60)})
        statuses = [backend.get_status("fermions", "ada", job_id) for job_id in ids]
        assert [status.status for status in statuses] == ["DONE", "ERROR"]
        assert statuses[1].error_message == "ValueError: no"

    def test_the_worker_stops_waiting_for_an_executor_whose_job_is_cancelled(
        self, storage, backend
    ):
        backend.lease_seconds = 0.05
        ends = threading.Event()
        job_id = submit(backend)
        cancel(backend, job_id)
        events = []
        executors = {"fermions": Execution(lambda _: ends.wait(30) and [], timeout=60)}
        assert work(storage, backend, executors, on_event=events.append) == []
        ends.set()
        assert kinds(events) == ["taken", "cancelled"]


def must_not_end(_, status, *__):
    """Refuse to end a job; a report of its progress is allowed."""
    assert status.status == "QUEUED", status


def cancel(provider, job_id):
    """Let the provider answer as if its user had cancelled the job."""
    provider.renew = lambda *_: False
    provider.get_status = lambda *_: StatusMsgDict(
        job_id=job_id, status="ERROR", detail="The job was cancelled.", error_message="cancelled"
    )
    provider.update_in_database = must_not_end


class TestLostLeases:
    @pytest.fixture
    def losing(self, backend):
        """The provider, which loses each lease at its first renewal."""
        backend.lease_seconds = 0.05
        backend.renew = lambda *_: False
        return backend

    def test_a_cancelled_job_is_not_ended_by_the_worker(self, storage, losing):
        cancel(losing, submit(losing))
        events = []
        executors = {"fermions": until_the_lease_is_lost}
        assert work(storage, losing, executors, on_event=events.append) == []
        assert [str(event).partition(": ")[2] for event in events if event.job_id] == [
            "taken",
            "cancelled in 0.0 s: cancelled",
        ]

    def test_a_job_that_was_cancelled_since_the_last_renewal_is_reported_as_cancelled(
        self, storage, backend
    ):
        """Regression: it was reported as done, although its result had not been stored."""
        job_id = submit(backend)

        def cancel_and_run(job):
            operations.cancel(storage.provider(), job_id)
            storage.clock.advance(10)  # a worker does not check a claim that it wrote a moment ago
            return execute(job)

        events, metrics = [], Metrics()
        executors = {"fermions": cancel_and_run}
        options = {"on_event": events.append, "metrics": metrics}
        assert work(storage, backend, executors, **options) == []
        assert kinds(events) == ["taken", "cancelled"]
        assert metrics.snapshot()["backends"]["fermions"]["cancelled"] == 1
        check_at_rest(storage.files)

    def test_a_cancelled_job_whose_executor_raises_is_reported_as_cancelled(self, storage, backend):
        job_id = submit(backend)

        def cancel_and_raise(job):
            operations.cancel(storage.provider(), job_id)
            raise OSError("the laser is off")

        events = []
        executors = {"fermions": cancel_and_raise}
        assert work(storage, backend, executors, on_event=events.append) == []
        assert kinds(events) == ["taken", "cancelled"]
        check_at_rest(storage.files)

    def test_a_job_that_another_worker_ended_in_an_error_is_reported_as_lost(
        self, storage, backend
    ):
        job_id = submit(backend)

        def end_and_run(job):
            other = storage.provider()
            storage.wait(2 * LEASE)
            other.recover("fermions")
            assert take(other) == job_id
            end(other, job_id, "ERROR")
            return execute(job)

        events = []
        executors = {"fermions": end_and_run}
        assert work(storage, backend, executors, on_event=events.append) == []
        assert kinds(events) == ["taken", "lost"]

    def test_a_job_that_is_cancelled_before_its_next_run_is_not_run(self, storage, losing):
        job_id = submit(losing)
        events = []

        def cancel_and_wait(event):
            events.append(event)
            if event.kind == "retry":
                cancel(losing, job_id)
                until_the_lease_is_lost(None)

        executors = {"fermions": Execution(raising(OSError()), retries=1)}
        losing.renew = lambda *_: True
        assert work(storage, losing, executors, on_event=cancel_and_wait) == []
        assert kinds(events) == ["taken", "retry", "taken", "cancelled"]

    def test_the_result_of_a_job_whose_lease_is_lost_is_stored(self, storage, losing):
        job_id = submit(losing)
        losing.get_status = lambda *_: StatusMsgDict(
            job_id=job_id, status="QUEUED", detail="", error_message="None"
        )
        assert work(storage, losing, {"fermions": until_the_lease_is_lost}) == [job_id]
        assert jobs_in(storage.files)[job_id].result

    def test_the_error_of_a_job_whose_lease_is_lost_is_not_stored(self, storage, losing):
        job_id = submit(losing)
        losing.get_status = lambda *_: StatusMsgDict(
            job_id=job_id, status="QUEUED", detail="", error_message="None"
        )
        losing.update_in_database = must_not_end
        events = []

        def fail(job):
            until_the_lease_is_lost(job)
            raise ValueError

        executors = {"fermions": Execution(fail, retries=5)}
        assert work(storage, losing, executors, on_event=events.append) == []
        assert kinds(events) == ["taken", "lost"]


class TestForks:
    @pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
    @pytest.mark.parametrize("code", [0, 3])
    def test_a_process_that_an_executor_forks_does_not_become_a_worker(
        self, storage, backend, code
    ):
        """Regression: `sys.exit` in a fork ended the job in an error; the fork ran more jobs."""
        job_id = submit(backend)
        codes = []

        def fork(job):
            child = os.fork()
            if not child:
                sys.exit(code)
            codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            return execute(job)

        assert work(storage, backend, {"fermions": fork}) == [job_id]
        assert codes == [code]
        assert backend.get_status("fermions", "ada", job_id).status == "DONE"

    @pytest.mark.parametrize(
        ("executor", "code"), [(execute, 0), (raising(ValueError()), 1), (raising(SystemExit()), 0)]
    )
    def test_the_exit_code_of_a_forked_process_says_how_the_executor_ended(
        self, monkeypatch, executor, code
    ):
        """The forked process is simulated by a changed process id."""

        class Exited(BaseException):
            pass

        def leave(given):
            raise Exited(given)

        def run_elsewhere(job):
            monkeypatch.setattr(os, "getpid", lambda: 0)
            return executor(job)

        monkeypatch.setattr(os, "_exit", leave)
        outcome = attempt(run_elsewhere, {}, lambda _: None)
        assert (type(outcome), outcome.message) == (Failed, f"Exited: {code}")


class TestProgress:
    @pytest.mark.parametrize(
        ("arguments", "text"),
        [
            ((0.4, "sweep 3 of 10"), "40 %: sweep 3 of 10"),
            ((1,), "100 %"),
            ((None, "loading"), "loading"),
        ],
    )
    def test_the_status_of_a_running_job_shows_its_reported_progress(
        self, storage, backend, arguments, text
    ):
        backend.lease_seconds = 0.05
        job_id = submit(backend)
        update, stored = backend.update_in_database, threading.Event()
        events = []

        def update_and_notify(*args):
            update(*args)
            stored.set()

        def report(_):
            backend.update_in_database = update_and_notify
            report_progress(0.0)
            report_progress(*arguments)
            assert stored.wait(30)
            backend.update_in_database = update
            events.append(backend.get_status("fermions", "ada", job_id).detail)
            return []

        assert work(storage, backend, {"fermions": report}) == [job_id]
        assert events[0] in ("0 %", text)
        check_at_rest(storage.files)

    def test_the_lease_is_renewed_however_often_an_executor_reports_progress(
        self, storage, backend
    ):
        """Regression: frequent reports prevented renewals, so other workers took the job."""
        backend.lease_seconds = 0.05
        submit(backend)
        renew, renewed = backend.renew, threading.Event()

        def renew_and_notify(*args):
            renewed.set()
            return renew(*args)

        def report_always(_):
            backend.renew = renew_and_notify
            for n in range(3000):
                report_progress(message=f"sweep {n}")
                if renewed.wait(0.001):
                    break
            return []

        work(storage, backend, {"fermions": report_always})
        assert renewed.is_set()

    def test_progress_that_cannot_be_stored_does_not_stop_the_job(self, storage, backend, caplog):
        backend.lease_seconds = 0.05
        job_id = submit(backend)
        update, tried = backend.update_in_database, threading.Event()

        def refuse(_, status, *__):
            if status.status != "QUEUED":
                return update(_, status, *__)
            tried.set()
            raise OSError("away")

        backend.update_in_database = refuse

        def report(_):
            report_progress(0.5)
            assert tried.wait(30)
            return []

        assert work(storage, backend, {"fermions": report}) == [job_id]
        assert f"{job_id}: the progress was not stored: away" in caplog.text

    def test_report_progress_has_no_effect_without_a_worker(self):
        report_progress(0.5)

    @pytest.mark.parametrize(
        ("arguments", "name"), [((1.5,), "done"), ((-0.1,), "done"), ((), "report_progress")]
    )
    def test_report_progress_refuses_invalid_arguments(self, arguments, name):
        with pytest.raises(ValueError, match=f"{name}: expected"):
            report_progress(*arguments)


class TestSubprocess:
    @pytest.fixture
    def local(self, tmp_path, backend_config):
        """A storage in a folder, and its provider with one backend."""
        (tmp_path / "jobs").mkdir()
        storage = FolderStorage(tmp_path / "jobs")
        provider = storage.provider()
        provider.upload_config(backend_config, "fermions")
        return storage, provider

    def test_a_crash_of_the_executor_ends_the_job_in_an_error_but_not_the_worker(
        self, local, caplog
    ):
        storage, provider = local
        jobs = [
            {},
            {"exit": 3},
            {"signal": int(signal.SIGKILL)},
            {"error": "no"},
            {"return": 5},
            {"signal": int(signal.SIGTERM)},
            {"signal": int(signal.SIGRTMIN) + 1},
        ]
        ids = [submit(provider, **job) for job in jobs]
        assert work(storage, provider, {"fermions": Execution(obey, subprocess=True)}) == ids
        assert f"{ids[2]}: the executor failed: the executor's process was killed" in caplog.text
        messages = [provider.get_status("fermions", "ada", each).error_message for each in ids]
        assert messages == [
            "None",
            "the executor's process ended with exit code 3",
            "the executor's process was killed by SIGKILL",
            "KeyboardInterrupt: no",
            "results: expected a list of ExperimentDict, got int",
            "None",  # the process ignores SIGTERM: the worker decides when it ends
            f"the executor's process was killed by signal {int(signal.SIGRTMIN) + 1}",
        ]
        result = provider.get_result("fermions", "ada", ids[0]).results[0]
        assert result.header["pid"] != os.getpid()
        check_at_rest(storage.files)

    def test_a_process_that_hangs_is_killed_with_all_that_it_has_started(self, local, tmp_path):
        storage, provider = local
        pids = tmp_path / "pids"
        hanging = submit(provider, hang=str(pids))
        executors = {"fermions": Execution(obey, subprocess=True, timeout=3)}
        assert work(storage, provider, executors) == [hanging]
        message = provider.get_status("fermions", "ada", hanging).error_message
        assert message == "TimeoutError: it was not ended within 3 seconds"
        for pid in map(int, pids.read_text().split()):
            assert has_ended(pid)

    def test_a_process_is_killed_when_its_job_is_cancelled(self, local, tmp_path):
        storage, provider = local
        provider.lease_seconds = 0.05
        pids = tmp_path / "pids"
        job_id = submit(provider, hang=str(pids))
        started = []

        def renew(*_):
            started.append(pids.exists() and pids.read_text())
            return not started[-1]

        cancel(provider, job_id)
        provider.renew = renew
        events = []
        executors = {"fermions": Execution(obey, subprocess=True)}
        assert work(storage, provider, executors, on_event=events.append) == []
        assert kinds(events) == ["taken", "cancelled"]
        assert all(has_ended(int(pid)) for pid in started[-1].split())

    def test_an_executor_without_a_name_is_refused(self, local):
        _, provider = local
        with pytest.raises(ValueError, match="executor: expected one that another process can"):
            run(provider, {"fermions": Execution(lambda _: [], subprocess=True)})

    def test_an_executor_that_cannot_be_loaded_ends_the_worker_at_its_start(
        self, local, tmp_path, monkeypatch, capfd
    ):
        storage, provider = local
        submit(provider)
        module = tmp_path / "gone.py"
        module.write_text("def execute(job): return []")
        monkeypatch.syspath_prepend(tmp_path)
        executors = {
            "fermions": Execution(importlib.import_module("gone").execute, subprocess=True)
        }
        module.unlink()
        shutil.rmtree(tmp_path / "__pycache__", ignore_errors=True)
        with pytest.raises(ChildProcessError, match="executor's process ended with exit code 1"):
            work(storage, provider, executors)
        assert "No module named 'gone'" in capfd.readouterr().err
