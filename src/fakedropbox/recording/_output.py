"""The file of a recording, which only its owner can read."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

_FOR_OWNER = 0o600
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
        if path.exists():
            with path.open("rb") as file:
                self._check(file.fileno())
                _check_rows(path, file.readline(), _last_byte(file))

    def append(self, row: dict[str, Any]) -> None:
        """Append a row, by one call of the operating system, as others may append, too."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        with os.fdopen(os.open(self.path, flags, _FOR_OWNER), "ab") as file:
            self._check(file.fileno())
            file.write(f"{json.dumps(row)}\n".encode())

    def _check(self, descriptor: int) -> None:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise ValueError(f"output: expected an ordinary file, got {self.path}")
        if os.name == "posix" and mode & _OTHERS:
            raise PermissionError(
                f"output: expected a file that only its owner can use, as a recording may show "
                f"paths of private files, but {self.path} has the mode {stat.S_IMODE(mode):04o}. "
                "Choose another file, or run chmod 600 on it"
            )


def _last_byte(file: Any) -> bytes:
    file.seek(-1, os.SEEK_END) if file.seek(0, os.SEEK_END) else None
    last: bytes = file.read(1)
    return last


def _check_rows(path: Path, first: bytes, last: bytes) -> None:
    if not first:
        return
    try:
        row = json.loads(first)
    except ValueError:
        row = None
    if not isinstance(row, dict) or not {"cassette", "response"} <= row.keys() or last != b"\n":
        raise ValueError(f"output: expected a new file or a whole recording, got {path}")
