"""The life cycle of a queue as a Hypothesis state machine, with crashes and faults.

    TestItsLife = lifecycle_machine(TestMyProvider()).TestCase

Users submit jobs, workers take and end them and die, clocks differ, time passes,
and Dropbox fails or answers late. A model in memory says which states are possible. At the
end there are no more faults, and each job must end exactly once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from dropspool import layout
from dropspool.providers.base import StorageProvider
from dropspool.testing._faults import Died
from dropspool.testing._model import (
    NUMBERS,
    PERSONALITIES,
    ROUNDING,
    USERS,
    ModelJob,
    Worker,
    passing_faults,
)
from dropspool.testing.bench import Bench, Subject
from dropspool.testing.kit import (
    BACKEND,
    ENDS,
    JobFiles,
    check_always,
    check_at_rest,
    config,
    drain,
    jobs_in,
    result_of,
    status_of,
)
from fakedropbox import Personality, faults
from fakedropbox.simulate import SkewedClock


class JobLifecycleMachine(RuleBasedStateMachine):
    """The state machine. A subclass sets ``subject``; see `lifecycle_machine`.

    ``personalities`` are the possible personalities of the fake Dropbox.
    """

    subject: ClassVar[Subject]
    personalities: ClassVar[Sequence[Personality]] = PERSONALITIES

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[str, ModelJob] = {}
        self._open = ExitStack()
        self._stamp = ""
        self._last_ids: dict[int, str] = {}

    @initialize(
        which=st.integers(0, 9),
        skews=st.lists(st.sampled_from([0, 7, -7, 10_000]), min_size=2, max_size=3),
        queued=st.integers(0, 2),
    )
    def begin(self, which: int, skews: list[float], queued: int) -> None:
        """Start with some users and as many workers, each with a clock of its own."""
        personality = self.personalities[which % len(self.personalities)]
        self.bench = self._open.enter_context(Bench(personality))
        self.lag = personality.lag_seconds
        self.skews = skews
        self.users = [self._provider(n) for n in range(len(skews))]
        self.workers = [Worker(self._provider(n)) for n in range(len(skews))]
        self.users[0].upload_config(config(), BACKEND)
        self.lease = self.users[0].lease_seconds
        for who in range(queued):
            self.submit(who, USERS[who])

    def _provider(self, number: int) -> StorageProvider:
        skew = self.skews[number % len(self.skews)]
        return self.subject.make_provider(self.bench, SkewedClock(self.bench.clock, skew=skew))

    # Actions of users

    @rule(who=NUMBERS, name=st.sampled_from(USERS))
    def submit(self, who: int, name: str) -> None:
        """Queue a job."""
        who %= len(self.users)
        content = {"n": len(self.jobs)}
        found = self._answer_of(lambda: self.users[who].upload_job(content, BACKEND, name))
        if found:
            job_id = found[0]
            assert job_id not in self.jobs, f"two jobs have the id {job_id}"
            assert job_id > self._last_ids.get(who, ""), f"{job_id} would be taken too early"
            self._last_ids[who] = job_id
            self.jobs[job_id] = ModelJob(content, name, self._now)
        else:
            for job_id in self._seen().keys() - self.jobs.keys():
                self.jobs[job_id] = ModelJob(content, name, self._now)

    @precondition(lambda self: self.jobs)
    @rule(who=NUMBERS, which=st.integers(0, 9))
    def upload_status(self, who: int, which: int) -> None:
        """Store the first status of a job, perhaps late."""
        job_id, job = self._pick(which)
        provider = self.users[who % len(self.users)]
        found = self._answer_of(lambda: provider.upload_status(BACKEND, job.user, job_id))
        if found and not job.reported and job.takes == 0:
            assert found[0].status == "INITIALIZING", f"{job_id}: {found[0]}"

    @precondition(lambda self: self.jobs)
    @rule(who=NUMBERS, which=st.integers(0, 9), name=st.sampled_from(USERS))
    def look(self, who: int, which: int, name: str) -> None:
        """Read the status and the result of a job, as its user or as another user."""
        job_id, job = self._pick(which)
        provider = self.users[who % len(self.users)]
        found = self._answer_of(
            lambda: (
                provider.get_status(BACKEND, name, job_id),
                provider.get_result(BACKEND, name, job_id),
            )
        )
        if found:
            status, result = found[0]
            if name != job.user:
                assert "Missing" in status.error_message, f"{name} sees the status of {job_id}"
                assert not result.success, f"{name} sees the result of {job_id}"
            elif status.status == "DONE":
                assert result.success, f"{job_id} is DONE and has no result"

    # Actions of workers

    def _able(self, *, busy: bool) -> list[Worker]:
        return [worker for worker in self.workers if bool(worker.job_id) == busy]

    def _worker(self, who: int, *, busy: bool) -> Worker:
        able = self._able(busy=busy)
        return able[who % len(able)]

    @precondition(lambda self: self._able(busy=False))
    @rule(who=NUMBERS)
    def take(self, who: int) -> None:
        """Take the next job."""
        self._take(self._worker(who, busy=False))

    def _take(self, worker: Worker) -> None:
        provider, start = worker.provider, self._now
        waiting = sorted(i for i, job in self.jobs.items() if job.place == "Queued_Jobs")
        found = self._answer_of(lambda: provider.get_next_job_in_queue(BACKEND).job_id)
        if not found:
            for job_id in waiting:
                self._unsure(self.jobs[job_id])
                self.jobs[job_id].takes += 1
            self._observe()
            return
        taken = found[0]
        earlier = [
            i
            for i in waiting
            if self._is_seen(self.jobs[i], start) and (taken == "None" or i < taken)
        ]
        assert not earlier, f"{earlier[0]} waits, but the next job is {taken}"
        if taken != "None":
            assert taken in waiting, f"{taken} is taken, but does not wait"
            job = self.jobs[taken]
            assert self._now >= job.held_until, f"{taken} is taken while another has it"
            job.place, job.holder, job.held_until = "Running_Jobs", worker, start + self.lease
            job.takes += 1
            self._unsure(job)
            worker.job_id = taken

    @precondition(lambda self: self._able(busy=True))
    @rule(who=NUMBERS, status=st.sampled_from(["DONE", "DONE", "ERROR"]))
    def end(self, who: int, status: str) -> None:
        """End a job, perhaps too late."""
        self._end(self._worker(who, busy=True), status)

    def _end(self, worker: Worker, status: str) -> None:
        provider, job_id = worker.provider, worker.job_id
        assert job_id
        job = self.jobs[job_id]
        if status == "DONE" or (job.holder is worker and job.place == "Running_Jobs"):
            job.reported.add(status)
        # A worker that has lost the job cannot end it in an error. A reported error without a
        # result stays, even if the worker that stored it got no answer and now sends DONE.
        has_lost = job.holder is not worker or self._now >= job.held_until
        may_change_nothing = (has_lost and status == "ERROR") or job.place == "Deleted_Jobs"
        message = status_of(job_id, status)
        result = result_of(job_id, by=self.workers.index(worker), takes=job.takes)
        found = self._answer_of(
            lambda: provider.update_in_database(result, message, job_id, BACKEND)
        )
        if found:
            worker.job_id = None
            if job.holder is worker:
                job.held_until = 0
            self._observe()
            places = [ENDS[status]] if status == "DONE" or not job.result else [*ENDS.values()]
            assert may_change_nothing or job.place in places, (
                f"{job_id} has ended with {status} but is in {job.place}"
            )
        else:
            self._unsure(job)
            self._observe()

    @precondition(lambda self: self._able(busy=True))
    @rule(who=NUMBERS)
    def report(self, who: int) -> None:
        """Store a status that says that the job is being run."""
        worker = self._worker(who, busy=True)
        provider, job_id = worker.provider, worker.job_id or ""
        message, result = status_of(job_id, "QUEUED", "runs"), result_of(job_id)
        self._answer_of(lambda: provider.update_in_database(result, message, job_id, BACKEND))

    @precondition(lambda self: self._able(busy=True))
    @rule(who=NUMBERS)
    def renew(self, who: int) -> None:
        """Renew the lease of a job."""
        self._renew(self._worker(who, busy=True))

    def _renew(self, worker: Worker) -> None:
        provider, job_id, start = worker.provider, worker.job_id or "", self._now
        job = self.jobs[job_id]
        found = self._answer_of(lambda: provider.renew(job_id, BACKEND))
        if found and found[0]:
            assert job.holder is worker, f"{job_id} is renewed by a worker that lost it"
            job.held_until = start + self.lease
        elif found:
            is_own = job.holder is worker and job.place == "Running_Jobs"
            assert not is_own or self._now >= job.held_until, (
                f"{job_id} is lost before its lease ends"
            )
        self._unsure(job)

    @rule(who=NUMBERS)
    def recover(self, who: int) -> None:
        """Recover the jobs that other workers left."""
        self._recover(self.workers[who % len(self.workers)])

    def _recover(self, worker: Worker) -> None:
        provider, start = worker.provider, self._now
        before = {job_id: job.place for job_id, job in self.jobs.items()}
        found = self._answer_of(lambda: provider.recover(BACKEND))
        self._observe()
        for job_id, job in self.jobs.items():
            if before[job_id] == "Running_Jobs" and self._now < job.held_until:
                assert job.place == "Running_Jobs", f"{job_id} is taken from the worker that has it"
            if not found:
                self._unsure(job)
            elif start >= job.freed_at:
                assert job.place != "Running_Jobs", f"{job_id} is running without a worker"
                job.is_free = True

    # Events

    @rule(
        who=NUMBERS,
        changes=st.sampled_from([0, 1, 2, 3, 9]),
        status=st.sampled_from(["DONE", "ERROR"]),
        step=st.sampled_from(["end", "end", "renew", "recover"]),
    )
    def crash(self, who: int, changes: int, status: str, step: str) -> None:
        """Let a worker die in the middle of a call or right after it, and start another one."""
        number = who % len(self.workers)
        worker = self.workers[number]
        with self.bench.dying(changes):
            if step == "recover":
                self._recover(worker)
            elif worker.job_id is None:
                self._take(worker)
            elif step == "renew":
                self._renew(worker)
            else:
                self._end(worker, status)
        self.workers[number] = Worker(self._provider(number))

    @rule(seconds=st.sampled_from([1, 100, 299, 310]))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.bench.wait(seconds)

    @precondition(lambda self: self.subject.capabilities.storage == "dropbox")
    @rule(fault=passing_faults())
    def go_wrong(self, fault: faults.Fault) -> None:
        """Add a fault to the next requests of one route, unless one is planned there already."""
        plan = self.bench.service.faults
        # One fault that repeats is easier to read in an example than several.
        if not any(left and planned.route == fault.route for planned, left in plan.planned()):
            plan.add(fault)

    # Invariants and the end

    @invariant()
    def all_is_well(self) -> None:
        """Check that no job is lost or in two folders, and that no acknowledged change is lost."""
        if hasattr(self, "bench"):
            self._observe()

    def teardown(self) -> None:
        """Remove the faults and let each job end."""
        with self._open:
            if self.jobs:
                self.drain()

    def drain(self) -> None:
        """Run all waiting jobs, without faults."""
        self.bench.service.faults.clear()
        self.bench.wait(self.lease + ROUNDING)
        healer = self._provider(0)
        healer.recover(BACKEND)
        self.bench.wait(self.lag)
        left = check_at_rest(self._files, self.jobs)
        waiting = sorted(i for i in self.jobs if left[i].places == ["Queued_Jobs"])
        found = drain(healer, at_most=len(waiting) + 1)
        assert found == waiting, f"{waiting} waited, but {found} were run"
        self.bench.wait(self.lag)
        assert healer.recover(BACKEND) == [], "a second recovery still finds something to repair"
        for job_id, job in check_at_rest(self._files, self.jobs).items():
            assert job.places != ["Queued_Jobs"], f"{job_id} never ends"

    @property
    def _now(self) -> float:
        return self.bench.clock.time()

    @property
    def _files(self) -> Any:
        return self.subject.files(self.bench)

    def _seen(self) -> dict[str, JobFiles]:
        return jobs_in(self._files)

    def _pick(self, which: int) -> tuple[str, ModelJob]:
        return [*self.jobs.items()][which % len(self.jobs)]

    def _answer_of(self, act: Callable[[], Any]) -> list[Any]:
        """Return the answer in a list; the list is empty if a fault or a death prevented it."""
        may_fail = any(self.bench.service.faults.left())
        try:
            return [act()]
        except Died:
            return []
        except OSError as error:
            if not may_fail:
                raise AssertionError(
                    f"no fault was active, but the provider raised {error!r}"
                ) from error
            return []

    def _is_seen(self, job: ModelJob, moment: float) -> bool:
        """Return whether a look at the queue must find a job, because no worker can have it."""
        return job.is_free and moment - job.since >= self.lag

    def _unsure(self, job: ModelJob) -> None:
        """Note that some worker may have a job, from now on for one lease."""
        job.freed_at = self._now + self.lease + ROUNDING
        job.is_free = False

    def _observe(self) -> None:
        """Compare all files with the states that are possible after the calls so far."""
        files = self._files
        seen = check_always(files, self.jobs)
        strange = seen.keys() - self.jobs.keys()
        assert not strange, f"nobody submitted {strange}"
        for job_id, job in self.jobs.items():
            job.compare(job_id, seen[job_id], self._now, self.users[0].max_attempts)
        stamp = json.loads(files[layout.config_path(BACKEND)]).get("last_queue_check") or ""
        assert stamp >= self._stamp, f"last_queue_check went from {self._stamp} to {stamp}"
        self._stamp = stamp


def lifecycle_machine(
    subject: Subject, personalities: Sequence[Personality] = PERSONALITIES
) -> type[JobLifecycleMachine]:
    """Return the state machine for a subject, such as an instance of a contract class."""
    return type(
        f"{type(subject).__name__}Life",
        (JobLifecycleMachine,),
        {"subject": subject, "personalities": tuple(personalities)},
    )
