"""The error for a public name that a module does not have.

It is as in `fakedropbox`, which this package does not import.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NoReturn


def refusing(module: str) -> Callable[[str], NoReturn]:
    """Return a ``__getattr__`` of a module, for names that it does not have."""

    def refuse(name: str) -> NoReturn:
        public = ", ".join(vars(sys.modules[module])["__all__"])
        raise AttributeError(f"module {module!r} has no attribute {name!r}; its names are {public}")

    return refuse
