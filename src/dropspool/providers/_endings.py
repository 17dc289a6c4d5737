"""How jobs end, and how what a crash left of that is put right.

A job that has a result is done; one without whose status is `ERROR` ended in an
error. So a result is written first, then the status, and at last the job's file goes
where it belongs: whoever finds it anywhere else knows what is missing. Every step may
be made again, by anyone, and in the end it is as if it had been made once.
"""

from __future__ import annotations

import contextlib
import errno
import logging

from dropspool import layout
from dropspool.errors import BrokenFile, StorageError
from dropspool.providers._files import Files
from dropspool.providers._json import decode, decode_as, encode
from dropspool.schemas import StatusMsgDict, get_init_status

ATTEMPTS = 5
"""How often a change is tried again because others were faster."""

logger = logging.getLogger(__name__)


def first_status(job: layout.Job) -> StatusMsgDict:
    """The status of a job of which nothing is known yet."""
    return get_init_status().model_copy(update={"job_id": job.job_id})


class Endings:
    """The statuses and results of jobs, and where their files go."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def done(self, job: layout.Job, result: bytes, status: StatusMsgDict) -> None:
        """End a job that has been run. The first result stands."""
        try:
            self._files.create(job.result, result)
        except FileExistsError:
            logger.info("%s: the first result stands", job.result)
            self.finish(job, status)
        else:
            self._files.replace(job.status, encode("status_msg_dict", status.model_dump()))
            self._file_away(job, job.finished)

    def finish(self, job: layout.Job, status: StatusMsgDict) -> None:
        """Complete what a job with a result lacks."""
        self.note(job, status)
        self._file_away(job, job.finished)

    def fail(self, job: layout.Job, status: StatusMsgDict) -> None:
        """End a job that cannot be run, unless it is done."""
        if self.note(job, status).status == "DONE":
            self._file_away(job, job.finished)
        else:
            self._file_away(job, job.deleted)

    def note(self, job: layout.Job, status: StatusMsgDict) -> StatusMsgDict:
        """Store a status, unless the job has ended with another one; return what then stands.

        Only `DONE` takes the place of `ERROR`, and nothing that of `DONE`.
        """
        data = encode("status_msg_dict", status.model_dump())
        for _ in range(ATTEMPTS):
            try:
                found = self._standing(job)
                if found is None:
                    self._files.create(job.status, data)
                    return status
                standing, revision = found
                if standing.status == "DONE" or (
                    standing.status == "ERROR" and status.status != "DONE"
                ):
                    return standing
                if standing != status:
                    self._files.update(job.status, data, revision)
            except FileExistsError:
                continue  # somebody else wrote one meanwhile
            return status
        raise StorageError(f"{job.status}: changed by others {ATTEMPTS} times while it was written")

    def status(self, job: layout.Job) -> StatusMsgDict | None:
        """The status of a job, None where there is none."""
        try:
            found = self._standing(job)
        except FileExistsError:
            return None  # it could not be read, and changes right now
        return found and found[0]

    def is_done(self, job: layout.Job) -> bool:
        """Whether the status of a job says so."""
        status = self.status(job)
        return status is not None and status.status == "DONE"

    def has_failed(self, job: layout.Job) -> bool:
        """Whether a job ended in an error, by its status."""
        status = self.status(job)
        return status is not None and status.status == "ERROR"

    def has_result(self, job: layout.Job) -> bool:
        """Whether a job has one."""
        return self._files.exists(job.result)

    def _standing(self, job: layout.Job) -> tuple[StatusMsgDict, str] | None:
        """The status of a job and its revision; one that cannot be read gives way to the first."""
        try:
            stored = self._files.read(job.status)
        except FileNotFoundError:
            return None
        try:
            status = decode_as(StatusMsgDict, job.status, decode(job.status, stored.data))
        except BrokenFile as error:
            logger.warning("%s: counts as no status and is kept aside", error)
            self._files.create(layout.set_aside(job.status), stored.data)
            status = first_status(job)
            data = encode("status", status.model_dump())
            stored = self._files.update(job.status, data, stored.revision)
        return status, stored.revision

    def _file_away(self, job: layout.Job, target: str) -> None:
        """Move a job's file to ``target``, wherever it is.

        Raises:
            FileNotFoundError: it is nowhere.
        """
        for _ in range(ATTEMPTS):
            # A recovery may have queued it again, and an error may have been thought its end.
            for source in (job.running, job.queued, job.deleted):
                if source != target and self._moved(source, target):
                    return
            if any(map(self._files.exists, (target, job.finished))):
                return
            # Others are moving it from one place that was looked at to another.
        raise FileNotFoundError(errno.ENOENT, "the job is nowhere", job.running)

    def _moved(self, source: str, target: str) -> bool:
        try:
            self._files.move(source, target)
        except FileNotFoundError:
            return False
        except FileExistsError:
            # It was queued twice, by a user whose first attempt only seemed to fail.
            with contextlib.suppress(FileNotFoundError):
                self._files.delete(source)
        return True
