"""Fast access to the SDK's structs and unions, without their setters and getters.

A setter checks and copies its value, which is unnecessary here: the double makes its results
itself, and its arguments have been checked before. Makers, copiers, readers and setters are
generated, like the methods of `dataclasses`, because the slots depend on the SDK's version, and a
loop over their names takes three times as long.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, Self

from stone.backends.python_rsrc import stone_base
from stone.backends.python_rsrc import stone_validators as bv
from stone.backends.python_rsrc.stone_base import NO_DEFAULT, NOT_SET

HIDDEN = "…"
"""The text that stands for a password in the record of a call."""

_SECRETS = ("password", "oauth1_token")  # the tokens of OAuth 1 are passwords, too


def tag_of(union: Any) -> Any:
    """Return a union's tag, a `str`."""
    return union._tag


def tags_of(union_type: Any) -> dict[str, Any]:
    """Return the validators of a union's payloads, by tag."""
    members: dict[str, Any] = union_type._tagmap
    return members


def catch_all_of(union_type: Any) -> str | None:
    """Return the tag that stands for unknown tags, or None if the union has none."""
    tag: str | None = union_type._catch_all
    return tag


class NewerTag(str):
    """The catch-all tag of a union, in place of a tag that the SDK lacks.

    Its characters are those of the other tag, so that JSON has that one, which every SDK that lacks
    it decodes to its catch-all. It is equal to the catch-all, and is shown as that.
    """

    __slots__ = ("catch_all",)
    catch_all: str

    def __new__(cls, tag: str, catch_all: str = "") -> Self:
        """Return the ``catch_all`` of a union that does not have the ``tag``."""
        made = super().__new__(cls, tag)
        made.catch_all = catch_all
        return made

    def __eq__(self, other: object) -> bool:
        return other == self.catch_all if type(other) is str else super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.catch_all)

    def __str__(self) -> str:
        return self.catch_all

    def __repr__(self) -> str:
        return repr(self.catch_all)

    def __format__(self, spec: str) -> str:
        return format(self.catch_all, spec)


def name_newer_tags(value: Any, plain: Any) -> None:
    """Set the tags that the SDK lacks in a ``value`` that it has decoded from ``plain``."""
    if isinstance(value, list):
        for each, below in zip(value, plain, strict=True):
            name_newer_tags(each, below)
    elif isinstance(value, stone_base.Struct):
        for name in value._all_field_names_:
            if name in plain:
                name_newer_tags(getattr(value, f"_{name}_value"), plain[name])
    elif isinstance(value, stone_base.Union):
        tag = plain if isinstance(plain, str) else plain[".tag"]
        if tag != value._tag:
            value._tag = NewerTag(tag, value._tag)
        elif value._value is not None:
            name_newer_tags(value._value, plain.get(tag, plain))


def payload_of(union: Any) -> Any:
    """Return the payload of a union, or None if there is none."""
    return union._value


def union_of(union_type: Any, tag: str | None, payload: Any = None) -> Any:
    """Return a new union with a tag and its payload."""
    new = object.__new__(union_type)
    new._tag, new._value = tag, payload
    return new


def maker(struct: Any, *given: str) -> Callable[..., Any]:
    """Return a function that makes a ``struct`` with only the ``given`` fields set."""
    return _filled(struct, ", ".join(given), lambda name: name if name in given else "NOT_SET")


@cache
def copier(struct: Any) -> Callable[[Any], Any]:
    """Return a function that copies a ``struct``, as `copy.copy` does."""
    return _filled(struct, "given", lambda name: f"given._{name}_value")


def deep_copy(value: Any) -> Any:
    """Return a copy of a value of the SDK that shares nothing mutable with it.

    Raises:
        TypeError: the value contains an object of another kind.
    """
    kind = value.__class__
    if kind in _IMMUTABLE:
        return value
    if kind is list:
        return [deep_copy(each) for each in value]
    if isinstance(value, stone_base.Union):
        return kind(value._tag, deep_copy(value._value))
    if isinstance(value, stone_base.Struct):
        return _deep_copier(kind)(value)
    raise TypeError(f"value: expected a value of the SDK, got {value!r}")


_IMMUTABLE = (str, int, bool, float, bytes, type(None), datetime)


@cache
def _deep_copier(struct: Any) -> Callable[[Any], Any]:
    """Return a function that copies a ``struct`` and the values in it that may be mutable."""
    validators = {name: getattr(each, "validator", each) for name, each in struct._all_fields_}

    def value_of(name: str) -> str:
        value = f"given._{name}_value"
        if isinstance(validators[name], bv.Primitive):
            return value
        return f"{value} if {value} is NOT_SET or {value} is None else deep_copy({value})"

    return _filled(struct, "given", value_of)


def without_passwords(struct: Any) -> Any:
    """Return a struct, or a copy in which `HIDDEN` stands for each password in it."""
    hidden = struct
    for slot in _slots_with_passwords(struct.__class__):
        value = getattr(struct, slot)
        shown = HIDDEN if isinstance(value, str) else _without_passwords(value)
        if shown is not value:
            hidden = copier(struct.__class__)(struct) if hidden is struct else hidden
            setattr(hidden, slot, shown)
    return hidden


def _without_passwords(value: Any) -> Any:
    if isinstance(value, stone_base.Union):
        is_secret = isinstance(value._value, str) and _is_secret(value._tag)
        payload = HIDDEN if is_secret else _without_passwords(value._value)
        return value if payload is value._value else type(value)(value._tag, payload)
    return without_passwords(value) if isinstance(value, stone_base.Struct) else value


def _is_secret(name: str) -> bool:
    return any(word in name for word in _SECRETS)


@cache
def _slots_with_passwords(struct: Any) -> tuple[str, ...]:
    """Return the slots of a struct type for passwords, and for values that may contain some."""
    return tuple(
        f"_{name}_value"
        for name, member in struct._all_fields_
        if _is_secret(name) or hasattr(getattr(member, "validator", member), "definition")
    )


def reader(struct: Any, *wanted: str) -> Callable[[Any], tuple[Any, ...]]:
    """Return a function that reads the ``wanted`` fields of a ``struct``, with their defaults.

    A field that the SDK's version does not have is None.
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


def setter(struct: Any, *given: str) -> Callable[..., None]:
    """Return a function that sets fields of an object of a ``struct``, without the SDK's checks."""
    known = {name for name, _ in struct._all_fields_}
    assert known.issuperset(given), "the SDK has these fields"
    slots = [f"    new._{name}_value = {name}\n" for name in given]
    return _generated(f"def made(new, {', '.join(given)}):\n{''.join(slots)}", {})


def _filled(struct: Any, parameters: str, value_of: Callable[[str], str]) -> Callable[..., Any]:
    slots = [f"    new._{name}_value = {value_of(name)}\n" for name, _ in struct._all_fields_]
    source = f"def made({parameters}):\n    new = make(struct)\n{''.join(slots)}    return new\n"
    return _generated(source, {"make": object.__new__, "struct": struct, "deep_copy": deep_copy})


def _generated(source: str, scope: dict[str, Any]) -> Callable[..., Any]:
    scope["NOT_SET"] = NOT_SET
    exec(source, scope)  # noqa: S102 -- it contains only names that the SDK declares
    made: Callable[..., Any] = scope["made"]
    return made
