"""Tests of many jobs with several workers and many faults: jobs are claimed in order and end once.

`pytest -m campaign tests/dropspool` runs them with more jobs, which takes minutes.
"""

import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from functools import partial
from pathlib import Path

import pytest
from tests.support.project import SRC
from tests.support.storages import DropboxStorage, FolderStorage

from dropspool import ExperimentDict
from dropspool.testing.kit import check_at_rest, jobs_in
from dropspool.worker import jobs
from fakedropbox import FakeDropboxService, faults

SEED = 20261124

# In a real folder, leases end by the system clock, so they are short to keep the test short.
WORKER = """
    import sys, time
    from dropspool import LocalLoginInformation, LocalProvider
    from dropspool.worker import run

    base, log, lease = sys.argv[1:]

    def execute(job):
        time.sleep(job["seconds"])
        return [{"header": job, "shots": 1, "success": True, "data": {"memory": []}}]

    provider = LocalProvider(LocalLoginInformation(base_path=base), lease_seconds=float(lease))
    take = provider._claims.take

    def log_and_take(job):
        with open(log, "a") as file:
            file.write(f"\\n{time.time_ns()} {job.job_id} ")
        return take(job)

    provider._claims.take = log_and_take
    run(provider, {"fermions": execute}, poll=0.05, max_idle=3 * float(lease))
"""


def check_all_done(storage, ids):
    """Check that each job is done and has its own result."""
    found = jobs_in(storage.files)
    assert sorted(found) == ids
    assert {job.status for job in found.values()} == {"DONE"}
    for n, job_id in enumerate(ids):
        assert json.loads(found[job_id].result)["results"][0]["header"]["n"] == n


class Worker:
    """A worker process on a folder, with a log of the claims that it attempts."""

    def __init__(self, folder, script, lease):
        self._command = [sys.executable, str(script), str(folder.base), str(script) + ".log", lease]
        self.log = Path(str(script) + ".log")
        self.start()

    def start(self):
        self.process = subprocess.Popen(  # noqa: S603 -- this very interpreter
            self._command, env={**os.environ, "PYTHONPATH": str(SRC)}, stderr=subprocess.PIPE
        )

    def wait_for_work(self):
        """Wait until the process attempts its next claim."""
        size = self.log.stat().st_size if self.log.exists() else 0
        for _ in range(3000):
            if self.log.exists() and self.log.stat().st_size > size:
                return
            assert self.process.poll() is None, "the worker ended before its last kill"
            time.sleep(0.01)
        raise AssertionError("the worker attempted no claim within 30 seconds")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def wait(self, seconds):
        _, errors = self.process.communicate(timeout=seconds)
        assert (self.process.returncode, errors) == (0, b"")


@pytest.mark.parametrize(
    ("number", "seconds", "kills"),
    [(40, 0.2, 3), pytest.param(500, 0.07, 20, marks=pytest.mark.campaign)],
)
def test_all_jobs_are_claimed_in_order_and_end_although_a_process_is_killed(
    tmp_path, backend_config, number, seconds, kills
):
    chance = random.Random(SEED)  # noqa: S311 -- the same in each run
    (tmp_path / "jobs").mkdir()
    folder = FolderStorage(tmp_path / "jobs")
    provider = folder.provider()
    provider.upload_config(backend_config, "fermions")
    ids = []
    for n in range(number):
        content = {"n": n, "seconds": chance.uniform(0, seconds)}
        ids.append(provider.upload_job(content, "fermions", "ada"))
    scripts = [tmp_path / name for name in ("first.py", "second.py")]
    for script in scripts:
        script.write_text(textwrap.dedent(WORKER))
    lease = "1"
    first, second = (Worker(folder, script, lease) for script in scripts)
    try:
        for _ in range(kills):
            first.wait_for_work()
            time.sleep(chance.uniform(0, 2 * seconds))
            first.kill()
            first.start()
        for worker in (first, second):
            worker.wait(300)
    finally:
        for worker in (first, second):
            worker.kill()

    provider.recover("fermions")
    check_at_rest(folder.files)
    check_all_done(folder, ids)
    # The first attempts to claim each job, of both workers together, are in the order of the jobs.
    attempts = [
        line.split() for worker in (first, second) for line in worker.log.read_text().splitlines()
    ]
    complete = sorted((int(line[0]), line[1]) for line in attempts if len(line) == 2)
    assert [*dict.fromkeys(job_id for _, job_id in complete)] == ids


def random_fault(chance, ids):
    """Return a temporary fault in calls for one job; it may outlast the retries of a provider."""
    route = chance.choice(["files/upload", "files/move_v2", "files/download", "files/delete_v2"])
    kind = chance.choice(
        [
            faults.lost_reply,
            faults.corrupt_reply,
            faults.connection_refused,
            faults.rate_limit,
            partial(faults.server_error, when="after"),
            partial(faults.server_error, when="before"),
            partial(faults.slow, seconds=chance.uniform(0, 60)),
        ]
    )
    times = chance.choice([1, 1, 1, 2, 5, 7])
    return kind(route, times=times, path=f"*{chance.choice(ids)}*", optional=True)


@pytest.mark.untraced
@pytest.mark.parametrize(
    ("number", "faults"),
    [(60, 40), pytest.param(500, 400, marks=pytest.mark.campaign)],
)
def test_eight_threads_end_all_jobs_on_one_faulty_service(backend_config, number, faults):
    chance = random.Random(SEED)  # noqa: S311 -- the same in each run
    service = FakeDropboxService(seed=SEED)
    storage = DropboxStorage(service)
    ended, failures = [], []
    with service.activate():
        provider = storage.provider()
        provider.upload_config(backend_config, "fermions")
        ids = [provider.upload_job({"n": n}, "fermions", "ada") for n in range(number)]
        service.faults.script([random_fault(chance, ids) for _ in range(faults)])

        def execute(job):
            return [ExperimentDict(header=job, shots=1, success=True, data={"memory": []})]

        def work(seed):
            chance = random.Random(seed)  # noqa: S311 -- the same in each run
            try:
                ended.extend(
                    jobs(
                        storage.provider(),
                        {"fermions": execute},
                        clock=service.clock,
                        max_idle=5,
                        chance=chance,
                    )
                )
            except BaseException as error:
                failures.append(error)
                raise

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        # A job that a worker could not end because of the faults is recovered after its lease.
        service.faults.clear()
        storage.wait(301)
        last = jobs(storage.provider(), {"fermions": execute}, clock=service.clock, max_idle=0)
        ended.extend(last)
        check_at_rest(storage.files)
    check_all_done(storage, ids)
    assert sorted(set(ended)) == ids
    for route, field, kind in (
        ("files/move_v2", "to_path", "/Finished_Jobs/"),
        ("files/upload", "path", "/Result/"),
    ):
        calls = [call for call in service.calls if (call.route, call.outcome) == (route, "ok")]
        ends = [getattr(call.arg, field) for call in calls if kind in getattr(call.arg, field)]
        assert len(ends) == len(set(ends))
    claims = [call.arg.path for call in service.calls if "claim-" in getattr(call.arg, "path", "")]
    assert [path[-len(ids[0]) - 5 : -5] for path in dict.fromkeys(claims)] == ids
