"""A trial of a queue: processes whose calls are recorded, and checks of what they did."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from dropspool.testing._faults import Died
from dropspool.testing.bench import Bench, QueueSubject
from dropspool.testing.histories import check_queue, recorded
from dropspool.testing.verbs import JobQueue
from fakedropbox.simulate import History, SkewedClock

ROUNDING = 2
"""The seconds by which a lease may last longer, because storages round times."""

_STATUS = {
    "waiting": "QUEUED",
    "running": "RUNNING",
    "done": "DONE",
    "failed": "ERROR",
    "missing": None,
}
"""The statuses in histories, by those of the verbs."""

EXAMPLE = "Example: "
"""The first word of the note of a failure that says what was done."""

Answer = TypeVar("Answer")


class Trial:
    """A queue under test, and what is known about its jobs.

    ``may_fail`` says whether a verb may raise `OSError` at the moment.
    """

    def __init__(
        self, subject: QueueSubject, bench: Bench, may_fail: Callable[[], bool] = lambda: False
    ) -> None:
        self.bench = bench
        self.subject = subject
        self.capabilities = subject.capabilities
        self.may_fail = may_fail
        self.history = History()
        self.users: dict[str, str] = {}
        self.contents: list[dict[str, Any]] = []
        self.known_contents: dict[str, Mapping[str, Any]] = {}
        self.results: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        self.failures: set[str] = set()
        self.seen: dict[str, Mapping[str, Any]] = {}
        self._processes = 0
        subject.prepare(bench)
        self.lease = subject.make_queue(bench, bench.clock).lease_seconds

    def process(self, name: str, skew: float = 0) -> Process:
        """Return a new process, whose clock is wrong by ``skew`` seconds."""
        clock = SkewedClock(self.bench.clock, skew=skew)
        return self.process_with(self.subject.make_queue(self.bench, clock), name)

    def process_with(self, queue: JobQueue, name: str) -> Process:
        """Return a new process that uses this queue."""
        self._processes += 1
        return Process(self, f"{name} {self._processes}", queue)

    def end_of_leases(self) -> None:
        """Wait until all leases have ended."""
        self.bench.wait(self.lease + ROUNDING)

    def check(self) -> None:
        """Check the promises of a queue in the history so far."""
        check_queue(self.history, lease_seconds=self.lease)

    def state(self) -> Any:
        """Return what is known about the jobs, for `resume` after a run of a simulation."""
        return copy.deepcopy(
            (
                self.history,
                self.users,
                self.contents,
                self.known_contents,
                self.results,
                self.failures,
                self.seen,
            )
        )

    def resume(self, state: Any) -> None:
        """Return to what was known about the jobs when `state` was called."""
        known = copy.deepcopy(state)
        self.history, self.users, self.contents, self.known_contents = known[:4]
        self.results, self.failures, self.seen = known[4:]

    def settle(self) -> None:
        """Let another worker end all jobs, without faults, and check the promises of the queue.

        If it has a recovery, each job must have ended once.
        """
        self.bench.service.faults.clear()
        if self.capabilities.leases:
            self.end_of_leases()
        healer = self.process("healer")
        if self.capabilities.recovery:
            healer.recover()
        for _ in range(len(self.contents) + 1):
            job = healer.take()
            if job is None:
                break
            healer.finish(job)
        else:
            raise AssertionError(f"more jobs are taken than the {len(self.contents)} submitted")
        if self.capabilities.recovery:
            healer.recover()
            assert healer.take() is None, "a second recovery still finds a job"
            for job in self.users:
                self._check_end(healer, job)
        self.check()

    def _check_end(self, process: Process, job: str) -> None:
        status, result = process.look(job)
        assert status in ("done", "failed"), f"{job} never ends: it is {status}"
        if status == "done":
            assert result in self.results[job], f"{job} has a result of nobody: {result}"
        else:
            may_fail = job in self.failures or self.capabilities.gives_up
            assert may_fail, f"{job} ended in an error that no worker reported"


class Process:
    """One process of a trial: a user, a worker, or both. ``jobs`` are those that it has taken."""

    def __init__(self, trial: Trial, name: str, queue: JobQueue) -> None:
        self.trial = trial
        self.name = name
        self.jobs: list[str] = []
        self._queue = queue
        self._call("start", {}, lambda: None, lambda _: None)

    def _call(
        self,
        call: str,
        asked: Mapping[str, Any],
        do: Callable[[], Answer],
        answer: Callable[[Answer], Any],
    ) -> Answer:
        trial = self.trial
        may_fail = trial.may_fail()
        try:
            return recorded(trial.history, trial.bench.clock, self.name, call, asked, do, answer)
        except OSError as error:
            if not (may_fail or trial.may_fail()):
                raise AssertionError(f"no fault was active, but {call} raised {error!r}") from error
            raise

    def submit(self, user: str = "ada") -> str:
        """Queue a job with content that no other job has."""
        content = {"n": len(self.trial.contents), "for": user}
        self.trial.contents.append(content)
        asked = {"queue": "queue", "user": user}
        job = self._call(
            "submit", asked, lambda: self._queue.submit(content, user), lambda job: {"job": job}
        )
        self.trial.users[job] = user
        self.trial.known_contents[job] = content
        return job

    def take(self) -> str | None:
        """Take the next job, and check that its content is what was submitted."""
        taken = self._call(
            "claim",
            {"queue": "queue"},
            self._queue.take,
            lambda taken: {"job": None if taken is None else taken.job},
        )
        if taken is None:
            return None
        job, content = taken
        known = self.trial.known_contents.get(job)
        possible = self.trial.contents if known is None else [known]
        assert dict(content) in possible, f"{job} has another content: {content}"
        self.jobs.append(job)
        return job

    def renew(self, job: str) -> bool:
        """Keep a job for another lease."""
        return self._call(
            "renew", {"job": job}, lambda: self._queue.renew(job), lambda held: {"held": held}
        )

    def finish(self, job: str) -> bool:
        """End a job with a result of this worker."""
        result = {"by": self.name, "end": len(self.trial.results[job])}
        self.trial.results[job].append(result)
        return self._end(job, "DONE", lambda: self._queue.finish(job, result))

    def fail(self, job: str) -> bool:
        """End a job in an error."""
        self.trial.failures.add(job)
        return self._end(job, "ERROR", lambda: self._queue.fail(job, "no atoms"))

    def _end(self, job: str, status: str, do: Callable[[], bool]) -> bool:
        asked = {"job": job, "status": status}
        stored = self._call("end", asked, do, lambda stored: {"stored": stored is not False})
        if job in self.jobs:
            self.jobs.remove(job)
        return stored

    def look(self, job: str, user: str | None = None) -> tuple[str, Mapping[str, Any] | None]:
        """Read the state of a job as its user, or as another user."""
        user = self.trial.users[job] if user is None else user
        state = self._call(
            "status",
            {"job": job, "user": user},
            lambda: self._queue.state(job, user),
            lambda state: {"status": _STATUS[state.status]},
        )
        if user != self.trial.users[job]:
            assert state.status == "missing", f"{user!r} sees {job}"
        if state.status == "done":
            assert state.result is not None, f"{job} is done without a result"
            first = self.trial.seen.setdefault(job, state.result)
            assert state.result == first, f"{job} had the result {first}, and now {state.result}"
        return state.status, None if state.result is None else dict(state.result)

    def recover(self) -> None:
        """Return the jobs of dead workers to the queue, or end them."""
        self._call("recover", {}, self._queue.recover, lambda _: None)


def attempt(act: Callable[[], object]) -> bool:
    """Return whether an action ended without an error of the storage or a simulated death."""
    try:
        act()
    except (Died, OSError):
        return False
    return True


@contextmanager
def noted(what: str) -> Iterator[None]:
    """Add a note to an error in the block that says what was being done."""
    try:
        yield
    except Exception as error:
        error.add_note(f"{EXAMPLE}{what}")
        raise
