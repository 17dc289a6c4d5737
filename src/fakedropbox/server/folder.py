"""The folder of a running server, and the removal of those that killed servers have left behind."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

_PREFIX = "fakedropbox-server-"
_LOCK = ".lock"


class OwnFolder:
    """A new temporary folder that only its owner can use.

    Its process holds the lock on a file in it, which the system releases if the process is
    killed. So the next server knows what it may remove.
    """

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        new = self.path / f"{_LOCK}.new"
        self._file = os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Renamed only now: a folder whose lock nobody holds would be taken for a leftover.
        new.rename(self.path / _LOCK)

    def remove(self) -> None:
        """Remove the folder with everything in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._file)


def remove_leftovers() -> None:
    """Remove the folders of servers of this user that no longer run."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):  # its server runs, it has no lock, or another removes it, too
            found = path.lstat()
            if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid():
                _remove_unless_locked(path)


def _remove_unless_locked(path: Path) -> None:
    file = os.open(path / _LOCK, os.O_WRONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(path)
    finally:
        os.close(file)
