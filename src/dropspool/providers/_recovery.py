"""Putting right what a crash left: what was claimed, run or ended only in part."""

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
    """Complete, queue again or give up what nobody has, ``now`` by the storage's clock.

    A job is claimed before it is touched, so what others have is left to them.
    """
    names = _names(files, layout.RUNNING_JOBS).files
    running = set(_jobs(names, "job", display_name))
    wrong = {*running, *_strays(files, endings, display_name, running)}
    left = {*wrong, *_jobs(names, "claim", display_name)}
    actions = []
    for job in sorted(left, key=lambda job: job.job_id):

        def waits(job: layout.Job = job) -> bool:
            return job not in wrong and files.exists(job.queued) and not endings.has_failed(job)

        if claims.take_over(job, now, waits):
            try:
                is_last = claims.attempt(job) >= max_attempts
                action = _put_right(files, endings, job, job in running, is_last)
                if action == "requeued":
                    claims.abandon(job)
                else:
                    claims.release(job)
            except BaseException:
                # What there is of the claim is this worker's, for its next recovery.
                claims.forget(job)
                raise
            actions.append(f"{action} {job.job_id}")
    return actions


def _put_right(
    files: Files, endings: Endings, job: layout.Job, is_running: bool, is_last: bool
) -> str:
    if endings.has_result(job):
        # A job that is nowhere has no file to be put in its place.
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
        return "released"  # a claim, and nothing else
    except FileExistsError:
        # It was queued twice, by a user whose first attempt only seemed to fail.
        with contextlib.suppress(FileNotFoundError):
            files.delete(job.running)
    return "requeued"


def _strays(
    files: Files, endings: Endings, display_name: str, running: set[layout.Job]
) -> Iterator[layout.Job]:
    """Jobs that have a result and are not, or not only, where finished ones are."""
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
            # Going there is the last step of all, and a finished job may have been deleted.
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
        error_message="each worker that took it was not heard of again",
    )
