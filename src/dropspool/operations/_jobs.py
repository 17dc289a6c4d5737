"""The search for jobs: by their id, and by backend, user and state."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, get_args

from dropspool import layout
from dropspool.errors import BrokenFile, NameRefused
from dropspool.providers._file_provider import FileProvider
from dropspool.providers._files import Files, Names, StoredFile
from dropspool.providers._json import decode
from dropspool.schemas import StatusMsgDict

State = Literal["queued", "running", "done", "error"]
"""The state of a job, which the folder of its file shows."""

STATES: tuple[State, ...] = get_args(State)

ENDS: Mapping[str, State] = MappingProxyType({"DONE": "done", "ERROR": "error"})
"""The states of jobs that have ended, by their final status."""

_ROUNDS = 2
"""The number of searches in all folders after which a job is reported as missing."""


class WrongState(ValueError):
    """An operation that the state of a job does not allow, and that was not carried out."""


@dataclass(frozen=True)
class Job:
    """A job in the queue.

    - ``job_id``: its id
    - ``backend``: the display name of its backend; ``user``: the name of its user
    - ``state``: "queued", "running", "done" or "error"
    - ``queued_at``: the time at which it was queued, by the clock of its user; None if its id does
      not contain a time
    """

    job_id: str
    backend: str
    user: str
    state: State
    queued_at: datetime | None


@dataclass(frozen=True)
class JobDetails:
    """A job, its status, and the worker that has it.

    - ``job``: the job, as `list_jobs` returns it
    - ``detail``, ``error_message``: the texts of its status
    - ``worker``: the name of the worker that has claimed it, or None; ``last_sign_of_life``: the
      time when the claim was last written, by the clock of the storage
    - ``attempt``: the number of times that workers have taken it, as far as its claim shows it;
      ``given_back``: the number of times that a worker was stopped and gave it back, which are
      not counted as attempts
    - ``content``: the job as its user queued it; None if it cannot be read
    """

    job: Job
    detail: str
    error_message: str
    worker: str | None
    attempt: int | None
    last_sign_of_life: datetime | None
    content: dict[str, Any] | None
    given_back: int | None = None


def known(job_id: str) -> layout.Job:
    """Return the job that an id stands for; it need not exist.

    Raises:
        ValueError: the text does not have the form of a job id.
    """
    job = layout.parse_job_id(job_id)
    if job is None:
        raise ValueError(
            f"job_id: expected DATE_TIME-BACKEND-USER-DIGITS, as `upload_job` returned it,"
            f" got {job_id!r}"
        )
    return job


def place_of(files: Files, job: layout.Job) -> tuple[State, StoredFile]:
    """Return the state that the folder of a job's file shows, and the file.

    Raises:
        FileNotFoundError: the job is in no folder.
    """
    for state, path in _places(job):
        try:
            stored = files.read(path)
        except FileNotFoundError:
            continue
        if path.endswith(f"/{stored.name}"):
            return state, stored
    raise _no_such(job)


def check_exists(files: Files, job: layout.Job) -> None:
    """Raise `FileNotFoundError` if a job is in no folder."""
    if not any(files.exists(path) for _, path in _places(job)):
        raise _no_such(job)


def _places(job: layout.Job) -> Sequence[tuple[State, str]]:
    """Return the states of a job and its file in each, as often as they have to be searched.

    In the order in which a job moves, so that one that moves meanwhile is found further on; a
    job that is queued again moves back, and is found in the next round.
    """
    return _ROUNDS * (
        ("queued", job.queued),
        ("running", job.running),
        ("done", job.finished),
        ("error", job.deleted),
    )


def _no_such(job: layout.Job) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, "there is no such job", job.job_id)


def described(job: layout.Job, state: State) -> Job:
    """Return the description of a job."""
    try:
        moment = layout.queued_at(job)
    except ValueError:
        moment = None
    return Job(job.job_id, job.display_name, job.username, state, moment)


def list_jobs(
    provider: FileProvider,
    *,
    backend: str | None = None,
    user: str | None = None,
    state: State | None = None,
) -> list[Job]:
    """Return the jobs of a backend, of a user and in a state, or of all; the oldest first.

    One request for each folder: the files are not read. A job that moves meanwhile is listed
    once, in its later state.

    Args:
        provider: the storage of the jobs.
        backend: the display name of a backend; None for all.
        user: the name of a user, in the case in which jobs were queued; None for all.
        state: "queued", "running", "done" or "error"; None for all.

    Raises:
        ValueError: ``backend`` or ``user`` is not a valid name, or ``state`` is not a state.
    """
    if backend is not None:
        layout.checked_display_name(backend)
    if user is not None:
        user = layout.checked_username(user, backend or "")
    if state is not None and state not in STATES:
        raise ValueError(f"state: expected one of {', '.join(STATES)}, got {state!r}")
    jobs = {
        job.job_id: described(job, each)
        for each in (STATES if state is None else (state,))
        for job in _in_state(provider.files, each, backend, user)
        if backend in (None, job.display_name) and user in (None, job.username)
    }
    return [jobs[job_id] for job_id in sorted(jobs)]


def _in_state(
    files: Files, state: State, backend: str | None, user: str | None
) -> Iterator[layout.Job]:
    """Yield the jobs in the folders of a state, but no jobs in the folder of another backend."""
    for folder, owner in _folders(files, state, backend, user):
        for name in names_in(files, folder).files:
            job = layout.parse_job_file(name)
            if job is not None and owner in (None, job.display_name):
                yield job


def _folders(
    files: Files, state: State, backend: str | None, user: str | None
) -> Iterator[tuple[str, str | None]]:
    """Yield the folders of a state, each with its backend; None if all backends share it."""
    if state == "running":
        yield layout.RUNNING_JOBS, None
    elif state == "error":
        yield layout.DELETED_JOBS, None
    else:
        root = layout.QUEUED_JOBS if state == "queued" else layout.FINISHED_JOBS
        for each in names_in(files, root).folders if backend is None else [backend]:
            folder = f"{root}/{each}"
            if state == "queued":
                yield folder, each
            else:
                users = names_in(files, folder).folders if user is None else [user]
                yield from ((f"{folder}/{name}", each) for name in users)


def names_in(files: Files, folder: str) -> Names:
    """Return the names in a folder; none if there is no such folder."""
    try:
        return files.names(f"/{folder}")
    except FileNotFoundError:
        return Names([], [])


def job_details(provider: FileProvider, job_id: str) -> JobDetails:
    """Return a job with its status, its worker and its content.

    Raises:
        FileNotFoundError: there is no such job.
        ValueError: ``job_id`` does not have the form of a job id.
    """
    job = known(job_id)
    state, stored = place_of(provider.files, job)
    status = provider.get_status(job.display_name, job.username, job_id)
    if status.status in ENDS and not is_missing(status):
        # The job's file is moved last, and a crash may have prevented it.
        state = ENDS[status.status]
    claim, written = ({}, None) if state in ENDS.values() else _claim(provider.files, job)
    return JobDetails(
        job=described(job, state),
        detail=status.detail,
        error_message=status.error_message,
        worker=claim.get("worker") or None,  # an empty name: the job waits again
        attempt=claim.get("attempt"),
        last_sign_of_life=written,
        content=_readable(job.job_id, stored.data),
        given_back=claim.get("given_back"),
    )


def is_missing(status: StatusMsgDict) -> bool:
    """Return whether a status is the one that `get_status` returns if none is stored."""
    return status.error_message == f"Missing status file for {status.job_id}."


def _claim(files: Files, job: layout.Job) -> tuple[dict[str, Any], datetime | None]:
    try:
        stored = files.read(job.claim)
    except (FileNotFoundError, NameRefused):  # a name too long for a claim: nobody can take it
        return {}, None
    return _readable(job.claim, stored.data) or {}, stored.modified


def _readable(path: str, data: bytes) -> dict[str, Any] | None:
    try:
        return decode(path, data)
    except BrokenFile:
        return None
