"""The repair of jobs that a crash left claimed, running or only partly ended."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime

from dropspool import layout
from dropspool.providers._claims import Claims
from dropspool.providers._endings import Endings
from dropspool.providers._files import Files, Names
from dropspool.schemas import StatusMsgDict


def recover(
    files: Files,
    claims: Claims,
    endings: Endings,
    display_name: str,
    now: datetime,
    max_attempts: int,
) -> list[str]:
    """Complete, queue again or give up the jobs that no worker has; return the actions taken.

    Every job is claimed before it is changed, so the jobs of other workers are not touched.
    ``now`` is the current time by the clock of the storage.
    """
    names = _names(files, layout.RUNNING_JOBS).files
    running = set(_jobs(names, "job", display_name))
    unfinished = {*running, *_half_finished(files, endings, display_name, running)}
    candidates = {*unfinished, *_jobs(names, "claim", display_name)}
    actions = []
    for job in sorted(candidates, key=lambda job: job.job_id):

        def is_waiting(job: layout.Job = job) -> bool:
            is_queued = job not in unfinished and files.exists(job.queued)
            return is_queued and not endings.has_failed(job)

        if claims.take_over(job, now, is_waiting):
            try:
                is_last = claims.attempt(job) >= max_attempts
                action = _repair(files, endings, job, job in running, is_last)
                if action == "requeued":
                    claims.abandon(job)
                else:
                    claims.release(job)
            except BaseException:
                # This worker's next recovery may take over the claim, if any.
                claims.forget(job)
                raise
            actions.append(f"{action} {job.job_id}")
    return actions


def _repair(
    files: Files, endings: Endings, job: layout.Job, is_running: bool, is_last: bool
) -> str:
    if endings.has_result(job):
        # The job's file may have been deleted, and then there is nothing to move.
        with contextlib.suppress(FileNotFoundError):
            endings.finish(job, _completed(job))
        return "completed"
    status = endings.status(job)
    if status is not None and status.status == "ERROR":
        with contextlib.suppress(FileNotFoundError):
            endings.fail(job, status)
        return "completed" if is_running else "released"
    if is_running and is_last:
        with contextlib.suppress(FileNotFoundError):
            endings.fail(job, _given_up(job))
        return "gave up"
    try:
        files.move(job.running, job.queued)
    except FileNotFoundError:
        return "released"  # only the claim was left
    except FileExistsError:
        # The job was queued twice, because the user's first attempt only seemed to fail.
        with contextlib.suppress(FileNotFoundError):
            files.delete(job.running)
    return "requeued"


def _half_finished(
    files: Files, endings: Endings, display_name: str, running: set[layout.Job]
) -> Iterator[layout.Job]:
    """Yield the jobs with a result whose file is not, or not only, among the finished jobs."""
    folder = layout.results_folder(display_name)
    users = _names(files, folder).folders
    if not users:
        return
    elsewhere = running.copy()
    for place in (layout.queue_folder(display_name), layout.DELETED_JOBS):
        elsewhere.update(_jobs(_names(files, place).files, "job", display_name))
    for user in users:
        ended = _names(files, f"{layout.finished_folder(display_name)}/{user}").files
        finished = set(_jobs(ended, "job", display_name))
        for job in _jobs(_names(files, f"{folder}/{user}").files, "result", display_name):
            # The move to the finished jobs is the last step, so a job that is `DONE` and in no
            # folder was finished and then deleted by its user.
            if job in elsewhere or (job not in finished and not endings.is_done(job)):
                yield job


def _jobs(names: list[str], kind: str, display_name: str) -> Iterator[layout.Job]:
    for name in names:
        job = layout.parse_job_file(name, kind)
        if job is not None and job.display_name == display_name:
            yield job


def _names(files: Files, folder: str) -> Names:
    try:
        return files.names(f"/{folder}")
    except FileNotFoundError:
        return Names([], [])


def _completed(job: layout.Job) -> StatusMsgDict:
    return StatusMsgDict(
        job_id=job.job_id,
        status="DONE",
        detail="The job was run.",
        error_message="None",
    )


def _given_up(job: layout.Job) -> StatusMsgDict:
    return StatusMsgDict(
        job_id=job.job_id,
        status="ERROR",
        detail="The job was given up.",
        error_message="no worker that took the job has ended it",
    )
