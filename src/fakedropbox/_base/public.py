"""Messages for a public name or an argument that does not exist."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Collection, Iterable
from typing import NoReturn, ParamSpec, TypeVar

Params = ParamSpec("Params")
Result = TypeVar("Result")
Kind = TypeVar("Kind")


def nearest(name: str, names: Collection[str]) -> str:
    """Return the one of ``names`` that is most similar to ``name``."""
    import difflib  # late, as it is needed for messages only

    [near] = difflib.get_close_matches(name, names, n=1, cutoff=0)
    return near


def no_attribute(module: str, name: str) -> AttributeError:
    """Return the error for a name that a module does not have, with its public names."""
    # A tool such as a reloader may have removed the module, while others still use it.
    found = sys.modules.get(module)
    public = "" if found is None else ", ".join(vars(found).get("__all__", ()))
    its_names = f"; its names are {public}" if public else ""
    return AttributeError(f"module {module!r} has no attribute {name!r}{its_names}")


def refusing(module: str) -> Callable[[str], NoReturn]:
    """Return a ``__getattr__`` for a module, which raises the error of `no_attribute`."""

    def refuse(name: str) -> NoReturn:
        raise no_attribute(module, name)

    return refuse


def expect_arguments(function: str, given: Iterable[str], known: Collection[str]) -> None:
    """Check that keyword arguments exist.

    Raises:
        TypeError: one does not; the message names the nearest one.
    """
    for name in given:
        if name not in known:
            raise TypeError(
                f"{function}: expected an argument such as {nearest(name, known)!r}, got {name!r}"
            )


def names_arguments(
    function: str,
) -> Callable[[Callable[Params, Result]], Callable[Params, Result]]:
    """Return a decorator that makes the error for a wrong keyword argument name the nearest one."""

    def decorate(decorated: Callable[Params, Result]) -> Callable[Params, Result]:
        @functools.wraps(decorated)
        def call(*args: Params.args, **kwargs: Params.kwargs) -> Result:
            try:
                return decorated(*args, **kwargs)
            except TypeError:
                known = [name for name in inspect.signature(decorated).parameters if name != "self"]
                expect_arguments(function, kwargs, known)
                raise

        return call

    return decorate


def names_fields(kind: type[Kind]) -> type[Kind]:
    """Decorate a class so that the error for a wrong field names the nearest one."""
    setattr(kind, "__init__", names_arguments(kind.__name__)(kind.__init__))  # noqa: B010 -- for mypy
    return kind
