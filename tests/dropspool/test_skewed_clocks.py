"""Tests of providers with a wrong clock: new job ids have its time, but leases hold."""

from datetime import timedelta

from tests.support.queues import LEASE
from tests.support.storages import DropboxStorage

from dropspool.demo import CONFIG
from dropspool.testing.kit import submit
from dropspool.worker import run
from fakedropbox import FakeDropboxService
from fakedropbox.simulate import SkewedClock, interleavings

SKEW, DRIFT = -3600, 0.5


def test_each_job_runs_once_although_one_of_two_workers_has_a_wrong_clock():
    service = FakeDropboxService()
    storage = DropboxStorage(service, direct=True)
    user = storage.provider()
    user.upload_config(CONFIG, "fermions")
    ids = [submit(user, n=n) for n in range(2)]

    def worker(number, **wrong):
        def work():
            clock = SkewedClock(service.clock, **wrong)
            provider = storage.provider(clock=clock, worker_id=f"worker {number}")
            # A wait makes its request in a thread of its own, which a schedule cannot order.
            provider.wait_for_jobs = lambda *_: None
            started = []

            def execute(job):
                started.append(clock.now() - service.clock.now())
                clock.sleep(LEASE)  # a fast clock waits less than LEASE
                return []

            run(provider, {"fermions": execute}, clock=clock, poll=1, max_idle=30)
            return started

        return work

    def check(run):
        assert run.errors == (None, None)
        right, wrong = run.results
        assert len(right) + len(wrong) == len(ids)  # no job ran twice
        assert set(right) <= {timedelta()}
        for ahead in wrong:
            assert timedelta(seconds=SKEW) <= ahead < timedelta(seconds=SKEW + LEASE)
        for job_id in ids:
            assert user.get_status("fermions", "ada", job_id).status == "DONE"

    workers = [worker(0), worker(1, skew=SKEW, drift=DRIFT)]
    report = interleavings(workers, check=check, service=service, seeds=range(20))
    assert report.complete == 20


def test_job_ids_have_the_time_of_the_clock_of_the_provider():
    service = FakeDropboxService()
    storage = DropboxStorage(service, direct=True)
    clock = SkewedClock(service.clock, skew=86400)
    wrong, right = storage.provider(clock=clock), storage.provider()
    right.upload_config(CONFIG, "fermions")
    tomorrow = clock.now().strftime("%Y%m%d")
    assert tomorrow != service.clock.now().strftime("%Y%m%d")
    assert submit(wrong).startswith(tomorrow)
    assert not submit(right).startswith(tomorrow)
