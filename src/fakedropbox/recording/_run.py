"""The recording of a whole program, by a `sitecustomize` module, which Python runs at startup."""

from __future__ import annotations

import importlib.util
import os
import secrets
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from fakedropbox._base.programs import why_not_started
from fakedropbox.recording._output import Output

_SITE = """\
from fakedropbox.recording._run import begin

begin()
"""
_FOLDER = "FAKEDROPBOX_RECORD_FOLDER"
_OUTPUT = "FAKEDROPBOX_RECORD_OUTPUT"
_CASSETTE = "FAKEDROPBOX_RECORD_CASSETTE"
_KEY = "key"  # the name of the file with the key of all stand-ins


def run(command: Sequence[str], output: Path, cassette: str) -> int:
    """Run a program, record it and all Python programs that it starts, and return its exit code.

    Raises:
        FileNotFoundError: the program, or the folder of ``output``, does not exist.
        PermissionError: the program is not executable, or others than its owner can read
            ``output``.
        OSError: the program cannot be started for another reason.
        RuntimeError: nothing was recorded.
        ValueError: ``output`` is a file that is not a recording.
    """
    if not output.absolute().parent.is_dir():
        raise FileNotFoundError(f"output: expected a file in an existing folder, got {output}")
    Output(output)  # refuses a file that is not ours, before the program begins
    before = _size(output)
    with TemporaryDirectory() as folder:
        Path(folder, "sitecustomize.py").write_text(_SITE, "utf-8")
        # The folder is only for its owner, and is removed at the end: then nobody has the key.
        Path(folder, _KEY).write_bytes(secrets.token_bytes(32))
        search = os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")]))
        ours = {_FOLDER: folder, _OUTPUT: str(output.absolute()), _CASSETTE: cassette}
        environment = {**os.environ, **ours, "PYTHONPATH": search}
        try:
            status = subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 -- the user's own program
        except OSError as error:
            raise type(error)(why_not_started(command[0], error)) from None
    if _size(output) == before:
        raise RuntimeError(
            f"{command[0]}: expected exchanges with Dropbox, saw none. Is fakedropbox installed "
            "in the program's environment, and does its Python read PYTHONPATH?"
        )
    return status


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def begin() -> None:
    """Record this process from now on, and run the environment's own `sitecustomize`, if any."""
    import fakedropbox
    from fakedropbox.clock import SystemClock
    from fakedropbox.recording import _recorder

    # Pytest warns of a plugin that was imported before it, unless its docstring says this.
    fakedropbox.__doc__ = f"{fakedropbox.__doc__}\n\nPYTEST_DONT_REWRITE"
    output, key = Path(os.environ[_OUTPUT]), Path(os.environ[_FOLDER], _KEY).read_bytes()
    _recorder.begin(_recorder.Recorder(output, _own_cassette(), SystemClock(), key=key))
    sys.path.remove(os.environ[_FOLDER])
    ours = sys.modules.pop("sitecustomize")
    if importlib.util.find_spec("sitecustomize") is None:
        sys.modules["sitecustomize"] = ours
    else:
        importlib.import_module("sitecustomize")


def _own_cassette() -> str:
    """Return the cassette of this process: the given name, with a number for later processes."""
    name = os.environ[_CASSETTE]
    for number in count(1):
        with suppress(FileExistsError):
            Path(os.environ[_FOLDER], str(number)).mkdir()
            break
    return name if number == 1 else f"{name} {number}"
