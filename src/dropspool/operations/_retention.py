"""The deletion of the files of jobs that ended some time ago."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from dropspool import layout
from dropspool.clock import SYSTEM_CLOCK, Clock
from dropspool.operations._changes import claims_of
from dropspool.operations._jobs import ENDS, Job, State, known, list_jobs
from dropspool.providers._claims import Claims
from dropspool.providers._file_provider import FileProvider
from dropspool.providers._files import Files


def prune(
    provider: FileProvider,
    older_than: timedelta,
    *,
    backend: str | None = None,
    user: str | None = None,
    state: State | None = None,
    dry_run: bool = False,
    clock: Clock = SYSTEM_CLOCK,
) -> Iterator[Job]:
    """Delete the status, the result and the file of jobs that ended some time ago; yield each job.

    Only files with the name of an ended job are deleted, in the folders where `dropspool` keeps
    them: no folder, no configuration, no other file, and no copy of an unreadable file. A job
    that another process is changing is left for the next time. Each job costs about seven
    requests, and a dry run two.

    Args:
        provider: the storage of the jobs.
        older_than: the age after which a job is deleted. A job ended when its status was last
            written, by the clock of the storage.
        backend: the display name of a backend; None for all.
        user: the name of a user; None for all.
        state: "done" or "error"; None for both.
        dry_run: True to yield the jobs without deleting anything.
        clock: the clock that selects jobs to look at. Unless it is a dry run, the clock of the
            storage then decides.

    Raises:
        ValueError: ``older_than`` is negative, or ``state`` is not that of an ended job.
    """
    if older_than < timedelta():
        raise ValueError(f"older_than: expected 0 or more, got {older_than}")
    ended = tuple(ENDS.values())
    if state is not None and state not in ended:
        raise ValueError(f"state: expected one of {', '.join(ended)}, got {state!r}")
    jobs = [
        job
        for each in (ended if state is None else (state,))
        for job in list_jobs(provider, backend=backend, user=user, state=each)
    ]
    return _pruned(provider, jobs, older_than, dry_run, clock)


def _pruned(
    provider: FileProvider, jobs: list[Job], older_than: timedelta, dry_run: bool, clock: Clock
) -> Iterator[Job]:
    files, claims = provider.files, claims_of(provider)
    now = clock.now()
    for found in jobs:
        # A job ends after it was queued, so recent jobs need no look at their files.
        if found.queued_at is not None and now - found.queued_at < older_than:
            continue
        job = known(found.job_id)
        if (
            _is_old(files, job, found.state, now - older_than)
            if dry_run
            else _delete_if_old(files, claims, job, found.state, older_than)
        ):
            yield found


def _delete_if_old(
    files: Files, claims: Claims, job: layout.Job, state: State, older_than: timedelta
) -> bool:
    """Delete the files of a job under a claim, so that nobody queues it again meanwhile."""
    if not claims.take(job):
        return False
    # The claim was just written: its time is the current time of the storage.
    now = files.read(job.claim).modified
    is_old = _is_old(files, job, state, now - older_than)
    if is_old:
        # The status first, because `DONE` promises a result. The job's file last: as long as
        # it is there, a crash leaves a job that the next call finds.
        for path in (job.status, job.result, _file_of(job, state)):
            with contextlib.suppress(FileNotFoundError):
                files.delete(path)
    claims.release(job)
    return is_old


def _is_old(files: Files, job: layout.Job, state: State, limit: datetime) -> bool:
    """Return whether a job is still in its state, and ended before a point in time."""
    try:
        moved = files.read(_file_of(job, state))
    except FileNotFoundError:
        return False
    try:
        ended = files.read(job.status).modified
    except FileNotFoundError:
        ended = moved.modified
    return ended <= limit


def _file_of(job: layout.Job, state: State) -> str:
    return job.finished if state == "done" else job.deleted
