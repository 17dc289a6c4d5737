"""The SDK's structs and unions without their setters and getters.

A setter checks and copies; what the double gives out it has made itself, and what it
reads has been checked. The functions are generated, as those of `dataclasses` are: which
slots there are depends on the SDK's version, and a loop over their names takes three
times as long.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from stone.backends.python_rsrc.stone_base import NO_DEFAULT, NOT_SET


def tag_of(union: Any) -> Any:
    """The tag that a union has, a `str`."""
    return union._tag


def tags_of(union_type: Any) -> dict[str, Any]:
    """The validators of a union's payloads, by tag."""
    members: dict[str, Any] = union_type._tagmap
    return members


def payload_of(union: Any) -> Any:
    """The value below a union's tag, None where there is none."""
    return union._value


def maker(struct: Any, *given: str) -> Callable[..., Any]:
    """A function that makes a ``struct`` with the ``given`` fields set and all others not."""
    return _filled(struct, ", ".join(given), lambda name: name if name in given else "NOT_SET")


@cache
def copier(struct: Any) -> Callable[[Any], Any]:
    """A function that copies a ``struct``, as `copy.copy` does."""
    return _filled(struct, "given", lambda name: f"given._{name}_value")


def reader(struct: Any, *wanted: str) -> Callable[[Any], tuple[Any, ...]]:
    """A function that reads the ``wanted`` fields of a ``struct``, unset ones as defaults.

    A field that the SDK's version does not have reads as None.
    """
    fields = {name: getattr(struct, name, None) for name in wanted}
    defaults = {
        f"default_{name}": None if field is None or field.default is NO_DEFAULT else field.default
        for name, field in fields.items()
    }
    values = [
        f"(arg._{name}_value if arg._{name}_value is not NOT_SET else default_{name})"
        if field is not None
        else "None"
        for name, field in fields.items()
    ]
    return _generated(f"def made(arg):\n    return ({', '.join(values)},)\n", defaults)


def _filled(struct: Any, parameters: str, value_of: Callable[[str], str]) -> Callable[..., Any]:
    slots = [f"    new._{name}_value = {value_of(name)}\n" for name, _ in struct._all_fields_]
    source = f"def made({parameters}):\n    new = make(struct)\n{''.join(slots)}    return new\n"
    return _generated(source, {"make": object.__new__, "struct": struct})


def _generated(source: str, scope: dict[str, Any]) -> Callable[..., Any]:
    scope["NOT_SET"] = NOT_SET
    exec(source, scope)  # noqa: S102 -- of names that the SDK itself declares
    made: Callable[..., Any] = scope["made"]
    return made
