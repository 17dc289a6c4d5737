"""Tests of the checker of queue histories: violations, valid histories, and real runs."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.queue_histories import valid_histories
from tests.support.storages import DropboxStorage

from dropspool.demo import CONFIG
from dropspool.testing import _promises as promises
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


def submit(job, process="user", kind="ok", queue="q"):
    answer = {"job": job} if kind == "ok" else None
    return process, "submit", {"queue": queue, "user": "ada"}, kind, answer


def claim(process, job, kind="ok", queue="q"):
    return process, "claim", {"queue": queue}, kind, {"job": job} if kind == "ok" else None


def ended(process, job, status="DONE", kind="ok", stored=True):
    answer = {"stored": stored} if kind == "ok" else None
    return process, "end", {"job": job, "status": status}, kind, answer


def seen(job, status, user="ada"):
    return "user", "status", {"job": job, "user": user}, "ok", {"status": status}


def renewed(process, job, held=True):
    return process, "renew", {"job": job}, "ok", {"held": held}


def changed(job, call):
    return "operator", call, {"job": job}, "ok", None


START = ("one", "start", {}, "ok", None)


def violations_in(*calls, lease_seconds=LEASE, **options):
    return violations(history_of(*calls), lease_seconds=lease_seconds, **options)


VIOLATED = [
    (
        promises.ids_are_unique,
        [submit("a"), submit("a", "other")],
        "a: one id for 2 jobs, of user and other",
    ),
    (
        promises.claims_have_a_submission,
        [submit("b"), claim("one", "a")],
        "a: claimed by one at 11 s, but nobody submitted it",
    ),
    (
        promises.claims_have_a_submission,
        [submit("b", kind="unknown"), claim("one", "a"), claim("one", "c")],
        "c: claimed by one at 21 s, but nobody submitted it",
    ),
    (
        promises.claims_have_a_submission,
        [submit(None, kind="fail"), claim("one", "a")],
        "a: claimed by one at 11 s, but nobody submitted it",
    ),
    (
        promises.claims_have_a_submission,
        [claim("one", "a"), submit("a")],
        "a: claimed by one at 1 s, before it was submitted at 10 s",
    ),
    (
        promises.claims_have_a_submission,
        [submit("a"), claim("one", "a", queue="r")],
        "a: queued in q, but claimed from r",
    ),
    (
        promises.waiting_jobs_are_found,
        [submit("a"), claim("one", None)],
        "a: waits since 1 s, but one was told at 11 s that the queue is empty",
    ),
    (
        promises.waiting_jobs_are_found,
        [submit("a"), submit("b"), claim("two", None, "unknown"), claim("one", None)],
        "a: waits since 1 s, but one was told at 31 s that the queue is empty",
    ),
    (
        promises.waiting_jobs_are_found,
        [submit("a"), submit("b"), claim("one", "b")],
        "b: claimed by one before a was",
    ),
    (
        promises.waiting_jobs_are_found,
        [submit("a"), submit("b"), claim("one", "b"), claim("two", "a")],
        "b: claimed by one before a was",
    ),
    (
        promises.leases_are_exclusive,
        [submit("a"), claim("one", "a"), claim("two", "a")],
        "a: claimed by two at 21 s, while one had it since 11 s",
    ),
    (
        promises.leases_are_exclusive,
        [START, submit("a"), claim("one", "a"), claim("one", "a")],
        "a: claimed by one at 31 s, while one had it since 21 s",
    ),
    (
        promises.leases_are_exclusive,
        [submit("a"), claim("one", "a"), claim("two", "a"), ended("one", "a")],
        "a: claimed by two at 21 s, while one had it since 11 s",
    ),
    (
        promises.renewals_need_a_lease,
        [submit("a"), renewed("one", "a")],
        "a: renewed by one at 11 s, which had not taken it",
    ),
    (
        promises.renewals_need_a_lease,
        [submit("a"), claim("one", "a"), ended("one", "a"), renewed("one", "a")],
        "a: renewed by one at 31 s, though one had ended it at 21 s",
    ),
    (
        promises.leases_are_kept,
        [submit("a"), claim("one", "a"), renewed("one", "a", held=False)],
        "a: refused to one at 21 s, which had it since 11 s",
    ),
    (
        promises.ends_are_final,
        [submit("a"), claim("one", "a"), ended("one", "a"), claim("two", "a")],
        "a: claimed by two at 31 s, though one had ended it at 21 s",
    ),
    (
        promises.ends_are_final,
        [submit("a"), claim("one", "a"), ended("one", "a", "ERROR"), claim("one", "a")],
        "a: claimed by one at 31 s, though one had ended it at 21 s",
    ),
    (
        promises.ends_are_final,
        [submit("a"), claim("one", "a"), ended("one", "a"), seen("a", "RUNNING")],
        "a: DONE at 21 s, and RUNNING at 31 s",
    ),
    (
        promises.ends_are_final,
        [
            submit("a"),
            claim("one", "a"),
            ended("one", "a", kind="unknown"),
            seen("a", "DONE"),
            seen("a", "ERROR"),
        ],
        "a: DONE at 31 s, and ERROR at 41 s",
    ),
    (
        promises.ends_are_final,
        [submit("a"), claim("one", "a"), seen("a", "ERROR"), seen("a", "QUEUED")],
        "a: ERROR at 21 s, and QUEUED at 31 s",
    ),
    (
        promises.ends_are_final,
        [
            submit("a"),
            claim("one", "a"),
            ended("one", "a", "ERROR"),
            ended("two", "a", stored=False),
            seen("a", "DONE"),
        ],
        "a: ERROR at 21 s, and DONE at 41 s",
    ),
    (
        promises.ends_are_final,
        [
            submit("a"),
            claim("one", "a"),
            ended("two", "a", "ERROR", kind="unknown"),
            ended("one", "a"),
            seen("a", "ERROR"),
        ],
        "a: DONE at 31 s, and ERROR at 41 s",
    ),
    (
        promises.statuses_have_a_cause,
        [submit("a"), seen("a", "DONE")],
        "a: DONE at 11 s, before any claim",
    ),
    (
        promises.statuses_have_a_cause,
        [submit("a"), seen("a", "RUNNING")],
        "a: RUNNING at 11 s, before any claim",
    ),
    (
        promises.statuses_have_a_cause,
        [submit("a"), claim("one", "a"), ended("one", "a", "ERROR"), seen("a", "DONE")],
        "a: DONE at 31 s, but no worker had ended it so",
    ),
    (
        promises.jobs_are_not_lost,
        [submit("a"), seen("a", None)],
        "a: missing at 11 s, though it was submitted at 1 s",
    ),
]


@pytest.mark.parametrize(("promise", "calls", "message"), VIOLATED)
def test_a_violation_is_reported_with_its_job_and_processes(promise, calls, message):
    run = promises.Run(promises.calls_of(history_of(*calls)), LEASE, 0, 0, ())
    assert [*promise(run)] == [message]
    assert message in violations_in(*calls)
    with pytest.raises(QueueViolation, match=message.split(":")[0]):
        check_queue(history_of(*calls), lease_seconds=LEASE)


def test_each_promise_is_violated_by_a_history():
    assert {promise for promise, _, _ in VIOLATED} == {*promises.PROMISES}


def test_a_lease_may_not_be_renewed_by_the_worker_that_lost_it():
    calls = [submit("a"), claim("one", "a"), claim("two", "a"), renewed("one", "a")]
    assert violations_in(*calls, lease_seconds=5) == [
        "a: renewed by one at 31 s, though two had it since 21 s"
    ]
    refused = [*calls[:3], renewed("one", "a", held=False)]
    assert violations_in(*refused, lease_seconds=5) == []
    again = [*calls[:3], claim("one", "a"), renewed("one", "a")]
    assert violations_in(*again, lease_seconds=5) == []
    unsure = [*calls[:3], claim("one", None, "unknown"), renewed("one", "a")]
    assert violations_in(*unsure, lease_seconds=5) == []


@pytest.mark.parametrize("lease", [15, 12])
def test_a_renewal_extends_the_lease(lease):
    calls = [submit("a"), claim("one", "a"), renewed("one", "a"), claim("two", "a")]
    assert violations_in(*calls, lease_seconds=lease) == [
        "a: claimed by two at 31 s, while one had it since 11 s"
    ]
    assert violations_in(*calls[:2], calls[3], lease_seconds=11) == []


@pytest.mark.parametrize(
    "calls",
    [
        [
            submit("a"),
            submit("b"),
            claim("one", "a"),
            claim("two", "b"),
            ended("one", "a"),
            seen("a", "DONE"),
        ],
        # A worker may take its own job again after a restart, and so may another one.
        [submit("a"), claim("one", "a"), START, claim("one", "a")],
        [submit("a"), claim("one", "a"), START, claim("two", "a")],
        [submit("a"), claim("one", "a"), START, renewed("one", "a", held=False)],
        # Worker `one` may have ended the job, and somebody may have queued it again by hand.
        [submit("a"), claim("one", "a"), ended("one", "a", kind="unknown"), claim("two", "a")],
        # A job that its worker gave back may be taken before the end of the lease.
        [
            submit("a"),
            claim("one", "a"),
            ("one", "give_back", {"job": "a"}, "ok", None),
            claim("two", "a"),
        ],
        # The claim with an unknown result may have claimed the first job.
        [submit("a"), submit("b"), claim("one", None, "unknown"), claim("two", "b")],
        [submit("a"), claim("one", None, "unknown"), claim("two", None)],
        [submit("a"), claim("one", None, "unknown"), renewed("one", "a")],
        [submit("a"), claim("one", None, "unknown"), seen("a", "ERROR")],
        # The submission with an unknown outcome may have made the job.
        [submit(None, kind="unknown"), claim("one", "a"), renewed("one", "a"), claim("two", None)],
        # Jobs of different users or different queues have no order.
        [submit("a"), submit("b", "other"), claim("one", "b")],
        [submit("a"), submit("b", queue="r"), claim("one", "b", queue="r")],
        [submit("a"), submit("b", queue="r"), claim("one", "a"), claim("one", None)],
        # No job was submitted.
        [claim("one", None), claim("two", None)],
        [("one", "claim", {"queue": "q"})],
        # A late worker ends a job that was given up, or is told that it was too late.
        [submit("a"), claim("one", "a"), seen("a", "ERROR"), ended("one", "a"), seen("a", "DONE")],
        [
            submit("a"),
            claim("one", "a"),
            ended("one", "a", "ERROR"),
            ended("one", "a", stored=False),
            seen("a", "ERROR"),
        ],
        # Two workers end the job at about the same time: either may be the first.
        [
            submit("a"),
            claim("one", "a"),
            ended("two", "a", kind="unknown"),
            ended("one", "a", "ERROR"),
            seen("a", "DONE"),
        ],
        [
            submit("a"),
            claim("one", "a"),
            ended("two", "a", "ERROR", kind="unknown"),
            ("one", "end", {"job": "a", "status": "DONE"}, "ok", None),
            seen("a", "ERROR"),
        ],
        # The job is that of another user, or of nobody.
        [submit("a"), seen("a", None, user="bob")],
        [seen("a", None)],
        # A late worker ends the job that another one has.
        [submit("a"), claim("one", "a"), ended("two", "a"), renewed("one", "a", held=False)],
        # Nothing is promised about a job that an operator has changed.
        [
            submit("a"),
            claim("one", "a"),
            ended("one", "a"),
            changed("a", "requeue"),
            claim("two", "a"),
            seen("a", "RUNNING"),
        ],
        [submit("a"), changed("a", "cancel"), claim("one", None), seen("a", "ERROR")],
        [submit("a"), changed("a", "delete"), seen("a", None)],
    ],
)
def test_a_valid_history_has_no_violations(calls):
    assert violations_in(*calls) == []


@given(valid_histories())
def test_no_history_of_a_correct_queue_has_a_violation(valid):
    history, lease, before = valid
    assert violations(history, lease_seconds=lease, queued_before=before) == []


@pytest.mark.parametrize("seconds", [0, LEASE - 1, LEASE, LEASE + 5])
@pytest.mark.parametrize("end", ["during the other claim", "before it"])
def test_a_slow_claim_may_have_had_a_job_that_another_claim_does_not_find(seconds, end):
    history = History()
    number = history.invoke(0, "user", "submit", {"queue": "q", "user": "ada"})
    history.end(number, 1, "ok", {"job": "a"})
    claims = [history.invoke(2, "slow", "claim", {"queue": "q"})]
    if end == "before it":
        history.end(claims.pop(), 2 + seconds, "ok", {"job": None})
    claims.insert(0, history.invoke(2 + seconds, "one", "claim", {"queue": "q"}))
    for number in claims:
        history.end(number, 2 + seconds, "ok", {"job": None})
    found = violations(history, lease_seconds=LEASE)
    assert bool(found) == (seconds < LEASE or end == "before it")
    history.end(history.invoke(900, "one", "claim", {"queue": "q"}), 901, "ok", {"job": None})
    assert len(violations(history, lease_seconds=LEASE)) == len(found) + 1


def test_queued_before_names_jobs_that_are_older_than_the_history():
    calls = [claim("one", "a"), claim("one", None)]
    assert len(violations_in(*calls)) == 1
    assert violations_in(*calls, queued_before=["a"]) == []
    assert violations_in(*calls, queued_before=["a", "b"]) == [
        "b: waits since the beginning, but one was told at 11 s that the queue is empty"
    ]
    assert violations_in(submit("a"), queued_before=["a"]) == [
        "a: the id of a job of user is that of an earlier job"
    ]


def test_an_intervention_during_a_call_leaves_its_outcome_open():
    history = History()
    history.end(history.invoke(0, "user", "submit", {"queue": "q"}), 1, "ok", {"job": "a"})
    claimed = history.invoke(2, "one", "claim", {"queue": "q"})
    history.end(history.invoke(3, "operator", "cancel", {"job": "a"}), 4, "ok")
    history.end(claimed, 5, "ok", {"job": "a"})
    check_queue(history, lease_seconds=LEASE)


def test_a_listing_may_lag_behind():
    calls = [submit("a"), submit("b"), claim("one", "b"), claim("one", None)]
    assert len(violations_in(*calls)) == 2
    assert violations_in(*calls, lag_seconds=31) == []
    assert len(violations_in(*calls, lag_seconds=25)) == 1
    assert len(violations_in(*calls, lag_seconds=5)) == 2
    assert violations_in(*calls, lag_seconds=5, tolerance=30) == []


@pytest.mark.parametrize(("lease", "found"), [(5, 0), (300, 1)])
def test_an_error_after_the_lease_of_its_worker_does_not_end_the_job(lease, found):
    calls = [submit("a"), claim("one", "a"), ended("one", "a", "ERROR"), claim("two", "a")]
    messages = violations_in(*calls, lease_seconds=lease)
    assert len([message for message in messages if "had ended it" in message]) == found


def test_a_long_history_is_checked_quickly():
    jobs = [f"{number:04}" for number in range(2000)]
    calls = [submit(job) for job in jobs]
    for job in jobs:
        calls += [claim("one", job), ended("one", job), seen(job, "DONE"), seen(job, "DONE")]
    assert violations_in(*calls) == []  # would take minutes if each pair of jobs were compared
    again = [seen(jobs[0], "QUEUED"), claim("two", jobs[1])]
    assert len(violations_in(*calls, *again)) == 2


def test_jobs_that_are_submitted_at_the_same_time_have_no_order():
    history = History()
    one, other = (history.invoke(0, "user", "submit", {"queue": "q"}) for _ in range(2))
    history.end(one, 1, "ok", {"job": "a"})
    history.end(other, 1, "ok", {"job": "b"})
    for job in "ba":
        history.end(history.invoke(2, "one", "claim", {"queue": "q"}), 3, "ok", {"job": job})
    assert violations(history, lease_seconds=LEASE) == []


def test_a_job_may_be_claimed_again_after_its_lease():
    calls = [submit("a"), claim("one", "a"), claim("two", "a")]
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


def test_a_recorded_provider_records_missing_jobs_refused_ends_and_jobs_that_are_given_back():
    service, history = FakeDropboxService(), History()
    storage = DropboxStorage(service, direct=True)
    worker, user = (
        RecordedProvider(storage.provider(), history, name, service.clock)
        for name in ("worker", "user")
    )
    user.upload_config(CONFIG, "fermions")
    job = user.upload_job({}, "fermions", "ada")
    user.get_status("fermions", "bob", job)
    worker.get_next_job_in_queue("fermions")
    worker.give_back(job, "fermions")
    worker.get_next_job_in_queue("fermions")
    end(worker, job, "ERROR")
    end(user, job)
    told = [
        (event.process, event.call, event.value)
        for event in history
        if event.kind == "ok" and event.call not in ("submit", "claim")
    ]
    assert told == [
        ("worker", "start", None),
        ("user", "start", None),
        ("user", "status", {"status": None}),
        ("worker", "give_back", None),
        ("worker", "end", {"stored": True}),
        ("user", "end", {"stored": False}),
    ]
    check_queue(history, lease_seconds=LEASE)


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
