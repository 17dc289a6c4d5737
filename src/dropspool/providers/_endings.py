"""The end of a job in steps that can be repeated after a crash.

A job that has a result is done; a job without a result whose status is `ERROR` has ended
in an error. So the result is written first, then the status, and the job's file is moved
to its final folder last: a file in any other folder shows which steps are missing. Any
process may repeat any step, and the outcome is the same as if it had been done once.

A cancellation competes with the worker of the job, which may be about to store its result. So it
begins with a result of its own, the mark of the cancellation: the first of the two is kept.
"""

from __future__ import annotations

import contextlib
import errno
import logging
from collections.abc import Callable

from dropspool import layout
from dropspool.errors import BrokenFile, NameRefused, NotAFile, StorageError
from dropspool.providers._files import Files
from dropspool.providers._json import decode, decode_as, encode
from dropspool.schemas import MESSAGE_LIMIT, ResultDict, StatusMsgDict, get_init_status

ATTEMPTS = 5
"""The number of attempts to change a file that other processes change at the same time."""

CANCELLED = "The job was cancelled."
"""The detail in the status of a cancelled job; its status is `ERROR`."""

_BLOCKED = (IsADirectoryError, NotADirectoryError, NameRefused, NotAFile)
"""The errors for a path at which no file can be, or at which something else is."""

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
    """Return whether a status is one of `given_up`: then a late result is still accepted."""
    return status.status == "ERROR" and status.detail == _GIVEN_UP


def _cancelled(job: layout.Job) -> StatusMsgDict:
    return StatusMsgDict(
        job_id=job.job_id, status="ERROR", detail=CANCELLED, error_message="cancelled"
    )


def is_cancellation(status: StatusMsgDict) -> bool:
    """Return whether a status is that of a cancelled job."""
    return status.status == "ERROR" and status.detail == CANCELLED


def _mark(job: layout.Job) -> bytes:
    """Return the mark of a cancellation; readers take it for the result of a failed job."""
    mark = ResultDict(
        display_name=job.display_name,
        backend_version="",
        job_id=job.job_id,
        success=False,
        status="ERROR",
        header={"detail": CANCELLED},
    )
    return encode("result_dict", mark.model_dump())


def is_mark(result: ResultDict) -> bool:
    """Return whether a result is the mark of a cancellation."""
    return not result.success and result.header.get("detail") == CANCELLED


def as_stored(status: StatusMsgDict) -> StatusMsgDict:
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

    def done(self, job: layout.Job, result: bytes, status: StatusMsgDict) -> bool:
        """End a job that has been run; return False if it was cancelled. The first result is kept.

        Raises:
            OSError: one of `dropspool.errors.PERMANENT` if the result can never be stored; the
                status has not been changed then.
        """
        standing = self._store(job, result)
        if standing is None:
            self._files.replace(job.status, _data(as_stored(status)))
            self._file_away(job, job.finished)
        elif is_mark(standing):
            # The process that cancelled the job ends it, and may have queued it again meanwhile.
            return False
        else:
            logger.info("%s: the job has a result already, which is kept", job.result)
            self.finish(job, status)
        return True

    def cancel(self, job: layout.Job) -> bool:
        """End a job in an error; return False, and change nothing, if it has a result."""
        # If the mark cannot be stored, a worker cannot store a result there, either.
        with contextlib.suppress(*_BLOCKED):
            standing = self._store(job, _mark(job))
            if standing is not None and not is_mark(standing):
                return False
        self.fail(job, _cancelled(job))
        return True

    def finish(self, job: layout.Job, status: StatusMsgDict) -> None:
        """Complete the missing steps of a job that has a result."""
        self.note(job, status)
        self._file_away(job, job.finished)

    def _store(self, job: layout.Job, result: bytes) -> ResultDict | None:
        """Store a result and return None; return the one that the job has already, if any."""
        for _ in range(ATTEMPTS):
            try:
                self._files.create(job.result, result)
            except FileExistsError:
                pass  # the file that is there is read next: it may be unreadable
            else:
                return None
            try:
                stored = self._files.read(job.result)
                return decode_as(ResultDict, job.result, decode(job.result, stored.data))
            except FileNotFoundError:
                continue  # it was deleted meanwhile
            except BrokenFile as error:
                logger.warning("%s: replaced, and a copy is kept aside", error)
                self._files.create(layout.set_aside(job.result), stored.data)
                with contextlib.suppress(FileExistsError):
                    self._files.update(job.result, result, stored.revision)
                    return None
        raise StorageError(f"{job.result}: changed by others {ATTEMPTS} times while it was written")

    def fail(
        self,
        job: layout.Job,
        status: StatusMsgDict,
        *,
        waiting: bool = True,
        allowed: Callable[[], bool] = lambda: True,
    ) -> bool:
        """End a job in an error, unless it is done; return False if that is not ``allowed``.

        A job that waits stays in its queue if ``waiting`` is False: others have queued it again
        since its worker has run it. ``allowed`` is called between the two requests by which the
        status is read and changed.
        """
        # The name may be too long for a status file: then only the folder of the job's file shows
        # that the job has ended.
        with contextlib.suppress(NameRefused):
            stored = self.note(job, status, allowed)
            if stored is None:
                return False
            status = stored
        if status.status == "DONE":
            self._file_away(job, job.finished)
        else:
            self._file_away(job, job.deleted, waiting=waiting)
        return True

    def note(
        self, job: layout.Job, status: StatusMsgDict, allowed: Callable[[], bool] = lambda: True
    ) -> StatusMsgDict | None:
        """Store a status, unless the job has ended; return the status that is then stored.

        Only `DONE` replaces `ERROR`, and nothing replaces `DONE`. Return None, and change nothing,
        if ``allowed``, called between reading and changing the status, returns False.
        """
        status = as_stored(status)
        data = _data(status)
        for _ in range(ATTEMPTS):
            try:
                found = self._stored(job)
                if not allowed():
                    return None
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
        return self.result(job) is not None or self.has_failed(job)

    def has_result(self, job: layout.Job) -> bool:
        """Return whether a job has a readable result that is not the mark of a cancellation."""
        found = self.result(job)
        return found is not None and not is_mark(found)

    def result(self, job: layout.Job) -> ResultDict | None:
        """Return the result of a job, or its mark if it was cancelled; None if there is neither."""
        found = self._result(job)
        return found and found[0]

    def remove_mark(self, job: layout.Job) -> None:
        """Delete the mark of a cancelled job, if it has one: the job may have a result again."""
        found = self._result(job)
        if found is not None and is_mark(found[0]):
            self._files.delete(job.result, found[1])

    def _result(self, job: layout.Job) -> tuple[ResultDict, str] | None:
        """Return the result of a job, or its mark, and its revision; None if there is neither."""
        try:
            stored = self._files.read(job.result)
            result = decode_as(ResultDict, job.result, decode(job.result, stored.data))
        except (FileNotFoundError, *_BLOCKED):
            return None
        except BrokenFile as error:
            logger.warning("%s: treated as missing", error)
            return None
        return result, stored.revision

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

    def _file_away(self, job: layout.Job, target: str, *, waiting: bool = True) -> None:
        """Move a job's file to ``target`` from whichever folder it is in.

        If ``waiting`` is False, a job that waits stays in its queue.

        Raises:
            FileNotFoundError: the file is in no folder.
        """
        # A recovery may have queued the job again, or another worker may have ended it in an error.
        sources = [job.running, *([job.queued] if waiting else []), job.deleted]
        ends = [target, job.finished, *([] if waiting else [job.queued])]
        for _ in range(ATTEMPTS):
            for source in sources:
                if source != target and moved(self._files, source, target):
                    return
            if any(map(self._files.exists, ends)):
                return
            # Another process moved it between two of these looks: look again.
        raise FileNotFoundError(errno.ENOENT, "the job is in no folder", job.running)


def moved(files: Files, source: str, target: str) -> bool:
    """Move a job's file; return False if it is not there."""
    try:
        files.move(source, target)
    except FileNotFoundError:
        return False
    except FileExistsError:
        # The job was queued twice, because the user's first attempt only seemed to fail. But if
        # something else is in its place, reading raises an error, and the job is kept.
        with contextlib.suppress(FileNotFoundError):
            files.read(target)
            files.delete(source)
    return True
