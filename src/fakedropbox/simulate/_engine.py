"""An engine that runs unmodified functions as greenlets, which switch at each service call.

One call is one step: it is made without a switch, under the service's lock, and then its worker
runs on to its next call. No greenlet switches while it holds the lock. The clock advances only
when all workers wait.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple, NoReturn

from fakedropbox._api.registry import IMPLEMENTED
from fakedropbox._base.extras import missing_extra
from fakedropbox._facts import ROUTES
from fakedropbox.calls import Call
from fakedropbox.clock import SECOND, ManualClock
from fakedropbox.faults import Next
from fakedropbox.service import FakeDropboxService
from fakedropbox.simulate._lanes import Lanes
from fakedropbox.simulate._schedules import Choice, Guide, Moment, Schedule, Step
from fakedropbox.simulate._watch import (
    MOST_CALLS_AFTER_DEATH,
    Process,
    Watch,
    keeps_calling,
    label_of,
)
from fakedropbox.simulate.call_faults import CALL_FAULTS, FaultName
from fakedropbox.simulate.errors import SimulatedCrash, SimulationError
from fakedropbox.simulate.histories import History

try:
    from greenlet import GreenletExit, getcurrent, greenlet
except ImportError as error:
    raise missing_extra("interleavings", error, "simulate") from error

_UNDYING: list[greenlet] = []
"""Greenlets that catch every exception that should end them.

They are never released: the garbage collector would let such a greenlet run once more.
"""


class Run(NamedTuple):
    """One complete run of all workers, which is given to the check.

    ``service`` has the files after the run, and ``schedule`` the order of the calls. ``results``
    has what each worker returned, None if it did not return; ``errors`` has what each one raised,
    None if it did not raise. ``history`` has their calls.
    """

    service: FakeDropboxService
    schedule: Schedule
    results: tuple[Any, ...]
    errors: tuple[BaseException | None, ...]
    history: History


class Worker(Process):
    """One function, which waits for its next call (``call``), sleeps (``wakes``) or has ended.

    ``wakes`` is in microseconds of the service's clock; at the end both are None.
    """

    def __init__(self, number: int, function: Callable[[], Any]) -> None:
        super().__init__(str(number))
        self.number = number
        self.function = function
        self.greenlet: greenlet
        self.plainly = Choice(number)
        self.begin()

    def begin(self) -> None:
        """Reset the worker for a new run."""
        self.crashed = False
        self.death = None
        self.calls = self.calls_after_death = 0
        self._call: Call | None = None
        self._label: str | None = None
        self.making: Call | None = None
        self.wakes: int | None = None
        self.result: Any = None
        self.error: BaseException | None = None

    @property
    def call(self) -> Call | None:
        """The call that it is about to make."""
        return self._call

    @call.setter
    def call(self, call: Call | None) -> None:
        self._call = call
        self._label = None  # made only when `about` is read

    @property
    def about(self) -> str:
        """The worker's next call, or its state, as one line."""
        if self.call is not None:
            if self._label is None:
                self._label = label_of(self.call)
            return self._label
        if self.wakes is not None:
            return "asleep"
        return "crashed" if self.crashed else "ended"


class Engine(Watch):
    """The workers of one scenario, and their runs, which are all made in one thread.

    ``steps`` is the number of steps made in all runs; ``abandoned`` means that the caller has
    stopped waiting for the thread.
    """

    def __init__(
        self,
        service: FakeDropboxService,
        functions: Sequence[Callable[[], Any]],
        max_faults: int,
        max_steps: int,
    ) -> None:
        super().__init__(service)
        self.clock: ManualClock = service.clock  # type: ignore[assignment]  # checked before
        self.workers = [Worker(number, function) for number, function in enumerate(functions)]
        self.lanes = Lanes(service.gate.world, self.entropy)
        self.steps = 0
        self.abandoned = False
        self._max_faults = max_faults
        self._max_steps = max_steps
        self._hub: greenlet
        self._thread: int | None = None

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Reserve the service for this simulation, and restore its state at the end.

        Raises:
            SimulationError: the service is in another simulation.
        """
        with super().installed(), self.lanes.installed():
            self.context = contextvars.copy_context()
            self.clock.sleeper = self._sleep
            try:
                yield
            finally:
                self.clock.sleeper = None

    @contextmanager
    def greenlets(self) -> Iterator[None]:
        """Make one greenlet for each worker in this thread, for any number of runs."""
        self._hub = getcurrent()
        self._thread = threading.get_ident()
        for worker in self.workers:
            worker.greenlet = greenlet(partial(self._live, worker))
            # A new greenlet has an empty context; it needs the caller's context variables.
            worker.greenlet.gr_context = self.context.copy()
        try:
            yield
        finally:
            for worker in self.workers:
                if not worker.greenlet.dead and worker.greenlet not in _UNDYING:
                    worker.greenlet.throw(GreenletExit)

    def run(self, guide: Guide) -> Run | None:
        """Run all workers to their ends, and return the run; None if the guide ended it early."""
        self.service.restore(self.begin)
        self.lanes.begin()
        self.history = History()
        for worker in self.workers:
            worker.begin()
        for worker in self.workers:
            self._go_on(worker)
        taken: list[Step] = []
        try:
            finished = self._steps(guide, taken)
        finally:
            self._end_all()
        self.check_failure()
        if not finished:
            return None
        return Run(
            self.service,
            Schedule(taken),
            tuple([worker.result for worker in self.workers]),
            tuple([worker.error for worker in self.workers]),
            self.history,
        )

    def _steps(self, guide: Guide, taken: list[Step]) -> bool:
        faults_left = self._max_faults
        workers = self.workers
        last = 0
        while True:
            ready = [worker for worker in workers if worker.call is not None]
            if not ready:
                if not self._let_time_pass():
                    return True
                continue
            choices = [worker.plainly for worker in ready]
            if faults_left:
                choices.extend(
                    Choice(worker.number, fault)
                    for worker in ready
                    if worker.making is None and _writes(worker.call)
                    for fault in CALL_FAULTS
                )
            choice = guide.choose(Moment(choices, workers, last, faults_left))
            if choice is None:
                return False
            last, fault = choice
            worker = workers[last]
            call = worker.call
            assert call is not None
            faults_left -= fault is not None
            taken.append(Step(last, call.name.rpartition("/")[2], fault))
            if len(taken) > self._max_steps:
                raise SimulationError(
                    f"max_steps: a schedule has not ended after {self._max_steps} steps; the "
                    f"last one was of worker {last}: {label_of(call)}"
                )
            self._go_on(worker, fault)

    def _go_on(self, worker: Worker, fault: FaultName | None = None) -> None:
        """Let a worker make its next call, and run on to the call after it."""
        if self.abandoned:
            raise SimulatedCrash("the simulation has been abandoned")
        self.steps += 1
        now = self.clock.micros
        worker.call = worker.wakes = None
        self.process = worker
        self.lanes.enter(worker.number)
        try:
            worker.greenlet.switch(fault)
        finally:
            self.process = None
            self.lanes.enter(None)
        if self.clock.micros != now:
            raise SimulationError(
                f"worker {worker.name}: expected it to leave the service's clock alone, but it "
                "changed the time; it may call the clock's sleep() instead"
            )

    def _let_time_pass(self) -> bool:
        """Advance to the earliest time at which a worker wakes; return False if none sleeps."""
        moments = [worker.wakes for worker in self.workers if worker.wakes is not None]
        if not moments:
            return False
        now = max(min(moments), self.clock.micros)
        self.clock.advance((now - self.clock.micros) / SECOND)
        for worker in self.workers:
            if worker.wakes is not None and worker.wakes <= now:
                self._go_on(worker)
        return True

    # From here on: code that runs inside the greenlets

    def _live(self, worker: Worker, _: object) -> None:
        while True:
            try:
                worker.result = worker.function()
            except (Exception, SimulatedCrash) as error:  # noqa: BLE001 -- judged by the caller
                worker.error = error
            # A `finally` block may have replaced the crash by a result or another error, which
            # no process that has really died could report.
            if worker.death is not None:
                worker.result, worker.error = None, worker.death
            worker.call = worker.wakes = None
            self._hub.switch()

    def make(self, process: Process, call: Call, call_next: Next) -> Any:
        """Wait until the guide chooses this call, and make it."""
        if threading.get_ident() != self._thread:
            self.fail(
                SimulationError(
                    f"{call.name}: called from a thread that worker {process.name} started; a "
                    "worker has to make its calls in the thread in which it is run"
                )
            )
        assert isinstance(process, Worker)
        number = self.invoked(process, call)
        fault = self._turn(process, call)
        process.making = call
        try:
            return self.perform(number, process, call, call_next, fault)
        finally:
            process.making = None

    def _turn(self, worker: Worker, call: Call) -> FaultName | None:
        worker.call = call
        fault: FaultName | None = self._hub.switch()
        if worker.crashed:
            self._refuse(worker, call)
        return fault

    def _sleep(self, seconds: float) -> None:
        worker = self.process
        if not isinstance(worker, Worker) or threading.get_ident() != self._thread:
            self.clock.advance(seconds)
            return
        if worker.crashed:
            raise SimulatedCrash("sleep: called by a process that has died")
        seen = len(self.history)
        worker.wakes = self.clock.micros + round(seconds * SECOND)
        self._hub.switch()
        if worker.crashed:
            raise SimulatedCrash("sleep: called by a process that has died")
        if worker.making is not None and not self._nothing_new(worker.making, seen):
            # The worker slept inside a call, as with `slow`; the rest of the call is another step.
            self._turn(worker, worker.making)

    def _nothing_new(self, call: Call, seen: int) -> bool:
        """Return whether a call that waits for changes cannot find any when it wakes.

        That is the case if no event has been added to the history since then, and all workers that
        wake now are in calls that wait for changes. Such a call needs no step of its own.
        """
        return (
            _waits(call)
            and len(self.history) == seen
            and all(
                other.making is not None and _waits(other.making)
                for other in self.workers
                if other.wakes is not None and other.wakes <= self.clock.micros
            )
        )

    def _end_all(self) -> None:
        """Crash all workers that have not ended, so that the next run can begin."""
        for worker in self.workers:
            while worker.call is not None or worker.wakes is not None:
                worker.crashed = True
                self._go_on(worker)

    def _refuse(self, process: Process, call: Call) -> NoReturn:
        if process.calls_after_death >= MOST_CALLS_AFTER_DEATH:
            _UNDYING.append(getcurrent())
            self._hub.throw(keeps_calling(process))
        super()._refuse(process, call)


def _writes(call: Call | None) -> bool:
    fact = None if call is None else ROUTES.get(call.name)
    return fact is not None and (fact.scope or "").endswith(".write")


def _waits(call: Call) -> bool:
    return call.name in IMPLEMENTED and IMPLEMENTED[call.name].waits
