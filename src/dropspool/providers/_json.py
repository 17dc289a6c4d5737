"""JSON encoding and decoding, strict so that the content read equals the content written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from dropspool.errors import BrokenFile

ModelT = TypeVar("ModelT", bound=BaseModel)


def encode(argument: str, content: Mapping[str, Any]) -> bytes:
    """Return the JSON of a mapping, in ASCII.

    Tuples are read back as lists, everything else is read back equal.

    Raises:
        ValueError: it contains a value that JSON cannot represent: another type, a key that is
            not a string, a number that is not finite.
        TypeError: it is not a mapping.
    """
    if not isinstance(content, Mapping):
        raise TypeError(f"{argument}: expected a mapping, got {type(content).__name__}")
    try:
        text = json.dumps(dict(content), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{argument}: expected only values that JSON has: {error}") from error
    _check_keys(argument, content)
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


def decode(path: str, data: bytes) -> dict[str, Any]:
    """Return the JSON object that is the content of a file.

    Raises:
        BrokenFile: the content is not a JSON object.
    """
    try:
        content = json.loads(data)
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
