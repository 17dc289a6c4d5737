"""What stands in the place of something else in this process, until all is put back."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


class Replacements:
    """Attributes that were replaced, and how they were."""

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

    def undo(self) -> None:
        """Put all back."""
        while self._undo:
            self._undo.pop()()
