"""The SDK's types of routes, and the kinds of values that they declare.

A value of a recording is kept because of its type; a few rules also look at the name of its field.
No rule is about a single route, so that they hold for the routes of a later SDK, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, Literal, NamedTuple

from dropbox import auth, common
from stone.backends.python_rsrc import stone_validators as bv

from fakedropbox._api.registry import wire_name
from fakedropbox._facts import PUBLIC_SCOPES, ROUTES

PATH_ROOT = common.PathRoot_validator
_ERRORS: dict[int, Any] = {
    400: None,
    401: auth.AuthError_validator,
    403: auth.AccessError_validator,
    422: common.PathRootError_validator,
    429: auth.RateLimitError_validator,
}
"""The types of errors that do not depend on the route, by status (F1.3-02 to -06)."""

Kind = Literal["path", "name", "part of a name", "time", "other"]

# Namespaces whose times a recording keeps, because a replay compares them: they are times of calls
# and of files, and the dates of the calls are recorded anyway. The times of what people did, which
# Stone names `time_…`, are replaced here, too.
_TIMES = ("dropbox.files", "dropbox.file_requests", "dropbox.sharing")
_EXPORT_FORMATS = frozenset(
    {"docx", "html", "markdown", "pdf", "plain_text", "pptx", "url", "xlsx"}
)
# The public values of fields that the SDK declares as strings without a list of values.
PUBLIC_VALUES: Mapping[str, frozenset[str]] = {
    "required_scope": frozenset(PUBLIC_SCOPES),
    **dict.fromkeys(("export_format", "export_as", "export_options"), _EXPORT_FORMATS),
}


class RouteTypes(NamedTuple):
    """The style of a route and its types; the types are None if the SDK does not know the route."""

    style: str
    argument: Any = None
    result: Any = None
    error: Any = None

    def error_at(self, status: int) -> Any:
        """Return the type of the ``error`` in the answer with a status."""
        return _ERRORS.get(status, self.error)


@cache
def _sdk_routes() -> Mapping[str, Any]:
    found = {}
    for namespace in {fact.namespace for fact in ROUTES.values()}:
        try:
            module = import_module(f"dropbox.{namespace}")
        except ImportError:
            continue  # an old SDK lacks this module
        for route in module.ROUTES.values():
            found[wire_name(namespace, route)] = route
    return found


def route_types(name: str) -> RouteTypes | None:
    """Return the types of a route; None if Dropbox has no such route."""
    fact = ROUTES.get(name)
    if fact is None:
        return None
    sdk = _sdk_routes().get(name)
    if sdk is None:
        return RouteTypes(fact.style)
    return RouteTypes(fact.style, sdk.arg_type, sdk.result_type, sdk.error_type)


class Words(NamedTuple):
    """The public words of the API, which contain nothing about a user."""

    names: frozenset[str]
    patterns: frozenset[str]


@cache
def words() -> Words:
    """Return the names of all fields and tags of the API, and the patterns of all texts."""
    names = {".tag", "error", "error_summary", "user_message", "locale", "text"}
    patterns: set[str] = set()
    seen: set[Any] = set()
    waiting = [PATH_ROOT, *_ERRORS.values()]
    for sdk in _sdk_routes().values():
        waiting += (sdk.arg_type, sdk.result_type, sdk.error_type)
    while waiting:
        validator = bare(waiting.pop())
        if isinstance(validator, bv.List):
            waiting.append(validator.item_validator)
        elif isinstance(validator, bv.String) and validator.pattern:
            patterns.add(validator.pattern)
        definition = getattr(validator, "definition", None)
        if definition is not None and definition not in seen:
            seen.add(definition)
            for name, below in _members(validator):
                names.add(name)
                waiting.append(below)
    return Words(frozenset(names), frozenset(patterns))


def _members(validator: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(validator, bv.Union):
        yield from validator.definition._tagmap.items()  # noqa: SLF001 -- Stone's tables
    elif isinstance(validator, bv.Struct):
        yield from validator.definition._all_fields_
        if isinstance(validator, bv.StructTree):
            for (tag,), below in validator.definition._tag_to_subtype_.items():
                yield tag, below


def bare(validator: Any) -> Any:
    """Return a type without the permission to be null."""
    return validator.validator if isinstance(validator, bv.Nullable) else validator


@cache
def fields_of(validator: Any) -> Mapping[str, Any]:
    """Return the types of the fields of a struct, by name."""
    return dict(validator.definition._all_fields_)


def payload(validator: bv.Union, tag: str) -> Any:
    """Return the type of the payload of a union's tag; None if it has none."""
    return bare(validator.definition._tagmap.get(tag))  # noqa: SLF001 -- Stone's table


def subtype(validator: bv.StructTree, tag: object) -> Any:
    """Return the type of a struct by its tag, among the types of a `StructTree`."""
    return validator.definition._tag_to_subtype_.get((tag,), validator)


@cache
def kind_of(owner: Any, field: str, validator: Any) -> Kind:
    """Return the kind of a field's text, which decides how much of the text may be kept.

    Args:
        owner: the struct or union that has the field.
        field: the name of the field.
        validator: the type of the text.
    """
    if isinstance(validator, bv.Timestamp):
        is_of_a_call = owner.__module__ in _TIMES and not field.startswith("time_")
        return "time" if is_of_a_call else "other"
    if _is_path(field, validator):
        return "path"
    names = getattr(owner, "_all_field_names_", ())
    if field == "name" and "path_lower" in names:
        return "name"
    if field == "query" and owner.__module__ == "dropbox.files":
        return "part of a name"
    return "other"


def _is_path(field: str, validator: bv.String) -> bool:
    """Return whether a text is a path: by its pattern or, if it has none, by the field's name."""
    if validator.pattern is None:
        return "path" in field.split("_")
    expected = re.compile(validator.pattern)
    is_template = "ptid:" in validator.pattern
    return not is_template and bool(expected.fullmatch("/a/b") and not expected.fullmatch("a"))
