"""The types that the routes of the SDK use."""

from __future__ import annotations

from functools import cache
from typing import Any

from stone.backends.python_rsrc import stone_validators as bv

from fakedropbox._facts import ROUTES
from fakedropbox.recording._sdk_types import bare, route_types


def members(definition: Any) -> list[tuple[str, Any]]:
    """Return the names and types of the fields of a struct, or of the tags of a union."""
    tags = getattr(definition, "_tagmap", None)
    return list(definition._all_fields_ if tags is None else tags.items())


@cache
def definitions() -> list[Any]:
    """Return all structs and unions that the routes of the SDK use, as validators."""
    types = [route_types(name) for name in ROUTES]
    waiting = [each for found in types if found for each in found[1:]]
    found: dict[Any, Any] = {}
    while waiting:
        validator = bare(waiting.pop())
        if isinstance(validator, bv.List):
            waiting.append(validator.item_validator)
        definition = getattr(validator, "definition", None)
        if definition is not None and (definition, type(validator)) not in found:
            found[definition, type(validator)] = validator
            waiting += [below for _, below in members(definition)]
            waiting += getattr(definition, "_tag_to_subtype_", {}).values()
    return list(found.values())
