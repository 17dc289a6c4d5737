"""Files below a folder of the local file system, shared by processes and threads.

Whoever changes anything holds a lock, which the system lets go of when its process
dies. A file appears under its name when all of it is on the disk, by one call of the
system: `os.link` where there must be none, `os.replace` where there may be one. So a
reader needs no lock, and a crash leaves a file as it was or as it is to be.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from dropspool.errors import OutOfSpace
from dropspool.providers._files import Names, StoredFile

_OWN = ".dropspool"
"""The folder for the lock and for the file that is being written."""


class LocalFiles:
    """The files of one folder. A path that a symbolic link leads out of it is refused."""

    def __init__(self, base_path: str) -> None:
        if not base_path or "\0" in base_path:
            raise ValueError(f"base_path: expected the path of a folder, got {base_path!r}")
        self._base = Path(base_path).resolve()
        if not self._base.exists():
            raise FileNotFoundError(errno.ENOENT, "base_path: expected a folder", base_path)
        if not self._base.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "base_path: expected a folder", base_path)
        if not os.access(self._base, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(
                errno.EACCES, "base_path: expected a folder to read and write in", base_path
            )

    def read(self, path: str) -> StoredFile:
        """The file; `FileNotFoundError` if there is none."""
        with self._speaking_of(path), self._place(path).open("rb") as file:
            return _stored(path, file.read(), os.fstat(file.fileno()))

    def exists(self, path: str) -> bool:
        """Whether there is anything at ``path``."""
        return self._place(path).exists()

    def names(self, folder: str) -> Names:
        """All that is directly in a folder, in no order; `FileNotFoundError` if it is missing."""
        found = Names([], [])
        with self._speaking_of(folder):
            for entry in self._place(folder).iterdir():
                if entry.is_symlink() and not entry.resolve().is_relative_to(self._base):
                    continue  # to a queue it is a foreign file
                if entry.is_file():
                    found.files.append(entry.name)
                elif entry.is_dir():
                    found.folders.append(entry.name)
        return found

    def replace(self, path: str, data: bytes) -> None:
        """Write the file, whether or not there is one."""
        with self._locked(path) as new:
            self._write(new, path, data)

    def create(self, path: str, data: bytes) -> StoredFile:
        """Write the file; `FileExistsError` if there is one, even one with the same content."""
        with self._locked(path) as new:
            place = self._free_place(path)
            status = _fill(new, data)
            # Others who write here need not know of the lock.
            place.hardlink_to(new)
            new.unlink()
            _sync_folder(place.parent)
        return _stored(path, data, status)

    def update(self, path: str, data: bytes, revision: str) -> StoredFile:
        """Write the file, whose content differs from ``data``.

        `FileExistsError` if it has another revision than ``revision``, or is gone.
        """
        with self._locked(path) as new:
            try:
                self._check_revision(path, revision)
            except FileNotFoundError as error:
                raise FileExistsError(errno.EEXIST, "it is gone", path) from error
            return _stored(path, data, self._write(new, path, data))

    def move(self, source: str, target: str) -> None:
        """Move a file; `FileNotFoundError` and `FileExistsError` if that cannot be."""
        with self._locked(f"{source} -> {target}"):
            before = self._place(source)
            before.lstat()
            after = self._free_place(target)
            before.rename(after)
            # After a crash between the two it may be in both places, but never in none.
            _sync_folder(after.parent)
            _sync_folder(before.parent)

    def delete(self, path: str, revision: str | None = None) -> None:
        """Delete a file, or a folder and all in it; `FileNotFoundError` if there is none.

        `FileExistsError` if it is a file of another revision than ``revision``.
        """
        with self._locked(path):
            place = self._place(path)
            if revision is not None:
                self._check_revision(path, revision)
            if place.is_dir() and not place.is_symlink():
                shutil.rmtree(place)
            else:
                place.unlink()
            _sync_folder(place.parent)

    def _check_revision(self, path: str, revision: str) -> None:
        if self.read(path).revision != revision:
            raise FileExistsError(errno.EEXIST, "it was changed by others", path)

    def _place(self, path: str) -> Path:
        """Where a file is in the file system."""
        place = self._base.joinpath(path.removeprefix("/"))
        if not place.resolve().is_relative_to(self._base):
            raise PermissionError(errno.EPERM, "a symbolic link leads out of the base path", path)
        if place.relative_to(self._base).parts[0].lower() == _OWN:
            raise PermissionError(errno.EPERM, "the folder is the provider's own", path)
        return place

    def _free_place(self, path: str) -> Path:
        """The same for a file that is to come; its folder is made where it is missing."""
        place = self._place(path)
        _make_folder(place.parent)
        if os.path.lexists(place):
            raise FileExistsError(errno.EEXIST, "there is one", path)
        return place

    def _write(self, new: Path, path: str, data: bytes) -> os.stat_result:
        place = self._place(path)
        _make_folder(place.parent)
        status = _fill(new, data)
        new.replace(place)
        _sync_folder(place.parent)
        return status

    @contextlib.contextmanager
    def _locked(self, path: str) -> Iterator[Path]:
        """Keep all others from changing anything; gives the place to write a new file at."""
        with self._speaking_of(path):
            own = self._base / _OWN
            _make_folder(own)
            if own.resolve() != own:
                raise PermissionError(errno.EPERM, "it is a symbolic link", f"/{_OWN}")
            with (own / "lock").open("ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield own / "new"

    @contextlib.contextmanager
    def _speaking_of(self, path: str) -> Iterator[None]:
        """Name ``path`` in the system's errors, which would tell where the folder is."""
        try:
            yield
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise (OutOfSpace if full else type(error))(
                error.errno, error.strerror, path
            ) from error


def _stored(path: str, data: bytes, status: os.stat_result) -> StoredFile:
    return StoredFile(
        name=path.rpartition("/")[2],
        revision=hashlib.sha256(data).hexdigest(),
        data=data,
        modified=datetime.fromtimestamp(status.st_mtime, timezone.utc),
    )


def _fill(new: Path, data: bytes) -> os.stat_result:
    """Put ``data`` on the disk, to be given its name later."""
    # A crash may have left a file that has its name already: it must not be written into.
    new.unlink(missing_ok=True)
    with new.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        return os.fstat(file.fileno())


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
            _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
