"""The check of an executor's return, before anything of it is stored."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from dropspool.providers._json import encode
from dropspool.schemas import ExperimentDict

_RESULTS = TypeAdapter(list[ExperimentDict])
_PROBLEMS = 3
"""The number of problems that one message states."""


class WrongReturn(ValueError):
    """A return of an executor that is not a list of outcomes; the message names the field."""


def checked_results(returned: Any) -> list[dict[str, Any]]:
    """Return the outcomes of a job's experiments as data that JSON can represent.

    Raises:
        WrongReturn: they are not outcomes of experiments.
    """
    if isinstance(returned, (str, bytes, Mapping, BaseModel)) or not isinstance(returned, Iterable):
        raise WrongReturn(
            f"results: expected a list of ExperimentDict, got {type(returned).__name__}"
        )
    # Validated as plain data: pydantic checks neither the assignment to an attribute nor a model
    # that was made by `model_construct`.
    plain = [
        entry.model_dump(warnings=False) if isinstance(entry, BaseModel) else entry
        for entry in returned
    ]
    try:
        results = [entry.model_dump() for entry in _RESULTS.validate_python(plain)]
    except ValidationError as error:
        raise WrongReturn(_problems(error)) from error
    try:
        # The same check as for a file, so that a wrong value is refused before it is stored.
        encode("results", {"results": results})
    except ValueError as error:
        _check_json(results, "results")
        raise WrongReturn(str(error)) from error
    return results


def _problems(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    shown = [
        f"{'.'.join(['results', *map(str, problem['loc'])])}: {problem['msg']}"
        for problem in found[:_PROBLEMS]
    ]
    if len(found) > _PROBLEMS:
        shown.append(f"and {len(found) - _PROBLEMS} more")
    return "; ".join(shown)


def _check_json(value: Any, field: str) -> None:
    """Raise `WrongReturn` with the name of the first field that JSON cannot represent."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise WrongReturn(f"{field}: expected only strings as keys, got {key!r}")
            _check_json(inner, f"{field}.{key}")
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value):
            _check_json(inner, f"{field}.{number}")
    else:
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise WrongReturn(f"{field}: expected a value that JSON has: {error}") from error
