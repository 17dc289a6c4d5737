"""Crash points: each change that a scenario makes, with each way in which it can go wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

from fakedropbox._base.checks import expect
from fakedropbox.calls import Call
from fakedropbox.faults import Next
from fakedropbox.service import FakeDropboxService
from fakedropbox.simulate._again import calling, changed, name_of, source_of
from fakedropbox.simulate._causes import ANOTHER_ORDER, likely_causes
from fakedropbox.simulate._watch import (
    MOST_CALLS_AFTER_DEATH,
    Client,
    Process,
    Watch,
    expect_functions,
    hold,
    keeps_calling,
    label_of,
    paths_by_field,
    refuse_unexpected,
)
from fakedropbox.simulate.call_faults import CALL_FAULTS, FaultName
from fakedropbox.simulate.errors import NotDeterministic, NothingToSimulate, SimulatedCrash
from fakedropbox.simulate.histories import History

_UNDISTURBED = "0:none"


@dataclass(eq=False)
class CrashRun:
    """One run of a scenario and its recovery, which is given to the check.

    ``service`` has the files after the run, and ``history`` the calls. ``point`` is the name of
    the crash point, such as ``3:lost_reply``. ``result`` is what the scenario returned, None if it
    did not return; ``error`` is the exception that it raised, which may be a `SimulatedCrash`.
    ``recovered`` is what ``recover`` returned.
    """

    service: FakeDropboxService
    point: str
    history: History
    result: Any = None
    error: BaseException | None = None
    recovered: Any = None

    @property
    def ended(self) -> str:
        """The end of the scenario: ``returned``, ``crashed``, or ``raised`` and a type of error."""
        if self.error is None:
            return "returned"
        crashed = isinstance(self.error, SimulatedCrash)
        return "crashed" if crashed else f"raised {type(self.error).__name__}"


@dataclass(frozen=True)
class CrashPoint:
    """The outcome at one crash point.

    ``name`` is the number of the change, counted from 1, and the fault, such as
    ``3:lost_reply``. ``call`` is the route and the paths of the call that made the change.
    ``ended`` is as in `CrashRun`. ``violation`` is the exception of the check or of
    ``recover``, or an unexpected one of the scenario; None if there was none.
    """

    name: str
    call: str
    ended: str
    violation: Exception | None = None


@dataclass(frozen=True)
class CrashReport:
    """All crash points of a scenario, in order; the undisturbed run comes first.

    ``points`` are the points. ``scenario``, ``recover`` and ``check`` are the functions' names, and
    ``call`` is the source of the call of `crash_points`. ``str()`` returns a table with a line for
    each change and a column for each fault. A cell shows the error that the scenario raised.
    """

    points: tuple[CrashPoint, ...]
    scenario: str
    recover: str
    check: str
    call: str

    @property
    def violations(self) -> list[CrashPoint]:
        """The points with a violation."""
        return [point for point in self.points if point.violation is not None]

    def script(self, point: CrashPoint) -> str:
        """Return the source of the call that runs one point again and raises what the check raises.

        It can be pasted in place of the call that failed.
        """
        return changed(self.call, only=point.name)

    def __str__(self) -> str:
        rows = [("change", *CALL_FAULTS)]
        changes: dict[str, list[CrashPoint]] = {}
        for point in self.points:
            changes.setdefault(f"{point.name.partition(':')[0]} {point.call}", []).append(point)
        for change, points in changes.items():
            cells = {point.name.partition(":")[2]: _cell(point) for point in points}
            rows.append((change, *(cells.get(kind, cells.get("none", "")) for kind in CALL_FAULTS)))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        found = len(self.violations)
        lines.append(f"{len(self.points)} points, {found} violation{'s' * (found != 1)}")
        return "\n".join(lines)


def _cell(point: CrashPoint) -> str:
    raised = point.ended.removeprefix("raised ") if point.ended.startswith("raised ") else ""
    held = "held" if point.violation is None else "VIOLATED"
    return f"{held} ({raised})" if raised else held


class CrashPointsFailed(AssertionError):
    """There is a violation at one crash point or more; ``report`` has all points."""

    def __init__(self, report: CrashReport) -> None:
        super().__init__(report)
        self.report = report

    def __str__(self) -> str:
        first = self.report.violations[0]
        violation = first.violation
        return (
            f"{first.name} ({first.call}; the scenario {first.ended}): "
            f"{type(violation).__name__}: {violation}\n\n"
            f"again: {self.report.script(first)}\n\n{self.report}"
        )


def crash_points(
    scenario: Callable[[Any], Any],
    *,
    recover: Callable[[Any], Any] | None = None,
    check: Callable[[CrashRun], object],
    service: FakeDropboxService | None = None,
    client: Client = FakeDropboxService.client,
    only: str | None = None,
) -> CrashReport:
    """Run a scenario with each fault at each change that it makes, and check each outcome.

    The scenario runs once to count the calls that change something. Then it runs again for
    each of these calls and each fault:

    - ``crash_before``: the process dies before the call takes effect.
    - ``crash_after``: the process dies after the call took effect.
    - ``server_error``: a 5xx response after the call took effect; the SDK retries the call.
    - ``lost_reply``: the connection breaks after the call took effect; the process continues.

    After each run ``recover`` gets a new client, and then ``check`` is called. Every run
    begins with the service in its current state, which is restored at the end.

    Meanwhile all clients in the process use this service, as under `activate`;
    `service.login` is a new login for the scenario, and another one for the recovery.
    `os.urandom`, `secrets`, `uuid` and `random` return the same values in each run.

    Args:
        scenario: takes a client. If it raises a `DropboxException` or `OSError`, that is an
            outcome, except in the undisturbed run; any other error is a violation.
        recover: takes another client.
        check: takes the `CrashRun`; it fails by raising an `Exception` or returning False.
        service: a new service by default.
        client: makes a client from the service.
        only: the name of the single point to run, such as ``3:lost_reply``; an error of its
            check is raised unchanged.

    Returns:
        The report, if every check passed.

    Raises:
        CrashPointsFailed: there is a violation at one point or more: the check or ``recover``
            failed, or the scenario raised an unexpected error.
        NothingToSimulate: the scenario changed nothing.
        NotDeterministic: the scenario did not make the same calls as in the undisturbed run.
        SimulationError: the scenario keeps making calls after its crash, or the service is in
            another simulation.
        ValueError: there is no point with the name ``only``.
    """
    expect_functions(scenario=scenario, check=check, client=client)
    if recover is not None:
        expect_functions(recover=recover)
    expect("service", service, FakeDropboxService, type(None))
    expect("only", only, str, type(None))
    place = calling()
    simulation = _Simulation(service or FakeDropboxService(), scenario, client)
    with simulation.installed():
        names = [_UNDISTURBED, *simulation.count()]
        if only is not None:
            if only not in names:
                raise ValueError(f"only: expected one of {', '.join(names)}, got {only!r}")
            names = [only]
        points = []
        for name in names:
            run = simulation.run(name)
            violation = None
            try:
                simulation.judge(run, recover, check)
            except Exception as error:
                if only is not None:
                    raise
                violation = error
            points.append(CrashPoint(name, simulation.call_at(name), run.ended, violation))
    named = name_of(scenario), name_of(recover), name_of(check)
    call = "crash_points({}, recover={}, check={})".format(*named)
    report = CrashReport(tuple(points), *named, call)
    if report.violations:
        report = replace(report, call=source_of(place, call))
        raise CrashPointsFailed(report) from report.violations[0].violation
    return report


class _Simulation(Watch):
    """The runs of one scenario.

    ``_calls`` are the calls of the undisturbed run, ``_changes`` the positions of those that
    changed something. ``_planned`` is the position of the call at which the current run has
    a fault, and the fault.
    """

    def __init__(
        self, service: FakeDropboxService, scenario: Callable[[Any], Any], client: Client
    ) -> None:
        super().__init__(service)
        self._scenario = scenario
        self._client = client
        self._calls: list[str] = []
        self._changes: list[int] = []
        self._planned: tuple[int, FaultName] | None = None
        self._in_scenario = False
        self._counting = True

    def count(self) -> list[str]:
        """Run the scenario undisturbed, and return the names of all its crash points.

        Raises:
            NothingToSimulate: the scenario changed nothing.
        """
        run = self.run(_UNDISTURBED)
        if run.error is not None:
            raise run.error
        self._counting = False
        if not self._changes:
            seen = f"{len(self._calls)} calls, none of which did" if self._calls else "none at all"
            raise NothingToSimulate(
                f"scenario: expected calls of the service that change something, saw {seen}"
            )
        numbers = range(1, len(self._changes) + 1)
        return [f"{number}:{fault}" for number in numbers for fault in CALL_FAULTS]

    def call_at(self, name: str) -> str:
        """Return the call of a crash point: its route and its paths."""
        number = int(name.partition(":")[0])
        return self._calls[self._changes[number - 1]] if number else "undisturbed"

    def run(self, name: str) -> CrashRun:
        """Run the scenario with the fault of the named point."""
        number, _, fault = name.partition(":")
        self._planned = None
        if name != _UNDISTURBED:
            self._planned = (self._changes[int(number) - 1], cast("FaultName", fault))
        service = self.service
        service.restore(self.begin)
        self.entropy.begin()
        self.history = History()
        run = CrashRun(service, name, self.history)
        process, client = self.fresh("scenario")
        self._in_scenario = True
        with self.on_behalf_of(process):
            try:
                run.result = self._scenario(client)
            except (Exception, SimulatedCrash) as error:  # noqa: BLE001 -- `judge` checks it
                run.error = error
        # A `finally` block may have replaced the crash by a result or another error, which no
        # process that has really died could report.
        if process.death is not None:
            run.result, run.error = None, process.death
        self._in_scenario = False
        self.check_failure()
        self._check_calls(process.calls)
        return run

    def fresh(self, name: str) -> tuple[Process, Any]:
        """Return a process that has not made a call yet, with a client of its own."""
        service = self.service
        service.login = service.logins.create(scopes=service.scopes)
        grant = service.gate.world.tokens.grant(service.login.access_token)
        assert grant is not None
        process = Process(name, grant.link)
        with self.on_behalf_of(process):
            return process, self._client(service)

    def around(self, call: Call, call_next: Next) -> Any:
        """Pass a call on to the service; raise `SimulatedCrash` if its process has crashed."""
        process = self.process
        if process is not None and process.calls_after_death >= MOST_CALLS_AFTER_DEATH:
            # The scenario cannot be stopped from outside. With its calls answered it should
            # come to its end, as it did in the undisturbed run.
            self.note_failure(keeps_calling(process))
            return call_next(call)
        return super().around(call, call_next)

    def make(self, process: Process, call: Call, call_next: Next) -> Any:
        """Make a call, with the fault if it is planned for this one."""
        if not self._in_scenario:
            return super().make(process, call, call_next)
        position, label = process.calls, label_of(call)
        if self._counting:
            self._calls.append(label)
        else:
            self._compare(position, label)
        planned = self._planned
        fault = planned[1] if planned is not None and planned[0] == position else None
        try:
            number = self.invoked(process, call.name, paths_by_field(call.arg))
            return self.perform(number, process, call, call_next, fault)
        finally:
            if self._counting and process.made.mutated:
                self._changes.append(position)

    def _compare(self, position: int, label: str) -> None:
        """Check that the calls up to the fault are the same as in the undisturbed run."""
        if position <= (self._planned or (len(self._calls), ""))[0]:
            first = self._calls[position] if position < len(self._calls) else "absent"
            if label != first:
                moved = label in self._calls
                why = ANOTHER_ORDER if moved else likely_causes(first, label)
                self.fail(
                    NotDeterministic(
                        f"scenario: call {position + 1} was {first} in the first run, "
                        f"and {label} in a later one. {why}"
                    )
                )

    def _check_calls(self, made: int) -> None:
        if not self._counting and self._planned is None and made < len(self._calls):
            raise NotDeterministic(
                f"scenario: {len(self._calls)} calls in the first run, {made} in a later one. "
                f"{likely_causes('', '')}"
            )

    def judge(
        self,
        run: CrashRun,
        recover: Callable[[Any], Any] | None,
        check: Callable[[CrashRun], object],
    ) -> None:
        """Recover from a run, and check it.

        Raises:
            Exception: an unexpected error of the scenario, or an error of ``recover`` or of
                the check.
        """
        refuse_unexpected(run.error)
        # Also without a ``recover``: the check may use `service.login`.
        process, client = self.fresh("recover")
        if recover is not None:
            with self.on_behalf_of(process):
                run.recovered = recover(client)
        hold(check, run)
