"""Files in a Dropbox, through the official SDK.

The SDK repeats a request after a 5xx by itself and does not tell: of a move that
worked, but whose answer was lost, one then hears only that the file is not there.
So this module asks for no repetition but those after a 429, which say that
nothing was done, and does the others itself. It knows then whether an earlier
attempt of the same call may have been carried out, and looks.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import threading
from collections.abc import Callable
from datetime import timezone
from json import JSONDecodeError
from operator import methodcaller
from typing import Any, TypeVar

import dropbox
from dropbox.exceptions import DropboxException, InternalServerError
from dropbox.files import DeletedMetadata, FileMetadata, FolderMetadata, WriteMode
from requests.exceptions import RequestException

from dropspool.clock import Clock
from dropspool.providers._dropbox_errors import ListingReset, is_busy, translated
from dropspool.providers._files import Names, StoredFile
from dropspool.schemas import DropboxLoginInformation

ResultT = TypeVar("ResultT")

_PAUSES = (1, 2, 4, 8)
"""Seconds before each repetition of a request; after the last, the error stands."""

_LISTINGS = 5
"""How often a listing whose cursor was `reset` is begun; after the last, the error stands."""

_UNANSWERED = (RequestException, InternalServerError, JSONDecodeError)
"""After these nobody knows whether the request was carried out."""

_NO_RETRIES = -1
"""As the SDK counts; a 0 is no value to `clone` in older ones."""

logger = logging.getLogger(__name__)


class DropboxFiles:
    """The files of one account, by one client, which is built when it is first needed.

    ``client`` takes the place of the one that ``login`` would make.
    """

    def __init__(
        self, login: DropboxLoginInformation, clock: Clock, client: dropbox.Dropbox | None
    ) -> None:
        self._login = login
        self._clock = clock
        self._given = client
        self._built: dropbox.Dropbox | None = None
        self._building = threading.Lock()

    def read(self, path: str) -> StoredFile:
        """The file; `FileNotFoundError` if there is none."""

        def download(client: dropbox.Dropbox) -> StoredFile:
            metadata, response = client.files_download(path)
            with contextlib.closing(response):
                return _stored(metadata, response.content)

        return self._call(path).run(download)

    def exists(self, path: str) -> bool:
        """Whether there is anything at ``path``."""
        try:
            self._call(path).run(lambda client: client.files_get_metadata(path))
        except FileNotFoundError:
            return False
        return True

    def names(self, folder: str) -> Names:
        """All that is directly in a folder, in no order; `FileNotFoundError` if it is missing."""
        for _ in range(_LISTINGS - 1):
            with contextlib.suppress(ListingReset):
                return self._names(folder)
        return self._names(folder)

    def _names(self, folder: str) -> Names:
        call = self._call(folder)
        page = call.run(lambda client: client.files_list_folder(folder))
        present: dict[str, Any] = {}
        while True:
            for entry in page.entries:
                if isinstance(entry, DeletedMetadata):
                    # Later pages tell what has changed since the first, too.
                    present.pop(entry.path_lower, None)
                else:
                    present[entry.path_lower] = entry
            if not page.has_more:
                break
            page = call.run(methodcaller("files_list_folder_continue", page.cursor))
        return Names(
            files=[entry.name for entry in present.values() if isinstance(entry, FileMetadata)],
            folders=[entry.name for entry in present.values() if isinstance(entry, FolderMetadata)],
        )

    def replace(self, path: str, data: bytes) -> None:
        """Write the file, whether or not there is one."""
        self._call(path).run(
            lambda client: client.files_upload(data, path, mode=WriteMode.overwrite)
        )

    def create(self, path: str, data: bytes) -> StoredFile:
        """Write the file; `FileExistsError` if there is one, even one with the same content.

        `FileNotFoundError` if that was met after an attempt without an answer, and the file
        has gone since.
        """
        return self._write(path, data, WriteMode.add)

    def update(self, path: str, data: bytes, revision: str) -> StoredFile:
        """Write the file, whose content differs from ``data``.

        `FileExistsError` if it has another revision than ``revision``, or is gone.
        """
        try:
            return self._write(path, data, WriteMode.update(revision))
        except FileNotFoundError as error:
            raise FileExistsError(errno.EEXIST, "it is gone", path) from error

    def move(self, source: str, target: str) -> None:
        """Move a file; `FileNotFoundError` and `FileExistsError` if that cannot be."""
        call = self._call(f"{source} -> {target}")
        try:
            call.run(lambda client: client.files_move_v2(source, target))
        except FileNotFoundError:
            if not (call.may_be_done and self.exists(target)):
                raise

    def delete(self, path: str, revision: str | None = None) -> None:
        """Delete a file, or a folder and all in it; `FileNotFoundError` if there is none.

        `FileExistsError` if it is a file of another revision than ``revision``.
        """
        call = self._call(path)
        try:
            call.run(lambda client: client.files_delete_v2(path, parent_rev=revision))
        except FileNotFoundError:
            if not call.may_be_done:
                raise

    def _write(self, path: str, data: bytes, mode: WriteMode) -> StoredFile:
        call = self._call(path)
        try:
            return _stored(
                # Without strict_conflict, the same content would be a success of each who
                # writes it, and a file that is gone would come back.
                call.run(
                    lambda client: client.files_upload(data, path, mode=mode, strict_conflict=True)
                ),
                data,
            )
        except FileExistsError:
            if call.may_be_done:
                there = self.read(path)
                if there.data == data:
                    return there
            raise

    def _call(self, path: str) -> _Call:
        return _Call(self._client(), self._clock, path)

    def _client(self) -> dropbox.Dropbox:
        with self._building:
            if self._built is None:
                self._built = (
                    self._given.clone(max_retries_on_error=_NO_RETRIES)
                    if self._given
                    else dropbox.Dropbox(
                        app_key=self._login.app_key,
                        app_secret=self._login.app_secret,
                        oauth2_refresh_token=self._login.refresh_token,
                        max_retries_on_error=_NO_RETRIES,
                    )
                )
            return self._built


def _stored(metadata: FileMetadata, data: bytes) -> StoredFile:
    # Dropbox gives whole seconds of UTC, as a naive datetime.
    modified = metadata.server_modified.replace(tzinfo=timezone.utc)
    return StoredFile(metadata.name, metadata.rev, data, modified)


class _Call:
    """One call, with as many attempts as it needs.

    ``may_be_done`` tells whether there was an attempt of which nobody knows whether it
    was carried out.
    """

    def __init__(self, client: dropbox.Dropbox, clock: Clock, path: str) -> None:
        self._client = client
        self._clock = clock
        self._path = path
        self.may_be_done = False

    def run(self, request: Callable[[dropbox.Dropbox], ResultT]) -> ResultT:
        """What the request answers; raises as `translated` says."""
        pauses = iter(_PAUSES)
        while True:
            try:
                return request(self._client)
            except (RequestException, DropboxException, JSONDecodeError) as error:
                unanswered = isinstance(error, _UNANSWERED)
                self.may_be_done |= unanswered
                pause = next(pauses, None) if unanswered or is_busy(error) else None
                if pause is None:
                    raise translated(error, self._path) from error
                logger.warning(
                    "%s: %s, next attempt in %d s", self._path, type(error).__name__, pause
                )
            self._clock.sleep(pause)
