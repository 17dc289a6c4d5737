"""Tests of the rules of all simulations: nesting, threads, caught crashes, time and forks."""

import copyreg
import os
import pickle
import socket
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context

import pytest
from dropbox import files
from requests.adapters import HTTPAdapter
from tests.support.longpolls import real_waits
from tests.support.small_scenarios import has_history

from fakedropbox import FakeDropboxService
from fakedropbox.simulate import (
    CrashPointsFailed,
    InterleavingFailed,
    SimulatedCrash,
    SimulationError,
    campaign,
    crash_points,
    interleavings,
)


def uploader(service, *paths):
    def upload():
        return [service.client().files_upload(b"x", path).name for path in paths]

    return upload


@pytest.fixture
def service():
    return FakeDropboxService()


# Several simulations


def test_simulations_in_several_threads_run_one_after_the_other():
    def task(seeds):
        service = FakeDropboxService()
        dbx = service.client()
        both = [uploader(service, "/a", "/b"), lambda: len(dbx.files_list_folder("").entries)]
        return interleavings(both, check=has_history, service=service, seeds=seeds)

    original = os.urandom
    with ThreadPoolExecutor(4) as executor:
        report = campaign(task, range(24), executor=executor, chunk=3)
    assert report.complete == 24
    assert os.urandom is original
    assert len(report.outcomes) == 3


def test_a_simulation_can_run_within_one_of_another_service(service):
    inner = FakeDropboxService()

    def work():
        within = interleavings(
            [uploader(inner, "/a"), uploader(inner, "/b")], **check_and_service(inner)
        )
        uploader(service, "/a")()
        return within.complete

    def check(run):
        assert run.results == (1, ["b"])
        crash_points(lambda dbx: dbx.files_upload(b"", "/a"), check=lambda _: None)

    interleavings([work, uploader(service, "/b")], check=check, service=service)


def test_a_longpoll_in_a_simulation_never_waits_in_real_time(service, monkeypatch):
    waits = real_waits(service, monkeypatch)
    cursor = service.client().files_list_folder("").cursor
    seen = []

    def watch():
        seen.append(service.client().files_list_folder_longpoll(cursor, timeout=30).changes)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(service.client().files_list_folder, "").result()
        both = [watch, uploader(service, "/new")]
        interleavings(both, check=lambda _: None, service=service)
    assert set(seen) == {True}
    assert waits == []


def test_unrelated_threads_get_random_values_from_the_system(service):
    drawn, drawn_outside = set(), []

    def work():
        before = os.urandom(8)
        if len(drawn_outside) % 2:  # one more in each run but the first
            drawn_outside.append(executor.submit(uuid.uuid4).result())
        drawn_outside.append(executor.submit(uuid.uuid4).result())
        drawn.add((before, os.urandom(8)))
        uploader(service, "/a", "/b")()

    with ThreadPoolExecutor(1) as executor:
        executor.submit(int).result()  # start the thread before the simulation
        interleavings([work, uploader(service, "/b")], check=has_history, service=service)
    assert len(drawn) == 1
    assert len(set(drawn_outside)) == len(drawn_outside) > 3


def check_and_service(service, check=has_history):
    return {"check": check, "service": service}


def test_a_simulation_cannot_run_within_one_of_the_same_service(service):
    def nested(run):
        interleavings([uploader(service, "/a")], **check_and_service(run.service))

    with pytest.raises(InterleavingFailed, match="service: expected one that is not in another"):
        interleavings([uploader(service, "/a")], check=nested, service=service)
    with pytest.raises(CrashPointsFailed, match="service: expected one that is not in another"):
        crash_points(lambda dbx: dbx.files_upload(b"", "/a"), check=nested, service=service)
    assert service.files == {}


# Workers and scenarios after their crash


def test_a_check_can_use_a_client_of_the_service(service):
    def check(run):
        assert len(run.service.client().files_list_folder("").entries) <= 1

    crash_points(lambda dbx: dbx.files_upload(b"", "/a"), check=check, service=service)


def swallower(dbx):
    try:
        dbx.files_upload(b"x", "/a")
    except BaseException:  # noqa: BLE001 -- the mistake under test
        return "swallowed"
    return "uploaded"


def wrapper(dbx):
    try:
        dbx.files_upload(b"x", "/a")
    except BaseException as error:
        raise RuntimeError from error


def threaded(dbx):
    thread = threading.Thread(target=swallower, args=(dbx,))
    thread.start()
    thread.join()
    return "returned"


@pytest.mark.parametrize("worker", [swallower, wrapper])
def test_a_worker_that_catches_its_crash_counts_as_crashed(service, worker):
    def check(run):
        assert run.results == (None,)
        assert isinstance(run.errors[0], SimulatedCrash)

    work = [lambda: worker(service.client())]
    schedule = "0 upload crash_after"
    interleavings(work, check=check, service=service, schedule=schedule, max_faults=1)


@pytest.mark.parametrize("scenario", [swallower, wrapper, threaded])
def test_a_scenario_that_catches_its_crash_counts_as_crashed(scenario):
    def check(run):
        assert (run.result, run.ended) == (None, "crashed")

    crash_points(scenario, check=check, only="1:crash_after")


def test_a_scenario_that_continues_after_its_crash_is_refused(service):
    def stubborn(dbx):
        while True:
            try:
                return dbx.files_upload(b"x", "/a")
            except BaseException:  # noqa: S112, BLE001 -- the mistake under test
                continue

    with pytest.raises(SimulationError, match="scenario: it keeps making calls after its"):
        crash_points(stubborn, check=has_history, service=service)
    assert service.files == {}


# Checks and arguments


def test_a_check_that_returns_false_is_a_violation(service):
    with pytest.raises(InterleavingFailed, match="AssertionError: the check returned False"):
        interleavings([uploader(service, "/a")], check=lambda _: False, service=service)
    with pytest.raises(CrashPointsFailed, match="AssertionError: the check returned False"):
        crash_points(lambda dbx: dbx.files_upload(b"", "/a"), check=lambda _: False)


def test_a_worker_with_a_parameter_is_a_violation(service):
    with pytest.raises(InterleavingFailed, match=r"TypeError: .* missing 1 required positional"):
        interleavings([lambda dbx: dbx.files_list_folder("")], check=has_history, service=service)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"check": None}, "check: expected a function, got None"),
        ({"seeds": 5}, "seeds: expected Iterable or None, got 5"),
        ({"seeds": []}, r"seeds: expected at least one"),
        ({"outcome": "files"}, "outcome: expected a function, got 'files'"),
    ],
)
def test_invalid_arguments_of_interleavings_are_refused(service, options, message):
    given = {"service": service, "check": has_history, **options}
    with pytest.raises((TypeError, ValueError), match=message):
        interleavings([uploader(service, "/a")], **given)


@pytest.mark.parametrize("name", ["scenario", "recover", "check", "client"])
def test_invalid_arguments_of_crash_points_are_refused(name):
    given = {"scenario": swallower, "check": has_history, name: 3}
    with pytest.raises(TypeError, match=f"{name}: expected a function, got 3"):
        crash_points(given.pop("scenario"), **given)


# Time


def test_a_worker_that_moves_the_clock_is_refused(service):
    def work():
        uploader(service, "/a")()
        service.clock.advance(400)
        uploader(service, "/b")()

    with pytest.raises(SimulationError, match="worker 0: expected it to leave the service's"):
        interleavings([work], check=has_history, service=service)


def watcher(service, *paths):
    def watch():
        dbx = service.client()
        cursor = dbx.files_list_folder_get_latest_cursor("").cursor
        changes = dbx.files_list_folder_longpoll(cursor, timeout=30).changes
        for path in paths:
            dbx.files_upload(b"x", path, mode=files.WriteMode.overwrite)
        return changes

    return watch


def test_two_workers_that_wait_for_changes_can_both_time_out(service):
    began = service.clock.time()

    def check(run):
        assert run.results == (False, False)
        assert service.clock.time() == began + 30

    both = [watcher(service) for _ in range(2)]
    report = interleavings(both, check=check, service=service, reduce=False)
    assert report.complete == 6  # the orders of two workers with two calls each


def test_a_waiting_worker_can_see_or_miss_a_change_at_the_last_moment(service):
    seen = set()

    def late():
        service.clock.sleep(30)
        uploader(service, "/a")()

    workers = [watcher(service), watcher(service), late]
    interleavings(
        workers, check=lambda run: seen.add(run.results[:2]), service=service, reduce=False
    )
    # Each of the two watchers sees or misses the change, independently of the other.
    assert seen == {(one, other) for one in (False, True) for other in (False, True)}


def test_a_change_by_a_worker_after_its_wait_can_end_the_wait_of_another(service):
    seen = set()
    workers = [watcher(service, "/a"), watcher(service)]
    interleavings(workers, check=lambda run: seen.add(run.results), service=service, reduce=False)
    assert {(False, False), (False, True)} <= seen


# Other processes


def patched_functions():
    return os.urandom, HTTPAdapter.send, socket.getaddrinfo


ORIGINAL_FUNCTIONS = patched_functions()


def simulate_in_a_fork(results):
    """Run a simulation, in a forked process, and put its results into the queue."""
    service = FakeDropboxService()
    begun_with = patched_functions()
    report = interleavings([uploader(service, "/a")], **check_and_service(service))
    results.put(
        (
            begun_with == ORIGINAL_FUNCTIONS,
            patched_functions() == ORIGINAL_FUNCTIONS,
            report.complete,
            os.urandom(16),
        )
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="os.fork does not exist on this platform")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_process_forked_during_a_simulation_can_simulate(service):
    begun, over = threading.Event(), threading.Event()

    def check(_):
        begun.set()
        assert over.wait(60)

    processes = get_context("fork")
    results = processes.SimpleQueue()
    children = [processes.Process(target=simulate_in_a_fork, args=(results,)) for _ in range(2)]
    with ThreadPoolExecutor(1) as executor:
        done = executor.submit(
            interleavings, [uploader(service, "/a")], **check_and_service(service, check)
        )
        try:
            assert begun.wait(60)
            for child in children:
                child.start()
            for child in children:
                child.join(30)
            stuck = [child for child in children if child.is_alive()]
        finally:
            over.set()
            for child in children:
                child.kill()
                child.join()
        done.result()
    assert not stuck
    one, other = results.get(), results.get()
    assert one[:3] == other[:3] == (True, True, 1)
    assert one[3] != other[3]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="os.fork does not exist on this platform")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_worker_that_forks_continues_in_both_processes(service):
    processes = get_context("fork")
    results = processes.SimpleQueue()

    def work():
        child = processes.Process(target=lambda: results.put(os.urandom(4)))
        child.start()
        child.join()
        uploader(service, "/a")()
        return results.get() == os.urandom(4)

    def check(run):
        assert run.results == (True,)

    interleavings([work], check=check, service=service)


class OfTwoParts(Exception):
    """An exception that `pickle` cannot load, unless a reducer for it is registered, as by Dask."""

    def __init__(self, one, other):
        super().__init__(f"{one} and {other}")


class WithALock(OfTwoParts):
    """An exception that `pickle` cannot write."""

    def __init__(self, one, other):
        super().__init__(one, other)
        self.lock = threading.Lock()


@pytest.mark.parametrize("kind", [OfTwoParts, WithALock])
def test_a_violation_that_cannot_be_pickled_is_sent_as_text(service, kind, monkeypatch):
    for known in (kind, InterleavingFailed):  # Dask registers its own reducers for exceptions
        monkeypatch.delitem(copyreg.dispatch_table, known, raising=False)

    def check(_):
        raise kind("this", "that")

    with pytest.raises(InterleavingFailed) as failed:
        interleavings([uploader(service, "/a")], check=check, service=service)
    sent = pickle.loads(pickle.dumps(failed.value))  # noqa: S301
    assert "this and that" in str(sent)
    assert sent.schedule == failed.value.schedule
    if kind is WithALock:
        assert str(sent.violation) == "WithALock: this and that"
