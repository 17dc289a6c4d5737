"""Tests of the status of a job: its folder decides between `QUEUED` and `RUNNING`."""

import json

import pytest
from tests.support.queues import LEASE, RUNNING

from dropspool import StatusMsgDict
from dropspool.schemas import MESSAGE_LIMIT
from dropspool.testing.kit import end, result_of, status_of, submit, take


def status_file(job_id):
    return f"/Backend_files/Status/fermions/ada/status-{job_id}.json"


def asked(storage, provider, job_id):
    """Return the status of a job and the number of requests for it."""
    before = storage.requests
    status = provider.get_status("fermions", "ada", job_id)
    return status.status, storage.requests - before


@pytest.mark.parametrize("told", [True, False])
def test_a_job_is_queued_running_and_queued_again(storage, backend, told):
    """Check with and without a stored first status; a stored one stays the same."""
    job_id = submit(backend) if told else backend.upload_job({}, "fermions", "ada")
    other = storage.provider()
    assert asked(storage, backend, job_id)[0] == "QUEUED"
    take(backend)
    assert asked(storage, backend, job_id)[0] == "RUNNING"
    storage.wait(LEASE + 2)
    other.recover("fermions")
    assert asked(storage, backend, job_id)[0] == "QUEUED"
    stored = storage.files.get(status_file(job_id))
    assert (stored is not None) == told
    assert not told or json.loads(stored)["status"] == "INITIALIZING"


def test_the_status_of_an_ended_job_costs_one_request_and_of_others_at_most_three(storage, backend):
    done, failed, running, waiting = (submit(backend) for _ in range(4))
    for status in ("DONE", "ERROR"):
        end(backend, take(backend), status)
    take(backend)
    untold = backend.upload_job({}, "fermions", "ada")
    never = done.replace(done[:8], "20200101")
    on_dropbox = storage.requests > 0
    for job_id, status, most in [
        (done, "DONE", 1),
        (failed, "ERROR", 1),
        (running, "RUNNING", 3),
        (waiting, "QUEUED", 2),
        (untold, "QUEUED", 2),
        (never, "ERROR", 3),
        ("x", "ERROR", 0),
    ]:
        found, requests = asked(storage, backend, job_id)
        assert found == status
        assert requests == (most if on_dropbox else 0)


def test_the_detail_that_a_worker_reports_is_kept(storage, backend):
    job_id = submit(backend)
    assert backend.get_status("fermions", "ada", job_id) == StatusMsgDict(
        job_id=job_id,
        status="QUEUED",
        detail="The job waits in the queue.",
        error_message="None",
    )
    take(backend)
    assert backend.get_status("fermions", "ada", job_id).detail == "The job is being run."
    report = status_of(job_id, "QUEUED", "40 %")
    backend.update_in_database(result_of(job_id), report, job_id, "fermions")
    seen = backend.get_status("fermions", "ada", job_id)
    assert seen == report.model_copy(update={"status": "RUNNING"})


def test_running_is_stored_as_queued_because_old_readers_do_not_know_it(storage, backend):
    job_id = submit(backend)
    take(backend)
    seen = backend.get_status("fermions", "ada", job_id)
    assert seen.status == "RUNNING"
    backend.update_in_database(result_of(job_id), seen, job_id, "fermions")
    assert json.loads(storage.read(status_file(job_id)))["status"] == "QUEUED"
    assert backend.get_status("fermions", "ada", job_id) == seen


@pytest.mark.parametrize("status", ["DONE", "ERROR"])
@pytest.mark.parametrize("look", ["trace", "exists"])
def test_a_job_that_ends_between_two_requests_is_not_reported_as_missing(
    storage, backend, status, look
):
    """The reader looks for the status file first, and none has been stored."""
    job_id = backend.upload_job({}, "fermions", "ada")
    reader = storage.provider()
    take(backend)
    see = getattr(reader.files, look)

    def end_and_see(path):
        setattr(reader.files, look, see)
        end(backend, job_id, status)
        return see(path)

    setattr(reader.files, look, end_and_see)
    assert reader.get_status("fermions", "ada", job_id) == status_of(job_id, status)


def test_a_job_that_is_taken_after_the_look_at_its_file_is_running_at_the_next_look(
    storage, backend
):
    job_id = submit(backend)
    reader = storage.provider()
    trace = reader.files.trace

    def trace_and_take(path):
        found = trace(path)
        take(backend)
        return found

    reader.files.trace = trace_and_take
    assert reader.get_status("fermions", "ada", job_id).status == "QUEUED"
    reader.files.trace = trace
    assert reader.get_status("fermions", "ada", job_id).status == "RUNNING"


def test_a_job_whose_file_was_deleted_keeps_its_stored_status(storage, backend):
    job_id = submit(backend)
    backend.delete_file("Backend_files/Queued_Jobs/fermions", f"job-{job_id}")
    assert backend.get_status("fermions", "ada", job_id).status == "INITIALIZING"
    storage.seed_files({f"{RUNNING}/notes.txt": b""})
    untold = backend.upload_job({}, "fermions", "ada")
    backend.delete_file("Backend_files/Queued_Jobs/fermions", f"job-{untold}")
    assert backend.get_status("fermions", "ada", untold).detail == "Could not find the status file."


@pytest.mark.parametrize("status", ["QUEUED", "ERROR", "DONE"])
def test_long_texts_are_cut_when_they_are_stored(storage, backend, status):
    job_id = submit(backend)
    take(backend)
    long = "é" * 10**6
    told = StatusMsgDict(job_id=job_id, status=status, detail=long, error_message=long)
    backend.update_in_database(result_of(job_id), told, job_id, "fermions")
    seen = backend.get_status("fermions", "ada", job_id)
    for text in (seen.detail, seen.error_message):
        assert len(text) == MESSAGE_LIMIT
        assert text.startswith("ééé")
        assert text.endswith("é… (1000000 characters)")
    exact = told.model_copy(update={"error_message": "x" * MESSAGE_LIMIT, "detail": ""})
    other = submit(backend)
    take(backend)
    exact = exact.model_copy(update={"job_id": other})
    backend.update_in_database(result_of(other), exact, other, "fermions")
    assert backend.get_status("fermions", "ada", other).error_message == "x" * MESSAGE_LIMIT


def test_pending_jobs_is_the_number_of_waiting_jobs(storage, backend, backend_config):
    backend_config.pending_jobs = 99
    backend.upload_config(backend_config, "fermions")
    storage.seed_files({"/Backend_files/Queued_Jobs/fermions/notes.txt": b""})
    for waiting in range(3):
        assert backend.get_backend_status("fermions").pending_jobs == waiting
        submit(backend)
    take(backend)
    assert backend.get_backend_status("fermions").pending_jobs == 2
    assert storage.provider().get_backend_status("fermions").pending_jobs == 2
