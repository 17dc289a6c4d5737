"""Tests of interleavings: unmodified functions run in every order of their calls."""

import contextvars
import math
import os
import pickle
import random
import secrets
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

import dropbox
import pytest
import requests
from dropbox import files
from dropbox.exceptions import ApiError, InternalServerError
from hypothesis import find, given, settings
from tests.support.small_scenarios import divide_by_zero, has_history

from fakedropbox import FakeDropbox, FakeDropboxService, SystemClock, simulate
from fakedropbox.errors import SnapshotInvalid
from fakedropbox.simulate import (
    InterleavingFailed,
    NotDeterministic,
    NothingToSimulate,
    Picks,
    Schedule,
    ScheduleMismatch,
    SimulatedCrash,
    SimulationError,
    WorkerBlocked,
    interleavings,
    schedules,
)

CHANCE = random.Random(0)  # noqa: S311 -- the same search in each run


def do_nothing(_):
    """Accept any run, as a check."""


def uploader(dbx, *paths, mode=files.WriteMode.overwrite):
    def upload():
        return [dbx.files_upload(b"x", path, mode=mode).name for path in paths]

    return upload


def lost_update(dbx):
    """Return a worker that adds one to a number, and can overwrite an update of another worker."""

    def add():
        number = int(dbx.files_download("/number")[1].content)
        dbx.files_upload(b"%d" % (number + 1), "/number", mode=files.WriteMode.overwrite)

    return add


@pytest.fixture
def service():
    return FakeDropboxService(files={"/number": b"0"})


def nothing_is_lost(run):
    assert run.service.read("/number") == b"%d" % len(run.results)


# Exploration of schedules


@pytest.mark.parametrize(("calls", "number"), [((1, 1), 2), ((2, 2), 6), ((3, 4), 35)])
def test_every_order_is_run(service, calls, number):
    seen = []
    workers = [
        uploader(service.client(), *[f"/{who}/{n}" for n in range(many)])
        for who, many in enumerate(calls)
    ]

    def check(run):
        seen.append([step.worker for step in run.schedule])
        assert run.results == tuple([[str(n) for n in range(many)] for many in calls])

    report = interleavings(workers, check=check, service=service, reduce=False)
    assert report.complete == report.schedules == number == len({*map(tuple, seen)})


def test_three_workers_have_ninety_orders_and_one_after_reduction(service):
    workers = [uploader(service.client(), f"/{who}/a", f"/{who}/b") for who in range(3)]
    assert interleavings(workers, check=has_history, service=service, reduce=False).complete == 90
    assert interleavings(workers, check=has_history, service=service).complete == 1


def test_a_race_is_found_and_can_be_run_again(service):
    workers = [lost_update(service.client()) for _ in range(2)]
    with pytest.raises(InterleavingFailed) as failed:
        interleavings(workers, check=nothing_is_lost, service=service)
    error = failed.value
    assert isinstance(error.violation, AssertionError)
    assert str(error.schedule) == "0 download, 1 download, 0 upload, 1 upload"
    assert f"service=service, schedule={str(error.schedule)!r})" in str(error)
    held = interleavings(workers, check=nothing_is_lost, service=service, schedule=[0, 0, 1, 1])
    assert held.complete == 1


def again(failed, names):
    """Run the line of a report that runs the schedule again; return its schedule."""
    (line,) = [line for line in str(failed.value).splitlines() if line.startswith("again: ")]
    with pytest.raises(InterleavingFailed) as repeated:
        exec(line.removeprefix("again: "), globals() | names)  # noqa: S102 -- as a user pastes it
    return str(repeated.value.schedule)


def test_the_replay_line_can_be_pasted_where_the_call_was(service):
    with pytest.raises(InterleavingFailed) as failed:
        interleavings(
            [lost_update(service.client()), lambda: [lost_update(service.client())()]],
            check=lambda run: int(run.service.read("/number")) == 2,
            service=service,
        )
    assert again(failed, locals()) == str(failed.value.schedule)


def test_the_replay_line_of_a_random_schedule_has_that_schedule(service):
    workers = [lost_update(service.client())] * 2
    with pytest.raises(InterleavingFailed) as failed:
        simulate.interleavings(
            workers, check=nothing_is_lost, service=service, seeds=range(30), reduce=False
        )
    assert failed.value.script.startswith("simulate.interleavings(workers, check=")
    assert "seeds" not in failed.value.script
    assert again(failed, locals()) == str(failed.value.schedule)


def test_the_replay_line_of_a_given_schedule_has_the_schedule_once(service):
    options = {"check": nothing_is_lost, "service": service}
    workers = [lost_update(service.client())] * 2
    with pytest.raises(InterleavingFailed) as failed:
        print("é", interleavings(workers, schedule="0, 1, 0, 1", **options))
    assert again(failed, locals()) == str(failed.value.schedule)


@pytest.mark.parametrize("given", [{"seeds": range(30)}, {"schedule": "0, 1, 0, 1"}, {}])
def test_the_replay_line_replaces_the_schedule_in_a_mapping_of_arguments(service, given):
    options = {"check": nothing_is_lost, "service": service, **given}
    workers = [lost_update(service.client())] * 2
    with pytest.raises(InterleavingFailed) as failed:
        interleavings(workers, max_faults=0, **options)
    assert again(failed, locals()) == str(failed.value.schedule)


@pytest.mark.parametrize("given", [{"seeds": range(30)}, {"schedule": "0, 1, 0, 1"}, {}])
def test_the_replay_line_replaces_the_schedule_in_a_partial(service, given):
    workers = [lost_update(service.client())] * 2
    run_all = partial(interleavings, workers, check=nothing_is_lost, service=service, **given)
    with pytest.raises(InterleavingFailed) as failed:
        run_all()
    assert again(failed, locals()) == str(failed.value.schedule)


def test_the_replay_line_names_the_functions_if_an_executor_makes_the_call(service):
    add = lost_update(service.client())
    options = {"check": nothing_is_lost, "service": service}
    with ThreadPoolExecutor(1) as pool:
        failed = pool.submit(interleavings, [add, add], seeds=range(30), **options).exception()
    assert failed.script == (
        "interleavings([add, add], check=nothing_is_lost, service=service, "
        f"schedule={str(failed.schedule)!r})"
    )


def test_the_replay_line_keeps_faults(service):
    def upload():
        return service.client().files_upload(b"", "/new").name

    with pytest.raises(InterleavingFailed) as failed:
        interleavings(
            [upload], check=lambda run: run.errors == (None,), service=service, max_faults=1
        )
    assert "max_faults=1" in failed.value.script
    assert again(failed, locals()) == str(failed.value.schedule)


def test_the_replay_line_of_a_worker_that_fails_before_its_first_call_can_be_pasted(service):
    def fail():
        raise KeyError("early")

    with pytest.raises(InterleavingFailed, match="early") as failed:
        interleavings([fail], check=has_history, service=service)
    assert "schedule=''" in failed.value.script
    assert again(failed, locals()) == str(failed.value.schedule) == ""
    assert eval(repr(failed.value.schedule)) == Schedule()  # noqa: S307 -- our own text


def test_without_source_the_replay_line_has_the_names_of_the_functions(service):
    add = lost_update(service.client())
    source = "interleavings([add, add], check=nothing_is_lost, service=service)"
    with pytest.raises(InterleavingFailed) as failed:
        exec(source, globals() | locals())  # noqa: S102 -- as in an interactive session
    assert failed.value.script == (
        "interleavings([add, add], check=nothing_is_lost, service=service, "
        f"schedule={str(failed.value.schedule)!r})"
    )
    with pytest.raises(InterleavingFailed) as failed:
        exec("interleavings([add] * 2, check=lambda run: False, service=service)",  # noqa: S102
             globals() | locals())  # fmt: skip
    assert "check=..., service=service" in failed.value.script


def test_two_uploads_to_one_path_have_two_outcomes(service):
    workers = [uploader(service.client(), "/new", mode=files.WriteMode.add) for _ in range(2)]
    workers[1] = lambda: workers_client.files_upload(b"y", "/new").name
    workers_client = service.client()
    report = interleavings(workers, check=has_history, service=service)
    assert (report.complete, len(report.outcomes)) == (2, 2)
    winners = [
        [error is None for error in run_errors] for run_errors in errors_of(workers, service)
    ]
    assert sorted(winners) == [[False, True], [True, False]]


def errors_of(workers, service):
    seen = []
    interleavings(workers, check=lambda run: seen.append(run.errors), service=service)
    return seen


def test_a_seed_reproduces_its_schedule(service):
    workers = [lost_update(service.client()) for _ in range(3)]

    def drawn(seeds):
        seen = []
        interleavings(
            workers, check=lambda run: seen.append(str(run.schedule)), service=service, seeds=seeds
        )
        return seen

    assert drawn(range(20)) == drawn(range(10)) + drawn(range(10, 20))
    assert len(set(drawn(range(50)))) > 20


# Hypothesis


@given(schedules())
@settings(max_examples=25)
def test_hypothesis_draws_schedules(picks):
    service = FakeDropboxService(files={"/number": b"0"})
    workers = [lost_update(service.client()), lambda: None]
    report = interleavings(workers, check=number_is_at_least(1), service=service, schedule=picks)
    assert report.complete == 1


def number_is_at_least(minimum):
    def check(run):
        assert int(run.service.read("/number")) >= minimum

    return check


def test_a_failing_schedule_shrinks_to_the_fewest_switches(service):
    workers = [lost_update(service.client()) for _ in range(2)]

    def fails(picks):
        try:
            interleavings(workers, check=nothing_is_lost, service=service, schedule=picks)
        except InterleavingFailed:
            return True
        return False

    found = find(schedules(), fails, settings=settings(database=None), random=CHANCE)
    assert repr(found) == "Picks([0, 1])"  # one step, and then a switch to the other worker
    assert fails(Picks([0, 1]))


def test_hypothesis_draws_faults_and_shrinks_schedules_with_them(service):
    dbx = service.client()
    workers = [uploader(dbx, "/a"), uploader(service.client(), "/b")]

    def crashes(picks):
        seen = []
        interleavings(workers, check=seen.append, service=service, schedule=picks, max_faults=1)
        return any(isinstance(error, SimulatedCrash) for error in seen[0].errors)

    found = find(schedules(), crashes, settings=settings(database=None), random=CHANCE)
    assert len(found) == 1


# Faults


def test_every_order_is_run_with_and_without_each_fault(service):
    workers = [uploader(service.client(), "/a"), uploader(service.client(), "/b")]
    seen = []
    report = interleavings(
        workers,
        check=lambda run: seen.append((str(run.schedule), run.errors)),
        service=service,
        reduce=False,
        max_faults=1,
    )
    # There are two orders, each without a fault or with one of four faults at one of the two
    # calls. After a 5xx the SDK waits, so its second call comes when the other worker has ended.
    texts = [text for text, _ in seen]
    assert len(set(texts)) == report.complete == 18
    assert "0 upload lost_reply, 1 upload" in texts
    assert "0 upload server_error, 1 upload, 0 upload" in texts
    crashed = dict(seen)["0 upload crash_after, 1 upload"]
    assert isinstance(crashed[0], SimulatedCrash)
    assert crashed[1] is None


def test_a_crash_stops_only_one_worker(service):
    reached = []

    def crashing():
        try:
            service.client().files_upload(b"x", "/dies")
        except SimulatedCrash:
            with pytest.raises(SimulatedCrash):
                service.client().files_delete_v2("/number")
            with pytest.raises(SimulatedCrash):
                service.clock.sleep(1)
            reached.append("end")
            raise

    def check(run):
        assert set(run.service.files) == {"/number", "/dies", "/lives"}

    interleavings(
        [crashing, uploader(service.client(), "/lives")],
        check=check,
        service=service,
        schedule="0 upload crash_after, 1 upload",
        max_faults=1,
    )
    assert reached == ["end"]


def test_a_worker_crashes_after_a_call_that_is_refused(service):
    def refused():
        with suppress(ApiError):
            service.client().files_upload(b"x", "/number", mode=files.WriteMode.add)
        return "returned"

    def check(run):
        assert run.results == (None,)
        assert isinstance(run.errors[0], SimulatedCrash)
        assert [event.kind for event in run.history] == ["invoke", "unknown"]

    interleavings(
        [refused],
        check=check,
        service=service,
        schedule="0 upload crash_after",
        max_faults=1,
    )


@pytest.mark.parametrize("fault", ["crash_after", "lost_reply", "server_error"])
def test_a_fault_of_a_schedule_hides_a_planned_one(service, fault):
    service.faults.rate_limit("files/upload")
    expected = {
        "crash_after": SimulatedCrash,
        "lost_reply": requests.ConnectionError,
        "server_error": InternalServerError,
    }

    def upload():
        service.client(max_retries_on_error=0).files_upload(b"x", "/a")

    interleavings(
        [upload],
        check=lambda run: type(run.errors[0]) is expected[fault],
        service=service,
        schedule=f"0 upload {fault}",
        max_faults=1,
    )


def test_planned_faults_happen_in_every_run(service):
    service.faults.lost_reply("files/upload")
    workers = [uploader(service.client(), "/a"), uploader(service.client(), "/b")]
    lost = errors_of(workers, service)
    assert sorted([error is not None for error in errors] for errors in lost) == [
        [False, True],
        [True, False],
    ]
    assert repr(service.faults) == "[lost_reply('files/upload')]"
    assert service.faults.waiting


# Time


def test_time_passes_only_when_all_workers_wait(service):
    clock, start = service.clock, service.clock.micros
    times = []

    def sleeper():
        clock.sleep(5)
        times.append(("sleeper", clock.micros - start))
        service.client().files_upload(b"", "/slept")

    def caller():
        dbx = service.client()
        for n in range(3):
            dbx.files_upload(b"", f"/{n}")
        times.append(("caller", clock.micros - start))
        clock.sleep(2)
        times.append(("caller", clock.micros - start))

    interleavings([sleeper, caller], check=has_history, service=service)
    assert times == [("caller", 0), ("caller", 2_000_000), ("sleeper", 5_000_000)]
    assert clock.micros == start


def test_other_workers_run_during_a_pause_of_the_sdk(service):
    service.faults.rate_limit("files/upload", retry_after=7)

    def first():
        dbx = dropbox.Dropbox(service.login.access_token)
        dbx.files_upload(b"", "/first")
        return service.clock.time()

    def second():
        dbx = service.client()
        dbx.files_get_metadata("/number")
        return service.clock.time()

    now = service.clock.time()
    seen = []
    interleavings([first, second], check=lambda run: seen.append(run.results), service=service)
    assert set(seen) == {(now + 7, now)}


def test_other_workers_can_run_before_a_slow_call_has_its_effect(service):
    service.faults.slow("files/upload", 3, path="/a")
    seen = set()

    def check(run):
        seen.add(run.results[1])

    def look():
        service.clock.sleep(3)
        return "a" in [entry.name for entry in service.client().files_list_folder("").entries]

    interleavings([uploader(service.client(), "/a"), look], check=check, service=service)
    assert seen == {True, False}


def test_a_listing_through_a_link_depends_on_the_linked_folder(service):
    dbx = service.client()
    dbx.files_create_folder_v2("/shared")
    link = files.SharedLink(dbx.sharing_create_shared_link_with_settings("/shared").url)
    other = service.client(account=service.accounts.create("other@example.com"))
    seen = set()

    def check(run):
        seen.add(run.results[1])

    def look():
        return len(other.files_list_folder("", shared_link=link).entries)

    interleavings([uploader(dbx, "/shared/a"), look], check=check, service=service)
    assert seen == {0, 1}


def test_a_worker_can_wait_for_changes(service):
    def waiter():
        dbx = service.client()
        cursor = dbx.files_list_folder_get_latest_cursor("").cursor
        changes = dbx.files_list_folder_longpoll(cursor, timeout=30).changes
        return changes, [entry.name for entry in dbx.files_list_folder_continue(cursor).entries]

    def check(run):
        assert run.results[0] in [(True, ["new"]), (False, [])]

    report = interleavings(
        [waiter, uploader(service.client(), "/new")], check=check, service=service
    )
    assert len(report.outcomes) == 2


# Separation of workers


def test_each_worker_has_its_own_ids_revisions_and_random_values(service):
    def make(name):
        def work():
            meta = service.client().files_upload(b"x", f"/{name}")
            found = service.client().files_get_metadata(meta.id)
            again = service.client().files_upload(
                b"y", f"/{name}", mode=files.WriteMode.update(meta.rev)
            )
            drawn = secrets.token_hex(4), os.urandom(4)
            return meta.id, meta.rev, found.path_display, again.rev, drawn

        return work

    seen = set()
    interleavings(
        [make("a"), make("b")],
        check=lambda run: seen.add(run.results),
        service=service,
        reduce=False,
    )
    assert len(seen) == 1
    (first, second) = next(iter(seen))
    assert len({*first, *second}) == 10


def test_the_service_assigns_ids_and_revisions_again_after_a_simulation(service):
    interleavings([uploader(service.client(), "/a")], check=has_history, service=service)
    meta = service.client().files_upload(b"x", "/b")
    assert service.client().files_get_metadata(meta.id).rev == meta.rev
    assert type(service.gate.world.files).__name__ == "FileStore"


def test_workers_see_the_context_variables_of_the_caller(service):
    variable = contextvars.ContextVar("variable")
    token = variable.set("caller's")

    def work():
        service.client().files_get_metadata("/number")
        return variable.get()

    seen = []
    try:
        interleavings([work], check=lambda run: seen.append(run.results), service=service)
    finally:
        variable.reset(token)
    assert seen == [("caller's",)]


def test_the_history_has_the_calls_of_each_worker(service):
    workers = [uploader(service.client(), "/a"), uploader(service.client(), "/b")]
    seen = []
    interleavings(
        workers,
        check=lambda run: seen.append(run.history),
        service=service,
        schedule="0 upload lost_reply, 1 upload",
        max_faults=1,
    )
    lines = [(e.process, e.kind, e.call, e.value) for e in seen[0]]
    assert lines == [
        ("0", "invoke", "files/upload", {"path": "/a"}),
        ("1", "invoke", "files/upload", {"path": "/b"}),
        ("0", "unknown", "files/upload", None),
        ("1", "ok", "files/upload", None),
    ]


def test_interleavings_leave_the_service_unchanged(service):
    with pytest.raises(InterleavingFailed):
        interleavings([lost_update(service.client())], check=divide_by_zero, service=service)
    assert service.files == {"/number": b"0"}
    assert len(service.calls) == 0
    assert service.clock.sleeper is None


def test_interleavings_restore_the_login_and_the_web(service):
    def work():
        service.login = service.logins.create()
        service.web["https://example.com/a"] = b"1"
        service.client().files_upload(b"x", "/a")

    login = service.login
    interleavings([work, work], check=has_history, service=service)
    assert service.login is login
    assert service.web == {}
    assert service.client().files_get_metadata("/number").size == 1


@pytest.mark.parametrize("reduce", [True, False, "states"])
def test_each_run_begins_with_the_login_from_before(service, reduce):
    login, other = service.login, service.logins.create()
    seen = set()

    def reader():
        dbx = service.client()
        dbx.files_get_metadata("/number")
        seen.add(service.login)
        dbx.files_upload(b"x", "/a")
        service.login = other

    def work():
        for _ in range(2):
            service.client(login=login).files_upload(b"y", "/b", mode=files.WriteMode.overwrite)

    def check(_):
        seen.clear()

    interleavings([reader, work], check=lambda _: seen == {login}, service=service, reduce=reduce)


# Faults that workers plan


@pytest.mark.parametrize("reduce", [True, "states", False])
def test_a_worker_may_plan_a_fault(service, reduce):
    def plan():
        service.client().files_get_metadata("/number")
        service.faults.lost_reply("files/upload", optional=True)
        service.client().files_get_metadata("/number")

    def upload():
        service.client().files_upload(b"x", "/a")

    report = interleavings([plan, upload], check=has_history, service=service, reduce=reduce)
    lost = [errors[1] for _, errors, _ in report.outcomes]
    assert sorted(error == "None" for error in lost) == [False, True]
    assert service.faults.planned() == []


@pytest.mark.parametrize("reduce", [True, "states", False])
def test_faults_that_workers_plan_are_as_in_a_run_from_the_beginning(service, reduce):
    seen = []

    def plan():
        seen.append(service.faults.planned())
        service.client().files_get_metadata("/number")
        service.faults.insufficient_space("files/upload")
        with pytest.raises(ApiError):
            service.client().files_upload(b"x", "/a")
        service.faults.clear()
        service.client().files_get_metadata("/number")
        service.faults.rate_limit("files/delete_v2")

    def work():
        for name in "12":
            service.client().files_create_folder_v2(f"/{name}")

    def check(run):
        (refused,) = [call.fault for call in run.service.calls if call.route == "files/upload"]
        assert refused.route == "files/upload"

    interleavings([plan, work], check=check, service=service, reduce=reduce)
    assert seen == [[]] * len(seen)


@pytest.mark.parametrize("reduce", [True, "states", False])
def test_the_order_in_which_workers_plan_faults_matters(service, reduce):
    def delete():
        service.client().files_get_metadata("/number")
        service.faults.lost_reply("files/delete_v2", optional=True)
        service.client().files_delete_v2("/number")

    def plan():
        service.client().files_get_metadata("/number")
        service.faults.connection_refused("files/delete_v2", optional=True)

    report = interleavings([delete, plan], check=has_history, service=service, reduce=reduce)
    left = [dict(found) for _, _, found in report.outcomes]
    assert {*map(len, left)} == {0, 1}


@pytest.mark.parametrize("reduce", [True, "states", False])
def test_a_fault_that_a_worker_plans_again_happens_again(service, reduce):
    planned = service.faults.lost_reply("files/upload", optional=True)

    def plan():
        with suppress(requests.ConnectionError):
            service.client().files_upload(b"x", "/a")
        service.client().files_get_metadata("/number")
        service.faults.remove(planned)
        service.faults.add(planned)
        service.client().files_get_metadata("/number")

    def upload():
        service.client().files_upload(b"x", "/b")

    report = interleavings([plan, upload], check=has_history, service=service, reduce=reduce)
    lost = [errors[1] for _, errors, _ in report.outcomes]
    assert {error == "None" for error in lost} == {False, True}


@pytest.mark.parametrize("reduce", [True, "states", False])
@pytest.mark.parametrize("how", ["clear", "remove", "replace"])
def test_a_worker_may_remove_a_planned_fault(service, reduce, how):
    planned = service.faults.lost_reply("files/upload", optional=True)

    def remove():
        service.client().files_get_metadata("/number")
        if how == "clear":
            service.faults.clear()
        else:
            service.faults.remove(planned)
        if how == "replace":
            service.faults.lost_reply("files/delete_v2", optional=True)
        service.client().files_get_metadata("/number")

    def upload():
        service.client().files_upload(b"x", "/a")

    report = interleavings([remove, upload], check=has_history, service=service, reduce=reduce)
    lost = [errors[1] for _, errors, _ in report.outcomes]
    assert sorted(error == "None" for error in lost) == [False, True]
    assert service.faults.planned() == [(planned, 1)]


# Invalid input, and workers that fail or block


def test_workers_that_call_nothing_are_refused(service):
    with pytest.raises(NothingToSimulate, match="saw none at all"):
        interleavings([lambda: None], check=do_nothing, service=service)
    other = FakeDropbox()
    with pytest.raises(NothingToSimulate):
        interleavings([uploader(other, "/a")], check=do_nothing, service=service)


def test_a_worker_in_an_endless_loop_is_reported_as_blocked(service):
    def endless():
        service.client().files_get_metadata("/number")
        number = 0
        while True:
            number += 1

    with pytest.raises(WorkerBlocked, match="after 1 call;"):
        interleavings([endless], check=has_history, service=service, timeout=0.2)
    for thread in threading.enumerate():
        if thread.name == "fakedropbox.simulate":
            thread.join(60)
            assert not thread.is_alive()


def test_a_worker_that_waits_for_a_lock_is_reported_as_blocked(service):
    lock = threading.Lock()
    lock.acquire()
    reached = []

    def blocked():
        dbx = service.client()
        dbx.files_get_metadata("/number")
        lock.acquire()
        reached.append(dbx.files_get_metadata("/number"))

    with pytest.raises(WorkerBlocked) as error:
        interleavings(
            [uploader(service.client(), "/a"), blocked],
            check=has_history,
            service=service,
            timeout=0.5,
        )
    text = str(error.value)
    assert "worker 1: no call of the service in 0.5 s of real time, after 1 call;" in text
    assert "in blocked\n    lock.acquire()" in text
    assert service.files == {"/number": b"0"}
    # The thread of the worker ends as soon as it gets the lock.
    left = [thread for thread in threading.enumerate() if thread.name == "fakedropbox.simulate"]
    assert len(left) == 1
    lock.release()
    left[0].join(60)
    assert not left[0].is_alive()
    if sys.gettrace() is None:  # with a trace function, the waiting thread is not stopped
        assert reached == []
    interleavings([uploader(service.client(), "/a")], check=has_history, service=service)


def test_a_slow_worker_is_not_reported_as_blocked(service):
    event = threading.Event()
    threading.Timer(0.15, event.set).start()

    def patient():
        event.wait(5)
        service.client().files_get_metadata("/number")

    interleavings([patient], check=has_history, service=service, timeout=4)


def test_workers_that_are_not_deterministic_are_refused(service):
    turn = []

    def nondeterministic():
        turn.append(1)
        dbx = service.client()
        dbx.files_upload(b"", "/a")
        dbx.files_upload(b"", f"/{len(turn)}")

    with pytest.raises(NotDeterministic, match=r"worker 0: after the same . steps .*upload /\d "):
        interleavings(
            [nondeterministic, lost_update(service.client())], check=has_history, service=service
        )


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ("0 move_v2", r"step 1 \(0 move_v2\) does not fit: worker 0: files/download /number"),
        ("0, 0, 0", r"step 3 \(0\) does not fit: worker 0: ended; worker 1: files/down"),
        (
            "0, 0",
            "ends after 2 steps, before all workers have ended: worker 0: ended; worker 1",
        ),
        ("0, 0, 1, 1, 0 upload", r"step 5 \(0 upload\) does not fit: all workers have ended"),
        ("2", r"step 1 \(2\) does not fit"),
        ("0 download crash_after", r"step 1 \(0 download crash_after\) does not fit"),
        ("", "ends after 0 steps, before all workers have ended: worker 0: files/download"),
    ],
)
def test_a_schedule_that_does_not_fit_the_workers_is_refused(service, schedule, message):
    workers = [lost_update(service.client()) for _ in range(2)]
    with pytest.raises(ScheduleMismatch, match=message):
        interleavings(workers, check=has_history, service=service, schedule=schedule)


@pytest.mark.parametrize("text", ["x", "0 a b", "-1", "0 upload nonsense lost_reply", ",", "0,"])
def test_a_text_that_is_not_a_schedule_is_refused(text):
    with pytest.raises(ValueError, match="schedule: expected steps such as"):
        Schedule.parse(text)


def test_a_call_from_a_thread_that_a_worker_started_is_refused(service):
    def work():
        dbx = service.client()

        def call():
            with pytest.raises(SimulationError):
                dbx.files_upload(b"", "/a")

        thread = threading.Thread(target=call)
        thread.start()
        thread.join()

    with pytest.raises(SimulationError, match="called from a thread that worker 0 started"):
        interleavings([work], check=has_history, service=service)


def test_a_worker_that_never_ends_is_refused(service):
    def work():
        while True:
            service.client().files_get_metadata("/number")

    with pytest.raises(
        SimulationError,
        match="not ended after 50 steps; the last one was of worker 0: files/",
    ):
        interleavings([work], check=has_history, service=service, max_steps=50)


def test_a_worker_that_continues_after_its_crash_is_refused(service):
    def work():
        while True:
            try:
                service.client().files_upload(b"", "/a")
            except BaseException:  # noqa: S112, BLE001 -- the mistake under test
                continue

    with pytest.raises(SimulationError, match="keeps making calls after its simulated crash"):
        interleavings(
            [work],
            check=has_history,
            service=service,
            schedule="0 upload crash_before",
            max_faults=1,
        )


def test_a_programming_error_of_a_worker_is_a_violation(service):
    def work():
        service.client().files_get_metadata("/number").nmae  # noqa: B018

    with pytest.raises(InterleavingFailed, match=r"AttributeError: .*nmae"):
        interleavings([work], check=has_history, service=service)


def test_an_error_of_dropbox_is_not_a_violation(service):
    def work():
        service.client().files_delete_v2("/nothing")

    assert [type(error) for error in errors_of([work], service)[0]] == [ApiError]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": []}, "workers: expected functions, at least one, got"),
        ({"workers": [3]}, "workers: expected functions"),
        ({"workers": {"a"}}, "workers: expected Sequence"),
        ({"service": None}, "service: expected FakeDropboxService"),
        ({"service": FakeDropboxService(clock=SystemClock())}, "service.clock: expected ManualCl"),
        ({"schedule": [0], "seeds": [0]}, "schedule, seeds: expected one of them, got both"),
        ({"max_faults": -1}, "max_faults: expected at least 0, got -1"),
        ({"max_steps": 0}, "max_steps: expected at least 1, got 0"),
        ({"timeout": 0}, "timeout: expected a number of seconds above 0 .*, got 0"),
        ({"timeout": math.nan}, "timeout: expected a number of seconds above 0 .*, got nan"),
        ({"timeout": math.inf}, "timeout: expected a number of seconds above 0 .*, got inf"),
        ({"timeout": 10**10}, "timeout: expected a number of seconds above 0 .*, got 10000000000"),
        ({"timeout": "9"}, "timeout: expected int or float, got '9'"),
        ({"reduce": "stats"}, "reduce: expected True, False or 'states', got 'stats'"),
    ],
)
def test_invalid_arguments_are_refused(service, options, message):
    given = {"workers": [lambda: None], "service": service, "check": has_history, **options}
    with pytest.raises((TypeError, ValueError), match=message):
        interleavings(given.pop("workers"), **given)


def test_schedules_refuses_an_invalid_argument():
    with pytest.raises(ValueError, match="max_steps: expected at least 1, got 0"):
        schedules(0)


def test_a_failure_can_be_pickled(service):
    workers = [lost_update(service.client()) for _ in range(2)]
    with pytest.raises(InterleavingFailed) as failed:
        interleavings(workers, check=nothing_is_lost, service=service)
    sent = pickle.loads(pickle.dumps(failed.value))  # noqa: S301
    assert str(sent) == str(failed.value)
    assert sent.schedule == failed.value.schedule


def test_a_sleep_takes_no_real_time(service):
    def work():
        service.clock.sleep(3600)
        service.client().files_get_metadata("/number")

    start = time.monotonic()
    interleavings([work, work], check=has_history, service=service)
    assert time.monotonic() - start < 60


def test_a_worker_cannot_reset_the_service(service):
    """After a reset, the simulation could no longer go back to its beginning."""

    def reset():
        with pytest.raises(SnapshotInvalid, match=r"reset\(\): expected .* outside a simulation"):
            service.reset()

    interleavings([reset, uploader(service.client(), "/a")], check=do_nothing, service=service)
    service.reset()
