"""Folders of a Dropbox of which only the changes are read, and a request that waits for changes.

Dropbox gives a cursor with each page of a listing, which stands for all that was listed. Given a
cursor, Dropbox reports the changes since then, however old it is. If Dropbox does not know
a cursor any more, it answers `reset`, and the folder has to be listed again.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from operator import methodcaller
from typing import Any

from dropbox.files import DeletedMetadata, FolderMetadata

from dropspool._locks import ForkSafeLock
from dropspool.errors import Refused
from dropspool.providers._dropbox_call import Call
from dropspool.providers._dropbox_errors import ListingReset
from dropspool.providers._files import Names

MakeCall = Callable[[str], Call]
"""The function that makes a call whose errors name a path."""

_LISTINGS = 5
"""The number of attempts at a listing whose cursor is `reset`; then the error is raised."""

_SHORTEST_WAIT, _LONGEST_WAIT = 30, 480
"""The limits of the time-out of a request that waits for changes."""

_LATER_ANSWER = 120
"""The seconds by which such a request may be answered later: Dropbox adds up to 90 at random."""


class FollowedFolder:
    """The names directly in a folder, kept from one call to the next. Threads may share it."""

    def __init__(self, make_call: MakeCall, folder: str) -> None:
        self._make_call = make_call
        self._folder = folder
        self._cursor: str | None = None
        # By their paths in lower case: for Dropbox, `A` and `a` are the same.
        self._files: dict[str, str] = {}
        self._folders: dict[str, str] = {}
        self._reading = ForkSafeLock()

    def names(self) -> Names:
        """Return the names of all files and folders, in any order.

        Raises `FileNotFoundError` if there is no such folder.
        """
        with self._reading:
            for _ in range(_LISTINGS - 1):
                with contextlib.suppress(ListingReset):
                    return self._read()
            return self._read()

    def files(self) -> list[str]:
        """Return the sorted names of the files; a missing folder has none."""
        try:
            return sorted(self.names().files)
        except FileNotFoundError:
            return []

    def _read(self) -> Names:
        call = self._make_call(self._folder)
        try:
            self._read_pages(call)
        except (ListingReset, FileNotFoundError, Refused):
            # The next call lists the folder from the start; it may be a new folder by then.
            self._cursor = None
            raise
        return Names([*self._files.values()], [*self._folders.values()])

    def _read_pages(self, call: Call) -> None:
        """Read the first listing or the changes since the last call, page by page.

        After a failure, the next call begins at the page that was not read.
        """
        has_more = True
        while has_more:
            if self._cursor is None:
                self._files.clear()
                self._folders.clear()
                page = call.run(methodcaller("files_list_folder", self._folder))
            else:
                page = call.run(methodcaller("files_list_folder_continue", self._cursor))
            for entry in page.entries:
                self._apply(entry)
            self._cursor, has_more = page.cursor, page.has_more

    def _apply(self, entry: Any) -> None:
        path = entry.path_lower
        if isinstance(entry, DeletedMetadata):
            # The entry does not say if it was a file or a folder.
            self._files.pop(path, None)
            self._folders.pop(path, None)
        elif isinstance(entry, FolderMetadata):
            self._files.pop(path, None)
            self._folders[path] = entry.name
        else:
            self._folders.pop(path, None)
            self._files[path] = entry.name


class Watch:
    """The changes anywhere below a folder, which one request can wait for."""

    def __init__(
        self, make_call: MakeCall, folder: str, spread: float, chance: random.Random
    ) -> None:
        self._make_call = make_call
        self._folder = folder
        self._spread = spread
        self._chance = chance
        self._cursor: str | None = None

    def wait(self, timeout: float) -> set[str] | None:
        """Wait until something changes, and return the paths that exist now and have changed.

        The paths are in lower case. The set is empty if nothing has changed in ``timeout``
        seconds, which are at least 30 and at most 480 for Dropbox, or if files were only
        deleted. None, without waiting, means that anything may have changed: at the first call,
        and if Dropbox does not know the earlier changes any more.
        """
        call = self._make_call(self._folder)
        if self._cursor is None:
            self._cursor = self._latest_cursor(call)
            return None
        try:
            return self._changes(call, self._cursor, timeout)
        except (ListingReset, FileNotFoundError):
            self._cursor = None
            return self.wait(timeout)

    def _changes(self, call: Call, cursor: str, timeout: float) -> set[str]:
        seconds = round(min(max(timeout, _SHORTEST_WAIT), _LONGEST_WAIT))
        found = call.wait(
            seconds + _LATER_ANSWER,
            lambda client: client.files_list_folder_longpoll(cursor, timeout=seconds),
        )
        if found.backoff:
            call.pause(found.backoff)
        if found.changes:
            # All waiting clients get the answer at the same moment. After different pauses, the
            # first client takes the new jobs, and the others find none.
            call.pause(self._chance.uniform(0, self._spread))
        present: set[str] = set()
        has_more = found.changes
        while has_more:
            page = call.run(methodcaller("files_list_folder_continue", cursor))
            for entry in page.entries:
                if isinstance(entry, DeletedMetadata):
                    present.discard(entry.path_lower)
                else:
                    present.add(entry.path_lower)
            self._cursor = cursor = page.cursor
            has_more = page.has_more
        return present

    def _latest_cursor(self, call: Call) -> str:
        def ask(client: Any) -> str:
            cursor: str = client.files_list_folder_get_latest_cursor(
                self._folder, recursive=True
            ).cursor
            return cursor

        try:
            return call.run(ask)
        except FileNotFoundError:
            with contextlib.suppress(FileExistsError):
                call.run(methodcaller("files_create_folder_v2", self._folder))
            return call.run(ask)
