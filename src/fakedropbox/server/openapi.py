"""The description of the control interface in the form of OpenAPI 3.1, made from its models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from functools import cache
from inspect import getdoc
from typing import Any, get_type_hints

from pydantic import TypeAdapter

from fakedropbox import __version__
from fakedropbox._facts.hosts import CONTROL
from fakedropbox.faults import KINDS, Fault
from fakedropbox.server.operations import A_FAULT, OPERATIONS, Operation

_REF = "#/components/schemas/{model}"
_ERRORS = {
    "400": "An argument is wrong, or the service refuses it; nothing has changed.",
    "401": "The control token is missing or wrong.",
    "500": "The state file cannot be written; nothing has changed, except that a restored snapshot "
    "stays restored.",
}
_ERROR = {
    "type": "object",
    "properties": {
        "error": {"type": "string", "description": "The whole text."},
        "fields": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "The reason for each wrong argument, by its name.",
        },
    },
    "required": ["error", "fields"],
}
_HEALTH = {
    "type": "object",
    "properties": {"status": {"const": "ok"}, "version": {"type": "string"}},
    "required": ["status", "version"],
}


@cache
def openapi() -> dict[str, Any]:
    """Return the description, as values of JSON."""
    schemas: dict[str, Any] = {"Error": _ERROR}
    paths = {
        f"{CONTROL}/{name}": {"post": _described(name, kind, schemas)}
        for name, kind in OPERATIONS.items()
    }
    schemas |= dict(_faults())
    health = {
        "operationId": "health",
        "summary": "Tell that the server responds; no token is needed.",
        "security": [],
        "responses": {"200": _body("The server responds.", _HEALTH)},
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Control interface of fakedropbox",
            "version": __version__,
            "description": "What a test does to the service of a server besides calling its API. "
            "A name is that of the attribute or method of the service in the process.",
        },
        "servers": [{"url": "/"}],
        "security": [{"controlToken": []}],
        "paths": {f"{CONTROL}/health": {"get": health}, **paths},
        "components": {
            "securitySchemes": {"controlToken": {"type": "http", "scheme": "bearer"}},
            "schemas": dict(sorted(schemas.items())),
        },
    }


def _described(name: str, kind: type[Operation], schemas: dict[str, Any]) -> dict[str, Any]:
    summary, _, more = (getdoc(kind) or "").partition("\n\n")
    words = {"summary": " ".join(summary.split()), "description": " ".join(more.split())}
    arguments = kind.model_json_schema(ref_template=_REF)
    arguments.pop("description", None)
    schemas[kind.__name__] = _with_faults(arguments)
    result = TypeAdapter(get_type_hints(kind.run)["return"])
    found = result.json_schema(ref_template=_REF, mode="serialization")
    for each in (found, *found.get("$defs", {}).values()):
        if "properties" in each:  # a result has every field, also with the default value
            each["required"] = list(each["properties"])
    schemas |= _with_faults(found.pop("$defs", {}))
    problems = {
        status: _body(text, {"$ref": _REF.format(model="Error")})
        for status, text in _ERRORS.items()
    }
    return {
        "operationId": name.replace("/", "_"),
        **{name: text for name, text in words.items() if text},
        "requestBody": {
            "required": bool(arguments.get("required")),
            "content": {"application/json": {"schema": {"$ref": _REF.format(model=kind.__name__)}}},
        },
        "responses": {"200": _body("The result.", _with_faults(found)), **problems},
    }


def _body(description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": dict(schema)}}}


def _with_faults(schema: Any) -> Any:
    """Return a schema in which each placeholder `A_FAULT` is a reference to the schema `Fault`."""
    if isinstance(schema, list):
        return [_with_faults(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if A_FAULT.items() <= schema.items():
        return {"$ref": _REF.format(model="Fault")}
    return {name: _with_faults(each) for name, each in schema.items()}


def _faults() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the schema of each kind of fault, and a schema for a fault of any kind."""
    refs = {name: _REF.format(model=f"fault_{name}") for name in KINDS}
    for name, kind in KINDS.items():
        yield f"fault_{name}", _fault(name, kind)
    yield (
        "Fault",
        {
            "oneOf": [{"$ref": ref} for ref in refs.values()],
            "discriminator": {"propertyName": "kind", "mapping": refs},
        },
    )


def _fault(name: str, kind: type[Fault]) -> dict[str, Any]:
    types = get_type_hints(kind)
    properties: dict[str, Any] = {"kind": {"const": name, "type": "string"}}
    required = ["kind"]
    for field in fields(kind):
        schema = TypeAdapter(types[field.name]).json_schema()
        if field.default is MISSING:
            required.append(field.name)
        else:
            schema["default"] = field.default
        properties[field.name] = schema
    summary = (getdoc(kind) or "").partition("\n\n")[0]
    return {
        "type": "object",
        "description": " ".join(summary.split()),
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
