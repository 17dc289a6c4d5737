"""The errors that the SDK's types know for a route: their tags, and the values they carry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

from dropbox import auth, common
from stone.backends.python_rsrc import stone_validators as bv

from fakedropbox._api.registry import SDK_ROUTES
from fakedropbox._api.structs import catch_all_of, tags_of

_TEXTS = ("", "x", "ptid:x", "dbid:" + "x" * 35, "x@example.com", "0" * 9)
"""Sample texts; the type of each text in an error accepts at least one of them."""


def _inner(validator: Any) -> Any:
    return validator.validator if isinstance(validator, bv.Nullable) else validator


def _reason(validator: Any) -> tuple[str, Any] | None:
    """Return a struct's only union field, if any: its tags continue the chain (F1.6-01)."""
    if not isinstance(validator, bv.Struct) or isinstance(validator, bv.StructTree):
        return None
    unions = [each for each in validator.definition._all_fields_ if isinstance(each[1], bv.Union)]
    return unions[0] if len(unions) == 1 else None


@cache
def chains_of(error_type: Any) -> tuple[str, ...]:
    """Return all chains of tags of a route's error type, such as ``path/conflict/file``.

    The tag ``other`` is left out: the SDK uses it for tags that it does not know, and refuses a
    response that contains it.
    """
    return tuple(_chains(error_type)) if isinstance(error_type, bv.Union) else ()


@cache
def all_chains() -> frozenset[str]:
    """Return all chains of tags of errors, including those of the checks before a route."""
    types = [
        *(route.error_type for route in SDK_ROUTES.values()),
        auth.AuthError_validator,
        auth.AccessError_validator,
        common.PathRootError_validator,
    ]
    return frozenset(tags for each in types for tags in chains_of(each))


def _chains(validator: Any) -> Iterator[str]:
    inner, reason = _inner(validator), _reason(_inner(validator))
    if isinstance(inner, bv.Union):
        for tag, member in tags_of(inner.definition).items():
            if tag == catch_all_of(inner.definition):
                continue
            below = list(_chains(member))
            yield from [f"{tag}/{rest}" for rest in below] or [tag]
            if below and inner is not validator:
                yield tag
    elif reason is not None:
        yield from _chains(reason[1])


def fields_of(error_type: Any, tags: str) -> dict[str, Any]:
    """Return the validators of the values that an error carries, by the names of their fields.

    A value that belongs to a tag itself has the name of the tag.
    """
    found: dict[str, Any] = {}
    validator = error_type
    for tag in tags.split("/"):
        validator = tags_of(validator.definition)[tag]
        inner, reason = _inner(validator), _reason(_inner(validator))
        if isinstance(inner, bv.Struct) and not isinstance(inner, bv.StructTree):
            fields = dict(inner.definition._all_fields_)
            found |= {name: each for name, each in fields.items() if (name, each) != reason}
            validator = inner if reason is None else reason[1]
        elif isinstance(inner, bv.Union):
            validator = inner
        elif not isinstance(inner, bv.Void):
            found[tag] = validator
    return found


def sample(validator: Any) -> Any:
    """Return any valid value of a type; None if the type permits it."""
    if isinstance(validator, bv.Nullable):
        return None
    if isinstance(validator, bv.String):
        return next(text for text in _TEXTS if _accepts(validator, text))
    if isinstance(validator, bv.Union):
        void = (tag for tag, m in tags_of(validator.definition).items() if isinstance(m, bv.Void))
        return validator.definition(next(void))
    if isinstance(validator, bv.Struct):
        return _struct(validator)
    return next(value for kind, value in _OTHERS.items() if isinstance(validator, kind))


def _accepts(validator: Any, text: str) -> bool:
    try:
        validator.validate(text)
    except bv.ValidationError:
        return False
    return True


def _struct(validator: Any) -> Any:
    made = validator.definition
    if isinstance(validator, bv.StructTree):
        made = next(iter(made._tag_to_subtype_.values())).definition
    return made(**{name: sample(member) for name, member in made._all_fields_})


_OTHERS: dict[type, Any] = {
    bv.Integer: 0,
    bv.Boolean: False,
    bv.Timestamp: datetime(2026, 1, 1),  # noqa: DTZ001 -- the SDK's times have no zone
    bv.List: [],
}
