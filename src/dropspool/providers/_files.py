"""What a job queue needs of the place where its files are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol


@dataclass(frozen=True)
class StoredFile:
    """A file as it was read: ``name`` in the case that it is kept in."""

    name: str
    revision: str
    data: bytes


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

    def create(self, path: str, data: bytes) -> None:
        """Write the file; `FileExistsError` if there is one, even one with the same content."""

    def update(self, path: str, data: bytes, revision: str) -> str:
        """Write the file and return its revision.

        `FileExistsError` if the file has another revision than ``revision``, is gone, or
        holds ``data`` already.
        """

    def move(self, source: str, target: str) -> None:
        """Move a file; `FileNotFoundError` and `FileExistsError` if that cannot be."""

    def delete(self, path: str) -> None:
        """Delete a file, or a folder and all in it; `FileNotFoundError` if there is none."""
