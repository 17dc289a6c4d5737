"""An example of the result of a route, as JSON, for the form of a stub."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from stone.backends.python_rsrc import stone_validators as bv

from fakedropbox._api.structs import catch_all_of, tags_of

_MOST_LEVELS = 6
"""The depth at which an example ends, as some types contain themselves."""

_VALUES: tuple[object, ...] = (
    False,
    0,
    0.5,
    "",
    "x",
    "x@example.com",
    "1" * 9,
    "x" * 40,
    "pid_dbhid:x",
    {},
)
"""Example values: each simple type in the result of a route accepts at least one of them."""


def example_of(validator: Any, level: int = 0) -> Any:
    """Return a value of a type as JSON, without the fields that may be null."""
    if level > _MOST_LEVELS or isinstance(validator, (bv.Nullable, bv.Void)):
        return None
    if isinstance(validator, bv.Union):
        return _of_union(validator.definition, level)
    if isinstance(validator, bv.Struct):
        return _of_struct(validator, level)
    if isinstance(validator, bv.List):
        least = validator.min_items or 0
        return [example_of(validator.item_validator, level + 1) for _ in range(least)]
    if isinstance(validator, bv.Timestamp):
        return datetime(2026, 1, 1).strftime(validator.format)  # noqa: DTZ001 -- as in the SDK
    return next(value for value in _VALUES if _accepts(validator, value))


def _accepts(validator: Any, value: object) -> bool:
    try:
        validator.validate(value)
    except bv.ValidationError:
        return False
    return True


def _of_union(union: Any, level: int) -> Any:
    members = tags_of(union)
    tags = [tag for tag in members if tag != catch_all_of(union)]
    tag = next((each for each in tags if isinstance(members[each], bv.Void)), tags[0])
    member = members[tag]
    if isinstance(member, bv.Void):
        return {".tag": tag}
    value = example_of(member, level + 1)
    is_flat = isinstance(member, bv.Struct) and not isinstance(member, bv.StructTree)
    return {".tag": tag, **value} if is_flat else {".tag": tag, tag: value}


def _of_struct(validator: Any, level: int) -> dict[str, Any]:
    if not isinstance(validator, bv.StructTree):
        return _fields(validator.definition, level)
    (tag, *_), member = next(iter(validator.definition._tag_to_subtype_.items()))
    return {".tag": tag, **_fields(member.definition, level)}


def _fields(struct: Any, level: int) -> dict[str, Any]:
    return {
        name: example_of(member, level + 1)
        for name, member in struct._all_fields_
        if not isinstance(member, bv.Nullable)
    }
