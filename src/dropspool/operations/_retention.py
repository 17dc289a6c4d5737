"""The deletion of the files of jobs that ended some time ago."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from dropspool import layout
from dropspool.clock import SYSTEM_CLOCK, Clock
from dropspool.errors import ABOUT_ONE_FILE, OutOfSpace
from dropspool.operations._changes import claims_of
from dropspool.operations._jobs import ENDS, Job, State, known, list_jobs
from dropspool.providers._claims import Claims
from dropspool.providers._file_provider import FileProvider
from dropspool.providers._files import Files

logger = logging.getLogger(__name__)


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
    that another process is changing is left for the next time, and one whose files cannot be
    deleted is reported in the log. If a job was cancelled seconds ago, its worker may still store
    a result, which then stays without a job. Each job costs about nine requests, and a dry run two.

    A full storage has no room for the claim of a job either. Then the oldest jobs that are done are
    deleted without one, if they were old enough when a worker last looked for jobs.

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
        # A job ends after it was queued, so recent jobs need no look at their files. A time in
        # the future comes from a wrong clock, so it is ignored.
        if found.queued_at is not None and timedelta() <= now - found.queued_at < older_than:
            continue
        job = known(found.job_id)
        try:
            is_gone = (
                now - _end_of(files, job, found.state) >= older_than
                if dry_run
                else _delete_if_old(files, claims, job, found.state, older_than)
            )
        except FileNotFoundError:
            continue  # the job has a different state by now, or was deleted
        except ABOUT_ONE_FILE as error:
            logger.warning("%s: kept: %s", job.job_id, error)
            continue
        if is_gone:
            yield found


def _delete_if_old(
    files: Files, claims: Claims, job: layout.Job, state: State, older_than: timedelta
) -> bool:
    """Delete the files of a job under a claim, so that nobody queues it again meanwhile."""
    try:
        if not claims.take(job):
            return False
    except OutOfSpace:
        # Only a deletion makes room for a claim. A done job needs no claim: its state is final.
        if state == "done" and _certain_age(files, job) >= older_than:
            _delete(files, job, state)
            return True
        raise
    try:
        # The claim was just written: its time is the current time of the storage.
        now = files.read(job.claim).modified
        is_old = now - _end_of(files, job, state) >= older_than
        if is_old:
            _delete(files, job, state)
    except (FileNotFoundError, *ABOUT_ONE_FILE):
        claims.release(job)
        raise
    claims.release(job)
    return is_old


def _certain_age(files: Files, job: layout.Job) -> timedelta:
    """Return the least age that a done job can have.

    It is the time from the job's end to the last write of its backend's configuration, or 0 if the
    job ended later. Both times are those of the storage.
    """
    ended = _end_of(files, job, "done")
    try:
        stamped = files.read(layout.config_path(job.display_name)).modified
    except FileNotFoundError:
        return timedelta()
    return max(stamped - ended, timedelta())


def _delete(files: Files, job: layout.Job, state: State) -> None:
    try:
        # `delete` without a revision would also delete a folder in this place, with its files.
        result = files.read(job.result).revision
    except FileNotFoundError:
        result = None
    # The status first, because `DONE` promises a result. The job's file last: as long as it is
    # there, a crash leaves a job that the next call finds.
    with contextlib.suppress(FileNotFoundError):
        files.delete(job.status)
    if result is not None:
        files.delete(job.result, result)
    files.delete(_file_of(job, state))


def _end_of(files: Files, job: layout.Job, state: State) -> datetime:
    """Return the time when a job ended.

    Raises:
        FileNotFoundError: the job is no longer in its state.
    """
    moved = files.read(_file_of(job, state))
    try:
        return files.read(job.status).modified
    except FileNotFoundError:
        return moved.modified


def _file_of(job: layout.Job, state: State) -> str:
    return job.finished if state == "done" else job.deleted
