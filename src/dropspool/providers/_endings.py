"""The end of a job in steps that can be repeated after a crash.

A job that has a result is done; a job without a result whose status is `ERROR` has ended
in an error. So the result is written first, then the status, and the job's file is moved
to its final folder last: a file in any other folder shows which steps are missing. Any
process may repeat any step, and the outcome is the same as if it had been done once.
"""

from __future__ import annotations

import contextlib
import errno
import logging

from dropspool import layout
from dropspool.errors import BrokenFile, StorageError
from dropspool.providers._files import Files
from dropspool.providers._json import decode, decode_as, encode
from dropspool.schemas import MESSAGE_LIMIT, ResultDict, StatusMsgDict, get_init_status

ATTEMPTS = 5
"""The number of attempts to change a file that other processes change at the same time."""

_GIVEN_UP = "The job was given up."

logger = logging.getLogger(__name__)


def first_status(job: layout.Job) -> StatusMsgDict:
    """Return the status of a new job, `INITIALIZING`."""
    return get_init_status().model_copy(update={"job_id": job.job_id})


def given_up(job: layout.Job) -> StatusMsgDict:
    """Return the status of a job that no worker has ended, `ERROR`."""
    return StatusMsgDict(
        job_id=job.job_id,
        status="ERROR",
        detail=_GIVEN_UP,
        error_message="no worker that took the job has ended it",
    )


def is_given_up(status: StatusMsgDict) -> bool:
    """Return whether a status is one of `given_up`, so that a late result is still welcome."""
    return status.status == "ERROR" and status.detail == _GIVEN_UP


def _as_stored(status: StatusMsgDict) -> StatusMsgDict:
    """Return a status as readers of all versions can read it, with texts of a limited length."""
    texts = {name: _shortened(getattr(status, name)) for name in ("detail", "error_message")}
    known = {"status": "QUEUED"} if status.status == "RUNNING" else {}
    return status.model_copy(update={**texts, **known})


def _shortened(text: str) -> str:
    if len(text) <= MESSAGE_LIMIT:
        return text
    end = f"… ({len(text)} characters)"
    return text[: MESSAGE_LIMIT - len(end)] + end


def _data(status: StatusMsgDict) -> bytes:
    return encode("status_msg_dict", status.model_dump())


class Endings:
    """The statuses and results of jobs, and the moves of jobs to their final folders."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def begin(self, job: layout.Job) -> StatusMsgDict:
        """Store the first status of a job, unless it has one; return the stored status."""
        status = first_status(job)
        try:
            self._files.create(job.status, _data(status))
        except FileExistsError:
            stored = self._files.read(job.status)
            return decode_as(StatusMsgDict, job.status, decode(job.status, stored.data))
        return status

    def done(self, job: layout.Job, result: bytes, status: StatusMsgDict) -> None:
        """End a job that has been run. The first result is kept.

        Raises:
            OSError: one of `dropspool.errors.PERMANENT` if the result can never be stored; the
                status has not been changed then.
        """
        if self._store(job, result):
            self._files.replace(job.status, _data(_as_stored(status)))
            self._file_away(job, job.finished)
        else:
            logger.info("%s: the job has a result already, which is kept", job.result)
            self.finish(job, status)

    def _store(self, job: layout.Job, result: bytes) -> bool:
        """Store a result; return False if the job has one already."""
        for _ in range(ATTEMPTS):
            try:
                self._files.create(job.result, result)
            except FileExistsError:
                pass  # what is there is read before it is believed
            else:
                return True
            try:
                stored = self._files.read(job.result)
                decode_as(ResultDict, job.result, decode(job.result, stored.data))
            except FileNotFoundError:
                continue  # it was deleted meanwhile
            except BrokenFile as error:
                logger.warning("%s: replaced, and a copy is kept aside", error)
                self._files.create(layout.set_aside(job.result), stored.data)
                with contextlib.suppress(FileExistsError):
                    self._files.update(job.result, result, stored.revision)
                    return True
            else:
                return False
        raise StorageError(f"{job.result}: changed by others {ATTEMPTS} times while it was written")

    def finish(self, job: layout.Job, status: StatusMsgDict) -> None:
        """Complete the missing steps of a job that has a result."""
        self.note(job, status)
        self._file_away(job, job.finished)

    def fail(self, job: layout.Job, status: StatusMsgDict) -> None:
        """End a job that cannot be run, unless it is done."""
        if self.note(job, status).status == "DONE":
            self._file_away(job, job.finished)
        else:
            self._file_away(job, job.deleted)

    def note(self, job: layout.Job, status: StatusMsgDict) -> StatusMsgDict:
        """Store a status, unless the job has ended; return the status that is then stored.

        Only `DONE` replaces `ERROR`, and nothing replaces `DONE`.
        """
        status = _as_stored(status)
        data = _data(status)
        for _ in range(ATTEMPTS):
            try:
                found = self._stored(job)
                if found is None:
                    self._files.create(job.status, data)
                    return status
                stored, revision = found
                if stored.status == "DONE" or (
                    stored.status == "ERROR" and status.status != "DONE"
                ):
                    return stored
                if stored != status:
                    self._files.update(job.status, data, revision)
            except FileExistsError:
                continue  # another process has written a status meanwhile
            return status
        raise StorageError(f"{job.status}: changed by others {ATTEMPTS} times while it was written")

    def status(self, job: layout.Job) -> StatusMsgDict | None:
        """Return the status of a job, or None if there is none."""
        try:
            found = self._stored(job)
        except FileExistsError:
            return None  # it was unreadable, and another process is just replacing it
        return found and found[0]

    def has_failed(self, job: layout.Job) -> bool:
        """Return whether the status of a job is `ERROR`."""
        status = self.status(job)
        return status is not None and status.status == "ERROR"

    def has_ended(self, job: layout.Job) -> bool:
        """Return whether the outcome of a job is certain: it has a result or an error."""
        return self.has_result(job) or self.has_failed(job)

    def has_result(self, job: layout.Job) -> bool:
        """Return whether a job has a result that can be read."""
        try:
            stored = self._files.read(job.result)
            decode_as(ResultDict, job.result, decode(job.result, stored.data))
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return False
        except BrokenFile as error:
            logger.warning("%s: treated as missing", error)
            return False
        return True

    def _stored(self, job: layout.Job) -> tuple[StatusMsgDict, str] | None:
        """Return the status of a job and its revision, or None if there is no status.

        An unreadable status is kept aside and replaced by the first status.
        """
        try:
            stored = self._files.read(job.status)
        except FileNotFoundError:
            return None
        try:
            status = decode_as(StatusMsgDict, job.status, decode(job.status, stored.data))
        except BrokenFile as error:
            logger.warning("%s: treated as missing, and a copy is kept aside", error)
            self._files.create(layout.set_aside(job.status), stored.data)
            status = first_status(job)
            stored = self._files.update(job.status, _data(status), stored.revision)
        return status, stored.revision

    def _file_away(self, job: layout.Job, target: str) -> None:
        """Move a job's file to ``target`` from whichever folder it is in.

        Raises:
            FileNotFoundError: the file is in no folder.
        """
        for _ in range(ATTEMPTS):
            # A recovery may have queued the job again, or another worker may have ended it in
            # an error.
            for source in (job.running, job.queued, job.deleted):
                if source != target and self._moved(source, target):
                    return
            if any(map(self._files.exists, (target, job.finished))):
                return
            # Another process moved it between two of these looks: look again.
        raise FileNotFoundError(errno.ENOENT, "the job is in no folder", job.running)

    def _moved(self, source: str, target: str) -> bool:
        try:
            self._files.move(source, target)
        except FileNotFoundError:
            return False
        except FileExistsError:
            # The job was queued twice, because the user's first attempt only seemed to fail.
            with contextlib.suppress(FileNotFoundError):
                self._files.delete(source)
        return True
