"""JSON both ways, strict enough that what is read equals what was written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from dropspool.errors import BrokenFile

ModelT = TypeVar("ModelT", bound=BaseModel)


def encode(argument: str, content: Mapping[str, Any]) -> bytes:
    """The JSON of a mapping, in ASCII. Tuples become lists; all else is read back as it was.

    Raises:
        ValueError: it holds what JSON has no words for: other types, keys that are no
            strings, numbers that are not finite.
        TypeError: it is no mapping.
    """
    if not isinstance(content, Mapping):
        raise TypeError(f"{argument}: expected a mapping, got {type(content).__name__}")
    try:
        text = json.dumps(dict(content), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{argument}: expected what JSON can say: {error}") from error
    _check_keys(argument, content)
    return text.encode()


def _check_keys(argument: str, content: Mapping[str, Any]) -> None:
    # json.dumps writes the keys 1, None and True as strings, which they are ever after.
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
    """The JSON object in a file's content.

    Raises:
        BrokenFile: there is none.
    """
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BrokenFile(f"{path}: expected JSON: {error}") from error
    if not isinstance(content, dict):
        raise BrokenFile(f"{path}: expected a JSON object, got a {type(content).__name__}")
    return content


def decode_as(model: type[ModelT], path: str, content: Mapping[str, Any]) -> ModelT:
    """The model that a file's content describes.

    Raises:
        BrokenFile: it describes none.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise BrokenFile(f"{path}: expected a {model.__name__}: {error}") from error
