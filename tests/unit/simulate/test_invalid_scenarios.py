"""What somebody may well hand to a simulation who has not read all of its documentation."""

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


def fine(run):
    assert run.history


def uploader(service, *paths):
    def upload():
        return [service.client().files_upload(b"x", path).name for path in paths]

    return upload


@pytest.fixture
def service():
    return FakeDropboxService()


# Several simulations


def test_those_of_several_threads_come_one_after_the_other():
    def task(seeds):
        service = FakeDropboxService()
        dbx = service.client()
        both = [uploader(service, "/a", "/b"), lambda: len(dbx.files_list_folder("").entries)]
        return interleavings(both, check=fine, service=service, seeds=seeds)

    real = os.urandom
    with ThreadPoolExecutor(4) as executor:
        report = campaign(task, range(24), executor=executor, chunk=3)
    assert report.complete == 24
    assert os.urandom is real
    assert len(report.outcomes) == 3


def test_one_may_begin_within_another_of_another_service(service):
    inner = FakeDropboxService()

    def work():
        within = interleavings([uploader(inner, "/a"), uploader(inner, "/b")], **checked(inner))
        uploader(service, "/a")()
        return within.complete

    def check(run):
        assert run.results == (1, ["b"])
        crash_points(lambda dbx: dbx.files_upload(b"", "/a"), check=lambda _: None)

    interleavings([work, uploader(service, "/b")], check=check, service=service)


def test_threads_that_have_nothing_to_do_with_it_draw_from_the_system(service):
    drawn, drawn_outside = set(), []

    def work():
        before = os.urandom(8)
        if len(drawn_outside) % 2:  # what others do is not the same in each run
            drawn_outside.append(executor.submit(uuid.uuid4).result())
        drawn_outside.append(executor.submit(uuid.uuid4).result())
        drawn.add((before, os.urandom(8)))
        uploader(service, "/a", "/b")()

    with ThreadPoolExecutor(1) as executor:
        executor.submit(int).result()  # it is there before the simulation
        interleavings([work, uploader(service, "/b")], check=fine, service=service)
    assert len(drawn) == 1
    assert len(set(drawn_outside)) == len(drawn_outside) > 3


def checked(service, check=fine):
    return {"check": check, "service": service}


def test_but_not_of_the_same(service):
    def again(run):
        interleavings([uploader(service, "/a")], **checked(run.service))

    with pytest.raises(InterleavingFailed, match="service: expected one that is not in another"):
        interleavings([uploader(service, "/a")], check=again, service=service)
    with pytest.raises(CrashPointsFailed, match="service: expected one that is not in another"):
        crash_points(lambda dbx: dbx.files_upload(b"", "/a"), check=again, service=service)
    assert service.files == {}


# The dead


def test_a_check_may_look_by_a_client_of_the_service(service):
    def check(run):
        assert len(run.service.client().files_list_folder("").entries) <= 1

    crash_points(lambda dbx: dbx.files_upload(b"", "/a"), check=check, service=service)


def swallower(dbx):
    try:
        dbx.files_upload(b"x", "/a")
    except BaseException:  # noqa: BLE001 -- which is the mistake
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
def test_the_dead_return_nothing_and_raise_nothing(service, worker):
    def check(run):
        assert run.results == (None,)
        assert isinstance(run.errors[0], SimulatedCrash)

    work = [lambda: worker(service.client())]
    schedule = "0 upload crash_after"
    interleavings(work, check=check, service=service, schedule=schedule, max_faults=1)


@pytest.mark.parametrize("scenario", [swallower, wrapper, threaded])
def test_nor_do_they_at_crash_points(scenario):
    def check(run):
        assert (run.result, run.ended) == (None, "crashed")

    crash_points(scenario, check=check, only="1:crash_after")


def test_a_scenario_that_does_not_die(service):
    def stubborn(dbx):
        while True:
            try:
                return dbx.files_upload(b"x", "/a")
            except BaseException:  # noqa: S112, BLE001 -- which is the mistake
                continue

    with pytest.raises(SimulationError, match="scenario: it keeps making calls after its"):
        crash_points(stubborn, check=fine, service=service)
    assert service.files == {}


# Checks and arguments


def test_a_check_that_says_no(service):
    with pytest.raises(InterleavingFailed, match="AssertionError: the check returned False"):
        interleavings([uploader(service, "/a")], check=lambda _: False, service=service)
    with pytest.raises(CrashPointsFailed, match="AssertionError: the check returned False"):
        crash_points(lambda dbx: dbx.files_upload(b"", "/a"), check=lambda _: False)


def test_a_worker_that_takes_a_client(service):
    with pytest.raises(InterleavingFailed, match=r"TypeError: .* missing 1 required positional"):
        interleavings([lambda dbx: dbx.files_list_folder("")], check=fine, service=service)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"check": None}, "check: expected a function, got None"),
        ({"seeds": 5}, "seeds: expected Iterable or None, got 5"),
        ({"seeds": []}, r"seeds: expected at least one"),
        ({"outcome": "files"}, "outcome: expected a function, got 'files'"),
    ],
)
def test_arguments(service, options, message):
    given = {"service": service, "check": fine, **options}
    with pytest.raises((TypeError, ValueError), match=message):
        interleavings([uploader(service, "/a")], **given)


@pytest.mark.parametrize("name", ["scenario", "recover", "check", "client"])
def test_arguments_of_crash_points(name):
    given = {"scenario": swallower, "check": fine, name: 3}
    with pytest.raises(TypeError, match=f"{name}: expected a function, got 3"):
        crash_points(given.pop("scenario"), **given)


# Time


def test_a_worker_that_moves_the_clock_itself(service):
    def work():
        uploader(service, "/a")()
        service.clock.advance(400)
        uploader(service, "/b")()

    with pytest.raises(SimulationError, match="worker 0: expected it to leave the service's"):
        interleavings([work], check=fine, service=service)


def watcher(service, *paths):
    def watch():
        dbx = service.client()
        cursor = dbx.files_list_folder_get_latest_cursor("").cursor
        changes = dbx.files_list_folder_longpoll(cursor, timeout=30).changes
        for path in paths:
            dbx.files_upload(b"x", path, mode=files.WriteMode.overwrite)
        return changes

    return watch


def test_two_who_wait_for_changes_that_nobody_makes(service):
    began = service.clock.time()

    def check(run):
        assert run.results == (False, False)
        assert service.clock.time() == began + 30

    both = [watcher(service) for _ in range(2)]
    report = interleavings(both, check=check, service=service, reduce=False)
    assert report.complete == 6  # each makes two calls


def test_whoever_waits_sees_what_comes_in_time(service):
    seen = set()

    def late():
        service.clock.sleep(30)
        uploader(service, "/a")()

    workers = [watcher(service), watcher(service), late]
    interleavings(
        workers, check=lambda run: seen.add(run.results[:2]), service=service, reduce=False
    )
    # What is made at the last moment may be seen, or not.
    assert seen == {(one, other) for one in (False, True) for other in (False, True)}


def test_who_has_waited_in_vain_may_be_the_one_whom_another_waits_for(service):
    seen = set()
    workers = [watcher(service, "/a"), watcher(service)]
    interleavings(workers, check=lambda run: seen.add(run.results), service=service, reduce=False)
    assert {(False, False), (False, True)} <= seen


# Other processes


def shared():
    return os.urandom, HTTPAdapter.send, socket.getaddrinfo


OUTSIDE = shared()


def simulate_in_a_fork(results):
    """Runs in a forked process."""
    service = FakeDropboxService()
    begun_with = shared()
    report = interleavings([uploader(service, "/a")], **checked(service))
    results.put((begun_with == OUTSIDE, shared() == OUTSIDE, report.complete, os.urandom(16)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_process_that_is_forked_while_another_thread_simulates(service):
    begun, over = threading.Event(), threading.Event()

    def check(_):
        begun.set()
        assert over.wait(60)

    processes = get_context("fork")
    results = processes.SimpleQueue()
    children = [processes.Process(target=simulate_in_a_fork, args=(results,)) for _ in range(2)]
    with ThreadPoolExecutor(1) as executor:
        done = executor.submit(interleavings, [uploader(service, "/a")], **checked(service, check))
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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_worker_that_forks_goes_on_in_both(service):
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
    """It cannot be read again, unless somebody has taught `pickle` to, as Dask does."""

    def __init__(self, one, other):
        super().__init__(f"{one} and {other}")


class WithALock(OfTwoParts):
    """It cannot be written."""

    def __init__(self, one, other):
        super().__init__(one, other)
        self.lock = threading.Lock()


@pytest.mark.parametrize("kind", [OfTwoParts, WithALock])
def test_a_violation_that_cannot_be_sent_goes_as_text(service, kind, monkeypatch):
    for known in (kind, InterleavingFailed):  # Dask's libraries have their way with exceptions
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
