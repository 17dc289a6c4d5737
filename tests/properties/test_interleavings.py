"""Tests of workers on one queue, in all or many orders of their calls to Dropbox.

No job may be lost, or claimed by two workers. The long tests run with
`pytest -m campaign tests/properties/test_interleavings.py -s`.
"""

import time
from functools import partial
from itertools import chain
from unittest.mock import patch

import pytest
from dropbox.files import WriteMode
from tests.support.storages import DropboxStorage

from dropspool.demo import CONFIG
from dropspool.testing.histories import RecordedProvider, check_queue
from dropspool.testing.kit import check_always, check_at_rest, jobs_in, result_of, status_of
from fakedropbox import FakeDropboxService
from fakedropbox.simulate import History, InterleavingFailed, SkewedClock, campaign, interleavings

pytestmark = pytest.mark.untraced

LEASE = 300
OVERWRITE = WriteMode.overwrite
SKEWS = (-40.0, 0.0, 95.0)
"""Seconds by which the workers' clocks are wrong."""


def service_with_jobs(jobs):
    """Return a service, the storage on it, and the ids of the waiting jobs."""
    service = FakeDropboxService(seed=6)
    storage = DropboxStorage(service, direct=True)
    user = storage.provider(clock=service.clock)
    user.upload_config(CONFIG, "fermions")
    with patch("secrets.randbelow", return_value=6):  # the same ids in each process
        ids = [user.upload_job({"n": n}, "fermions", "ada") for n in range(jobs)]
    for job_id in ids:
        user.upload_status("fermions", "ada", job_id)
    return service, storage, ids


def claiming_worker(storage, number, claims):
    """Return the function of a worker that claims ``claims`` jobs."""

    def take():
        clock = SkewedClock(storage.clock, skew=SKEWS[number], drift=number * 1e-4)
        provider = storage.provider(clock=clock, worker_id=f"worker {number}")
        return [provider.get_next_job_in_queue("fermions").job_id for _ in range(claims)]

    return take


def draining_worker(storage, number, history=None):
    """Return the function of a worker that claims and completes jobs until none is left."""

    def drain():
        clock = SkewedClock(storage.clock, skew=SKEWS[number], drift=number * 1e-4)
        provider = storage.provider(clock=clock, worker_id=f"worker {number}")
        if history is not None:
            provider = RecordedProvider(provider, history, str(number), storage.clock)
        ended = []
        while (job := provider.get_next_job_in_queue("fermions").job_id) != "None":
            provider.update_in_database(result_of(job), status_of(job), job, "fermions")
            ended.append(job)
        return ended

    return drain


def check_claims(storage, ids, run):
    """Check that the oldest jobs are claimed, in order, and each by only one worker."""
    assert run.errors == (None,) * len(run.errors)
    taken = [[job for job in jobs if job != "None"] for jobs in run.results]
    assert sorted(chain(*taken)) == ids[: sum(map(len, run.results))]
    assert taken == [sorted(jobs) for jobs in taken]
    assert [path[-len(ids[0]) - 5 : -5] for path in storage.files if "/claim-" in path] == ids[
        : sum(map(len, taken))
    ]
    check_always(storage.files)


def check_all_jobs_ended(storage, ids, run):
    assert run.errors == (None,) * len(run.errors)
    assert sorted(job for jobs in run.results for job in jobs) == ids
    for jobs in run.results:
        assert jobs == sorted(jobs)
    check_at_rest(storage.files)
    assert {job.status for job in jobs_in(storage.files).values()} == {"DONE"}


def explore(workers, jobs, claims=None, **options):
    """Run the workers in many orders of calls; each claims ``claims`` jobs, by default all."""
    service, storage, ids = service_with_jobs(jobs)
    if claims is None:
        made, check = [draining_worker(storage, n) for n in range(workers)], check_all_jobs_ended
    else:
        made, check = [claiming_worker(storage, n, claims) for n in range(workers)], check_claims
    report = interleavings(made, check=partial(check, storage, ids), service=service, **options)
    if "seeds" not in options:
        print(f"\n{workers} workers, {jobs} jobs, {claims or 'all'} claims each: {report}")
    return report


def test_two_workers_claim_one_job_each_in_every_order():
    every = explore(2, jobs=3, claims=1, reduce=False)
    merged = explore(2, jobs=3, claims=1, reduce="states")
    fewer = explore(2, jobs=3, claims=1)
    assert every.complete == every.schedules == merged.schedules > 100
    assert set(every.outcomes) == set(merged.outcomes) == set(fewer.outcomes)
    assert fewer.complete + fewer.given_up < every.complete / 3


def test_two_workers_compete_for_one_job_in_every_order():
    every = explore(2, jobs=1, claims=1, reduce=False)
    fewer = explore(2, jobs=1, claims=1)
    assert set(every.outcomes) == set(fewer.outcomes)
    assert any("None" in repr(outcome[0]) for outcome in every.outcomes)


def two_claims_each(seeds):
    return explore(2, jobs=5, claims=2, seeds=seeds)


def one_job(seeds):
    return explore(2, jobs=1, seeds=seeds)


def three_jobs(seeds):
    return explore(2, jobs=3, seeds=seeds)


def three_workers(seeds):
    return explore(3, jobs=4, seeds=seeds)


def test_two_workers_claim_two_jobs_each_in_some_orders():
    assert two_claims_each(range(60)).complete == 60


def test_two_workers_complete_one_job_in_some_orders():
    assert one_job(range(60)).complete == 60


def test_three_workers_complete_all_jobs_in_some_orders():
    assert three_workers(range(30)).complete == 30


@pytest.mark.campaign
def test_two_workers_claim_two_jobs_each_in_every_order():
    start = time.process_time()
    every = explore(2, jobs=5, claims=2, reduce="states")
    fewer = explore(2, jobs=5, claims=2)
    print(f"{time.process_time() - start:.0f} s of one core")
    assert every.schedules > 20_000
    assert set(every.outcomes) == set(fewer.outcomes)
    assert fewer.complete + fewer.given_up < every.schedules / 4


@pytest.mark.campaign
@pytest.mark.parametrize("workers", [one_job, three_jobs, three_workers])
def test_workers_complete_all_jobs_in_20000_random_orders(workers):
    """Check random orders, because all orders would be too many, even after reduction."""
    report = campaign(workers, range(20_000))
    assert report.complete == 20_000
    print(report)


def test_worker_that_loses_every_timestamp_race_still_claims_a_job():
    """One worker writes the configuration after each read of it by the other one."""
    service, storage, ids = service_with_jobs(1)

    def stamp_often():
        provider = storage.provider(worker_id="worker 1")
        for _ in range(6):
            provider.timestamp_queue("fermions")

    def check(run):
        assert run.results == ([ids[0]], None)

    interleavings(
        [claiming_worker(storage, 0, 1), stamp_often],
        check=check,
        service=service,
        schedule=", ".join(
            [
                "0 list_folder, 1 download",
                *["0 download, 1 upload, 0 upload"] * 5,
                "0 download, 0 upload, 0 move_v2, 1 upload",
            ]
        ),
    )


def test_histories_of_draining_workers_are_valid_for_a_queue():
    service, storage, ids = service_with_jobs(2)
    history = History()

    def check(run):
        check_queue(history, lease_seconds=LEASE, queued_before=ids)
        check_all_jobs_ended(storage, ids, run)
        history.clear()

    workers = [draining_worker(storage, number, history) for number in range(2)]
    interleavings(workers, check=check, service=service, seeds=range(30))


class CarelessProvider:
    """A provider that checks for a claim and then writes its own, without a condition."""

    def __init__(self, dbx):
        self._dbx = dbx

    def take(self):
        for entry in self._dbx.files_list_folder("/queue").entries:
            taken = [found.name for found in self._dbx.files_list_folder("/claims").entries]
            if entry.name not in taken:
                self._dbx.files_upload(b"", f"/claims/{entry.name}", mode=OVERWRITE)
                return entry.name
        return None


def test_claim_without_a_condition_is_detected():
    service = FakeDropboxService(files={"/queue/1": b"", "/queue/2": b"", "/claims/.keep": b""})

    def check(run):
        assert len(set(run.results)) == 2, run.results

    workers = [CarelessProvider(service.client()).take for _ in range(2)]
    with pytest.raises(InterleavingFailed) as found:
        interleavings(workers, check=check, service=service)
    print(f"\n{found.value}")
    assert len(found.value.schedule) == 6
