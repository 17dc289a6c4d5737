"""Helpers for tests of a queue: jobs to submit, take and end, and checks of its files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from dropspool.demo import CONFIG
from dropspool.providers._endings import is_mark
from dropspool.providers.base import StorageProvider
from dropspool.schemas import BackendConfigSchemaIn, NextJobSchema, ResultDict, StatusMsgDict

BACKEND = "fermions"
"""The backend of these helpers and of the fixture ``backend_config``."""

ENDS = {"DONE": "Finished_Jobs", "ERROR": "Deleted_Jobs"}
"""The final folder of a job, by its final status."""

_FILE = re.compile(r"/Backend_files/(\w+)/.*?(job|claim|status|result)-([^/]+)\.json")


def config(display_name: str = BACKEND) -> BackendConfigSchemaIn:
    """Return a configuration of a backend."""
    return CONFIG.model_copy(update={"display_name": display_name})


def status_of(job_id: str, status: str = "DONE", detail: str = "as told") -> StatusMsgDict:
    """Return a status of a job."""
    return StatusMsgDict.model_validate(
        {"job_id": job_id, "status": status, "detail": detail, "error_message": "None"}
    )


def result_of(job_id: str, display_name: str = BACKEND, **header: Any) -> ResultDict:
    """Return a result of a job."""
    return ResultDict(
        display_name=display_name, backend_version="1", job_id=job_id, status="DONE", header=header
    )


def submit(provider: StorageProvider, user: str = "ada", **content: Any) -> str:
    """Queue a job and store its first status."""
    job_id = provider.upload_job(content, BACKEND, user)
    provider.upload_status(BACKEND, user, job_id)
    return job_id


def take(provider: StorageProvider) -> str:
    """Take the next job and return its id, or the string ``None`` if there is none."""
    job: NextJobSchema = provider.get_next_job_in_queue(BACKEND)
    return job.job_id


def end(provider: StorageProvider, job_id: str, status: str = "DONE", **header: Any) -> None:
    """End a job with this status, and with a result whose header has these values."""
    provider.update_in_database(
        result_of(job_id, **header), status_of(job_id, status), job_id, BACKEND
    )


def drain(provider: StorageProvider, *, status: str = "DONE", at_most: int = 100) -> list[str]:
    """Take and end all jobs that wait, up to ``at_most``, and return their ids."""
    ended = []
    for _ in range(at_most):
        job_id = take(provider)
        if job_id == "None":
            break
        end(provider, job_id, status)
        ended.append(job_id)
    return ended


@dataclass
class JobFiles:
    """The files of a job: the folders of the job itself, and its status, result and claim."""

    places: list[str] = field(default_factory=list)
    content: bytes | None = None
    status: str | None = None
    result: bytes | None = None
    claim: bytes | None = None

    @property
    def has_result(self) -> bool:
        """True if the job has a result that is not the mark of its cancellation."""
        if not self.result:
            return False
        try:
            return not is_mark(ResultDict.model_validate_json(self.result))
        except ValidationError:
            return True


def jobs_in(files: Mapping[str, bytes]) -> dict[str, JobFiles]:
    """Return the files of each job, by its id, without the copies of unreadable files."""
    jobs: dict[str, JobFiles] = {}
    for path, data in files.items():
        found = _FILE.fullmatch(path)
        if found is None or "/unreadable-" in path:
            continue
        place, kind, job_id = found.groups()
        job = jobs.setdefault(job_id, JobFiles())
        if kind == "job":
            job.places.append(place)
            job.content = data
        elif kind == "status":
            job.status = json.loads(data)["status"]
        else:
            setattr(job, kind, data)
    return jobs


def check_always(
    files: Mapping[str, bytes], job_ids: Iterable[str] | None = None
) -> dict[str, JobFiles]:
    """Check the invariants that hold at every moment, and return the files of all jobs.

    Args:
        files: the contents by path.
        job_ids: the jobs whose submission was acknowledged; by default all jobs that have a
            file.
    """
    jobs = jobs_in(files)
    for job_id in jobs if job_ids is None else job_ids:
        job = jobs.get(job_id, JobFiles())
        assert len(job.places) == 1, f"{job_id} is in {job.places or 'no folder'}"
        assert job.status != "DONE" or job.has_result, f"{job_id} is DONE without a result"
    return jobs


def check_at_rest(
    files: Mapping[str, bytes], job_ids: Iterable[str] | None = None
) -> dict[str, JobFiles]:
    """Check the invariants that hold after a recovery while no process is working.

    The arguments and the returned value are those of `check_always`.
    """
    jobs = check_always(files, job_ids)
    for job_id in jobs if job_ids is None else job_ids:
        job = jobs[job_id]
        place, *_ = job.places
        claimed_by = job.claim and json.loads(job.claim)["worker"]
        assert not claimed_by, f"{job_id}: still claimed by {claimed_by}"
        if job.has_result:
            assert (job.status, place) == ("DONE", "Finished_Jobs"), f"{job_id}: {job}"
        elif job.status == "ERROR":
            assert place == "Deleted_Jobs", f"{job_id}: {job}"
        else:
            assert place == "Queued_Jobs", f"{job_id}: {job}"
            continue
        assert job.claim is None, f"{job_id} has ended, but still has a claim"
    return jobs
