"""Interleavings: workers run in every order of their calls, in random orders, or in one order."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from threading import TIMEOUT_MAX
from typing import Any, Literal

from fakedropbox._base.checks import expect
from fakedropbox._base.deprecation import renamed_arguments
from fakedropbox.clock import ManualClock
from fakedropbox.service import FakeDropboxService
from fakedropbox.simulate._again import calling, changed, name_of, source_of
from fakedropbox.simulate._engine import Engine, Run
from fakedropbox.simulate._explore import Explorer, Merging, Reducing
from fakedropbox.simulate._footprints import Relation, tells_apart_by_paths
from fakedropbox.simulate._schedules import AtRandom, Guide, Picks, Replay, Schedule, Step
from fakedropbox.simulate._watch import expect_functions, hold, refuse_unexpected
from fakedropbox.simulate._watchdog import guarded
from fakedropbox.simulate.errors import NothingToSimulate

Reduction = bool | Literal["states"]
Workers = Sequence[Callable[[], Any]]


@dataclass
class InterleavingReport:
    """The report on all schedules that were run.

    ``complete`` is the number of runs that came to their end, ``given_up`` the number of runs
    that were cut short because another run covers them. ``schedules`` is the number of
    schedules that are covered, which is greater if states were merged. ``outcomes`` has each
    outcome once, with the first schedule that led to it. Two reports of the same workers can
    be added.
    """

    complete: int = 0
    given_up: int = 0
    schedules: int = 0
    outcomes: dict[Hashable, Schedule] = field(default_factory=dict)

    def __add__(self, other: InterleavingReport) -> InterleavingReport:
        return InterleavingReport(
            self.complete + other.complete,
            self.given_up + other.given_up,
            self.schedules + other.schedules,
            {**other.outcomes, **self.outcomes},
        )

    def __str__(self) -> str:
        cut = f" and {self.given_up} cut short" if self.given_up else ""
        return (
            f"{self.schedules} schedules by {self.complete} runs{cut}: "
            f"{len(self.outcomes)} outcomes, no violation"
        )


class InterleavingFailed(AssertionError):
    """There is a violation after one schedule, which is ``schedule``.

    ``violation`` is what the check raised, or an unexpected error of a worker. ``script`` is the
    source of the call of `interleavings` that runs the schedule again: it can be pasted in place of
    the call that failed.
    """

    def __init__(self, violation: Exception, schedule: Schedule, script: str) -> None:
        super().__init__(violation, schedule, script)
        self.violation = violation
        self.schedule = schedule
        self.script = script

    def __reduce__(self) -> tuple[Any, ...]:
        violation = self.violation
        try:
            pickle.loads(pickle.dumps(violation))  # noqa: S301 -- bytes written just before
        except Exception:  # noqa: BLE001 -- pickling may raise anything
            violation = AssertionError(f"{type(violation).__name__}: {violation}")
        return type(self), (violation, self.schedule, self.script)

    def __str__(self) -> str:
        lines = [f"{type(self.violation).__name__}: {self.violation}", f"again: {self.script}"]
        return "\n\n".join(lines)


def outcome_of(run: Run) -> Hashable:
    """Return the default outcome of a run: results, errors, and all files.

    Results and errors are compared by their `repr`. They should not contain values that differ
    in each schedule, such as the text of a cursor.
    """
    results = tuple([repr(result) for result in run.results])
    errors = tuple([repr(error) for error in run.errors])
    return results, errors, tuple(sorted(run.service.files.items()))


@renamed_arguments(mishaps="max_faults", most_steps="max_steps", patience="timeout")
def interleavings(
    workers: Workers,
    *,
    check: Callable[[Run], object],
    service: FakeDropboxService,
    schedule: Schedule | Picks | str | Iterable[int | str | Step] | None = None,
    seeds: Iterable[int] | None = None,
    reduce: Reduction = True,
    max_faults: int = 0,
    outcome: Callable[[Run], Hashable] = outcome_of,
    max_steps: int = 10_000,
    timeout: float = 10.0,
) -> InterleavingReport:
    """Run functions as if each were a process, in every order of their service calls.

    The workers are ordinary functions without arguments. They use direct clients of the
    service, or SDK clients, which meanwhile reach this service, as under `activate`. Between
    two calls a worker runs alone. Every run begins with the service in its current state,
    which is restored at the end; a worker has to create everything else that it uses by
    itself. The clock advances only when all workers wait, either on the service's clock or
    in a pause of the SDK. `os.urandom`, `secrets` and `uuid` return the same values to each
    worker in each run, and so does the service: ids, revisions, tokens and jitter. Planned
    faults happen again in each run, to the first call that they match; make them ``optional``
    if they are verified afterwards.

    By default all schedules are run, except those that differ from another one only in the
    order of calls that do not depend on each other. For this to be correct, a worker must
    not read what other workers leave in the memory of this process.

    All workers run in one thread: an `RLock` that one worker holds does not keep out the
    others, and only one worker may run an `asyncio` event loop. Only one simulation runs at
    a time; simulations in other threads wait for its end.

    Args:
        workers: at least one.
        check: takes the `Run`; it fails by raising an `Exception` or returning False. If a
            worker raises a `DropboxException` or `OSError`, that is an outcome; any other
            error is a violation.
        service: a service with a `ManualClock`.
        schedule: the only schedule to run: one that was printed, or `Picks` that Hypothesis
            drew.
        seeds: run one random schedule for each seed.
        reduce: False runs every schedule. ``"states"`` covers every schedule, but ends a run
            as soon as it is in a state that an earlier run has reached; the check must not
            use the history then. If the service's personality makes listings lag or shuffles
            them, no schedule is skipped.
        max_faults: the greatest number of faults to try in one schedule, besides those that are
            planned for the service. Each happens to a call that writes: a crash before or after
            the call took effect, a 5xx response after it, or a lost reply.
        outcome: takes the `Run` and returns what is kept in the report's ``outcomes``.
        max_steps: the greatest number of steps in a schedule; a longer one is an error.
        timeout: the greatest number of seconds, in real time, that a worker may run without
            a call.

    Returns:
        The report, if every check passed.

    Raises:
        InterleavingFailed: the check failed, or a worker raised an unexpected error; the error has
            the schedule.
        NothingToSimulate: no worker called the service.
        NotDeterministic: a worker did not make the same calls as before in the same situation.
        ScheduleMismatch: the schedule was made for another version of the workers.
        SimulationError: a schedule does not end, a worker made a call in another thread, changed
            the service's clock or kept making calls after its crash, or the service is in
            another simulation.
        WorkerBlocked: a worker waits for something other than the service.
    """
    _check_arguments(workers, service, reduce, max_faults, max_steps, timeout)
    expect_functions(check=check, outcome=outcome)
    expect("seeds", seeds, Iterable, type(None))
    if schedule is not None and seeds is not None:
        raise ValueError("schedule, seeds: expected one of them, got both")
    engine = Engine(service, workers, max_faults, max_steps)
    place = calling()

    def body() -> InterleavingReport:
        if schedule is not None:
            return _run_each(engine, [_guide(schedule)], judge)
        if seeds is not None:
            return _run_each(engine, map(AtRandom, seeds), judge)
        return _explore(engine, judge, reduce)

    def judge(report: InterleavingReport, run: Run) -> None:
        report.complete += 1
        try:
            refuse_unexpected(*run.errors)
            if run.history:
                hold(check, run)
        except Exception as violation:
            names = ", ".join(map(name_of, workers))
            more = f", max_faults={max_faults}" if max_faults else ""
            without = {} if seeds is None else {"seeds": None}
            more += "".join(f", {name}={value}" for name, value in without.items())
            named = f"interleavings([{names}], check={name_of(check)}, service=service{more})"
            script = changed(source_of(place, named), **without, schedule=str(run.schedule))
            raise InterleavingFailed(violation, run.schedule, script) from violation
        if not run.history:
            raise NothingToSimulate("workers: expected calls of the service, saw none at all")
        report.outcomes.setdefault(outcome(run), run.schedule)

    with engine.installed():
        return guarded(engine, body, timeout)


def _check_arguments(
    workers: Workers,
    service: FakeDropboxService,
    reduce: Reduction,
    max_faults: int,
    max_steps: int,
    timeout: float,
) -> None:
    expect("workers", workers, Sequence)
    if not workers or not all(map(callable, workers)):
        raise ValueError(f"workers: expected functions, at least one, got {workers!r}")
    expect("service", service, FakeDropboxService)
    expect("service.clock", service.clock, ManualClock)
    for name, number, least in (("max_faults", max_faults, 0), ("max_steps", max_steps, 1)):
        expect(name, number, int)
        if number < least:
            raise ValueError(f"{name}: expected at least {least}, got {number!r}")
    if reduce not in (True, False, "states"):
        raise ValueError(f"reduce: expected True, False or 'states', got {reduce!r}")
    expect("timeout", timeout, int, float)
    if not 0 < timeout <= TIMEOUT_MAX:
        raise ValueError(
            f"timeout: expected a number of seconds above 0 and at most {TIMEOUT_MAX:.0f}, "
            f"got {timeout!r}"
        )


def _guide(schedule: Schedule | Picks | str | Iterable[int | str | Step]) -> Guide:
    if isinstance(schedule, Picks):
        return schedule.guide()
    return Replay(Schedule.parse(schedule))


Judge = Callable[[InterleavingReport, Run], None]


def _run_each(engine: Engine, guides: Iterable[Guide], judge: Judge) -> InterleavingReport:
    report = InterleavingReport()
    for guide in guides:
        run = engine.run(guide)
        assert run is not None, "these guides never give up"
        if isinstance(guide, Replay):
            guide.finish()
        judge(report, run)
        report.schedules += 1
    if not report.schedules:
        raise ValueError("seeds: expected at least one, got none")
    return report


def _explore(engine: Engine, judge: Judge, reduce: Reduction) -> InterleavingReport:
    relation = Relation()
    if not tells_apart_by_paths(engine.service.gate.world.personality):
        reduce = False
    while True:
        report = InterleavingReport()
        explorer = _explorer(engine, relation, reduce)
        for run in explorer.runs():
            judge(report, run)
        if not explorer.unsound:
            report.given_up, report.schedules = explorer.given_up, explorer.schedules
            return report
        relation.grown = False
        if reduce == "states":
            reduce = False


def _explorer(engine: Engine, relation: Relation, reduce: Reduction) -> Explorer:
    if reduce == "states":
        return Merging(engine)
    return Reducing(engine, relation) if reduce else Explorer(engine)
