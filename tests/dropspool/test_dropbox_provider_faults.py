"""Tests of the provider on Dropbox with faults of the service and of the connection."""

import logging
import sys
import threading
from contextlib import suppress
from functools import partial
from types import SimpleNamespace

import dropbox
import pytest
import requests
from dropbox.exceptions import DropboxException
from tests.support.queues import LEASE
from tests.support.storages import DOORS, DropboxStorage, make_storage

from dropspool import (
    ConnectionLost,
    DropboxLoginInformation,
    DropboxProviderExtended,
    MissingScope,
    OutOfSpace,
    ResultDict,
    StatusMsgDict,
    StorageError,
    TokenRefused,
)
from dropspool.testing.kit import check_always, check_at_rest, drain, jobs_in, submit
from fakedropbox import Personality

PAUSES = 1 + 2 + 4 + 8
"""The seconds between the five attempts of a call."""


@pytest.fixture(params=DOORS)
def storage(request):
    return make_storage(request.param, request)


def lose_replies(service, route, times):
    service.faults.lost_reply(route, times=times)


def fail_afterwards(service, route, times):
    service.faults.server_error(route, status=503, times=times, when="after")


def fail_before(service, route, times):
    service.faults.server_error(route, status=500, times=times, when="before")


def slow_down(service, route, times):
    service.faults.rate_limit(route, times=times, retry_after=2)


def garble(service, route, times):
    service.faults.corrupt_reply(route, times=times)


def refuse(service, route, times):
    service.faults.connection_refused(route, times=times)


FAULTS = [lose_replies, fail_afterwards, fail_before, slow_down, garble, refuse]


def run_job(backend):
    """Submit, take and end one job, and check the answers."""
    job_id = backend.upload_job({"x": 1}, "fermions", "ada")
    assert backend.upload_status("fermions", "ada", job_id).status == "INITIALIZING"
    job = backend.get_next_job_in_queue("fermions")
    assert job.job_id == job_id
    assert backend.get_job_content(job.job_json_path, job_id) == {"x": 1}
    result = ResultDict(display_name="fermions", backend_version="1", job_id=job_id, status="DONE")
    status = StatusMsgDict(job_id=job_id, status="DONE", detail="", error_message="None")
    backend.update_in_database(result, status, job_id, "fermions")
    assert backend.get_status("fermions", "ada", job_id) == status
    assert backend.get_result("fermions", "ada", job_id).success
    assert backend.get_next_job_in_queue("fermions").job_id == "None"
    return job_id


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize(
    "route", ["files/upload", "files/download", "files/move_v2", "files/list_folder"]
)
def test_a_fault_does_not_change_the_files_of_a_job(backend, dropbox_service, fault, times, route):
    fault(dropbox_service, route, times)
    job_id = run_job(backend)
    dropbox_service.faults.verify()
    assert sorted(dropbox_service.files) == [
        "/Backend_files/Config/fermions/config.json",
        f"/Backend_files/Finished_Jobs/fermions/ada/job-{job_id}.json",
        f"/Backend_files/Result/fermions/ada/result-{job_id}.json",
        f"/Backend_files/Status/fermions/ada/status-{job_id}.json",
    ]


@pytest.mark.parametrize("answer", ["429", "write_error"])
@pytest.mark.parametrize("route", ["files/upload", "files/move_v2", "files/delete_v2"])
def test_a_call_is_repeated_after_too_many_write_operations(
    backend, dropbox_service, route, answer
):
    dropbox_service.faults.too_many_write_operations(route, times=3, answer=answer)
    run_job(backend)


def test_an_expired_token_is_refreshed(backend, dropbox_service):
    for route in ("files/upload", "files/move_v2", "files/delete_v2", "files/list_folder"):
        dropbox_service.faults.expired_token(route)
    run_job(backend)


def test_a_permanent_error_is_raised_and_changes_nothing(backend, dropbox_service):
    for plan, kind in [
        (dropbox_service.faults.revoked_token, TokenRefused),
        (dropbox_service.faults.missing_scope, MissingScope),
        (dropbox_service.faults.insufficient_space, OutOfSpace),
    ]:
        plan("files/upload")
        before = dropbox_service.files
        with pytest.raises(kind):
            backend.upload_job({}, "fermions", "ada")
        assert dropbox_service.files == before


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    ("route", "path"),
    [
        ("files/upload", "*/config.json"),
        ("files/upload", "*/claim-*"),
        ("files/move_v2", "*/queued_jobs/*"),
        ("files/upload", "*/result-*"),
        ("files/upload", "*/status-*"),
        ("files/move_v2", "*/finished_jobs/*"),
        ("files/delete_v2", "*/claim-*"),
    ],
)
def test_a_recovery_completes_the_work_of_a_worker_that_lost_its_connection(
    storage, backend, dropbox_service, fault, route, path
):
    """All attempts of the worker fail, except after a rate limit; a recovery completes its job."""
    job_id = submit(backend)
    fault(
        SimpleNamespace(faults=FaultsForPath(dropbox_service.faults, path)),
        route,
        1 if fault is slow_down else 5,
    )
    with suppress(OSError):
        drain(backend)
    dropbox_service.faults.verify()
    check_always(storage.files)
    actions = backend.recover("fermions")  # may take over its own failed claim without waiting
    check_always(storage.files)
    storage.wait(LEASE + 2)
    actions += storage.provider().recover("fermions")
    check_at_rest(storage.files)
    assert len(actions) <= 1
    drain(storage.provider())
    check_at_rest(storage.files)
    assert jobs_in(storage.files)[job_id].status == "DONE"


class FaultsForPath:
    """The methods that plan faults; each plans them only for calls with the given path."""

    def __init__(self, faults, path):
        self._faults, self._path = faults, path

    def __getattr__(self, name):
        return partial(getattr(self._faults, name), path=self._path)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_is_deleted_once_despite_a_fault(backend, dropbox_service, fault):
    backend.upload({}, "a", "one")
    fault(dropbox_service, "files/delete_v2", 1)
    backend.delete_file("a", "one")
    assert "/a/one.json" not in dropbox_service.files
    with pytest.raises(FileNotFoundError):
        backend.delete_file("a", "one")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_is_updated_despite_a_fault(backend, dropbox_service, fault):
    backend.upload({"x": 1}, "a", "one")
    fault(dropbox_service, "files/upload", 1)
    backend.update_file({"x": 2}, "a", "one")
    assert backend.get_file_content("a", "one") == {"x": 2}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_login_succeeds_despite_a_fault(dropbox_service, dropbox_provider, fault):
    fault(dropbox_service, "oauth2/token", 1)
    assert dropbox_provider.get_backends() == []


def test_a_job_that_is_taken_before_its_upload_is_confirmed_is_queued_once(
    backend, dropbox_service, monkeypatch
):
    lose_replies(dropbox_service, "files/upload", 1)
    download = dropbox.Dropbox.files_download

    def taken_first(client, path):
        monkeypatch.undo()
        client.files_move_v2(path, "/taken.json")
        return download(client, path)

    monkeypatch.setattr(dropbox.Dropbox, "files_download", taken_first)
    assert backend.upload_job({"x": 1}, "fermions", "ada")
    assert backend.get_file_queue("Backend_files/Queued_Jobs/fermions") == []
    assert dropbox_service.read("/taken.json") == b'{"x": 1}'


def test_a_file_of_another_job_is_not_mistaken_for_a_successful_upload(
    backend, dropbox_service, monkeypatch
):
    monkeypatch.setattr("dropspool.layout.secrets.randbelow", lambda _: 10)
    moment = dropbox_service.clock.now().strftime("%Y%m%d_%H%M%S_%f")
    taken = f"/Backend_files/Queued_Jobs/fermions/job-{moment}-fermions-ada-0000a.json"
    dropbox_service.seed_files({taken: b'{"x": 2}'})
    fail_before(dropbox_service, "files/upload", 1)
    job_id = backend.upload_job({"x": 1}, "fermions", "ada")
    assert f"job-{job_id}.json" not in taken
    assert dropbox_service.read(taken) == b'{"x": 2}'


def test_a_missing_file_is_not_mistaken_for_a_successful_move(backend, dropbox_service):
    lose_replies(dropbox_service, "files/move_v2", 1)
    with pytest.raises(FileNotFoundError):
        backend.move_file("a", "b", "one")


@pytest.mark.dropbox(personality=Personality(page_size=2))
def test_a_listing_omits_a_file_that_is_deleted_between_two_pages(
    backend, dropbox_service, monkeypatch
):
    dropbox_service.seed_files({f"/a/{number}.json": b"{}" for number in range(5)})
    list_continue = dropbox.Dropbox.files_list_folder_continue

    def delete_one_and_continue(client, cursor):
        page = list_continue(client, cursor)
        if not page.has_more and "/a/0.json" in dropbox_service.files:
            client.files_delete_v2("/a/0.json")
            page.has_more = True
        return page

    monkeypatch.setattr(dropbox.Dropbox, "files_list_folder_continue", delete_one_and_continue)
    assert backend.get_file_queue("a") == [f"{number}.json" for number in range(1, 5)]


def test_connection_lost_is_raised_after_five_attempts_without_a_reply(
    backend, dropbox_service, caplog
):
    lose_replies(dropbox_service, "files/download", 5)
    before, start = len(dropbox_service.calls), dropbox_service.clock.now()
    with caplog.at_level(logging.WARNING, "dropspool"), pytest.raises(ConnectionLost) as raised:
        backend.get_config("fermions")
    assert isinstance(raised.value, ConnectionError)
    assert isinstance(raised.value.__cause__, requests.exceptions.ConnectionError)
    assert len(dropbox_service.calls) - before == 5
    assert (dropbox_service.clock.now() - start).total_seconds() == PAUSES
    assert "next attempt in 8 s" in caplog.text


def test_a_storage_error_is_raised_after_five_server_errors(backend, dropbox_service):
    fail_before(dropbox_service, "files/download", 5)
    before = len(dropbox_service.calls)
    with pytest.raises(StorageError, match="HTTP 500") as raised:
        backend.get_config("fermions")
    assert isinstance(raised.value.__cause__, DropboxException)
    assert len(dropbox_service.calls) - before == 5


def test_a_wrong_login_is_refused_and_no_secret_is_shown(
    dropbox_service, dropbox_active, dropbox_login
):
    right = dropbox_login.model_dump()
    for wrong in right:
        secrets = {**right, wrong: "wrong-0123456789"}
        provider = DropboxProviderExtended(
            DropboxLoginInformation(**secrets), "fake", clock=dropbox_service.clock
        )
        with pytest.raises(TokenRefused) as raised:
            provider.get_file_queue("a")
        assert raised.value.__cause__ is not None
        assert not any(secret in str(raised.value) for secret in secrets.values())


@pytest.mark.dropbox(scopes=["files.metadata.read", "files.content.read"])
def test_an_upload_without_its_scope_raises_an_error_that_names_the_scope(dropbox_provider):
    with pytest.raises(MissingScope, match=r"files\.content\.write"):
        dropbox_provider.upload({}, "a", "one")


@pytest.fixture
def short_switch_interval():
    """A very short switch interval, so that threads switch as often as possible."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def test_all_threads_share_one_client_and_get_different_ids(
    dropbox_service, dropbox_provider, backend_config, monkeypatch, short_switch_interval
):
    operator = DropboxStorage(dropbox_service, direct=True).provider()
    operator.upload_config(backend_config, "fermions")
    built = []
    build = dropbox.Dropbox.__init__

    def build_and_count(client, *args, **options):
        built.append(client)
        build(client, *args, **options)

    monkeypatch.setattr(dropbox.Dropbox, "__init__", build_and_count)
    ids = []
    together = threading.Barrier(4)

    def submit(user):
        together.wait()
        ids.extend(dropbox_provider.upload_job({"by": user}, "fermions", user) for _ in range(5))

    threads = [threading.Thread(target=submit, args=(user,)) for user in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 1
    assert len({job_id[:22] for job_id in ids}) == 20
    queue = dropbox_provider.get_file_queue("Backend_files/Queued_Jobs/fermions")
    assert queue == sorted(f"job-{job_id}.json" for job_id in ids)
