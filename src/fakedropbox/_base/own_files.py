"""The rule for paths that a user chooses: only files of ours, and empty ones, are overwritten.

A path may lead to anything. A link, a device, a named pipe, a folder, or a file that somebody else
wrote is refused before anything is touched, and the error names it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

MARK = "# Written by fakedropbox"
"""The beginning of a text file that we write, unless its format has no comments."""

_FOR_OWNER = 0o600
_NO_LINK: int = getattr(os, "O_NOFOLLOW", 0)
_KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFDIR: "a folder",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
}

IsOurs = Callable[[BinaryIO], bool]
"""A function that returns whether a file, open at its beginning, bears our mark."""


def bears_mark(file: BinaryIO) -> bool:
    """Return whether a text file begins with `MARK`."""
    return file.read(len(MARK)) == MARK.encode()


def expect_own_file(argument: str, path: Path, is_ours: IsOurs) -> None:
    """Check that a file is ours, or empty, or missing from an existing folder; touch nothing.

    Raises:
        ValueError: it is something else; the message begins with the ``argument`` that named it.
        OSError: there is no such folder, or the file cannot be read and written.
    """
    if _is_there(argument, path):
        with own_file(argument, path, is_ours):
            return
    os.stat(path.absolute().parent)  # noqa: PTH116 -- the error names the folder


@contextmanager
def own_file(argument: str, path: Path, is_ours: IsOurs) -> Iterator[BinaryIO]:
    """Open a file that is ours, empty or new, for reading and writing in place.

    A new one is created for its owner only.

    Raises:
        ValueError, OSError: as from `expect_own_file`.
    """
    with os.fdopen(open_regular(argument, path, os.O_RDWR), "r+b") as file:
        if os.fstat(file.fileno()).st_size and not is_ours(file):
            raise ValueError(
                f"{argument}: expected a file that fakedropbox wrote, an empty one or a new one, "
                f"got {path}, which has other content; choose another path, or remove the file"
            )
        file.seek(0)
        yield file


def open_regular(argument: str, path: Path, flags: int) -> int:
    """Return a descriptor of a regular file, which is created for its owner only if missing.

    Raises:
        ValueError: there is something else, such as a link or a device.
        OSError: the file cannot be opened.
    """
    _is_there(argument, path)
    return os.open(path, flags | os.O_CREAT | _NO_LINK, _FOR_OWNER)


def _is_there(argument: str, path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return False
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "of another kind")
        raise ValueError(
            f"{argument}: expected a regular file, got {path}, which is {kind}; choose another path"
        )
    return True
