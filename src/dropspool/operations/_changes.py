"""The cancellation of jobs, and the second queueing of jobs that ended in an error.

Both take the claim of the job first, under a name of their own, as a worker does. So no
worker takes the job meanwhile, and `recover` completes or undoes what a crash leaves
unfinished, when the lease of the claim has ended.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from dropspool import layout
from dropspool.errors import NameRefused, StorageError
from dropspool.operations._jobs import ENDS, WrongState, known, place_of
from dropspool.providers._claims import Claims, checked_worker_id
from dropspool.providers._endings import ATTEMPTS, Endings, first_status
from dropspool.providers._file_provider import FileProvider
from dropspool.providers._files import Files
from dropspool.providers._json import encode
from dropspool.schemas import StatusMsgDict


def claims_of(provider: FileProvider) -> Claims:
    """Return an object that claims jobs under a new name, as an operator and not as a worker."""
    return Claims(provider.files, f"operator-{checked_worker_id(None)}", provider.lease_seconds)


def cancel(provider: FileProvider, job_id: str) -> None:
    """Cancel a job that is queued or running: it ends with the status ``ERROR``.

    The worker of a running job learns of it when it next renews its lease or ends the job, and
    its result is then dropped. The mark of the cancellation, a result without success, is stored
    where the worker would store its own: so only one of the two ends the job.

    Raises:
        WrongState: the job has ended.
        FileNotFoundError: there is no such job.
        ValueError: ``job_id`` does not have the form of a job id.
    """
    job = known(job_id)
    files, claims, endings = provider.files, claims_of(provider), Endings(provider.files)
    _check_not_ended(files, endings, job)
    # If the job's name is too long for a claim, no worker can have the job.
    with contextlib.suppress(NameRefused):
        if not claims.seize(job):
            raise StorageError(f"{job.claim}: changed by others in each attempt to take it")
    with _released_if_refused(claims, job):
        _check_not_ended(files, endings, job)  # its worker may have ended it meanwhile
        if not endings.cancel(job):
            raise WrongState(f"{job_id}: expected a job that has not ended, but it is done")
    claims.release(job)


def requeue(provider: FileProvider, job_id: str) -> None:
    """Queue again a job that ended in an error, under the same id, and reset its status.

    A worker that was storing the result of a cancelled job may store it after this call. Then the
    job is done. If that worker crashes just after it has stored the result, the job is run once
    more, and keeps the stored result.

    Raises:
        WrongState: the job has not ended, is done, or is being changed by another process.
        FileNotFoundError: there is no such job.
        ValueError: ``job_id`` does not have the form of a job id.
    """
    job = known(job_id)
    files, claims, endings = provider.files, claims_of(provider), Endings(provider.files)
    _check_failed(files, endings, job)
    if not claims.take(job):
        raise WrongState(
            f"{job_id}: expected a job that nobody has claimed, but another process has;"
            " try again later"
        )
    with _released_if_refused(claims, job):
        _check_failed(files, endings, job)
        endings.remove_mark(job)
        # The status is reset last: until then, `recover` undoes the other steps.
        try:
            files.move(job.deleted, job.queued)
        except FileNotFoundError:
            _check_failed(files, endings, job)  # a late worker may have ended it
            raise
        _reset_status(files, endings, job)
    claims.release(job)


@contextlib.contextmanager
def _released_if_refused(claims: Claims, job: layout.Job) -> Iterator[None]:
    """Release the claim if the block raises `WrongState`.

    After any other error it stays, because the storage may have carried out the last change:
    `recover` completes or undoes the others.
    """
    try:
        yield
    except WrongState:
        claims.release(job)
        raise


def _check_not_ended(files: Files, endings: Endings, job: layout.Job) -> None:
    state, _ = place_of(files, job)
    if state in ENDS.values() or endings.has_result(job):
        raise WrongState(
            f"{job.job_id}: expected a job that is queued or running, but it has ended"
        )


def _check_failed(files: Files, endings: Endings, job: layout.Job) -> None:
    state, _ = place_of(files, job)
    if endings.has_result(job):
        raise WrongState(
            f"{job.job_id}: expected a job that ended in an error, but it has a result, which is"
            " final; submit the job again to run it again"
        )
    if state != "error":
        raise WrongState(f"{job.job_id}: expected a job that ended in an error, but it is {state}")


def _reset_status(files: Files, endings: Endings, job: layout.Job) -> None:
    """Replace the status of a job that ended in an error by that of a job that waits."""
    data = encode("status", _queued_again(job).model_dump())
    for _ in range(ATTEMPTS):
        with contextlib.suppress(FileExistsError):
            try:
                stored = files.read(job.status)
            except FileNotFoundError:
                files.create(job.status, data)
                return
            status = endings.status(job)
            if status is not None and status.status == "DONE":
                # A worker that was thought to be dead has ended it after all: only the move of its
                # file is missing.
                endings.fail(job, status)
                raise WrongState(f"{job.job_id}: expected an error, but the job is done")
            if stored.data != data:
                files.update(job.status, data, stored.revision)
            return
    raise StorageError(f"{job.status}: changed by others {ATTEMPTS} times while it was written")


def _queued_again(job: layout.Job) -> StatusMsgDict:
    return first_status(job).model_copy(update={"detail": "The job was queued again."})
