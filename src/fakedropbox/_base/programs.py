"""The text of the error about a program of the user that cannot be started."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

_ANY = os.F_OK
"""The mode of files that `shutil.which` finds also if they are not executable."""


def why_not_started(command: str, error: OSError) -> str:
    """Return the text of the error about a command: the program, the reason, and the way out.

    Args:
        command: the path of the program, or its name if it is on the search path.
        error: the error of the attempt to start it.
    """
    path = Path(command)
    is_path = path.name != command
    found = command if is_path else shutil.which(command, _ANY) or command
    return f"command: expected a program that can be started, got {found}" + (
        _not_on_the_search_path(path)
        if error.errno == errno.ENOENT and found == path.name
        else _reason(found, error)
    )


def _not_on_the_search_path(path: Path) -> str:
    here = f"; to start the file in this directory, write ./{path}" if path.is_file() else ""
    return f", which is not on the search path{here}"


def _reason(found: str, error: OSError) -> str:
    by_name = f"or name its interpreter, as in python {found}"
    if error.errno == errno.ENOEXEC:
        begin = "begin it with one, such as '#!/usr/bin/env python3'"
        return f", which has no shebang line; {begin}, {by_name}"
    if Path(found).is_dir():
        return ", which is a directory"
    is_file = Path(found).is_file()
    if error.errno == errno.EACCES and is_file:
        return f", which is not executable; run chmod +x {found}, {by_name}"
    if error.errno == errno.ENOENT:
        if not is_file:
            return ", which does not exist"
        missing = "whose shebang line names an interpreter that does not exist"
        return f", {missing}; correct it, {by_name}"
    return f": {error.strerror or error}"
