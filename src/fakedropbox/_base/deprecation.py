"""Old public names, which still work for one minor version and warn when they are used."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from fakedropbox._base.public import no_attribute

Params = ParamSpec("Params")
Result = TypeVar("Result")

_REMOVED_IN = "0.3"


def warn_renamed(old: str, new: str, *, stacklevel: int = 2) -> None:
    """Warn that a public name is an old one.

    Args:
        old: the old name.
        new: the name that takes its place.
        stacklevel: the frame that the warning is about, counted from the caller, which is 1.
    """
    warnings.warn(
        f"{old} is deprecated and will be removed in fakedropbox {_REMOVED_IN}; use {new}",
        DeprecationWarning,
        stacklevel=stacklevel + 1,
    )


def renamed(old: str, new: str) -> Callable[[Callable[Params, Result]], Callable[Params, Result]]:
    """Return a decorator for a function that is kept under its old name."""

    def decorate(function: Callable[Params, Result]) -> Callable[Params, Result]:
        @wraps(function)
        def call(*args: Params.args, **kwargs: Params.kwargs) -> Result:
            warn_renamed(old, new)
            return function(*args, **kwargs)

        return call

    return decorate


def renamed_arguments(
    **names: str,
) -> Callable[[Callable[Params, Result]], Callable[Params, Result]]:
    """Return a decorator that accepts keyword arguments under their old names, too.

    Args:
        **names: the new name of each argument, by its old name.
    """

    def decorate(function: Callable[Params, Result]) -> Callable[Params, Result]:
        @wraps(function)
        def call(*args: Params.args, **kwargs: Params.kwargs) -> Result:
            for old in names.keys() & kwargs.keys():
                new = names[old]
                if new in kwargs:
                    raise TypeError(f"{old}, {new}: expected only {new}, got both")
                warn_renamed(f"{function.__name__}({old}=...)", f"{new}=...")
                kwargs[new] = kwargs.pop(old)
            return function(*args, **kwargs)

        return call

    return decorate


def renamed_value(module: str, name: str, names: Mapping[str, str]) -> Any:
    """Return the value of an old name of a module, for the module's ``__getattr__``.

    Args:
        module: the module's name.
        name: the name that was not found in it.
        names: the full new name of each value, by its old name.

    Raises:
        AttributeError: the name is not an old name either.
    """
    if name not in names:
        raise no_attribute(module, name)
    new = names[name]
    # `from package import name` reads the name twice; the import system's own read must not warn.
    if sys._getframe(2).f_globals.get("__name__") != "importlib._bootstrap":  # noqa: SLF001 -- the only way to the caller
        warn_renamed(f"{module}.{name}", new, stacklevel=3)
    home, _, attribute = new.rpartition(".")
    return getattr(importlib.import_module(home), attribute)
