"""The crash points of a queue: every change of each operation, with every way it can fail.

On Dropbox a process may die before or after a change, get a 503 after it, or lose the
reply. In a folder it may die at the same points, or the disk may fail before or after the
change. In each case another process recovers the queue when the leases have ended. Then no
job may be lost or doubled, and every job must end once.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from dropspool.errors import StorageError
from dropspool.providers._file_provider import FileProvider
from dropspool.providers.base import StorageProvider
from dropspool.testing._faults import FILE_CHANGES, Died
from dropspool.testing.bench import Bench, Subject
from dropspool.testing.kit import (
    BACKEND,
    check_always,
    check_at_rest,
    config,
    drain,
    end,
    jobs_in,
    result_of,
    status_of,
    submit,
    take,
)
from fakedropbox._base.deprecation import renamed_value
from fakedropbox.simulate import CrashPointsFailed, CrashRun, crash_points

FOLDER_FAULTS = ("crash_before", "crash_after", "disk_error_before", "disk_error_after")
_RENAMED = {"FOLDER_MISHAPS": "dropspool.testing.crashes.FOLDER_FAULTS"}


@dataclass
class Stage:
    """The setting of an operation: the storage, and the jobs whose users know their ids."""

    subject: Subject
    bench: Bench
    seam: Callable[[StorageProvider], None] = lambda _: None
    acknowledged: list[str] = field(default_factory=list)

    def process(self) -> StorageProvider:
        """Return a provider for a new process."""
        return self.subject.make_provider(self.bench, self.bench.clock)

    def struck(self) -> StorageProvider:
        """Return a provider for the process that the fault happens to."""
        provider = self.process()
        self.seam(provider)
        return provider


def _nothing(stage: Stage) -> None:
    stage.process().upload_config(config(), BACKEND)


def _queued(stage: Stage) -> None:
    _nothing(stage)
    user = stage.process()
    stage.acknowledged = [submit(user, n=n) for n in range(2)]


def _abandoned(stage: Stage) -> None:
    """Prepare jobs whose workers died: two after taking a job, two before moving an ended one."""
    _nothing(stage)
    user = stage.process()
    stage.acknowledged = [submit(user, n=n) for n in range(4)]
    for n, job_id in enumerate(stage.acknowledged):
        worker = stage.process()
        assert take(worker) == job_id
        if n in (1, 2):
            # The worker dies when it has stored the end of the job, before it moves the job's file.
            with stage.bench.dying(0, path="*/job-*"):
                end(worker, job_id, "DONE" if n == 1 else "ERROR")
    stage.bench.wait(stage.process().lease_seconds + 2)


def _submission(stage: Stage) -> None:
    user = stage.struck()
    job_id = user.upload_job({"n": 0}, BACKEND, "ada")
    stage.acknowledged.append(job_id)
    user.upload_status(BACKEND, "ada", job_id)


def _run(status: str) -> Callable[[Stage], None]:
    def run(stage: Stage) -> None:
        worker = stage.struck()
        job_id = take(worker)
        worker.update_in_database(result_of(job_id), status_of(job_id, "QUEUED"), job_id, BACKEND)
        worker.renew(job_id, BACKEND)
        end(worker, job_id, status)

    return run


def _run_too_long(status: str) -> Callable[[Stage], None]:
    def run(stage: Stage) -> None:
        worker = stage.struck()
        job_id = take(worker)
        stage.bench.wait(worker.lease_seconds + 2)
        stage.process().recover(BACKEND)
        end(worker, job_id, status)

    return run


OPERATIONS: Mapping[str, tuple[Callable[[Stage], None], Callable[[Stage], Any]]] = {
    "configure": (
        _nothing,
        lambda stage: stage.struck().upload_config(
            config().model_copy(update={"num_wires": 9}), BACKEND
        ),
    ),
    "submit": (_nothing, _submission),
    "take": (_queued, lambda stage: take(stage.struck())),
    "take, report, renew, finish": (_queued, _run("DONE")),
    "take, report, renew, fail": (_queued, _run("ERROR")),
    "take, lose, finish late": (_queued, _run_too_long("DONE")),
    "take, lose, fail late": (_queued, _run_too_long("ERROR")),
    "recover": (_abandoned, lambda stage: stage.struck().recover(BACKEND)),
}
"""The operations by their names, each with its preparation."""

SOME_OPERATIONS = ("configure", "submit", "take, report, renew, finish", "recover")
"""Operations that together have most of the steps of all `OPERATIONS`."""


@dataclass(frozen=True)
class CrashTable:
    """The outcome of the crash points of one operation; ``violations`` are by crash point."""

    operation: str
    changes: int
    points: int
    violations: Mapping[str, str]


def on_dropbox(subject: Subject, operations: Iterable[str] | None = None) -> Iterator[CrashTable]:
    """Try all crash points of a provider on Dropbox, and yield a table for each operation."""
    for name in OPERATIONS if operations is None else operations:
        prepare, operate = OPERATIONS[name]
        with Bench() as bench:
            stage = Stage(subject, bench)
            prepare(stage)
            known = [*stage.acknowledged]

            def scenario(
                _: Any, stage: Stage = stage, operate: Any = operate, known: list[str] = known
            ) -> None:
                stage.acknowledged = [*known]
                operate(stage)

            def recover(_: Any, stage: Stage = stage) -> None:
                _recover(stage)

            def check(_: CrashRun, stage: Stage = stage) -> None:
                _check(stage)

            try:
                report = crash_points(scenario, recover=recover, check=check, service=bench.service)
            except CrashPointsFailed as failed:
                report = failed.report
        points = [point for point in report.points if not point.name.startswith("0:")]
        yield CrashTable(
            name,
            len(points) // 4,
            len(points),
            {f"{point.name} {point.call}": str(point.violation) for point in report.violations},
        )


def in_a_folder(subject: Subject) -> Iterator[CrashTable]:
    """Try all crash points of dropspool's provider in a folder; yield a table per operation."""
    for name, (prepare, operate) in OPERATIONS.items():
        violations = {}
        changes = 0
        for number in count():
            made = 0
            for fault in FOLDER_FAULTS:
                with Bench() as bench:
                    stage = Stage(subject, bench)
                    prepare(stage)
                    strike = _Strike(number, fault)
                    stage.seam = strike.install
                    with suppress(Died, OSError):
                        operate(stage)
                    made = strike.made
                    try:
                        _recover(stage)
                        _check(stage)
                    except Exception as violation:  # noqa: BLE001 -- it is reported
                        violations[f"{number + 1}:{fault}"] = str(violation)
            if made <= number:
                break
            changes += 1
        yield CrashTable(name, changes, 4 * changes, violations)


class _Strike:
    """A fault at one of the changes that a provider makes to its files."""

    def __init__(self, number: int, fault: str) -> None:
        self.number = number
        self.fault = fault
        self.made = 0

    def install(self, provider: StorageProvider) -> None:
        _wrap_changes(provider, self._striking)

    def _striking(self, change: Callable[..., Any]) -> Callable[..., Any]:
        def struck(*args: Any) -> Any:
            dies = self.fault.startswith("crash")
            self.made += 1
            number = self.made - 1
            if number < self.number or (number > self.number and not dies):
                return change(*args)
            if number == self.number and self.fault.endswith("after"):
                change(*args)
            raise Died if dies else StorageError(errno.EIO, "the disk failed")

        return struck


def _wrap_changes(
    provider: StorageProvider,
    wrap: Callable[[Callable[..., Any]], Callable[..., Any]],
) -> None:
    """Wrap the methods by which a provider of dropspool changes its files."""
    if not isinstance(provider, FileProvider):
        raise TypeError(f"make_provider: expected a provider of dropspool, got {provider!r}")
    for name in FILE_CHANGES:
        setattr(provider.files, name, wrap(getattr(provider.files, name)))


def _recover(stage: Stage) -> None:
    check_always(stage.subject.files(stage.bench), stage.acknowledged)
    stage.bench.wait(stage.process().lease_seconds + 2)
    stage.process().recover(BACKEND)


def _check(stage: Stage) -> None:
    """Check that no job is lost, nothing is left to repair, and all jobs end."""
    subject, bench = stage.subject, stage.bench
    found = {*jobs_in(subject.files(bench)), *stage.acknowledged}
    at_rest = check_at_rest(subject.files(bench), found)
    waiting = sorted(job_id for job_id in found if at_rest[job_id].places == ["Queued_Jobs"])
    worker = stage.process()
    assert worker.recover(BACKEND) == [], "a second recovery still finds something to repair"
    assert drain(worker) == waiting, "the waiting jobs are not all taken in order"
    for job_id, job in check_at_rest(subject.files(bench), found).items():
        assert job.places != ["Queued_Jobs"], f"{job_id} never ends"


def table(dropbox: Iterable[CrashTable], folder: Iterable[CrashTable]) -> str:
    """Return the crash points of both providers as a table in Markdown."""
    lines = [
        "| operation | crash points on Dropbox | in a folder | violations |",
        "|---|--:|--:|--:|",
    ]
    for one, other in zip(dropbox, folder, strict=True):
        bad = len(one.violations) + len(other.violations)
        lines.append(f"| {one.operation} | {one.points} | {other.points} | {bad} |")
    return "\n".join(lines)


def __getattr__(name: str) -> Any:
    return renamed_value(__name__, name, _RENAMED)
