"""The error for a public name that a module does not have.

`fakedropbox` has the same function, but the code of `dropspool` does not import that package.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NoReturn


def refusing(module: str) -> Callable[[str], NoReturn]:
    """Return a ``__getattr__`` for a module, which raises `AttributeError` for any name."""

    def refuse(name: str) -> NoReturn:
        public = ", ".join(vars(sys.modules[module])["__all__"])
        raise AttributeError(f"module {module!r} has no attribute {name!r}; its names are {public}")

    return refuse
