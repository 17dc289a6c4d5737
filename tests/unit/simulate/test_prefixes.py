"""Tests of interleavings that make the calls of a prefix, which runs share, only once.

Everything that a worker, a check or an outcome can see must be as if all calls were made in each
run.
"""

import os
import re
import threading
from contextlib import suppress

import dropbox
import pytest
from dropbox import files
from dropbox.exceptions import ApiError
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.small_scenarios import new_service, programs, workers_of

from fakedropbox import FakeDropboxService
from fakedropbox._files.blobs import SPILL_BYTES
from fakedropbox.simulate import (
    NotDeterministic,
    SimulatedCrash,
    SimulationError,
    _engine,
    _explore,
    interleavings,
)

SERVICE = new_service()
CURSOR = re.compile(r"cursor='[^']*'")


def shown_record(record):
    """Return everything that a record of a call shows, without the texts of cursors.

    They differ each time that the service is restored.
    """
    account = record.account and record.account.email
    arg = CURSOR.sub("", repr(record.arg))
    parts = record.number, record.route, arg, record.outcome, record.size, record.fact
    return (*parts, account, record.app, record.door, record.time, record.stub, record.fault)


def explored(workers, service, **options):
    """Return all that each run of a search shows."""
    seen = []

    def check(run):
        entries = run.service.client().files_list_folder("", recursive=True).entries
        seen.append(
            (
                str(run.schedule),
                repr(run.results),
                repr(run.errors),
                [*run.history],
                [*map(shown_record, run.service.calls)],
                sorted(run.service.files.items()),
                [(entry.path_display, entry.id, getattr(entry, "rev", None)) for entry in entries],
                service.clock.micros,
            )
        )

    interleavings(workers, check=check, service=service, **options)
    return seen


@pytest.fixture
def runs(monkeypatch):
    """The numbers of runs from the beginning (`run`) and from a prefix (`run_on`) in a test."""
    counted = {"run": 0, "run_on": 0}
    for name in counted:
        original = getattr(_engine.Engine, name)

        def count(engine, *given, name=name, original=original):
            counted[name] += 1
            return original(engine, *given)

        monkeypatch.setattr(_engine.Engine, name, count)
    return counted


def without_prefixes(workers, service, **options):
    """Return all that each run of a search shows if all calls are made in each run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_explore.Explorer, "_prefix", lambda _: None)
        return explored(workers, service, **options)


@given(programs(most=2), st.sampled_from([False, True, "states"]), st.sampled_from([0, 0, 1]))
@settings(max_examples=25)
def test_a_search_with_prefixes_shows_the_same_as_one_without(program, reduce, max_faults):
    program = [operations[: 2 - max_faults] for operations in program]
    options = {"reduce": reduce, "max_faults": max_faults}
    workers = workers_of(SERVICE, program)
    assert explored(workers, SERVICE, **options) == without_prefixes(workers, SERVICE, **options)


def claimer(dbx, name, look=lambda: None):
    """Return a worker that claims a file, which only one of two workers can do."""

    def claim():
        dbx.files_upload(name.encode(), f"/seen/{name}", mode=files.WriteMode.overwrite)
        look()
        try:
            dbx.files_upload(name.encode(), "/claim", strict_conflict=True)
        except ApiError as error:
            return error.request_id, repr(error.error)
        return [entry.id for entry in dbx.files_list_folder("").entries]

    return claim


def claimers(service, look=lambda: None):
    return [claimer(service.client(), name, look) for name in "ab"]


def test_all_runs_but_the_first_go_on_from_a_prefix(runs):
    service = FakeDropboxService()
    found = explored(claimers(service), service, reduce=False)
    assert runs == {"run": 1, "run_on": len(found) - 1}
    assert found == without_prefixes(claimers(service), service, reduce=False)


def test_results_that_a_worker_changes_are_new_in_each_run(runs):
    service = FakeDropboxService(files={"/a": b"1", "/b/c": b"2"})

    def change(dbx):
        def work():
            page = dbx.files_list_folder("", recursive=True)
            assert {entry.name for entry in page.entries} == {*"abc"}
            page.entries[0].name = "changed"
            del page.entries[1:]
            meta, response = dbx.files_download("/a")
            meta.property_groups = []
            assert response.content == b"1"
            dbx.files_get_metadata("/a")

        return work

    workers = [change(service.client()) for _ in range(2)]
    found = explored(workers, service, reduce=False)
    assert len(found) == 20
    assert runs["run_on"] == 19


@pytest.mark.parametrize(
    "look",
    [
        lambda service: service.read("/number"),
        lambda service: service.files,
        lambda service: service.tree(),
        lambda service: service.seed_files({"/seeded": b""}),
    ],
    ids=["read", "files", "tree", "seed_files"],
)
def test_a_worker_that_looks_at_the_files_itself_sees_those_of_its_run(look):
    service = FakeDropboxService(files={"/number": b"0"})
    seen = []

    def workers():
        return claimers(service, lambda: seen.append(repr(look(service))))

    found = explored(workers(), service, reduce=False)
    looked, seen[:] = seen[:], []
    assert found == without_prefixes(workers(), service, reduce=False)
    assert set(looked) >= set(seen)


@pytest.mark.parametrize(
    "look",
    [
        lambda service: len(service.calls),
        lambda service: service.clock.now(),
        lambda service: [*service.accounts],
        lambda _: os.urandom(4),
        lambda service: service.client().service is service,
    ],
    ids=["calls", "clock", "accounts", "urandom", "client"],
)
def test_what_a_worker_reads_besides_files_is_the_same_as_without_prefixes(look, runs):
    service = FakeDropboxService()
    seen, kept = [], []

    def workers(into):
        return claimers(service, lambda: into.append(repr(look(service))))

    found = explored(workers(seen), service, reduce=False)
    assert runs["run_on"] == len(found) - 1
    assert found == without_prefixes(workers(kept), service, reduce=False)
    assert seen == kept


def test_calls_of_the_unmodified_sdk_are_made_in_each_run(runs):
    service = FakeDropboxService()

    def work():
        dbx = dropbox.Dropbox(service.login.access_token, session=service.session())
        dbx.files_upload(b"", "/sdk", mode=files.WriteMode.overwrite)
        return dbx.files_get_metadata("/sdk").id

    workers = [work, claimer(service.client(), "a")]
    found = explored(workers, service, reduce=False)
    assert runs["run_on"] == 0
    assert found == without_prefixes(workers, service, reduce=False)


@pytest.mark.parametrize(
    "prepare",
    [
        lambda service: service.faults.lost_reply("files/upload", optional=True),
        lambda service: setattr(service.calls, "recording", False),
        lambda service: service.gate.keep_exchanges(),
        lambda service: service.gate.observe(lambda call_next: call_next),
    ],
    ids=["a planned fault", "calls not recorded", "a page", "the log of a server"],
)
def test_no_prefix_is_used_with_planned_faults_unrecorded_calls_or_observers(prepare, runs):
    service = FakeDropboxService()
    prepare(service)
    found = explored(claimers(service), service, reduce=False)
    assert runs["run_on"] == 0
    assert found == without_prefixes(claimers(service), service, reduce=False)


def test_no_prefix_is_used_after_a_pause(runs):
    service = FakeDropboxService()

    def workers():
        return claimers(service, lambda: service.clock.sleep(5))

    found = explored(workers(), service, reduce=False)
    assert found == without_prefixes(workers(), service, reduce=False)
    assert 0 < runs["run_on"] < len(found) - 1  # only while no time has passed yet


def test_a_refused_login_between_the_calls_is_refused_in_each_run():
    service = FakeDropboxService()
    wrong = service.client()
    wrong._oauth2_access_token = "wrong"

    def look():
        with pytest.raises(dropbox.exceptions.DropboxException):
            wrong.files_get_metadata("/claim")

    found = explored(claimers(service, look), service, reduce=False)
    assert found == without_prefixes(claimers(service, look), service, reduce=False)


def test_a_worker_that_is_not_deterministic_is_still_refused():
    service = FakeDropboxService()
    turns = []

    def work():
        dbx = service.client()
        turns.append(None)
        dbx.files_upload(b"", f"/turn-{len(turns) // 4}")
        dbx.files_get_metadata("/")

    with pytest.raises(NotDeterministic, match="it was about to make files/upload /turn-"):
        explored([work, claimer(service.client(), "a")], service, reduce=False)


def test_a_worker_that_continues_after_a_call_that_differs_from_its_prefix_is_refused():
    service = FakeDropboxService()
    turns = []

    def work():
        dbx = service.client()
        turns.append(None)
        path = "/other" if len(turns) == 2 else "/same"
        while True:
            try:
                return dbx.files_upload(b"", path).name
            except BaseException:  # noqa: S112, BLE001 -- the mistake under test
                continue

    with pytest.raises(SimulationError, match="0: it keeps making calls"):
        explored([work, claimer(service.client(), "a")], service, reduce=False)


def test_other_threads_see_the_service_while_the_answers_of_a_prefix_are_given_again():
    service = FakeDropboxService(files={"/a": b"1"})
    seen, errors = [], []

    def in_another_thread():
        def look():
            try:
                seen.append(service.read("/a"))
            except BaseException as error:  # noqa: BLE001 -- shown by the assertion
                errors.append(error)

        thread = threading.Thread(target=look)
        thread.start()
        thread.join()

    explored(claimers(service, in_another_thread), service, reduce=False)
    assert errors == []
    assert set(seen) == {b"1"}


def test_a_call_in_another_thread_is_refused_after_a_prefix():
    service = FakeDropboxService()
    begun = []

    def in_another_thread():
        begun.append(None)
        if len(begun) < 3:
            return

        def call():
            with suppress(SimulationError, SimulatedCrash):
                service.client().files_list_folder("")

        thread = threading.Thread(target=call)
        thread.start()
        thread.join()

    with pytest.raises((SimulationError, NotDeterministic)):
        explored(claimers(service, in_another_thread), service, reduce=False)


def test_a_large_content_is_read_in_each_run(runs):
    service = FakeDropboxService(files={"/large": bytes(SPILL_BYTES + 1)})

    def work():
        dbx = service.client()
        size = len(dbx.files_download("/large")[1].content)
        dbx.files_delete_v2("/large")
        return size

    found = explored([work, claimer(service.client(), "a")], service, reduce=False)
    assert found == without_prefixes([work, claimer(service.client(), "a")], service, reduce=False)
    assert 0 < runs["run_on"] < len(found) - 1


def test_a_route_without_known_effects_is_called_in_each_run(runs):
    service = FakeDropboxService()

    def work():
        dbx = service.client()
        dbx.users_get_current_account()
        dbx.files_upload(b"", "/other")

    workers = [work, claimer(service.client(), "a")]
    found = explored(workers, service, reduce=False)
    assert found == without_prefixes(workers, service, reduce=False)
    assert 0 < runs["run_on"] < len(found) - 1
