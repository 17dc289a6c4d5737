"""Tests of the checker of queue histories: violations, valid histories, and real runs."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.storages import DropboxStorage

from dropspool.demo import CONFIG
from dropspool.testing.histories import (
    QueueViolation,
    RecordedProvider,
    check_queue,
    violations,
)
from dropspool.testing.kit import end, result_of, status_of
from fakedropbox import FakeDropboxService
from fakedropbox.simulate import History

LEASE = 300


def history_of(*calls):
    """Return a history of calls in sequence, one every ten seconds, each one second long.

    A call is a tuple: process, call, arguments, and, unless it never ended, kind and answer.
    """
    history = History()
    for second, (process, call, arguments, *ending) in enumerate(calls):
        number = history.invoke(second * 10, process, call, arguments)
        if ending:
            kind, answer = ending
            history.end(number, second * 10 + 1, kind, answer)
    return history


def submit(job, process="user"):
    return process, "submit", {"queue": "q"}, "ok", {"job": job}


def claim(process, job, kind="ok"):
    return process, "claim", {"queue": "q"}, kind, {"job": job} if kind == "ok" else None


def ended(process, job, status="DONE", kind="ok"):
    return process, "end", {"job": job, "status": status}, kind, None


def seen(job, status):
    return "user", "status", {"job": job}, "ok", {"status": status}


def violations_in(*calls, lease_seconds=LEASE, **options):
    return violations(history_of(*calls), lease_seconds=lease_seconds, **options)


@pytest.mark.parametrize(
    ("calls", "message"),
    [
        (
            [submit("a"), claim("one", "a"), claim("two", "a")],
            "a: claimed by two at 21 s, while one had it since 11 s",
        ),
        (
            [claim("one", "a"), ended("one", "a"), claim("two", "a")],
            "a: claimed by two at 21 s, though one had ended it at 11 s",
        ),
        (
            [claim("one", "a"), ended("one", "a", "ERROR"), claim("one", "a")],
            "a: claimed by one at 21 s, though one had ended it at 11 s",
        ),
        ([seen("a", "DONE"), seen("a", "ERROR")], "a: DONE at 1 s, and ERROR at 11 s"),
        ([submit("a"), submit("b"), claim("one", "b")], "b: claimed by one before a was"),
        (
            [submit("a"), submit("b"), claim("one", "b"), claim("two", "a")],
            "b: claimed by one before a was",
        ),
        (
            [
                claim("one", "a"),
                ("one", "renew", {"job": "a"}, "ok", {"held": True}),
                claim("two", "a"),
            ],
            "a: claimed by two at 21 s, while one had it since 1 s",
        ),
    ],
)
def test_a_violation_is_reported_with_its_job_and_processes(calls, message):
    lease = 15 if any(call[1] == "renew" for call in calls) else LEASE
    assert violations_in(*calls, lease_seconds=lease) == [message]
    with pytest.raises(QueueViolation, match=message.split(":")[0]):
        check_queue(history_of(*calls), lease_seconds=lease)


@pytest.mark.parametrize(
    "calls",
    [
        [submit("a"), submit("b"), claim("one", "a"), claim("two", "b"), ended("one", "a")],
        # A worker may claim its own job again after a restart.
        [claim("one", "a"), claim("one", "a")],
        # The job may have ended, and somebody may have queued it again by hand.
        [claim("one", "a"), ended("one", "a", kind="unknown"), claim("two", "a")],
        # The claim with an unknown result may have claimed the first job.
        [submit("a"), submit("b"), claim("one", None, "unknown"), claim("two", "b")],
        # Jobs of different users or different queues have no order.
        [submit("a"), submit("b", "other"), claim("one", "b")],
        [submit("a"), ("user", "submit", {"queue": "r"}, "ok", {"job": "b"}), claim("one", "b")],
        [claim("one", None), claim("two", None)],
        [seen("a", "ERROR"), seen("a", "DONE")],
        [("one", "claim", {"queue": "q"})],
    ],
)
def test_a_valid_history_has_no_violations(calls):
    assert violations_in(*calls) == []


@pytest.mark.parametrize(("lease", "found"), [(5, 0), (300, 1)])
def test_an_error_after_the_lease_of_its_worker_does_not_end_the_job(lease, found):
    calls = [claim("one", "a"), ended("one", "a", "ERROR"), claim("two", "a")]
    messages = violations_in(*calls, lease_seconds=lease)
    assert len([message for message in messages if "had ended it" in message]) == found


def test_a_long_history_is_checked_quickly():
    jobs = [f"{number:04}" for number in range(2000)]
    calls = [submit(job) for job in jobs]
    for job in jobs:
        calls += [claim("one", job), ended("one", job), seen(job, "DONE"), seen(job, "DONE")]
    assert violations_in(*calls) == []  # would take minutes if each pair of jobs were compared
    again = [seen(jobs[0], "ERROR"), claim("two", jobs[1])]
    assert len(violations_in(*calls, *again)) == 2


def test_jobs_that_are_submitted_at_the_same_time_have_no_order():
    history = History()
    one, other = (history.invoke(0, "user", "submit", {"queue": "q"}) for _ in range(2))
    history.end(one, 1, "ok", {"job": "a"})
    history.end(other, 1, "ok", {"job": "b"})
    for job in "ba":
        history.end(history.invoke(2, "one", "claim", {"queue": "q"}), 3, "ok", {"job": job})
    assert violations(history, lease_seconds=LEASE) == []


def test_a_later_end_does_not_excuse_an_earlier_double_claim():
    calls = [claim("one", "a"), claim("two", "a"), ended("one", "a")]
    assert len(violations_in(*calls)) == 1


def test_a_job_may_be_claimed_again_after_its_lease():
    calls = [claim("one", "a"), claim("two", "a")]
    assert violations_in(*calls, lease_seconds=11) == []
    assert violations_in(*calls, lease_seconds=12) != []
    assert violations_in(*calls, lease_seconds=12, tolerance=1) == []


def test_calls_that_overlap_have_no_order():
    history = History()
    for job in "ab":
        history.end(history.invoke(0, "user", "submit", {"queue": "q"}), 0, "ok", {"job": job})
    first = history.invoke(1, "one", "claim", {"queue": "q"})
    second = history.invoke(1, "two", "claim", {"queue": "q"})
    history.end(second, 1, "ok", {"job": "b"})
    history.end(first, 2, "ok", {"job": "a"})
    check_queue(history, lease_seconds=LEASE)


def test_an_end_event_without_its_invoke_event_is_refused():
    with pytest.raises(ValueError, match="event 0: the end of a call that has not begun"):
        violations(history_of(claim("one", "a"))[1:], lease_seconds=LEASE)


def test_a_saved_history_is_loaded_unchanged(tmp_path):
    history = history_of(submit("a"), claim("one", "a"), claim("two", "a"))
    history.save(tmp_path / "history.jsonl")
    read = History.load(tmp_path / "history.jsonl")
    assert read == history
    assert violations(read, lease_seconds=LEASE) == violations(history, lease_seconds=LEASE) != []


@given(st.lists(st.sampled_from(["claim", "end", "wait", "renew", "recover"]), max_size=12))
@settings(max_examples=25)
def test_any_sequence_of_steps_of_two_workers_has_no_violation(steps):
    service = FakeDropboxService()
    storage, history = DropboxStorage(service, direct=True), History()
    workers = [
        RecordedProvider(storage.provider(), history, f"worker {n}", service.clock)
        for n in range(2)
    ]
    user = RecordedProvider(storage.provider(), history, "user", service.clock)
    user.upload_config(CONFIG, "fermions")
    for n in range(3):
        user.upload_job({"n": n}, "fermions", "ada")
    held = {}
    for turn, step in enumerate(steps):
        worker = workers[turn % 2]
        if step == "claim":
            held[turn % 2] = worker.get_next_job_in_queue("fermions").job_id
        elif step == "wait":
            storage.wait(200)
        elif step == "recover":
            worker.recover("fermions")
        elif held.get(turn % 2, "None") != "None":
            job = held[turn % 2]
            if step == "renew":
                worker.renew(job, "fermions")
            else:
                end(worker, job)
                user.get_status("fermions", "ada", job)
    check_queue(history, lease_seconds=LEASE)


def test_a_run_of_three_threads_has_no_violation(backend_config):
    service = FakeDropboxService()
    storage, history = DropboxStorage(service), History()
    with service.activate():
        user = RecordedProvider(storage.provider(), history, "user", service.clock)
        user.upload_config(backend_config, "fermions")
        ids = [user.upload_job({"n": n}, "fermions", "ada") for n in range(12)]

        def work(name):
            worker = RecordedProvider(storage.provider(), history, name, service.clock)
            while (job := worker.get_next_job_in_queue("fermions").job_id) != "None":
                worker.update_in_database(result_of(job), status_of(job), job, "fermions")

        threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two", "three")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    taken = [
        event.value["job"]
        for event in history
        if (event.call, event.kind) == ("claim", "ok") and event.value["job"]
    ]
    assert sorted(taken) == ids
    check_queue(history, lease_seconds=LEASE)
