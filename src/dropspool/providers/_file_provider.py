"""The job queue on files of any storage: the order in which files are written.

A worker takes a job by a claim (see `_claims`) and ends it in several steps (see
`_endings`); `_recovery` completes or undoes what a crash has left unfinished.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import random
from collections.abc import Callable, Iterator, Mapping
from datetime import MAXYEAR, MINYEAR, datetime, timedelta, timezone
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from dropspool import layout
from dropspool._locks import ForkSafeLock
from dropspool.clock import Clock
from dropspool.errors import ABOUT_ONE_FILE, BrokenFile, NameRefused, StorageError
from dropspool.providers._claims import (
    Claims,
    checked_attempts,
    checked_lease,
    checked_worker_id,
)
from dropspool.providers._endings import ATTEMPTS, Endings, as_stored, first_status, is_given_up
from dropspool.providers._files import Files, StoredFile, Trace
from dropspool.providers._json import decode, decode_as, decode_strictly, encode
from dropspool.providers._queue import Queue
from dropspool.providers._recovery import recover, requeue
from dropspool.providers.base import StorageProvider, validate_active
from dropspool.schemas import BackendConfigSchemaIn, NextJobSchema, ResultDict, StatusMsgDict

_INSTANT = timedelta(microseconds=1)
_IMPLAUSIBLE = timedelta(days=1)
"""The time by which a stamp must be ahead of all known clocks to be that of a wrong clock."""

_STAMP: TypeAdapter[datetime | None] = TypeAdapter(datetime | None)

logger = logging.getLogger(__name__)


class FileProvider(StorageProvider):
    """A storage provider that keeps the queue in the files of a `Files` object."""

    _race_pause: float = 0
    """The longest pause in seconds after another worker was faster, where requests take long."""

    def __init__(
        self,
        files: Files,
        name: str,
        is_active: bool,
        clock: Clock,
        lease_seconds: float,
        worker_id: str | None,
        max_attempts: int,
    ) -> None:
        super().__init__(name, is_active)
        self.lease_seconds = checked_lease(lease_seconds)
        self.max_attempts = checked_attempts(max_attempts)
        self._files = files
        worker_id = checked_worker_id(worker_id)
        self._claims = Claims(files, worker_id, lease_seconds, clock)
        self._chance = random.Random(worker_id)  # noqa: S311 -- no secret; each worker has its own
        self._endings = Endings(files)
        self._clock = clock
        self._last_moment = datetime.min.replace(tzinfo=timezone.utc)
        self._numbering = ForkSafeLock()
        # The backends that had a configuration, and the files that `_stamp` need not read first.
        self._backends: set[str] = set()
        self._configs: dict[str, StoredFile] = {}
        self._queues: dict[str, Queue] = {}

    # Files

    @property
    def files(self) -> Files:
        """The methods that read and change the files of the queue, by their full path."""
        return self._files

    def upload_string(self, content_string: str, storage_path: str, job_id: str) -> None:
        """Write text to ``{storage_path}/{job_id}.json``, replacing an existing file."""
        path = layout.checked_file(storage_path, job_id)
        if not isinstance(content_string, str):
            raise TypeError(f"content_string: expected a str, got {type(content_string).__name__}")
        try:
            data = content_string.encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"content_string: expected Unicode text: {error}") from error
        self._files.replace(path, data)

    def upload(self, content_dict: Mapping[str, Any], storage_path: str, job_id: str) -> None:
        """Write a mapping as JSON to ``{storage_path}/{job_id}.json``, replacing a file there."""
        path = layout.checked_file(storage_path, job_id)
        self._files.replace(path, encode("content_dict", content_dict))

    def get_file_content(self, storage_path: str, job_id: str) -> dict[str, Any]:
        """Return the JSON object in ``{storage_path}/{job_id}.json``."""
        return self._content(layout.checked_file(storage_path, job_id))

    def get_job_content(self, storage_path: str, job_id: str) -> dict[str, Any]:
        """Return the JSON object in ``{storage_path}/job-{job_id}.json``."""
        path = layout.checked_file(storage_path, job_id, prefix="job-")
        try:
            return decode_strictly(path, self._files.read(path).data)
        except BrokenFile:
            job = layout.parse_job_id(job_id)
            if job is not None and path == job.running:
                # The job ends here, whichever worker took it and however it handles this error:
                # otherwise a recovery would queue the unreadable file again.
                self._endings.fail(job, _unreadable(job))
                self._claims.release(job)
            raise

    def update_file(self, content_dict: Mapping[str, Any], storage_path: str, job_id: str) -> None:
        """Replace the existing file ``{storage_path}/{job_id}.json``."""
        path = layout.checked_file(storage_path, job_id)
        data = encode("content_dict", content_dict)
        self._rewrite(path, lambda _: data)

    @validate_active
    def move_file(self, start_path: str, final_path: str, job_id: str) -> None:
        """Move ``{job_id}.json`` from one folder to another."""
        source = layout.checked_file(start_path, job_id, argument="start_path")
        target = layout.checked_file(final_path, job_id, argument="final_path")
        if source == target and self._files.exists(source):
            # Dropbox itself answers with a different error here.
            raise FileExistsError(errno.EEXIST, "it is there already", target)
        self._files.move(source, target)

    @validate_active
    def delete_file(self, storage_path: str, job_id: str) -> None:
        """Delete ``{storage_path}/{job_id}.json``."""
        self._files.delete(layout.checked_file(storage_path, job_id))

    def delete_folder(self, folder_path: str) -> None:
        """Delete a folder with everything in it.

        Raises:
            FileNotFoundError: there is no such folder.
        """
        self._files.delete(layout.checked_folder(folder_path, "folder_path"))

    def get_file_queue(self, storage_path: str) -> list[str]:
        """Return the sorted names of the files in a folder, with ``.json``; [] if it is missing."""
        folder = layout.checked_folder(storage_path)
        try:
            return sorted(self._files.names(folder).files)
        except FileNotFoundError:
            return []

    # Backends

    def upload_config(self, config_dict: BackendConfigSchemaIn, display_name: str) -> None:
        """Store the configuration of a backend, replacing the one that is there."""
        path = layout.config_path(layout.checked_display_name(display_name))
        content = config_dict.model_dump()
        given = _aware(config_dict.last_queue_check)

        def replaced(stored: StoredFile | None) -> bytes:
            stamps = [given, self._plausible_stamp(stored) if stored else None]
            latest = max(filter(None, stamps), default=None)
            return encode(
                "config_dict", {**content, "last_queue_check": latest and latest.isoformat()}
            )

        for _ in range(ATTEMPTS):
            try:
                self._rewrite(path, replaced)
            except FileNotFoundError:
                with contextlib.suppress(FileNotFoundError, FileExistsError):
                    self._files.create(path, replaced(None))
                    break
            else:
                break
        else:
            raise StorageError(
                f"{path}: created and deleted by others {ATTEMPTS} times while it was written"
            )
        self._backends.add(display_name)

    def get_config(self, display_name: str) -> BackendConfigSchemaIn:
        """Return the stored configuration of a backend."""
        path = layout.config_path(layout.checked_display_name(display_name))
        with _expected_configuration(path):
            data = self._files.read(path).data
        return decode_as(BackendConfigSchemaIn, path, decode_strictly(path, data))

    @validate_active
    def get_backends(self) -> list[str]:
        """Return the sorted names of all backends that have a configuration folder."""
        try:
            folders = self._files.names(layout.checked_folder(layout.CONFIGS)).folders
        except FileNotFoundError:
            return []
        return sorted(filter(layout.is_display_name, folders))

    def timestamp_queue(self, display_name: str) -> None:
        """Store the current time as `last_queue_check` in the configuration of a backend."""
        self._stamp(display_name, may_lose=False)

    # Jobs

    def upload_job(self, job_dict: Mapping[str, Any], display_name: str, username: str) -> str:
        """Queue a job and return its id."""
        layout.checked_display_name(display_name)
        username = layout.checked_submitter(username, display_name)
        data = encode("job_dict", job_dict)
        self._check_backend(display_name)
        for _ in range(ATTEMPTS):
            job = layout.new_job(self._next_moment(), display_name, username)
            try:
                self._files.create(job.queued, data)
            except FileExistsError:
                logger.warning("%s: the id is taken, trying another", job.queued)
            except FileNotFoundError:
                return job.job_id  # a worker has already taken it, so it was written completely
            else:
                return job.job_id
        raise StorageError(f"no free job id in {ATTEMPTS} attempts for {display_name!r}")

    def upload_status(self, display_name: str, username: str, job_id: str) -> StatusMsgDict:
        """Store the first status of a job, unless it has one, and return the stored status."""
        job = self._job(display_name, username, job_id)
        if job is None:
            raise ValueError(
                f"job_id: expected the id of a job of {username!r} for {display_name!r},"
                f" got {job_id!r}"
            )
        return self._endings.begin(job)

    def get_status(self, display_name: str, username: str, job_id: str) -> StatusMsgDict:
        """Return the status of a user's job; ``ERROR`` if the user has no such job."""
        job = self._job(display_name, username, job_id)
        status = None
        if job is not None:
            with contextlib.suppress(NameRefused):  # no job can have such a name
                status = self._status(job)
        return status or StatusMsgDict(
            job_id=job_id,
            status="ERROR",
            detail="Could not find the status file.",
            error_message=f"Missing status file for {job_id}.",
        )

    def _status(self, job: layout.Job) -> StatusMsgDict | None:
        """Return the final status of a job, or one that says where the job is."""
        stored = self._stored_status(job)
        if stored is not None and stored.status in ("DONE", "ERROR"):
            return stored
        # In this order: a job that is taken between the two looks is found by the second.
        trace = self._files.trace(job.queued)
        if trace is Trace.HERE:
            return _in_progress(job, stored, "QUEUED", "The job waits in the queue.")
        if self._files.exists(job.running):
            return _in_progress(job, stored, "RUNNING", "The job is being run.")
        if stored is None and trace is Trace.GONE:
            # The job may have ended since the first look, and then it has a status now.
            return self._stored_status(job)
        return stored

    def _stored_status(self, job: layout.Job) -> StatusMsgDict | None:
        try:
            return decode_as(StatusMsgDict, job.status, self._own_content(job.status))
        except FileNotFoundError:
            return None

    def get_result(self, display_name: str, username: str, job_id: str) -> ResultDict:
        """Return the result of a user's job; status ``ERROR`` and no success if there is none."""
        job = self._job(display_name, username, job_id)
        if job is not None:
            with contextlib.suppress(FileNotFoundError, NameRefused):
                content = self._own_content(job.result)
                content["backend_name"] = self._backend_name(display_name)
                return decode_as(ResultDict, job.result, content)
        return ResultDict(
            display_name=display_name,
            backend_version="",
            job_id=job_id,
            success=False,
            status="ERROR",
        )

    def waiting_jobs(self, display_name: str) -> list[str]:
        """Return the ids of the jobs that wait for a backend, in the order of their ids."""
        layout.checked_display_name(display_name)
        return [job.job_id for job in self._queue(display_name).jobs()]

    def get_next_job_in_queue(self, display_name: str) -> NextJobSchema:
        """Take the oldest job that waits for a backend; set the backend's `last_queue_check`."""
        queue = self._queue(layout.checked_display_name(display_name))
        waiting = queue.jobs()
        self._stamp(display_name)
        passed_over: set[layout.Job] = set()
        while True:
            for job in waiting:
                if job in passed_over:
                    continue
                passed_over.add(job)
                try:
                    is_taken = self._take(job)
                except ABOUT_ONE_FILE as error:
                    logger.warning("%s: passed over: %s", job.queued, error)
                    continue
                if is_taken:
                    return NextJobSchema(job_id=job.job_id, job_json_path=layout.RUNNING_JOBS)
                break
            else:
                return NextJobSchema(job_id="None", job_json_path="None")
            # Without a pause, all workers that lost the race for this job would race for the next.
            self._clock.sleep(self._chance.uniform(0, self._race_pause))
            waiting = queue.jobs()

    def renew(self, job_id: str, display_name: str) -> bool:
        """Keep a job for another ``lease_seconds``; return False if another worker may have it."""
        return self._claims.renew(_job_of(display_name, job_id))

    def give_back(self, job_id: str, display_name: str) -> None:
        """Queue a running job of this worker again; the attempt does not count."""
        job = _job_of(display_name, job_id)
        if not self._claims.renew(job):
            return
        if requeue(self._files, job):
            self._claims.abandon(job, counts=False)
        else:
            self._claims.release(job)

    def update_in_database(
        self,
        result_dict: ResultDict,
        status_msg_dict: StatusMsgDict,
        job_id: str,
        display_name: str,
    ) -> bool | None:
        """Store the status of a running job; with ``DONE`` or ``ERROR``, end the job.

        Return False if nothing was stored, because the job is no longer this worker's.
        """
        job = _job_of(display_name, job_id)
        result = encode("result_dict", result_dict.model_dump())
        if status_msg_dict.status not in ("DONE", "ERROR"):
            self._endings.note(job, status_msg_dict)
            return None
        try:
            is_stored = (
                self._end_in_error(job, status_msg_dict)
                if status_msg_dict.status == "ERROR"
                else self._end(job, result, status_msg_dict)
            )
        except FileNotFoundError:
            self._claims.release(job)  # nobody will end a job that has no file
            raise
        self._claims.release(job)
        if not is_stored:
            logger.warning(
                "%s: %s is not stored, because the job is no longer this worker's",
                job.job_id,
                status_msg_dict.status,
            )
            return False
        return None

    def _end(self, job: layout.Job, result: bytes, status: StatusMsgDict) -> bool:
        """Store the result of a job; return False if the job has ended in an error before."""
        # A claim written seconds ago is not read again: the first result is kept in any case.
        if self._claims.keeps(job, certainly=False) or self._may_end(job, status):
            return self._endings.done(job, result, status)
        return False

    def _end_in_error(self, job: layout.Job, status: StatusMsgDict) -> bool:
        """Store the error of a job; return False if the job is not this worker's."""
        return self._endings.fail(
            job,
            status,
            waiting=False,
            # Nothing else keeps a late worker from storing an error, so the claim is read again.
            allowed=lambda: self._claims.keeps(job, certainly=True) or self._may_end(job, status),
        )

    def _may_end(self, job: layout.Job, status: StatusMsgDict) -> bool:
        """Return whether a worker without a claim may end a job in this way.

        An error is that of the worker that has the job. A result is accepted from any worker,
        unless the job has ended in an error that a worker reported.
        """
        stored = self._endings.status(job)
        if stored is not None and stored.status == "DONE":
            return True  # nothing is replaced, and missing steps are completed
        if status.status == "ERROR":
            if stored is not None and stored.status == "ERROR":
                return stored == as_stored(status)  # otherwise another process stored it
            return self._claims.is_free(job) and not self._files.exists(job.queued)
        has_failed = stored is not None and stored.status == "ERROR" and not is_given_up(stored)
        if has_failed and not self._endings.has_result(job):
            return False
        if stored is None and not any(
            map(self._files.exists, (job.running, job.queued, job.deleted))
        ):
            raise FileNotFoundError(errno.ENOENT, "the job is in no folder", job.running)
        # If this process dies before all steps are done, a recovery finds the job by a claim.
        self._claims.create(job)
        return True

    def recover(self, display_name: str) -> list[str]:
        """Repair a backend's jobs after crashes, and return a list of the actions taken."""
        layout.checked_display_name(display_name)
        now = self._stamp(display_name).modified
        return recover(
            self._files, self._claims, self._endings, display_name, now, self.max_attempts
        )

    def _queue(self, display_name: str) -> Queue:
        if display_name not in self._queues:
            self._queues.setdefault(
                display_name, Queue(display_name, self._queue_files(display_name))
            )
        return self._queues[display_name]

    def _queue_files(self, display_name: str) -> Callable[[], list[str]]:
        """Return a function that returns the sorted names of the files in a queue."""
        return lambda: self.get_file_queue(layout.queue_folder(display_name))

    def _check_backend(self, display_name: str) -> None:
        """Raise `FileNotFoundError` if a backend has no configuration."""
        if display_name not in self._backends:
            path = layout.config_path(display_name)
            with _expected_configuration(path):
                self._configs[display_name] = self._files.read(path)
            self._backends.add(display_name)

    def _take(self, job: layout.Job) -> bool:
        """Claim a job and move it to the running ones; return whether that worked."""
        if not self._claims.take(job):
            return False
        try:
            self._files.move(job.queued, job.running)
        except FileNotFoundError:
            self._claims.release(job)
            return False
        except FileExistsError:
            logger.warning("%s: skipped, because the job is already running", job.queued)
            self._claims.release(job)
            return False
        except BaseException:
            # Nobody will run the job: this worker's next recovery may take over its claim, if any.
            self._claims.forget(job)
            raise
        return True

    def _stamp(self, display_name: str, *, may_lose: bool = True) -> StoredFile:
        """Set `last_queue_check` of a backend to the current time; return the configuration file.

        If other writers are faster in every attempt, their value stays; if ``may_lose`` is
        False, `StorageError` is raised.
        """
        path = layout.config_path(layout.checked_display_name(display_name))
        now = self._clock.now()

        def stamp(stored: StoredFile) -> bytes:
            content = decode_strictly(path, stored.data)
            last = self._plausible_stamp(stored)
            # The stored time may come from a clock that is ahead of this one. The time always
            # changes: an unchanged file would keep its modification time, which `recover` uses
            # as the current time of the storage.
            moment = now if last is None or now > last else last + _INSTANT
            content["last_queue_check"] = moment.isoformat()
            # Checked only: the model would drop unknown keys. After the change, because an invalid
            # time is replaced by it.
            decode_as(BackendConfigSchemaIn, path, content)
            return encode(path, content)

        known = self._configs.pop(display_name, None)
        with _expected_configuration(path):
            stamped = self._rewrite(path, stamp, known, may_lose=may_lose)
        self._configs[display_name] = stamped
        return stamped

    def _plausible_stamp(self, config: StoredFile) -> datetime | None:
        """Return the `last_queue_check` of a configuration, or None if a wrong clock wrote it.

        Such a stamp is far ahead of this provider's clock and of the clock of the storage when
        the file was written.
        """
        last = _stamp_in(config.data)
        latest = max(self._clock.now(), config.modified)
        if last is not None and last - latest > _IMPLAUSIBLE:
            logger.warning("last_queue_check: ignored, because a wrong clock wrote %s", last)
            return None
        return last

    def _next_moment(self) -> datetime:
        with self._numbering:
            just_after = self._last_moment + _INSTANT
            self._last_moment = max(self._clock.now(), just_after)
            return self._last_moment

    def _job(self, display_name: str, username: str, job_id: str) -> layout.Job | None:
        """Return the job if its id names this user and this backend, otherwise None."""
        layout.checked_display_name(display_name)
        username = layout.checked_username(username, display_name)
        job = layout.parse_job_id(job_id)
        if job is None or (job.display_name, job.username) != (display_name, username):
            return None
        return job

    def _content(self, path: str) -> dict[str, Any]:
        return decode(path, self._files.read(path).data)

    def _own_content(self, path: str) -> dict[str, Any]:
        """Return the JSON object in a file whose name is exactly the one in ``path``."""
        stored = self._files.read(path)
        if not path.endswith(f"/{stored.name}"):
            # The file belongs to another user, whose name is the same to a storage that
            # ignores case.
            raise FileNotFoundError(errno.ENOENT, f"only {stored.name!r} is there", path)
        return decode(path, stored.data)

    def _backend_name(self, display_name: str) -> str | None:
        try:
            return self.long_backend_name(display_name, self.get_config(display_name).simulator)
        except FileNotFoundError:
            return None

    def _rewrite(
        self,
        path: str,
        change: Callable[[StoredFile], bytes],
        known: StoredFile | None = None,
        *,
        may_lose: bool = False,
    ) -> StoredFile:
        """Change an existing file and return it.

        If ``known`` is still the current version, the file is not read first. If other
        writers are faster in every attempt, raise `StorageError`, or, with ``may_lose``,
        return the file as they have written it.
        """
        for _ in range(ATTEMPTS):
            stored = known or self._files.read(path)
            data = change(stored)
            if data != stored.data:
                try:
                    return self._files.update(path, data, stored.revision)
                except FileExistsError:
                    pass  # changed since it was read
            elif known is None:
                return stored
            known = None
        if may_lose:
            return self._files.read(path)
        raise StorageError(f"{path}: changed by others {ATTEMPTS} times while it was written")


@contextlib.contextmanager
def _expected_configuration(path: str) -> Iterator[None]:
    """Raise a `FileNotFoundError` of the context again, with a text about what was expected."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileNotFoundError(
            errno.ENOENT, "display_name: expected a backend with a configuration", path
        ) from error


def _job_of(display_name: str, job_id: str) -> layout.Job:
    layout.checked_display_name(display_name)
    job = layout.parse_job_id(job_id)
    if job is None or job.display_name != display_name:
        raise ValueError(f"job_id: expected the id of a job for {display_name!r}, got {job_id!r}")
    return job


def _stamp_in(data: bytes) -> datetime | None:
    """Return `last_queue_check` of a configuration in UTC, or None if it is missing or invalid."""
    try:
        return _aware(_STAMP.validate_python(decode("", data).get("last_queue_check")))
    except (BrokenFile, ValidationError):
        return None


def _aware(stamp: datetime | None) -> datetime | None:
    """Return a time in UTC, or None if it is invalid; a naive time, of an older system, is UTC."""
    if stamp is None or not MINYEAR < stamp.year < MAXYEAR:
        return None  # no clock shows this year, and adding a microsecond could overflow
    return (
        stamp.replace(tzinfo=timezone.utc)
        if stamp.tzinfo is None
        else stamp.astimezone(timezone.utc)
    )


def _in_progress(
    job: layout.Job,
    stored: StatusMsgDict | None,
    status: Literal["QUEUED", "RUNNING"],
    detail: str,
) -> StatusMsgDict:
    """Return the status of a job that has not ended; the texts of its worker are kept."""
    if stored is not None and stored != first_status(job):
        return stored.model_copy(update={"status": status})
    return StatusMsgDict(job_id=job.job_id, status=status, detail=detail, error_message="None")


def _unreadable(job: layout.Job) -> StatusMsgDict:
    return StatusMsgDict(
        job_id=job.job_id,
        status="ERROR",
        detail="The job cannot be read.",
        error_message="expected a JSON object",
    )
