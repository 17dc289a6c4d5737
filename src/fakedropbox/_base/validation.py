"""Texts for errors of pydantic about values from outside, such as those of a file."""

from __future__ import annotations

import reprlib
from collections.abc import Collection, Iterable

from pydantic import ValidationError

_SIMPLE = (str, int, float)


def reasons(
    error: ValidationError, *, secret: Collection[str] | None = None, branches: Collection[str] = ()
) -> Iterable[str]:
    """Yield a text for each wrong place: its keys, what was expected, and a simple value.

    Args:
        error: the error of pydantic.
        secret: the keys whose values are not shown; all of them if None.
        branches: the names that pydantic adds to a place for the members of a union.
    """
    found: dict[str, str] = {}
    for each in error.errors(include_url=False):
        place = "".join(
            f"[{key}]" if isinstance(key, int) else f".{key}"
            for key in each["loc"]
            if key not in branches
        )
        text = each["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
        if each["type"] == "missing":
            text = "expected a value, got none"
        elif each["type"] == "extra_forbidden":
            text = "expected no such key"
        elif secret is not None and isinstance(each["input"], _SIMPLE):
            is_secret = any(key in secret for key in each["loc"])
            text += "" if is_secret or ", got " in text else f", got {reprlib.repr(each['input'])}"
        found.setdefault(place.removeprefix(".") or "the whole", text)
    return (f"{place}: {text}" for place, text in found.items())
