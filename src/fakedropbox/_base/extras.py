"""Optional libraries: those that only a few routes need, and those that whole modules need."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from fakedropbox.errors import NotImplementedInFake


def optional(module: str, extra: str) -> Any:
    """Import a module of an optional library and return it.

    Raises:
        NotImplementedInFake: it is not installed; the message names the extra that installs it.
    """
    try:
        return import_module(module)
    except ImportError:
        library = module.partition(".")[0]
        raise NotImplementedInFake(
            f"this needs {library}, which is not installed: pip install 'fakedropbox[{extra}]'"
        ) from None


def missing_extra(user: str, error: ImportError, extra: str) -> ImportError:
    """Return the error for a part of the package whose libraries are not installed."""
    return ImportError(
        f"{user}: {error}: the extra `{extra}` is not installed; pip install 'fakedropbox[{extra}]'"
    )
