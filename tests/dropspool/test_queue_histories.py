"""The checker of queue histories: what it finds, what it leaves alone, and real runs."""

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
    """Calls one after the other, each a second long, as (process, call, asked, kind, answer)."""
    history = History()
    for second, (process, call, asked, *ending) in enumerate(calls):
        number = history.invoke(second * 10, process, call, asked)
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


def found_in(*calls, lease_seconds=LEASE, **options):
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
def test_what_no_queue_can_do(calls, message):
    lease = 15 if any(call[1] == "renew" for call in calls) else LEASE
    assert found_in(*calls, lease_seconds=lease) == [message]
    with pytest.raises(QueueViolation, match=message.split(":")[0]):
        check_queue(history_of(*calls), lease_seconds=lease)


@pytest.mark.parametrize(
    "calls",
    [
        [submit("a"), submit("b"), claim("one", "a"), claim("two", "b"), ended("one", "a")],
        # Who was begun anew has what it left.
        [claim("one", "a"), claim("one", "a")],
        # It may have ended, and been queued again by hand.
        [claim("one", "a"), ended("one", "a", kind="unknown"), claim("two", "a")],
        # A claim of which nobody knows may have been the first one's.
        [submit("a"), submit("b"), claim("one", None, "unknown"), claim("two", "b")],
        # They were submitted by two, or to two queues.
        [submit("a"), submit("b", "other"), claim("one", "b")],
        [submit("a"), ("user", "submit", {"queue": "r"}, "ok", {"job": "b"}), claim("one", "b")],
        [claim("one", None), claim("two", None)],
        [seen("a", "ERROR"), seen("a", "DONE")],
        [("one", "claim", {"queue": "q"})],
    ],
)
def test_what_a_queue_may_do(calls):
    assert found_in(*calls) == []


def test_a_long_history_of_a_real_run_is_checked_soon():
    jobs = [f"{number:04}" for number in range(2000)]
    calls = [submit(job) for job in jobs]
    for job in jobs:
        calls += [claim("one", job), ended("one", job), seen(job, "DONE"), seen(job, "DONE")]
    assert found_in(*calls) == []  # by pairs of jobs it would take minutes
    again = [seen(jobs[0], "ERROR"), claim("two", jobs[1])]
    assert len(found_in(*calls, *again)) == 2


def test_what_was_submitted_at_the_same_time_has_no_order():
    history = History()
    one, other = (history.invoke(0, "user", "submit", {"queue": "q"}) for _ in range(2))
    history.end(one, 1, "ok", {"job": "a"})
    history.end(other, 1, "ok", {"job": "b"})
    for job in "ba":
        history.end(history.invoke(2, "one", "claim", {"queue": "q"}), 3, "ok", {"job": job})
    assert violations(history, lease_seconds=LEASE) == []


def test_an_end_that_comes_later_gives_nothing_up():
    calls = [claim("one", "a"), claim("two", "a"), ended("one", "a")]
    assert len(found_in(*calls)) == 1


def test_a_lease_ends():
    calls = [claim("one", "a"), claim("two", "a")]
    assert found_in(*calls, lease_seconds=11) == []
    assert found_in(*calls, lease_seconds=12) != []
    assert found_in(*calls, lease_seconds=12, tolerance=1) == []


def test_calls_that_overlap_have_no_order():
    history = History()
    for job in "ab":
        history.end(history.invoke(0, "user", "submit", {"queue": "q"}), 0, "ok", {"job": job})
    first = history.invoke(1, "one", "claim", {"queue": "q"})
    second = history.invoke(1, "two", "claim", {"queue": "q"})
    history.end(second, 1, "ok", {"job": "b"})
    history.end(first, 2, "ok", {"job": "a"})
    check_queue(history, lease_seconds=LEASE)


def test_an_end_without_a_beginning():
    with pytest.raises(ValueError, match="event 0: the end of a call that has not begun"):
        violations(history_of(claim("one", "a"))[1:], lease_seconds=LEASE)


def test_histories_come_back_from_a_file(tmp_path):
    history = history_of(submit("a"), claim("one", "a"), claim("two", "a"))
    history.save(tmp_path / "history.jsonl")
    read = History.load(tmp_path / "history.jsonl")
    assert read == history
    assert violations(read, lease_seconds=LEASE) == violations(history, lease_seconds=LEASE) != []


@given(st.lists(st.sampled_from(["claim", "end", "wait", "renew", "recover"]), max_size=12))
@settings(max_examples=25)
def test_whatever_two_workers_do_one_after_the_other_is_right(steps):
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


def test_a_real_run_of_threads(backend_config):
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
