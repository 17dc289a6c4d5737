"""Files in a Dropbox, through the official SDK."""

from __future__ import annotations

import contextlib
import errno
import random
from collections.abc import Callable
from datetime import timezone
from typing import Any

import dropbox
from dropbox.files import DeletedMetadata, FileMetadata, WriteMode

from dropspool._locks import ForkSafeLock
from dropspool.clock import Clock
from dropspool.providers._dropbox_call import Call
from dropspool.providers._dropbox_changes import FollowedFolder, Watch
from dropspool.providers._files import Names, StoredFile, Trace
from dropspool.schemas import DropboxLoginInformation

_NO_RETRIES = -1
"""The SDK's value for no retries; in older versions `clone` ignores a 0."""


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
        self._building = ForkSafeLock()

    def read(self, path: str) -> StoredFile:
        """Return the file; raise `FileNotFoundError` if there is none."""

        def download(client: dropbox.Dropbox) -> StoredFile:
            metadata, response = client.files_download(path)
            with contextlib.closing(response):
                return _stored(metadata, response.content)

        return self.call(path).run(download)

    def exists(self, path: str) -> bool:
        """Return whether there is a file or folder of exactly this name at ``path``."""
        try:
            found = self.call(path).run(lambda client: client.files_get_metadata(path))
        except FileNotFoundError:
            return False
        # Dropbox ignores case, so the name may be that of another user's file.
        return path.endswith(f"/{found.name}")

    def trace(self, path: str) -> Trace:
        """Return whether there is a file or folder at ``path``, and whether there was one."""

        def look(client: dropbox.Dropbox) -> Any:
            return client.files_get_metadata(path, include_deleted=True)

        try:
            found = self.call(path).run(look)
        except FileNotFoundError:
            return Trace.NEVER
        if isinstance(found, DeletedMetadata) or not path.endswith(f"/{found.name}"):
            return Trace.GONE
        return Trace.HERE

    def names(self, folder: str) -> Names:
        """Return the names directly in a folder, in any order.

        Raises `FileNotFoundError` if there is no such folder.
        """
        return FollowedFolder(self.call, folder).names()

    def following(self, folder: str) -> Callable[[], list[str]]:
        """Return a function that returns the sorted names of the files in a folder.

        After the first call, it asks only for the changes since the last one.
        """
        return FollowedFolder(self.call, folder).files

    def watch(
        self, folder: str, *, spread: float = 0, chance: random.Random | None = None
    ) -> Watch:
        """Return an object that waits for changes anywhere below a folder.

        After a change it waits up to ``spread`` more seconds, at random by ``chance``.
        """
        return Watch(self.call, folder, spread, chance or random.Random())  # noqa: S311 -- no secret

    def replace(self, path: str, data: bytes) -> None:
        """Write the file, replacing an existing one."""
        try:
            self.call(path).run(
                lambda client: client.files_upload(data, path, mode=WriteMode.overwrite)
            )
        except FileExistsError as error:  # `overwrite` conflicts only with a folder
            raise IsADirectoryError(errno.EISDIR, "a folder is in its place", path) from error

    def create(self, path: str, data: bytes) -> StoredFile:
        """Write a new file.

        Raises `FileExistsError` if there is one already, even with the same content. Raises
        `FileNotFoundError` if an earlier attempt got no answer, the file existed at the
        next attempt and has been deleted or moved since.
        """
        return self._write(path, data, WriteMode.add)

    def update(self, path: str, data: bytes, revision: str) -> StoredFile:
        """Replace an existing file, if its revision is still ``revision``.

        The caller makes sure that ``data`` differs from its content. Raises `FileExistsError` if
        its revision is not ``revision``, or if it no longer exists.
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
        call = self.call(f"{source} -> {target}")
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
        call = self.call(path)
        try:
            call.run(lambda client: client.files_delete_v2(path, parent_rev=revision))
        except FileNotFoundError:
            if not call.may_be_done:
                raise

    def _write(self, path: str, data: bytes, mode: WriteMode) -> StoredFile:
        call = self.call(path)
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

    def call(self, path: str) -> Call:
        """Return a new call, whose errors name ``path``."""
        return Call(self._client(), self._clock, path)

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
