"""The life of any job queue as a Hypothesis state machine, by the verbs of the queue.

    TestItsLife = queue_machine(TestMyQueue()).TestCase

Users submit jobs and look at them, workers take, renew and end them, die in the middle of a call,
and others recover; time passes, and Dropbox fails. All calls are recorded, and at the end the
history must keep the promises of `dropspool.testing.histories`, and each job must have ended once.
"""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import ClassVar, Literal

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from dropspool.testing._model import NUMBERS, USERS, passing_faults
from dropspool.testing._trial import Process, Trial, attempt
from dropspool.testing.bench import Bench, QueueSubject
from fakedropbox import faults


class JobQueueMachine(RuleBasedStateMachine):
    """The state machine. A subclass sets ``subject``; see `queue_machine`."""

    subject: ClassVar[QueueSubject]

    def __init__(self) -> None:
        super().__init__()
        self._open = ExitStack()

    @initialize(skew=st.sampled_from([0, 7, -10_000]), queued=st.integers(0, 2))
    def begin(self, skew: float, queued: int) -> None:
        """Start with two users and two workers; the clock of the second of each may be wrong."""
        self.bench = self._open.enter_context(Bench())
        plan = self.bench.service.faults
        self.trial = Trial(self.subject, self.bench, lambda: plan.waiting)
        self.skews = [0, skew]
        self.users = [self.trial.process("user", each) for each in self.skews]
        self.workers = [self.trial.process("worker", each) for each in self.skews]
        for _ in range(queued):
            self.users[0].submit()

    def _busy(self) -> list[Process]:
        return [worker for worker in self.workers if worker.jobs]

    def _one_busy(self, who: int) -> tuple[Process, str]:
        busy = self._busy()
        worker = busy[who % len(busy)]
        return worker, worker.jobs[0]

    @rule(who=NUMBERS, user=st.sampled_from(USERS))
    def submit(self, who: int, user: str) -> None:
        """Queue a job."""
        attempt(partial(self.users[who % 2].submit, user))

    @precondition(lambda self: self.trial.users)
    @rule(who=NUMBERS, which=st.integers(0, 9), own=st.booleans())
    def look(self, who: int, which: int, own: bool) -> None:
        """Read the state of a job as its user, or as another user."""
        job = [*self.trial.users][which % len(self.trial.users)]
        attempt(partial(self.users[who % 2].look, job, None if own else "eve"))

    @rule(who=NUMBERS)
    def take(self, who: int) -> None:
        """Take the next job."""
        attempt(self.workers[who % 2].take)

    @precondition(lambda self: self._busy())
    @rule(who=NUMBERS)
    def renew(self, who: int) -> None:
        """Keep a job for another lease."""
        worker, job = self._one_busy(who)
        attempt(partial(worker.renew, job))

    @precondition(lambda self: self._busy())
    @rule(who=NUMBERS, end=st.sampled_from(["finish", "finish", "fail"]))
    def end(self, who: int, end: str) -> None:
        """End a job, perhaps too late."""
        worker, job = self._one_busy(who)
        attempt(partial(getattr(worker, end), job))

    @rule(who=NUMBERS)
    def recover(self, who: int) -> None:
        """Return the jobs of dead workers to the queue, or end them."""
        attempt(self.workers[who % 2].recover)

    @rule(
        who=NUMBERS,
        changes=st.integers(0, 6),
        verb=st.sampled_from(["take", "finish", "fail", "renew", "recover"]),
    )
    def crash(
        self, who: int, changes: int, verb: Literal["take", "finish", "fail", "renew", "recover"]
    ) -> None:
        """Let a worker die in the middle of a verb or right after it, and start another one."""
        worker = self.workers[who % 2]
        with self.bench.dying(changes):
            if verb in ("take", "recover") or not worker.jobs:
                attempt(worker.recover if verb == "recover" else worker.take)
            else:
                attempt(partial(getattr(worker, verb), worker.jobs[0]))
        self.workers[who % 2] = self.trial.process("worker", self.skews[who % 2])

    @rule(share=st.sampled_from([0.001, 0.3, 0.9985, 1.01]))
    def wait(self, share: float) -> None:
        """Let a part of a lease pass, or a little more than all of it."""
        self.bench.wait(share * self.trial.lease)

    @precondition(lambda self: self.subject.capabilities.storage == "dropbox")
    @rule(fault=passing_faults())
    def go_wrong(self, fault: faults.Fault) -> None:
        """Add a fault to the next requests of one route, unless one is planned there already."""
        plan = self.bench.service.faults
        # One fault that repeats is easier to read in an example than several.
        if not any(left and planned.route == fault.route for planned, left in plan.planned()):
            plan.add(fault)

    def teardown(self) -> None:
        """Let each job end, without faults."""
        with self._open:
            if hasattr(self, "trial"):
                self.trial.settle()


def queue_machine(subject: QueueSubject) -> type[JobQueueMachine]:
    """Return the state machine for a subject, such as an instance of a contract class."""
    return type(f"{type(subject).__name__}Life", (JobQueueMachine,), {"subject": subject})
