"""JSON encoding and decoding, strict so that the content read equals the content written."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from dropspool.errors import BrokenFile

ModelT = TypeVar("ModelT", bound=BaseModel)


DEEPEST = 100
"""The largest number of lists and objects inside each other; Python's own limit varies."""


def encode(argument: str, content: Mapping[str, Any]) -> bytes:
    """Return the JSON of a mapping, in ASCII.

    Tuples are read back as lists, everything else is read back equal.

    Raises:
        ValueError: it contains a value that JSON cannot represent: another type, a key that is
            not a string, a number that is not finite, or more than `DEEPEST` nested values.
        TypeError: it is not a mapping.
    """
    if not isinstance(content, Mapping):
        raise TypeError(f"{argument}: expected a mapping, got {type(content).__name__}")
    try:
        text = json.dumps(dict(content), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{argument}: expected only values that JSON has: {error}") from error
    _check_keys(argument, content)
    if _depth(content) > DEEPEST:
        raise ValueError(f"{argument}: expected at most {DEEPEST} levels of nesting")
    return text.encode()


def _check_keys(argument: str, content: Mapping[str, Any]) -> None:
    # json.dumps writes the keys 1, None and True as strings, so they would be read back as
    # strings.
    waiting: list[Any] = [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            strange = [key for key in value if not isinstance(key, str)]
            if strange:
                raise ValueError(f"{argument}: expected only strings as keys, got {strange[0]!r}")
            waiting.extend(value.values())
        elif isinstance(value, (list, tuple)):
            waiting.extend(value)


def _depth(content: Any) -> int:
    """Return the depth to which lists and mappings are nested."""
    depth, level = 0, [content]
    while level := [value for value in level if isinstance(value, (Mapping, list, tuple))]:
        depth += 1
        level = [
            inner
            for value in level
            for inner in (value.values() if isinstance(value, Mapping) else value)
        ]
    return depth


def decode_strictly(path: str, data: bytes) -> dict[str, Any]:
    """Return the JSON object that is the content of a file, if `encode` would write it.

    For jobs, whose executors do not expect ``NaN``, ``1e999`` or deep nesting, and for files that
    are written again after a change.

    Raises:
        BrokenFile: the content is not a JSON object, or `encode` would refuse it.
    """
    content = decode(path, data, _finite)
    if _depth(content) > DEEPEST:
        raise BrokenFile(f"{path}: expected at most {DEEPEST} levels of nesting")
    return content


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"expected finite numbers, got {text}")
    return number


def decode(path: str, data: bytes, parse_number: Callable[[str], float] = float) -> dict[str, Any]:
    """Return the JSON object that is the content of a file.

    ``parse_number`` converts the text of a number with a fraction or an exponent, and of ``NaN``.

    Raises:
        BrokenFile: the content is not a JSON object.
    """
    try:
        content = json.loads(data, parse_float=parse_number, parse_constant=parse_number)
    except (ValueError, RecursionError) as error:
        raise BrokenFile(f"{path}: expected JSON: {error}") from error
    if not isinstance(content, dict):
        raise BrokenFile(f"{path}: expected a JSON object, got a {type(content).__name__}")
    return content


def decode_as(model: type[ModelT], path: str, content: Mapping[str, Any]) -> ModelT:
    """Return the pydantic model of a file's content.

    Raises:
        BrokenFile: the content is not valid for the model.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise BrokenFile(f"{path}: expected a {model.__name__}: {error}") from error
