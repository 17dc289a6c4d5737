"""Files in a Dropbox, through the official SDK.

By default the SDK repeats a request after a 5xx and does not tell the caller. If a move was
carried out but its answer was lost, the repetition then fails, because the file is no
longer there. So this module lets the SDK repeat only after a 429, which means that
nothing was done, and makes all other repetitions itself. It then knows whether an earlier
attempt of the same call may have been carried out, and checks that on Dropbox.
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
"""Seconds before each repetition of a request; after the last one, the error is raised."""

_LISTINGS = 5
"""The number of attempts at a listing whose cursor is `reset`; then the error is raised."""

_UNANSWERED = (RequestException, InternalServerError, JSONDecodeError)
"""The errors after which it is not known whether the request was carried out."""

_NO_RETRIES = -1
"""The SDK's value for no retries; in older versions `clone` ignores a 0."""

logger = logging.getLogger(__name__)


class DropboxFiles:
    """The files of one account, through one client, which is made when it is first needed.

    If ``client`` is given, a copy of it is used, and ``login`` is not.
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
        """Return the file; raise `FileNotFoundError` if there is none."""

        def download(client: dropbox.Dropbox) -> StoredFile:
            metadata, response = client.files_download(path)
            with contextlib.closing(response):
                return _stored(metadata, response.content)

        return self._call(path).run(download)

    def exists(self, path: str) -> bool:
        """Return whether there is a file or folder at ``path``."""
        try:
            self._call(path).run(lambda client: client.files_get_metadata(path))
        except FileNotFoundError:
            return False
        return True

    def names(self, folder: str) -> Names:
        """Return the names directly in a folder, in any order.

        Raises `FileNotFoundError` if there is no such folder.
        """
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
                    # Later pages also report deletions made since the first page.
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
        """Write the file, replacing an existing one."""
        self._call(path).run(
            lambda client: client.files_upload(data, path, mode=WriteMode.overwrite)
        )

    def create(self, path: str, data: bytes) -> StoredFile:
        """Write a new file.

        Raises `FileExistsError` if there is one already, even with the same content. Raises
        `FileNotFoundError` if an earlier attempt got no answer, the file existed at the
        next attempt and has been deleted or moved since.
        """
        return self._write(path, data, WriteMode.add)

    def update(self, path: str, data: bytes, revision: str) -> StoredFile:
        """Replace an existing file whose content differs from ``data``.

        Raises `FileExistsError` if its revision is not ``revision``, or if it no longer exists.
        """
        try:
            return self._write(path, data, WriteMode.update(revision))
        except FileNotFoundError as error:
            raise FileExistsError(errno.EEXIST, "it no longer exists", path) from error

    def move(self, source: str, target: str) -> None:
        """Move a file.

        Raises `FileNotFoundError` if there is no file at ``source``, and `FileExistsError` if
        there is one at ``target``.
        """
        call = self._call(f"{source} -> {target}")
        try:
            call.run(lambda client: client.files_move_v2(source, target))
        except FileNotFoundError:
            if not (call.may_be_done and self.exists(target)):
                raise

    def delete(self, path: str, revision: str | None = None) -> None:
        """Delete a file, or a folder with everything in it.

        Raises `FileNotFoundError` if there is neither, and `FileExistsError` if the revision of
        the file is not ``revision``.
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
                # Without strict_conflict, every process that writes the same content would
                # succeed, and an update would create a file that has been deleted.
                call.run(
                    lambda client: client.files_upload(data, path, mode=mode, strict_conflict=True)
                ),
                data,
            )
        except FileExistsError:
            if call.may_be_done:
                stored = self.read(path)
                if stored.data == data:
                    return stored  # an earlier attempt was carried out
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
    """One call with its repeated attempts.

    ``may_be_done`` is True if one of the attempts got no answer, so that it may have been
    carried out.
    """

    def __init__(self, client: dropbox.Dropbox, clock: Clock, path: str) -> None:
        self._client = client
        self._clock = clock
        self._path = path
        self.may_be_done = False

    def run(self, request: Callable[[dropbox.Dropbox], ResultT]) -> ResultT:
        """Make the request, again if it gets no answer; raise errors converted by `translated`."""
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
