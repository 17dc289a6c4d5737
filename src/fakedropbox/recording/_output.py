"""The file of a recording, which only its owner can read."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any, BinaryIO

from fakedropbox._base.own_files import expect_own_file, open_regular

_OTHERS = 0o077


class Output:
    """A file to which rows are appended, each as a line.

    It is created with the first row, for its owner only. A file that is not a recording, or that
    others can read, is refused and not changed.

    Raises:
        ValueError: ``path`` is not a recording.
        PermissionError: others than the owner of ``path`` can read it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        expect_own_file("output", path, _is_a_recording)
        if path.exists():
            _check_mode(path, path.stat().st_mode)

    def append(self, row: dict[str, Any]) -> None:
        """Append a row, by one call of the operating system, as other processes append, too."""
        descriptor = open_regular("output", self.path, os.O_WRONLY | os.O_APPEND)
        with os.fdopen(descriptor, "ab") as file:
            _check_mode(self.path, os.fstat(descriptor).st_mode)
            file.write(f"{json.dumps(row)}\n".encode())


def _is_a_recording(file: BinaryIO) -> bool:
    """Return whether a file begins with a row of a recording, and its last line is complete."""
    try:
        row = json.loads(file.readline())
    except ValueError:
        return False
    file.seek(-1, os.SEEK_END)
    is_whole = file.read(1) == b"\n"
    return isinstance(row, dict) and {"cassette", "response"} <= row.keys() and is_whole


def _check_mode(path: Path, mode: int) -> None:
    if os.name == "posix" and mode & _OTHERS:
        raise PermissionError(
            f"output: expected a file that only its owner can use, as a recording may show "
            f"paths of private files, but {path} has the mode {stat.S_IMODE(mode):04o}. "
            "Choose another file, or run chmod 600 on it"
        )
