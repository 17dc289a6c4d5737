"""Initial files for a service, read from a directory on this machine."""

from __future__ import annotations

import stat
from pathlib import Path

from fakedropbox._files.paths import DISALLOWED_NAMES, fold


def read_folder(top: Path, *, confined: bool = False) -> tuple[dict[str, bytes], list[str]]:
    """Return all files in a directory, and its empty folders, by their paths in Dropbox.

    Links are followed. Files that only a desktop needs (``.DS_Store``, ``desktop.ini``) are
    left out, as by Dropbox's own client.

    Args:
        top: the directory.
        confined: refuse links that lead out of the directory.

    Raises:
        ValueError: there is a loop of links, an entry that is neither a file nor a folder, or
            two files that would be one in Dropbox.
        OSError: something cannot be read.
    """
    files: dict[str, bytes] = {}
    empty: list[str] = []
    names: dict[str, str] = {}
    inside = top.resolve()

    def visit(folder: Path, path: str, above: frozenset[tuple[int, int]]) -> None:
        status = folder.stat()
        here = (status.st_dev, status.st_ino)
        if here in above:
            raise ValueError(f"{path!r} is a loop of links")
        entries = sorted(e for e in folder.iterdir() if fold(e.name) not in DISALLOWED_NAMES)
        if not entries and path:
            empty.append(path)
        for entry in entries:
            below = f"{path}/{entry.name}"
            if confined and entry.is_symlink() and not entry.resolve().is_relative_to(inside):
                raise ValueError(f"{below!r} is a link that leads out of the directory")
            mode = entry.stat().st_mode
            if stat.S_ISDIR(mode):
                visit(entry, below, above | {here})
            elif stat.S_ISREG(mode):
                twin = names.setdefault(fold(below), below)
                if twin != below:
                    raise ValueError(
                        f"{twin!r} and {below!r} would be one file in Dropbox: rename one of them"
                    )
                files[below] = entry.read_bytes()
            else:
                raise ValueError(f"{below!r} is neither a file nor a folder")

    visit(top, "", frozenset())
    return files, empty
