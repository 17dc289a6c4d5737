"""Tests of a worker without jobs: one longpoll for all backends, few requests, a quick end."""

import random
import signal
import threading
import time
from collections import Counter
from datetime import datetime, timedelta, timezone

import pytest
from tests.support.queues import LEASE
from tests.support.storages import DOORS, FolderStorage, make_storage
from tests.support.workers import execute, work

from dropspool import AccessRefused, ConnectionLost, SystemClock
from dropspool._worker.waiting import Waiting
from dropspool.testing.kit import check_at_rest, submit, take
from dropspool.worker import Stop, run

HOUR = 3600


@pytest.fixture(params=DOORS)
def storage(request):
    """A Dropbox through the SDK or directly."""
    return make_storage(request.param, request)


class TickingClock:
    """A clock on which a second passes between two readings."""

    time = datetime(2026, 1, 1, tzinfo=timezone.utc)

    def now(self):
        self.time += timedelta(seconds=1)
        return self.time


def backends_of(storage, config, names, **options):
    """Return a provider with these backends."""
    provider = storage.provider(**options)
    for name in names:
        provider.upload_config(config, name)
    return provider


def stop_after(storage, seconds):
    """Return a function that returns True after this many seconds of the storage's clock."""
    end = storage.clock.now() + timedelta(seconds=seconds)
    return lambda: storage.clock.now() >= end


class TestAnIdleHour:
    @pytest.mark.parametrize(
        ("names", "begin"), [(["fermions"], 0), (["a", "b"], 0), (["a", "b", "c", "d", "e"], 600)]
    )
    def test_an_idle_hour_costs_at_most_130_requests(self, storage, backend_config, names, begin):
        """Regression: an idle hour cost 3,627 listings and 3,614 uploads."""
        provider = backends_of(storage, backend_config, names)
        has_begun, has_ended = stop_after(storage, begin), stop_after(storage, begin + HOUR)

        def stop():
            if calls and has_begun():
                storage.service.calls.clear()
                calls.clear()
            return has_ended()

        calls = ["those before the hour begins"]
        work(storage, provider, dict.fromkeys(names, execute), max_idle=None, stop=stop)
        routes = Counter(call.route for call in storage.service.calls)
        assert sum(routes.values()) <= 130, routes
        assert 0 < routes["files/upload"] <= 60
        assert 0 < routes["files/list_folder/longpoll"] <= 40
        if len(names) < 4:
            stamps = [provider.get_config(name).last_queue_check for name in names]
            assert storage.clock.now() - min(stamps) <= timedelta(seconds=200)


class TestNewJobs:
    def test_a_new_job_ends_the_wait_of_a_worker(self, storage, backend_config):
        provider = backends_of(storage, backend_config, ["fermions", "bosons"])
        others = storage.provider()
        wait_for_jobs, ids, starts = provider.wait_for_jobs, [], []

        def submit_and_wait(*args):
            starts.append(storage.clock.now())
            if len(starts) in (3, 5):
                ids.append(submit(others))
            return wait_for_jobs(*args)

        provider.wait_for_jobs = submit_and_wait
        executors = {"fermions": execute, "bosons": execute}
        assert work(storage, provider, executors, max_idle=300) == ids
        assert len(ids) == 2
        assert starts[3] - starts[2] < timedelta(seconds=10)
        check_at_rest(storage.files)

    def test_the_job_of_a_worker_that_died_is_found(self, storage, backend_config):
        worker = backends_of(storage, backend_config, ["fermions", "bosons"])
        job_id = submit(worker)
        assert take(storage.provider()) == job_id
        executors = {"fermions": execute, "bosons": execute}
        assert work(storage, worker, executors, max_idle=3 * LEASE) == [job_id]

    def test_the_queue_is_read_again_if_a_listing_does_not_yet_show_the_reported_job(
        self, storage, backend_config
    ):
        provider = backends_of(storage, backend_config, ["fermions"])
        take_next, ids, answers = provider.get_next_job_in_queue, [], []

        def answer(*_):
            storage.clock.advance(90)
            answers.append(frozenset({"fermions"} if not answers else ()))
            return answers[-1]

        def lag(name):
            if len(answers) == 1 and not ids:
                found = take_next(name)  # finds nothing: the job appears just afterwards
                ids.append(submit(provider))
                return found
            return take_next(name)

        provider.wait_for_jobs, provider.get_next_job_in_queue = answer, lag
        assert work(storage, provider, max_idle=300) == ids
        assert len(ids) == 1

    def test_a_backend_that_was_unavailable_is_checked_again(self, storage, backend_config):
        provider = backends_of(storage, backend_config, ["fermions"])
        whole = storage.read("/Backend_files/Config/fermions/config.json")
        events, waits = [], []

        def wait(*_):
            storage.clock.advance(30)
            waits.append(len(events))
            if len(waits) == 2:
                provider.delete_file("Backend_files/Config/fermions", "config")
            if len(waits) == 4:
                storage.seed_files({"/Backend_files/Config/fermions/config.json": whole})
                submit(provider)
            return frozenset({"fermions"})

        provider.wait_for_jobs = wait
        work(storage, provider, max_idle=200, on_event=events.append)
        kinds = [event.kind for event in events]
        assert kinds == ["started", "unavailable", "available", "taken", "done", "stopped"]

    @pytest.mark.parametrize("error", [ConnectionLost("away"), AccessRefused("no"), OSError("no")])
    def test_the_queue_is_polled_if_waiting_for_jobs_fails(self, storage, backend_config, error):
        provider = backends_of(storage, backend_config, ["fermions"])
        ids = []

        def fail(*_):
            ids.append(submit(provider))
            raise error

        provider.wait_for_jobs = fail
        assert work(storage, provider, max_idle=1, stop=lambda: len(ids) > 5) == ids[:5]


class TestStopping:
    @pytest.fixture
    def local(self, tmp_path, backend_config):
        """A provider in a folder whose `wait_for_jobs` returns only when the test ends."""
        storage = FolderStorage(tmp_path)
        provider = storage.provider()
        provider.upload_config(backend_config, "fermions")
        released = threading.Event()
        provider.wait_for_jobs = lambda *_: released.wait(60) and frozenset()
        yield provider
        released.set()

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_signal_ends_the_wait_within_a_second(self, local, number):
        wait_for_jobs, asked = local.wait_for_jobs, []

        def ask_to_stop(*args):
            asked.append(time.monotonic())
            signal.raise_signal(number)
            return wait_for_jobs(*args)

        local.wait_for_jobs = ask_to_stop
        with Stop() as stop:
            run(local, {"fermions": execute}, clock=stop, stop=stop)
        assert time.monotonic() - asked[0] < 1

    def test_a_longpoll_that_is_not_answered_is_continued_by_the_next_wait(self, local):
        """With a new longpoll for each wait, there would be one more for each retry of a job."""
        wait_for_jobs, asked = local.wait_for_jobs, []

        def count(*args):
            asked.append(args)
            return wait_for_jobs(*args)

        local.wait_for_jobs = count
        chance = random.Random(0)  # noqa: S311
        waiting = Waiting(local, ["fermions"], SystemClock(), 1, lambda: False, chance)
        assert waiting.wait(0) == waiting.wait(0) == frozenset()
        assert len(asked) == 1

    def test_a_wait_lasts_its_full_time_if_the_longpoll_is_not_answered(self, local, monkeypatch):
        monkeypatch.setattr("dropspool._worker.waiting._SLICE", 0.001)
        clock, chance = TickingClock(), random.Random(0)  # noqa: S311
        start = clock.now()
        waiting = Waiting(local, ["fermions"], clock, 1, lambda: False, chance)
        assert waiting.wait(30) == frozenset()
        assert clock.now() - start >= timedelta(seconds=30)
