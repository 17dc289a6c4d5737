"""Libraries that only a few routes need: imported when one is called, and not before."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from fakedropbox.errors import NotImplementedInFake


def optional(module: str, extra: str) -> Any:
    """A module of an optional library.

    Raises:
        NotImplementedInFake: it is not installed; the text names the extra that brings it.
    """
    try:
        return import_module(module)
    except ImportError:
        library = module.partition(".")[0]
        raise NotImplementedInFake(
            f"this needs {library}, which is not installed: pip install 'fakedropbox[{extra}]'"
        ) from None
