"""The interface between a job queue and the storage of its files."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol


@dataclass(frozen=True)
class StoredFile:
    """A file as it was read or written.

    ``name`` is spelled as the storage keeps it; ``modified`` is the time when the file was
    written, by the clock of the storage.
    """

    name: str
    revision: str
    data: bytes
    modified: datetime


class Names(NamedTuple):
    """The names of the files and folders in a folder."""

    files: list[str]
    folders: list[str]


class Trace(enum.Enum):
    """The state of a path: a file or folder is there, one may have been there, or none is known."""

    HERE = "there is a file or folder of exactly this name"
    GONE = "there is none now, but there may have been one"
    NEVER = "there is none, and nothing is known of an earlier one"


class Files(Protocol):
    """Files by their full path. Each change of a file takes effect completely or not at all.

    If the answer to a change was lost, the method finds out whether the change was made and
    does not raise if it was; if it cannot find out, it raises `ConnectionLost`. All methods
    raise `OSError` or one of its subclasses in `dropspool.errors`.
    """

    def read(self, path: str) -> StoredFile:
        """Return the file; raise `FileNotFoundError` if there is none."""

    def exists(self, path: str) -> bool:
        """Return whether there is a file or folder of exactly this name at ``path``."""

    def trace(self, path: str) -> Trace:
        """Return whether there is a file or folder at ``path``, and whether there was one."""

    def names(self, folder: str) -> Names:
        """Return the names directly in a folder, in any order.

        Raises `FileNotFoundError` if there is no such folder.
        """

    def replace(self, path: str, data: bytes) -> None:
        """Write the file, replacing an existing one."""

    def create(self, path: str, data: bytes) -> StoredFile:
        """Write a new file.

        Raises `FileExistsError` if there is one already, even with the same content. Raises
        `FileNotFoundError` if an earlier attempt got no answer, the file existed at the
        next attempt and has been deleted or moved since: nobody can tell who wrote it.
        """

    def update(self, path: str, data: bytes, revision: str) -> StoredFile:
        """Replace an existing file, if its revision is still ``revision``.

        The caller makes sure that ``data`` differs from its content. Raises `FileExistsError` if
        its revision is not ``revision``, or if it no longer exists.
        """

    def move(self, source: str, target: str) -> None:
        """Move a file.

        Raises `FileNotFoundError` if there is no file at ``source``, and `FileExistsError` if
        there is one at ``target``.
        """

    def delete(self, path: str, revision: str | None = None) -> None:
        """Delete a file, or a folder with everything in it.

        Raises `FileNotFoundError` if there is neither, and `FileExistsError` if the revision of
        the file is not ``revision``.
        """
