"""The demonstration of a queue: a few jobs, on the fake Dropbox or in a local folder.

Three users queue jobs for a simulator of one qubit. A worker takes them in order,
runs them and writes back the results. Meanwhile Dropbox limits the rate of requests
once, and one reply is lost.
"""

from __future__ import annotations

import cmath
import contextlib
import logging
import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dropspool import worker
from dropspool.clock import SYSTEM_CLOCK, Clock
from dropspool.providers.base import StorageProvider
from dropspool.providers.dropbox import DropboxProviderExtended
from dropspool.providers.local import LocalProvider
from dropspool.schemas import (
    BackendConfigSchemaIn,
    DataDict,
    DropboxLoginInformation,
    ExperimentalInputDict,
    ExperimentDict,
    LocalLoginInformation,
    StatusMsgDict,
)
from fakedropbox import FakeDropboxService

State = tuple[complex, complex]
"""The amplitudes of 0 and of 1."""

_BAR = 40
"""The number of characters in the bar of all shots."""

BACKEND = "onequbit"
CONFIG = BackendConfigSchemaIn(
    description="A simulator of one qubit.",
    version="0.1.0",
    display_name=BACKEND,
    cold_atom_type="spin",
    gates=[
        {"name": "rx", "parameters": ["theta"], "description": "Rotation about x"},
        {"name": "rz", "parameters": ["phi"], "description": "Rotation about z"},
    ],
    max_experiments=10,
    max_shots=1000,
    simulator=True,
    supported_instructions=["load", "rx", "rz", "measure"],
    num_wires=1,
    wire_order="interleaved",
    num_species=1,
    operational=True,
)


# The simulator


def _load(_: State, level: float) -> State:
    if level not in (0, 1):
        raise ValueError(f"load: expected 0 or 1, got {level:g}")
    return (1 + 0j, 0j) if level == 0 else (0j, 1 + 0j)


def _rx(state: State, theta: float) -> State:
    stay, flip = math.cos(theta / 2), -1j * math.sin(theta / 2)
    return (stay * state[0] + flip * state[1], flip * state[0] + stay * state[1])


def _rz(state: State, phi: float) -> State:
    turn = cmath.exp(0.5j * phi)
    return (state[0] / turn, state[1] * turn)


_GATES: Mapping[str, Callable[[State, float], State]] = {"load": _load, "rx": _rx, "rz": _rz}


def simulate(experiment: ExperimentalInputDict) -> list[str]:
    """Return the measurement of each shot, ``0`` or ``1``; the same for the same seed.

    Raises:
        ValueError: the experiment is not for one qubit with one measurement at its end.
    """
    if not 1 <= experiment.shots <= CONFIG.max_shots:
        raise ValueError(f"shots: expected 1 to {CONFIG.max_shots}, got {experiment.shots}")
    gates = experiment.instructions
    if not gates or gates[-1].name != "measure":
        raise ValueError("instructions: expected a measurement at the end")
    state: State = (1 + 0j, 0j)
    for gate in gates[:-1]:
        if gate.name not in _GATES:
            raise ValueError(f"instructions: expected one of {[*_GATES]}, got {gate.name!r}")
        if gate.wires != [0] or len(gate.params) != 1:
            raise ValueError(f"{gate.name}: expected wire 0 and one parameter")
        state = _GATES[gate.name](state, gate.params[0])
    chance = random.Random(experiment.seed)  # noqa: S311 -- a simulation, no secret
    excited = abs(state[1]) ** 2
    return ["1" if chance.random() < excited else "0" for _ in range(experiment.shots)]


def execute(job: Mapping[str, Any]) -> list[ExperimentDict]:
    """Run all experiments of a job and return their outcomes.

    Raises:
        ValueError: the job has no experiment, too many, or one that cannot be run.
    """
    if not 1 <= len(job) <= CONFIG.max_experiments:
        raise ValueError(f"expected 1 to {CONFIG.max_experiments} experiments, got {len(job)}")
    return [_outcome(name, content) for name, content in job.items()]


def _outcome(name: str, content: Any) -> ExperimentDict:
    try:
        experiment = ExperimentalInputDict.model_validate(content)
        memory = simulate(experiment)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise ValueError(f"{name}: {'; '.join(problems)}") from error
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    return ExperimentDict(
        header={"name": name}, shots=experiment.shots, success=True, data=DataDict(memory=memory)
    )


# The demonstration

_EVENTS = {"taken": "taken by the worker", "done": "done", "failed": "ended in an error"}


@dataclass(frozen=True)
class JobReport:
    """The status of one job for its user; ``counts`` are its measurements, per experiment."""

    user: str
    job_id: str
    status: StatusMsgDict
    counts: tuple[dict[str, int], ...]


@dataclass(frozen=True)
class DemoReport:
    """The outcome of the demonstration.

    ``jobs`` are in the order in which they were queued, ``executed`` are the job ids in the
    order in which they were run. ``requests`` is None for a folder.
    """

    jobs: tuple[JobReport, ...]
    executed: tuple[str, ...]
    requests: int | None
    tree: str


def run_demo(
    local: str | None = None, show: Callable[[str, str], object] = lambda *_: None
) -> DemoReport:
    """Queue, run and read back the jobs of three users.

    The files are in the folder ``local``, or in a fake Dropbox if it is None. ``show`` is called
    at each step with the id of the job, or an empty string if there is none, and a text.

    Raises:
        OSError: ``local`` is not a folder that can be written to.
    """
    if local is not None:
        provider = LocalProvider(LocalLoginInformation(base_path=local), "demo")
        jobs, executed = _live(provider, SYSTEM_CLOCK, show)
        return DemoReport(jobs, executed, None, _tree(Path(local)))
    service = FakeDropboxService(seed=0)
    login = DropboxLoginInformation.model_validate(service.login, from_attributes=True)
    service.faults.rate_limit("files/upload", times=1, retry_after=2)
    service.faults.lost_reply("files/move_v2", times=1)
    with service.activate():
        dropbox = DropboxProviderExtended(login, "demo", clock=service.clock)
        with _retries_shown(show):
            jobs, executed = _live(dropbox, service.clock, show)
    service.faults.verify()
    return DemoReport(jobs, executed, len(service.calls), service.tree())


def _live(
    provider: StorageProvider, clock: Clock, show: Callable[[str, str], object]
) -> tuple[tuple[JobReport, ...], tuple[str, ...]]:
    provider.upload_config(CONFIG, BACKEND)
    queued = []
    for user, job in _jobs():
        job_id = provider.upload_job(job, BACKEND, user)
        provider.upload_status(BACKEND, user, job_id)
        queued.append((user, job_id))
        show(job_id, f"queued by {user}")

    def shown(event: worker.Event) -> None:
        if event.kind in ("taken", "done", "failed"):
            show(event.job_id, _EVENTS[event.kind])

    executed = tuple(
        worker.jobs(provider, {BACKEND: execute}, clock=clock, max_idle=0, on_event=shown)
    )
    return tuple(_report(provider, user, job_id) for user, job_id in queued), executed


@contextlib.contextmanager
def _retries_shown(show: Callable[[str, str], object]) -> Iterator[None]:
    """Show the log messages about failures of Dropbox that the provider retries."""

    class Shown(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            # The message without the paths at its beginning.
            show("", record.getMessage().rpartition(": ")[2])

    handler, source = Shown(logging.WARNING), logging.getLogger("dropspool.providers")
    source.addHandler(handler)
    try:
        yield
    finally:
        source.removeHandler(handler)


def _tree(base: Path) -> str:
    lines = ["/"]
    for path in sorted(base.rglob("[!.]*")):
        depth = "  " * len(path.relative_to(base).parts)
        lines.append(f"{depth}{path.name}{'/' if path.is_dir() else ''}")
    return "\n".join(lines)


def _jobs() -> list[tuple[str, dict[str, Any]]]:
    half_turn = [["load", [0], [0]], ["rx", [0], [math.pi]], ["measure", [0], []]]
    split = [["load", [0], [0]], ["rx", [0], [math.pi / 2]], ["measure", [0], []]]
    ramsey = [*split[:2], ["rz", [0], [math.pi / 3]], *split[1:]]
    unknown = [["load", [0], [0]], ["teleport", [0], [1]], ["measure", [0], []]]
    return [
        ("ada", {"experiment_0": _experiment(half_turn), "experiment_1": _experiment(split)}),
        ("Bob-Smith", {"experiment_0": _experiment("please measure")}),
        ("chloé.d", {"experiment_0": _experiment(ramsey)}),
        ("ada", {"experiment_0": _experiment(unknown)}),
        ("Bob-Smith", {"experiment_0": _experiment(split)}),
    ]


def _experiment(instructions: Sequence[Any]) -> dict[str, Any]:
    return {
        "instructions": instructions,
        "num_wires": 1,
        "shots": 100,
        "wire_order": "interleaved",
        "seed": 7,
    }


def _report(provider: StorageProvider, user: str, job_id: str) -> JobReport:
    status = provider.get_status(BACKEND, user, job_id)
    results = provider.get_result(BACKEND, user, job_id).results
    return JobReport(user, job_id, status, tuple(dict(Counter(r.data.memory)) for r in results))


def render(report: DemoReport) -> str:
    """Return the report as text for a terminal."""
    lines = ["Jobs and their outcomes:"]
    for job in report.jobs:
        lines += ["", f"  {job.job_id}  {job.status.status}"]
        if not job.counts:
            lines.append(f"    {job.status.error_message}")
        for number, counts in enumerate(job.counts):
            lines += [f"    experiment {number}", *_bars(counts)]
    if report.requests is not None:
        lines += ["", f"Requests, including repeated ones and the login: {report.requests}"]
    lines += ["", "Stored now:", report.tree]
    return "\n".join(lines)


def _bars(counts: Mapping[str, int]) -> list[str]:
    """Return one bar for each measurement, as long as its share of the shots."""
    shots = sum(counts.values())
    return [
        f"      {measured}  {'█' * round(_BAR * count / shots):{_BAR}}  {count}"
        for measured, count in sorted(counts.items())
    ]
