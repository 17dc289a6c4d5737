"""What stands in the place of something else in this process, until all is put back."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any


class Replacements:
    """Attributes and environment variables that were replaced, and how they were."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], object]] = []

    def replace(self, owner: Any, name: str, value: Any) -> None:
        """Set an attribute of a module or class."""
        own = name in vars(owner)  # a class may only have inherited it
        real = getattr(owner, name)
        setattr(owner, name, value)
        self._undo.append(
            functools.partial(setattr, owner, name, real)
            if own
            else functools.partial(delattr, owner, name)
        )

    def show(self, name: str, value: str) -> None:
        """Let this process's Python see a variable, in an environment that stays as it is.

        Another thread may be starting a process, which fails where what it is given changes.
        """
        environ: Any = os.environ
        self._undo.append(functools.partial(_set_variable, name, environ.get(name)))
        environ._data[environ.encodekey(name)] = environ.encodevalue(value)

    def undo(self) -> None:
        """Put all back."""
        while self._undo:
            self._undo.pop()()


def _set_variable(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
