"""The repair of jobs that a crash left claimed, running or only partly ended.

Each job whose steps are incomplete has a file in `Running_Jobs`: itself, or its claim, which a
worker writes first and deletes last. So only this folder is listed, however many jobs have ended.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from datetime import datetime

from dropspool import layout
from dropspool.errors import ABOUT_ONE_FILE
from dropspool.providers._claims import Claims
from dropspool.providers._endings import Endings, given_up, is_cancellation, is_mark, moved
from dropspool.providers._files import Files
from dropspool.schemas import StatusMsgDict

logger = logging.getLogger(__name__)


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
    names = _names(files)
    running = set(_jobs(names, "job", display_name))
    actions = []
    for job in sorted({*running, *_jobs(names, "claim", display_name)}, key=lambda job: job.job_id):

        def is_waiting(job: layout.Job = job) -> bool:
            is_queued = job not in running and files.exists(job.queued)
            return is_queued and not endings.has_ended(job)

        def has_ended(job: layout.Job = job) -> bool:
            return endings.has_ended(job)

        is_taken = False
        try:
            is_taken = claims.take_over(job, now, job in running, is_waiting, has_ended)
            if not is_taken:
                continue
            is_last = claims.attempt(job) >= max_attempts
            action = _repair(files, endings, job, job in running, is_last)
            if action == "requeued":
                claims.abandon(job)
            else:
                claims.release(job)
        except BaseException as error:
            if is_taken:  # otherwise this worker may be running the job
                # So that the next recovery of this worker may take over the claim again.
                claims.forget(job)
            if not isinstance(error, ABOUT_ONE_FILE):
                raise
            logger.warning("%s: passed over by the recovery: %s", job.job_id, error)
        else:
            actions.append(f"{action} {job.job_id}")
    return actions


def _repair(
    files: Files, endings: Endings, job: layout.Job, is_running: bool, is_last: bool
) -> str:
    standing = endings.result(job)
    if standing is not None and not is_mark(standing):
        # The job's file may have been deleted, and then there is nothing to move.
        with contextlib.suppress(FileNotFoundError):
            endings.finish(job, _completed(job))
        return "completed"
    status = endings.status(job)
    if standing is not None or (status is not None and is_cancellation(status)):
        with contextlib.suppress(FileNotFoundError):
            endings.cancel(job)
        return "completed" if is_running else "released"
    if status is not None and status.status == "ERROR":
        with contextlib.suppress(FileNotFoundError):
            endings.fail(job, status)
        return "completed" if is_running else "released"
    if is_running and is_last:
        with contextlib.suppress(FileNotFoundError):
            endings.fail(job, given_up(job))
        return "gave up"
    return "requeued" if _waits_again(files, job) else "released"  # only the claim was left


def _waits_again(files: Files, job: layout.Job) -> bool:
    """Requeue a job that has not ended; return False if it neither runs nor waits.

    The claim of a job that waits is kept for the next worker, not deleted: a slow worker, whose
    claim it was, may only now be about to move the job, which would run without a claim then.
    """
    # Twice, as a slow worker may move the job between the first two of these requests.
    return requeue(files, job) or files.exists(job.queued) or requeue(files, job)


def requeue(files: Files, job: layout.Job) -> bool:
    """Move a running job back to the queue; return False if it is not running."""
    return moved(files, job.running, job.queued)


def _jobs(names: list[str], kind: str, display_name: str) -> Iterator[layout.Job]:
    for name in names:
        job = layout.parse_job_file(name, kind)
        if job is not None and job.display_name == display_name:
            yield job


def _names(files: Files) -> list[str]:
    try:
        return files.names(f"/{layout.RUNNING_JOBS}").files
    except FileNotFoundError:
        return []


def _completed(job: layout.Job) -> StatusMsgDict:
    return StatusMsgDict(
        job_id=job.job_id,
        status="DONE",
        detail="The job was run.",
        error_message="None",
    )
