"""The contract of any job queue, which is used by its verbs only.

Several processes use the queue, and their calls are recorded; `dropspool.testing.histories` says
what a queue promises. At the end of each test another worker runs all jobs that are left, and each
job that was acknowledged must have ended once, with a result of one of its workers or in an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from dropspool.testing._contract_base import MOST_STEPS, QueuePart, on, requires
from dropspool.testing._faults import Died
from dropspool.testing._processes import ProcessQueue
from dropspool.testing._queue_machine import queue_machine
from dropspool.testing._trial import Process, Trial, attempt, noted
from dropspool.testing.bench import Bench
from fakedropbox import faults
from fakedropbox.simulate import Run, interleavings

MOST_POINTS = 5
"""The number of steps at which each of the `CROWDS` acts, unless the contract is thorough."""

REAL_PROCESSES = 2
"""The number of processes besides the one of the test."""

JOBS_OF_EACH = 25
"""The number of jobs that each real process submits."""

MOST_REQUESTS = 60
"""More requests than one verb should send while none of them is answered."""

REFUSALS: Mapping[str, Callable[[], faults.Fault]] = MappingProxyType(
    {
        "the server fails": partial(faults.server_error, "files/*", times=10**6),
        "the login is refused": partial(faults.revoked_token, "files/*", times=10**6),
        "no connection": partial(faults.connection_refused, "files/*", times=10**6),
    }
)
"""Faults that last until they are removed, by their descriptions."""


@dataclass
class Stage:
    """A queue with a waiting job, one that a worker has, and one that a worker lost.

    ``lost`` is None for a queue without leases or without a recovery.
    """

    trial: Trial
    user: Process
    holder: Process
    late: Process
    waiting: str
    held: str
    lost: str | None

    @classmethod
    def of(cls, trial: Trial) -> Stage:
        """Prepare the stage."""
        user, holder, late = (trial.process(name) for name in ("user", "holder", "late"))
        lost = None
        if trial.capabilities.leases and trial.capabilities.recovery:
            lost = user.submit()
            assert late.take() == lost
            trial.end_of_leases()
        held, waiting = user.submit(), user.submit("bob")
        assert holder.take() == held
        return cls(trial, user, holder, late, waiting, held, lost)


def _look(stage: Stage) -> None:
    stage.trial.process("reader").look(stage.held)


def _take(stage: Stage) -> None:
    worker = stage.trial.process("taker")
    job = worker.take()
    if job is not None:
        worker.renew(job)


def _run_all(stage: Stage) -> None:
    worker = stage.trial.process("runner")
    for _ in range(len(stage.trial.contents) + 1):
        job = worker.take()
        if job is None:
            return
        worker.finish(job)


@dataclass(frozen=True)
class Action:
    """An action on a `Stage`, and the process that acts; ``""`` for a new one."""

    by: str
    act: Callable[[Stage], object]


ACTIONS: Mapping[str, Action] = MappingProxyType(
    {
        "submit": Action("user", lambda stage: stage.user.submit()),
        "take": Action("", _take),
        "run all": Action("", _run_all),
        "look": Action("", _look),
        "renew": Action("holder", lambda stage: stage.holder.renew(stage.held)),
        "finish": Action("holder", lambda stage: stage.holder.finish(stage.held)),
        "fail": Action("holder", lambda stage: stage.holder.fail(stage.held)),
        "recover": Action("", lambda stage: stage.trial.process("healer").recover()),
        "finish late": Action("late", lambda stage: stage.late.finish(stage.lost or "")),
        "fail late": Action("late", lambda stage: stage.late.fail(stage.lost or "")),
        "renew late": Action("late", lambda stage: stage.late.renew(stage.lost or "")),
    }
)
"""The actions of processes on a `Stage`, by their names."""


LATER = "leases end"
"""The name of an action in which time passes until all leases have ended."""

CROWDS = (["recover", "take"], [LATER, "recover"], [LATER, "recover", "run all"])
"""Lists of actions of other processes, which are made in this order during each action."""


def _live(process: Process, victim: ProcessQueue | None = None) -> None:
    """Submit jobs and run them as other processes do; halfway, kill ``victim``, one of them."""
    with suppress(Died):
        for number in range(JOBS_OF_EACH):
            job = process.submit()
            process.look(job)
            taken = process.take()
            if victim is not None and number == JOBS_OF_EACH // 2:
                victim.kill()
            if taken is not None:
                process.finish(taken)
            process.look(job)


def _points(steps: Sequence[bool]) -> list[int]:
    """Return the numbers of some steps: of the changes, and of reads if there are few changes."""
    changes = [number for number, is_change in enumerate(steps) if is_change]
    reads = [number for number, is_change in enumerate(steps) if not is_change]
    chosen = _some(changes, MOST_POINTS)
    return sorted([*chosen, *_some(reads, MOST_POINTS - len(chosen))])


def _some(numbers: Sequence[int], most: int) -> list[int]:
    """Return at most ``most`` of the numbers, at equal distances."""
    count = min(most, len(numbers))
    return [numbers[len(numbers) * n // count] for n in range(count)]


class JobQueueContract(QueuePart):
    """The tests that every job queue must pass.

    A subclass defines `make_queue`, which returns the verbs of the queue (`JobQueue`), and
    `capabilities`. Tests of features that `capabilities` does not have are skipped.
    """

    # The life of a job

    def test_queue_life_of_a_job(self, bench: Bench) -> None:
        """A job waits, runs and is done, its user reads its result, and nobody else does."""
        trial = Trial(self, bench)
        user, worker = trial.process("user"), trial.process("worker")
        assert worker.take() is None
        job = user.submit()
        assert user.look(job) == ("waiting", None)
        assert worker.take() == job
        status, _ = user.look(job)
        assert status in ("waiting", "running"), f"a job that was taken is {status}"
        assert user.look(job, "bob") == ("missing", None)
        assert worker.finish(job)
        assert user.look(job) == ("done", trial.results[job][0])
        assert user.look(job, "bob") == ("missing", None)
        trial.settle()

    def test_queue_end_in_an_error(self, bench: Bench) -> None:
        """A job that a worker ends in an error has failed, and has no result."""
        trial = Trial(self, bench)
        user, worker = trial.process("user"), trial.process("worker")
        job = user.submit()
        assert worker.take() == job
        assert worker.fail(job)
        assert user.look(job) == ("failed", None)
        trial.settle()

    @pytest.mark.parametrize("ends", ["finish", "fail"])
    def test_queue_end_is_repeated(self, bench: Bench, ends: str) -> None:
        """A worker that received no answer ends the job again."""
        trial = Trial(self, bench)
        user, worker = trial.process("user"), trial.process("worker")
        job = user.submit()
        assert worker.take() == job
        for _ in range(2):
            getattr(worker, ends)(job)
            user.look(job)
        trial.settle()

    def test_queue_order(self, bench: Bench) -> None:
        """Two users submit jobs, and two workers take those of each user in their order."""
        trial = Trial(self, bench)
        users = [trial.process("user") for _ in range(2)]
        workers = [trial.process("worker") for _ in range(2)]
        ids = [users[n % 2].submit() for n in range(9)]
        assert {workers[n % 2].take() for n in range(9)} == {*ids}
        assert [worker.take() for worker in workers] == [None, None]
        trial.settle()

    # Leases

    @requires("leases", "recovery")
    @pytest.mark.parametrize("seconds", [0.25, 0.9])
    def test_queue_lease_holds_to_its_end(self, bench: Bench, seconds: float) -> None:
        """A lease does not end early, whatever fractions of a second its times have."""
        trial = Trial(self, bench)
        worker, other = trial.process("worker"), trial.process("other")
        job = trial.process("user").submit()
        bench.wait(seconds)
        assert worker.take() == job
        # A storage may keep whole seconds: then the lease seems up to a second older than it is.
        bench.wait(trial.lease - 0.75)
        other.recover()
        assert other.take() is None, "it was taken before its lease had ended"
        assert worker.renew(job)
        bench.wait(trial.lease - 0.1)
        other.recover()
        assert other.take() is None, "it was taken before its renewed lease had ended"
        assert worker.finish(job)
        trial.settle()

    @requires("leases", "recovery")
    @pytest.mark.parametrize("ends", ["finish", "fail"])
    def test_queue_job_of_a_dead_worker(self, bench: Bench, ends: str) -> None:
        """Another worker gets the job when the lease has ended; the first one has lost it."""
        trial = Trial(self, bench)
        late, other = trial.process("late", 10_000), trial.process("other", -10_000)
        job = trial.process("user").submit()
        assert late.take() == job
        other.recover()
        assert other.take() is None
        trial.end_of_leases()
        other.recover()
        assert other.take() == job, "it does not wait again though its lease has ended"
        assert not late.renew(job), "it was renewed by the worker that had lost it"
        is_stored = getattr(late, ends)(job)
        assert ends == "finish" or not is_stored, "its worker is told that a late error is stored"
        assert other.finish(job) or ends == "finish"
        trial.settle()

    # Crashes

    @on("dropbox", "folder")
    @requires("leases", "recovery")
    @pytest.mark.parametrize("action", [name for name in ACTIONS if name != "look"])
    def test_queue_process_may_die_at_any_change(self, action: str) -> None:
        """The queue keeps its promises if a process dies before any change of an action."""
        for changes in range(MOST_STEPS):
            with Bench() as bench:
                stage = Stage.of(Trial(self, bench))
                with noted(f"{action}; the process dies at change {changes + 1}"):
                    with bench.dying(changes):
                        lived = attempt(partial(ACTIONS[action].act, stage))
                    stage.trial.settle()
                if lived:
                    return
        raise AssertionError(f"{action}: more than {MOST_STEPS} changes")

    # Races

    @on("dropbox", "folder")
    @pytest.mark.parametrize("action", ACTIONS)
    def test_queue_others_act_at_any_step(self, action: str) -> None:
        """The queue keeps its promises if others act just before a step of an action.

        A step is a read or a change. Some of the steps are tried, or all of them if `thorough`.
        """
        able = [*ACTIONS]
        if not (self.capabilities.leases and self.capabilities.recovery):
            able = [name for name in able if "late" not in name and name != "recover"]
        if action not in able:
            pytest.skip("not among its capabilities: leases, recovery")
        # A process does not interrupt itself.
        by = ACTIONS[action].by
        able = [name for name in able if not by or ACTIONS[name].by != by]
        steps = self._steps(action)
        assert len(steps) < MOST_STEPS, f"{action}: more than {MOST_STEPS} steps"
        for crowd in CROWDS:
            others = [name for name in crowd if name in (*able, LATER)]
            for step in range(len(steps)) if self.thorough else _points(steps):
                self._interruption(action, others, step)
        # In random orders, in which each action occurs at most once.
        drawn = st.tuples(st.permutations([*able, LATER]), st.integers(1, 6))
        crowds = drawn.map(lambda crowd: [*crowd[0]][: crowd[1]])
        points = st.integers(0, len(steps) - 1)
        self._for_all(self._interruption, st.just(action), crowds, points, share=0.1)

    def _steps(self, action: str) -> Sequence[bool]:
        with Bench() as bench:
            stage = Stage.of(Trial(self, bench))
            with bench.interrupted(MOST_STEPS, lambda: None) as steps:
                ACTIONS[action].act(stage)
            return steps

    def _interruption(self, action: str, others: Sequence[str], step: int) -> None:
        """Let other processes act before one step of an action."""
        with Bench() as bench:
            stage = Stage.of(Trial(self, bench))
            left = [*others]

            def act() -> None:
                while left:
                    if left[0] == LATER:
                        stage.trial.end_of_leases()
                    else:
                        ACTIONS[left[0]].act(stage)
                    del left[0]

            with noted(f"{action}; before step {step + 1} of it: {', '.join(others)}"):
                with bench.interrupted(step, act):
                    ACTIONS[action].act(stage)
                act()  # those that have not acted, as one of them waited for a lock
                stage.trial.settle()

    @on("dropbox")
    @requires("leases", "recovery")
    def test_queue_workers_in_any_order_of_calls(self) -> None:
        """Two workers and a recovery call Dropbox in random orders, with at most one fault."""
        for max_faults in (0, 1):
            with Bench() as bench:
                trial = Trial(self, bench)
                user = trial.process("user")
                for _ in range(2):
                    user.submit()
                before = trial.state()
                trial.may_fail = partial(bool, max_faults)

                def work(trial: Trial = trial) -> None:
                    worker = trial.process("worker")
                    while job := worker.take():
                        worker.finish(job)

                def recover(trial: Trial = trial) -> None:
                    trial.process("healer").recover()

                def check(_: Run, trial: Trial = trial, before: object = before) -> None:
                    may_fail, trial.may_fail = trial.may_fail, partial(bool, 0)
                    trial.settle()
                    trial.resume(before)
                    trial.may_fail = may_fail

                interleavings(
                    [work, work, recover],
                    check=check,
                    service=bench.service,
                    seeds=range(self._examples),
                    max_faults=max_faults,
                )

    @on("folder")
    def test_queue_real_processes(self) -> None:
        """Processes of their own submit, run and look at the same time, and one is killed."""
        if not self.factory:
            pytest.skip("it has no factory that a process can import")
        with Bench() as bench, ExitStack() as stack:
            trial = Trial(self, bench)
            queues = [
                stack.enter_context(ProcessQueue(self.factory, str(bench.folder)))
                for _ in range(REAL_PROCESSES)
            ]
            own = trial.process("own")
            others = [trial.process_with(queue, "real") for queue in queues]
            with ThreadPoolExecutor(REAL_PROCESSES) as threads:
                runs = [threads.submit(_live, other) for other in others]
                _live(own, victim=queues[0])
            for run in runs:
                run.result()
            trial.settle()

    # Faults

    @on("dropbox")
    @pytest.mark.parametrize("fault", REFUSALS)
    @pytest.mark.parametrize("action", ACTIONS)
    def test_queue_lasting_fault_raises_an_error(
        self, bench: Bench, action: str, fault: str
    ) -> None:
        """A verb raises `OSError` if the storage never answers, after a limited number of calls.

        It neither takes the failure for an empty queue or a missing job, nor ends the process.
        """
        if not (self.capabilities.leases and self.capabilities.recovery) and (
            "late" in action or action == "recover"
        ):
            pytest.skip("not among its capabilities: leases, recovery")
        trial = Trial(self, bench, lambda: bench.service.faults.waiting)
        stage = Stage.of(trial)
        bench.service.faults.add(REFUSALS[fault]())
        before = len(bench.service.calls)
        was_answered = True
        try:
            ACTIONS[action].act(stage)
        except OSError:
            was_answered = False
        except SystemExit as error:
            raise AssertionError(f"{action}: {fault}, and the process ends") from error
        made = len(bench.service.calls) - before
        assert made <= MOST_REQUESTS, f"{action}: {fault}, and it sends {made} requests"
        assert not (was_answered and made), f"{action}: {fault}, and it answers nevertheless"
        trial.settle()

    # Histories

    @on("dropbox", "folder")
    @requires("leases", "recovery")
    def test_queue_any_history(self) -> None:
        """Users and workers act in any order; time passes, workers die, and the storage fails."""
        run_state_machine_as_test(queue_machine(self), settings=self._settings())
