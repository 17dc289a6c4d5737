"""Files below a folder of the local file system, shared by processes and threads.

Every change is made under a lock, which the system releases when the process dies. A
file gets its name by one system call after its data is completely on the disk: by
`os.link` if no file of this name may exist, by `os.replace` if one may. So a reader needs
no lock, and after a crash a file has either its old or its new content.

Systems differ. Where a file system has no hard links, as on many USB drives, a new file gets
its name by `os.rename`: then only the lock, which other programs do not take, protects a
file that another program creates under the same name at the same moment. Where a folder
cannot be opened, as on Windows, it is not flushed to the disk either, so a file may have its
old name after a loss of power.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
import stat
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from types import MappingProxyType

from filelock import FileLock

from dropspool.clock import Clock
from dropspool.errors import AccessRefused, NameRefused, NotAFile, OutOfSpace, TooLarge
from dropspool.providers._files import Names, StoredFile, Trace

_OWN = ".dropspool"
"""The provider's own folder, for the lock and for the file that is being written."""

_NEXT_LOOK = 0.002
"""Seconds until the next attempt to get the lock while another process or thread has it."""

_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
"""The error numbers of a file system without hard links, or without one more for this file."""

_ON_WINDOWS = os.name == "nt"
_NOT_ON_WINDOWS = re.compile(r'[<>:"|?*]|[. ]$')
"""The characters that Windows does not accept in a name, or understands differently."""


_KINDS: Mapping[int, type[OSError]] = MappingProxyType(
    {
        errno.ENOSPC: OutOfSpace,
        errno.EDQUOT: OutOfSpace,
        errno.EACCES: AccessRefused,
        errno.EPERM: AccessRefused,
        errno.EROFS: AccessRefused,
        errno.EFBIG: TooLarge,
        errno.ENAMETOOLONG: NameRefused,
    }
)
"""The classes of system errors that have no built-in class, or a more exact one of ours."""


class LocalFiles:
    """The files of one folder. A path that leads out of it by a symbolic link is refused.

    The file system's clock gives the times of the files, or ``clock`` if it is given.
    """

    def __init__(self, base_path: str, clock: Clock | None = None) -> None:
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
        self._clock = clock

    def read(self, path: str) -> StoredFile:
        """Return the file; raise `FileNotFoundError` if there is none."""
        with self._errors_about(path):
            place = self._place(path)
            _check_kind(place)
            with place.open("rb") as file:
                return _stored(path, file.read(), os.fstat(file.fileno()))

    def exists(self, path: str) -> bool:
        """Return whether there is a file or folder at ``path``."""
        with self._errors_about(path):
            return self._place(path).exists()

    def names(self, folder: str) -> Names:
        """Return the names directly in a folder, in any order.

        Raises `FileNotFoundError` if there is no such folder.
        """
        found = Names([], [])
        # `scandir` knows the kinds of entries without a system call for each of them.
        with self._errors_about(folder), os.scandir(self._place(folder)) as entries:
            for entry in entries:
                if entry.is_symlink() and not self._is_inside(Path(entry.path)):
                    continue  # out of the base path, or a loop: no method reads it
                if entry.is_file():
                    found.files.append(entry.name)
                elif entry.is_dir():
                    found.folders.append(entry.name)
        return found

    def trace(self, path: str) -> Trace:
        """Return `HERE` or `GONE`: a file system cannot tell whether a path has ever had a file."""
        return Trace.HERE if self.exists(path) else Trace.GONE

    def replace(self, path: str, data: bytes) -> None:
        """Write the file, replacing an existing one."""
        with self._locked(path) as new:
            self._write(new, path, data)

    def create(self, path: str, data: bytes) -> StoredFile:
        """Write a new file.

        Raises `FileExistsError` if there is one already, even with the same content.
        """
        with self._locked(path) as new:
            place = self._free_place(path)
            status = self._write_to_disk(new, data)
            _name(new, place)
            _sync_folder(place.parent)
        return _stored(path, data, status)

    def update(self, path: str, data: bytes, revision: str) -> StoredFile:
        """Replace an existing file, if its revision is still ``revision``.

        The caller makes sure that ``data`` differs from its content. Raises `FileExistsError` if
        its revision is not ``revision``, or if it no longer exists.
        """
        with self._locked(path) as new:
            try:
                self._check_revision(path, revision)
            except FileNotFoundError as error:
                raise FileExistsError(errno.EEXIST, "it no longer exists", path) from error
            return _stored(path, data, self._write(new, path, data))

    def move(self, source: str, target: str) -> None:
        """Move a file.

        Raises `FileNotFoundError` if there is no file at ``source``, and `FileExistsError` if
        there is one at ``target``.
        """
        with self._locked(f"{source} -> {target}"):
            before = self._place(source)
            before.lstat()
            _check_kind(before)
            if before.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            after = self._free_place(target)
            before.rename(after)
            # The target first: after a crash between the two calls the file may be in both
            # folders, but is in at least one.
            _sync_folder(after.parent)
            _sync_folder(before.parent)

    def delete(self, path: str, revision: str | None = None) -> None:
        """Delete a file, or a folder with everything in it.

        Raises `FileNotFoundError` if there is neither, and `FileExistsError` if the revision of
        the file is not ``revision``.
        """
        with self._locked(path):
            place = self._place(path)
            if revision is not None:
                self._check_revision(path, revision)
            _check_kind(place)
            if place.is_dir() and not place.is_symlink():
                shutil.rmtree(place)
            else:
                place.unlink()
            _sync_folder(place.parent)

    def _check_revision(self, path: str, revision: str) -> None:
        if self.read(path).revision != revision:
            raise FileExistsError(errno.EEXIST, "it was changed by others", path)

    def _place(self, path: str) -> Path:
        """Return the place of a file in the file system."""
        place = self._base.joinpath(path.removeprefix("/"))
        if not self._is_inside(place):
            raise PermissionError(errno.EPERM, "a symbolic link leads out of the base path", path)
        names = place.relative_to(self._base).parts
        if names[0].lower() == _OWN:
            raise PermissionError(errno.EPERM, "the folder is reserved for the provider", path)
        if _ON_WINDOWS and any(map(_NOT_ON_WINDOWS.search, names)):
            # A colon, for example, would write an alternate data stream (NTFS) of another file.
            raise NameRefused(errno.EINVAL, "Windows does not accept this name", path)
        return place

    def _is_inside(self, place: Path) -> bool:
        try:
            return place.resolve().is_relative_to(self._base)
        except (RuntimeError, OSError):  # a loop of links; the type depends on Python's version
            return False

    def _free_place(self, path: str) -> Path:
        """Return the place of a file that does not exist yet, and make its folder if missing."""
        place = self._place(path)
        _make_folder(place.parent)
        if os.path.lexists(place):
            raise FileExistsError(errno.EEXIST, "the file exists already", path)
        return place

    def _write(self, new: Path, path: str, data: bytes) -> os.stat_result:
        place = self._place(path)
        _check_kind(place)
        _make_folder(place.parent)
        status = self._write_to_disk(new, data)
        new.replace(place)
        _sync_folder(place.parent)
        return status

    def _write_to_disk(self, new: Path, data: bytes) -> os.stat_result:
        """Write ``data`` to a new file, which gets its final name later."""
        # After a crash, `new` may be a second name of a finished file, which must not change.
        new.unlink(missing_ok=True)
        with new.open("xb") as file:
            file.write(data)
            file.flush()
            if self._clock is not None:
                moment = self._clock.now().timestamp()
                os.utime(new, (moment, moment))
            os.fsync(file.fileno())
            return os.fstat(file.fileno())

    @contextlib.contextmanager
    def _locked(self, path: str) -> Iterator[Path]:
        """Hold the lock in the block, and yield the place to write a new file at."""
        with self._errors_about(path):
            own = self._base / _OWN
            _make_folder(own)
            if own.resolve() != own:
                raise PermissionError(errno.EPERM, "it is a symbolic link", f"/{_OWN}")
            # A lock object of its own for each change, so that threads exclude each other as
            # processes do. On release it unlocks the file itself: a child process, forked
            # meanwhile, does not keep the lock.
            with FileLock(own / "lock", poll_interval=_NEXT_LOOK, thread_local=False):
                yield own / "new"

    @contextlib.contextmanager
    def _errors_about(self, path: str) -> Iterator[None]:
        """Raise system errors again with ``path``, so that they do not show the base path."""
        try:
            yield
        except OSError as error:
            kind = _KINDS.get(error.errno or 0, type(error))
            raise kind(error.errno, error.strerror, path) from error


def _stored(path: str, data: bytes, status: os.stat_result) -> StoredFile:
    return StoredFile(
        name=path.rpartition("/")[2],
        revision=hashlib.sha256(data).hexdigest(),
        data=data,
        modified=datetime.fromtimestamp(status.st_mtime, timezone.utc),
    )


def _check_kind(place: Path) -> None:
    """Raise `NotAFile` if there is something other than a file or folder.

    Opening a FIFO would wait for its other end, and replacing it would destroy it.
    """
    with contextlib.suppress(FileNotFoundError):
        mode = place.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise NotAFile(errno.EINVAL, "expected a file, found a FIFO, socket or device")


def _name(new: Path, place: Path) -> None:
    """Give a new file its final name; with hard links, raise `FileExistsError` if it is taken."""
    try:
        # A hard link fails if the file exists: other programs may write here without taking
        # the lock.
        place.hardlink_to(new)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        new.rename(place)
    else:
        new.unlink()


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
            _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    if _ON_WINDOWS:
        return  # Windows does not open folders
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
