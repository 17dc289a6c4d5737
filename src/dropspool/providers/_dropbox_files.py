"""Files in a Dropbox, through the official SDK.

The SDK repeats a request after a 5xx by itself and does not tell: of a move that
worked, but whose answer was lost, one then hears only that the file is not there.
So this module asks for no repetition but those after a 429, which say that
nothing was done, and does the others itself. It knows then whether an earlier
attempt of the same call may have been carried out, and looks.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from operator import methodcaller
from typing import Any, TypeVar

import dropbox
from dropbox.exceptions import DropboxException, InternalServerError
from dropbox.files import DeletedMetadata, FileMetadata, FolderMetadata, WriteMode
from requests.exceptions import RequestException

from dropspool.clock import Clock
from dropspool.providers._dropbox_errors import is_busy, translated
from dropspool.providers._files import Names, StoredFile
from dropspool.schemas import DropboxLoginInformation

ResultT = TypeVar("ResultT")

_PAUSES = (1, 2, 4, 8)
"""Seconds before each repetition of a request; after the last, the error stands."""

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
                return StoredFile(metadata.name, metadata.rev, response.content)

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

    def create(self, path: str, data: bytes) -> None:
        """Write the file; `FileExistsError` if there is one, even one with the same content."""
        call = self._call(path)
        try:
            call.run(
                # Without strict_conflict the same content would be a success.
                lambda client: client.files_upload(
                    data, path, mode=WriteMode.add, strict_conflict=True
                )
            )
        except FileExistsError:
            if not (call.may_be_done and self._had(path, data)):
                raise

    def update(self, path: str, data: bytes, revision: str) -> str:
        """Write the file and return its revision.

        `FileExistsError` if the file has another revision than ``revision``, is gone, or
        holds ``data`` already.
        """
        metadata = self._call(path).run(
            # Without strict_conflict a file that is gone would come back.
            lambda client: client.files_upload(
                data, path, mode=WriteMode.update(revision), strict_conflict=True
            )
        )
        return str(metadata.rev)

    def move(self, source: str, target: str) -> None:
        """Move a file; `FileNotFoundError` and `FileExistsError` if that cannot be."""
        call = self._call(f"{source} -> {target}")
        try:
            call.run(lambda client: client.files_move_v2(source, target))
        except FileNotFoundError:
            if not (call.may_be_done and self.exists(target)):
                raise

    def delete(self, path: str) -> None:
        """Delete a file, or a folder and all in it; `FileNotFoundError` if there is none."""
        call = self._call(path)
        try:
            call.run(lambda client: client.files_delete_v2(path))
        except FileNotFoundError:
            if not call.may_be_done:
                raise

    def _had(self, path: str, data: bytes) -> bool:
        """Whether ``data`` is what a file holds that was there a moment ago."""
        try:
            return self.read(path).data == data
        except FileNotFoundError:
            return True  # a worker has taken it already: it was a whole one

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
            except (RequestException, DropboxException) as error:
                unanswered = isinstance(error, (RequestException, InternalServerError))
                self.may_be_done |= unanswered
                pause = next(pauses, None) if unanswered or is_busy(error) else None
                if pause is None:
                    raise translated(error, self._path) from error
                logger.warning(
                    "%s: %s, next attempt in %d s", self._path, type(error).__name__, pause
                )
            self._clock.sleep(pause)
