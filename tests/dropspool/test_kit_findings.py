"""Tests with minimal examples of the mistakes that `dropspool.testing` found in our providers."""

import json
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from tests.support.queues import LEASE, RUNNING, watch_changes

from dropspool.testing._faults import Died
from dropspool.testing.kit import check_at_rest, drain, end, jobs_in, submit
from fakedropbox.simulate import SkewedClock

CONFIG = "/Backend_files/Config/fermions/config.json"


def stamp(storage):
    return json.loads(storage.read(CONFIG))["last_queue_check"]


@pytest.mark.parametrize("method", ["get_next_job_in_queue", "timestamp_queue", "recover"])
def test_a_slow_clock_does_not_set_last_queue_check_back(storage, backend, method):
    backend.timestamp_queue("fermions")
    before = stamp(storage)
    slow = storage.provider(clock=SkewedClock(storage.clock, skew=-50))
    getattr(slow, method)("fermions")
    assert stamp(storage) > before


@pytest.mark.parametrize("hours", [None, -1, 1])
def test_an_upload_of_a_configuration_keeps_the_later_last_queue_check(
    storage, backend, backend_config, hours
):
    backend.timestamp_queue("fermions")
    before = storage.clock.now()
    given = None if hours is None else before + timedelta(hours=hours)
    backend.upload_config(
        backend_config.model_copy(update={"last_queue_check": given, "num_wires": 3}), "fermions"
    )
    found = backend.get_config("fermions")
    assert (found.num_wires, found.last_queue_check) == (3, max(before, given or before))


@pytest.mark.parametrize(
    "broken", ["soon", 7e99, "9999-12-31T23:59:59.999999+00:00", "0001-01-01T00:00:00+00:00", []]
)
def test_an_invalid_last_queue_check_is_replaced(storage, backend, broken):
    content = {**json.loads(storage.read(CONFIG)), "last_queue_check": broken}
    storage.seed_files({CONFIG: json.dumps(content).encode()})
    storage.provider().timestamp_queue("fermions")
    assert stamp(storage) == storage.clock.now().isoformat()


def test_a_last_queue_check_without_a_time_zone_is_in_utc(storage, backend):
    future = storage.clock.now() + timedelta(hours=3)
    content = {**json.loads(storage.read(CONFIG))}
    content["last_queue_check"] = future.replace(tzinfo=None).isoformat()
    storage.seed_files({CONFIG: json.dumps(content).encode()})
    storage.provider().timestamp_queue("fermions")
    assert datetime.fromisoformat(stamp(storage)) == future + timedelta(microseconds=1)


def test_a_broken_configuration_can_be_replaced(storage, backend, backend_config):
    storage.seed_files({CONFIG: b"{"})
    backend.upload_config(backend_config, "fermions")
    assert backend.get_config("fermions") == backend_config


def test_a_job_that_kills_its_workers_is_given_up(storage, backend):
    job_id = submit(backend)
    for n in range(2):
        worker = storage.provider(max_attempts=2)
        assert worker.get_next_job_in_queue("fermions").job_id == job_id
        assert json.loads(storage.read(f"{RUNNING}/claim-{job_id}.json"))["attempt"] == n + 1
        storage.wait(LEASE + 2)
        done = storage.provider(max_attempts=2).recover("fermions")
        assert done == [f"{'gave up' if n else 'requeued'} {job_id}"]
    check_at_rest(storage.files)
    assert jobs_in(storage.files)[job_id].places == ["Deleted_Jobs"]
    status = backend.get_status("fermions", "ada", job_id)
    assert (status.status, status.detail) == ("ERROR", "The job was given up.")


def test_a_late_result_completes_a_job_that_was_given_up(storage, backend):
    job_id = submit(backend)
    slow = storage.provider(max_attempts=1)
    assert slow.get_next_job_in_queue("fermions").job_id == job_id
    storage.wait(LEASE + 2)
    assert storage.provider(max_attempts=1).recover("fermions") == [f"gave up {job_id}"]
    end(slow, job_id)
    assert backend.recover("fermions") == []
    check_at_rest(storage.files)
    assert jobs_in(storage.files)[job_id].status == "DONE"


def test_the_claim_that_counts_attempts_is_deleted_when_its_job_is_gone(storage, backend):
    job_id = submit(backend)
    backend.get_next_job_in_queue("fermions")
    storage.wait(LEASE + 2)
    other = storage.provider()
    assert other.recover("fermions") == [f"requeued {job_id}"]
    assert other.recover("fermions") == []
    backend.delete_file("Backend_files/Queued_Jobs/fermions", f"job-{job_id}")
    assert other.recover("fermions") == [f"released {job_id}"]
    assert not any("claim-" in path for path in storage.files)


@pytest.mark.parametrize("status", ["DONE", "ERROR"])
@pytest.mark.parametrize("after", [True, False])
def test_a_job_is_completed_after_a_late_worker_dies_while_it_ends_the_requeued_job(
    storage, backend, status, after
):
    for at in range(5):
        job_id = submit(backend)
        late = storage.provider()
        assert late.get_next_job_in_queue("fermions").job_id == job_id
        storage.wait(LEASE + 2)
        assert storage.provider().recover("fermions") == [f"requeued {job_id}"]
        watch_changes(late.files, die_at=at, after=after)
        with suppress(Died):
            end(late, job_id, status)
        storage.provider().recover("fermions")
        check_at_rest(storage.files)
        drain(backend, status=status)
        check_at_rest(storage.files)
        assert jobs_in(storage.files)[job_id].status == status


def test_a_claim_without_an_attempt_number_counts_as_one_attempt(storage, backend):
    job_id = submit(backend)
    backend.get_next_job_in_queue("fermions")
    claim = f"{RUNNING}/claim-{job_id}.json"
    storage.seed_files({claim: b'{"worker": "old", "nonce": "x", "counter": 0}'})
    storage.wait(LEASE + 2)
    storage.provider().recover("fermions")
    assert json.loads(storage.read(claim))["attempt"] == 1
    assert drain(backend) == [job_id]
    check_at_rest(storage.files)


def test_a_lease_of_half_a_second_does_not_end_early(storage, backend):
    """Dropbox stores whole seconds only: from 10.9 to 11.1 s, one second passes for it."""
    worker = storage.provider(lease_seconds=0.5)
    storage.wait(0.9)
    job_id = submit(backend)
    assert worker.get_next_job_in_queue("fermions").job_id == job_id
    storage.wait(0.2)
    assert storage.provider(lease_seconds=0.5).recover("fermions") == []
    storage.wait(2)
    assert storage.provider(lease_seconds=0.5).recover("fermions") == [f"requeued {job_id}"]


def test_a_move_of_a_file_to_itself_is_refused(backend):
    with pytest.raises(FileNotFoundError):
        backend.move_file("a", "/a/", "one")
    backend.upload({"x": 1}, "a", "one")
    with pytest.raises(FileExistsError):
        backend.move_file("a", "/a/", "one")
    assert backend.get_file_content("a", "one") == {"x": 1}
