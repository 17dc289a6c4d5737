"""The job queue on files, wherever they are: who writes what, and in which order.

At every moment a status `DONE` implies that there is a result, so a result is
written before the status. Claiming a job is moving it: of two workers one finds
it gone.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from dropspool import layout
from dropspool.clock import Clock
from dropspool.errors import StorageError
from dropspool.providers._files import Files, StoredFile
from dropspool.providers._json import decode, decode_as, encode
from dropspool.providers.base import StorageProvider, validate_active
from dropspool.schemas import (
    BackendConfigSchemaIn,
    NextJobSchema,
    ResultDict,
    StatusMsgDict,
    get_init_status,
)

_ATTEMPTS = 5
"""How often a change is tried again because others were faster."""

logger = logging.getLogger(__name__)


class FileProvider(StorageProvider):
    """A storage provider on `Files`."""

    def __init__(self, files: Files, name: str, is_active: bool, clock: Clock) -> None:
        super().__init__(name, is_active)
        self._files = files
        self._clock = clock
        self._last_moment = datetime.min.replace(tzinfo=timezone.utc)
        self._numbering = threading.Lock()
        # Each backend's configuration as this object last stamped it.
        self._stamped: dict[str, StoredFile] = {}

    # Files

    def upload_string(self, content_string: str, storage_path: str, job_id: str) -> None:
        """Write text to ``{storage_path}/{job_id}.json``, replacing what is there."""
        path = layout.checked_file(storage_path, job_id)
        if not isinstance(content_string, str):
            raise TypeError(f"content_string: expected a str, got {type(content_string).__name__}")
        try:
            data = content_string.encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"content_string: expected Unicode text: {error}") from error
        self._files.replace(path, data)

    def upload(self, content_dict: Mapping[str, Any], storage_path: str, job_id: str) -> None:
        """Write a mapping as JSON to ``{storage_path}/{job_id}.json``, replacing what is there."""
        path = layout.checked_file(storage_path, job_id)
        self._files.replace(path, encode("content_dict", content_dict))

    def get_file_content(self, storage_path: str, job_id: str) -> dict[str, Any]:
        """The JSON object in ``{storage_path}/{job_id}.json``."""
        return self._content(layout.checked_file(storage_path, job_id))

    def get_job_content(self, storage_path: str, job_id: str) -> dict[str, Any]:
        """The JSON object in ``{storage_path}/job-{job_id}.json``."""
        return self._content(layout.checked_file(storage_path, job_id, prefix="job-"))

    def update_file(self, content_dict: Mapping[str, Any], storage_path: str, job_id: str) -> None:
        """Replace ``{storage_path}/{job_id}.json``, which exists."""
        path = layout.checked_file(storage_path, job_id)
        data = encode("content_dict", content_dict)
        self._rewrite(path, lambda _: data)

    @validate_active
    def move_file(self, start_path: str, final_path: str, job_id: str) -> None:
        """Move ``{job_id}.json`` from one folder to another."""
        self._files.move(
            layout.checked_file(start_path, job_id, argument="start_path"),
            layout.checked_file(final_path, job_id, argument="final_path"),
        )

    @validate_active
    def delete_file(self, storage_path: str, job_id: str) -> None:
        """Delete ``{storage_path}/{job_id}.json``."""
        self._files.delete(layout.checked_file(storage_path, job_id))

    def delete_folder(self, folder_path: str) -> None:
        """Delete a folder and all in it.

        Raises:
            FileNotFoundError: there is no such folder.
        """
        self._files.delete(layout.checked_folder(folder_path, "folder_path"))

    def get_file_queue(self, storage_path: str) -> list[str]:
        """The names of the files in a folder, with ``.json``, sorted; none in a missing one."""
        folder = layout.checked_folder(storage_path)
        try:
            return sorted(self._files.names(folder).files)
        except FileNotFoundError:
            return []

    # Backends

    def upload_config(self, config_dict: BackendConfigSchemaIn, display_name: str) -> None:
        """Store the configuration of a backend, replacing what is there."""
        path = layout.config_path(layout.checked_display_name(display_name))
        stamp = config_dict.last_queue_check
        content = {**config_dict.model_dump(), "last_queue_check": stamp and stamp.isoformat()}
        self._files.replace(path, encode("config_dict", content))

    def get_config(self, display_name: str) -> BackendConfigSchemaIn:
        """The configuration of a backend, as it is stored."""
        path = layout.config_path(layout.checked_display_name(display_name))
        return decode_as(BackendConfigSchemaIn, path, self._content(path))

    @validate_active
    def get_backends(self) -> list[str]:
        """The names of all backends that have a configuration folder, sorted."""
        try:
            folders = self._files.names(layout.checked_folder(layout.CONFIGS)).folders
        except FileNotFoundError:
            return []
        return sorted(filter(layout.is_display_name, folders))

    def timestamp_queue(self, display_name: str) -> None:
        """Note in the configuration of a backend that its queue is looked at now."""
        path = layout.config_path(layout.checked_display_name(display_name))
        now = self._clock.now().isoformat()

        def stamp(data: bytes) -> bytes:
            # Not by way of the schema: it would drop the keys that it does not know.
            return encode(path, {**decode(path, data), "last_queue_check": now})

        self._stamped[display_name] = self._rewrite(
            path, stamp, self._stamped.pop(display_name, None)
        )

    # Jobs

    def upload_job(self, job_dict: Mapping[str, Any], display_name: str, username: str) -> str:
        """Queue a job, and return its id."""
        layout.checked_display_name(display_name)
        username = layout.checked_username(username, display_name)
        data = encode("job_dict", job_dict)
        for _ in range(_ATTEMPTS):
            job = layout.new_job(self._next_moment(), display_name, username)
            try:
                self._files.create(job.queued, data)
            except FileExistsError:
                logger.warning("%s: the id is taken, trying another", job.queued)
            else:
                return job.job_id
        raise StorageError(f"no free job id in {_ATTEMPTS} attempts for {display_name!r}")

    def upload_status(self, display_name: str, username: str, job_id: str) -> StatusMsgDict:
        """Store the first status of a job, unless it has one, and return what is stored."""
        job = self._job(display_name, username, job_id)
        if job is None:
            raise ValueError(
                f"job_id: expected the id of a job of {username!r} for {display_name!r},"
                f" got {job_id!r}"
            )
        status = get_init_status().model_copy(update={"job_id": job.job_id})
        try:
            self._files.create(job.status, encode("status", status.model_dump()))
        except FileExistsError:
            return self.get_status(display_name, username, job_id)
        return status

    def get_status(self, display_name: str, username: str, job_id: str) -> StatusMsgDict:
        """The status of a user's job; ``ERROR`` when that user has no such job."""
        job = self._job(display_name, username, job_id)
        if job is not None:
            with contextlib.suppress(FileNotFoundError):
                return decode_as(StatusMsgDict, job.status, self._own_content(job.status))
        return StatusMsgDict(
            job_id=job_id,
            status="ERROR",
            detail="Could not find the status file.",
            error_message=f"Missing status file for {job_id}.",
        )

    def get_result(self, display_name: str, username: str, job_id: str) -> ResultDict:
        """The result of a user's job; ``ERROR`` and no success when there is none."""
        job = self._job(display_name, username, job_id)
        if job is not None:
            with contextlib.suppress(FileNotFoundError):
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

    def get_next_job_in_queue(self, display_name: str) -> NextJobSchema:
        """Take the oldest job that waits for a backend, and stamp its configuration."""
        layout.checked_display_name(display_name)
        names = self.get_file_queue(layout.queue_folder(display_name))
        self.timestamp_queue(display_name)
        for job in map(layout.parse_job_file, names):
            if job is not None and job.display_name == display_name and self._claim(job):
                return NextJobSchema(job_id=job.job_id, job_json_path=layout.RUNNING_JOBS)
        return NextJobSchema(job_id="None", job_json_path="None")

    def update_in_database(
        self,
        result_dict: ResultDict,
        status_msg_dict: StatusMsgDict,
        job_id: str,
        display_name: str,
    ) -> None:
        """Store how a running job has come on; with ``DONE`` or ``ERROR``, end it."""
        layout.checked_display_name(display_name)
        job = layout.parse_job_id(job_id)
        if job is None or job.display_name != display_name:
            raise ValueError(f"job_id: expected a job's for {display_name!r}, got {job_id!r}")
        result = encode("result_dict", result_dict.model_dump())
        status = encode("status_msg_dict", status_msg_dict.model_dump())
        if status_msg_dict.status == "DONE":
            try:
                self._files.create(job.result, result)
            except FileExistsError:
                logger.info("%s: the first result stands", job.result)
            self._end(job.running, job.finished)
        elif status_msg_dict.status == "ERROR":
            self._end(job.running, job.deleted)
        self._files.replace(job.status, status)

    def _claim(self, job: layout.Job) -> bool:
        """Whether the job is this worker's now."""
        try:
            self._files.move(job.queued, job.running)
        except FileNotFoundError:
            return False
        except FileExistsError:
            logger.warning("%s: passed over, as it is running already", job.queued)
            return False
        return True

    def _end(self, running: str, ended: str) -> None:
        try:
            self._files.move(running, ended)
        except FileNotFoundError:
            if not self._files.exists(ended):
                raise
        except FileExistsError:
            # It was queued twice, by a user whose first attempt only seemed to fail.
            self._files.delete(running)

    def _next_moment(self) -> datetime:
        with self._numbering:
            just_after = self._last_moment + timedelta(microseconds=1)
            self._last_moment = max(self._clock.now(), just_after)
            return self._last_moment

    def _job(self, display_name: str, username: str, job_id: str) -> layout.Job | None:
        """The job, if by its id it is that user's for that backend."""
        layout.checked_display_name(display_name)
        username = layout.checked_username(username, display_name)
        job = layout.parse_job_id(job_id)
        if job is None or (job.display_name, job.username) != (display_name, username):
            return None
        return job

    def _content(self, path: str) -> dict[str, Any]:
        return decode(path, self._files.read(path).data)

    def _own_content(self, path: str) -> dict[str, Any]:
        """The JSON object in a file of exactly that name."""
        stored = self._files.read(path)
        if not path.endswith(f"/{stored.name}"):
            # Another user's, whose name is to the storage the same as this one's.
            raise FileNotFoundError(errno.ENOENT, f"only {stored.name!r} is there", path)
        return decode(path, stored.data)

    def _backend_name(self, display_name: str) -> str | None:
        try:
            return self.long_backend_name(display_name, self.get_config(display_name).simulator)
        except FileNotFoundError:
            return None

    def _rewrite(
        self, path: str, change: Callable[[bytes], bytes], known: StoredFile | None = None
    ) -> StoredFile:
        """Change an existing file and return it; ``known`` spares the reading if still true."""
        for _ in range(_ATTEMPTS):
            stored = known or self._files.read(path)
            data = change(stored.data)
            if data != stored.data:
                try:
                    revision = self._files.update(path, data, stored.revision)
                except FileExistsError:
                    pass  # changed since it was read
                else:
                    return StoredFile(stored.name, revision, data)
            elif known is None:
                return stored
            known = None
        raise StorageError(f"{path}: changed by others {_ATTEMPTS} times while it was written")
