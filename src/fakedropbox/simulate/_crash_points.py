"""Every change that a scenario makes, and every way in which it can go wrong there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from fakedropbox._base.checks import expect
from fakedropbox.calls import Call
from fakedropbox.faults import Next
from fakedropbox.service import FakeDropboxService
from fakedropbox.simulate._watch import (
    MOST_CALLS_AFTER_DEATH,
    Client,
    Process,
    Watch,
    expect_functions,
    hold,
    label_of,
    refuse_unexpected,
    undying,
)
from fakedropbox.simulate.errors import NotDeterministic, NothingToSimulate, SimulatedCrash
from fakedropbox.simulate.histories import History
from fakedropbox.simulate.mishaps import MISHAPS, Mishap

_UNDISTURBED = "0:none"


@dataclass(eq=False)
class CrashRun:
    """One run of a scenario and its recovery, for the check to look at.

    ``point`` is its name. ``result`` is what the scenario returned, None if it did not;
    ``error`` is what it raised, a `SimulatedCrash` among others. ``recovered`` is what
    ``recover`` returned.
    """

    service: FakeDropboxService
    point: str
    history: History
    result: Any = None
    error: BaseException | None = None
    recovered: Any = None

    @property
    def ended(self) -> str:
        """How the scenario ended: ``returned``, ``crashed``, or ``raised`` and the error's type."""
        if self.error is None:
            return "returned"
        crashed = isinstance(self.error, SimulatedCrash)
        return "crashed" if crashed else f"raised {type(self.error).__name__}"


@dataclass(frozen=True)
class CrashPoint:
    """What became of one point: ``violation`` is what the check or ``recover`` raised.

    ``name`` is the number of the change, from 1, and the mishap, such as ``3:lost_reply``;
    ``call`` the route and the paths of the call that made it.
    """

    name: str
    call: str
    ended: str
    violation: Exception | None = None


@dataclass(frozen=True)
class CrashReport:
    """All crash points of a scenario, in order, the undisturbed run first.

    As text it is a table, a line for each change and a column for each mishap, with the error
    that the scenario raised.
    """

    points: tuple[CrashPoint, ...]
    scenario: str
    recover: str
    check: str

    @property
    def violations(self) -> list[CrashPoint]:
        """The points where the check did not hold."""
        return [point for point in self.points if point.violation is not None]

    def script(self, point: CrashPoint) -> str:
        """The call that runs one point again and lets what the check raises through."""
        return (
            f"crash_points({self.scenario}, recover={self.recover}, check={self.check}, "
            f"only={point.name!r})"
        )

    def __str__(self) -> str:
        rows = [("change", *MISHAPS)]
        changes: dict[str, list[CrashPoint]] = {}
        for point in self.points:
            changes.setdefault(f"{point.name.partition(':')[0]} {point.call}", []).append(point)
        for change, points in changes.items():
            cells = {point.name.partition(":")[2]: _cell(point) for point in points}
            rows.append((change, *(cells.get(kind, cells.get("none", "")) for kind in MISHAPS)))
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
    """A check did not hold at some crash point; ``report`` has all of them."""

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
    """Let a scenario go wrong at every change that it makes, in every way; check each outcome.

    The scenario runs once to count the calls that change something. Then it runs again for
    each of them and each mishap: ``crash_before`` and ``crash_after`` the call took effect,
    ``server_error`` after it took effect, which the SDK answers by making it again, and
    ``lost_reply``, after which the process lives on. Each time a fresh client is given to
    ``recover``, and then ``check`` is called. Every run begins with the service as it is
    now, and in the end the service is as it was.

    All clients of the process see this service meanwhile, as under `activate`; its
    `service.login` is a new one for the scenario and for the recovery. `os.urandom`,
    `secrets`, `uuid` and `random` give the same in each run.

    Args:
        scenario: takes a client. A `DropboxException` or `OSError` of it is an outcome, but
            not in the undisturbed run; any other error is a violation.
        recover: takes a client, another one.
        check: takes the `CrashRun`, and raises what is wrong, as an `Exception`, or returns
            False.
        service: a new one unless given.
        client: makes a client from the service.
        only: the name of the one point to run, such as ``3:lost_reply``; what its check
            raises is let through.

    Returns:
        The report, in which everything held.

    Raises:
        CrashPointsFailed: the check, or ``recover``, raised at some point.
        NothingToSimulate: the scenario changed nothing.
        NotDeterministic: the scenario made other calls than in the undisturbed run.
        SimulationError: it goes on after its death, or the service is in a simulation already.
        ValueError: there is no point ``only``.
    """
    expect_functions(scenario=scenario, check=check, client=client)
    if recover is not None:
        expect_functions(recover=recover)
    expect("service", service, FakeDropboxService, type(None))
    expect("only", only, str, type(None))
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
    report = CrashReport(tuple(points), *map(name_of, (scenario, recover, check)))
    if report.violations:
        raise CrashPointsFailed(report) from report.violations[0].violation
    return report


def name_of(function: Any) -> str:
    return getattr(function, "__qualname__", repr(function))


class _Simulation(Watch):
    """The runs of one scenario.

    ``_calls`` are the calls of the run that nothing disturbed, ``_changes`` the positions of
    those that changed something.
    """

    def __init__(
        self, service: FakeDropboxService, scenario: Callable[[Any], Any], client: Client
    ) -> None:
        super().__init__(service)
        self._scenario = scenario
        self._client = client
        self._calls: list[str] = []
        self._changes: list[int] = []
        self._strike: tuple[int, Mishap] | None = None
        self._in_scenario = False
        self._counting = True

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Have the service to itself, and give it back as it was."""
        login = self.service.login
        with super().installed():
            try:
                yield
            finally:
                self.service.login = login

    def count(self) -> list[str]:
        """Run the scenario undisturbed; the names of all points that it has.

        Raises:
            NothingToSimulate: it changed nothing.
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
        return [f"{number}:{mishap}" for number in numbers for mishap in MISHAPS]

    def call_at(self, name: str) -> str:
        """The call at which a point is."""
        number = int(name.partition(":")[0])
        return self._calls[self._changes[number - 1]] if number else "undisturbed"

    def run(self, name: str) -> CrashRun:
        """Run the scenario up to its end, or to one point."""
        number, _, mishap = name.partition(":")
        self._strike = None
        if name != _UNDISTURBED:
            self._strike = (self._changes[int(number) - 1], cast("Mishap", mishap))
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
            except (Exception, SimulatedCrash) as error:  # noqa: BLE001 -- it is judged later
                run.error = error
        if process.death is not None:  # the dead tell nothing
            run.result, run.error = None, process.death
        self._in_scenario = False
        self.check_failure()
        self._check_calls(process.calls)
        return run

    def fresh(self, name: str) -> tuple[Process, Any]:
        """A process that has made no call yet, and a client of its own."""
        service = self.service
        service.login = service.link(scopes=service.scopes)
        grant = service.gate.world.tokens.grant(service.login.access_token)
        assert grant is not None
        process = Process(name, grant.link)
        with self.on_behalf_of(process):
            return process, self._client(service)

    def around(self, call: Call, call_next: Next) -> Any:
        """Let pass a call, as far as it comes."""
        process = self.process
        if process is not None and process.calls_after_death >= MOST_CALLS_AFTER_DEATH:
            # Nothing ends it from outside; but alive it came to its end.
            self._failure = undying(process)
            return call_next(call)
        return super().around(call, call_next)

    def make(self, process: Process, call: Call, call_next: Next) -> Any:
        """Make a call, which is struck if it is the one."""
        if not self._in_scenario:
            return super().make(process, call, call_next)
        position, label = process.calls, label_of(call)
        if self._counting:
            self._calls.append(label)
        else:
            self._compare(position, label)
        strike = self._strike
        mishap = strike[1] if strike is not None and strike[0] == position else None
        try:
            return self.perform(self.invoked(process, call), process, call, call_next, mishap)
        finally:
            if self._counting and process.made.mutated:
                self._changes.append(position)

    def _compare(self, position: int, label: str) -> None:
        """Check that the scenario does as it did before, up to where it is struck."""
        if position <= (self._strike or (len(self._calls), ""))[0]:
            first = self._calls[position] if position < len(self._calls) else "no more"
            if label != first:
                self.fail(
                    NotDeterministic(
                        f"scenario: call {position + 1} was {first} in the first run, "
                        f"and {label} in a later one"
                    )
                )

    def _check_calls(self, made: int) -> None:
        if not self._counting and self._strike is None and made < len(self._calls):
            raise NotDeterministic(
                f"scenario: {len(self._calls)} calls in the first run, {made} in a later one"
            )

    def judge(
        self,
        run: CrashRun,
        recover: Callable[[Any], Any] | None,
        check: Callable[[CrashRun], object],
    ) -> None:
        """Recover from a run, and check it.

        Raises:
            Exception: what is wrong.
        """
        refuse_unexpected(run.error)
        process, client = self.fresh("recover")  # the check may use the login, too
        if recover is not None:
            with self.on_behalf_of(process):
                run.recovered = recover(client)
        hold(check, run)
