"""What a job queue needs of the place where its files are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol


@dataclass(frozen=True)
class StoredFile:
    """A file as it was read or written.

    ``name`` is in the case that it is kept in; ``modified`` is when it was written, by
    the clock of the storage.
    """

    name: str
    revision: str
    data: bytes
    modified: datetime


class Names(NamedTuple):
    """What is in a folder."""

    files: list[str]
    folders: list[str]


class Files(Protocol):
    """Files by their whole path. Each method does all of what it says or nothing of it.

    A method that did what was asked, but whose answer was lost, does not raise for it:
    it finds out. Where that was not to be, it raises `ConnectionLost`. All of them raise
    `OSError`, by the classes of `dropspool.errors`.
    """

    def read(self, path: str) -> StoredFile:
        """The file; `FileNotFoundError` if there is none."""

    def exists(self, path: str) -> bool:
        """Whether there is anything at ``path``."""

    def names(self, folder: str) -> Names:
        """All that is directly in a folder, in no order; `FileNotFoundError` if it is missing."""

    def replace(self, path: str, data: bytes) -> None:
        """Write the file, whether or not there is one."""

    def create(self, path: str, data: bytes) -> StoredFile:
        """Write the file; `FileExistsError` if there is one, even one with the same content.

        `FileNotFoundError` if that was met after an attempt without an answer, and the file
        has gone since: nobody can tell any more whose it was.
        """

    def update(self, path: str, data: bytes, revision: str) -> StoredFile:
        """Write the file, whose content differs from ``data``.

        `FileExistsError` if it has another revision than ``revision``, or is gone.
        """

    def move(self, source: str, target: str) -> None:
        """Move a file; `FileNotFoundError` and `FileExistsError` if that cannot be."""

    def delete(self, path: str, revision: str | None = None) -> None:
        """Delete a file, or a folder and all in it; `FileNotFoundError` if there is none.

        `FileExistsError` if it is a file of another revision than ``revision``.
        """
