"""An engine that runs unmodified functions as greenlets, which switch at each service call.

One call is one step: it is made without a switch, under the service's lock, and then its worker
runs on to its next call. A call that sleeps, such as a longpoll, lets others run meanwhile, and its
rest may be another step. No greenlet switches while it holds the lock. The clock advances only when
all workers wait.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, NamedTuple, NoReturn

from fakedropbox._api.registry import IMPLEMENTED
from fakedropbox._base.extras import missing_extra
from fakedropbox._base.undo import UndoLog
from fakedropbox._core.gate import Argument
from fakedropbox._facts import ROUTES
from fakedropbox._files.blobs import Content
from fakedropbox.calls import Call, Door
from fakedropbox.clock import SECOND, ManualClock
from fakedropbox.faults import Next
from fakedropbox.service import FakeDropboxService
from fakedropbox.simulate._lanes import Lanes
from fakedropbox.simulate._prefixes import (
    Checkpoint,
    Guarded,
    KnownCall,
    Played,
    Prefix,
    admitted,
    ended,
    is_direct,
    played,
)
from fakedropbox.simulate._schedules import Choice, Guide, Moment, Schedule, Step
from fakedropbox.simulate._watch import (
    MOST_CALLS_AFTER_DEATH,
    Process,
    Watch,
    keeps_calling,
    label_of,
    paths_by_field,
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
    """One function, which is about to make a call (``call``), sleeps (``wakes``) or has ended.

    ``wakes`` is in microseconds of the service's clock; at the end both are None. ``paths`` are
    those in the argument of its last call.
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
        self.call: Call | None = None
        self.paths: dict[str, str] = {}
        self._labelled: Call | None = None
        self._label = ""
        self.making: Call | None = None
        self.wakes: int | None = None
        self.result: Any = None
        self.error: BaseException | None = None

    @property
    def about(self) -> str:
        """The worker's next call, or its state, as one line."""
        if self.call is not None:
            if self._labelled is not self.call:
                self._labelled, self._label = self.call, label_of(self.call)
            return self._label
        if self.wakes is not None:
            return "asleep"
        return "crashed" if self.crashed else "ended"


class Engine(Watch):
    """The workers of one scenario, and their runs, which are all made in one thread.

    ``steps`` is how often a worker has run on, in all runs; ``abandoned`` means that the caller has
    stopped waiting for the thread. ``keeps_prefixes`` means that runs are prepared for `run_on`.
    ``played`` is the last step, None if its answer cannot be given again.
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
        self.keeps_prefixes = False
        self.played: Played | None = None
        self._undo: UndoLog = service.gate.world.files.undo
        self._known = False
        """True while all steps of the run can be part of a `Prefix`."""

        self._prefix: Prefix | None = None
        self._given: Played | None = None
        self._lost = False
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
        self._prefix = None
        is_plain = not (self.service.gate.is_observed or self.service.faults.planned())
        self._known = self.keeps_prefixes and is_plain
        if self._known:
            self._chance = self.service.gate.world.chance.state()
            self._login = self.service.login
            self._calls = self.service.calls.state()
            self._began = self.clock.micros
            self._position = self._undo.position
        self._begin()
        for worker in self.workers:
            self._go_on(worker)
        return self._finish(guide, [])

    def run_on(self, guide: Guide, prefix: Prefix) -> Run | None:
        """Run all workers to their ends, with the known answers to the calls of a prefix.

        Return the run; None if the guide ended it early. If ``keeps_prefixes`` is False afterwards,
        it was not possible, and `run` has to be used.
        """
        world = self.service.gate.world
        world.chance.resume(self._chance)
        # As at the beginning of each run: prefixes are only used if no fault was planned there.
        self.service.faults.clear()
        self.service.login = self._login
        self.service.calls.resume(self._calls)
        self.clock.resume(prefix.checkpoint.clock)
        self._prefix, self._lost, self._known = prefix, False, False
        self._begin()
        guarded: dict[str, Any] = {
            name: Guarded(getattr(world, name), self._look) for name in _OF_THE_CALLS
        }
        with self.service.gate.replaced(self._answer, world._replace(**guarded)):
            for worker in self.workers:
                self._go_on(worker)
            for step in prefix.played:
                self._given = step
                if not self._lost:
                    self._go_on(self.workers[step.step.worker])
            if self._lost:
                self.keeps_prefixes = False
                self._end_all()
                return None
        self.service.restore(prefix.checkpoint.snapshot)
        self.lanes.resume(prefix.checkpoint.lanes)
        self._known, self._position = True, self._undo.position
        return self._finish(guide, [each.step for each in prefix.played])

    def checkpoint(self) -> Checkpoint | None:
        """Return the present state, from which `run_on` can go on; None if no run could do so."""
        self._known = self._known and (
            self._now == self._began
            and all(worker.wakes is None for worker in self.workers)
            and all(is_direct(worker.call) for worker in self.workers if worker.call is not None)
            # Each request was admitted, so that it became a call of a worker.
            and len(self.service.calls) - self._calls.total
            == sum(each.calls for each in self.workers)
        )
        if not self._known:
            return None
        waiting = tuple(
            [
                None if worker.call is None else KnownCall(worker.call, worker.paths)
                for worker in self.workers
            ]
        )
        return Checkpoint(self.service.snapshot(), self.lanes.state(), self.clock.state(), waiting)

    def time(self) -> float:
        """Return the time in seconds since 1970, which no worker can change."""
        return self._now / SECOND

    def _begin(self) -> None:
        self._now = self.clock.micros
        self.lanes.begin()
        self.history = History()
        for worker in self.workers:
            worker.begin()

    def _finish(self, guide: Guide, taken: list[Step]) -> Run | None:
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
        last = taken[-1].worker if taken else 0
        while True:
            choices = [worker.plainly for worker in workers if worker.call is not None]
            if not choices:
                if not self._let_time_pass():
                    return True
                continue
            if faults_left:
                choices.extend(
                    Choice(worker.number, fault)
                    for worker in workers
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
            taken.append(_step(last, call.name, fault))
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
        worker.call = worker.wakes = None
        self.process = worker
        self.lanes.enter(worker.number)
        try:
            worker.greenlet.switch(fault)
        finally:
            self.process = None
        if self._known and (self._position != self._undo.position or self.service.faults.planned()):
            self._known = False  # the worker has changed something by means other than a call
        if self.clock.micros != self._now:
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
        self._now = self.clock.micros
        for worker in self.workers:
            if worker.wakes is not None and worker.wakes <= now:
                self._go_on(worker)
        return True

    # Code that runs inside the greenlets, except `_end_all`

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
        process.paths = paths_by_field(call.arg)
        number = self.invoked(process, call.name, process.paths)
        fault = self._turn(process, call)
        return self._carry_out(process, number, fault, call_next, call)

    def _carry_out(
        self, worker: Worker, number: int, fault: FaultName | None, call_next: Next, call: Call
    ) -> Any:
        worker.making, reply, self.played = call, None, None
        drawn = call.world.chance.state() if self._known else {}
        try:
            reply = self.perform(number, worker, call, call_next, fault)
        finally:
            worker.making = None
            if self._known:
                if fault is None:
                    step = _step(worker.number, call.name)
                    request = KnownCall(call, worker.paths)
                    self.played = played(step, request, reply, worker.made.error, drawn)
                self._known, self._position = self.played is not None, self._undo.position
        return reply

    def _answer(self, name: str, argument: Argument, content: Content | None, door: Door) -> Any:
        """Give a call of a prefix its known answer; make the call if the prefix ends before it."""
        worker = self.process
        if not isinstance(worker, Worker) or threading.get_ident() != self._thread:
            self._lost = True  # when the worker runs again, its call is refused
            raise SimulatedCrash(f"{name}: called from another thread")
        arg = argument()
        assert self._prefix is not None
        request = self._prefix.request(worker.number, worker.calls)
        if worker.crashed or request is None or (request.call.name, "direct") != (name, door):
            self._lose()
        call = request.call
        worker.paths = paths_by_field(arg)
        if worker.paths != request.paths:
            self._lose()
        record = self.service.calls.open(name, door)
        admitted(record, arg, content, call)
        number = self.invoked(worker, name, worker.paths)
        if request is self._prefix.checkpoint.waiting[worker.number]:
            call = call._replace(arg=arg, content=content, record=record)
            fault = self._turn(worker, call)
            carry_out = partial(self._carry_out, worker, number, fault, self.call_next)
            return self.service.gate.go_on(call, carry_out)
        self._turn(worker, call)
        given = self._given
        assert given is not None
        if given.chance is not None:
            call.world.chance.resume(given.chance)
        ended(record, call)
        self.history.end(number, self.time(), "ok" if given.error is None else "fail")
        return given.answer()

    def _look(self) -> None:
        """Give up the prefix if a worker looks at the service by means other than a call."""
        if threading.get_ident() == self._thread and getcurrent() is not self._hub:
            self._lose()

    def _lose(self) -> NoReturn:
        """Give up the prefix, and crash the worker.

        Raises:
            SimulatedCrash: always.
        """
        worker = self.process
        assert isinstance(worker, Worker)
        self._lost = True
        if worker.crashed:
            worker.calls_after_death += 1
            self._note_call_after_death(worker)
        else:
            worker.wakes = self.clock.micros  # so that `_end_all` ends it
            self._hub.switch()
        raise SimulatedCrash("the calls of a prefix are made again")

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
        self.lanes.enter(None)

    def _refuse(self, process: Process, call: Call) -> NoReturn:
        self._note_call_after_death(process)
        super()._refuse(process, call)

    def _note_call_after_death(self, process: Process) -> None:
        if process.calls_after_death >= MOST_CALLS_AFTER_DEATH:
            _UNDYING.append(getcurrent())
            self._hub.throw(keeps_calling(process))


_OF_THE_CALLS = ("files", "contacts", "photos", "team_log", "web")
"""The stores of a world that the calls of a prefix may have changed."""


@cache  # of one step for each worker, route and fault
def _step(worker: int, name: str, fault: FaultName | None = None) -> Step:
    return Step(worker, name.rpartition("/")[2], fault)


def _writes(call: Call | None) -> bool:
    fact = None if call is None else ROUTES.get(call.name)
    return fact is not None and (fact.scope or "").endswith(".write")


def _waits(call: Call) -> bool:
    return call.name in IMPLEMENTED and IMPLEMENTED[call.name].waits
